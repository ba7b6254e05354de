"""`pstatus refold`: asks for people to be folded anew, or compares them with their history."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.errors import WORLD, UserError
from workers.cli.options import Workspace, stored

if TYPE_CHECKING:
    from workers.apply.checking import Report
    from workers.store.checking import Scope

SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("refold")(refold)


def refold(
    person: Annotated[str | None, typer.Argument(help="One person; without it: everybody.")] = None,
    workspace: Workspace = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare, and say what differs; exit 1 if any.")
    ] = False,
) -> None:
    """Fold people anew from their whole history; the running workers do it within seconds."""
    from workers.store.checking import Scope

    settings = stored(workspace)
    scope = Scope(settings.workspace, person)
    if check:
        report = asyncio.run(_check(settings.database, scope))
        if person is not None and not report.checked:
            raise UserError(f"Nobody is known as {person}.")
        if settings.workspace is not None and not report.checked and not report.differences:
            raise UserError(f"There are no people in {settings.workspace}: is it spelt right?")
        _print(report)
        return
    asked = asyncio.run(_request(settings.database, scope))
    if person is not None and not asked:
        raise UserError(f"Nobody is known as {person} (or a refold is asked for already).")
    typer.echo(f"refold asked for: {asked} people")


async def _request(url: str, scope: "Scope") -> int:
    from workers.store import checking, engine, installation

    database = engine.make(url, connections=1)
    try:
        await installation.schema_fits(database)
        return await checking.request_refold(database, scope)
    finally:
        await database.dispose()


async def _check(url: str, scope: "Scope") -> "Report":
    from workers.apply.checking import check
    from workers.store import engine, installation

    database = engine.make(url, connections=1)
    try:
        await installation.schema_fits(database)
        return await check(database, scope)
    finally:
        await database.dispose()


def _print(report: "Report") -> None:
    for line in report.differences[:SHOWN]:
        typer.echo(line)
    if report.broken:
        typer.echo(f"{report.broken} people are set aside: a newer version, or a refold, may help")
    if report.differences:
        typer.echo(f"{report.checked} people checked, {len(report.differences)} differences")
        raise typer.Exit(WORLD)
    typer.echo(f"{report.checked} people checked, no difference")
