"""SparkPost webhooks: arrays of `{"msys": {class: event}}`; one without a class is a ping."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

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
from workers.providers.payloads import Payload, Reference, Seconds, instant, parse_moment
from workers.providers.provider import MAX_ELEMENTS, Facts, Maker, Provider, Says, as_they_come

PING = "ping"
HARD_CLASSES = frozenset({10, 30, 90})
"""Invalid recipient; no recipient; an unsubscribe request that bounced back."""
NO_BOUNCES = frozenset({60, 80, 100})
"""Auto-reply; a subscribe request; a challenge: somebody received the email."""


def _seconds(told: Any) -> Any:
    """A time as SparkPost writes it: seconds in a text, or now and then ISO."""
    if isinstance(told, str) and "T" in told:
        return parse_moment(told).timestamp()
    return told


class Event(Payload):
    """One event, out of its class."""

    word: str = Field(alias="type")
    event_id: str | None = None
    timestamp: Annotated[Seconds, BeforeValidator(_seconds)] | None = None
    message_id: Reference | None = None
    transmission_id: Reference | None = None
    campaign_id: Reference | None = None
    rcpt_to: Reference | None = None
    raw_rcpt_to: Reference | None = None
    bounce_class: int | None = None
    is_prefetched: bool | None = None
    ours: mail.Attached = Field(default_factory=mail.Attached, alias="rcpt_meta")


def events(opened: Any) -> list[Any]:
    """Every event out of its class."""
    found = (event for part in as_they_come(opened) for event in _inside(part))
    return [event for event, _ in zip(found, range(MAX_ELEMENTS + 1), strict=False)]


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
        at=instant(event.timestamp) if event.timestamp else None,
        ours=event.ours,
        own=event.event_id,
        message=event.message_id or event.transmission_id,
        address=event.raw_rcpt_to or event.rcpt_to,
        campaign=event.campaign_id,
    )


def bounced(event: Event, webhook: Webhook) -> Told | None:
    """`email.bounced` hard for `bounce_class` 10, 30, 90; unused for 60, 80, 100 (auto-reply,
    subscribe, challenge); else soft"""
    if event.bounce_class in NO_BOUNCES:
        return None
    hard = event.bounce_class in HARD_CLASSES
    return told(event, webhook, EmailBounced, Permanence.HARD if hard else Permanence.SOFT)


def seen(event: Event, webhook: Webhook) -> Told | None:
    """`email.opened`; unused if a machine fetched it beforehand (`is_prefetched`)"""
    return None if event.is_prefetched else told(event, webhook, EmailOpened)


WORDS: dict[str, Maker[Event] | None] = {
    "injection": Says(EmailSent, told),
    "delivery": Says(EmailDelivered, told),
    "delay": None,  # SparkPost is still trying
    "bounce": bounced,
    "out_of_band": bounced,
    "policy_rejection": None,  # it never left SparkPost
    "generation_failure": None,
    "generation_rejection": None,
    "spam_complaint": Says(EmailComplained, told),
    "list_unsubscribe": Says(EmailUnsubscribed, told),
    "link_unsubscribe": Says(EmailUnsubscribed, told),
    "open": seen,
    "initial_open": seen,
    "click": Says(EmailClicked, told),
    "amp_open": seen,
    "amp_initial_open": seen,
    "amp_click": Says(EmailClicked, told),
    PING: None,
}


def _inside(part: Any) -> Iterator[Any]:
    msys = part.get("msys") if isinstance(part, dict) else None
    if not isinstance(msys, dict):
        yield None if isinstance(part, dict) else part
    elif not msys:
        yield {"type": PING}
    else:
        yield from msys.values()


PROVIDER = Provider(
    name="sparkpost",
    model=Event,
    words=WORDS,
    word=("type",),
    splits=events,
    facts=Facts(
        id="`event_id` with the word; without it uuid5 of the word, `message_id` (else "
        "`transmission_id`), the time and the recipient",
        time="`timestamp`, seconds as text, sometimes ISO; without it the time of receipt",
        ours="metadata of the recipient or transmission (`rcpt_meta`): `person_id`, `study_id`, "
        "`purpose`; `campaign_id` is the campaign",
        signature="none; basic auth or OAuth at the edge",
        missing="why a recipient was suppressed (`generation_rejection`, `policy_rejection`)",
    ),
)
