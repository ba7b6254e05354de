"""Runa webhooks: what became of an order; the event's own id is in the header alone."""

from typing import Any

from pydantic import Field

from schemas.fields import Id
from schemas.signals import IncentiveFailed, IncentiveSent, OfReward
from schemas.webhooks import Webhook
from workers.providers.attached import Attached
from workers.providers.ids import TIMELESS, derived_id, own_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Payload
from workers.providers.provider import Facts, Maker, Provider, Says

PRODUCT = "product.update"


class Order(Payload):
    """The body, of a failed order only its first two."""

    word: str = Field(alias="status")
    id: Id
    completed_at: Moment | None = None
    description: Attached = Field(default_factory=Attached)


def told(order: Order, webhook: Webhook, kind: type[OfReward]) -> Told:
    """The event as a signal of this kind; an order ends once, whenever that is told."""
    at, ours = order.completed_at, order.description
    return Told(
        word=order.word,
        kind=kind,
        id=own_id("runa", webhook.http.get("svix-id"))
        or derived_id(
            webhook, order.word, kind, resource=order.id, at=at or TIMELESS, recipient=None
        ),
        occurred_at=at or webhook.received_at,
        person_id=ours.person_id or None,
        study_id=ours.study_id or None,
        fields={"reward_id": order.id},
        references={"reward_id": order.id},
    )


WORDS: dict[str, Maker[Order] | None] = {
    "COMPLETED": Says(IncentiveSent, told),
    "FAILED": Says(IncentiveFailed, told),
    "PROCESSING": None,  # what the published sample says, and the schema does not know
    PRODUCT: None,
}


def with_word(opened: Any) -> list[Any]:
    """The body; one that is about no order is about a product of the catalogue."""
    if isinstance(opened, dict) and "id" not in opened and "status" not in opened:
        return [{"status": PRODUCT}]
    return [opened]


PROVIDER = Provider(
    name="runa",
    model=Order,
    words=WORDS,
    word=("status",),
    splits=with_word,
    facts=Facts(
        id="header `svix-id`; without it uuid5 of order, status and `completed_at`",
        time="`completed_at`; of a failed order the time of receipt",
        ours="the order's `description`: `person_id=p1&study_id=s1`; of a failed order (it has "
        "none) the reward's link",
        signature="`svix-signature` (Standard Webhooks); see [signatures](signatures.md)",
        missing="redeemed is not told: no `incentive.claimed`; no amount (the price holds fees)",
    ),
)
