"""Rally's traps, each by its name, its ids, and that a status told there is the status here."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.codec import signal_from
from schemas.vocabulary import Status
from tests.providers.made import LATER, only, sample, told
from workers.domain.history import fold
from workers.providers.rally import STATUSES

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=30)


def changed(status, prior=None, minutes=0):
    """The body of a changed status."""
    at = (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    hook = sample("rally", "status_survey_started")
    return hook | {"status": status, "priorStatus": prior, "updatedAt": at}


def person_after(*path):
    """Who somebody is after these statuses in Rally, told one after the other."""
    told_before = [None, *path]
    lines = [
        line["signal"]
        for n, status in enumerate(path)
        for line in told("rally", changed(status, told_before[n], n))
    ]
    named = [{k: v for k, v in line.items() if k != "references" and v} for line in lines]
    signals = [signal_from(line) for line in named]
    return fold(signals, NOW)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("before", ["NOT_STARTED", "INTERVIEW_COMPLETED", "INCENTIVE_CLAIMED"])
def test_a_status_in_rally_is_the_status_here(before, status):
    """Whatever it was before: who moves over sees the same board."""
    person = person_after(before, status)

    assert person.participants["s1"].status == STATUSES[status][0]


def test_what_a_status_counts_as_is_recorded():
    """Invitations, interviews held and missed, completions and rewards: rules read them."""
    person = person_after(
        "INVITE_SENT", "INTERVIEW_SCHEDULED", "INTERVIEW_COMPLETED", "INCENTIVE_SENT"
    )
    records = person.participants["s1"]

    assert records.status == Status.INCENTIVE_SENT
    assert records.invited_at is not None
    assert len(records.bookings) == 1
    assert len(records.rewards) == 1


def test_trap_the_same_word_says_opted_out_and_opted_in():
    """person.opted_out with optedOut false is the opposite."""
    kinds = [only("rally", sample("rally", name))["kind"] for name in ("opted_out", "opted_in")]

    assert kinds == ["contact.opted_out", "contact.opted_in"]


def test_trap_an_opt_out_names_an_address_and_nobody():
    """Who it is, only the address can tell; one that does not say which way is dead."""
    signal = only("rally", sample("rally", "opted_out"))

    assert signal["person_id"] is None
    assert signal["references"] == {"address": "ada@example.com"}
    assert told("rally", sample("rally", "opted_out_without_saying"))[0]["outcome"] == "dead"


def test_trap_not_eligible_is_a_look_and_can_not_be_set():
    """And nothing of ours is meant by an incentive skipped or a study completed by whatever."""
    for name in ("not_eligible", "incentive_skipped", "completed_study"):
        assert told("rally", sample("rally", f"status_{name}"))[0]["outcome"] == "unused"


def test_trap_an_interview_corrected_afterwards():
    """Held, then marked as missed: it counts as missed, and no more as held; and back again."""
    missed = told("rally", sample("rally", "interview_held_corrected"))[0]["signal"]
    held = told("rally", sample("rally", "no_show_corrected"))[0]["signal"]

    assert (missed["kind"], missed["booking_id"]) == ("booking.no_show", "rally:pt1:held")
    assert (held["kind"], held["booking_id"]) == ("booking.no_show_undone", "rally:pt1:missed")


def test_redelivered_is_the_same_signals_and_really_twice_are_others():
    """Participant, status and time make the ids; of an opt-out the header svix-id is the event."""
    hook = changed("SURVEY_COMPLETED")
    ids = [line["signal"]["id"] for line in told("rally", hook)]

    assert [line["signal"]["id"] for line in told("rally", hook, received_at=LATER)] == ids
    later = told("rally", changed("SURVEY_COMPLETED", minutes=1))
    assert len({*ids, *(line["signal"]["id"] for line in later)}) == 4
    opted_out = only("rally", sample("rally", "opted_out"), http={"svix-id": "msg_1"})
    assert opted_out["id"] == "rally:msg_1"
