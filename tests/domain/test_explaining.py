"""Explaining a history: the same end as the fold, and at each step the reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import signals as on
from schemas.signals import Signal
from schemas.vocabulary import Canceler, Permanence, Purpose, ScreenerResult, Status, TurnedAway
from workers.domain.explaining import Entry, Explanation, Heard, explain
from workers.domain.history import fold

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = START + timedelta(days=1)
FIELDS: dict[str, Any] = {
    "purpose": Purpose.SURVEY, "permanence": Permanence.HARD, "by": "u1",
    "status": Status.NO_SHOWED,
    "result": ScreenerResult.QUALIFIED, "booking_id": "b1",
    "ends_at": START + timedelta(minutes=50),
    "starts_at": START, "reason": TurnedAway.SCREENED_OUT, "reward_id": "w1", "until": NOW,
}  # fmt: skip


def told(kind: type[Signal], minute: int, name: str = "", **more: Any) -> Signal:
    """A signal of this kind some minutes after START."""
    ids = {"id": name or f"x:{kind.__name__}:{minute}", "workspace_id": "w1", "person_id": "p1"}
    known = kind.__dataclass_fields__
    fields = {n: v for n, v in FIELDS.items() if n in known} | {"study_id": "s1"} | ids | more
    if kind is on.BookingCanceled:
        fields["by"] = more.get("by", Canceler.HOST)
    fields = {n: v for n, v in fields.items() if n in known and v is not None}
    return kind(occurred_at=START + timedelta(minutes=minute), **fields)


def explained(*signals: Signal, received: dict[str, int] | None = None) -> Explanation:
    """These signals as they arrived, each when it happened unless `received` says a minute."""
    at = received or {}
    heard = [
        Heard(s, START + timedelta(minutes=at[s.id]) if s.id in at else s.occurred_at, n)
        for n, s in enumerate(signals)
    ]
    return explain(heard, NOW)


def entry(explanation: Explanation, kind: str) -> Entry:
    """The first entry of a kind."""
    return next(one for one in explanation.entries if one.signal.kind == kind)  # type: ignore[attr-defined]


def test_each_signal_has_the_row_it_found_or_why_none():
    """A mail finds its row; a second stays where the first led: rows from there ask for more."""
    found = explained(
        told(on.ParticipantAdded, 0), told(on.EmailSent, 1), told(on.EmailSent, 2, "x:2"),
        told(on.EmailOpened, 3),
    )  # fmt: skip

    added, first, second, opened = found.entries
    assert added.moves[0].why_none == "this kind of signal moves no status"
    assert (first.moves[0].before, first.moves[0].after) == ("not_contacted", "study_invited")
    assert first.moves[0].row is not None
    assert second.moves[0].why_none == "only when purpose is scheduler or purpose is test"
    assert opened.moves == ()


def test_where_no_row_begins_is_said():
    """A screener that starts behind a finished survey finds no row that begins there."""
    found = explained(told(on.SurveyCompleted, 0), told(on.ScreenerStarted, 1))

    move = entry(found, "screener.started").moves[0]
    assert move.why_none == "none of its rows begins at survey_completed"


def test_a_row_that_asks_for_more_is_named():
    """Mail does not undo an opt-out: the row is there, and what it asks for is said."""
    found = explained(
        told(on.EmailSent, 0), told(on.EmailUnsubscribed, 1), told(on.EmailDelivered, 2)
    )

    move = entry(found, "email.delivered").moves[0]
    assert move.row is None
    assert "no opt-out is in force" in (move.why_none or "")


def test_the_clock_has_entries_of_its_own():
    """A booking ends by the clock in its place, and a cancel told after that came late."""
    booked = told(on.BookingScheduled, 0)
    canceled = told(on.BookingCanceled, 20)

    found = explained(booked)
    late = explained(booked, canceled, received={canceled.id: 70})
    in_time = explained(booked, canceled)

    assert [one.heard is None for one in found.entries] == [False, True]
    assert entry(found, "booking.ended").moves[0].after == "interview_completed"
    assert entry(late, "booking.canceled").is_late
    assert not entry(in_time, "booking.canceled").is_late


def test_what_arrived_after_something_newer_is_late():
    """Late is what sorts before something that was known when it arrived."""
    newer, older = told(on.SurveyCompleted, 9), told(on.SurveyStarted, 3)

    found = explained(newer, older)

    assert entry(found, "survey.started").is_late
    assert not entry(found, "survey.completed").is_late


def test_causes_begin_and_end_with_their_signals():
    """An opt-out by a user begins a cause; the opt-in ends it; a hard bounce stays."""
    out, bounced = told(on.ContactOptedOut, 1), told(on.EmailBounced, 2)

    found = explained(out, bounced, told(on.ContactOptedIn, 3))

    assert entry(found, "contact.opted_out").began == ("opted_out:manual",)
    assert entry(found, "contact.opted_in").ended == ("opted_out:manual",)
    assert found.beginnings == {"opted_out:hard_bounce": bounced}


def test_an_opt_out_is_explained_in_every_study():
    """One signal that names no study moves each participant, and says so for each."""
    found = explained(
        told(on.EmailSent, 0), told(on.ParticipantAdded, 1, study_id="s2"),
        told(on.ContactOptedOut, 2),
    )  # fmt: skip

    moves = entry(found, "contact.opted_out").moves
    assert [(move.study_id, move.after) for move in moves] == [
        ("s1", "opted_out"), ("s2", "opted_out"),
    ]  # fmt: skip


TELLABLE = [kind for kind in on.SENDABLE if "person_id" in kind.__dataclass_fields__]
TOLD = st.lists(st.tuples(st.sampled_from(TELLABLE), st.integers(0, 120)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(TOLD)
def test_the_explanation_ends_where_the_fold_ends(kinds: list[tuple[type[Signal], int]]):
    """Whatever was told in whatever order: the explained person is the folded one."""
    signals = [told(kind, minute, f"x:{n}") for n, (kind, minute) in enumerate(kinds)]

    found = explained(*signals)

    assert found.person == fold(signals, NOW)
    statuses: dict[str, str] = {}
    for one in found.entries:
        statuses |= {move.study_id: move.after for move in one.moves}
    assert statuses == {s: p.status for s, p in found.person.participants.items()}
