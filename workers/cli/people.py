"""`pstatus people`: who may be contacted and who may not; only reads, shows opaque ids only."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.fields import format_instant
from schemas.vocabulary import ContactStatus
from workers.cli._reading import answered, hint, instant, moment, word
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.store.listing import Filters, Listed

Statuses = Annotated[
    list[str] | None,
    typer.Option(
        "--contact-status", "-c", help="Only this contact status, such as opted_out; repeatable."
    ),
]
Property = Annotated[
    str | None,
    typer.Option(
        "--property",
        metavar="NAME=VALUE",
        help="Only with this property; the value as JSON or text.",
    ),
]
OfStudy = Annotated[str | None, typer.Option("--study", help="Only participants of this study.")]
Before = Annotated[
    str | None,
    typer.Option("--until-before", help="Only whose contact status ends before this time, in UTC."),
]
After = Annotated[str, typer.Option("--after", help="The next page: behind this person's id.")]
Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many people a page.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("people")(people)


def people(
    *,
    contact_status: Statuses = None,
    property_is: Property = None,
    study: OfStudy = None,
    until_before: Before = None,
    limit: Limit = 50,
    after: After = "",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """List people by id with their contact status, a page at a time; filters narrow each other."""
    from workers.store.listing import Filters

    words = [word(told, ContactStatus, "contact status") for told in contact_status or ()]
    filters = Filters(
        statuses=words or [str(status) for status in ContactStatus],
        property=_property(property_is) if property_is is not None else None,
        study_id=study,
        until_before=instant(until_before) if until_before else None,
    )
    workspace_id, found = answered(
        stored(workspace), lambda c, name: _page(c, name, filters, after, limit)
    )
    if as_json:
        typer.echo(json.dumps(_as_json(workspace_id, found, limit), indent=2))
    else:
        from workers.ops import clock

        _print(found, limit, clock.now())


async def _page(
    connection: "AsyncConnection", workspace_id: str, filters: "Filters", after: str, limit: int
) -> tuple[str, list["Listed"]]:
    from workers.store import listing, reading

    if filters.study_id is not None:
        studies = await reading.studies(connection, workspace_id)
        if filters.study_id not in studies:
            told = f"There is no study {filters.study_id!r} in {workspace_id}"
            raise UserError(told + hint(filters.study_id, studies))
    found = await listing.people(connection, workspace_id, filters, after=after, most=limit + 1)
    return workspace_id, found


def _property(told: str) -> tuple[str, Any, str]:
    name, equals, value = told.partition("=")
    if not name or not equals:
        raise UserError(f"--property wants NAME=VALUE, not {told!r}.")
    try:
        return name, json.loads(value), value
    except ValueError:
        return name, value, value


def _as_json(workspace_id: str, found: list["Listed"], limit: int) -> dict[str, Any]:
    page = found[:limit]
    return {
        "workspace_id": workspace_id,
        "people": [
            {
                "person_id": one.person_id,
                "contact_status": one.contact_status,
                "until": format_instant(one.contact_until) if one.contact_until else None,
                "since": format_instant(one.contact_since) if one.contact_since else None,
            }
            for one in page
        ],
        "next": page[-1].person_id if len(found) > limit else None,
    }


def _print(found: list["Listed"], limit: int, now: datetime) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    page = found[:limit]
    if not page:
        out.print("Nobody fits.")
        return
    table = Table("Person", "Contact", "Until", "Since")
    for one in page:
        until = moment(one.contact_until, now) if one.contact_until else ""
        since = moment(one.contact_since, now) if one.contact_since else ""
        table.add_row(escape(one.person_id), one.contact_status, until, since)
    out.print(table)
    if len(found) > limit:
        last = escape(page[-1].person_id)
        out.print(f"There are more: --after {last}", soft_wrap=True)
