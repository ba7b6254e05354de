"""`pstatus parked`: what waits because nobody says whom it means; never shows what it says."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from workers.cli._reading import apart, meant, word
from workers.cli._tables import paper, table
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.store.parking import Chosen

T = TypeVar("T")
WANTS = ("person", "study", "participant")
Origins = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ORIGIN]...", help="Elements, by the origin that `list` shows."),
]
Provider = Annotated[str | None, typer.Option("--provider", "-p", help="Only of this provider.")]
Kind = Annotated[
    str | None, typer.Option("--kind", "-k", help="Only of this kind, such as email.bounced.")
]
Wants = Annotated[
    str | None,
    typer.Option("--wants", help="Only what lacks its person, study, or confirmed participant."),
]
Everything = Annotated[bool, typer.Option("--all", help="All that wait in the workspace.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, oldest first.")]
By = Annotated[
    str, typer.Option("--by", help="Who drops it: a user's opaque id.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    parked = typer.Typer(
        no_args_is_help=True, help="Elements that wait until something says whom they mean."
    )
    parked.command("list")(list_)
    parked.command("retry")(retry)
    parked.command("drop")(drop)
    app.add_typer(parked, name="parked")


def list_(
    *,
    provider: Provider = None,
    kind: Kind = None,
    wants: Wants = None,
    limit: Limit = 50,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List what waits, the oldest first, and count how others ended."""
    from workers.store import parking

    async def ask(connection: "AsyncConnection", name: str) -> Any:
        chosen = _chosen(name, None, provider, kind, wants)
        rows = await parking.listed(connection, chosen, limit)
        return name, rows, await parking.ends(connection, name)

    name, rows, ends = _on_database(workspace, ask)
    shown = [_shown(row) for row in rows]
    if as_json:
        number = rows[0].number if rows else 0
        told = {"workspace_id": name, "parked": shown, "of": number, "ends": ends}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(rows, ends)


def retry(
    origins: Origins = None,
    *,
    provider: Provider = None,
    kind: Kind = None,
    wants: Wants = None,
    everything: Everything = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Have elements tried again by the running workers, within seconds."""
    from workers.store import parking

    _refuse_nothing(origins, provider, kind, wants, everything)

    async def ask(connection: "AsyncConnection", name: str) -> int:
        return await parking.retry(connection, _chosen(name, origins, provider, kind, wants))

    number = _on_database(workspace, ask)
    _report("retried", number, "tried again within seconds", as_json)


def drop(
    origins: Origins = None,
    *,
    by: By,
    provider: Provider = None,
    kind: Kind = None,
    wants: Wants = None,
    everything: Everything = False,
    workspace: Workspace = None,
    is_sure: Yes = False,
    as_json: Json = False,
) -> None:
    """End elements without a signal and without a dead letter; their content is deleted."""
    from workers.store import parking

    _refuse_nothing(origins, provider, kind, wants, everything)
    if as_json and not is_sure:
        raise UserError("Nobody can be asked here: add --yes.")

    async def ask(connection: "AsyncConnection", name: str) -> int:
        rows = await parking.listed(connection, chosen(name), 1)
        return rows[0].number if rows else 0

    async def act(connection: "AsyncConnection", name: str) -> int:
        return await parking.drop(connection, chosen(name), by)

    def chosen(name: str) -> "Chosen":
        return _chosen(name, origins, provider, kind, wants)

    if not is_sure and (number := _on_database(workspace, ask)):
        typer.confirm(f"Drop {number} elements for good?", abort=True)
    _report("dropped", _on_database(workspace, act), "dropped", as_json)


def _refuse_nothing(origins: list[str] | None, *others: object) -> None:
    if not origins and not any(others):
        raise UserError("Which? Name origins, --provider, --kind or --wants, or say --all.")


def _chosen(
    workspace: str, origins: list[str] | None, provider: str | None, kind: str | None,
    wants: str | None,
) -> "Chosen":  # fmt: skip
    from workers.store.parking import Chosen

    lacking = word(wants, WANTS, "thing that can be missing") if wants else None
    return Chosen(
        workspace_id=workspace, origins=origins or None, provider=provider, kind=kind, wants=lacking
    )


def _on_database(workspace: str | None, ask: Callable[["AsyncConnection", str], Awaitable[T]]) -> T:
    return asyncio.run(_asked(stored(workspace), ask))


async def _asked(settings: Settings, ask: Callable[["AsyncConnection", str], Awaitable[T]]) -> T:
    from workers.store import engine as engines
    from workers.store import installation, parking, reading

    engine = engines.make(settings.database, connections=1)
    try:
        await installation.schema_fits(engine)
        async with engine.begin() as connection:
            known = {*await reading.workspaces(connection), *await parking.workspaces(connection)}
            return await ask(connection, meant(settings.workspace, sorted(known)))
    except installation.Mismatch as mismatch:
        raise UserError(str(mismatch)) from None
    finally:
        await engine.dispose()


def _report(what: str, number: int, said: str, as_json: bool) -> None:
    if not number:
        raise UserError("Nothing that waits fits: `pstatus parked list` shows what does.")
    typer.echo(json.dumps({what: number}) if as_json else f"{said}: {number} elements")


def _shown(row: Any) -> dict[str, Any]:
    from schemas.fields import format_instant

    return {
        "origin": row.origin,
        "provider": row.provider,
        "kind": row.kind,
        "wants": row.wants,
        "person_id": row.person_id,
        "parked_at": format_instant(row.parked_at),
        "tried_at": row.tried_at and format_instant(row.tried_at),
    }


def _print(rows: Any, ends: dict[str, int]) -> None:
    from rich.markup import escape

    from workers.ops import clock

    out, now = paper(), clock.now()
    if rows:
        columns = ("Origin", "Provider", "Kind", "Lacks", "Person", "Parked", "Tried")
        shown = table(*columns, whole=("Origin",))
        for row in rows:
            tried = apart(row.tried_at, now) if row.tried_at else "is asked for"
            told = (row.origin, row.provider, row.kind, row.wants, row.person_id or "-",
                    apart(row.parked_at, now), tried)  # fmt: skip
            shown.add_row(*map(escape, told))
        out.print(shown)
        if rows[0].number > len(rows):
            out.print(f"the oldest {len(rows)} of {rows[0].number}; --limit shows more")
    said = ", ".join(f"{number} {ended}" for ended, number in sorted(ends.items()))
    out.print(said or "Nothing is or was parked.")
