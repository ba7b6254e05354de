"""Foretelling: what one more signal, or another policy, would do to a person; publishes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.changes import REFOLD
from schemas.signals import OfPerson
from workers.domain import tracking
from workers.domain.person import Causes, Participant, Person
from workers.domain.setups import World
from workers.domain.standing import Shown, Standing, assess
from workers.domain.tracking import History, Tracked


@dataclass(frozen=True, slots=True)
class Effect:
    """Where a person stands, and where they would stand."""

    person_id: str
    before: Standing
    after: Standing
    is_felt: bool
    """Whether anything would differ: what is shown, a reason, a cause or a record."""
    was: Person
    will: Person
    """The person with their records, before and after."""

    @property
    def moves(self) -> Mapping[str, tuple[Shown | None, Shown]]:
        """By study: how a participant is shown, and how they would be; only where it differs."""
        return {
            study_id: (self.before.participants.get(study_id), shown)
            for study_id, shown in sorted(self.after.participants.items())
            if self.before.participants.get(study_id) != shown
        }

    @property
    def moves_contact(self) -> bool:
        """Whether contact status, `until` or a reason would differ."""
        return self.before.contact != self.after.contact


def present(
    tracked: Tracked,
    *,
    workspace_id: str,
    person_id: str,
    now: datetime,
    world: World,
    history: History | None = None,
) -> Tracked:
    """The person brought up to `now` and the newest configurations. Raises HistoryNeeded."""
    return tracking.reassess(
        tracked,
        workspace_id=workspace_id,
        person_id=person_id,
        now=now,
        world=world,
        cause=REFOLD,
        occurred_at=now,
        history=history,
    ).tracked


def foretell(
    tracked: Tracked,
    signal: OfPerson,
    *,
    now: datetime,
    world: World,
    history: History | None = None,
) -> Effect:
    """What a signal told at `now` would do. Raises HistoryNeeded."""
    ids = {"workspace_id": signal.workspace_id, "person_id": signal.person_id}
    before = present(tracked, now=now, world=world, history=history, **ids)
    after = tracking.hear(
        before, signal, received_at=now, now=now, world=world, history=history
    ).tracked
    stood, stands = assess(before.person, world, now), assess(after.person, world, now)
    felt = _felt(before) != _felt(after) or stood.contact != stands.contact
    felt = felt or _shown(stood) != _shown(stands)
    return Effect(signal.person_id, stood, stands, felt, before.person, after.person)


def _shown(standing: Standing) -> Mapping[str, Shown]:
    return standing.participants


def _felt(tracked: Tracked) -> tuple[Causes, Mapping[str, Participant]]:
    """What is kept, without where it was told: being told twice is felt once."""
    participants = {s: replace(p, key=None) for s, p in tracked.person.participants.items()}
    return replace(tracked.person.causes, unblocklisted_at=None), participants
