"""Mandrill webhooks: a form whose field `mandrill_events` holds an array of mixed events."""

from typing import Any

from pydantic import Field

from schemas.codec import Refused, invalid, parse_json
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
from schemas.vocabulary import DeadLetterClass, Permanence
from schemas.webhooks import Webhook
from workers.providers import mail
from workers.providers.forms import form, is_form
from workers.providers.outcomes import Told
from workers.providers.payloads import Part, Payload, Reference, Seconds, instant
from workers.providers.provider import Facts, Maker, Provider, Says, as_they_come, json_body

FIELD = "mandrill_events"


class Rejected(Part):
    """Why Mandrill did not send."""

    reason: str | None = None


class Message(Part):
    """The message; its own `ts` is when it was sent, not when this happened."""

    id: Reference | None = Field(default=None, alias="_id")
    email: Reference | None = None
    tags: Any = None
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="metadata")
    reject: Rejected | None = None


class Event(Payload):
    """One event."""

    word: str = Field(alias="event")
    ts: Seconds
    id: Reference | None = Field(default=None, alias="_id")
    msg: Message = Field(default_factory=Message)


Decided = tuple[type[OfPersonMaybeStudy], Permanence | None]
REJECTED: dict[str, Decided] = {
    "hard-bounce": (EmailBounced, Permanence.HARD),
    "soft-bounce": (EmailBounced, Permanence.SOFT),
    "spam": (EmailComplained, None),
    "unsub": (EmailUnsubscribed, None),
}


def events(webhook: Webhook) -> Any:
    """The events in the form's field; a gateway may have opened the form already."""
    if is_form(webhook.body):
        return _events(form(webhook).get(FIELD))
    body = json_body(webhook)
    told = body.get(FIELD) if isinstance(body, dict) else body
    return _events(told) if isinstance(told, str | None) else told


def each(opened: Any) -> list[Any]:
    """Every event; one about a list of Mandrill's has its word in `type`."""
    return [
        part | {"event": part["type"]}
        if isinstance(part, dict) and "event" not in part and "type" in part
        else part
        for part in as_they_come(opened)
    ]


def told(
    event: Event,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind."""
    message = event.msg
    return mail.told(
        webhook,
        kind,
        permanence,
        word=event.word,
        at=instant(event.ts),
        ours=message.ours,
        message=message.id or event.id,
        address=message.email,
        campaign=mail.sole(message.tags),
    )


def rejected(event: Event, webhook: Webhook) -> Told | None:
    """By `msg.reject.reason`: `email.bounced` (`hard-bounce`, `soft-bounce`), `email.complained`
    (`spam`), `email.unsubscribed` (`unsub`); else unused"""
    decided = REJECTED.get((event.msg.reject and event.msg.reject.reason) or "")
    return told(event, webhook, *decided) if decided else None


WORDS: dict[str, Maker[Event] | None] = {
    "send": Says(EmailSent, told),
    "delivered": Says(EmailDelivered, told),
    "deferral": None,  # Mandrill is still trying
    "hard_bounce": Says(EmailBounced, told, mail.HARD),
    "soft_bounce": Says(EmailBounced, told, mail.SOFT),
    "open": Says(EmailOpened, told),
    "click": Says(EmailClicked, told),
    "spam": Says(EmailComplained, told),
    "unsub": Says(EmailUnsubscribed, told),
    "reject": rejected,
    "inbound": None,
    # its lists of addresses changed: what changed them was an event of its own
    "blacklist": None,
    "whitelist": None,
    "denylist": None,
    "safelist": None,
}


def _events(text: str | None) -> Any:
    if text is None:
        raise invalid(f"{FIELD}: missing")
    try:
        return parse_json(text.encode(errors="surrogatepass"))
    except Refused:
        raise Refused(DeadLetterClass.POISON, f"{FIELD}: not JSON") from None


PROVIDER = Provider(
    name="mandrill",
    model=Event,
    words=WORDS,
    word=("event",),
    opens=events,
    splits=each,
    facts=Facts(
        id="uuid5 of the word, the message's `_id`, the time and the recipient",
        time="`ts` of the event, seconds (`msg.ts` is when the message was sent)",
        ours="`metadata` `person_id`, `study_id`, `purpose`",
        signature="`X-Mandrill-Signature` (HMAC-SHA1 of the webhook's address and its fields, "
        "base64)",
        missing="why a message was rejected, where `msg.reject` does not say so",
    ),
)
