"""A tracked person as a small JSON document and back: the snapshot kept per person."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from schemas.fields import format_instant
from schemas.signals import Key
from schemas.vocabulary import (
    BookingState,
    ContactStatus,
    ReasonCause,
    RewardState,
    Stage,
    Status,
)
from workers.domain.changes import Published, PublishedContact, PublishedParticipant
from workers.domain.person import NO_CAUSES, Booking, Causes, Participant, Person, Reward
from workers.domain.tracking import Tracked

Json = dict[str, Any]
T = TypeVar("T")


def dump(tracked: Tracked) -> Json:
    """The document of a tracked person; equal people make equal documents."""
    person, published = tracked.person, tracked.published
    contact = published.contact
    return _lean(
        key=_dump_key(person.key),
        participants=_dump_each(person.participants, _dump_participant),
        causes=_dump_causes(person.causes),
        addresses=sorted(person.addresses),
        properties=dict(person.properties),
        contact=[contact.status, _dump_time(contact.until), contact.sequence]
        if contact.sequence
        else None,
        published=_dump_each(published.participants, lambda p: [p.status, p.stage, p.sequence]),
        due_at=_dump_time(tracked.due_at),
    )


def load(document: Json) -> Tracked:
    """The tracked person of a document."""
    get = document.get
    person = Person(
        key=_load_key(get("key")),
        participants=_load_each(get("participants"), _load_participant),
        causes=_load_causes(get("causes")),
        addresses=frozenset(get("addresses", ())),
        properties=get("properties", {}),
    )
    participants = _load_each(get("published"), _load_published)
    return Tracked(person, Published(_load_contact(get("contact")), participants), _time(document))


def _time(document: Json) -> datetime | None:
    return _load_time(document.get("due_at"))


def _lean(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value not in (None, {}, [])}


def _dump_time(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None


def _load_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _dump_key(key: Key | None) -> list[Any] | None:
    return [format_instant(key[0]), key[1], key[2]] if key else None


def _load_key(told: list[Any] | None) -> Key | None:
    return (datetime.fromisoformat(told[0]), told[1], told[2]) if told else None


def _dump_each(of: Mapping[str, T], dumped: Callable[[T], Any]) -> Json:
    return {name: dumped(of[name]) for name in sorted(of)}


def _load_each(told: Json | None, loaded: Callable[[Any], T]) -> dict[str, T]:
    return {name: loaded(value) for name, value in told.items()} if told else {}


def _dump_participant(participant: Participant) -> Json:
    return _lean(
        status=participant.status,
        key=_dump_key(participant.key),
        invited_at=_dump_time(participant.invited_at),
        survey_completed_at=_dump_time(participant.survey_completed_at),
        test_completed_at=_dump_time(participant.test_completed_at),
        overridden=participant.overridden or None,
        bookings=_dump_each(participant.bookings, _dump_booking),
        rewards=_dump_each(participant.rewards, _dump_reward),
    )


def _load_participant(told: Json) -> Participant:
    get = told.get
    return Participant(
        status=Status(told["status"]),
        key=_load_key(get("key")),
        invited_at=_load_time(get("invited_at")),
        survey_completed_at=_load_time(get("survey_completed_at")),
        test_completed_at=_load_time(get("test_completed_at")),
        overridden=bool(get("overridden")),
        bookings=_load_each(get("bookings"), _load_booking),
        rewards=_load_each(get("rewards"), _load_reward),
    )


def _dump_booking(booking: Booking) -> list[Any]:
    times = (booking.starts_at, booking.ends_at, booking.at)
    return [booking.state, *map(_dump_time, times)]


def _load_booking(told: list[Any]) -> Booking:
    at = datetime.fromisoformat(told[3])
    return Booking(BookingState(told[0]), _load_time(told[1]), _load_time(told[2]), at)


def _dump_reward(reward: Reward) -> list[Any]:
    return [reward.state, _dump_time(reward.at), reward.amount_cents, reward.currency]


def _load_reward(told: list[Any]) -> Reward:
    return Reward(RewardState(told[0]), datetime.fromisoformat(told[1]), told[2], told[3])


def _dump_causes(causes: Causes) -> Json:
    if causes is NO_CAUSES:
        return {}
    return _lean(
        opted_out=sorted(causes.opted_out),
        hard_bounced=causes.hard_bounced or None,
        blocklisted=causes.blocklisted or None,
        unblocklisted_at=_dump_time(causes.unblocklisted_at),
        do_not_contact=causes.do_not_contact or None,
        cooldown_until=_dump_time(causes.cooldown_until),
    )


def _load_causes(told: Json | None) -> Causes:
    if not told:
        return NO_CAUSES
    return Causes(
        opted_out=frozenset(ReasonCause(cause) for cause in told.get("opted_out", ())),
        hard_bounced=bool(told.get("hard_bounced")),
        blocklisted=bool(told.get("blocklisted")),
        unblocklisted_at=_load_time(told.get("unblocklisted_at")),
        do_not_contact=bool(told.get("do_not_contact")),
        cooldown_until=_load_time(told.get("cooldown_until")),
    )


def _load_contact(told: list[Any] | None) -> PublishedContact:
    if not told:
        return PublishedContact()
    return PublishedContact(ContactStatus(told[0]), _load_time(told[1]), told[2])


def _load_published(told: list[Any]) -> PublishedParticipant:
    return PublishedParticipant(Status(told[0]), Stage(told[1]), told[2])
