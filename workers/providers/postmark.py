"""Postmark webhooks: one event a body, told apart by `RecordType`; a bounce also by its `Type`."""

from pydantic import Field

from schemas.signals import (
    EmailBounced,
    EmailClicked,
    EmailComplained,
    EmailDelivered,
    EmailOpened,
    EmailResubscribed,
    EmailUnsubscribed,
    OfPersonMaybeStudy,
)
from schemas.vocabulary import Permanence
from schemas.webhooks import Webhook
from workers.providers import mail
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider, Says


class Event(Payload):
    """The body, whatever its `RecordType`."""

    word: str = Field(alias="RecordType")
    id: str | None = Field(default=None, alias="ID")
    type: str | None = Field(default=None, alias="Type")
    message: Reference | None = Field(default=None, alias="MessageID")
    email: Reference | None = Field(default=None, alias="Email")
    recipient: Reference | None = Field(default=None, alias="Recipient")
    tag: str | None = Field(default=None, alias="Tag")
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="Metadata")
    bounced_at: Moment | None = Field(default=None, alias="BouncedAt")
    delivered_at: Moment | None = Field(default=None, alias="DeliveredAt")
    received_at: Moment | None = Field(default=None, alias="ReceivedAt")
    changed_at: Moment | None = Field(default=None, alias="ChangedAt")
    suppressed: bool | None = Field(default=None, alias="SuppressSending")
    reason: str | None = Field(default=None, alias="SuppressionReason")
    origin: str | None = Field(default=None, alias="Origin")


Decided = tuple[type[OfPersonMaybeStudy], Permanence | None]
SOFT: Decided = (EmailBounced, Permanence.SOFT)
HARD: Decided = (EmailBounced, Permanence.HARD)
BOUNCES: dict[str, Decided | None] = {
    "HardBounce": HARD,
    "BadEmailAddress": HARD,
    "Unsubscribe": (EmailUnsubscribed, None),
    "SpamComplaint": (EmailComplained, None),
    # the message went through, or is still tried, or never left Postmark
    "Transient": None,
    "AutoResponder": None,
    "ChallengeVerification": None,
    "AddressChange": None,
    "Subscribe": None,
    "OpenRelayTest": None,
    "VirusNotification": None,
    "SMTPApiError": None,
    "InboundError": None,
    "TemplateRenderingFailed": None,
    "ManuallyDeactivated": None,
    "Unconfirmed": None,
}
SUPPRESSIONS: dict[str, Decided] = {
    "HardBounce": HARD,
    "SpamComplaint": (EmailComplained, None),
    "ManualSuppression": (EmailUnsubscribed, None),
}


def told(
    event: Event,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind."""
    at = event.bounced_at or event.delivered_at or event.received_at or event.changed_at
    return mail.told(
        webhook,
        kind,
        permanence,
        word=event.word,
        at=at,
        ours=event.ours,
        own=event.id,
        message=event.message,
        address=event.email or event.recipient,
        campaign=mail.sole(event.tag),
    )


def bounced(event: Event, webhook: Webhook) -> Told | None:
    """By its `Type`: `email.bounced` hard (HardBounce, BadEmailAddress), `email.unsubscribed`
    (Unsubscribe), `email.complained` (SpamComplaint); unused where nothing bounced (Transient,
    AutoResponder, Subscribe ...); any other soft"""
    decided = BOUNCES.get(event.type or "", SOFT)
    return told(event, webhook, *decided) if decided else None


def subscription(event: Event, webhook: Webhook) -> Told | None:
    """With `SuppressSending` by its reason: hard `email.bounced` (HardBounce), `email.complained`
    (SpamComplaint), else `email.unsubscribed`. Without: `email.resubscribed`, unused if it was
    not the recipient (`Origin`)"""
    if event.suppressed:
        unsubscribed: Decided = (EmailUnsubscribed, None)
        return told(event, webhook, *SUPPRESSIONS.get(event.reason or "", unsubscribed))
    if event.suppressed is None or event.origin not in (None, "Recipient"):
        return None
    return told(event, webhook, EmailResubscribed)


WORDS: dict[str, Maker[Event] | None] = {
    "Delivery": Says(EmailDelivered, told),
    "Bounce": bounced,
    "SpamComplaint": Says(EmailComplained, told),
    "Open": Says(EmailOpened, told),
    "Click": Says(EmailClicked, told),
    "SubscriptionChange": subscription,
    "Inbound": None,
}


PROVIDER = Provider(
    name="postmark",
    model=Event,
    words=WORDS,
    word=("RecordType",),
    facts=Facts(
        id="`ID` of a bounce or complaint with the word (one ID stands on both); else uuid5 of "
        "the word, `MessageID`, the time and the recipient",
        time="`BouncedAt`, `DeliveredAt`, `ReceivedAt` or `ChangedAt`, with up to seven digits "
        "and any offset",
        ours="`Metadata` `person_id`, `study_id`, `purpose`; `Tag` is the campaign",
        signature="none; basic auth or a header of yours at the edge",
        missing="no event says that an email was sent: `Delivery` is the first",
    ),
)
