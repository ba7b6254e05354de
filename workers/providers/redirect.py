"""Redirects: a participant's browser comes back from a survey or test; the query tells how far."""

from urllib.parse import parse_qsl

from pydantic import Field

from schemas.codec import Refused, invalid
from schemas.signals import OfParticipant
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from workers.providers.answers import WITH_RESPONSE, answered
from workers.providers.ids import TIMELESS, derived_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Payload, PersonRef, Reference
from workers.providers.provider import Facts, Maker, Provider

MAX_TARGET_BYTES, MAX_PARAMETERS = 64 * 1024, 200


class Hit(Payload):
    """The parameters of the request target; other parameters are left alone."""

    word: str = Field(alias="outcome", min_length=1)
    person_id: PersonRef | None = None
    study_id: PersonRef | None = None
    purpose: str | None = None
    response_id: Reference | None = None
    session_id: Reference | None = None
    survey_id: Reference | None = None


def target(webhook: Webhook) -> dict[str, str]:
    """The query of the request target; Refused if it is none, or one of ours is told twice."""
    if len(webhook.body) > MAX_TARGET_BYTES:
        raise invalid(f"more than {MAX_TARGET_BYTES} bytes")
    try:
        query = webhook.body.decode().strip().partition("?")[2].partition("#")[0]
        told = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise Refused(DeadLetterClass.POISON, "not a request target") from None
    return _once(told)


def hit(event: Hit, webhook: Webhook) -> Told | None:
    """By `purpose`: see [redirects](#redirects)"""
    answer = answered(event.purpose, event.word)
    if answer is None:
        return None
    kind, fields = answer
    response = event.response_id or event.session_id
    references = {"response_id": response, "survey": event.survey_id}
    return Told(
        word=event.word,
        kind=kind,
        id=_id(event, webhook, kind),
        occurred_at=webhook.received_at,
        person_id=event.person_id or None,
        study_id=event.study_id or None,
        fields={**fields, "response_id": response}
        if response and kind in WITH_RESPONSE
        else fields,
        references={name: told for name, told in references.items() if told},
    )


WORDS: dict[str, Maker[Hit] | None] = {
    "started": hit,
    "completed": hit,
    "screened_out": hit,
    "over_quota": hit,
    "qualified": hit,
    "not_qualified": hit,
    "undecided": hit,
}
OURS = frozenset(field.alias or name for name, field in Hit.model_fields.items())


def _id(event: Hit, webhook: Webhook, kind: type[OfParticipant]) -> str:
    """A reloaded page of one response is the same event; without a response each hit is one."""
    response = event.response_id or event.session_id
    return derived_id(
        webhook,
        event.word,
        kind,
        resource=f"{event.study_id or ''}/{response or ''}",
        at=TIMELESS if response else None,
        recipient=event.person_id,
    )


def _once(told: list[tuple[str, str]]) -> dict[str, str]:
    """Ours among the parameters; Refused if one is told twice: nobody guesses between two."""
    ours = {pair for pair in told if pair[0] in OURS}
    query = dict(ours)
    if len(query) < len(ours):
        raise invalid("a parameter of ours has two values")
    return query


PROVIDER = Provider(
    name="redirect",
    model=Hit,
    words=WORDS,
    word=("outcome",),
    opens=target,
    facts=Facts(
        id="uuid5 of study, person, outcome and `response_id` (or `session_id`); without one the "
        "time of receipt, too",
        time="the time of receipt",
        ours="`person_id`, `study_id`, `purpose` (`survey`, `test`, `screener`)",
        signature="none yet: a hit is forgeable",
        missing="panels' own parameter names need a mapping per study",
    ),
)
