"""Brevo webhooks: one event a body; its `id` is the webhook's, its `date` has no zone."""

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
from workers.providers.outcomes import Told
from workers.providers.payloads import Payload, Reference, Seconds, instant
from workers.providers.provider import Facts, Maker, Provider, Says


class Event(Payload):
    """The body."""

    word: str = Field(alias="event")
    ts_event: Seconds | None = None
    ts_epoch: Seconds | None = None
    email: Reference | None = None
    message: Reference | None = Field(default=None, alias="message-id")
    tags: Any = None
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="X-Mailin-custom")


def told(
    event: Event,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind."""
    seconds = event.ts_event or event.ts_epoch
    return mail.told(
        webhook,
        kind,
        permanence,
        word=event.word,
        at=instant(seconds) if seconds else None,
        ours=event.ours,
        message=event.message,
        address=event.email,
        campaign=mail.sole(event.tags),
    )


WORDS: dict[str, Maker[Event] | None] = {
    "request": Says(EmailSent, told),
    "delivered": Says(EmailDelivered, told),
    "deferred": None,  # Brevo is still trying
    "soft_bounce": Says(EmailBounced, told, mail.SOFT),
    "hard_bounce": Says(EmailBounced, told, mail.HARD),
    "invalid_email": Says(EmailBounced, told, mail.HARD),
    "blocked": Says(EmailBounced, told, mail.SOFT),  # not sent; for which earlier reason is untold
    "error": None,  # it never left Brevo: the sender's matter
    "complaint": Says(EmailComplained, told),
    "spam": Says(EmailComplained, told),
    "unsubscribed": Says(EmailUnsubscribed, told),
    "opened": Says(EmailOpened, told),
    "unique_opened": Says(EmailOpened, told),
    "proxy_open": None,  # a mail program's proxy, not a person
    "unique_proxy_open": None,
    "click": Says(EmailClicked, told),
}


PROVIDER = Provider(
    name="brevo",
    model=Event,
    words=WORDS,
    word=("event",),
    many=True,
    facts=Facts(
        id="uuid5 of the word, `message-id`, the time and the recipient (`id` is the webhook's)",
        time="`ts_event`, seconds, else `ts_epoch`, milliseconds (`date` has no zone; `ts` is when "
        "the webhook was made)",
        ours="header `X-Mailin-custom` of the email, holding JSON: `person_id`, `study_id`, "
        "`purpose`",
        signature="none; basic auth or a token at the edge",
        missing="why an email was `blocked`: soft, as it was not delivered",
    ),
)
