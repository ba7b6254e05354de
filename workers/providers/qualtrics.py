"""Qualtrics events, as forms (of a signed one the MSG alone) and as JSON; times without a zone."""

import re
from datetime import datetime
from typing import Any

from pydantic import Field

from schemas.codec import invalid, parse_json
from schemas.webhooks import Webhook
from workers.providers.answers import OUTCOMES, WITH_RESPONSE, answered
from workers.providers.forms import form, is_form
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Payload, PersonRef, Reference, parse_moment
from workers.providers.provider import Facts, Maker, Provider

COMPLETED = "surveyengine.completedResponse"
TOPIC = re.compile(r"(?:^|\.)(surveyengine|controlpanel)\.(\w{1,60})", re.ASCII)
"""The word in a topic, which has the brand in front and the survey behind."""


class Event(Payload):
    """One event; the last four are what a web service task of yours can add."""

    word: str = Field(alias="Topic")
    status: str | None = Field(default=None, alias="Status")
    survey: Reference | None = Field(default=None, alias="SurveyID")
    response: Reference | None = Field(default=None, alias="ResponseID")
    distribution: Reference | None = Field(default=None, alias="DistributionID")
    completed: Any = Field(default=None, alias="CompletedDate")
    person_id: PersonRef | None = None
    study_id: PersonRef | None = None
    purpose: str | None = None
    outcome: str | None = None


def opened(webhook: Webhook) -> Any:
    """The event with its word for a topic; Refused for a body that is neither form nor JSON."""
    fields = form(webhook) if is_form(webhook.body) else parse_json(webhook.body)
    if not isinstance(fields, dict):
        raise invalid("element: no object")
    signed = "MSG" in fields
    event = _message(fields["MSG"]) if signed else fields
    return event | {"Topic": _word(event, "MSG" if signed else None)}


def completed(event: Event, webhook: Webhook) -> Told | None:
    """`survey.completed`, by `purpose` a screener's or test's, where `Status` is `Complete`"""
    if (event.status or "Complete") != "Complete":
        return None
    outcome = event.outcome if event.outcome in OUTCOMES else "completed"
    answer = answered(event.purpose, outcome)
    if answer is None:
        return None
    kind, fields = answer
    response, at = event.response, zoned(event.completed)
    references = {
        "survey": event.survey,
        "response_id": response,
        "campaign": event.distribution,
    }
    return Told(
        word=event.word,
        kind=kind,
        id=own_id("qualtrics", response, event.word)
        or derived_id(
            webhook,
            event.word,
            kind,
            resource=event.survey,
            at=at or clock_face(event.completed),
            recipient=event.person_id or None,
        ),
        occurred_at=at or webhook.received_at,
        person_id=event.person_id or None,
        study_id=event.study_id or None,
        fields={**fields, "response_id": response}
        if response and kind in WITH_RESPONSE
        else fields,
        references={name: told for name, told in references.items() if told},
    )


def zoned(told: Any) -> datetime | None:
    """A time that says its zone; None for another: a guess may be half a day off."""
    try:
        return parse_moment(told)
    except ValueError:
        return None


def clock_face(told: Any) -> datetime | None:
    """A time without a zone, good enough to tell two events apart, and for nothing else."""
    return zoned(f"{told}Z") if isinstance(told, str) else None


WORDS: dict[str, Maker[Event] | None] = {
    COMPLETED: completed,
    "controlpanel.activateSurvey": None,
    "controlpanel.deactivateSurvey": None,
}


def _word(event: dict[str, Any], otherwise: str | None) -> Any:
    """The topic's word; without a topic (it is no part of what is signed) what the fields say."""
    topic = event.get("Topic", COMPLETED if "ResponseID" in event else otherwise)
    known = TOPIC.search(topic) if isinstance(topic, str) else None
    return ".".join(known.groups()) if known else topic


def _message(text: Any) -> dict[str, Any]:
    """What was signed; Refused if it is no JSON object, as where it is encrypted."""
    message = parse_json(text.encode(errors="replace")) if isinstance(text, str) else text
    if not isinstance(message, dict):
        raise invalid("MSG: no object")
    return message


PROVIDER = Provider(
    name="qualtrics",
    model=Event,
    words=WORDS,
    word=("Topic",),
    opens=opened,
    facts=Facts(
        id="`ResponseID` with the topic's word",
        time="the time of receipt; `CompletedDate` only where it says its zone (Qualtrics' own "
        "does not)",
        ours="nowhere in an event subscription: found by the survey or the distribution (a "
        "campaign); a web service task of a workflow can post `person_id`, `study_id`, "
        "`purpose`, `outcome` beside Qualtrics' fields",
        signature="form field `HMAC` over `MSG` (HMAC-SHA512, hex), where a shared key is set; "
        "then fields beside `MSG` are not read; see [signatures](signatures.md)",
        missing="started and screened out in event subscriptions; encrypted subscriptions",
    ),
)
