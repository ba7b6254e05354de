"""Snappy webhooks: how far a gift got; its names may hold letters and digits only."""

from typing import Any

from pydantic import AliasChoices, Field

from schemas.fields import Id
from schemas.signals import IncentiveCanceled, IncentiveClaimed, IncentiveSent, OfReward
from schemas.webhooks import Webhook
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload, PersonRef
from workers.providers.provider import Facts, Maker, Provider, Says

STATUS = "gift-status-changed"


class Ours(Metadata):
    """The gift's metadata: keys there have no underscore."""

    person_id: PersonRef | None = Field(
        default=None, validation_alias=AliasChoices("personId", "person_id")
    )
    study_id: PersonRef | None = Field(
        default=None, validation_alias=AliasChoices("studyId", "study_id")
    )


class Gift(Part):
    """What the event is about."""

    id: Id = Field(alias="giftId")
    metadata: Ours = Field(default_factory=Ours)


class Delivery(Part):
    """The webhook's own."""

    id: str | None = None
    at: Moment | None = Field(default=None, alias="triggeredAt")


class Hook(Payload):
    """The body, with the event's type and status as its word."""

    word: str
    delivery: Delivery = Field(alias="webhookData")
    gift: Gift = Field(alias="eventData")


def told(hook: Hook, webhook: Webhook, kind: type[OfReward]) -> Told:
    """The event as a signal of this kind."""
    gift, at, ours = hook.gift.id, hook.delivery.at, hook.gift.metadata
    # whose id it is, the event's or the subscription's, is not said
    return Told(
        word=hook.word,
        kind=kind,
        id=own_id("snappy", hook.delivery.id, gift, hook.word)
        or derived_id(
            webhook, hook.word, kind, resource=gift, at=at, recipient=ours.person_id or None
        ),
        occurred_at=at or webhook.received_at,
        person_id=ours.person_id or None,
        study_id=ours.study_id or None,
        fields={"reward_id": gift},
        references={"reward_id": gift},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    f"{STATUS}/unopened": Says(IncentiveSent, told),
    f"{STATUS}/unwrapped": None,  # looked at
    f"{STATUS}/opened": None,  # looked at, too: not taken
    f"{STATUS}/claimed": Says(IncentiveClaimed, told),
    f"{STATUS}/expired": Says(IncentiveCanceled, told),
    "gift-delivery-status-changed": None,  # a parcel on its way, after the claim
    "gift-notification-initial": None,
    "gift-notification-reminder": None,
    "gift-notification-expiration": None,  # will expire, has not
    "gift-notification-resend": None,
}


def with_word(opened: Any) -> list[Any]:
    """The body with its word."""
    if not isinstance(opened, dict):
        return [opened]
    delivery, gift = opened.get("webhookData"), opened.get("eventData")
    word = delivery.get("eventType") if isinstance(delivery, dict) else None
    if word == STATUS and isinstance(gift, dict) and isinstance(gift.get("status"), str):
        word = f"{STATUS}/{gift['status']}"
    return [opened | {"word": word}]


PROVIDER = Provider(
    name="snappy",
    model=Hook,
    words=WORDS,
    word=("word",),
    splits=with_word,
    facts=Facts(
        id="`webhookData.id` with gift and status (it is not said whether the id is the event's)",
        time="`webhookData.triggeredAt`",
        ours="the gift's `metadata`: `personId`, `studyId`",
        signature="none documented",
        missing="no amount in the body",
    ),
)
