"""One person within one transaction: who they were, who they are by now, and what to publish."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import Raw

from schemas.changes import CLOCK, REFOLD, ParticipantStatusChanged, PersonChange
from schemas.signals import Signal
from workers.apply.incoming import Incoming
from workers.apply.tally import By, Tally
from workers.apply.worlds import POLICY, Known
from workers.domain import tracking
from workers.domain.changes import Published
from workers.domain.past import Past
from workers.domain.tracking import Heard, Tracked
from workers.store import documents

History = Sequence[tuple[int, Signal]]
"""(offset, signal) of everything that can move anything."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one signal: the changes in the order of publishing."""

    incoming: Incoming
    heard: Heard
    refolded: int = 0
    """Signals that had to be folded afresh for it."""


class Broke(Exception):
    """Hearing this signal raised: the person is set aside, everybody else goes on."""

    def __init__(self, incoming: Incoming) -> None:
        super().__init__(incoming.offset)
        self.incoming = incoming


class Unreadable(Exception):
    """A setup or policy that counts for this person is of another version of the worker."""


@dataclass(slots=True, kw_only=True)
class Member:
    """`before` is what the database has; `tracked` and `changes` grow with what is heard."""

    key: tuple[str, str]
    before: Tracked
    known: Known
    policy_version: int
    kept: str | None
    """The document as the database has it."""
    is_readable: bool = True
    broken_by: str | None = None
    behind: frozenset[str] = frozenset()
    tracked: Tracked = field(init=False)
    changes: list[PersonChange] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    """What the person's steps add to the progress of studies."""
    is_aside: bool = False
    rewritten: bool = False
    """Assessed with the newest configurations: rows that were behind them say so."""
    refolded: bool = False
    """Folded from the whole history: every row is written, whatever stood there."""

    def __post_init__(self) -> None:
        self._begin_again()

    @property
    def studies(self) -> Iterable[str]:
        """The studies that the person is known to be in."""
        return self.tracked.person.participants.keys()

    def take(self, heard: Heard, by: By, now: datetime) -> None:
        """Remember a step."""
        if heard.tracked is self.tracked:
            return
        self.tally.note(self.tracked, heard, by, now)
        self.tracked = heard.tracked
        self.changes.extend(heard.changes)

    def set_aside(self, version: str) -> None:
        """The person can't be folded by this version: everything stays as it was published."""
        self._begin_again()
        self.broken_by, self.is_aside = version, True

    def listen(
        self, told: Sequence[Incoming], now: datetime, history: History | None
    ) -> Iterator[Told]:
        """Hear signals in their order, each one step of the iterator.

        Raises HistoryNeeded (start again with the history), or Broke.
        """
        past = _without(history, {incoming.offset for incoming in told})
        self._begin_again()
        for incoming in told:
            before = past.folded if past else 0
            try:
                self._refuse_unreadable(_studies([incoming.signal]))
                heard = self._hear(incoming, now, past)
            except tracking.HistoryNeeded:
                raise
            except Exception as error:
                raise Broke(incoming) from error
            cost = past.folded - before if past else 0
            if past and incoming.signal:
                past = past.told(incoming.signal)
            yield Told(incoming, heard, cost + (past.folded if past else 0))

    def catch_up(self, now: datetime, history: History | None) -> Heard:
        """Everything that newer configurations and the clock do to the person by `now`."""
        self._begin_again()
        self._refuse_unreadable()
        heard_before = _without(history, set())
        heard = self._reassessed(now, heard_before)
        self.take(heard, CLOCK, now)
        later = self._advanced(now, heard_before)
        self.take(later, CLOCK, now)
        return Heard(later.tracked, heard.changes + later.changes)

    def refold(self, now: datetime, history: History) -> Heard:
        """The whole history folded afresh, with the newest configurations."""
        signals = [signal for _, signal in history]
        self._refuse_unreadable(_studies(signals))
        heard = tracking.refold(
            self.tracked, signals, now=now, world=self.known.world, **self._ids()
        )
        self.take(heard, REFOLD, now)
        self.broken_by, self.rewritten, self.refolded = None, True, True
        return heard

    def recover(self, published: Published) -> None:
        """Without a document to read, what was published is all that is known before a refold."""
        self.before, self.is_readable = Tracked(published=published), True
        self._begin_again()

    def document(self) -> Json | None:
        """The person's row, if it must be written."""
        if not self.is_aside and not self.refolded and self._is_as_before:
            return None
        if self.is_aside and self.kept is not None:
            return None  # its row stays as it is, but for who could not fold it
        contact = self.tracked.published.contact
        return {
            "w": self.key[0],
            "p": self.key[1],
            "d": Raw(documents.encode(self.tracked)),
            "u": self.tracked.due_at,
            "v": self.known.version(POLICY) if self.rewritten else self.policy_version,
            "b": self.broken_by,
            "c": contact.status,
            "cu": contact.until,
            "cs": self._contact_since(),
            "pr": self.tracked.person.properties or None,
        }

    def version(self) -> Json | None:
        """The policy's version, if nothing else of the person must be written."""
        if not self.rewritten or self.refolded or self.is_aside or not self._is_as_before:
            return None
        newest = self.known.version(POLICY)
        if self.kept is None or newest == self.policy_version:
            return None
        return {"w": self.key[0], "p": self.key[1], "v": newest}

    def participants(self) -> Iterator[Json]:
        """The rows of studies where something is not as the database has it."""
        since = {
            change.study_id: change.occurred_at
            for change in self.changes
            if isinstance(change, ParticipantStatusChanged)
        }
        for study_id, participant in self.tracked.person.participants.items():
            shown = self.tracked.published.participants.get(study_id)
            if shown is None or not self._moved(study_id):
                continue
            yield {
                "w": self.key[0],
                "p": self.key[1],
                "s": study_id,
                "a": shown.status,
                "g": shown.stage,
                "f": participant.status,
                "q": shown.sequence,
                "v": self.known.version(study_id),
                "t": since.get(study_id),
            }

    def _hear(self, incoming: Incoming, now: datetime, history: Past | None) -> Heard:
        signal = incoming.signal
        if signal is None:
            raise TypeError("a refused record has no signal to hear")
        behind = self._reassessed(now, history)
        self.take(behind, CLOCK, now)
        caught = self._advanced(now, history)
        self.take(caught, CLOCK, now)
        heard = tracking.hear(
            self.tracked,
            signal,
            received_at=incoming.received_at,
            now=now,
            world=self.known.world,
            history=history,
        )
        self.take(heard, incoming, now)
        changes = behind.changes + caught.changes + heard.changes
        return Heard(heard.tracked, changes, heard.applied)

    def _advanced(self, now: datetime, history: Past | None) -> Heard:
        """What time alone has done by now; a step of its own, for the cause is the clock."""
        if self.tracked.due_at is None or self.tracked.due_at > now:
            return Heard(self.tracked)
        return tracking.advance(
            self.tracked, now=now, world=self.known.world, history=history, **self._ids()
        )

    def _reassessed(self, now: datetime, history: Past | None) -> Heard:
        newest = [n for s in self.behind if (n := self.known.newest.get(s))]
        if self.rewritten or not newest:
            return Heard(self.tracked)
        last = max(newest, key=lambda configured: configured.key)
        heard = tracking.reassess(
            self.tracked,
            now=now,
            world=self.known.world,
            cause=last.cause,
            occurred_at=last.occurred_at,
            history=history,
            **self._ids(),
        )
        self.rewritten = True
        return heard

    def _refuse_unreadable(self, more: Iterable[str] = ()) -> None:
        """`more` are studies that are about to become the person's."""
        if not self.is_readable:
            raise ValueError("the document can't be read")
        unreadable = self.known.unreadable
        if unreadable and not unreadable.isdisjoint((POLICY, *self.studies, *more)):
            raise Unreadable

    def _begin_again(self) -> None:
        self.tracked, self.changes, self.rewritten = self.before, [], False
        self.tally = Tally()
        self.refolded = False

    @property
    def _is_as_before(self) -> bool:
        """Equal as documents: properties compare by identity, for True equals 1 in Python."""
        same = self.tracked.person.properties is self.before.person.properties
        return same and self.tracked == self.before

    def _moved(self, study_id: str) -> bool:
        before, after = self.before, self.tracked
        if self.refolded or (self.rewritten and study_id in self.behind):
            return True
        return before.published.participants.get(study_id) != after.published.participants.get(
            study_id
        ) or _folded(before, study_id) != _folded(after, study_id)

    def _contact_since(self) -> datetime | None:
        times = [c.occurred_at for c in self.changes if c.change == "contact.status_changed"]
        return times[-1] if times else None

    def _ids(self) -> Mapping[str, str]:
        return {"workspace_id": self.key[0], "person_id": self.key[1]}


def _folded(tracked: Tracked, study_id: str) -> object:
    participant = tracked.person.participants.get(study_id)
    return participant and participant.status


def _studies(signals: Iterable[object]) -> set[str]:
    named = (getattr(signal, "study_id", None) for signal in signals)
    return {study_id for study_id in named if study_id}


def _without(history: History | None, pending: set[int]) -> Past | None:
    if history is None:
        return None
    return Past.of(signal for offset, signal in history if offset not in pending)
