"""Counts of a study: what each participant adds, the sums, and whether the limit is reached."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.vocabulary import BookingState, RewardState, Stage, Status, StudyType
from workers.domain.person import Participant
from workers.domain.setups import Setup
from workers.domain.stages import stage

BOOKED = {BookingState.AHEAD, BookingState.COMPLETED, BookingState.NO_SHOW}
PAID = {RewardState.SENT, RewardState.CLAIMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a study is. A status set by hand does not count; a logged booking does."""

    added: int = 0
    invited: int = 0
    interviews_booked: int = 0
    interviews_completed: int = 0
    surveys_completed: int = 0
    tests_completed: int = 0
    incentives_sent: int = 0
    incentives_claimed: int = 0
    by_status: Mapping[Status, int] = field(default_factory=dict)
    by_stage: Mapping[Stage, int] = field(default_factory=dict)
    limit_reached: bool = False


def counts(participant: Participant, shown: Status) -> Counter[str]:
    """What one participant adds to each count; `status.<word>` counts them as shown."""
    bookings = [booking.state for booking in participant.bookings.values()]
    rewards = [reward.state for reward in participant.rewards.values()]
    return Counter(
        {
            "added": 1,
            "invited": int(participant.invited_at is not None),
            "interviews_booked": sum(state in BOOKED for state in bookings),
            "interviews_completed": bookings.count(BookingState.COMPLETED),
            "surveys_completed": int(participant.survey_completed_at is not None),
            "tests_completed": int(participant.test_completed_at is not None),
            "incentives_sent": sum(state in PAID for state in rewards),
            "incentives_claimed": rewards.count(RewardState.CLAIMED),
            f"status.{shown}": 1,
        }
    )


def progress(setup: Setup, contributions: Iterable[Counter[str]]) -> Progress:
    """A study's progress from what its participants add."""
    total: Counter[str] = Counter()
    for contribution in contributions:
        total.update(contribution)
    by_status = {s: total.pop(f"status.{s}") for s in Status if total.get(f"status.{s}")}
    by_stage: Counter[Stage] = Counter()
    for status, count in by_status.items():
        by_stage[stage(status, setup)] += count
    plain = {name: number for name, number in total.items() if not name.startswith("status.")}
    return Progress(
        **plain,
        by_status=by_status,
        by_stage={column: by_stage[column] for column in Stage if by_stage[column]},
        limit_reached=limit_reached(setup, total),
    )


OWN_COUNT = {
    StudyType.INTERVIEW: "interviews_completed",
    StudyType.SURVEY: "surveys_completed",
    StudyType.UNMODERATED_TEST: "tests_completed",
}


def limit_reached(setup: Setup, total: Counter[str]) -> bool:
    """Whether the completed count of the study's own type has reached its limit."""
    if setup.participation_limit is None or setup.type is None:
        return False
    return total[OWN_COUNT[setup.type]] >= setup.participation_limit
