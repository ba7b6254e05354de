"""Times as people type them: which moment is meant, or why nobody can say."""

from datetime import UTC, datetime

import pytest

from workers.cli._times import moment_of, slot
from workers.cli.errors import UserError

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("2026-03-02T09:00:00Z", None),
        ("2026-03-02T10:00+01:00", None),
        ("2026-03-02T10:00", "Europe/Berlin"),
        ("2026-03-02 04:00", "America/New_York"),
        ("2026-03-02T09:00Z", "Europe/Berlin"),
    ],
)
def test_one_moment_may_be_said_in_several_ways(told: str, zone: str | None):
    """An offset says it all; a local time says it with its zone."""
    assert moment_of(told, zone, "--starts") == NINE


@pytest.mark.parametrize(
    ("told", "zone", "line"),
    [
        ("2026-03-02T09:00", None, "is a local time: say --zone"),
        ("2026-03-02T09:00", "Berlin", "no time zone such as"),
        ("2026-03-02", "Europe/Berlin", "is a day: say the time too"),
        ("tomorrow", None, "no time such as"),
        (
            "2026-10-25T02:30",
            "Europe/Berlin",
            "twice. Say which: 2026-10-25T02:30+02:00 (before they change)"
            " or 2026-10-25T02:30+01:00 (after)",
        ),
        (
            "2026-03-29T02:30",
            "Europe/Berlin",
            "skip 2026-03-29 02:30: 2026-03-29T01:30+01:00 or 2026-03-29T03:30+02:00?",
        ),
    ],
)
def test_a_time_that_may_mean_two_moments_is_asked_back(told: str, zone: str | None, line: str):
    """Without a zone, or where clocks change, nothing is guessed; both readings are told."""
    with pytest.raises(UserError) as refused:
        moment_of(told, zone, "--starts")

    assert line in str(refused.value)


def test_both_readings_of_an_hour_shown_twice_can_be_said():
    """What the refusal offers is understood, and is an hour apart."""
    before = moment_of("2026-10-25T02:30+02:00", None, "--starts")
    after = moment_of("2026-10-25T02:30+01:00", None, "--starts")

    assert (after - before).total_seconds() == 3600


@pytest.mark.parametrize(
    ("starts", "ends", "line"),
    [
        ("2026-03-02T10:00Z", "2026-03-02T09:00Z", "is not behind"),
        ("2026-03-02T09:00Z", "2026-04-02T09:30Z", "more than a day"),
    ],
)
def test_an_interview_ends_after_it_begins(starts: str, ends: str, line: str):
    """A slip of the pen is refused."""
    with pytest.raises(UserError) as refused:
        slot(starts, ends, None)

    assert line in str(refused.value)
