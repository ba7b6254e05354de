"""Typeform webhooks: one response a body; the response's token, not the delivery, is the event."""

from typing import Any

from pydantic import Field

from schemas.webhooks import Webhook
from workers.providers.answers import OUTCOMES, WITH_RESPONSE, answered
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider


class Hidden(Metadata):
    """Hidden fields: what the link to the form carried."""

    email: Reference | None = None
    screener_result: str | None = None


class Variable(Part):
    """A value that the form's own logic worked out."""

    key: str | None = None
    text: Any = None


class Ending(Part):
    """The last screen shown; its ref can be set in the form."""

    ref: str | None = None


class Response(Part):
    """One person's answers; what they answered is never looked at."""

    form_id: Reference | None = None
    token: Reference | None = None
    landed_at: Moment | None = None
    submitted_at: Moment | None = None
    hidden: Hidden = Field(default_factory=Hidden)
    variables: list[Variable] | None = None
    ending: Ending | None = None


class Hook(Payload):
    """The body."""

    word: str = Field(alias="event_type")
    event_id: str | None = None
    form_response: Response


def submitted(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.completed`; `survey.screened_out` or `screener.submitted` where the form says so"""
    response = hook.form_response
    told_by = [v.text for v in response.variables or () if v.key in ("outcome", "screener_result")]
    told_by += [response.ending and response.ending.ref, response.hidden.screener_result]
    ours = [word for word in told_by if isinstance(word, str) and word in OUTCOMES]
    return _told(hook, webhook, ours[0] if ours else "completed")


def begun(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.started`, or `screener.started` where the form is used as the screener"""
    return _told(hook, webhook, "started")


WORDS: dict[str, Maker[Hook] | None] = {
    "form_response": submitted,
    "form_response_partial": begun,
}


def _told(hook: Hook, webhook: Webhook, outcome: str) -> Told | None:
    response, hidden, token = (
        hook.form_response,
        hook.form_response.hidden,
        hook.form_response.token,
    )
    answer = answered(hidden.purpose, outcome)
    if answer is None:
        return None
    kind, fields = answer
    at = response.landed_at if outcome == "started" else response.submitted_at
    name = own_id("typeform", token, hook.word) or own_id("typeform", hook.event_id)
    references = {"survey": response.form_id, "response_id": token, "address": hidden.email}
    return Told(
        word=hook.word,
        kind=kind,
        id=name
        or derived_id(
            webhook,
            hook.word,
            kind,
            resource=token or response.form_id,
            at=at,
            recipient=hidden.person_id or hidden.email,
        ),
        occurred_at=at or webhook.received_at,
        person_id=hidden.person_id or None,
        study_id=hidden.study_id or None,
        fields={**fields, "response_id": token} if token and kind in WITH_RESPONSE else fields,
        references={name: told for name, told in references.items() if told},
    )


PROVIDER = Provider(
    name="typeform",
    model=Hook,
    words=WORDS,
    word=("event_type",),
    facts=Facts(
        id="`form_response.token` with the word (`event_id` is one per delivery)",
        time="`submitted_at`; of a partial response `landed_at`",
        ours="hidden fields `person_id`, `study_id`, `purpose` (`screener`, `test`), `email`",
        signature="`Typeform-Signature` (HMAC-SHA256, base64); see [signatures](signatures.md)",
        missing="no published body of `form_response_partial`",
    ),
)
