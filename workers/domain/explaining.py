"""Explaining: how a person's signals came to where they stand, entry by entry; decides nothing.

It folds the same history with the same functions, and looks at each step.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.signals import Key, PersonErased, Signal
from schemas.vocabulary import Status
from workers.domain import records
from workers.domain.history import NEWCOMER, next_end, step
from workers.domain.person import NOBODY, Causes, Participant, Person
from workers.domain.transitions import ROWS, Row, Scene, row_for


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal as it arrived: when it was received, and its place in the order of arrival."""

    signal: Signal
    received_at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class Move:
    """What an entry did to one participant: the row it found, or why it found none."""

    study_id: str
    before: Status | None
    after: Status
    row: Row | None
    why_none: str | None
    is_noted: bool
    """Whether it added something to the records."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One signal, or the clock's own entry, in its place of the one order."""

    signal: Signal
    heard: Heard | None
    """None: the clock's own."""
    moves: tuple[Move, ...] = ()
    began: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    is_late: bool = False
    """Whether something that sorts behind it was known already: it was read in its place."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every entry in order, and which of them began each cause that is in force."""

    entries: tuple[Entry, ...]
    person: Person
    beginnings: Mapping[str, Signal]


def explain(history: Iterable[Heard], now: datetime) -> Explanation:
    """The entries of a person's whole history up to `now`, the clock's in their places."""
    told = sorted(history, key=lambda heard: heard.signal.key)
    if any(isinstance(heard.signal, PersonErased) for heard in told):
        return Explanation((), NOBODY, {})
    person, entries = NOBODY, list[Entry]()
    beginnings: dict[str, Signal] = {}
    late = _late(told)
    for signal, heard, before in _in_order(told, now):
        after = before if signal.inert else step(before, signal)
        entry = _entry(signal, heard, before, after)
        entries.append(replace(entry, is_late=heard is not None and signal.id in late))
        beginnings |= dict.fromkeys(entry.began, signal)
        for ended in entry.ended:
            beginnings.pop(ended, None)
        person = after
    return Explanation(tuple(entries), person, beginnings)


def _in_order(
    told: Iterable[Heard], now: datetime
) -> Iterator[tuple[Signal, Heard | None, Person]]:
    """Each entry with the person as they were just before it."""
    person = NOBODY
    for heard in told:
        signal = heard.signal
        while not signal.inert and (end := next_end(person, now, before=signal.key)):
            yield end, None, person
            person = step(person, end)
        yield signal, heard, person
        person = person if signal.inert else step(person, signal)
    while end := next_end(person, now):
        yield end, None, person
        person = step(person, end)


def _late(told: Iterable[Heard]) -> set[str]:
    """Those before whose arrival something newer was known, or the clock had passed them."""
    late: set[str] = set()
    newest: Key | None = None
    ends: list[datetime] = []
    for heard in sorted(told, key=lambda heard: heard.place):
        signal = heard.signal
        if signal.inert:
            continue
        at, received_at = signal.occurred_at, heard.received_at
        if (newest and newest > signal.key) or any(at < end <= received_at for end in ends):
            late.add(signal.id)
        newest = max(newest, signal.key) if newest else signal.key
        ends += [end for end in (getattr(signal, "ends_at", None),) if end]
    return late


def _entry(signal: Signal, heard: Heard | None, before: Person, after: Person) -> Entry:
    was, now = _causes(before.causes), _causes(after.causes)
    began = tuple(name for name, value in now.items() if value and value != was[name])
    ended = tuple(name for name, value in was.items() if value and not now[name])
    return Entry(signal, heard, tuple(_moves(signal, before, after)), began, ended)


def _causes(causes: Causes) -> dict[str, Any]:
    """The causes by hand and by provider under the names that reasons have."""
    opted_out = {
        f"opted_out:{cause}": cause in causes.opted_out
        for cause in ("participant", "complaint", "manual")
    }
    return opted_out | {
        "opted_out:hard_bounce": causes.hard_bounced,
        "in_blocklist:manual": causes.blocklisted,
        "do_not_contact:manual": causes.do_not_contact,
        "in_cooldown:manual": causes.cooldown_until,
    }


def _moves(signal: Signal, before: Person, after: Person) -> Iterator[Move]:
    named = getattr(signal, "study_id", None)
    for study_id, participant in after.participants.items():
        known = before.participants.get(study_id)
        if known is participant:
            continue
        noted = participant if study_id == named else known or NEWCOMER
        scene = _scene(signal, known or NEWCOMER, study_id == named, after)
        row = row_for(scene)
        yield Move(
            study_id,
            known.status if known else None,
            participant.status,
            row,
            None if row else _why_none(scene),
            is_noted=known is None or _noted(known) != _noted(noted),
        )


def _scene(signal: Signal, before: Participant, is_named: bool, after: Person) -> Scene:
    noted = records.note(before, signal) if is_named else before
    return Scene(signal, before, noted, bool(after.causes.opted_out))


def _noted(participant: Participant) -> Participant:
    return replace(participant, key=None, status=Status.NOT_CONTACTED)


def _why_none(scene: Scene) -> str:
    """Why no row fits: the kind has none, none from this status, or what it asks for fails."""
    rows = ROWS.get(type(scene.signal), ())
    if not rows:
        return "this kind of signal moves no status"
    here = [row for row in rows if scene.before.status in row.start]
    if not here:
        return f"none of its rows begins at {scene.before.status}"
    asked = {claim_of(claim) for row in here for claim in row.when if not claim(scene)}
    return f"only when {' or '.join(sorted(asked))}"


def claim_of(claim: object) -> str:
    """What a row asks for, in words."""
    return " ".join((claim.__doc__ or "").split())
