"""Calendly's traps, each by its name, and its ids."""

from tests.providers.made import LATER, only, sample, told


def invitee(name, **changed):
    hook = sample("calendly", name)
    hook["payload"] |= changed
    return hook


def test_trap_a_canceled_half_of_a_reschedule_cancels_nothing():
    """The old half says canceled, too: only the new half counts, whichever comes first."""
    assert told("calendly", sample("calendly", "rescheduled_old_half")) == [
        {"outcome": "unused", "word": "invitee.canceled"}
    ]
    old = sample("calendly", "scheduled")["payload"]["uri"]

    new = only("calendly", sample("calendly", "rescheduled_new_half"))

    assert (new["kind"], new["replaces"]) == ("booking.rescheduled", old)
    assert new["booking_id"] != old


def test_trap_an_unmarked_no_show_is_the_opposite_of_one():
    """invitee_no_show.deleted takes the mark back."""
    kinds = [only("calendly", sample("calendly", n))["kind"] for n in ("no_show", "no_show_undone")]

    assert kinds == ["booking.no_show", "booking.no_show_undone"]


def test_trap_the_meetings_time_is_not_the_time_of_the_event():
    """A booking happened when it was made; the meeting has its own times."""
    signal = only("calendly", sample("calendly", "scheduled"))

    assert signal["occurred_at"] == "2026-03-02T08:59:00.000000Z"
    assert signal["ends_at"] == "2026-03-04T10:30:00.000000Z"


def test_trap_somebody_elses_utm_fields_name_nobody():
    """An advertisement's utm fields are no ids of ours, even where they break the rules for ids."""
    signal = only("calendly", sample("calendly", "scheduled_from_an_advertisement"))

    assert (signal["person_id"], signal["study_id"]) == (None, None)


def test_trap_an_old_body_has_no_meeting_in_it():
    """Bodies of 2020 have no scheduled_event: the booking has no times then."""
    hook = invitee("scheduled", scheduled_event=None)

    assert "ends_at" not in only("calendly", hook)


def test_who_canceled_is_told():
    """Host or participant; whoever is not the host is the participant."""
    by = {
        n: only("calendly", sample("calendly", f"canceled_by_{n}"))["by"]
        for n in ("host", "participant")
    }

    assert by == {"host": "host", "participant": "participant"}


def test_trap_the_first_version_has_its_names_elsewhere():
    """v1: the invitee is an object, its time is `time`; the rest comes to the same as v2."""
    signal = only("calendly", sample("calendly", "version_1_scheduled"))

    assert (signal["booking_id"], signal["person_id"], signal["study_id"]) == ("INA", "p1", "s1")
    assert (signal["occurred_at"], signal["ends_at"]) == (
        "2026-03-02T08:59:00.000000Z",
        "2026-03-04T10:30:00.000000Z",
    )
    assert signal["references"]["event_type"] == "ET1"


def test_trap_the_first_version_reschedules_in_two_halves_too():
    """v1: the canceled half has a `new_invitee`, the new one an `old_invitee`, both objects."""
    [old] = told("calendly", sample("calendly", "version_1_rescheduled_old_half"))
    new = only("calendly", sample("calendly", "version_1_rescheduled_new_half"))

    assert old == {"outcome": "unused", "word": "invitee.canceled"}
    assert (new["kind"], new["booking_id"], new["replaces"]) == (
        "booking.rescheduled",
        "INB",
        "INA",
    )


def test_in_the_first_version_the_host_is_known_by_name_only():
    """v1 tells who canceled by name: one of those whom the meeting was assigned to is the host."""
    by = {
        n: only("calendly", sample("calendly", f"version_1_canceled_by_{n}"))["by"]
        for n in ("host", "participant")
    }

    assert by == {"host": "host", "participant": "participant"}


def test_redelivered_and_retried_are_the_same_signal():
    """Calendly gives no event id: word, invitee and time make it, never the time of receipt."""
    hook = sample("calendly", "scheduled")

    assert only("calendly", hook)["id"] == only("calendly", hook, received_at=LATER)["id"]


def test_really_twice_are_two_signals():
    """Another booking; and the same one marked as a no-show twice."""
    marked = sample("calendly", "no_show")
    again = invitee("no_show", no_show={"uri": "https://api.calendly.com/invitee_no_shows/NS2"})
    ids = {
        only("calendly", hook)["id"]
        for hook in (sample("calendly", "scheduled"), invitee("scheduled", uri="x"), marked, again)
    }

    assert len(ids) == 4


def test_two_workspaces_never_share_an_id():
    """The same body in another workspace is another event."""
    hook = sample("calendly", "scheduled")

    assert only("calendly", hook)["id"] != only("calendly", hook, workspace_id="w2")["id"]


def test_without_a_time_in_the_body_the_receipt_is_the_time():
    """Only then is the time of receipt part of the id."""
    hook = sample("calendly", "scheduled") | {"created_at": None}

    first, second = only("calendly", hook), only("calendly", hook, received_at=LATER)

    assert first["occurred_at"] == "2026-03-02T09:00:00.000000Z"
    assert first["id"] != second["id"]
