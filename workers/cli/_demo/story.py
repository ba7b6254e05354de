"""What happens in the demo: three studies, some sixty people, one table of their ways. Pure.

A step stands at the place of the story (0 to 1) at which its webhook arrives; `happened` is told
where it differs. Up to `TODAY` the story catches up with the past day, from there on it is live.
"""

from dataclasses import dataclass
from typing import Any

from workers.cli._demo.bodies import (
    Tell,
    booked,
    form,
    mail,
    no_show,
    redirect,
    reward,
    signal,
    unbooked,
)

TODAY = 0.5
"""Where the past ends."""
SPREAD = 0.12
"""By how much of the story the last person of a way is behind its first."""
INTERVIEWS, SURVEY, PROTOTYPE = "interviews", "survey", "prototype"

STUDIES: dict[str, dict[str, Any]] = {
    INTERVIEWS: {"type": "interview", "screener": True, "incentive": True},
    SURVEY: {"type": "survey", "screener": False, "incentive": True, "public": True},
    PROTOTYPE: {"type": "unmoderated_test", "screener": False, "incentive": False},
}
RULES = [
    {
        "id": "came-not",
        "kind": "no_show_limit",
        "max": 1,
        "window_days": 30,
        "effect": "cooldown",
        "cooldown_days": 14,
    }
]


@dataclass(frozen=True, slots=True)
class Step:
    """A webhook that arrives at a place of the story, of what happened then or before."""

    at: float
    tell: Tell
    happened: float | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What some people of a study go through; `listed`: a researcher has added them before."""

    name: str
    study_id: str
    people: int
    steps: tuple[Step, ...]
    listed: bool = True
    also_in: str | None = None
    """Another study to which they are added, late."""


def sent(purpose: str, at: float) -> tuple[Step, ...]:
    """An email's usual way: accepted, in the mailbox, opened."""
    return (
        Step(at, mail("processed", purpose)),
        Step(at + 0.01, mail("delivered", purpose, response="250 OK")),
        Step(at + 0.03, mail("open", purpose, useragent="Mozilla/5.0")),
    )


def bounced(kind: str, purpose: str, at: float) -> tuple[Step, ...]:
    """An email that comes back: `bounce` for good, `blocked` for now."""
    back = mail("bounce", purpose, type=kind, reason="550 5.1.1 unknown", status="5.1.1")
    return (Step(at, mail("processed", purpose)), Step(at + 0.02, back))


SCREENER_MAIL = sent("screener", 0.02)
QUALIFIED = (
    *SCREENER_MAIL,
    Step(0.08, form("", "screener", word="form_response_partial")),
    Step(0.12, form("qualified", "screener")),
    *sent("scheduler", 0.18),
)
ENDS = 0.55
BOOKED = (*QUALIFIED, Step(0.28, booked("talk", ends=ENDS)))
THANKED = Step(0.72, reward("REWARDS.DELIVERY.SUCCEEDED"))
CLAIMED = Step(0.86, signal("incentive.claimed"))
SURVEY_MAIL = sent("survey", 0.03)
SURVEY_BEGUN = (*SURVEY_MAIL, Step(0.15, redirect("started")))
SURVEY_DONE = (*SURVEY_BEGUN, Step(0.27, form("completed", "survey")))
TEST_MAIL = sent("test", 0.12)
TEST_BEGUN = (*TEST_MAIL, Step(0.5, redirect("started", "test")))
BY = "demo-researcher"

WAYS = (
    # Interviews, with a screener and an incentive
    Way("interviewed, thanked, claimed", INTERVIEWS, 4, (*BOOKED, THANKED, CLAIMED)),
    Way("interviewed and thanked", INTERVIEWS, 3, (*BOOKED, THANKED)),
    Way("interviewed just now", INTERVIEWS, 2, (*QUALIFIED, Step(0.28, booked("talk", ends=0.84)))),
    Way("let in by a researcher", INTERVIEWS, 2, (
        *SCREENER_MAIL,
        Step(0.12, form("undecided", "screener")),
        Step(0.16, signal("screener.reviewed", result="qualified", by=BY)),
        *sent("scheduler", 0.18),
        Step(0.28, booked("talk", ends=ENDS)),
    )),
    Way("moved the interview", INTERVIEWS, 1, (
        *BOOKED,
        Step(0.33, unbooked("talk", ends=ENDS, moved_to="later")),
        Step(0.34, booked("later", ends=0.66, instead_of="talk"), happened=0.33),
    )),
    Way("moved it, told the other way round", INTERVIEWS, 1, (
        *BOOKED,
        Step(0.33, booked("later", ends=0.68, instead_of="talk")),
        Step(0.36, unbooked("talk", ends=ENDS, moved_to="later"), happened=0.33),
    )),
    Way("did not come", INTERVIEWS, 1, (
        *QUALIFIED,
        Step(0.28, booked("talk", ends=0.62)),
        Step(0.52, no_show("talk", "created", ends=0.62)),
    ), also_in=PROTOTYPE),
    Way("did come after all", INTERVIEWS, 1, (
        *QUALIFIED,
        Step(0.28, booked("talk", ends=0.7)),
        Step(0.53, no_show("talk", "created", ends=0.7)),
        Step(0.6, no_show("talk", "deleted", ends=0.7)),
    )),
    Way("canceled, which Calendly tells after the end", INTERVIEWS, 1, (
        *BOOKED,
        Step(0.75, unbooked("talk", ends=ENDS), happened=0.35),
    )),
    Way("canceled by the host, invited anew", INTERVIEWS, 1, (
        *BOOKED,
        Step(0.32, unbooked("talk", ends=ENDS, by="host")),
        Step(0.37, mail("processed", "scheduler", "second")),
        Step(0.38, mail("delivered", "scheduler", "second", response="250 OK")),
    )),
    Way("not what we look for", INTERVIEWS, 3, (
        *SCREENER_MAIL,
        Step(0.12, form("not_qualified", "screener")),
    )),
    Way("left in the screener", INTERVIEWS, 2, (
        *SCREENER_MAIL,
        Step(0.08, form("", "screener", word="form_response_partial")),
    )),
    Way("silent", INTERVIEWS, 2, SCREENER_MAIL),
    Way("mailbox full, delivered the next time", INTERVIEWS, 1, (
        *bounced("blocked", "screener", 0.02),
        Step(0.24, mail("delivered", "screener", response="250 OK")),
    )),
    Way("address gone", INTERVIEWS, 1, bounced("bounce", "screener", 0.02)),
    Way("called it spam", INTERVIEWS, 1, (
        *SCREENER_MAIL,
        Step(0.1, mail("spamreport", "screener")),
    ), also_in=SURVEY),
    # Survey, with an incentive
    Way("answered, thanked, claimed", SURVEY, 4, (
        *SURVEY_DONE,
        Step(0.5, reward("REWARDS.DELIVERY.SUCCEEDED")),
        Step(0.75, signal("incentive.claimed")),
    )),
    Way("answered and thanked", SURVEY, 3, (
        *SURVEY_DONE,
        Step(0.5, reward("REWARDS.DELIVERY.SUCCEEDED")),
    )),
    Way("answered", SURVEY, 2, SURVEY_DONE),
    Way("reward failed", SURVEY, 1, (
        *SURVEY_DONE,
        Step(0.5, reward("REWARDS.DELIVERY.SUCCEEDED")),
        Step(0.6, reward("REWARDS.DELIVERY.FAILED")),
    )),
    Way("reward failed, another one sent", SURVEY, 1, (
        *SURVEY_DONE,
        Step(0.5, reward("REWARDS.DELIVERY.SUCCEEDED")),
        Step(0.58, reward("REWARDS.DELIVERY.FAILED")),
        Step(0.7, reward("REWARDS.DELIVERY.SUCCEEDED", "another reward")),
    )),
    Way("screened out", SURVEY, 2, (*SURVEY_BEGUN, Step(0.2, redirect("screened_out")))),
    Way("over quota", SURVEY, 1, (*SURVEY_BEGUN, Step(0.3, redirect("over_quota")))),
    Way("left half way", SURVEY, 2, SURVEY_BEGUN),
    Way("silent", SURVEY, 3, SURVEY_MAIL),
    Way("wants no mail", SURVEY, 1, (*SURVEY_MAIL, Step(0.2, mail("unsubscribe", "survey")))),
    Way("mailbox full", SURVEY, 1, bounced("blocked", "survey", 0.03)),
    Way("came by a public link", SURVEY, 1, (
        Step(0.4, redirect("started")),
        Step(0.55, form("completed", "survey")),
    ), listed=False),
    Way("asked to be forgotten", SURVEY, 1, (*SURVEY_BEGUN, Step(0.8, signal("person.erased")))),
    # Unmoderated test, without either
    Way("tested", PROTOTYPE, 6, (*TEST_BEGUN, Step(0.62, redirect("completed", "test")))),
    Way("still testing", PROTOTYPE, 2, TEST_BEGUN),
    Way("silent", PROTOTYPE, 3, TEST_MAIL),
    Way("address gone", PROTOTYPE, 1, bounced("bounce", "test", 0.12), also_in=SURVEY),
    Way("canceled by a researcher", PROTOTYPE, 1, (
        *TEST_MAIL,
        Step(0.65, signal("status.set", status="canceled", by=BY, note="moved abroad")),
    )),
    Way("not written to yet", PROTOTYPE, 2, ()),
)  # fmt: skip
