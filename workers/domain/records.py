"""Records first: what every signal adds to a participant, whatever the status.

One function a kind of record; each gives back the same object when nothing changed, which is
how the table knows whether a signal "changed its booking".
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from schemas import signals as on
from schemas.vocabulary import BookingState as B
from schemas.vocabulary import Purpose, RewardState
from workers.domain.person import Booking, Participant, Reward

INVITING = {Purpose.SCREENER, Purpose.SURVEY, Purpose.SCHEDULER, Purpose.TEST}
T = TypeVar("T")


def note(participant: Participant, signal: on.Signal) -> Participant:
    """The participant with what the signal adds to the records."""
    recorder = RECORDERS.get(type(signal))
    return recorder(participant, signal) if recorder else participant


def _invited(participant: Participant, signal: Any) -> Participant:
    if participant.invited_at is not None or signal.purpose not in INVITING:
        return participant
    return replace(participant, invited_at=signal.occurred_at)


def _survey_completed(participant: Participant, signal: Any) -> Participant:
    if participant.survey_completed_at is not None:
        return participant
    return replace(participant, survey_completed_at=signal.occurred_at)


def _test_completed(participant: Participant, signal: Any) -> Participant:
    if participant.test_completed_at is not None:
        return participant
    return replace(participant, test_completed_at=signal.occurred_at)


def _overridden(participant: Participant, signal: Any) -> Participant:
    return replace(participant, overridden=True)


# Bookings


def _booked(participant: Participant, signal: Any) -> Participant:
    """Scheduled, rescheduled, logged: unknown, or told times that it does not have already.

    What the signal replaces becomes replaced even when it tells nothing new of its own booking:
    else the old one would go on to its end and count as a second interview.
    """
    bookings = participant.bookings
    booking = _with_times_told(bookings.get(signal.booking_id), signal)
    if booking is not None:
        bookings = _with(bookings, signal.booking_id, booking)
    bookings = _without_replaced(bookings, signal)
    if bookings is participant.bookings:
        return participant
    return replace(participant, bookings=bookings)


def _with_times_told(known: Booking | None, signal: Any) -> Booking | None:
    had = (known.starts_at, known.ends_at) if known else (None, None)
    times = (signal.starts_at or had[0], signal.ends_at or had[1])
    if known and times == had:
        return None
    if type(signal) is on.BookingLogged and signal.ends_at <= signal.occurred_at:
        return Booking(B.COMPLETED, *times, at=signal.ends_at)
    return Booking(B.AHEAD, *times, at=signal.occurred_at)


def _without_replaced(bookings: Mapping[str, Booking], signal: Any) -> Mapping[str, Booking]:
    old = bookings.get(signal.replaces) if signal.replaces else None
    if old is None or old.state is not B.AHEAD or signal.replaces == signal.booking_id:
        return bookings
    return _with(bookings, signal.replaces, replace(old, state=B.REPLACED, at=signal.occurred_at))


def _canceled(booking: Booking | None, signal: on.Signal) -> Booking | None:
    if booking and booking.state is not B.AHEAD:
        return None
    return _in_state(booking, B.CANCELED, signal.occurred_at)


def _ended(booking: Booking | None, signal: on.Signal) -> Booking | None:
    if booking is None or booking.state is not B.AHEAD or booking.ends_at is None:
        return None
    return _in_state(booking, B.COMPLETED, booking.ends_at)


def _took_place(booking: Booking | None, signal: on.Signal) -> Booking | None:
    if booking and booking.state is not B.AHEAD:
        return None
    return _in_state(booking, B.COMPLETED, _when_it_took_place(booking, signal.occurred_at))


def _missed(booking: Booking | None, signal: on.Signal) -> Booking | None:
    if booking and booking.state not in (B.AHEAD, B.COMPLETED):
        return None
    return _in_state(booking, B.NO_SHOW, signal.occurred_at)


def _not_missed(booking: Booking | None, signal: on.Signal) -> Booking | None:
    if booking is None or booking.state is not B.NO_SHOW:
        return None
    if booking.ends_at and booking.ends_at > signal.occurred_at:
        return _in_state(booking, B.AHEAD, signal.occurred_at)
    return _in_state(booking, B.COMPLETED, _when_it_took_place(booking, signal.occurred_at))


def _when_it_took_place(booking: Booking | None, told_at: datetime) -> datetime:
    """At its end, or at the signal that said so if that is earlier or the end is unknown."""
    return min(booking.ends_at, told_at) if booking and booking.ends_at else told_at


def _in_state(booking: Booking | None, state: B, at: datetime) -> Booking:
    if booking is None:
        return Booking(state, None, None, at)
    return Booking(state, booking.starts_at, booking.ends_at, at)


Step = Callable[[Booking | None, on.Signal], Booking | None]
Recorder = Callable[[Participant, Any], Participant]


def _booking(step: Step) -> Recorder:
    """A recorder of what a step makes of the signal's booking; None: it changes nothing."""

    def recorder(participant: Participant, signal: Any) -> Participant:
        booking = step(participant.bookings.get(signal.booking_id), signal)
        if booking is None:
            return participant
        bookings = _with(participant.bookings, signal.booking_id, booking)
        return replace(participant, bookings=bookings)

    return recorder


# Rewards


def _reward_sent(reward: Reward | None, at: datetime) -> tuple[RewardState, datetime]:
    if reward is None or reward.state is RewardState.VOID:
        return RewardState.SENT, at
    return reward.state, reward.at


def _reward_claimed(reward: Reward | None, at: datetime) -> tuple[RewardState, datetime]:
    if reward is None or reward.state is RewardState.VOID:
        return RewardState.CLAIMED, at
    return RewardState.CLAIMED, reward.at


def _reward_void(reward: Reward | None, at: datetime) -> tuple[RewardState, datetime]:
    if reward and reward.state is not RewardState.SENT:
        return reward.state, reward.at
    return RewardState.VOID, at


def _reward(
    step: Callable[[Reward | None, datetime], tuple[RewardState, datetime]],
) -> Recorder:
    """A recorder of a reward; its amount is the newest one told."""

    def recorder(participant: Participant, signal: Any) -> Participant:
        known = participant.rewards.get(signal.reward_id)
        money = (signal.amount_cents, signal.currency)
        if signal.amount_cents is None and known:
            money = (known.amount_cents, known.currency)
        reward = Reward(*step(known, signal.occurred_at), *money)
        rewards = _with(participant.rewards, signal.reward_id, reward)
        return replace(participant, rewards=rewards)

    return recorder


def _with(records: Mapping[str, T], name: str, record: T) -> Mapping[str, T]:
    return {**records, name: record}


RECORDERS: dict[type[on.Signal], Recorder] = {
    on.EmailSent: _invited,
    on.EmailDelivered: _invited,
    on.SurveyCompleted: _survey_completed,
    on.TestCompleted: _test_completed,
    on.GovernanceOverridden: _overridden,
    on.BookingScheduled: _booked,
    on.BookingRescheduled: _booked,
    on.BookingLogged: _booked,
    on.BookingCanceled: _booking(_canceled),
    on.BookingEnded: _booking(_ended),
    on.BookingCompleted: _booking(_took_place),
    on.BookingNoShow: _booking(_missed),
    on.BookingNoShowUndone: _booking(_not_missed),
    on.IncentiveSent: _reward(_reward_sent),
    on.IncentiveClaimed: _reward(_reward_claimed),
    on.IncentiveFailed: _reward(_reward_void),
    on.IncentiveCanceled: _reward(_reward_void),
}
