"""The fold: a person's signals, oldest first, with the clock's own entries in their places.

Signals are read in the order of (occurred_at, rank, id), however they arrived. `booking.ended`
stands in that order at a booking's end, once `now` has reached it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from schemas.signals import BookingEnded, Key, PersonErased, Signal
from workers.domain import causes, records
from workers.domain.person import NOBODY, Participant, Person
from workers.domain.transitions import OPTING_OUT, Scene, status_after

NEWCOMER = Participant()


def fold(signals: Iterable[Signal], now: datetime) -> Person:
    """The person that these signals add up to at `now`; an erased person is nobody."""
    history = sorted(signals, key=lambda signal: signal.key)
    if any(isinstance(signal, PersonErased) for signal in history):
        return NOBODY
    person = NOBODY
    for signal in history:
        if not signal.inert:
            person = step(catch_up(person, now, before=signal.key), signal)
    return catch_up(person, now)


def step(person: Person, signal: Signal) -> Person:
    """The person with one more entry, which must not sort before what was applied already."""
    before, person = person, causes.note(person, signal)
    study_id = getattr(signal, "study_id", None)
    participants = dict(person.participants)
    if study_id is not None and study_id not in participants:
        participants[study_id] = NEWCOMER
    opted_out = bool(person.causes.opted_out)
    told = participants if isinstance(signal, OPTING_OUT) else (study_id,) if study_id else ()
    for study in told:
        participants[study] = _heard(
            participants[study], signal, opted_out, named=study == study_id
        )
    overtaken = before.overtaken.union(
        (ends_at, key) for key, _, ends_at in before.ends_ahead() if key < signal.key
    )
    return replace(person, key=signal.key, participants=participants, overtaken=overtaken)


def catch_up(person: Person, now: datetime, before: Key | None = None) -> Person:
    """The person with the clock's entries due by `now`, up to the place `before`."""
    while entry := next_end(person, now, before):
        person = step(person, entry)
    return person


def next_end(person: Person, now: datetime, before: Key | None = None) -> BookingEnded | None:
    """The clock's next entry that is due by `now` and sorts before the place `before`."""
    due = min((end[:2] for end in person.ends_ahead() if end[2] <= now), default=None)
    if due is None:
        return None
    key, study_id = due
    if before is not None and key > before:
        return None
    return BookingEnded(
        id=key[2],
        workspace_id="",
        person_id="",
        occurred_at=key[0],
        study_id=study_id,
        booking_id=key[2],
    )


def _heard(participant: Participant, signal: Signal, opted_out: bool, named: bool) -> Participant:
    after = records.note(participant, signal) if named else participant
    status = status_after(Scene(signal, participant, after, opted_out))
    return replace(after, status=status, key=signal.key)
