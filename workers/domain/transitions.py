"""The table: which signal moves which status where. Nothing else decides a status.

A row fits when the status is among `start` and every claim of `when` holds; no two rows fit one
signal and status. Records are noted before the table is read, so a claim may look at both the
participant as it was (`before`) and with the signal's records (`after`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from schemas import signals as on
from schemas.vocabulary import BookingState, Permanence, Purpose, RewardState, ScreenerResult
from schemas.vocabulary import Status as S
from workers.domain.person import Participant

FRESH = frozenset({S.NOT_CONTACTED})
INVITED = frozenset({S.STUDY_INVITED, S.INTERVIEW_INVITED, S.TEST_INVITED})
SCREENING = frozenset(
    {
        S.SCREENER_STARTED,
        S.SCREENER_QUALIFIED,
        S.SCREENER_NOT_QUALIFIED,
        S.SCREENER_COMPLETED,
    }
)
UNDERWAY = frozenset({S.INTERVIEW_SCHEDULED, S.SURVEY_STARTED, S.TEST_STARTED})
FINISHED = frozenset({S.INTERVIEW_COMPLETED, S.SURVEY_COMPLETED, S.TEST_COMPLETED})
REWARD = frozenset({S.INCENTIVE_NOT_SENT, S.INCENTIVE_SENT, S.INCENTIVE_CLAIMED})
LOST = frozenset({S.OPTED_OUT, S.HARD_BOUNCED, S.SOFT_BOUNCED})
MISSED = frozenset({S.INTERVIEW_CANCELED, S.NO_SHOWED})
EARLY = FRESH | INVITED | SCREENING | LOST
ANY = frozenset(S) - {S.NOT_ELIGIBLE}


@dataclass(frozen=True, slots=True)
class Scene:
    """One signal meeting one participant: before and after the records were noted."""

    signal: Any
    before: Participant
    after: Participant
    opted_out: bool
    """Whether an opt-out (any cause but a hard bounce) is in force for the person."""


Claim = Callable[[Scene], bool]


def said(field: str, *values: str) -> Claim:
    """The signal's field has one of these values."""
    allowed = frozenset(values)

    def claim(scene: Scene) -> bool:
        return getattr(scene.signal, field) in allowed

    claim.__doc__ = f"{field} is {' or '.join(values)}"
    return claim


def not_against_an_opt_out(scene: Scene) -> bool:
    """from opted_out only when no opt-out is in force"""
    return scene.before.status is not S.OPTED_OUT or not scene.opted_out


def changed_its_booking(scene: Scene) -> bool:
    """the signal changed its booking"""
    name = scene.signal.booking_id
    return scene.after.bookings.get(name) is not scene.before.bookings.get(name)


def booking_is(state: BookingState) -> Claim:
    """The signal's booking is in this state, with the signal noted."""

    def claim(scene: Scene) -> bool:
        booking = scene.after.bookings.get(scene.signal.booking_id)
        return booking is not None and booking.state is state

    claim.__doc__ = f"its booking is then {state}"
    return claim


def another_booking(scene: Scene) -> S | None:
    """another booking stands: took place before ahead"""
    name = scene.signal.booking_id
    states = {b.state for other, b in scene.after.bookings.items() if other != name}
    if BookingState.COMPLETED in states:
        return S.INTERVIEW_COMPLETED
    return S.INTERVIEW_SCHEDULED if BookingState.AHEAD in states else None


def another_reward(scene: Scene) -> S | None:
    """another reward stands: claimed before sent"""
    name = scene.signal.reward_id
    states = {r.state for other, r in scene.after.rewards.items() if other != name}
    if RewardState.CLAIMED in states:
        return S.INCENTIVE_CLAIMED
    return S.INCENTIVE_SENT if RewardState.SENT in states else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table; `end` None is the status named in the signal."""

    on: type[on.Signal]
    start: frozenset[S]
    end: S | None
    when: tuple[Claim, ...] = ()
    unless: Callable[[Scene], S | None] | None = None
    every_study: bool = False

    def fits(self, scene: Scene) -> bool:
        """Whether this row moves the scene's participant."""
        return scene.before.status in self.start and all(claim(scene) for claim in self.when)

    def landing(self, scene: Scene) -> S:
        """Where the participant lands."""
        other = self.unless(scene) if self.unless else None
        return other or self.end or scene.signal.status


MAILED = (on.EmailSent, on.EmailDelivered)
BOOKED = (on.BookingScheduled, on.BookingRescheduled)
OPTING_OUT = (on.EmailUnsubscribed, on.EmailComplained, on.ContactOptedOut)
VERDICTS = {
    ScreenerResult.QUALIFIED: S.SCREENER_QUALIFIED,
    ScreenerResult.NOT_QUALIFIED: S.SCREENER_NOT_QUALIFIED,
    ScreenerResult.UNDECIDED: S.SCREENER_COMPLETED,
}
STARTED = FRESH | {S.STUDY_INVITED} | LOST
"""From where a screener or a survey may begin, beside its own steps."""
REFUSABLE = FRESH | INVITED | SCREENING | MISSED | {S.SOFT_BOUNCED, S.HARD_BOUNCED}
"""From where an opt-out moves somebody."""


def rows(*kinds: type[on.Signal], **row: Any) -> tuple[Row, ...]:
    """The same row for several kinds of signal."""
    return tuple(Row(on=kind, **row) for kind in kinds)


def mailed(purposes: Iterable[Purpose], start: frozenset[S], end: S) -> tuple[Row, ...]:
    """Mail of these purposes, sent or delivered; it does not undo an opt-out."""
    when = (said("purpose", *purposes), not_against_an_opt_out)
    return rows(*MAILED, start=start, end=end, when=when)


def verdicts(kind: type[on.Signal], start: frozenset[S]) -> tuple[Row, ...]:
    """A screener's result, one row each."""
    return tuple(
        Row(on=kind, start=start, end=end, when=(said("result", result),))
        for result, end in VERDICTS.items()
    )


MOVED = (changed_its_booking,)
TABLE: tuple[Row, ...] = (
    # Mail
    *mailed((Purpose.SCREENER, Purpose.SURVEY), FRESH | LOST, S.STUDY_INVITED),
    *mailed(
        (Purpose.SCHEDULER,),
        FRESH | {S.STUDY_INVITED} | SCREENING | LOST | MISSED,
        S.INTERVIEW_INVITED,
    ),
    *mailed((Purpose.TEST,), FRESH | {S.STUDY_INVITED} | SCREENING | LOST, S.TEST_INVITED),
    *mailed((Purpose.INCENTIVE,), FINISHED | {S.INCENTIVE_NOT_SENT}, S.INCENTIVE_SENT),
    Row(
        on=on.EmailBounced,
        start=FRESH | INVITED,
        end=S.SOFT_BOUNCED,
        when=(said("permanence", Permanence.SOFT),),
    ),
    Row(
        on=on.EmailBounced,
        start=FRESH | INVITED | SCREENING | UNDERWAY | MISSED | {S.SOFT_BOUNCED},
        end=S.HARD_BOUNCED,
        when=(said("permanence", Permanence.HARD),),
    ),
    Row(
        on=on.EmailBounced,
        start=frozenset({S.INCENTIVE_SENT}),
        end=S.INCENTIVE_NOT_SENT,
        when=(said("purpose", Purpose.INCENTIVE),),
    ),
    *rows(*OPTING_OUT, start=REFUSABLE, end=S.OPTED_OUT, every_study=True),
    # Screener
    Row(on=on.ScreenerStarted, start=STARTED, end=S.SCREENER_STARTED),
    *verdicts(on.ScreenerSubmitted, STARTED | {S.SCREENER_STARTED}),
    *verdicts(on.ScreenerReviewed, SCREENING),
    # Survey and test
    Row(on=on.SurveyStarted, start=STARTED | SCREENING, end=S.SURVEY_STARTED),
    Row(
        on=on.SurveyCompleted,
        start=STARTED | SCREENING | {S.SURVEY_STARTED},
        end=S.SURVEY_COMPLETED,
    ),
    Row(on=on.SurveyScreenedOut, start=STARTED | SCREENING | {S.SURVEY_STARTED}, end=S.CANCELED),
    Row(on=on.TestStarted, start=EARLY, end=S.TEST_STARTED),
    Row(on=on.TestCompleted, start=EARLY | {S.TEST_STARTED}, end=S.TEST_COMPLETED),
    # Bookings
    *rows(*BOOKED, start=EARLY | MISSED, end=S.INTERVIEW_SCHEDULED, when=MOVED),
    Row(
        on=on.BookingCanceled,
        start=frozenset({S.INTERVIEW_SCHEDULED}),
        end=S.INTERVIEW_CANCELED,
        when=MOVED,
        unless=another_booking,
    ),
    *rows(
        on.BookingEnded,
        on.BookingCompleted,
        start=EARLY | {S.INTERVIEW_SCHEDULED},
        end=S.INTERVIEW_COMPLETED,
        when=MOVED,
    ),
    Row(
        on=on.BookingNoShow,
        start=EARLY | {S.INTERVIEW_SCHEDULED, S.INTERVIEW_COMPLETED},
        end=S.NO_SHOWED,
        when=MOVED,
        unless=another_booking,
    ),
    Row(
        on=on.BookingNoShowUndone,
        start=frozenset({S.NO_SHOWED}),
        end=S.INTERVIEW_COMPLETED,
        when=(*MOVED, booking_is(BookingState.COMPLETED)),
    ),
    Row(
        on=on.BookingNoShowUndone,
        start=frozenset({S.NO_SHOWED}),
        end=S.INTERVIEW_SCHEDULED,
        when=(*MOVED, booking_is(BookingState.AHEAD)),
    ),
    Row(
        on=on.BookingLogged,
        start=ANY - REWARD - {S.CANCELED},
        end=S.INTERVIEW_COMPLETED,
        when=(*MOVED, booking_is(BookingState.COMPLETED)),
    ),
    Row(
        on=on.BookingLogged,
        start=ANY - FINISHED - REWARD - {S.CANCELED},
        end=S.INTERVIEW_SCHEDULED,
        when=(*MOVED, booking_is(BookingState.AHEAD)),
    ),
    # Incentives
    Row(on=on.IncentiveSent, start=FINISHED | {S.INCENTIVE_NOT_SENT}, end=S.INCENTIVE_SENT),
    Row(
        on=on.IncentiveClaimed,
        start=FINISHED | {S.INCENTIVE_NOT_SENT, S.INCENTIVE_SENT},
        end=S.INCENTIVE_CLAIMED,
    ),
    *rows(
        on.IncentiveFailed,
        on.IncentiveCanceled,
        start=frozenset({S.INCENTIVE_SENT}),
        end=S.INCENTIVE_NOT_SENT,
        unless=another_reward,
    ),
    # By hand
    Row(on=on.StatusSet, start=ANY, end=None),
)


def _by_kind() -> Mapping[type[on.Signal], tuple[Row, ...]]:
    found: dict[type[on.Signal], list[Row]] = defaultdict(list)
    for row in TABLE:
        found[row.on].append(row)
    return {kind: tuple(of_kind) for kind, of_kind in found.items()}


ROWS = _by_kind()


def row_for(scene: Scene) -> Row | None:
    """The row that fits, if any; at most one does."""
    for row in ROWS.get(type(scene.signal), ()):
        if row.fits(scene):
            return row
    return None


def status_after(scene: Scene) -> S:
    """The status with this signal told; without a row it stays."""
    row = row_for(scene)
    return row.landing(scene) if row else scene.before.status
