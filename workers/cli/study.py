"""`pstatus study`: who is where in one study; only reads, and shows opaque ids only."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from schemas.fields import format_instant
from schemas.vocabulary import Stage, Status
from workers.cli._reading import answered, hint, moment, word
from workers.cli._study_check import check
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.store.reading import Participant, Study

EVERYBODY = 2**31 - 1
STATUS_WIDTH = max(map(len, Status))


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


def show(
    study: Annotated[str, typer.Argument(help="The study's id.", show_default=False)],
    *,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", "-s", help="Only this status, such as no_showed; repeatable."),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", "-g", help="Only this stage, such as done; repeatable."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="How many people to list a stage.")
    ] = 25,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show a study's participants by stage: seven counts, then who stands where since when."""
    statuses = [word(told, Status, "status") for told in status or ()]
    stages = [word(told, Stage, "stage") for told in stage or ()]
    most = EVERYBODY if as_json else limit

    async def ask(connection: "AsyncConnection", workspace_id: str) -> "tuple[str, Study]":
        from workers.store import reading

        found = await reading.study(
            connection, workspace_id, study, statuses=statuses, stages=stages, most=most
        )
        if not found.is_known:
            others = await reading.studies(connection, workspace_id)
            raise UserError(f"There is no study {study!r} in {workspace_id}{hint(study, others)}")
        return workspace_id, found

    workspace_id, found = answered(stored(workspace), ask)
    if as_json:
        typer.echo(json.dumps(_as_json(workspace_id, found), indent=2))
    else:
        from workers.ops import clock

        _print(workspace_id, found, clock.now(), filtered=bool(statuses or stages))


def _as_json(workspace_id: str, study: "Study") -> dict[str, Any]:
    setup = study.setup or {}
    return {
        "workspace_id": workspace_id,
        "study_id": study.study_id,
        "setup": {name: setup.get(name) for name in SETUP} if study.setup else None,
        "by_stage": by_stage(study),
        "by_status": by_status(study),
        "participants": [
            {
                "person_id": participant.person_id,
                "status": participant.status,
                "stage": participant.stage,
                "since": format_instant(participant.since),
                "sequence": participant.sequence,
            }
            for participant in study.participants
        ],
    }


SETUP = ("type", "screener", "incentive", "participation_limit")


def by_stage(study: "Study") -> dict[str, int]:
    """The seven stages in order, with how many stand there."""
    return {str(stage): _sum(study, 0, stage) for stage in Stage}


def by_status(study: "Study") -> dict[str, int]:
    """The statuses in order that somebody has, with how many."""
    return {str(status): n for status in Status if (n := _sum(study, 1, status))}


def _sum(study: "Study", place: int, name: str) -> int:
    return sum(number for key, number in study.counts.items() if key[place] == name)


def _print(workspace_id: str, study: "Study", now: datetime, *, filtered: bool) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    name = escape(study.study_id)
    out.print(f"[bold]{name}[/] in {escape(workspace_id)}: {_described(study)}")
    counts = Table(*(stage.label for stage in Stage))
    counts.add_row(*(str(number) for number in by_stage(study).values()))
    out.print(counts)
    lines = [line for stage in Stage for line in _lines(study, stage, now, filtered)]
    for line in lines or ["Nobody fits."]:
        out.print(line, soft_wrap=True)


def _described(study: "Study") -> str:
    people = sum(study.counts.values())
    said = [f"{people} participant" + ("s" if people != 1 else "")]
    if study.setup is None:
        return f"{said[0]}, never configured"
    said.insert(0, str(study.setup["type"]).replace("_", " "))
    said += [name for name in ("screener", "incentive") if study.setup.get(name)]
    limit = study.setup.get("participation_limit")
    return ", ".join([*said, f"limit {limit}"] if limit else said)


def _lines(study: "Study", stage: Stage, now: datetime, filtered: bool) -> list[str]:
    listed = [one for one in study.participants if one.stage == stage]
    if not listed:
        return []
    wide = max(len(one.person_id) for one in study.participants)
    lines = [_line(one, wide, now) for one in listed]
    rest = by_stage(study)[stage] - len(listed)
    if rest and not filtered:
        lines.append(f"  ... and {rest} more (--limit)")
    return [f"[bold]{stage.label}[/]", *lines]


def _line(participant: "Participant", wide: int, now: datetime) -> str:
    from rich.markup import escape

    person = escape(participant.person_id.ljust(wide))
    return f"  {person}  {participant.status:<{STATUS_WIDTH}}  {moment(participant.since, now)}"
