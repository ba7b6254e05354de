"""Mailjet webhooks: single events, or arrays of them; `sent` means that it was delivered."""

from pydantic import Field

from schemas.signals import (
    EmailBounced,
    EmailClicked,
    EmailComplained,
    EmailDelivered,
    EmailOpened,
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
    """One event; a message's number is larger than a float can hold."""

    word: str = Field(alias="event")
    time: Seconds
    number: Reference | None = Field(default=None, alias="MessageID")
    guid: Reference | None = Field(default=None, alias="Message_GUID")
    email: Reference | None = None
    campaign: Reference | None = Field(default=None, alias="customcampaign")
    hard_bounce: bool | None = None
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="Payload")


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
        at=instant(event.time),
        ours=event.ours,
        message=event.number or event.guid,
        address=event.email,
        campaign=event.campaign or None,
    )


def bounced(event: Event, webhook: Webhook) -> Told:
    """`email.bounced` hard where `hard_bounce` is true, else soft"""
    hard = event.hard_bounce
    return told(event, webhook, EmailBounced, Permanence.HARD if hard else Permanence.SOFT)


WORDS: dict[str, Maker[Event] | None] = {
    "sent": Says(EmailDelivered, told),  # the receiving server took it
    "bounce": bounced,
    "blocked": bounced,
    "spam": Says(EmailComplained, told),
    "unsub": Says(EmailUnsubscribed, told),
    "open": Says(EmailOpened, told),
    "click": Says(EmailClicked, told),
}


PROVIDER = Provider(
    name="mailjet",
    model=Event,
    words=WORDS,
    word=("event",),
    many=True,
    facts=Facts(
        id="uuid5 of the word, `MessageID` (else `Message_GUID`), the time and the recipient",
        time="`time`, seconds",
        ours="`Payload` (`EventPayload` of the email), holding JSON: `person_id`, `study_id`, "
        "`purpose`; `customcampaign` is the campaign",
        signature="none; basic auth at the edge",
        missing="no event says that an email was handed over: `sent` means delivered",
    ),
)
