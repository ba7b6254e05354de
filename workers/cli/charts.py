"""`pstatus charts`: flow charts as Mermaid text, of any setup or of a study with its counts."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.vocabulary import Status, StudyType
from workers.cli._reading import answered, hint, word
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.domain.charts import Chart
    from workers.domain.setups import Setup

Type = Annotated[
    str | None,
    typer.Option("--type", help="interview, survey or unmoderated_test; interview if not said."),
]
Screener = Annotated[bool, typer.Option(help="With a screener.")]
Incentive = Annotated[bool, typer.Option(help="With an incentive.")]
OfStudy = Annotated[
    str | None,
    typer.Option("--study", help="This study's setup, with its participants on each status."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("charts")(charts)


def charts(
    *,
    study_type: Type = None,
    screener: Screener = True,
    incentive: Incentive = True,
    study: OfStudy = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Print how participants move through a study, as Mermaid text (docs/charts.md shows six)."""
    from workers.domain.charts import chart, mermaid
    from workers.domain.setups import Setup

    if study is not None and study_type is not None:
        raise UserError("Either --study or --type: a study has its own.")
    counts: Mapping[Status, int] | None = None
    if study is None:
        type_ = StudyType(word(study_type or StudyType.INTERVIEW, StudyType, "study type"))
        setup = Setup(type=type_, screener=screener, incentive=incentive)
    else:
        asked = study
        setup, counts = answered(stored(workspace), lambda c, name: _of(c, name, asked))
    drawn = chart(setup)
    typer.echo(json.dumps(_as_json(drawn, counts), indent=2) if as_json else mermaid(drawn, counts))


async def _of(
    connection: "AsyncConnection", workspace_id: str, study_id: str
) -> tuple["Setup", Mapping[Status, int]]:
    from workers.store import reading

    studies = await reading.studies(connection, workspace_id)
    if study_id not in studies:
        raise UserError(
            f"There is no study {study_id!r} in {workspace_id}{hint(study_id, studies)}"
        )
    found = await reading.study(connection, workspace_id, study_id, most=0)
    if found.body is None:
        raise UserError(f"{study_id} was never configured: it has no type, so nothing to draw.")
    return found.setup, found.progress.by_status


def _as_json(drawn: "Chart", counts: Mapping[Status, int] | None) -> dict[str, Any]:
    statuses = {s: column for column, inside in drawn.stages.items() for s in inside}
    return {
        "statuses": [
            {"status": s, "stage": column}
            | ({} if counts is None else {"participants": counts.get(s, 0)})
            for s, column in statuses.items()
        ],
        "arrows": [
            {"from": arrow.start, "to": arrow.end, "way": arrow.way, "signals": arrow.signals}
            for arrow in drawn.arrows
        ],
    }
