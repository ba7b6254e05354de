"""`pstatus studies`: all studies of a workspace at a glance; only reads."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.vocabulary import Stage
from workers.cli._glance import Glance, done, glances
from workers.cli._reading import answered
from workers.cli._tables import paper, table
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("studies")(studies)


def studies(
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="How many studies to show.")
    ] = 100,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show every study of a workspace: its setup, seven counts, and how far its limit is.

    Those with the most participants under way are first.
    """

    async def ask(connection: "AsyncConnection", workspace_id: str) -> tuple[str, list[Glance]]:
        return workspace_id, await glances(connection, workspace_id)

    workspace_id, found = answered(stored(workspace), ask)
    found.sort(key=lambda one: (-_open(one), one.study_id))
    if as_json:
        told = {"workspace_id": workspace_id, "studies": [_as_json(one) for one in found]}
        typer.echo(json.dumps(told, indent=2))
    else:
        _print(workspace_id, found, limit)


def _open(glance: Glance) -> int:
    settled = (Stage.DONE, Stage.CANCELLED)
    counts = glance.progress.by_stage
    return sum(counts[stage] for stage in counts if stage not in settled)


def _as_json(glance: Glance) -> dict[str, Any]:
    from workers.cli._board import progress_json

    setup = glance.setup
    return {
        "study_id": glance.study_id,
        "type": setup.type,
        "screener": setup.screener if glance.is_configured else None,
        "incentive": setup.incentive if glance.is_configured else None,
        "participation_limit": setup.participation_limit,
        "by_stage": {str(stage): glance.progress.by_stage.get(stage, 0) for stage in Stage},
        "progress": progress_json(glance.progress),
    }


def _print(workspace_id: str, found: list[Glance], limit: int) -> None:
    from rich.markup import escape

    out = paper()
    rows = table("Study", "Type", *(stage.label for stage in Stage), "Completed")
    for column in rows.columns[2:]:
        column.justify = "right"
    for one in found[:limit]:
        counts = [str(one.progress.by_stage.get(stage, 0)) for stage in Stage]
        kind = one.setup.type.label if one.setup.type else "never configured"
        rows.add_row(escape(one.study_id), kind, *counts, _completed(one))
    word = "study" if len(found) == 1 else "studies"
    out.print(f"{len(found)} {word} in {escape(workspace_id)}")
    out.print(rows)
    if len(found) > limit:
        out.print(f"... and {len(found) - limit} more (--limit)")


def _completed(glance: Glance) -> str:
    number, limit = done(glance), glance.setup.participation_limit
    if number is None:
        return ""
    reached = " reached" if glance.progress.limit_reached else ""
    return f"{number} of {limit}{reached}" if limit is not None else str(number)
