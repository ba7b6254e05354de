"""The status -> stage table, and which statuses a study's setup offers."""

from collections.abc import Callable

from schemas.vocabulary import Stage, StudyType
from schemas.vocabulary import Status as S
from workers.domain.setups import Setup
from workers.domain.transitions import SCREENING

Seat = Stage | Callable[[Setup], Stage]


def _screening(setup: Setup) -> Stage:
    return Stage.SCREENING if setup.screener else Stage.IN_PROGRESS


def _finished(setup: Setup) -> Stage:
    return Stage.PENDING_INCENTIVE if setup.incentive else Stage.DONE


SEATS: dict[S, Seat] = {
    S.NOT_CONTACTED: Stage.NOT_STARTED,
    S.NOT_ELIGIBLE: Stage.NOT_STARTED,
    S.STUDY_INVITED: Stage.INVITED,
    S.SCREENER_STARTED: _screening,
    S.SCREENER_QUALIFIED: _screening,
    S.SCREENER_NOT_QUALIFIED: _screening,
    S.SCREENER_COMPLETED: _screening,
    S.INTERVIEW_INVITED: Stage.IN_PROGRESS,
    S.INTERVIEW_SCHEDULED: Stage.IN_PROGRESS,
    S.INTERVIEW_COMPLETED: _finished,
    S.TEST_INVITED: Stage.IN_PROGRESS,
    S.TEST_STARTED: Stage.IN_PROGRESS,
    S.TEST_COMPLETED: _finished,
    S.SURVEY_STARTED: Stage.IN_PROGRESS,
    S.SURVEY_COMPLETED: _finished,
    S.INCENTIVE_NOT_SENT: _finished,
    S.INCENTIVE_SENT: Stage.DONE,
    S.INCENTIVE_CLAIMED: Stage.DONE,
    S.CANCELED: Stage.CANCELLED,
    S.OPTED_OUT: Stage.CANCELLED,
    S.HARD_BOUNCED: Stage.CANCELLED,
    S.SOFT_BOUNCED: Stage.CANCELLED,
    S.INTERVIEW_CANCELED: Stage.CANCELLED,
    S.NO_SHOWED: Stage.CANCELLED,
}


def stage(status: S, setup: Setup) -> Stage:
    """The column of a status in a study with this setup."""
    seat = SEATS[status]
    return seat if isinstance(seat, Stage) else seat(setup)


ALWAYS = (
    S.NOT_CONTACTED,
    S.NOT_ELIGIBLE,
    S.CANCELED,
    S.OPTED_OUT,
    S.HARD_BOUNCED,
    S.SOFT_BOUNCED,
)
BY_TYPE: dict[StudyType, frozenset[S]] = {
    StudyType.INTERVIEW: frozenset(
        {
            S.INTERVIEW_INVITED,
            S.INTERVIEW_SCHEDULED,
            S.INTERVIEW_COMPLETED,
            S.INTERVIEW_CANCELED,
            S.NO_SHOWED,
        }
    ),
    StudyType.SURVEY: frozenset({S.STUDY_INVITED, S.SURVEY_STARTED, S.SURVEY_COMPLETED}),
    StudyType.UNMODERATED_TEST: frozenset({S.TEST_INVITED, S.TEST_STARTED, S.TEST_COMPLETED}),
}
WITH_SCREENER = SCREENING | {S.STUDY_INVITED}
WITH_INCENTIVE = frozenset({S.INCENTIVE_NOT_SENT, S.INCENTIVE_SENT, S.INCENTIVE_CLAIMED})


def offered(setup: Setup) -> tuple[S, ...]:
    """The statuses that charts, review lists and commands offer; a signal may reach any."""
    offers = frozenset(ALWAYS) | (BY_TYPE[setup.type] if setup.type else frozenset())
    offers |= WITH_SCREENER if setup.screener else frozenset()
    offers |= WITH_INCENTIVE if setup.incentive else frozenset()
    return tuple(status for status in S if status in offers)
