"""`pstatus cooldown`: no contact until a moment, set by hand; tells signals, writes nothing."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from schemas.signals import ContactCooldownCleared, ContactCooldownSet
from workers.cli._acting import PATIENCE, By, Deed, How, Note, Only, Within, Yes, act
from workers.cli._deeds import group, telling
from workers.cli._reading import instant
from workers.cli._whom import File, OfStudy, People, Statuses, whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace

CLEAR = "End cooldowns set by hand; those of rules stay. Shows first what it would change."
HOUR = timedelta(hours=1)
Until = Annotated[
    str | None, typer.Option("--until", help="2026-03-08, or 2026-03-08T09:00:00Z; in UTC.")
]
Days = Annotated[
    int | None,
    typer.Option("--days", min=1, max=36_500, help="Days of 24 hours from the next full hour on."),
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

    end = _end(until, days, clock.now())
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=preview,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    act(Deed(ContactCooldownSet, {"until": end}), whom(people, file, study, status), how)


def _end(until: str | None, days: int | None, now: datetime) -> datetime:
    """The next full hour and so many days: asked again within the hour, it is the same."""
    if (until is None) == (days is None):
        raise UserError("Say --until TIME or --days N, one of them.")
    if until is None:
        full = now.replace(minute=0, second=0, microsecond=0) + HOUR
        return full + timedelta(days=days or 0)
    if (end := instant(until)) <= now:
        raise UserError(f"--until {until} has passed already.")
    return end
