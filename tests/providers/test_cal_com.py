"""Cal.com's traps, each by its name, and its ids."""

import pytest

from tests.providers.made import LATER, only, sample, told


def changed(name, **fields):
    """A sample with other fields in its booking."""
    hook = sample("cal_com", name)
    hook["payload"] |= fields
    return hook


def test_trap_an_unmarked_no_show_is_the_opposite_of_one():
    """BOOKING_NO_SHOW_UPDATED with noShow false is the mark taken back, under the same word."""
    kinds = [only("cal_com", sample("cal_com", n))["kind"] for n in ("no_show", "no_show_unmarked")]

    assert kinds == ["booking.no_show", "booking.no_show_undone"]


def test_trap_a_no_show_is_each_attendees_own():
    """One body marks one person and unmarks another; who has no mark is not told of."""
    some = told("cal_com", sample("cal_com", "no_show_of_some"))

    assert [(one["outcome"], one.get("signal", {}).get("kind")) for one in some] == [
        ("signal", "booking.no_show"),
        ("signal", "booking.no_show_undone"),
        ("unused", None),
    ]


def test_trap_a_booking_of_several_people_names_none_of_them():
    """Its uid was linked to whoever booked: a guest's no-show must not become the booker's."""
    for name in ("no_show_of_some", "one_of_two_guests_did_not_join", "meeting_ended_of_seats"):
        signals = [one["signal"] for one in told("cal_com", sample("cal_com", name))[:1]]

        assert all("booking_id" not in signal["references"] for signal in signals)
        assert all(signal["person_id"] is None for signal in signals)


def test_trap_a_seats_attendee_is_who_took_it_not_who_filled_in_the_form():
    """Of a seated event the attendees hold that seat only, and its uid is everybody's."""
    references = only("cal_com", sample("cal_com", "seat_taken"))["references"]

    assert references == {"event_type": "123", "address": "grace@example.com"}


def test_trap_two_seats_of_one_booking_are_two_signals():
    """Same uid, same second, another person."""
    one = sample("cal_com", "seat_taken")
    other = changed("seat_taken", attendees=[{"email": "ada@example.com"}])

    assert only("cal_com", one)["id"] != only("cal_com", other)["id"]


@pytest.mark.parametrize("name", ["meeting_ended", "meeting_ended_wrapped"])
def test_trap_a_meetings_created_at_is_the_bookings(name):
    """MEETING_ENDED happened at endTime; its createdAt is when the booking was made."""
    assert only("cal_com", sample("cal_com", name))["occurred_at"] == "2026-03-02T08:30:00.000000Z"


def test_trap_a_meeting_ends_by_the_clock_whoever_came():
    """Where the host or the participant is marked as absent, its end completes nothing."""
    for name in ("meeting_ended_without_the_participant", "meeting_ended_without_the_host"):
        assert told("cal_com", sample("cal_com", name)) == [
            {"outcome": "unused", "word": "MEETING_ENDED"}
        ]


def test_trap_a_reschedules_new_uid_replaces_the_old():
    """The old booking is named by rescheduleUid, and never canceled by a hook of its own."""
    signal = only("cal_com", sample("cal_com", "rescheduled"))
    in_place = only("cal_com", changed("rescheduled", rescheduleUid="BK8"))

    assert (signal["kind"], signal["booking_id"], signal["replaces"]) == (
        "booking.rescheduled",
        "BK8",
        "BK1",
    )
    assert "replaces" not in in_place


def test_trap_a_request_is_no_booking():
    """Whatever still waits for the host's yes books nothing, under any word."""
    for name in ("requested", "rejected", "created_but_pending"):
        assert told("cal_com", sample("cal_com", name))[0]["outcome"] == "unused"


def test_trap_the_newer_version_says_the_same():
    """Version 2026-07-27 adds calendar files; the header that names it is not asked."""
    older = only("cal_com", sample("cal_com", "created"))
    newer = only(
        "cal_com",
        changed("created_2026_07_27", uid="BK1"),
        http={"x-cal-webhook-version": "2026-07-27"},
    )

    assert newer == older


def test_trap_an_older_no_show_marks_nobody():
    """Where no list of guests is told, the word itself says that they stayed away."""
    signal = only("cal_com", sample("cal_com", "guests_did_not_join_older"))

    assert signal["kind"] == "booking.no_show"


def test_who_canceled_is_told():
    """An attendee is the participant; anybody else, and whoever wants another date, the host."""
    by = {
        name: only("cal_com", sample("cal_com", f"canceled_{name}"))["by"]
        for name in ("by_host", "by_participant", "by_whoever", "to_be_booked_again")
    }

    assert by == {
        "by_host": "host",
        "by_participant": "participant",
        "by_whoever": "participant",
        "to_be_booked_again": "host",
    }
    admin = changed("canceled_by_host", cancelledBy="admin@example.com")
    assert only("cal_com", admin)["by"] == "host"


def test_a_guest_whom_the_booker_brought_is_not_the_participant():
    """A meeting's end is told of who filled in the form."""
    address = only("cal_com", sample("cal_com", "meeting_ended"))["references"]["address"]

    assert address == "ada@example.com"


def test_redelivered_is_the_same_signal_and_really_twice_are_two():
    """No id is given: trigger, uid, time and person make it, never the time of receipt."""
    hook = sample("cal_com", "no_show")

    first = only("cal_com", hook)["id"]

    assert only("cal_com", hook, received_at=LATER)["id"] == first
    assert only("cal_com", hook | {"createdAt": "2026-03-02T08:59:01.000Z"})["id"] != first


def test_a_body_with_everybody_in_it_is_read_in_one_go():
    """Twenty thousand attendees are as many elements, one more is refused whole."""
    crowd = [{"email": f"{n}@example.com", "noShow": True} for n in range(20_001)]

    assert len(told("cal_com", changed("no_show", attendees=crowd[:-1]))) == 20_000
    assert told("cal_com", changed("no_show", attendees=crowd)) == [
        {
            "outcome": "dead",
            "class": "invalid_schema",
            "reason": "more than 20000 elements",
        }
    ]
