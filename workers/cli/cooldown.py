"""`pstatus cooldown`: no contact until a moment, set by hand; tells signals, writes nothing."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.signals import ContactCooldownCleared, ContactCooldownSet
from workers.cli._acting import PATIENCE, By, Deed, How, Note, Only, Within, Yes, act
from workers.cli._deeds import group, telling
from workers.cli._reading import instant
from workers.cli._whom import File, OfStudy, People, Statuses, whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace

if TYPE_CHECKING:
    from workers.domain.person import Person

CLEAR = "End cooldowns set by hand; those of rules stay. Shows first what it would change."
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Until = Annotated[
    str | None, typer.Option("--until", help="2026-03-08, or 2026-03-08T09:00:00Z; in UTC.")
]
Days = Annotated[
    int | None,
    typer.Option(
        "--days",
        min=1,
        max=36_500,
        help="Days of 24 hours from the next full hour on; again within a day changes nothing.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    says = "Cooldowns set by hand: no contact until a moment."
    group(app, "cooldown", says, set=put, clear=telling(ContactCooldownCleared, CLEAR))


def put(
    people: People = None,
    *,
    by: By,
    until: Until = None,
    days: Days = None,
    file: File = None,
    study: OfStudy = None,
    status: Statuses = None,
    note: Note = None,
    yes: Yes = False,
    preview: Only = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Set a cooldown; it replaces one set before. Shows first what it would change, and asks."""
    from workers.ops import clock

    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=preview,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    act(_deed(until, days, clock.now()), whom(people, file, study, status), how)


def _deed(until: str | None, days: int | None, now: datetime) -> Deed:
    if until is not None and days is None:
        if (end := instant(until)) <= now:
            raise UserError(f"--until {until} has passed already.")
        return Deed(ContactCooldownSet, {"until": end})
    if until is None and days is not None:
        return _for(days, now)
    raise UserError("Say --until TIME or --days N, one of them.")


def _for(days: int, now: datetime) -> Deed:
    """From the next full hour on. Asked again within a day it is the same deed, not a longer one.

    So its id is made of the days, and who has a cooldown set by hand that ends within a day of
    the end wanted is left alone.
    """
    full = now.replace(minute=0, second=0, microsecond=0) + HOUR
    end = full + timedelta(days=days)

    def is_done(person: "Person") -> bool:
        known = person.causes.cooldown_until
        return known is not None and known > now and abs(known - end) < DAY

    return Deed(ContactCooldownSet, {"until": end}, {"days": days}, is_done)
