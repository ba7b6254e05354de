"""Interviews and rewards entered by hand: what counts, who is notified, what a rerun does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.fields import format_instant
from tests.cli.acting import added, heard, run, typed, typed_json
from tests.cli.updating import BY, board, of_kind, progress, study
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.ops import clock
from workers.settings import Settings

IN_S1 = ("--study", "s1", *BY)
MARK = ("--study", "s1", "--yes")


def hours(begin: float) -> tuple[str, ...]:
    """An hour from so many hours on, as options."""
    starts = clock.now().replace(microsecond=0) + timedelta(hours=begin)
    ends = starts + timedelta(hours=1)
    return ("--starts", format_instant(starts), "--ends", format_instant(ends))


@pytest.fixture
async def interviews(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """An interview study with an incentive: p1, p2, p3; a worker runs."""
    await start("all").ready()
    await heard(topics, [study("s1", "interview"), *added("p1", "p2", "p3")])
    return topics


def shown(changes: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """(person, status, notify) of changes of participants."""
    return [(c["person_id"], c["status"], c["notify"]) for c in changes if "participant_id" in c]


async def test_a_logged_past_interview_counts_and_notifies_nobody(interviews: Settings):
    """It is completed, waits for its incentive, counts once; asked again, nothing is told."""
    past = hours(-48)

    looked = await typed(interviews, "book", "p1", *past, *IN_S1[:-1], "--dry-run")
    done = await typed_json(interviews, "book", "p1", *past, *IN_S1)
    again = await typed(interviews, "book", "p1", *past, *IN_S1)

    assert "counts as a completed interview" in looked
    assert "nobody is notified" in looked
    assert shown(done["changes"]) == [("p1", "interview_completed", False)]
    assert "booked already" in again
    assert (await board(interviews, "s1"))["p1"] == ("interview_completed", "pending_incentive")
    counted = await progress(interviews, "s1")
    assert (counted.interviews_booked, counted.interviews_completed) == (1, 1)
    assert len(await of_kind(interviews, "booking.logged")) == 1


async def test_a_manual_interview_scheduled_does_not_count_until_a_booking_is_logged(
    interviews: Settings,
):
    """Set by hand it counts nothing; the booking logged then counts, and notifies all the same."""
    by_hand = await typed_json(interviews, "set-status", "interview_scheduled", "p1", *IN_S1)
    before = await progress(interviews, "s1")
    soon = hours(24)

    logged = await typed_json(interviews, "book", "p1", *soon, *IN_S1)

    hint = "does not count towards progress: log a booking instead (`pstatus book`)"
    assert hint in by_hand["review"][0]["follows"]
    assert (before.interviews_booked, shown(by_hand["changes"])) == (
        0,
        [("p1", "interview_scheduled", False)],
    )
    assert "notifies the participant" in logged["review"][0]["follows"]
    assert "counts as booked" in logged["review"][0]["follows"]
    assert shown(logged["changes"]) == [("p1", "interview_scheduled", True)]
    assert (await progress(interviews, "s1")).interviews_booked == 1


async def test_what_became_of_a_booking_is_told_by_hand(interviews: Settings):
    """Completed, missed, not missed after all, canceled, booked again; each rerun is harmless."""
    await typed(interviews, "book", "p1", *hours(24), *IN_S1)
    slot = hours(24)
    await typed(interviews, "book", "p2", *slot, *IN_S1)

    for mark, status in (
        ("no-show", "no_showed"),
        ("no-show-undo", "interview_scheduled"),
        ("complete", "interview_completed"),
    ):
        done = await typed_json(interviews, "booking", mark, "p1", *MARK)
        again = await typed_json(interviews, "booking", mark, "p1", *MARK)
        assert shown(done["changes"]) == [("p1", status, False)]
        assert again["signals"] == []
    host = (*MARK, "--by", "host")
    canceled = await typed_json(interviews, "booking", "cancel", "p2", *host)
    rebooked = await typed_json(interviews, "book", "p2", *slot, *IN_S1)
    nothing = await asyncio.to_thread(run, interviews, "booking", "cancel", "p3", *host)

    assert shown(canceled["changes"]) == [("p2", "interview_canceled", False)]
    assert shown(rebooked["changes"]) == [("p2", "interview_scheduled", True)]
    assert (nothing.returncode, "no booking that fits" in nothing.stdout) == (2, True)


async def test_between_two_bookings_one_is_named(interviews: Settings):
    """Nobody guesses: the review says which there are, and nothing is sent until one is named."""
    for booking, begin in (("b1", 24), ("b2", 48)):
        await typed(interviews, "book", "p1", "--booking", booking, *hours(begin), *IN_S1)
    host = (*MARK, "--by", "host")

    unnamed = await asyncio.to_thread(run, interviews, "booking", "cancel", "p1", *host)
    named = await typed_json(interviews, "booking", "cancel", "p1", "--booking", "b2", *host)
    moved = await typed_json(interviews, "book", "p1", "--booking", "b1", *hours(72), *IN_S1)

    assert (unnamed.returncode, "--booking b1, b2" in unnamed.stdout) == (2, True)
    assert named["changes"] == []
    assert "no longer counts as booked" in named["review"][0]["follows"]
    assert shown(moved["changes"]) == [("p1", "interview_scheduled", True)]
    assert (await progress(interviews, "s1")).interviews_booked == 1


async def test_a_reward_handled_by_hand_is_sent_once(interviews: Settings):
    """Sent, canceled, sent again and claimed: one reward throughout, and reruns tell nothing."""
    await typed(interviews, "book", "p1", *hours(-48), *IN_S1)
    worth = ("--amount-cents", "5000", "--currency", "EUR")

    for word, status in (
        ("sent", "incentive_sent"),
        ("canceled", "incentive_not_sent"),
        ("sent", "incentive_sent"),
        ("claimed", "incentive_claimed"),
    ):
        told = (*worth, *MARK) if word == "sent" else MARK
        done = await typed_json(interviews, "incentive", word, "p1", *told)
        again = await typed_json(interviews, "incentive", word, "p1", *told)
        assert shown(done["changes"]) == [("p1", status, False)]
        assert again["signals"] == []
    counted = await progress(interviews, "s1")

    assert (counted.incentives_sent, counted.incentives_claimed) == (1, 1)
