"""A study's funnel: how many came how far, and what part of those before; pure."""

from dataclasses import dataclass

from schemas.vocabulary import Status, StudyType
from workers.domain.progress import OWN_COUNT, Progress
from workers.domain.setups import Setup
from workers.domain.transitions import FINISHED, REWARD

VERDICTS = frozenset(
    {Status.SCREENER_QUALIFIED, Status.SCREENER_NOT_QUALIFIED, Status.SCREENER_COMPLETED}
)
BEHIND_SCREENER = FINISHED | REWARD | {
    Status.INTERVIEW_INVITED, Status.INTERVIEW_SCHEDULED, Status.INTERVIEW_CANCELED,
    Status.NO_SHOWED, Status.TEST_INVITED, Status.TEST_STARTED, Status.SURVEY_STARTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the funnel; parts are None where there is nothing to be a part of."""

    name: str
    number: int
    of_before: float | None
    of_first: float | None


def funnel(setup: Setup, progress: Progress) -> list[Step]:
    """Added, invited, screened, scheduled, completed, paid: those that the setup has.

    Screened are those who stand at a screener's verdict or behind it; all others are records.
    """
    numbers = {"added": progress.added, "invited": progress.invited}
    if setup.screener:
        numbers["screened"] = _screened(progress)
    if setup.type is StudyType.INTERVIEW:
        numbers["scheduled"] = progress.interviews_booked
    if setup.type is not None:
        numbers["completed"] = getattr(progress, OWN_COUNT[setup.type])
    if setup.incentive:
        numbers["paid"] = progress.incentives_sent
    return _steps(numbers)


def _screened(progress: Progress) -> int:
    return sum(progress.by_status.get(status, 0) for status in VERDICTS | BEHIND_SCREENER)


def _steps(numbers: dict[str, int]) -> list[Step]:
    steps: list[Step] = []
    for name, number in numbers.items():
        before = steps[-1].number if steps else None
        first = steps[0].number if steps else None
        steps.append(Step(name, number, _part(number, before), _part(number, first)))
    return steps


def _part(number: int, whole: int | None) -> float | None:
    return number / whole if whole else None
