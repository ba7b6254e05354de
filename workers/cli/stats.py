"""`pstatus stats`: changes an hour by transition, and a study's funnel; only reads."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.fields import format_instant
from workers.cli._funnel import Step, funnel
from workers.cli._glance import Glance, glances
from workers.cli._reading import answered, hint
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.store.activity import Moves, Span

HOUR = timedelta(hours=1)
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Stats:
    """What was published lately, and the funnel of the study that was asked for."""

    workspace_id: str
    study: Glance | None
    span: "Span"
    moves: Sequence["Moves"]

    @property
    def steps(self) -> list[Step]:
        """The funnel, where a study was asked for."""
        return funnel(self.study.setup, self.study.progress) if self.study else []


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stats")(stats)


def stats(
    study: Annotated[
        str | None, typer.Argument(help="Only this study, and its funnel.", show_default=False)
    ] = None,
    *,
    hours: Annotated[int, typer.Option("--hours", min=1, max=720, help="How far back.")] = 24,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Transitions to show.")] = 15,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show changes an hour by transition, and a study's funnel with its conversion.

    Hours are full hours in UTC, the last one being the present; a status that was published again
    is no transition. The funnel goes from added and invited over screened and scheduled to
    completed and paid, as far as the study's setup has them.
    """
    found = answered(stored(workspace), lambda c, name: _stats(c, name, study, hours))
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=2))
    else:
        _print(found, limit)


async def _stats(
    connection: "AsyncConnection", workspace_id: str, study: str | None, hours: int
) -> Stats:
    from workers.store import activity
    from workers.store.contacts import Place

    known = {one.study_id: one for one in await glances(connection, workspace_id)}
    if study is not None and study not in known:
        told = f"There is no study {study!r} in {workspace_id}"
        raise UserError(told + hint(study, list(known)))
    now = await (await Place.of(connection, workspace_id)).now()
    full = now.replace(minute=0, second=0, microsecond=0)
    span = activity.Span(full - (hours - 1) * HOUR, hours, 3600)
    moves = await activity.moves(connection, workspace_id, study, span)
    return Stats(workspace_id, known[study] if study else None, span, moves)


def _as_json(stats: Stats) -> dict[str, Any]:
    told: dict[str, Any] = {
        "workspace_id": stats.workspace_id,
        "since": format_instant(stats.span.since),
        "transitions": [
            {"prior_status": one.before, "status": one.after, "hours": list(one.numbers)}
            for one in stats.moves
        ],
    }
    if stats.study:
        told |= {"study_id": stats.study.study_id, "funnel": [asdict(one) for one in stats.steps]}
    return told


def _print(stats: Stats, limit: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    where = f"study {stats.study.study_id} of " if stats.study else ""
    since = f"{stats.span.since:%Y-%m-%d %H:%M} UTC"
    out.print(f"{escape(where + stats.workspace_id)}: changes an hour since {since}")
    table = Table("Transition", "Changes an hour")
    table.add_column("Altogether", justify="right")
    for one in stats.moves[:limit]:
        name = f"{one.before or 'new'} -> {one.after}"
        table.add_row(name, sparkline(one.numbers), str(one.total))
    out.print(table if stats.moves else "Nobody moved.")
    if len(stats.moves) > limit:
        out.print(f"... and {len(stats.moves) - limit} transitions more (--limit)")
    if stats.study:
        _print_funnel(out, stats.steps)


def _print_funnel(out: "Console", steps: Sequence[Step]) -> None:
    from rich.table import Table

    table = Table("Funnel", "", title_justify="left")
    for name in ("How many", "Of the step before", "Of all"):
        table.add_column(name, justify="right")
    most = max((step.number for step in steps), default=0)
    for step in steps:
        bar = "█" * (20 * step.number // most) if most else ""
        table.add_row(
            step.name, bar, str(step.number), _percent(step.of_before), _percent(step.of_first)
        )
    out.print(table)


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.0%}"


def sparkline(numbers: Sequence[int]) -> str:
    """One bar a number, the highest for the largest; a space for none."""
    most = max(numbers, default=0)
    return "".join(BARS[(len(BARS) - 1) * n // most] if n else " " for n in numbers)
