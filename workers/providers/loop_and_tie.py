"""Loop & Tie webhooks: what happened to a gift; the event's id in the body is the gift's."""

from typing import Any

from pydantic import Field

from schemas.fields import Id
from schemas.signals import IncentiveClaimed, IncentiveSent, OfReward
from schemas.webhooks import Webhook
from workers.providers.attached import Attached
from workers.providers.ids import derived_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Part, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider, Says


class Attributes(Part):
    """What happened, and when."""

    created_at: Moment | None = Field(default=None, alias="created-at")


class Event(Part):
    """The event; its id is the gift's."""

    id: Id
    attributes: Attributes = Field(default_factory=Attributes)


class Details(Part):
    """What is known of the gift."""

    external_id: Attached = Field(default_factory=Attached, alias="external-id")
    email: Reference | None = None


class Included(Part):
    """Something that the event is about."""

    type: str | None = None
    attributes: Details = Field(default_factory=Details)


class Hook(Payload):
    """The body, with the event as its word."""

    word: str
    data: Event
    included: list[Included] | None = None


def told(hook: Hook, webhook: Webhook, kind: type[OfReward]) -> Told:
    """The event as a signal of this kind."""
    gift, at = hook.data.id, hook.data.attributes.created_at
    gifts = [one.attributes for one in hook.included or () if one.type == "gifts"]
    details = gifts[0] if gifts else Details()
    person = details.external_id.person_id or None
    references = {"reward_id": gift, "address": details.email}
    return Told(
        word=hook.word,
        kind=kind,
        id=derived_id(
            webhook, hook.word, kind, resource=gift, at=at, recipient=person or details.email
        ),
        occurred_at=at or webhook.received_at,
        person_id=person,
        study_id=details.external_id.study_id or None,
        fields={"reward_id": gift},
        references={name: told for name, told in references.items() if told},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "sent": Says(IncentiveSent, told),
    "redeemed": Says(IncentiveClaimed, told),
    "scheduled": None,  # not sent yet
}


def with_word(opened: Any) -> list[Any]:
    """The body with its word."""
    event = opened
    for name in ("data", "attributes"):
        event = event.get(name) if isinstance(event, dict) else None
    word = event.get("event") if isinstance(event, dict) else None
    return [opened | {"word": word}] if isinstance(opened, dict) else [opened]


PROVIDER = Provider(
    name="loop_and_tie",
    model=Hook,
    words=WORDS,
    word=("word",),
    splits=with_word,
    facts=Facts(
        id="uuid5 of gift, event and time (the body's `id` is the gift's)",
        time="`data.attributes.created-at`",
        ours="the gift's `external-id`: `person_id=p1&study_id=s1`",
        signature="none documented",
        missing="words other than sent, redeemed and scheduled are not published",
    ),
)
