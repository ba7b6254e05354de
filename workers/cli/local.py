"""`pstatus local`: Kafka and PostgreSQL on this machine, up, down, looked at."""

import json
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.errors import UserError
from workers.cli.options import Json, effective

group = typer.Typer(help="Real Kafka and PostgreSQL on this machine.", no_args_is_help=True)
SERVERS = ("kafka", "postgres")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(group, name="local")


@group.command()
def up() -> None:
    """Start what does not run yet; the first time this downloads 44 MB. It goes on afterwards."""
    from workers.local import infrastructure

    settings = effective()
    infrastructure.up_for(settings)
    running = infrastructure.status(settings.home)
    _print({name: running[name].address if name in running else "yours" for name in SERVERS})


@group.command()
def down() -> None:
    """Stop them; their data is kept."""
    from workers.local import infrastructure

    stopped = infrastructure.down(effective().home)
    typer.echo("stopped " + " and ".join(stopped) if stopped else "nothing was running")


@group.command()
def status(as_json: Json = False) -> None:
    """Show what runs and where; exit code 1 if something does not."""
    from workers.local import infrastructure

    running = infrastructure.status(effective().home)
    rows = {name: running[name].address if name in running else None for name in SERVERS}
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print({name: address or "down" for name, address in rows.items()})
    raise typer.Exit(0 if all(rows.values()) else 1)


@group.command()
def logs(
    server: Annotated[
        str | None, typer.Argument(help="kafka or postgres; both if left out")
    ] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last.")] = 50,
) -> None:
    """Show the last lines of the servers' logs."""
    if server is not None and server not in SERVERS:
        raise UserError(f"There is no server {server!r} here: kafka or postgres.")
    for name in (server,) if server else SERVERS:
        typer.echo(f"== {name}")
        for line in _tail(effective().home / name / "server.log", lines):
            typer.echo(line.rstrip("\n"))


def _tail(log: Path, lines: int) -> list[str]:
    if not log.exists():
        return ["(no log yet: run `pstatus local up`)"]
    with log.open(errors="replace") as file:
        return list(deque(file, maxlen=lines))


def _print(rows: dict[str, str]) -> None:
    for name, value in rows.items():
        plain = value.replace("+asyncpg", "")  # as psql and DATABASE_URL take it
        typer.echo(f"{name:<9} {plain}")
