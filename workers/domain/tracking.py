"""Tracking one person: a signal, the clock or a configuration in, the changes to publish out.

Simulation and the live worker both go through here, so that they can't disagree. Whatever sorts
before the last entry applied folds the whole history afresh (`HistoryNeeded` asks for it).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.changes import CLOCK, REFOLD, Cause, PersonChange, PersonErasedChange
from schemas.signals import BookingLogged, Key, PersonErased, Signal
from workers.domain.changes import Occasion, Published, diff, published_after
from workers.domain.history import fold, next_end, step
from workers.domain.past import Past
from workers.domain.person import NOBODY as NO_PERSON
from workers.domain.person import Participant, Person
from workers.domain.setups import World
from workers.domain.standing import Standing, assess

History = Past | Iterable[Signal]
NEVER = Published()


class HistoryNeeded(Exception):
    """An entry sorts before one applied already: call again with the person's signals."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is kept of one person: the fold, what was published, and when time will act."""

    person: Person = NO_PERSON
    published: Published = NEVER
    due_at: datetime | None = None


NOBODY = Tracked()


@dataclass(frozen=True, slots=True)
class Heard:
    """The person afterwards, all changes to publish, and whether the signal itself made one."""

    tracked: Tracked
    changes: tuple[PersonChange, ...] = ()
    applied: bool = False


def hear(
    tracked: Tracked,
    signal: Signal,
    *,
    received_at: datetime,
    now: datetime,
    world: World,
    history: History | None = None,
) -> Heard:
    """One new signal of a person at `now`; the clock's moments up to `now` come before it.

    `history` is every signal heard before, in any order; given as a `Past` that is told each of
    them, a late signal costs what it changes and not the whole fold. Duplicates, signals of
    erased people and configurations are not for here.
    """
    ids = {"workspace_id": signal.workspace_id, "person_id": _person_of(signal)}
    cause = Cause(signal_id=signal.id, kind=kind_of(signal))
    if isinstance(signal, PersonErased):
        return _forget(tracked, signal, cause, now)
    if signal.inert:
        return Heard(tracked)
    caught = advance(tracked, **ids, now=now, world=world, history=history)
    tracked = caught.tracked
    person = _told(tracked.person, signal, now, history)
    occasion = Occasion(
        **ids,
        cause=cause,
        occurred_at=signal.occurred_at,
        recorded_at=now,
        corrected=_corrected(tracked.person, person, signal.key),
        notify=_to_notify(signal, received_at),
    )
    heard = _publish(tracked, person, assess(person, world, now), occasion)
    return Heard(heard.tracked, caught.changes + heard.changes, applied=bool(heard.changes))


def advance(
    tracked: Tracked,
    *,
    workspace_id: str,
    person_id: str,
    now: datetime,
    world: World,
    history: History | None = None,
) -> Heard:
    """Everything that time alone does up to `now`, stopping at each moment that matters."""
    changes: tuple[PersonChange, ...] = ()
    while tracked.due_at is not None and tracked.due_at <= now:
        moment = tracked.due_at
        person, corrected = _ended(tracked.person, moment, history)
        occasion = Occasion(
            workspace_id=workspace_id,
            person_id=person_id,
            cause=CLOCK,
            occurred_at=moment,
            recorded_at=now,
            corrected=corrected,
        )
        heard = _publish(tracked, person, assess(person, world, moment), occasion)
        tracked, changes = heard.tracked, changes + heard.changes
    return Heard(tracked, changes)


def reassess(
    tracked: Tracked,
    *,
    workspace_id: str,
    person_id: str,
    now: datetime,
    world: World,
    cause: Cause,
    occurred_at: datetime,
    history: History | None = None,
) -> Heard:
    """A setup or the policy became newer: nobody's fold is wrong, only their standing stale."""
    caught = advance(
        tracked,
        workspace_id=workspace_id,
        person_id=person_id,
        now=now,
        world=world,
        history=history,
    )
    person = caught.tracked.person
    occasion = Occasion(
        workspace_id=workspace_id,
        person_id=person_id,
        cause=cause,
        occurred_at=occurred_at,
        recorded_at=now,
    )
    heard = _publish(caught.tracked, person, assess(person, world, now), occasion)
    return Heard(heard.tracked, caught.changes + heard.changes, applied=bool(heard.changes))


def refold(
    tracked: Tracked,
    signals: History,
    *,
    workspace_id: str,
    person_id: str,
    now: datetime,
    world: World,
) -> Heard:
    """The whole history folded afresh; a difference to what was published is a correction."""
    person = fold(signals, now)
    occasion = Occasion(
        workspace_id=workspace_id,
        person_id=person_id,
        cause=REFOLD,
        occurred_at=now,
        recorded_at=now,
        corrected=frozenset(person.participants),
    )
    heard = _publish(tracked, person, assess(person, world, now), occasion)
    return Heard(heard.tracked, heard.changes, applied=bool(heard.changes))


def kind_of(signal: Signal) -> str:
    """The word on the wire of a signal."""
    return str(signal.kind)  # type: ignore[attr-defined]


def _person_of(signal: Signal) -> str:
    return str(signal.person_id)  # type: ignore[attr-defined]


def _publish(tracked: Tracked, person: Person, standing: Standing, occasion: Occasion) -> Heard:
    changes = diff(tracked.published, standing, occasion)
    published = published_after(tracked.published, changes)
    return Heard(Tracked(person, published, standing.due_at), changes)


def _told(person: Person, signal: Signal, now: datetime, history: History | None) -> Person:
    """The person with one more signal: one step if it is the newest, else folded afresh."""
    if person.key is None or person.key < signal.key:
        told = None if history is None else _past(history).told(signal)
        return _ended(step(person, signal), now, told)[0]
    if history is None:
        raise HistoryNeeded
    return _past(history).told(signal).fold(now)


def _past(history: History) -> Past:
    return history if isinstance(history, Past) else Past.of(history)


def _ended(
    person: Person, moment: datetime, history: History | None
) -> tuple[Person, frozenset[str]]:
    """The person with the clock's entries due by a moment, and whom a late one corrected."""
    late = [key for ends_at, key in person.overtaken if ends_at <= moment]
    while not late and (entry := next_end(person, moment)):
        if person.key is not None and entry.key < person.key:
            late = [entry.key]
        else:
            person = step(person, entry)
    if not late:
        return person, frozenset()
    if history is None:
        raise HistoryNeeded
    after = _past(history).fold(moment)
    return after, _corrected(person, after, min(late))


def _corrected(before: Person, after: Person, key: Key) -> frozenset[str]:
    """Studies whose folded status changed though something newer was applied to them already."""
    return frozenset(
        study_id
        for study_id, participant in before.participants.items()
        if _is_newer(participant, key)
        and _status(after.participants, study_id) is not participant.status
    )


def _is_newer(participant: Participant, key: Key) -> bool:
    return participant.key is not None and key < participant.key


def _status(participants: Mapping[str, Participant], study_id: str) -> object:
    participant = participants.get(study_id)
    return participant.status if participant else None


def _to_notify(signal: Signal, received_at: datetime) -> str | None:
    """A booking logged while its end was still ahead always says so."""
    if isinstance(signal, BookingLogged) and signal.ends_at > received_at:
        return signal.study_id
    return None


def _forget(tracked: Tracked, signal: PersonErased, cause: Cause, now: datetime) -> Heard:
    if not tracked.published.anything:
        return Heard(NOBODY)
    change = PersonErasedChange(
        workspace_id=signal.workspace_id,
        person_id=signal.person_id,
        occurred_at=signal.occurred_at,
        recorded_at=now,
        cause=cause,
    )
    return Heard(NOBODY, (change,), applied=True)
