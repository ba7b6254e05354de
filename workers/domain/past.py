"""A person's past: their signals in order, and the fold at some of them, so that it begins there.

A late signal changes nothing before its place, and often little behind it. So a fold begins at
the last mark before it, and ends where it meets a mark that was made without it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from schemas.signals import Key, PersonErased, Signal
from workers.domain.history import catch_up, step
from workers.domain.person import NOBODY, Person

EVERY = 16
"""Signals between two marks."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The person once so many signals were applied."""

    count: int
    person: Person


START = Mark(0, NOBODY)


@dataclass(slots=True)
class Past:
    """Signals in the order in which they count; `told` gives another past, `fold` the person."""

    signals: Sequence[Signal]
    keys: Sequence[Key]
    marks: list[Mark] = field(default_factory=list)
    """Rising; as of `now`, and true of these signals."""
    older: Sequence[Mark] = ()
    """Rising; made without the signal told last: where the fold meets one, nothing differs."""
    now: datetime | None = None
    folded: int = 0
    """Signals that folds of this past have applied: what they cost."""
    is_erased: bool = False
    _next: "tuple[Signal, Past] | None" = None

    @classmethod
    def of(cls, signals: Iterable[Signal]) -> "Past":
        """The past that these signals make, told in any order."""
        known = sorted((s for s in signals if not s.inert), key=lambda signal: signal.key)
        is_erased = any(isinstance(signal, PersonErased) for signal in known)
        return cls(known, [signal.key for signal in known], is_erased=is_erased)

    def __iter__(self) -> Iterator[Signal]:
        return iter(self.signals)

    def told(self, signal: Signal) -> "Past":
        """The same with one more signal; asked again, the same answer with its marks."""
        if signal.inert:
            return self
        if self._next is None or self._next[0] is not signal:
            self._next = (signal, self._with(signal))
        return self._next[1]

    def fold(self, now: datetime) -> Person:
        """The person at `now`: what `history.fold` makes of these signals, at less cost."""
        if self.is_erased:
            return NOBODY
        if now != self.now:  # the clock's entries up to a mark may be others
            self.now, self.marks, self.older = now, [START], ()
        return catch_up(self._last(now), now)

    def _last(self, now: datetime) -> Person:
        """The person after the last signal; marks are made on the way."""
        person, older = self.marks[-1].person, {mark.count: mark for mark in self.older}
        for count, signal in enumerate(self.signals[self.marks[-1].count :], self.marks[-1].count):
            person = step(catch_up(person, now, before=signal.key), signal)
            self.folded += 1
            if (mark := older.get(count + 1)) and _same(mark.person, person):
                return self._met(mark, now)
            if count + 1 - self.marks[-1].count >= EVERY:
                self.marks.append(Mark(count + 1, person))
        self.older = ()
        return person

    def _met(self, met: Mark, now: datetime) -> Person:
        """From here on all is as it was: only what follows the last mark is not known yet."""
        self.marks += [mark for mark in self.older if mark.count >= met.count]
        self.older = ()
        return self._last(now)

    def _with(self, signal: Signal) -> "Past":
        place = bisect_right(self.keys, signal.key)
        kept = list(takewhile(lambda mark: mark.count <= place, self.marks))
        return Past(
            [*self.signals[:place], signal, *self.signals[place:]],
            [*self.keys[:place], signal.key, *self.keys[place:]],
            kept,
            [Mark(m.count + 1, m.person) for m in self.marks[len(kept) :]],
            self.now,
            is_erased=self.is_erased or isinstance(signal, PersonErased),
        )


def _same(one: Person, other: Person) -> bool:
    """Equal as documents: properties are those of one signal, for True equals 1 in Python."""
    return one.properties is other.properties and one == other
