"""How panels and survey tools redirect: which parameter says who, and which says how far.

One ready row a tool. A study names a row, and may add parameters of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.signals import Redirects
from schemas.vocabulary import Panel, RedirectOutcome

COMPLETED, SCREENED_OUT = RedirectOutcome.COMPLETED, RedirectOutcome.SCREENED_OUT
OVER_QUOTA = RedirectOutcome.OVER_QUOTA
PATH = "/"
"""Stands for the last part of the path where a mapping names parameters."""
Mapped = Mapping[str, Mapping[str, RedirectOutcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One tool: the parameters that hold a person, a response, the tool's id of the survey."""

    mapping: Mapped = field(default_factory=dict)
    person: str | None = None
    response: str | None = None
    survey: str | None = None
    screened: Mapping[RedirectOutcome, RedirectOutcome] = field(default_factory=dict)
    """What an outcome means where the survey is the screener."""


ROWS: Mapping[Panel, Row] = {
    Panel.DYNATA: Row(
        mapping={"rst": {"1": COMPLETED, "2": SCREENED_OUT, "3": OVER_QUOTA}}, person="psid"
    ),
    Panel.CINT: Row(
        mapping={
            PATH: {
                "Complete": COMPLETED,
                "EarlyScreenOut": SCREENED_OUT,
                "QuotaFull": OVER_QUOTA,
            }
        },
        person="RID",
    ),
    Panel.PROLIFIC: Row(  # its codes are each study's own: `mapping` of `cc`
        person="PROLIFIC_PID", response="SESSION_ID", survey="STUDY_ID"
    ),
    Panel.QUALTRICS: Row(
        mapping={"qualified": {"true": COMPLETED, "false": SCREENED_OUT}},
        response="responseId",
        survey="surveyId",
        screened={COMPLETED: RedirectOutcome.QUALIFIED},
    ),
}
SURVEYS = tuple(row.survey for row in ROWS.values() if row.survey)
"""Every parameter that may hold a tool's own id of the survey."""


def row_of(redirects: Redirects) -> Row:
    """The ready row that a study names with what the study itself says, which comes first."""
    ready = ROWS.get(redirects.panel, Row()) if redirects.panel else Row()
    return Row(
        mapping={**ready.mapping, **(redirects.mapping or {})},
        person=redirects.person or ready.person,
        response=redirects.response or ready.response,
        survey=ready.survey,
        screened=ready.screened,
    )
