"""SendGrid event webhooks: arrays of mixed events; one event id may stand on different events."""

from typing import Any

from pydantic import Field

from schemas.signals import (
    EmailBounced,
    EmailClicked,
    EmailComplained,
    EmailDelivered,
    EmailOpened,
    EmailResubscribed,
    EmailSent,
    EmailUnsubscribed,
    OfPersonMaybeStudy,
)
from schemas.vocabulary import Permanence
from schemas.webhooks import Webhook
from workers.providers.ids import derived_id, own_id
from workers.providers.mail import mail, sole
from workers.providers.outcomes import Told
from workers.providers.payloads import Payload, PersonRef, Reference, Seconds, instant
from workers.providers.provider import Facts, Maker, Provider, Says


class Event(Payload):
    """One event; custom args of the sender stand beside SendGrid's own fields."""

    word: str = Field(alias="event")
    timestamp: Seconds
    sg_event_id: str | None = None
    sg_message_id: Reference | None = None
    smtp_id: Reference | None = Field(None, alias="smtp-id")
    email: Reference | None = None
    type: str | None = None
    machine: bool | None = Field(default=None, alias="sg_machine_open")
    reason: str | None = None
    category: Any = None
    singlesend_id: Reference | None = None
    person_id: PersonRef | None = None
    study_id: PersonRef | None = None
    purpose: str | None = None


def told(
    event: Event,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind."""
    at, word, message = instant(event.timestamp), event.word, event.sg_message_id or event.smtp_id
    name = own_id("sendgrid", event.sg_event_id, word) or derived_id(
        webhook, word, kind, resource=message, at=at, recipient=event.person_id or event.email
    )
    return mail(
        kind,
        word=word,
        id=name,
        at=at,
        person=event.person_id,
        study=event.study_id,
        purpose=event.purpose,
        permanence=permanence,
        message=message,
        address=event.email,
        campaign=event.singlesend_id or sole(event.category),
    )


def bounced(event: Event, webhook: Webhook) -> Told:
    """`email.bounced` hard for type `bounce`, soft for `blocked`, another or no type"""
    hard = event.type == "bounce"
    return told(event, webhook, EmailBounced, Permanence.HARD if hard else Permanence.SOFT)


def opened(event: Event, webhook: Webhook) -> Told | None:
    """`email.opened`; unused if a machine fetched it (`sg_machine_open`)"""
    return None if event.machine else told(event, webhook, EmailOpened)


def dropped(event: Event, webhook: Webhook) -> Told | None:
    """By its reason: hard `email.bounced` (Bounced Address, Invalid), `email.unsubscribed`
    (Unsubscribed Address), else unused"""
    decided = DROPPED.get((event.reason or "").strip().lower())
    return told(event, webhook, *decided) if decided else None


DROPPED: dict[str, tuple[type[OfPersonMaybeStudy], Permanence | None]] = {
    "bounced address": (EmailBounced, Permanence.HARD),
    "invalid": (EmailBounced, Permanence.HARD),
    "unsubscribed address": (EmailUnsubscribed, None),
}

WORDS: dict[str, Maker[Event] | None] = {
    "processed": Says(EmailSent, told),
    "deferred": None,  # SendGrid is still trying
    "delivered": Says(EmailDelivered, told),
    "open": opened,
    "click": Says(EmailClicked, told),
    "bounce": bounced,
    "dropped": dropped,
    "spamreport": Says(EmailComplained, told),
    "unsubscribe": Says(EmailUnsubscribed, told),
    "group_unsubscribe": Says(EmailUnsubscribed, told),
    "group_resubscribe": Says(EmailResubscribed, told),
}


PROVIDER = Provider(
    name="sendgrid",
    model=Event,
    words=WORDS,
    word=("event",),
    many=True,
    facts=Facts(
        id="`sg_event_id` with the event's word (the id repeats between events)",
        time="`timestamp`, seconds; milliseconds where SendGrid sends them by mistake",
        ours="custom args `person_id`, `study_id`, `purpose` (top level of each event)",
        signature="`X-Twilio-Email-Event-Webhook-Signature` (ECDSA)",
    ),
)
