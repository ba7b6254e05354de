"""A person as their signals add up to: statuses, records and causes; small and without a clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas.signals import BookingEnded, Key
from schemas.vocabulary import BookingState, ReasonCause, RewardState, Status


@dataclass(frozen=True, slots=True)
class Booking:
    """One interview slot. `at` is when its state began: when it was told to be ahead, when it
    took place, when the no-show was marked."""

    state: BookingState
    starts_at: datetime | None
    ends_at: datetime | None
    at: datetime

    def end_key(self, booking_id: str, ends_at: datetime) -> Key:
        """Where the clock's `booking.ended` stands: at the end, or where it was told if later."""
        return (max(ends_at, self.at), BookingEnded.rank, booking_id)


@dataclass(frozen=True, slots=True)
class Reward:
    """One reward. `at` is the sending (or, unsent, the claim) that it counts from."""

    state: RewardState
    at: datetime
    amount_cents: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in one study: the folded status and the records, whatever the status."""

    status: Status = Status.NOT_CONTACTED
    key: Key | None = None
    invited_at: datetime | None = None
    survey_completed_at: datetime | None = None
    test_completed_at: datetime | None = None
    overridden: bool = False
    bookings: Mapping[str, Booking] = field(default_factory=dict)
    rewards: Mapping[str, Reward] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Causes:
    """What is in force against contacting a person, apart from rules."""

    opted_out: frozenset[ReasonCause] = frozenset()
    hard_bounced: bool = False
    blocklisted: bool = False
    unblocklisted_at: datetime | None = None
    do_not_contact: bool = False
    cooldown_until: datetime | None = None


NO_CAUSES = Causes()


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that a person's signals add up to; `key` is that of the last entry applied."""

    key: Key | None = None
    participants: Mapping[str, Participant] = field(default_factory=dict)
    causes: Causes = NO_CAUSES
    addresses: frozenset[str] = frozenset()
    properties: Mapping[str, Any] = field(default_factory=dict)
    overtaken: frozenset[tuple[datetime, Key]] = frozenset()
    """(due at, key) of ends to come that sort before a signal dated ahead, applied already: there
    the clock folds the history afresh, since the booking may not be ahead any more."""

    def ends_ahead(self) -> Iterator[tuple[Key, str, datetime]]:
        """The clock's entries to come: (key, study, due at) of bookings ahead with a known end."""
        for study_id, participant in self.participants.items():
            for booking_id, booking in participant.bookings.items():
                if booking.state is BookingState.AHEAD and booking.ends_at is not None:
                    yield booking.end_key(booking_id, booking.ends_at), study_id, booking.ends_at


NOBODY = Person()
