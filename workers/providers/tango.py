"""Tango webhooks: what became of a reward; `FULL-REDEMPTION` is really written with a dash."""

from typing import Any

from pydantic import AliasChoices, Field

from schemas.fields import Id
from schemas.signals import (
    IncentiveCanceled,
    IncentiveClaimed,
    IncentiveFailed,
    IncentiveSent,
    OfReward,
)
from schemas.webhooks import Webhook
from workers.providers.attached import Attached
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Part, Payload
from workers.providers.provider import Facts, Maker, Provider, Says

STATUSES = ("status", "rewardStatus", "lineItemDeliveryStatus", "deliveryStatus")
"""Where the status may stand: Tango publishes the body of an order's event only."""


class Reward(Part):
    """What the event is about; a line item is a reward, an order may be many."""

    id: Id = Field(
        validation_alias=AliasChoices(
            "referenceLineItemID",
            "referenceLineItemId",
            "lineItemId",
            "rewardId",
            "referenceOrderID",
            "referenceOrderId",
        )
    )
    ours: Attached = Field(
        default_factory=Attached,
        validation_alias=AliasChoices("externalRefID", "externalRefId"),
    )


class Hook(Payload):
    """The body, with the event's type and status as its word."""

    word: str
    event_id: str | None = Field(default=None, alias="eventId")
    at: Moment | None = Field(default=None, alias="eventOccurredAt")
    reward: Reward = Field(alias="eventData")


def told(hook: Hook, webhook: Webhook, kind: type[OfReward]) -> Told:
    """The event as a signal of this kind."""
    reward, ours = hook.reward.id, hook.reward.ours
    return Told(
        word=hook.word,
        kind=kind,
        id=own_id("tango", hook.event_id)
        or derived_id(
            webhook, hook.word, kind, resource=reward, at=hook.at, recipient=ours.person_id or None
        ),
        occurred_at=hook.at or webhook.received_at,
        person_id=ours.person_id or None,
        study_id=ours.study_id or None,
        fields={"reward_id": reward},
        references={"reward_id": reward},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "RewardStatus/ACTIVATED": Says(IncentiveClaimed, told),
    "RewardStatus/PARTIAL_REDEMPTION": Says(IncentiveClaimed, told),
    "RewardStatus/FULL-REDEMPTION": Says(IncentiveClaimed, told),
    "RewardStatus/FULL_REDEMPTION": Says(IncentiveClaimed, told),
    "RewardStatus/CANCELLED": Says(IncentiveCanceled, told),
    "RewardStatus/FROZEN": None,  # held, neither redeemed nor taken back
    "RewardStatus/UNFROZEN": None,
    "LineItemDeliveryStatus/SHIPPED": Says(IncentiveSent, told),
    "LineItemDeliveryStatus/COMPLETED": Says(IncentiveSent, told),
    "LineItemDeliveryStatus/FAILED": Says(IncentiveFailed, told),
    "LineItemDeliveryStatus/CANCELED": Says(IncentiveCanceled, told),
    "LineItemDeliveryStatus/IN_PROGRESS": None,
    "AsyncOrderStatus/SUCCESSFUL": None,  # an order is not a reward
    "AsyncOrderStatus/RETRYING": None,
    "AsyncOrderStatus/FAILED": None,
    "AsyncOrderStatus/PARTIALFAILED": None,
    "itemAvailability": None,
    "accountStatus": None,
}
WITH_STATUS = frozenset(word.partition("/")[0] for word in WORDS if "/" in word)


def with_word(opened: Any) -> list[Any]:
    """The body with its word: the type of the event, and the status where there is one."""
    if not isinstance(opened, dict):
        return [opened]
    word = opened.get("eventType", opened.get("eventTypes"))
    about = opened.get("eventData")
    if isinstance(word, str) and word in WITH_STATUS and isinstance(about, dict):
        status = next((about[name] for name in STATUSES if name in about), None)
        word = f"{word}/{status}" if isinstance(status, str) else word
    return [opened | {"word": word}]


PROVIDER = Provider(
    name="tango",
    model=Hook,
    words=WORDS,
    word=("word",),
    splits=with_word,
    facts=Facts(
        id="`eventId`",
        time="`eventOccurredAt`",
        ours="`externalRefID`, where the body has it: `person_id=p1&study_id=s1`; else the "
        "reward's link (the line item's id, or the order's)",
        signature="none documented",
        missing="that a digital reward was sent: post `incentive.sent` when you order it; the "
        "body of a reward's event is not published, and a missed one can not be fetched later",
    ),
)
