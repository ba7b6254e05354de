"""What is published: when, in which order, with which prior, cause, correction and notify."""

import json

import pytest

from tests.domain import story
from tests.domain.story import Json, told

EXAMPLE = [
    story.mailed("2026-03-01 09:00", "scheduler"),
    story.booked("09:00", ends="2026-03-04 10:00") | {"id": "cal:81"},
]


def test_a_change_is_complete() -> None:
    """Every field of the page's example, in its order."""
    person = told(story.added("2026-03-01 08:00"), EXAMPLE[0], now="2026-03-01 10:00")

    change = person.hears(EXAMPLE[1], now="09:00:01.250")[0]

    assert json.dumps(change) == json.dumps(
        {
            "change": "participant.status_changed",
            "participant_id": "s1/p1",
            "person_id": "p1",
            "study_id": "s1",
            "status": "interview_scheduled",
            "prior_status": "interview_invited",
            "stage": "in_progress",
            "prior_stage": "in_progress",
            "sequence": 3,
            "correction": False,
            "notify": False,
            "occurred_at": "2026-03-02T09:00:00.000000Z",
            "recorded_at": "2026-03-02T09:00:01.250000Z",
            "cause": {"signal_id": "cal:81", "kind": "booking.scheduled"},
        }
    )


def test_a_contact_change_is_complete() -> None:
    """With every reason, and free_to_contact as the first prior."""
    rule = {"id": "r1", "kind": "invitation_cooldown", "days": 7}
    person = told(story.mailed("2026-03-01 09:00") | {"id": "mail:77"}, policy=[rule])

    assert person.changes("contact.status_changed") == [
        {
            "change": "contact.status_changed",
            "person_id": "p1",
            "status": "in_cooldown",
            "prior_status": "free_to_contact",
            "until": "2026-03-08T09:00:00.000000Z",
            "reasons": [
                {
                    "status": "in_cooldown",
                    "cause": "rule",
                    "rule_id": "r1",
                    "until": "2026-03-08T09:00:00.000000Z",
                }
            ],
            "sequence": 1,
            "occurred_at": "2026-03-01T09:00:00.000000Z",
            "recorded_at": "2026-03-01T09:00:00.000000Z",
            "cause": {"signal_id": "mail:77", "kind": "email.sent"},
        }
    ]


def test_the_workspace_is_printed_if_the_case_names_it() -> None:
    """Else one case is one workspace, and is left out."""
    named = told(story.added("09:00", workspace_id="w1")).changes()

    assert [change["workspace_id"] for change in named] == ["w1"]


def test_the_first_change_of_a_participant_has_no_prior() -> None:
    """Null for status and stage, sequence 1."""
    (change,) = told(story.mailed("09:00")).changes()

    assert (change["prior_status"], change["prior_stage"], change["sequence"]) == (None, None, 1)


def test_one_signal_publishes_the_person_first_then_each_participant() -> None:
    """At most one change each, by study."""
    person = told(
        story.mailed("08:00", study_id="s2"),
        story.added("08:00", study_id="s1"),
        story.signal("email.unsubscribed", "09:00", study_id=None),
    )

    changes = [c for c in person.answer()["changes"] if c["cause"]["kind"] == "email.unsubscribed"]

    assert [(c.get("study_id"), c["status"], c["sequence"]) for c in changes] == [
        (None, "opted_out", 1),
        ("s1", "opted_out", 2),
        ("s2", "opted_out", 2),
    ]


def test_nothing_is_published_without_a_difference() -> None:
    """A reminder, a repetition and a record say nothing."""
    person = told(story.mailed("09:00"), now="09:00")

    assert person.hears(story.mailed("09:01", "reminder"), now="09:01") == []
    assert person.hears(story.mailed("09:02", "survey"), now="09:02") == []
    assert len(person.answer()["changes"]) == 1


def test_an_until_that_moves_is_published_though_the_status_stays() -> None:
    """Who reads the until must learn the new one."""
    rule = {"id": "r1", "kind": "invitation_cooldown", "days": 7}
    mails = [story.mailed("09:00"), story.mailed("10:00", study_id="s2")]

    changes = told(*mails, policy=[rule]).changes("contact.status_changed")

    assert [(c["prior_status"], c["status"]) for c in changes] == [
        ("free_to_contact", "in_cooldown"),
        ("in_cooldown", "in_cooldown"),
    ]


def test_a_cancel_told_late_takes_the_completion_back() -> None:
    """A cancellation that happened before the interview's end, but reached us after it, wins."""
    person = told(story.booked("08:00", ends="10:00"), now="10:30")
    assert person.status() == "interview_completed"

    changes = person.hears(story.called_off("09:40"), now="10:31")

    assert [(*story.step(c), c["correction"]) for c in changes] == [
        ("interview_completed", "interview_canceled", True)
    ]


def test_a_late_signal_about_somebody_else_is_no_correction() -> None:
    """Only what was applied to that participant counts: not another study, not another person."""
    person = told(
        story.mailed("10:00", study_id="s2"),
        story.mailed("10:00", person_id="p2"),
        story.added("08:00"),
        now="10:00",
    )

    changes = person.hears(story.mailed("09:00"), now="11:00")

    assert [(*story.step(c), c["correction"]) for c in changes] == [
        ("not_contacted", "study_invited", False)
    ]


def test_opens_never_make_a_correction() -> None:
    """A click sorts later, and still nothing newer was applied."""
    click = story.signal("email.clicked", "10:00")
    person = told(story.added("08:00"), click, now="10:00")

    (change,) = person.hears(story.mailed("09:00"), now="11:00")

    assert change["correction"] is False


def test_a_look_that_changes_is_no_correction() -> None:
    """The folded status stays not_contacted while a late opt-out turns the look."""
    person = told(story.added("10:00"), now="10:00")

    (change,) = person.hears(story.contact("opted_out", "09:00"), now="11:00")

    assert (*story.step(change), change["correction"]) == ("not_contacted", "not_eligible", False)


def test_the_clock_may_correct_what_was_dated_ahead() -> None:
    """A cancel dated two minutes ahead counted at once; then the end passes before it."""
    ahead = story.late(story.called_off("10:02"), "09:58")

    person = told(story.booked("08:00", ends="10:00"), ahead, now="10:30")

    assert [
        (*story.step(c), c["cause"]["kind"], c["correction"]) for c in person.changes()[1:]
    ] == [
        ("interview_scheduled", "interview_canceled", "booking.canceled", False),
        ("interview_canceled", "interview_completed", "clock", True),
    ]


@pytest.mark.parametrize(
    ("received", "ends", "notify"),
    [("09:59:59", "10:00", True), ("10:00:00", "10:00", False), ("10:00:01", "10:00", False)],
)
def test_a_booking_logged_before_its_end_notifies(received: str, ends: str, notify: bool) -> None:
    """What counts is when it was received."""
    person = told(story.added("08:00"), now="08:00")

    changes = person.hears(story.logged("09:00", ends=ends), now=received)

    assert [change["notify"] for change in changes] == [notify]


def test_notify_publishes_though_nothing_moved() -> None:
    """As for somebody set to interview_scheduled by hand before: prior is the status itself."""
    person = told(story.put("interview_scheduled", "08:00"), now="08:00")
    logged = story.logged("09:00", ends="20:00")

    changes = person.hears(logged, now="09:00")
    again = person.hears(logged, now="09:01")

    assert [(*story.step(c), c["notify"], c["sequence"]) for c in changes] == [
        ("interview_scheduled", "interview_scheduled", True, 2)
    ]
    assert again == []


def test_a_repetition_under_another_id_still_notifies() -> None:
    """A logged booking always says so, even when it changed no record."""
    person = told(story.logged("08:00", ends="20:00"), now="08:00")

    changes = person.hears(story.logged("09:00", ends="20:00"), now="09:00")

    assert [(*story.step(c), c["notify"]) for c in changes] == [
        ("interview_scheduled", "interview_scheduled", True)
    ]


def test_notify_tells_of_its_own_participant_only() -> None:
    """Another study that moves by the same signal is told without it."""
    rule = {"id": "r", "kind": "participation_cooldown", "days": 1}
    person = told(
        story.logged("08:00", ends="07:00"),
        story.added("08:00", study_id="s2"),
        now="09:00",
        policy=[rule],
    )
    assert person.status("s2") == "not_eligible"

    changes = person.hears(story.logged("09:00", ends="20:00"), now="09:00")

    assert [(c["study_id"], *story.step(c), c["notify"]) for c in changes] == [
        ("s1", "interview_completed", "interview_completed", True),
        ("s2", "not_eligible", "not_contacted", False),
    ]


CLOCKED: dict[str, Json] = {
    "ends": story.booked("08:00", ends="10:00"),
    "cools": story.contact("cooldown_set", "08:00", until=story.at("10:00")),
}


@pytest.mark.parametrize("what", CLOCKED)
def test_the_clock_is_told_as_the_cause_at_its_own_moment(what: str) -> None:
    """No signal id; occurred and recorded at the instant at which time mattered."""
    last = told(CLOCKED[what], now="23:00").answer()["changes"][-1]

    assert last["cause"] == {"signal_id": None, "kind": "clock"}
    assert last["occurred_at"] == last["recorded_at"] == "2026-03-02T10:00:00.000000Z"


def test_the_clock_comes_before_the_signal_of_the_same_instant() -> None:
    """Time is brought up to the receipt first; each publishes its own change."""
    person = told(story.booked("08:00", ends="10:00"), story.no_show("10:00"), now="10:00")

    changes = person.changes()[1:]

    assert [(*story.step(c), c["cause"]["kind"]) for c in changes] == [
        ("interview_scheduled", "interview_completed", "clock"),
        ("interview_completed", "no_showed", "booking.no_show"),
    ]


def test_nothing_published_holds_what_a_person_typed_or_is() -> None:
    """No address, no property, no note, no response id: only opaque ids."""
    secret = "someone@example.com"
    person = told(
        story.signal("person.updated", "08:00", emails=[secret], properties={"x": secret}),
        story.mailed("09:00", note=secret),
        story.signal("survey.completed", "09:30", response_id=secret),
        story.put("canceled", "10:00", note=secret),
        story.contact("blocklisted", "11:00", note=secret, reason="dishonesty"),
        policy=[{"id": "r", "kind": "property_rule", "property": "x", "operator": "is_set"}],
    )

    published = json.dumps(person.answer())

    assert secret not in published
    assert "dishonesty" not in published
