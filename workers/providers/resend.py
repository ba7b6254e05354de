"""Resend webhooks: one event a body, its id only in a header; `to` may hold several."""

from typing import Any

from pydantic import Field, model_validator

from schemas.signals import (
    EmailBounced,
    EmailClicked,
    EmailComplained,
    EmailDelivered,
    EmailOpened,
    EmailSent,
    OfPersonMaybeStudy,
)
from schemas.vocabulary import Permanence
from schemas.webhooks import Webhook
from workers.providers import mail
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload, Reference
from workers.providers.provider import Facts, Maker, Provider, Says

HEADERS = {"x-person-id": "person_id", "x-study-id": "study_id", "x-purpose": "purpose"}
TAGS = frozenset({*HEADERS.values()})


class Why(Part):
    """Why an email was bounced or suppressed."""

    type: str | None = None
    reason: str | None = None


class Click(Part):
    """A click."""

    timestamp: Moment | None = None


class Email(Part):
    """The email; its `created_at` is when it was made, not when this happened."""

    email_id: Reference | None = None
    broadcast_id: Reference | None = None
    to: list[Reference] | None = None
    bounce: Why | None = None
    suppressed: Why | None = None
    click: Click | None = None
    ours: Metadata = Field(default_factory=Metadata)

    @model_validator(mode="before")
    @classmethod
    def _with_ours(cls, told: Any) -> Any:
        return {**told, "ours": _attached(told)} if isinstance(told, dict) else told


class Hook(Payload):
    """The body."""

    word: str = Field(alias="type")
    created_at: Moment | None = None
    data: Email


def told(
    hook: Hook,
    webhook: Webhook,
    kind: type[OfPersonMaybeStudy],
    permanence: Permanence | None = None,
) -> Told:
    """The event as a signal of this kind; of an email to several nobody is named."""
    email, to = hook.data, hook.data.to or []
    clicked = email.click.timestamp if email.click else None
    return mail.told(
        webhook,
        kind,
        permanence,
        word=hook.word,
        at=clicked or hook.created_at,
        ours=email.ours,
        own=webhook.http.get("svix-id"),
        message=email.email_id,
        address=to[0] if len(to) == 1 else None,
        campaign=email.broadcast_id,
        shared=len(to) > 1,
    )


def bounced(hook: Hook, webhook: Webhook) -> Told:
    """`email.bounced` hard for `bounce.type` `Permanent`, soft for any other or none"""
    hard = hook.data.bounce and hook.data.bounce.type == "Permanent"
    return told(hook, webhook, EmailBounced, Permanence.HARD if hard else Permanence.SOFT)


def suppressed(hook: Hook, webhook: Webhook) -> Told:
    """By its reason: hard `email.bounced` (`previous_bounce`), `email.complained`
    (`previous_complaint`); soft `email.bounced` where it is not told which"""
    why = hook.data.suppressed
    for reason in (why.reason, why.type) if why else ():
        if reason in SUPPRESSED:
            return told(hook, webhook, *SUPPRESSED[reason])
    return told(hook, webhook, EmailBounced, Permanence.SOFT)


def tracked(hook: Hook, webhook: Webhook) -> Told | None:
    """`email.opened` or `email.clicked`; unused where the email went to several"""
    if len(hook.data.to or ()) > 1:  # which of them is not told
        return None
    opened = hook.word == "email.opened"
    return told(hook, webhook, EmailOpened if opened else EmailClicked)


SUPPRESSED: dict[str | None, tuple[type[OfPersonMaybeStudy], Permanence | None]] = {
    "previous_bounce": (EmailBounced, Permanence.HARD),
    "previous_complaint": (EmailComplained, None),
}
WORDS: dict[str, Maker[Hook] | None] = {
    "email.scheduled": None,
    "email.sent": Says(EmailSent, told),
    "email.delivered": Says(EmailDelivered, told),
    "email.delivery_delayed": None,  # Resend is still trying
    "email.bounced": bounced,
    "email.suppressed": suppressed,
    "email.complained": Says(EmailComplained, told),
    "email.opened": tracked,
    "email.clicked": tracked,
    "email.failed": None,  # it never left Resend: the sender's matter
    "email.received": None,
}


def _attached(told: dict[str, Any]) -> dict[str, Any]:
    """Ours among the tags (an object, or a list of names and values), else among the headers."""
    tags, headers = told.get("tags"), told.get("headers")
    ours: dict[str, Any] = {}
    for pair in headers if isinstance(headers, list) else ():
        name = str(pair.get("name")).lower() if isinstance(pair, dict) else ""
        if name in HEADERS:
            ours[HEADERS[name]] = pair.get("value")
    for pair in tags if isinstance(tags, list) else ():
        if isinstance(pair, dict) and str(pair.get("name")) in TAGS:
            ours[pair["name"]] = pair.get("value")
    if isinstance(tags, dict):
        ours |= {name: tags[name] for name in TAGS if name in tags}
    return ours


PROVIDER = Provider(
    name="resend",
    model=Hook,
    words=WORDS,
    word=("type",),
    facts=Facts(
        id="header `svix-id` with the word; without it uuid5 of the word, `email_id`, the time "
        "and the recipient",
        time="`created_at` of the body, of a click `data.click.timestamp` (`data.created_at` is "
        "when the email was made)",
        ours="tags `person_id`, `study_id`, `purpose`, or headers `X-Person-Id`, `X-Study-Id`, "
        "`X-Purpose`; of an email to several, no person",
        signature="Svix: `svix-id`, `svix-timestamp`, `svix-signature` (HMAC-SHA256, base64)",
        missing="no event for unsubscribing; which of several recipients it was",
    ),
)
