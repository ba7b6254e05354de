"""Tremendous webhooks: a body names the reward and little else; there is no word for redeemed."""

from pydantic import Field

from schemas.fields import Id
from schemas.signals import IncentiveCanceled, IncentiveFailed, IncentiveSent, OfReward
from schemas.webhooks import Webhook
from workers.providers.ids import derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload
from workers.providers.provider import Facts, Maker, Provider, Says


class Resource(Part):
    """What the event is about."""

    id: Id


class Content(Part):
    """The event's own content."""

    resource: Resource
    meta: Metadata = Field(default_factory=Metadata)


class Hook(Payload):
    """The body."""

    word: str = Field(alias="event")
    uuid: str | None = None
    created_utc: Moment | None = None
    payload: Content


def told(hook: Hook, webhook: Webhook, kind: type[OfReward]) -> Told:
    """The event as a signal of this kind."""
    reward, meta, at = hook.payload.resource.id, hook.payload.meta, hook.created_utc
    return Told(
        word=hook.word,
        kind=kind,
        id=own_id("tremendous", hook.uuid)
        or derived_id(webhook, hook.word, kind, resource=reward, at=at, recipient=meta.person_id),
        occurred_at=at or webhook.received_at,
        person_id=meta.person_id or None,
        study_id=meta.study_id or None,
        fields={"reward_id": reward},
        references={"reward_id": reward},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "REWARDS.DELIVERY.SUCCEEDED": Says(IncentiveSent, told),
    "REWARDS.DELIVERY.FAILED": Says(IncentiveFailed, told),
    "REWARDS.CANCELED": Says(IncentiveCanceled, told),
    "REWARDS.FLAGGED": None,  # under review: neither sent nor taken back
    "ORDERS.CREATED": None,
    "ORDERS.APPROVED": None,
    "ORDERS.CANCELED": None,  # an order is not a reward: its rewards tell for themselves
    "ORDERS.FAILED": None,
}


PROVIDER = Provider(
    name="tremendous",
    model=Hook,
    words=WORDS,
    word=("event",),
    facts=Facts(
        id="`uuid`",
        time="`created_utc`; the time of receipt without it",
        ours="`payload.meta`: `person_id`, `study_id` (else the reward's link)",
        signature="`Tremendous-Webhook-Signature` (HMAC-SHA256, hex); "
        "see [signatures](signatures.md)",
        missing="redeemed is not told: no `incentive.claimed`; no amount in the body",
    ),
)
