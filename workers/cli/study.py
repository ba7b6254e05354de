"""`pstatus study`: who is where in one study; only reads, and shows opaque ids only."""

import csv
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from schemas.vocabulary import ContactStatus, Stage, Status
from workers.cli import _board
from workers.cli._board import Board, Filters, participant_json
from workers.cli._reading import answered, word
from workers.cli._study_check import check
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.store.boards import Wanted

FIELDS = ("person_id", "status", "stage", "since", "sequence", "contact_status")


class Showing(TyperGroup):
    """A group whose own way is to show: `pstatus study s1` means `pstatus study show s1`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What stands first is the study, unless it is a command's name or asks for help."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["show", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    says = "One study: who is where in it; `pstatus study STUDY` shows it."
    made = typer.Typer(cls=Showing, no_args_is_help=True, help=says)
    made.command("show")(show)
    made.command("check")(check)
    app.add_typer(made, name="study")


Study = Annotated[str, typer.Argument(help="The study's id.", show_default=False)]
Statuses = Annotated[
    list[str] | None,
    typer.Option("--status", "-s", help="Only this status, such as no_showed; repeatable."),
]
Stages = Annotated[
    list[str] | None,
    typer.Option("--stage", "-g", help="Only this stage, such as done; repeatable."),
]
Contacts = Annotated[
    list[str] | None,
    typer.Option("--contact", "-c", help="Only people with this contact status; repeatable."),
]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, help="How many people to list a stage.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Stay and show what changes; Ctrl-C ends it.")]
Csv = Annotated[
    bool, typer.Option("--csv", help="Print everybody who fits as CSV, for spreadsheets.")
]


def show(
    study: Study,
    *,
    status: Statuses = None,
    stage: Stages = None,
    contact: Contacts = None,
    limit: Limit = 25,
    watch: Watch = False,
    as_csv: Csv = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show a study as a board: seven stages with counts, progress, newest changes, and who.

    Everybody under their stage, the latest first; the counts are always the whole study's.
    """
    filters = Filters(
        [word(told, Status, "status") for told in status or ()],
        [word(told, Stage, "stage") for told in stage or ()],
        [word(told, ContactStatus, "contact status") for told in contact or ()],
    )
    if watch + as_csv + as_json > 1:
        raise UserError("--watch, --csv and --json: one of them.")
    settings = stored(workspace)
    if watch:
        from workers.cli._watch import watched

        answered(settings, lambda c, name: watched(c, name, study, filters, limit))
    elif as_csv or as_json:
        answered(settings, lambda c, name: _export(c, name, study, filters, as_csv=as_csv))
    else:
        _print(
            answered(settings, lambda c, name: _board.look(c, name, study, filters, limit)),
            narrow=filters.narrow,
        )


def _print(board: Board, *, narrow: bool) -> None:
    from rich.console import Console

    from workers.ops import clock

    out, now = Console(highlight=False), clock.now()
    out.print(_board.head(board))
    out.print(_board.columns(board))
    for line in _board.counted(board):
        out.print(line, soft_wrap=True)
    if board.newest:
        out.print("Newest changes:")
        for line in _board.newest(board, now):
            out.print(line, soft_wrap=True)
    for line in _board.people(board, now, narrow=narrow):
        out.print(line, soft_wrap=True)


async def _export(
    connection: "AsyncConnection", workspace_id: str, study: str, filters: Filters, *, as_csv: bool
) -> None:
    """Everybody who fits, however many: page by page, with no transaction left open."""
    board = await _board.look(connection, workspace_id, study, filters, 0)
    whom = _board.wanted((workspace_id, study), board.study, filters)
    await connection.commit()
    calm = await connection.execution_options(isolation_level="AUTOCOMMIT")
    if as_csv:
        await _csv(calm, whom)
    else:
        await _json(calm, whom, board)


async def _csv(connection: "AsyncConnection", whom: "Wanted") -> None:
    from workers.store.boards import everybody

    out = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n")
    out.writeheader()
    async for one, contact in everybody(connection, whom):
        out.writerow(participant_json(one) | {"contact_status": contact})


async def _json(connection: "AsyncConnection", whom: "Wanted", board: Board) -> None:
    from workers.store.boards import everybody

    first = json.dumps(_board.as_json(board), indent=2).removesuffix("\n}")
    typer.echo(f'{first},\n  "participants": [', nl=False)
    before = "\n    "
    async for one, contact in everybody(connection, whom):
        told = participant_json(one) | {"contact_status": contact}
        typer.echo(before + json.dumps(told), nl=False)
        before = ",\n    "
    typer.echo("\n  ]\n}")
