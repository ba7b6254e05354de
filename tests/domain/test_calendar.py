"""Days and years: days are 24 hours exactly; only years and date properties know the zone."""

from datetime import datetime, timedelta

import pytest

from tests.domain import story
from tests.domain.story import rule, told

FREE = ("free_to_contact", None)
NEW_YEARS = [
    ("UTC", "2027-01-01 00:00:00"),
    ("Pacific/Kiritimati", "2026-12-31 10:00:00"),
    ("America/New_York", "2027-01-01 05:00:00"),
    ("Asia/Kolkata", "2026-12-31 18:30:00"),
    ("Pacific/Auckland", "2026-12-31 11:00:00"),
]


@pytest.mark.parametrize(("zone", "midnight"), NEW_YEARS)
def test_the_year_ends_at_local_midnight(zone: str, midnight: str) -> None:
    """A second before it holds until then; at midnight only a reward of that instant counts."""
    policy = rule("incentive_limit", max_cents=100, currency="USD")
    eve = shifted(midnight, seconds=-1)

    def asked(now: str, sent: str) -> tuple[str, str | None]:
        signals = [story.reward("sent", sent, cents=100)]
        return told(*signals, now=now, policy=[policy], timezone=zone).contact()

    assert asked(eve, "2026-06-01 09:00") == ("do_not_contact", instant(midnight))
    assert asked(midnight, eve) == FREE
    assert asked(midnight, midnight) == ("do_not_contact", instant(shifted(midnight, days=365)))


def instant(when: str) -> str:
    """A day and time as it is published."""
    return f"{when.replace(' ', 'T')}.000000Z"


def shifted(when: str, **by: int) -> str:
    """A day and time moved."""
    return str(datetime.fromisoformat(when) + timedelta(**by))


def test_a_day_is_24_hours_whatever_the_clocks_do() -> None:
    """Over the night in which New York loses an hour, a day's cooldown still lasts 24 hours."""
    policy = rule("invitation_cooldown", days=1)
    mail = story.mailed("2026-03-07 12:00")

    person = told(mail, now="2026-03-07 13:00", policy=[policy], timezone="America/New_York")

    assert person.contact() == ("in_cooldown", "2026-03-08T12:00:00.000000Z")


MIDNIGHTS = [
    ("UTC", "2026-03-09 00:00:00"),
    ("America/New_York", "2026-03-09 04:00:00"),
    ("Asia/Kolkata", "2026-03-08 18:30:00"),
    ("Pacific/Auckland", "2026-03-08 11:00:00"),
    ("Europe/Berlin", "2026-03-08 23:00:00"),
]


@pytest.mark.parametrize(("zone", "midnight"), MIDNIGHTS)
def test_a_date_property_holds_from_24_hours_times_value_to_local_midnight(
    zone: str, midnight: str
) -> None:
    """Over New York's night of 23 hours, too: two days before are 48 hours."""
    policy = rule("property_rule", property="d", operator="in_next_days", value=2)
    updated = story.signal("person.updated", "2026-03-01 00:00", properties={"d": "2026-03-09"})
    times = {
        "too early": shifted(midnight, days=-2, seconds=-1),
        "begins": shifted(midnight, days=-2),
        "last second": shifted(midnight, seconds=-1),
        "over": midnight,
    }

    held = {
        name: told(updated, now=now, policy=[policy], timezone=zone).contact()
        for name, now in times.items()
    }

    assert held == {
        "too early": FREE,
        "begins": ("do_not_contact", None),
        "last second": ("do_not_contact", None),
        "over": FREE,
    }
