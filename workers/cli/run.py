"""`pstatus run`: one worker process."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from workers.cli.errors import WORLD


class Roles(StrEnum):
    """What a process does."""

    INGEST = "ingest"
    APPLY = "apply"
    ALL = "all"


Role = Annotated[
    Roles, typer.Option("--role", help="What this process does; several processes share the work.")
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run)


def run(role: Role = Roles.ALL) -> None:
    """Run a worker until SIGTERM or Ctrl-C: raw webhooks in, status changes out.

    Waits for Kafka and PostgreSQL; says what is missing (topics, schema, shards) and stops.
    Serves /health/live, /health/ready and /metrics on PSTATUS_HTTP_PORT.
    """
    import asyncio

    import uvloop

    from workers.cli.options import connected
    from workers.ops import logs
    from workers.wiring.errors import Unready
    from workers.wiring.worker import Worker

    settings = connected()
    logs.configure(
        level=settings.log_level,
        console=settings.log_format == "console" or sys.stderr.isatty(),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            code = runner.run(Worker(settings, role.value).run())
        except Unready as unready:
            typer.echo(f"pstatus: {unready}", err=True)
            raise typer.Exit(WORLD) from None
    raise typer.Exit(code)
