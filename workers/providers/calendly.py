"""Calendly webhooks, v2 and v1: a reschedule comes as two halves in any order; none for held."""

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from schemas.fields import Id
from schemas.signals import (
    BookingCanceled,
    BookingNoShow,
    BookingNoShowUndone,
    BookingRescheduled,
    BookingScheduled,
    OfParticipant,
)
from schemas.vocabulary import Canceler
from schemas.webhooks import Webhook
from workers.providers.attached import OURS, Tracking
from workers.providers.calendly_v1 import First
from workers.providers.ids import derived_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Moment, Part, Payload, Reference, ResourceRef
from workers.providers.provider import Facts, Maker, Provider, Says


class Cancellation(Part):
    """Who canceled, and when."""

    canceler_type: str | None = None
    created_at: Moment | None = None

    @property
    def by_host(self) -> bool:
        """Whether it was the host; anybody else is the participant."""
        return self.canceler_type == "host"


class Meeting(Part):
    """The slot that was booked."""

    event_type: Reference | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None


class Mark(Part):
    """A no-show as a thing of its own: marked again, it is another one."""

    uri: Reference | None = None


class Invitee(Part):
    """One person's place in a meeting; its uri is our booking id."""

    uri: Id
    email: Reference | None = None
    old_invitee: ResourceRef | None = None
    rescheduled: bool | None = None
    tracking: Tracking = Field(default_factory=Tracking)
    cancellation: Cancellation | None = None
    scheduled_event: Meeting | None = None
    no_show: Mark | None = None


def version(payload: Any) -> str:
    """v1 has the invitee as an object of its own; in v2 the payload is the invitee."""
    return "v1" if isinstance(payload, dict) and isinstance(payload.get("invitee"), dict) else "v2"


class Hook(Payload):
    """The body."""

    word: str = Field(alias="event")
    created_at: Moment | None = None
    time: Moment | None = None
    payload: Annotated[
        Annotated[Invitee, Tag("v2")] | Annotated[First, Tag("v1")], Discriminator(version)
    ]


def booked(hook: Hook, webhook: Webhook) -> Told:
    """`booking.scheduled`; with `old_invitee` `booking.rescheduled`, which replaces that one"""
    invitee, meeting = hook.payload, hook.payload.scheduled_event
    fields: dict[str, Any] = {}
    if meeting and meeting.start_time:
        fields["starts_at"] = meeting.start_time
    if meeting and meeting.end_time:
        fields["ends_at"] = meeting.end_time
    if not invitee.old_invitee:
        return told(hook, webhook, BookingScheduled, **fields)
    return told(hook, webhook, BookingRescheduled, **fields, replaces=invitee.old_invitee)


def canceled(hook: Hook, webhook: Webhook) -> Told | None:
    """`booking.canceled`; as half of a reschedule (`rescheduled`) unused"""
    if hook.payload.rescheduled:
        return None
    by_host = hook.payload.cancellation and hook.payload.cancellation.by_host
    return told(
        hook, webhook, BookingCanceled, by=Canceler.HOST if by_host else Canceler.PARTICIPANT
    )


def told(hook: Hook, webhook: Webhook, kind: type[OfParticipant], **fields: Any) -> Told:
    """The event as a signal of this kind."""
    invitee, word = hook.payload, hook.word
    person = invitee.tracking.person_id or None
    at = _when(hook)
    references = {
        "booking_id": invitee.uri,
        "event_type": invitee.scheduled_event and invitee.scheduled_event.event_type,
        "address": invitee.email,
    }
    resource = (invitee.no_show and invitee.no_show.uri) or invitee.uri
    return Told(
        word=word,
        kind=kind,
        id=derived_id(
            webhook, word, kind, resource=resource, at=at, recipient=person or invitee.email
        ),
        occurred_at=at or webhook.received_at,
        person_id=person,
        study_id=invitee.tracking.study_id or None,
        fields={"booking_id": invitee.uri, **fields},
        references={name: told for name, told in references.items() if told},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "invitee.created": booked,
    "invitee.canceled": canceled,
    "invitee_no_show.created": Says(BookingNoShow, told),
    "invitee_no_show.deleted": Says(BookingNoShowUndone, told),
    "routing_form_submission.created": None,
    "event_type.created": None,
    "event_type.updated": None,
    "event_type.deleted": None,
    "meeting_recap.created": None,
    "meeting_recap.updated": None,
    "meeting_recap.deleted": None,
    "contact.created": None,
    "contact.updated": None,
    "contact.deleted": None,
}


def _when(hook: Hook) -> Any:
    """The cancellation's own time, else the envelope's; None if the body has neither."""
    cancellation = hook.payload.cancellation if hook.word == "invitee.canceled" else None
    return (cancellation and cancellation.created_at) or hook.created_at or hook.time


PROVIDER = Provider(
    name="calendly",
    model=Hook,
    words=WORDS,
    word=("event",),
    facts=Facts(
        id="uuid5 of the word, the invitee's (or the no-show's) uri (v1: uuid) and the time",
        time="`created_at` (v1: `time`); of a cancellation `cancellation.created_at` (v1: "
        "`canceled_at`)",
        ours=f"utm fields, where `utm_source` is `{OURS}`: person `utm_content`, "
        "study `utm_campaign`",
        signature="`Calendly-Webhook-Signature` (HMAC-SHA256, hex); "
        "see [signatures](signatures.md)",
        missing="that an interview took place: the clock says so at its end",
    ),
)
