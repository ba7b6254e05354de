"""Time alone: a jump ends as every step does, and rules look at records, never at a status."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.changes import PersonChange
from schemas.signals import Signal
from schemas.vocabulary import Status
from tests.properties.cases import START, cases
from workers.domain import tracking
from workers.domain.history import fold
from workers.domain.simulation import Case
from workers.domain.standing import assess
from workers.domain.tracking import Heard, Tracked

BOUNDED = settings(max_examples=250, deadline=None)
IDS = {"workspace_id": "w1", "person_id": "p1"}
STATUSES = st.sampled_from([s for s in Status if s is not Status.NOT_ELIGIBLE])


@BOUNDED
@given(cases(persons="p1", erasures=False), st.integers(1, 400 * 24))
def test_jumping_to_now_and_stepping_through_every_instant_end_alike(
    case: Case, hours: int
) -> None:
    """The same person, standing and changes, but for when each was decided."""
    history = [arrival.signal for arrival in case.known()]
    begun = _tracked(case, history)
    later = case.now + timedelta(hours=hours)

    jumped = _advanced(begun, case, later, history)
    tracked = begun
    changes: list[PersonChange] = []
    while tracked.due_at is not None and tracked.due_at <= later:
        stepped = _advanced(tracked, case, tracked.due_at, history)
        tracked, changes = stepped.tracked, [*changes, *stepped.changes]

    assert tracked == jumped.tracked
    assert [_undated(change) for change in changes] == [_undated(c) for c in jumped.changes]
    assert (tracked.person, tracked.published) == _at_once(case, history, later, tracked)


@BOUNDED
@given(cases(persons="p1", erasures=False), st.lists(STATUSES, min_size=2, max_size=2))
def test_no_rule_reads_a_status(case: Case, statuses: list[Status]) -> None:
    """Whatever statuses are put in place of those folded: the same contact status and reasons."""
    person = fold([arrival.signal for arrival in case.known()], case.now)
    studies = sorted(person.participants)
    put = {
        study: replace(person.participants[study], status=status)
        for study, status in zip(studies, statuses, strict=False)
    }
    other = replace(person, participants={**person.participants, **put})

    assert (
        assess(other, case.world, case.now).contact == assess(person, case.world, case.now).contact
    )


def _tracked(case: Case, history: list[Signal]) -> Tracked:
    """The person as kept at the case's now."""
    return tracking.refold(
        tracking.NOBODY,
        history,
        now=case.now,
        world=case.world,
        **IDS,
    ).tracked


def _advanced(tracked: Tracked, case: Case, now: datetime, history: list[Signal]) -> Heard:
    return tracking.advance(
        tracked,
        now=now,
        world=case.world,
        history=history,
        **IDS,
    )


def _undated(change: PersonChange) -> PersonChange:
    return replace(change, recorded_at=START)


def _at_once(
    case: Case, history: list[Signal], later: datetime, tracked: Tracked
) -> tuple[object, object]:
    """What the whole history says then; nothing is left to publish."""
    refolded = tracking.refold(
        tracked,
        history,
        now=later,
        world=case.world,
        **IDS,
    )
    assert refolded.changes == ()
    return refolded.tracked.person, refolded.tracked.published
