"""`pstatus study check`: the counters of study progress against a recount; only reads."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.errors import WORLD, UserError
from workers.cli.options import Workspace, stored

if TYPE_CHECKING:
    from workers.apply.recounting import Recount

SHOWN = 50


def check(
    study: Annotated[
        str | None, typer.Argument(help="Only this study.", show_default=False)
    ] = None,
    *,
    workspace: Workspace = None,
) -> None:
    """Compare the counters of studies with a recount of everybody; a difference exits with 1."""
    settings = stored(workspace)
    found = asyncio.run(_recounted(settings.database, settings.workspace, study))
    if study is not None and not found.studies:
        raise UserError(f"Nobody has ever told of a participant of {study}.")
    for line in found.differences[:SHOWN]:
        typer.echo(line)
    if rest := found.differences[SHOWN:]:
        typer.echo(f"... and {len(rest)} more")
    compared = f"{found.studies} studies with {found.participants} participants recounted"
    if found.differences:
        typer.echo(f"{compared}, {len(found.differences)} differences")
        raise typer.Exit(WORLD)
    typer.echo(f"{compared}, no difference")


async def _recounted(url: str, workspace_id: str | None, study_id: str | None) -> "Recount":
    from workers.apply.recounting import recount
    from workers.store import engine, installation

    database = engine.make(url, connections=1)
    try:
        await installation.schema_fits(database)
        return await recount(database, workspace_id, study_id)
    finally:
        await database.dispose()
