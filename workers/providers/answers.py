"""How far somebody got in a survey, a test or a screener, as signals; one table decides."""

from collections.abc import Mapping
from typing import Any

from schemas.signals import (
    OfParticipant,
    ScreenerStarted,
    ScreenerSubmitted,
    SurveyCompleted,
    SurveyScreenedOut,
    SurveyStarted,
    TestCompleted,
    TestStarted,
)
from schemas.vocabulary import ScreenerResult, TurnedAway

Answered = tuple[type[OfParticipant], Mapping[str, Any]]
QUALIFIED = {"result": ScreenerResult.QUALIFIED}
NOT_QUALIFIED = {"result": ScreenerResult.NOT_QUALIFIED}
UNDECIDED = {"result": ScreenerResult.UNDECIDED}

TABLE: dict[tuple[str, str], Answered] = {
    # (what it was, how far) -> signal
    ("survey", "started"): (SurveyStarted, {}),
    ("survey", "completed"): (SurveyCompleted, {}),
    ("survey", "screened_out"): (SurveyScreenedOut, {"reason": TurnedAway.SCREENED_OUT}),
    ("survey", "over_quota"): (SurveyScreenedOut, {"reason": TurnedAway.OVER_QUOTA}),
    ("test", "started"): (TestStarted, {}),
    ("test", "completed"): (TestCompleted, {}),
    ("screener", "started"): (ScreenerStarted, {}),
    ("screener", "completed"): (ScreenerSubmitted, UNDECIDED),
    ("screener", "undecided"): (ScreenerSubmitted, UNDECIDED),
    ("screener", "qualified"): (ScreenerSubmitted, QUALIFIED),
    ("screener", "not_qualified"): (ScreenerSubmitted, NOT_QUALIFIED),
    ("screener", "screened_out"): (ScreenerSubmitted, NOT_QUALIFIED),
    ("screener", "over_quota"): (ScreenerSubmitted, NOT_QUALIFIED),
}
OUTCOMES = frozenset(outcome for _, outcome in TABLE)
VERDICTS = frozenset({"qualified", "not_qualified", "undecided"})
WITH_RESPONSE = frozenset({SurveyStarted, SurveyCompleted, SurveyScreenedOut})


def answered(purpose: str | None, outcome: str) -> Answered | None:
    """The signal for this outcome; a verdict means a screener, and without a purpose a survey."""
    if purpose not in ("screener", "test"):
        purpose = "screener" if outcome in VERDICTS else "survey"
    return TABLE.get((purpose, outcome))
