"""`pstatus person`: where one person stands in each study; only reads, shows opaque ids only."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.fields import format_instant
from schemas.vocabulary import ContactStatus
from workers.cli import _contact as _contact_of
from workers.cli._reading import answered, moment
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace, stored

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from schemas.changes import Reason
    from workers.domain.setups import Policy
    from workers.store.reading import Person


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="person")(show)


def show(
    person: Annotated[str, typer.Argument(help="The person's id.", show_default=False)],
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Show a person: may they be contacted, and their status in each study since when."""

    async def ask(
        connection: "AsyncConnection", workspace_id: str
    ) -> "tuple[str, Person, tuple[Reason, ...], Policy]":
        from workers.store import reading

        found = await reading.person(connection, workspace_id, person)
        if found is None:
            raise UserError(f"There is no person {person!r} in {workspace_id}.")
        if isinstance(found, reading.Erased):
            at = f"{found.erased_at:%Y-%m-%d %H:%M} UTC"
            raise UserError(f"The person {person!r} was erased from {workspace_id} on {at}.")
        return workspace_id, found, *await _reasons(connection, workspace_id, person)

    workspace_id, found, reasons, policy = answered(stored(workspace), ask)
    if as_json:
        told = _as_json(workspace_id, found)
        told["contact"]["reasons"] = _contact_of.as_json(reasons, policy)
        typer.echo(json.dumps(told, indent=2))
    else:
        from workers.ops import clock

        _print(workspace_id, found, list(_contact_of.lines(reasons, policy)), clock.now())


async def _reasons(
    connection: "AsyncConnection", workspace_id: str, person_id: str
) -> "tuple[tuple[Reason, ...], Policy]":
    """Every reason in force now, and the policy whose rules are among them."""
    from workers.cli import _people
    from workers.domain.standing import assess
    from workers.store.contacts import Place

    scene = await _people.scene(await Place.of(connection, workspace_id))
    found = await _people.asked(
        scene,
        [person_id],
        lambda _, tracked, history: assess(tracked.person, scene.world, scene.now),
    )
    return (found[0].contact.reasons if found else ()), scene.world.policy


def _as_json(workspace_id: str, person: "Person") -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "person_id": person.person_id,
        "contact": {
            "status": person.contact_status,
            "until": _instant(person.contact_until),
            "since": _instant(person.contact_since),
        },
        "is_broken": person.is_broken,
        "participants": [
            {
                "study_id": participant.study_id,
                "status": participant.status,
                "stage": participant.stage,
                "since": _instant(participant.since),
                "sequence": participant.sequence,
            }
            for participant in person.participants
        ],
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def _print(workspace_id: str, person: "Person", reasons: list[str], now: datetime) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    out = Console(highlight=False)
    name = escape(person.person_id)
    said = f"[bold]{name}[/] in {escape(workspace_id)}: {_contact(person, now)}"
    out.print(said, soft_wrap=True)
    for reason in reasons:
        out.print(f"  {escape(reason)}", soft_wrap=True)
    if person.is_broken:
        out.print("A signal could not be folded: shown as it was before (`pstatus refold`).")
    if not person.participants:
        out.print("In no study.")
        return
    table = Table("Study", "Status", "Stage", "Since")
    for one in person.participants:
        table.add_row(escape(one.study_id), one.status, one.stage, moment(one.since, now))
    out.print(table)


def _contact(person: "Person", now: datetime) -> str:
    said = person.contact_status
    if person.contact_status != ContactStatus.FREE_TO_CONTACT and person.contact_since:
        said += f" since {moment(person.contact_since, now)}"
    if person.contact_until:
        said += f", until {moment(person.contact_until, now)}"
    return said
