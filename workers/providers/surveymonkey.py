"""SurveyMonkey webhooks: how far a response got; the body holds ids only, and no answer."""

from pydantic import Field

from schemas.webhooks import Webhook
from workers.providers.answers import WITH_RESPONSE, answered
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider


class Resources(Part):
    """What the event is about."""

    survey_id: Reference | None = None
    collector_id: Reference | None = None


class Hook(Payload):
    """The body; `custom_variables` is there if whoever forwards it has added them."""

    word: str = Field(alias="event_type")
    event_id: str | None = None
    event_datetime: Moment | None = None
    object_id: Reference | None = None
    resources: Resources = Field(default_factory=Resources)
    custom_variables: Metadata = Field(default_factory=Metadata)


def began(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.started`"""
    return told(hook, webhook, "started")


def completed(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.completed`"""
    return told(hook, webhook, "completed")


def disqualified(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.screened_out` screened_out"""
    return told(hook, webhook, "screened_out")


def over_quota(hook: Hook, webhook: Webhook) -> Told | None:
    """`survey.screened_out` over_quota"""
    return told(hook, webhook, "over_quota")


def told(hook: Hook, webhook: Webhook, outcome: str) -> Told | None:
    """The event as a signal; with a purpose that of a screener or test."""
    ours, at, response = hook.custom_variables, hook.event_datetime, hook.object_id
    answer = answered(ours.purpose, outcome)
    if answer is None:
        return None
    kind, fields = answer
    references = {
        "survey": hook.resources.survey_id,
        "response_id": response,
        "campaign": hook.resources.collector_id,
    }
    return Told(
        word=hook.word,
        kind=kind,
        id=own_id("surveymonkey", hook.event_id)
        or derived_id(
            webhook, hook.word, kind, resource=response, at=at, recipient=ours.person_id or None
        ),
        occurred_at=at or webhook.received_at,
        person_id=ours.person_id or None,
        study_id=ours.study_id or None,
        fields={**fields, "response_id": response}
        if response and kind in WITH_RESPONSE
        else fields,
        references={name: told for name, told in references.items() if told},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "response_created": began,
    "response_completed": completed,
    "response_disqualified": disqualified,
    "response_overquota": over_quota,
    "response_updated": None,  # one for every page
    "response_deleted": None,
    "survey_created": None,
    "survey_updated": None,
    "survey_deleted": None,
    "collector_created": None,
    "collector_updated": None,
    "collector_deleted": None,
}

PROVIDER = Provider(
    name="surveymonkey",
    model=Hook,
    words=WORDS,
    word=("event_type",),
    facts=Facts(
        id="`event_id`",
        time="`event_datetime`",
        ours="nowhere: found by the survey or the collector (a campaign), and by the response; or "
        "add the response's `custom_variables` (`person_id`, `study_id`, `purpose`) when you "
        "forward the body",
        signature="`Sm-Signature` (HMAC-SHA1, base64); see [signatures](signatures.md)",
        missing="person and purpose, unless you add them; no published body of other words than "
        "`response_completed`",
    ),
)
