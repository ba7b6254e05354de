"""Calendly v2 webhooks: a reschedule comes as two halves, in either order; no word for held."""

from typing import Any

from pydantic import Field, model_validator

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
from workers.providers.ids import derived_id
from workers.providers.outcomes import Told
from workers.providers.payloads import Metadata, Moment, Part, Payload, Reference, ResourceRef
from workers.providers.provider import Facts, Maker, Provider, Says

OURS = "participant-status"
"""The utm_source of a scheduling link that we tagged; anybody else's utm fields are theirs."""


class Tracking(Metadata):
    """The utm fields of the scheduling link, where we tagged it."""

    @model_validator(mode="before")
    @classmethod
    def _only_ours(cls, utm: Any) -> dict[str, Any]:
        if not isinstance(utm, dict) or utm.get("utm_source") != OURS:
            return {}
        return {"person_id": utm.get("utm_content"), "study_id": utm.get("utm_campaign")}


class Cancellation(Part):
    """Who canceled, and when."""

    canceler_type: str | None = None
    created_at: Moment | None = None


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


class Hook(Payload):
    """The body."""

    word: str = Field(alias="event")
    created_at: Moment | None = None
    payload: Invitee


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
    by_host = hook.payload.cancellation and hook.payload.cancellation.canceler_type == "host"
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
}


def _when(hook: Hook) -> Any:
    """The cancellation's own time, else the envelope's; None if the body has neither."""
    cancellation = hook.payload.cancellation if hook.word == "invitee.canceled" else None
    return (cancellation and cancellation.created_at) or hook.created_at


PROVIDER = Provider(
    name="calendly",
    model=Hook,
    words=WORDS,
    word=("event",),
    facts=Facts(
        id="uuid5 of the word, the invitee's (or the no-show's) uri and the time",
        time="`created_at`; of a cancellation `cancellation.created_at`",
        ours=f"utm fields, where `utm_source` is `{OURS}`: person `utm_content`, "
        "study `utm_campaign`",
        signature="`Calendly-Webhook-Signature` (HMAC-SHA256, hex), not checked yet",
        missing="that an interview took place: the clock says so at its end",
    ),
)
