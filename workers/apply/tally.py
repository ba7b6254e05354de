"""What a turn's people add to the progress of their studies: differences, never a recount."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from schemas.changes import CLOCK, REFOLD, Cause
from schemas.routing import shard_of, study_key
from schemas.signals import OfPerson
from workers.apply.incoming import Incoming
from workers.domain.progress import Seen, difference
from workers.domain.tracking import Heard, Tracked, kind_of

By = Incoming | Cause
"""What a step was made by: a signal, or CLOCK or REFOLD."""
Moved = tuple[Seen | None, Seen | None]
"""A participant before and after a step."""

Occasion = tuple[int, datetime, str | None, str]
"""(place in the topic, occurred_at, signal_id, kind) of what moved a study."""
SOME = -1
"""The place of what no signal did."""


@dataclass(slots=True)
class Step:
    """What moved in one study, and the last occasion on which something did."""

    occasion: Occasion
    moved: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """The differences of one person by study, or of many by (workspace, study)."""

    steps: dict[Any, Step] = field(default_factory=dict)

    def note(self, before: Tracked, heard: Heard, by: By, now: datetime) -> None:
        """One step of a person: `before` it, and what was heard in it."""
        after = heard.tracked
        was, were = before.person.participants, before.published.participants
        shown = after.published.participants
        for study_id, participant in after.person.participants.items():
            if participant is was.get(study_id) and shown.get(study_id) is were.get(study_id):
                continue
            step = _seen(before, study_id), _seen(after, study_id)
            if moved := difference(*step):
                self._add(study_id, moved, _occasion(by, now, heard, study_id, step))
        if by is REFOLD:
            self._leave(before, was.keys() - after.person.participants.keys(), _refolded(now))

    def leave(self, tracked: Tracked, incoming: Incoming) -> None:
        """A person is forgotten: all that they added goes."""
        if incoming.signal is not None:
            self._leave(tracked, tracked.person.participants, _told(incoming, incoming.signal))

    def correct(self, study_id: str, moved: Mapping[str, int], by: By, now: datetime) -> None:
        """A study's counters were not what its people add."""
        signal = by.signal if isinstance(by, Incoming) else None
        if isinstance(by, Incoming) and signal is not None:
            self._add(study_id, moved, _told(by, signal))
        else:
            self._add(study_id, moved, _refolded(now))

    def join(self, workspace_id: str, tally: "Tally") -> None:
        """Add one person's."""
        for study_id, step in tally.steps.items():
            key = (workspace_id, study_id)
            self._add(key, step.moved, step.occasion)

    def rows(self, shards: int) -> list[dict[str, Any]]:
        """The parameter of COUNT; studies in which nothing moved after all are left out."""
        rows = []
        for (workspace_id, study_id), step in self.steps.items():
            moved = {name: number for name, number in step.moved.items() if number}
            if moved:
                _, occurred_at, signal_id, kind = step.occasion
                home = home_of(workspace_id, study_id, shards)
                rows.append(
                    {"h": home, "w": workspace_id, "s": study_id, "c": moved,
                     "o": occurred_at, "i": signal_id, "k": kind}
                )  # fmt: skip
        return rows

    def _leave(self, tracked: Tracked, studies: Iterable[str], occasion: Occasion) -> None:
        for study_id in studies:
            self._add(study_id, difference(_seen(tracked, study_id), None), occasion)

    def _add(self, key: Any, moved: Mapping[str, int], occasion: Occasion) -> None:
        step = self.steps.get(key)
        if step is None:
            step = self.steps[key] = Step(occasion)
        elif occasion[0] >= step.occasion[0]:
            step.occasion = occasion
        kept = step.moved
        for name, number in moved.items():
            kept[name] = kept.get(name, 0) + number


def of_all(people: Iterable[tuple[str, Tally]]) -> Tally:
    """The tally of (workspace, person's tally)."""
    whole = Tally()
    for workspace_id, tally in people:
        whole.join(workspace_id, tally)
    return whole


@lru_cache(maxsize=10_000)
def home_of(workspace_id: str, study_id: str, shards: int) -> int:
    """The shard whose home publishes a study's progress."""
    return shard_of(study_key(workspace_id, study_id), shards)


def _seen(tracked: Tracked, study_id: str) -> Seen | None:
    participant = tracked.person.participants.get(study_id)
    shown = tracked.published.participants.get(study_id)
    return (participant, shown.status) if participant is not None and shown is not None else None


def _occasion(by: By, now: datetime, heard: Heard, study_id: str, step: Moved) -> Occasion:
    """What moved a study in a step: a signal, a refold, or else a setup, a policy or the clock."""
    if isinstance(by, Incoming) and by.signal is not None:
        return _told(by, by.signal)
    if by is REFOLD:
        return _refolded(now)
    changes = [c for c in heard.changes if getattr(c, "study_id", None) == study_id]
    if changes and changes[-1].cause != CLOCK:
        last = changes[-1]
        return SOME, last.occurred_at, last.cause.signal_id, last.cause.kind
    moments = [change.occurred_at for change in changes[-1:]] + _ended(*step)
    return SOME, max(moments, default=now), None, CLOCK.kind


def _told(incoming: Incoming, signal: OfPerson) -> Occasion:
    return incoming.offset, signal.occurred_at, signal.id, kind_of(signal)


def _refolded(now: datetime) -> Occasion:
    return SOME, now, None, REFOLD.kind


def _ended(was: Seen | None, seen: Seen | None) -> list[datetime]:
    """The end of an interview that the clock has applied: a second one changes no status."""
    before, after = was and was[0].key, seen and seen[0].key
    return [after[0]] if after and after != before else []
