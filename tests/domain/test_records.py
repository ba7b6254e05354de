"""Records: what bookings, invitations, completions and rewards come to, whatever the status."""

import pytest

from tests.domain import story
from tests.domain.story import Json, told

COUNTS = ("interviews_booked", "interviews_completed")
STATES: dict[str, list[Json]] = {
    "unknown": [],
    "ahead": [story.booked("07:00", ends="20:00")],
    "completed": [story.booked("07:00", ends="20:00"), story.took_place("07:01")],
    "no_show": [story.booked("07:00", ends="20:00"), story.no_show("07:01")],
    "canceled": [story.booked("07:00", ends="20:00"), story.called_off("07:01")],
    "replaced": [
        story.booked("07:00", ends="20:00"),
        story.moved("07:01", "b9", ends=None, replaces="b1"),
        story.called_off("07:02", "b9"),
    ],
}
SEEN = {"ahead": (1, 0), "completed": (1, 1), "no_show": (1, 0), "unknown": (0, 0)}
GONE = {"canceled": (0, 0), "replaced": (0, 0)}
PAGE = """
told          | unknown   | ahead     | completed | no_show   | canceled  | replaced
scheduled     | ahead     | ahead     | ahead     | ahead     | ahead     | ahead
same again    | ahead     | ahead     | completed | no_show   | canceled  | replaced
no times      | ahead     | ahead     | completed | no_show   | canceled  | replaced
rescheduled   | ahead     | ahead     | ahead     | ahead     | ahead     | ahead
logged later  | ahead     | ahead     | ahead     | ahead     | ahead     | ahead
logged ended  | completed | completed | completed | completed | completed | completed
canceled      | canceled  | canceled  | completed | no_show   | canceled  | replaced
completed     | completed | completed | completed | no_show   | canceled  | replaced
no_show       | no_show   | no_show   | no_show   | no_show   | canceled  | replaced
undone        | unknown   | ahead     | completed | ahead     | canceled  | replaced
end passed    | unknown   | completed | completed | no_show   | canceled  | replaced
"""
TELLS: dict[str, Json | None] = {
    "scheduled": story.booked("09:00", ends="21:00"),
    "same again": story.booked("09:00", ends="20:00"),
    "no times": story.booked("09:00", ends=None),
    "rescheduled": story.moved("09:00", ends="21:00"),
    "logged later": story.logged("09:00", ends="21:00"),
    "logged ended": story.logged("09:00", ends="08:00"),
    "canceled": story.called_off("09:00"),
    "completed": story.took_place("09:00"),
    "no_show": story.no_show("09:00"),
    "undone": story.undone("09:00"),
    "end passed": None,
}
CELLS = [
    (line.split("|")[0].strip(), state, end.strip())
    for line in PAGE.strip().splitlines()[1:]
    for state, end in zip(STATES, line.split("|")[1:], strict=True)
]


@pytest.mark.parametrize(("what", "state", "end"), CELLS)
def test_a_booking_goes_where_the_page_says(what: str, state: str, end: str) -> None:
    """Every signal about a booking in every state; what is not drawn as a move stays.

    A state shows in what a count and a further no-show or its taking back make of it.
    """
    signal = TELLS[what]
    now = "20:00" if what == "end passed" else "10:00"

    person = told(*STATES[state], *([signal] if signal else []), story.added("06:00"), now=now)

    assert tuple(person.counts()[name] for name in COUNTS) == (SEEN | GONE)[end]
    assert is_no_show(person) == (end == "no_show")
    assert is_ahead(person) == (end == "ahead")


def is_no_show(person: story.Story) -> bool:
    """Only a no-show can trip a rule on no-shows."""
    rule = {"id": "r", "kind": "no_show_limit", "max": 1, "window_days": 1, "effect": "blocklist"}
    return story.told(*person.signals, now=person.now, policy=[rule]).contact()[0] == "in_blocklist"


def is_ahead(person: story.Story) -> bool:
    """Only a booking ahead is counted no more once it is canceled."""
    then = f"{person.now}:30"
    asked = story.told(*person.signals, story.called_off(then), now=then)
    return asked.counts()["interviews_booked"] < person.counts()["interviews_booked"]


@pytest.mark.parametrize(
    ("now", "status"),
    [
        ("09:59:59", "interview_scheduled"),
        ("10:00:00", "interview_completed"),
        ("10:00:01", "interview_completed"),
    ],
)
def test_the_clock_completes_a_booking_at_its_end(now: str, status: str) -> None:
    """Not a second before, and without being told anything."""
    assert told(story.booked("08:00", ends="10:00"), now=now).status() == status


def test_a_booking_without_a_known_end_is_never_completed_by_the_clock() -> None:
    """A year later it is still ahead."""
    person = told(story.booked("08:00", ends=None), now="2027-03-02 10:00")

    assert person.status() == "interview_scheduled"


def test_a_booking_told_after_its_end_is_completed_at_once() -> None:
    """One change, by the signal that told it."""
    person = told(story.added("07:00"), now="11:00")

    changes = person.hears(story.booked("11:00", ends="10:00"), now="11:00")

    assert [story.step(change) for change in changes] == [("not_contacted", "interview_completed")]
    assert changes[0]["cause"]["kind"] == "booking.scheduled"


def test_the_clock_stands_between_the_cancellation_and_the_completion() -> None:
    """At the very instant of the end a cancellation wins, a no-show corrects the clock."""
    canceled = told(story.booked("08:00"), story.called_off("10:00"), now="10:00")
    missed = told(story.booked("08:00"), story.no_show("10:00"), now="10:00")

    assert (canceled.status(), missed.status()) == ("interview_canceled", "no_showed")
    assert canceled.counts()["interviews_completed"] == 0


def test_times_not_told_stay() -> None:
    """Rescheduling the start alone leaves the end where it was."""
    starts = story.moved("09:00", ends=None, starts_at=story.at("09:30"))

    person = told(story.booked("08:00", ends="10:00"), starts, now="10:00")

    assert person.status() == "interview_completed"


def test_a_replaced_booking_is_not_completed_by_the_clock() -> None:
    """Both halves of a reschedule are one interview."""
    person = told(
        story.booked("08:00", ends="10:00"),
        story.moved("09:00", "b2", ends="12:00", replaces="b1"),
        now="12:00",
    )

    assert [person.counts()[name] for name in COUNTS] == [1, 1]


def test_a_booking_is_replaced_even_by_one_whose_times_are_known_already() -> None:
    """The status does not move, but the old one would else count as a second interview."""
    person = told(
        story.booked("08:00", ends="10:00"),
        story.booked("08:01", "b2", ends="12:00"),
        story.moved("09:00", "b2", ends="12:00", replaces="b1"),
        now="11:00",
    )

    assert person.status() == "interview_scheduled"
    assert [person.counts()[name] for name in COUNTS] == [1, 0]


def test_a_booking_dated_ahead_whose_end_has_passed_is_completed_at_once() -> None:
    """The clock waits for the end, not for the time that the signal is dated."""
    ahead = story.late(story.booked("09:04", ends="08:00"), "09:00")

    assert told(ahead, now="09:00").status() == "interview_completed"


def test_the_cancellation_half_of_a_reschedule_leaves_the_new_booking() -> None:
    """A cancel of the replaced one, in either order, changes nothing."""
    halves = [
        story.moved("09:00", "b2", ends="12:00", replaces="b1"),
        story.called_off("09:00:01", "b1"),
    ]

    ends = [
        told(story.booked("08:00"), *order, now="11:00").status()
        for order in (halves, halves[::-1])
    ]

    assert ends == ["interview_scheduled"] * 2


@pytest.mark.parametrize(
    ("signals", "day"),
    [
        ([story.booked("08:00", ends="2026-03-03 08:00")], "2026-03-04T08:00:00.000000Z"),
        (
            [story.booked("08:00", ends="2026-03-05 08:00"), story.took_place("12:00")],
            "2026-03-03T12:00:00.000000Z",
        ),
        ([story.took_place("12:00")], "2026-03-03T12:00:00.000000Z"),
        ([story.logged("12:00", ends="09:00")], "2026-03-03T09:00:00.000000Z"),
        (
            [story.booked("08:00", ends="09:00"), story.no_show("10:00"), story.undone("12:00")],
            "2026-03-03T09:00:00.000000Z",
        ),
    ],
    ids=["by the clock", "said early", "end unknown", "logged", "undone"],
)
def test_an_interview_took_place_at_its_end_or_when_said_so_earlier(
    signals: list[Json], day: str
) -> None:
    """A cooldown of one day after taking part shows the moment."""
    rule = {"id": "r", "kind": "participation_cooldown", "days": 1}

    person = told(*signals, now="2026-03-03 08:30", policy=[rule])

    assert person.contact() == ("in_cooldown", day)


@pytest.mark.parametrize(
    ("purpose", "invited"),
    [
        *(("screener", 1), ("survey", 1), ("scheduler", 1), ("test", 1)),
        *(("incentive", 0), ("reminder", 0), ("other", 0)),
    ],
)
@pytest.mark.parametrize("kind", ["email.sent", "email.delivered"])
def test_the_first_mail_that_asks_for_something_is_the_invitation(
    kind: str, purpose: str, invited: int
) -> None:
    """One for a participant, however many mails and purposes."""
    mails = [story.signal(kind, when, purpose=purpose) for when in ("08:00", "09:00")]

    assert told(*mails).counts()["invited"] == invited


def test_an_invitation_counts_from_the_first_mail_and_not_from_later_ones() -> None:
    """A reminder two days on, or another purpose, does not begin the cooldown anew."""
    rule = {"id": "r", "kind": "invitation_cooldown", "days": 3}
    mails = [story.mailed("08:00"), story.mailed("2026-03-04 08:00", "scheduler")]

    person = told(*mails, now="2026-03-04 09:00", policy=[rule])

    assert person.contact() == ("in_cooldown", "2026-03-05T08:00:00.000000Z")


@pytest.mark.parametrize(
    ("words", "sent", "claimed"),
    [
        ("sent", 1, 0),
        ("sent failed", 0, 0),
        ("sent canceled", 0, 0),
        ("sent failed sent", 1, 0),
        ("sent claimed", 1, 1),
        ("claimed", 1, 1),
        ("claimed failed", 1, 1),
        ("claimed canceled sent", 1, 1),
        ("failed", 0, 0),
        ("failed claimed", 1, 1),
    ],
)
def test_a_reward_is_sent_claimed_for_good_or_void(words: str, sent: int, claimed: int) -> None:
    """Sent again after void; nothing takes a claim back."""
    signals = [story.reward(word, f"09:0{n}") for n, word in enumerate(words.split())]

    counts = told(*signals).counts()

    assert (counts["incentives_sent"], counts["incentives_claimed"]) == (sent, claimed)


@pytest.mark.parametrize("status", ["interview_completed", "incentive_claimed", "study_invited"])
def test_a_status_set_by_hand_is_no_record(status: str) -> None:
    """It counts in by_status and by_stage and nowhere else."""
    counts = told(story.put(status, "09:00")).counts()

    assert counts.pop("by_status") == {status: 1}
    assert sum(counts.pop("by_stage").values()) == 1
    assert {name: number for name, number in counts.items() if number} == {"added": 1}


def test_records_are_kept_though_the_status_stays() -> None:
    """A survey completed by somebody canceled counts; the status does not move."""
    person = told(story.put("canceled", "08:00"), story.signal("survey.completed", "09:00"))

    assert person.status() == "canceled"
    assert person.counts()["surveys_completed"] == 1
