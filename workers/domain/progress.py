"""Counts of a study: what each participant adds, the sums, and whether the limit is reached."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from schemas.vocabulary import BookingState, RewardState, Stage, Status, StudyType
from workers.domain.person import Booking, Participant, Reward
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


def _is_known(at: object) -> int:
    return int(at is not None)


def _booked(bookings: Mapping[str, Booking]) -> int:
    return sum(booking.state in BOOKED for booking in bookings.values())


def _took_place(bookings: Mapping[str, Booking]) -> int:
    return sum(booking.state is BookingState.COMPLETED for booking in bookings.values())


def _paid(rewards: Mapping[str, Reward]) -> int:
    return sum(reward.state in PAID for reward in rewards.values())


def _claimed(rewards: Mapping[str, Reward]) -> int:
    return sum(reward.state is RewardState.CLAIMED for reward in rewards.values())


RECORDS: tuple[tuple[str, str, Callable[[Any], int]], ...] = (
    # count                field of a participant   how many it holds
    ("invited",              "invited_at",          _is_known),
    ("interviews_booked",    "bookings",            _booked),
    ("interviews_completed", "bookings",            _took_place),
    ("surveys_completed",    "survey_completed_at", _is_known),
    ("tests_completed",      "test_completed_at",   _is_known),
    ("incentives_sent",      "rewards",             _paid),
    ("incentives_claimed",   "rewards",             _claimed),
)  # fmt: skip
PLAIN = ("added", *(name for name, _, _ in RECORDS))
STATUS = "status."
OF_STATUS = {status: STATUS + status for status in Status}
BLANK = Participant()
_records = attrgetter(*dict.fromkeys(of for _, of, _ in RECORDS))


def counts(participant: Participant, shown: Status) -> Counter[str]:
    """What one participant adds to each count; `status.<word>` counts them as shown."""
    records = {name: count(getattr(participant, of)) for name, of, count in RECORDS}
    return Counter({"added": 1, **records, OF_STATUS[shown]: 1})


Seen = tuple[Participant, Status]
"""A participant, and the status as shown."""


def difference(before: Seen | None, after: Seen | None) -> Mapping[str, int]:
    """What a participant adds now less what they added before; zeros are left out."""
    moved: dict[str, int] = {}
    was, now = before[0] if before else BLANK, after[0] if after else BLANK
    if _records(was) != _records(now):
        for name, of, count in RECORDS:
            old, new = getattr(was, of), getattr(now, of)
            if old is not new and (number := count(new) - count(old)):
                moved[name] = number
    if bool(before) != bool(after):
        moved["added"] = bool(after) - bool(before)
    left, joined = before and before[1], after and after[1]
    if left is not joined:
        moved |= {STATUS + left: -1} if left else {}
        moved |= {STATUS + joined: 1} if joined else {}
    return moved


def progress(setup: Setup, contributions: Iterable[Mapping[str, int]]) -> Progress:
    """A study's progress from what its participants add."""
    total: Counter[str] = Counter()
    for contribution in contributions:
        total.update(contribution)
    by_status = {status: total[name] for status, name in OF_STATUS.items() if total[name]}
    by_stage: Counter[Stage] = Counter()
    for status, count in by_status.items():
        by_stage[stage(status, setup)] += count
    return Progress(
        **{name: total[name] for name in PLAIN},
        by_status=by_status,
        by_stage={column: by_stage[column] for column in Stage if by_stage[column]},
        limit_reached=limit_reached(setup, total),
    )


OWN_COUNT = {
    StudyType.INTERVIEW: "interviews_completed",
    StudyType.SURVEY: "surveys_completed",
    StudyType.UNMODERATED_TEST: "tests_completed",
}


def limit_reached(setup: Setup, total: Mapping[str, int]) -> bool:
    """Whether the completed count of the study's own type has reached its limit."""
    if setup.participation_limit is None or setup.type is None:
        return False
    return total.get(OWN_COUNT[setup.type], 0) >= setup.participation_limit
