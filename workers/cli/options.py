"""Options that several commands share, so that they are called and explained alike."""

from typing import Annotated

import typer

from workers.cli.errors import UserError
from workers.settings import Settings

Workspace = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        "-w",
        help="The workspace (or PSTATUS_WORKSPACE); optional while there is only one.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def connected(workspace: str | None = None) -> Settings:
    """The same with addresses of Kafka and PostgreSQL: named by the user, else the local ones.

    Raises LocalError, one clear line, if there are none.
    """
    from workers.local import infrastructure

    return infrastructure.located(effective(workspace))


def stored(workspace: str | None = None) -> Settings:
    """The same for commands that need PostgreSQL alone. Raises LocalError if there is none."""
    from workers.local import infrastructure

    return infrastructure.located(effective(workspace), with_kafka=False)


def effective(workspace: str | None = None) -> Settings:
    """The settings of this command: the environment's, with --workspace where it was given.

    Raises UserError if the workspace is no id at all: nothing could ever be in it.
    """
    settings = Settings(workspace=workspace) if workspace else Settings()
    if settings.workspace is not None:
        from workers.ingest.translate import WORKSPACE_ID

        if not WORKSPACE_ID.fullmatch(settings.workspace):
            raise UserError(
                f"{settings.workspace!r} is no workspace: 1 to 200 characters, none of / and :."
            )
    return settings
