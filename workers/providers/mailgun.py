"""Mailgun webhooks: today's JSON, and the flat forms of old ones that still run."""

from typing import Any

from pydantic import Field

from schemas.signals import (
    EmailBounced,
    EmailClicked,
    EmailComplained,
    EmailDelivered,
    EmailOpened,
    EmailSent,
    EmailUnsubscribed,
    OfPersonMaybeStudy,
)
from schemas.vocabulary import Permanence
from schemas.webhooks import Webhook
from workers.providers import mail
from workers.providers.forms import form, is_form
from workers.providers.outcomes import Told
from workers.providers.payloads import Part, Payload, Reference, Seconds, instant
from workers.providers.provider import Facts, Maker, Provider, Says, json_body


class Headers(Part):
    """Headers of the message."""

    message_id: Reference | None = Field(default=None, alias="message-id")


class Message(Part):
    """The message."""

    headers: Headers = Field(default_factory=Headers)


class Status(Part):
    """What came of an attempt: an SMTP code, or one of Mailgun's own from 600 on."""

    code: int | None = None


class Client(Part):
    """What opened the message."""

    bot: str | None = None


class Event(Payload):
    """One event; an old form is brought into this shape."""

    word: str = Field(alias="event")
    id: str | None = None
    timestamp: Seconds
    severity: str | None = None
    reason: str | None = None
    status: Status | None = Field(default=None, alias="delivery-status")
    message: Message = Field(default_factory=Message)
    client: Client | None = Field(default=None, alias="client-info")
    recipient: Reference | None = None
    tags: Any = None
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="user-variables")


Decided = tuple[type[OfPersonMaybeStudy], Permanence | None]
SUPPRESSED: dict[str | int, Decided] = {
    # why Mailgun did not even try: its reason, or its own code
    "suppress-bounce": (EmailBounced, Permanence.HARD),
    605: (EmailBounced, Permanence.HARD),
    "suppress-unsubscribe": (EmailUnsubscribed, None),
    606: (EmailUnsubscribed, None),
    "suppress-complaint": (EmailComplained, None),
    607: (EmailComplained, None),
}


def opened(webhook: Webhook) -> Any:
    """The event, whichever body it came in."""
    if is_form(webhook.body):
        return _flat(form(webhook))
    body = json_body(webhook)
    return body.get("event-data") if isinstance(body, dict) else body


def told(
    event: Event,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind."""
    return mail.told(
        webhook,
        kind,
        permanence,
        word=event.word,
        at=instant(event.timestamp),
        ours=event.ours,
        own=event.id,
        message=(event.message.headers.message_id or "").strip("<> ") or None,
        address=event.recipient,
        campaign=mail.sole(event.tags),
    )


def failed(event: Event, webhook: Webhook) -> Told:
    """A suppression is what caused it: hard `email.bounced`, `email.unsubscribed` or
    `email.complained`; else `email.bounced` hard for severity `permanent`, soft otherwise"""
    hard = event.severity == "permanent"
    bounced = (EmailBounced, Permanence.HARD if hard else Permanence.SOFT)
    return told(event, webhook, *(_suppressed(event) or bounced))


def dropped(event: Event, webhook: Webhook) -> Told:
    """(old form) A suppression is what caused it, as for `failed`; else `email.bounced` hard for
    reason `hardfail`, soft otherwise (`old`: tried in vain for too long)"""
    hard = event.reason == "hardfail"
    bounced = (EmailBounced, Permanence.HARD if hard else Permanence.SOFT)
    return told(event, webhook, *(_suppressed(event) or bounced))


def seen(event: Event, webhook: Webhook) -> Told | None:
    """`email.opened`; unused if Mailgun says that a machine did it (`client-info.bot`)"""
    return None if event.client and event.client.bot else told(event, webhook, EmailOpened)


WORDS: dict[str, Maker[Event] | None] = {
    "accepted": Says(EmailSent, told),
    "rejected": None,  # Mailgun did not take it: the sender's matter
    "delivered": Says(EmailDelivered, told),
    "failed": failed,
    "dropped": dropped,
    "bounced": Says(EmailBounced, told, mail.HARD),
    "opened": seen,
    "clicked": Says(EmailClicked, told),
    "unsubscribed": Says(EmailUnsubscribed, told),
    "complained": Says(EmailComplained, told),
    "stored": None,
}


def _suppressed(event: Event) -> Decided | None:
    code = event.status.code if event.status else None
    return SUPPRESSED.get(event.reason or "") or SUPPRESSED.get(code or 0)


def _flat(fields: dict[str, str]) -> dict[str, Any]:
    """An old form's fields in today's shape; the sender's variables stand among them."""
    code = fields.get("code", "")
    return {
        "event": fields.get("event"),
        "id": fields.get("event-id"),
        "timestamp": fields.get("timestamp"),
        "reason": fields.get("reason"),
        "delivery-status": {"code": code} if code.isascii() and code.isdigit() else None,
        "message": {"headers": {"message-id": fields.get("Message-Id", fields.get("message-id"))}},
        "recipient": fields.get("recipient"),
        "tags": [fields["tag"]] if "tag" in fields else None,
        "user-variables": fields,
    }


PROVIDER = Provider(
    name="mailgun",
    model=Event,
    words=WORDS,
    word=("event",),
    opens=opened,
    facts=Facts(
        id="`event-data.id` with the word; of an old form `event-id`, else uuid5 of the word, the "
        "message's id, the time and the recipient",
        time="`event-data.timestamp`, seconds with fractions (`signature.timestamp` is when the "
        "webhook was posted); of an old form `timestamp`",
        ours="`user-variables` `person_id`, `study_id`, `purpose`; in an old form they stand "
        "among the other fields",
        signature="`signature` in the body: HMAC-SHA256 (hex) of `timestamp` and `token`",
        missing="an old form's time is that of the signature",
    ),
)
