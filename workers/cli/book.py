"""`pstatus book`: an interview entered by hand, past or ahead; tells a signal, writes nothing."""

import json
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Annotated
from uuid import uuid5

import typer

from schemas.fields import format_instant
from schemas.signals import BookingLogged
from schemas.vocabulary import BookingState, StudyType
from workers.cli._acting import NAMESPACE, PATIENCE, By, How, Note, Within, Yes
from workers.cli._times import Zone, slot
from workers.cli._updates import Case, DryRun, Leave, Study, Tell, Update, update
from workers.cli._whom import whom
from workers.cli.errors import UserError
from workers.cli.options import Json, Workspace
from workers.domain.person import Booking
from workers.domain.setups import Setup

Times = tuple[datetime, datetime]
STANDS = (BookingState.AHEAD, BookingState.COMPLETED)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("book")(book)


def book(
    person: Annotated[str, typer.Argument(help="The person's id.", show_default=False)],
    *,
    study: Study,
    starts: Annotated[str, typer.Option("--starts", help="2026-03-02T09:00+01:00, or local.")],
    ends: Annotated[str, typer.Option("--ends", help="The same for the end.")],
    by: By,
    zone: Zone = None,
    booking: Annotated[
        str | None, typer.Option("--booking", help="The booking's id; without it one is made.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also in a study that is no interview study.")
    ] = False,
    note: Note = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    timeout: Within = PATIENCE,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Enter an interview by hand.

    One that is over is completed: it counts and nobody is notified. One that is ahead is
    scheduled: it counts as booked and the participant is notified. Shows first what would
    happen, and asks.
    """
    times = slot(starts, ends, zone)
    how = How(
        by=by, note=note, workspace=workspace, is_sure=yes, only_preview=dry_run,
        as_json=as_json, within=timeout,
    )  # fmt: skip
    what = Update(
        study_id=study,
        decide=lambda case: _tell(case, times, booking),
        check=lambda setup: None if force else _is_interview(setup),
    )
    update(what, whom([person], None, study, None, study_is_told=True), how)


def _is_interview(setup: Setup) -> None:
    if setup.type not in (None, StudyType.INTERVIEW):
        kind = setup.type.label.lower() if setup.type else ""
        raise UserError(f"A booking in this study ({kind})? --force enters it all the same.")


def _tell(case: Case, times: Times, named: str | None) -> Tell | Leave:
    """Both ids are made of person, study and times: asked again, it is the same booking."""
    known = case.participant.bookings if case.participant else {}
    same = [i for i, one in known.items() if _times(one) == times and one.state in STANDS]
    if same:
        return Leave(f"booked already: {same[0]} is {known[same[0]].state}")
    told = {"starts_at": times[0], "ends_at": times[1]}
    if named is not None and named in known:
        return Tell(BookingLogged, told | {"booking_id": named})
    made = named or _new(case, times, known)
    return Tell(BookingLogged, told | {"booking_id": made, "id": _id(made, case, times)})


def _new(case: Case, times: Times, known: Mapping[str, Booking]) -> str:
    """The first id that is free: who canceled and books the same hour again has another booking."""
    ids = (_id(f"booking {attempt}", case, times) for attempt in count())
    return next(one for one in ids if one not in known)


def _times(booking: Booking) -> tuple[datetime | None, datetime | None]:
    return booking.starts_at, booking.ends_at


def _id(what: str, case: Case, times: Times) -> str:
    named = [what, case.workspace_id, case.study_id, case.person_id]
    told = json.dumps([*named, *map(format_instant, times)])
    return f"pstatus:{uuid5(NAMESPACE, told)}"
