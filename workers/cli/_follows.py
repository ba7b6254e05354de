"""What follows from something told of a participant, in plain words; pure, decides nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.signals import BookingLogged, OfParticipant, StatusSet
from schemas.vocabulary import BookingState, ContactStatus, Status
from workers.cli._effects import until_said
from workers.domain.person import Participant
from workers.domain.progress import counts
from workers.domain.setups import Setup
from workers.domain.transitions import INVITED

if TYPE_CHECKING:
    from workers.domain.foretelling import Effect
    from workers.domain.standing import Contact, Shown

LOG_IT = "log a booking instead (`pstatus book`)"
PAY_IT = "tell the reward instead (`pstatus incentive`)"
INSTEAD: dict[Status, tuple[str, str | None]] = {
    Status.INTERVIEW_SCHEDULED: ("interviews_booked", LOG_IT),
    Status.INTERVIEW_COMPLETED: ("interviews_completed", LOG_IT),
    Status.SURVEY_COMPLETED: ("surveys_completed", "import it (`pstatus import-completions`)"),
    Status.TEST_COMPLETED: ("tests_completed", "send a `test.completed` instead"),
    Status.INCENTIVE_SENT: ("incentives_sent", PAY_IT),
    Status.INCENTIVE_CLAIMED: ("incentives_claimed", PAY_IT),
    Status.STUDY_INVITED: ("invited", None),
    Status.INTERVIEW_INVITED: ("invited", None),
    Status.TEST_INVITED: ("invited", None),
}
"""Statuses whose records are counted: the count, and what tells the record."""
COUNTED = {
    "invited": "invited",
    "interviews_booked": "booked",
    "interviews_completed": "a completed interview",
    "surveys_completed": "a completed survey",
    "tests_completed": "a completed test",
    "incentives_sent": "an incentive sent",
    "incentives_claimed": "an incentive claimed",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One participant to be told of: the signal, what it would do, and the study's setup."""

    signal: OfParticipant
    effect: "Effect"
    setup: Setup
    now: datetime

    @property
    def was(self) -> "Shown | None":
        """As the participant is shown; None: not in the study."""
        return self.effect.before.participants.get(self.signal.study_id)

    @property
    def will(self) -> "Shown | None":
        """As the participant would be shown."""
        return self.effect.after.participants.get(self.signal.study_id)

    @property
    def before(self) -> Participant | None:
        """The records now."""
        return self.effect.was.participants.get(self.signal.study_id)

    @property
    def after(self) -> Participant:
        """The records afterwards."""
        return self.effect.will.participants.get(self.signal.study_id) or Participant()


def said(shown: "Shown | None") -> str:
    """`no_showed (cancelled)`."""
    return f"{shown.status} ({shown.stage})" if shown else "not in the study"


def follows(told: Told) -> Iterator[str]:
    """Everything that whoever decides should know, one short line each."""
    yield from _place(told)
    yield from _counting(told)
    yield from _bookings(told)
    yield from _notice(told)
    yield from _contact(told)


def _place(told: Told) -> Iterator[str]:
    was, will = told.was, told.will
    if was is None:
        yield "joins the study"
    if will and (was is None or was.stage != will.stage):
        yield f"moves to {will.stage.label}"
    others = len([study for study in told.effect.moves if study != told.signal.study_id])
    if others:
        yield f"moves them in {others} other " + ("study" if others == 1 else "studies")


def _counting(told: Told) -> Iterator[str]:
    before = counts(told.before, Status.NOT_CONTACTED) if told.before else None
    after = counts(told.after, Status.NOT_CONTACTED)
    for name, what in COUNTED.items():
        had = before[name] if before else 0
        if after[name] > had:
            yield f"counts as {what}"
        elif after[name] < had:
            yield f"no longer counts as {what}"
    signal = told.signal
    if isinstance(signal, StatusSet) and signal.status in INSTEAD:
        count, instead = INSTEAD[signal.status]
        if not after[count]:
            yield "does not count towards progress" + (f": {instead}" if instead else "")


def _bookings(told: Told) -> Iterator[str]:
    own = getattr(told.signal, "booking_id", None)
    ahead = {
        booking_id: booking
        for booking_id, booking in told.after.bookings.items()
        if booking.state is BookingState.AHEAD and booking_id != own
    }
    settled = (Status.INTERVIEW_SCHEDULED, Status.INTERVIEW_INVITED)
    for booking_id, booking in ahead.items():
        at = f" ({booking.starts_at:%Y-%m-%d %H:%M} UTC)" if booking.starts_at else ""
        line = f"a booking is still ahead: {booking_id}{at}"
        is_out = told.will is not None and told.will.status not in settled
        yield line + (": cancel it, or it will count when it ends" if is_out else "")


def _notice(told: Told) -> Iterator[str]:
    if isinstance(told.signal, BookingLogged):
        is_ahead = told.signal.ends_at > told.now
        yield "notifies the participant" if is_ahead else "nobody is notified"


def _contact(told: Told) -> Iterator[str]:
    before, after = told.effect.before.contact, told.effect.after.contact
    if (before.status, before.until) != (after.status, after.until):
        yield f"contact {before.status} -> {after.status}{until_said(after.until)}"
    if told.will is None:
        return
    if told.will.status is Status.NOT_ELIGIBLE:
        yield f"shown as not_eligible: {_why(after)}"
    elif told.will.status in INVITED and after.status is not ContactStatus.FREE_TO_CONTACT:
        yield f"must not be contacted: {_why(after)}"


def _why(contact: "Contact") -> str:
    return f"{contact.status}{until_said(contact.until)}"
