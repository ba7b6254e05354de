"""Amazon SES through SNS, both forms of notice; one notice may be about several recipients."""

from typing import Any

from pydantic import Field, ValidationError, model_validator

from schemas.codec import Refused, parse_json
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
from schemas.vocabulary import DeadLetterClass, Permanence
from schemas.webhooks import Webhook
from workers.providers import mail as email
from workers.providers.outcomes import Told, Unused
from workers.providers.payloads import Metadata, Moment, Part, Payload, Reference
from workers.providers.provider import MAX_ELEMENTS, Facts, Maker, Provider, Says, json_body

VALIDATED = "Successfully validated SNS topic"
"""How the plain text begins that SES sends once to a new topic."""
DETAILS = {
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Delivery": "delivery",
    "Open": "open",
    "Click": "click",
    "Subscription": "subscription",
}
HEADERS = {"x-person-id": "person_id", "x-study-id": "study_id", "x-purpose": "purpose"}
OURS = frozenset({*HEADERS.values(), "campaign"})
NOT_THE_PERSON = frozenset({"not-spam", "auth-failure", "virus"})
"""Reports in which nobody complains: a machine's, or one that takes a complaint back."""


class Ours(Metadata):
    """What the sender attached to the message."""

    campaign: Reference | None = None


class Recipient(Part):
    """Somebody a report is about."""

    email: Reference | None = Field(default=None, alias="emailAddress")


class Topic(Part):
    """One topic of a contact list."""

    status: str | None = Field(default=None, alias="subscriptionStatus")


class Preferences(Part):
    """What somebody wants to receive."""

    none: bool | None = Field(default=None, alias="unsubscribeAll")
    topics: list[Topic] | None = Field(default=None, alias="topicSubscriptionStatus")

    @property
    def out(self) -> bool:
        """Whether they turn anything down."""
        return bool(self.none) or any(topic.status == "OptOut" for topic in self.topics or ())


class Detail(Part):
    """What is told beside the mail, whatever its word."""

    timestamp: Moment | None = None
    feedback_id: Reference | None = Field(default=None, alias="feedbackId")
    bounce_type: str | None = Field(default=None, alias="bounceType")
    complaint_type: str | None = Field(default=None, alias="complaintFeedbackType")
    bounced: list[Recipient] | None = Field(default=None, alias="bouncedRecipients")
    complained: list[Recipient] | None = Field(default=None, alias="complainedRecipients")
    recipients: list[Reference] | None = None
    new: Preferences | None = Field(default=None, alias="newTopicPreferences")
    old: Preferences | None = Field(default=None, alias="oldTopicPreferences")


class Mail(Part):
    """The message as it was sent."""

    timestamp: Moment | None = None
    message_id: Reference | None = Field(default=None, alias="messageId")
    destination: list[Reference] | None = None
    ours: Ours = Field(default_factory=Ours)

    @model_validator(mode="before")
    @classmethod
    def _with_ours(cls, told: Any) -> Any:
        return {**told, "ours": _attached(told)} if isinstance(told, dict) else told


class Notice(Payload):
    """One notice, for one of its recipients."""

    mail: Mail = Field(default_factory=Mail)
    detail: Detail = Field(default_factory=Detail)
    form: str = ""
    sent_by_sns: Moment | None = None
    recipient: Reference | None = None

    @property
    def addresses(self) -> list[str]:
        """Whom it is about: those reported, else those whom the message went to."""
        detail = self.detail
        reported = [one.email or "" for one in (detail.bounced or detail.complained or ())]
        return reported or detail.recipients or self.mail.destination or []


def notice(webhook: Webhook) -> Any:
    """The notice inside SNS's envelope, or bare where raw delivery is on."""
    body = json_body(webhook)
    if not isinstance(body, dict):
        return body
    if "eventType" in body or "notificationType" in body:
        return _notice(body, None)
    if body.get("Type") != "Notification" or not isinstance(body.get("Message"), str):
        return {"word": body.get("Type")}
    if body["Message"].startswith(VALIDATED):
        return {"word": VALIDATED}
    return _notice(_message(body["Message"]), body.get("Timestamp"))


def for_each_recipient(opened: Any) -> list[Any]:
    """The notice once for each whom it is about; one that is broken stays as it is."""
    try:
        whole = Notice.model_validate(opened)
    except ValidationError:
        return [opened]
    if len(whole.addresses) < 2 or whole.word in ("Open", "Click", "Subscription"):
        return [whole.model_copy(update={"recipient": (*whole.addresses, None)[0]})]
    some = whole.addresses[: MAX_ELEMENTS + 1]
    return [whole.model_copy(update={"recipient": one}) for one in some]


def told(
    event: Notice,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The notice as a signal of this kind about its recipient."""
    # a message is sent when SES takes it: only then `mail.timestamp` is the event's own time
    own = event.mail.timestamp if event.word == "Send" else event.detail.timestamp
    return email.told(
        webhook,
        kind,
        permanence,
        word=event.word,
        at=own or event.sent_by_sns,
        ours=event.mail.ours,
        resource=f"{event.form}/{event.detail.feedback_id or event.mail.message_id or ''}",
        message=event.mail.message_id,
        address=event.recipient,
        campaign=event.mail.ours.campaign,
        shared=_shared(event),
    )


def bounced(event: Notice, webhook: Webhook) -> Told:
    """`email.bounced` hard for bounceType `Permanent`, soft for any other or none"""
    hard = event.detail.bounce_type == "Permanent"
    return told(event, webhook, EmailBounced, Permanence.HARD if hard else Permanence.SOFT)


def complained(event: Notice, webhook: Webhook) -> Told | None:
    """`email.complained`; unused for the types `not-spam`, `auth-failure`, `virus`"""
    if event.detail.complaint_type in NOT_THE_PERSON:
        return None
    return told(event, webhook, EmailComplained)


def tracked(event: Notice, webhook: Webhook) -> Told | None:
    """`email.opened` or `email.clicked`; unused where the message went to several"""
    if _shared(event):  # which of them is not told
        return None
    return told(event, webhook, EmailOpened if event.word == "Open" else EmailClicked)


def subscribed(event: Notice, webhook: Webhook) -> Told | None:
    """`email.unsubscribed` if the new preferences turn anything down; `email.resubscribed` if
    only the old ones did; else unused"""
    new, old = event.detail.new, event.detail.old
    if new and new.out:
        return told(event, webhook, EmailUnsubscribed)
    return told(event, webhook, EmailResubscribed) if new and old and old.out else None


def connection(event: Notice, webhook: Webhook) -> Unused:
    """unused; operators are told: see [Amazon SES](#amazon-ses)"""
    return Unused(event.word, for_operators=True)


WORDS: dict[str, Maker[Notice] | None] = {
    "Send": Says(EmailSent, told),
    "Delivery": Says(EmailDelivered, told),
    "DeliveryDelay": None,  # SES is still trying
    "Bounce": bounced,
    "Complaint": complained,
    "Open": tracked,
    "Click": tracked,
    "Subscription": subscribed,
    "Reject": None,  # SES found a virus: the sender's matter
    "Rendering Failure": None,
    "AmazonSnsSubscriptionSucceeded": None,
    VALIDATED: None,
    "SubscriptionConfirmation": connection,
    "UnsubscribeConfirmation": connection,
}


def _message(text: str) -> Any:
    try:
        return parse_json(text.encode(errors="surrogatepass"))
    except Refused:
        raise Refused(DeadLetterClass.POISON, "Message: not JSON") from None


def _notice(message: Any, sent: Any) -> Any:
    if not isinstance(message, dict):
        return message
    form = "eventType" if message.get("eventType") else "notificationType"
    word = message.get(form)
    detail = DETAILS.get(word) if isinstance(word, str) else None
    return {
        "word": word,
        "form": form,
        "mail": message.get("mail") or {},
        "detail": message.get(detail) or {} if detail else {},
        "sent_by_sns": sent,
    }


def _attached(told: dict[str, Any]) -> dict[str, Any]:
    """Ours among the tags, whose values are lists, else among the headers that SES repeats."""
    tags, headers = told.get("tags"), told.get("headers")
    ours: dict[str, Any] = {}
    for header in headers if isinstance(headers, list) else ():
        name = str(header.get("name")).lower() if isinstance(header, dict) else ""
        if name in HEADERS:
            ours[HEADERS[name]] = header.get("value")
    if isinstance(tags, dict):
        ours |= {name: tag for name in OURS if (tag := email.sole(tags.get(name)))}
    return ours


def _shared(event: Notice) -> bool:
    return len(event.mail.destination or event.addresses) > 1


PROVIDER = Provider(
    name="ses",
    model=Notice,
    words=WORDS,
    word=("word",),
    opens=notice,
    splits=for_each_recipient,
    facts=Facts(
        id="uuid5 of form, word, `feedbackId` (else the message's id), time and recipient: a "
        "notice may be about several, and raw delivery has no `MessageId` of SNS's in the body",
        time="`timestamp` beside the recipients; of `Send` `mail.timestamp` (of others that is "
        "when the message was sent); else SNS's `Timestamp`",
        ours="message tags `person_id`, `study_id`, `purpose`, `campaign`; where the notice "
        "includes the headers, also `X-Person-Id`, `X-Study-Id`, `X-Purpose`. Of a message to "
        "several, no person",
        signature="SNS's: RSA over the envelope's fields, with the certificate at `SigningCertURL`",
        missing="notices without headers and configuration set carry no tags: the message's link "
        "or the address must do; which of several recipients opened or clicked",
    ),
)
