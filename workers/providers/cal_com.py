"""Cal.com webhooks, both versions, wrapped and flat: an element for each person they tell of."""

from typing import Any

from pydantic import AliasChoices, Field, model_validator

from schemas.fields import Id
from schemas.signals import (
    BookingCanceled,
    BookingCompleted,
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
from workers.providers.provider import Facts, Maker, Provider


class Answers(Metadata):
    """What the booking form asked, hidden fields among it: `{slug: {"value": ...}}`."""

    email: Reference | None = None

    @model_validator(mode="before")
    @classmethod
    def _values(cls, asked: Any) -> dict[str, Any]:
        answers = asked if isinstance(asked, dict) else {}
        told = {slug: answer_in(answers.get(slug)) for slug in cls.model_fields}
        return {slug: value for slug, value in told.items() if isinstance(value, str)}


class Attendee(Part):
    """Somebody in a booking."""

    email: Reference | None = None
    no_show: bool | None = Field(default=None, alias="noShow")


class EventType(Part):
    """The kind of meeting, where it is an object."""

    id: Reference | None = None


class Booking(Part):
    """A booking; a new uid after every reschedule."""

    uid: Id = Field(validation_alias=AliasChoices("uid", "bookingUid"))
    status: str | None = None
    starts_at: Moment | None = Field(default=None, alias="startTime")
    ends_at: Moment | None = Field(default=None, alias="endTime")
    old_uid: ResourceRef | None = Field(default=None, alias="rescheduleUid")
    event_type: Reference | None = Field(default=None, alias="eventTypeId")
    event_type_told: EventType | None = Field(default=None, alias="eventType")
    attendees: list[Attendee] | None = None
    organizer: Attendee | None = None
    canceled_by: str | None = Field(default=None, alias="cancelledBy")
    wants_another: bool | None = Field(default=None, alias="requestReschedule")
    host_missed: bool | None = Field(default=None, alias="noShowHost")
    seats: int | None = Field(default=None, alias="seatsPerTimeSlot")
    metadata: Metadata = Field(default_factory=Metadata)
    responses: Answers = Field(default_factory=Answers)


class Hook(Payload):
    """The body as it concerns one person; `attendee` and `shared` come from splitting it."""

    word: str = Field(alias="triggerEvent")
    created_at: Moment | None = Field(default=None, alias="createdAt")
    payload: Booking
    attendee: Attendee | None = None
    shared: bool = False
    """Whether the booking is of several people, so that its uid names nobody."""


def booked(hook: Hook, webhook: Webhook) -> Told | None:
    """`booking.scheduled`, once it is accepted"""
    if not _accepted(hook.payload):
        return None
    return told(hook, webhook, BookingScheduled, **_times(hook.payload))


def moved(hook: Hook, webhook: Webhook) -> Told | None:
    """`booking.rescheduled`, which replaces `rescheduleUid`; once it is accepted"""
    booking = hook.payload
    if not _accepted(booking):
        return None
    old = {"replaces": booking.old_uid} if booking.old_uid not in (None, "", booking.uid) else {}
    return told(hook, webhook, BookingRescheduled, **_times(booking), **old)


def canceled(hook: Hook, webhook: Webhook) -> Told:
    """`booking.canceled`, by the host if `cancelledBy` is no attendee, or to be booked again"""
    booking = hook.payload
    by = (booking.canceled_by or "").lower()
    theirs = {(one.email or "").lower() for one in booking.attendees or ()}
    host = ((booking.organizer and booking.organizer.email) or "").lower()
    by_host = booking.wants_another or (by and (by == host or (theirs and by not in theirs)))
    return told(
        hook, webhook, BookingCanceled, by=Canceler.HOST if by_host else Canceler.PARTICIPANT
    )


def marked(hook: Hook, webhook: Webhook) -> Told | None:
    """For each attendee `booking.no_show`, or with `noShow` false `booking.no_show_undone`"""
    if hook.attendee is None or hook.attendee.no_show is None:
        return None
    return told(hook, webhook, BookingNoShow if hook.attendee.no_show else BookingNoShowUndone)


def missed(hook: Hook, webhook: Webhook) -> Told | None:
    """For each guest who did not join `booking.no_show`"""
    return told(hook, webhook, BookingNoShow) if hook.attendee else None


def ended(hook: Hook, webhook: Webhook) -> Told | None:
    """`booking.completed` at `endTime`, unless the host or the attendee is marked as absent"""
    absent = hook.payload.host_missed or (hook.attendee and hook.attendee.no_show)
    if absent or not _accepted(hook.payload):
        return None
    return told(hook, webhook, BookingCompleted)


def told(hook: Hook, webhook: Webhook, kind: type[OfParticipant], **fields: Any) -> Told:
    """The event as a signal of this kind."""
    booking, word, address = hook.payload, hook.word, _address(hook)
    person, study = _named(hook, "person_id"), _named(hook, "study_id")
    # a meeting's createdAt is the booking's creation
    at = booking.ends_at if word == "MEETING_ENDED" else hook.created_at
    one_persons = not hook.shared and not booking.seats
    references = {
        "booking_id": booking.uid if one_persons else None,
        "event_type": booking.event_type
        or (booking.event_type_told and booking.event_type_told.id),
        "address": address,
    }
    return Told(
        word=word,
        kind=kind,
        id=derived_id(
            webhook, word, kind, resource=booking.uid, at=at, recipient=person or address
        ),
        occurred_at=at or webhook.received_at,
        person_id=person,
        study_id=study,
        fields={"booking_id": booking.uid, **fields},
        references={name: told for name, told in references.items() if told},
    )


WORDS: dict[str, Maker[Hook] | None] = {
    "BOOKING_CREATED": booked,
    "INSTANT_MEETING_ACCEPTED": booked,
    "BOOKING_RESCHEDULED": moved,
    "BOOKING_CANCELLED": canceled,
    "BOOKING_NO_SHOW_UPDATED": marked,
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": missed,
    "MEETING_ENDED": ended,
    "BOOKING_REQUESTED": None,  # not accepted yet
    "BOOKING_REJECTED": None,  # never was a booking
    "BOOKING_PAID": None,
    "BOOKING_PAYMENT_INITIATED": None,
    "BOOKING_LOCATION_UPDATED": None,
    "BOOKING_REASSIGNED": None,
    "MEETING_STARTED": None,  # by the clock, whoever is there
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW": None,  # says nothing about the participant
    "INSTANT_MEETING": None,
    "RECORDING_READY": None,
    "RECORDING_TRANSCRIPTION_GENERATED": None,
    "FORM_SUBMITTED": None,
    "FORM_SUBMITTED_NO_EVENT": None,
    "ROUTING_FORM_FALLBACK_HIT": None,
    "WRONG_ASSIGNMENT_REPORT": None,
    "OOO_CREATED": None,
    "DELEGATION_CREDENTIAL_ERROR": None,
    "DELEGATION_CREDENTIAL_SECRET_ROTATED": None,
    "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED": None,
    "DELEGATION_CREDENTIAL_ROTATION_REQUIRED": None,
    "PING": None,
}
EACH = {
    # these tell of everybody in a list, not of who booked
    "BOOKING_NO_SHOW_UPDATED": ("attendees",),
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": ("guests", "attendees"),
    "MEETING_ENDED": ("attendees",),
}


def people_in(opened: Any) -> list[Any]:
    """The body once for each person it tells of; a flat body's booking is the body itself."""
    if not isinstance(opened, dict):
        return [opened]
    booking = opened.get("payload", opened)
    hook = {name: opened[name] for name in ("triggerEvent", "createdAt") if name in opened}
    word = hook.get("triggerEvent")
    if not isinstance(booking, dict) or not isinstance(word, str) or word not in EACH:
        return [hook | {"payload": booking}]
    everybody = _list_in(booking, EACH[word])
    listed = _who_booked(booking, everybody) if word == "MEETING_ENDED" else everybody
    if word == "AFTER_GUESTS_CAL_VIDEO_NO_SHOW":
        listed = _absent(listed)
    # the lists are left out: each person's element would look at everybody
    one = hook | {"payload": {n: told for n, told in booking.items() if n not in LISTS}}
    shared = len(everybody) > 1 and not (word == "MEETING_ENDED" and listed is not everybody)
    return [one | {"attendee": attendee, "shared": shared} for attendee in listed] or [one]


LISTS = frozenset({"attendees", "guests", "participants"})


def answer_in(answer: Any) -> Any:
    """The value of one answer; older and instant bookings give it bare."""
    return answer.get("value") if isinstance(answer, dict) else answer


def _list_in(booking: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    lists = (booking.get(name) for name in names)
    return next((told for told in lists if isinstance(told, list) and told), [])


def _who_booked(booking: dict[str, Any], everybody: list[Any]) -> list[Any]:
    """Whoever filled in the form, without the guests they brought; else everybody (seats)."""
    answers = booking.get("responses")
    email = answer_in(answers.get("email")) if isinstance(answers, dict) else None
    booker = [one for one in everybody if isinstance(one, dict) and one.get("email") == email]
    return booker[:1] if email and booker else everybody


def _absent(listed: list[Any]) -> list[Any]:
    """Those marked; in older bodies nobody is, and all are meant."""
    flagged = [one for one in listed if isinstance(one, dict) and one.get("noShow") is True]
    return flagged or listed


def _accepted(booking: Booking) -> bool:
    return (booking.status or "ACCEPTED").upper() == "ACCEPTED"


def _times(booking: Booking) -> dict[str, Any]:
    times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    return {name: time for name, time in times.items() if time}


def _address(hook: Hook) -> str | None:
    """The person's: of a seat its own attendee, else who filled in the form."""
    first = hook.payload.attendees[0].email if hook.payload.attendees else None
    if hook.attendee:
        return hook.attendee.email
    return first if hook.payload.seats else hook.payload.responses.email or first


def _named(hook: Hook, name: str) -> str | None:
    """Our id: from the link's metadata, else a hidden field; of several people's neither."""
    if hook.shared:
        return None
    answers = None if hook.payload.seats else getattr(hook.payload.responses, name)
    return getattr(hook.payload.metadata, name) or answers or None


PROVIDER = Provider(
    name="cal_com",
    model=Hook,
    words=WORDS,
    word=("triggerEvent",),
    splits=people_in,
    facts=Facts(
        id="uuid5 of the trigger, the booking's uid, the time and the person",
        time="`createdAt`; of `MEETING_ENDED` `endTime` (its `createdAt` is the booking's)",
        ours="`metadata` of the link (`?metadata[person_id]=p1`), else hidden booking fields "
        "`person_id`, `study_id`",
        signature="`X-Cal-Signature-256` (HMAC-SHA256, hex), where a secret is set; "
        "see [signatures](signatures.md)",
        missing="who is meant by a no-show or a meeting of several people, but by their addresses; "
        "a payload template of your own may leave out what we need",
    ),
)
