"""Which of a person's participations a signal without a study may mean: one table, no IO."""

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.vocabulary import Purpose, Stage, Status, StudyType

EARLY = frozenset({Stage.NOT_STARTED, Stage.INVITED, Stage.SCREENING, Stage.IN_PROGRESS})
"""Nothing is finished yet."""
HELD = frozenset({Stage.IN_PROGRESS, Stage.PENDING_INCENTIVE, Stage.DONE})
"""There is, or was, something to attend."""
REWARDED = frozenset({Stage.PENDING_INCENTIVE, Stage.DONE})
"""Something was done, so that a reward may be due."""
MISSED = frozenset({Status.INTERVIEW_CANCELED, Status.NO_SHOWED})
"""Not attended: may be booked again."""


@dataclass(frozen=True, slots=True)
class Participation:
    """One study of a person; the last three are None of a study never configured."""

    study_id: str
    status: str
    stage: str
    type: str | None
    screener: bool | None
    incentive: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A row: the participations that count as open, and what their study must be."""

    stages: frozenset[Stage]
    statuses: frozenset[Status] = frozenset()
    type: StudyType | None = None
    screener: bool = False
    incentive: bool = False

    def takes(self, one: Participation) -> bool:
        """Whether this participation is open and of a fitting study."""
        return (
            (one.stage in self.stages or one.status in self.statuses)
            and (self.type is None or one.type == self.type)
            and (not self.screener or one.screener is True)
            and (not self.incentive or one.incentive is True)
        )


INTERVIEW, SURVEY, TEST = StudyType.INTERVIEW, StudyType.SURVEY, StudyType.UNMODERATED_TEST
ANY = Fit(stages=EARLY)
BOOKED = Fit(stages=EARLY, statuses=MISSED, type=INTERVIEW)
ATTENDED = Fit(stages=HELD, statuses=MISSED, type=INTERVIEW)
REWARD = Fit(stages=REWARDED, incentive=True)
SCREENED = Fit(stages=EARLY, screener=True)

BY_PURPOSE: dict[str, Fit] = {
    Purpose.SCREENER: SCREENED,
    Purpose.SURVEY: Fit(stages=EARLY, type=SURVEY),
    Purpose.SCHEDULER: Fit(stages=EARLY, statuses=MISSED, type=INTERVIEW),
    Purpose.TEST: Fit(stages=EARLY, type=TEST),
    Purpose.INCENTIVE: REWARD,
    Purpose.REMINDER: ANY,
    Purpose.OTHER: ANY,
}
"""Mail: email.sent, email.delivered, email.bounced."""
BY_KIND: dict[str, Fit] = {
    "screener.started": SCREENED,
    "screener.submitted": SCREENED,
    "survey.started": Fit(stages=EARLY, type=SURVEY),
    "survey.completed": Fit(stages=EARLY, type=SURVEY),
    "survey.screened_out": Fit(stages=EARLY, type=SURVEY),
    "test.started": Fit(stages=EARLY, type=TEST),
    "test.completed": Fit(stages=EARLY, type=TEST),
    "booking.scheduled": BOOKED,
    "booking.rescheduled": BOOKED,
    "booking.canceled": ATTENDED,
    "booking.completed": ATTENDED,
    "booking.no_show": ATTENDED,
    "booking.no_show_undone": ATTENDED,
    "incentive.sent": REWARD,
    "incentive.failed": REWARD,
    "incentive.canceled": REWARD,
    "incentive.claimed": REWARD,
}
"""A kind that is in neither table never has its study guessed from participations."""
MAIL = frozenset({"email.sent", "email.delivered", "email.bounced"})


def fit_of(kind: str, purpose: str | None) -> Fit | None:
    """The row of a signal; None: its study is not looked for among participations."""
    if kind in MAIL:
        return BY_PURPOSE.get(purpose or Purpose.OTHER)
    return BY_KIND.get(kind)


def only(fit: Fit, participations: Iterable[Participation]) -> str | None:
    """The study of the only participation that fits; None if none does, or more than one."""
    studies = {one.study_id for one in participations if fit.takes(one)}
    return studies.pop() if len(studies) == 1 else None
