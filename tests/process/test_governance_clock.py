"""Time and contact status: holds begin and end by the database's clock, and by no other."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from tests.process import wire
from tests.process.applying import found, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.governing import (
    clock_at,
    clock_back,
    contacts_of,
    drained,
    govern,
    instant,
    policy,
    sound,
)
from tests.process.test_apply_signals import changes_of
from workers.ops import clock
from workers.settings import Settings

CLOCK = {"signal_id": None, "kind": "clock"}


async def steps_of(settings: Settings, study: str) -> list[tuple[str | None, str]]:
    """The steps of p1 in a study."""
    changes = [c for c in await changes_of(settings) if c["study_id"] == study]
    return [(c["prior_status"], c["status"]) for c in changes]


async def test_a_cooldown_set_by_an_invitation_ends_by_the_clock(topics: Settings, start: Start):
    """Invited, held back elsewhere, a day later eligible: the person's change always first."""
    await govern(topics, start, policy({"kind": "invitation_cooldown", "days": 1}))
    await clock_at(topics, "2026-03-03T08:00:00Z")
    invited = told("email.sent", purpose="screener")  # at nine the day before
    ends = "2026-03-03T09:00:00.000000Z"
    start("apply")
    await tell(topics, [told("participant.added", study="s2"), invited])
    await wire.until(topics, "contact-changes", 1)

    await clock_at(topics, "2026-03-03T08:59:58Z")
    await wire.until(topics, "contact-changes", 2)
    await worked_off(topics)

    held, freed = await contacts_of(topics)
    assert (held["status"], held["until"]) == ("in_cooldown", ends)
    assert held["cause"]["signal_id"] == invited["id"]
    assert (freed["status"], freed["until"], freed["reasons"]) == ("free_to_contact", None, [])
    assert (freed["cause"], freed["occurred_at"]) == (CLOCK, ends)
    assert held["recorded_at"] < ends <= freed["recorded_at"]
    assert await steps_of(topics, "s2") == [
        (None, "not_contacted"), ("not_contacted", "not_eligible"),
        ("not_eligible", "not_contacted"),
    ]  # fmt: skip
    assert await steps_of(topics, "s1") == [(None, "study_invited")]
    await sound(topics)


async def test_at_new_year_a_limit_of_rewards_is_over(topics: Settings, start: Start):
    """At midnight in New York, five hours after midnight in UTC, not a moment before."""
    rule = {"kind": "incentive_limit", "max_cents": 5000, "currency": "USD"}
    await govern(topics, start, policy(rule, zone="America/New_York"))
    await clock_at(topics, "2027-01-01T04:30:00Z")
    rewarded = told("incentive.sent", reward_id="g1", amount_cents=5000, currency="USD")
    start("apply")
    await tell(topics, [told("participant.added", study="s2"), rewarded])
    await wire.until(topics, "contact-changes", 1)

    await clock_at(topics, "2027-01-01T04:59:58Z")
    await wire.until(topics, "contact-changes", 2)
    await worked_off(topics)

    midnight = "2027-01-01T05:00:00.000000Z"
    held, freed = await contacts_of(topics)
    assert (held["status"], held["until"]) == ("do_not_contact", midnight)
    assert held["recorded_at"] < midnight
    assert (freed["status"], freed["occurred_at"]) == ("free_to_contact", midnight)
    assert freed["recorded_at"] >= midnight
    assert (await steps_of(topics, "s2"))[-1] == ("not_eligible", "not_contacted")
    await sound(topics)


async def test_a_date_holds_until_its_midnight_over_the_night_clocks_change(
    topics: Settings, start: Start
):
    """New York, 8 March 2026 has 23 hours: a day before the 9th is 23:00 of the 7th."""
    rule = {"kind": "property_rule", "property": "d", "operator": "in_next_days", "value": 1}
    await govern(topics, start, policy(rule, zone="America/New_York"))
    await clock_at(topics, "2026-03-08T03:00:00Z")
    start("apply")
    await tell(
        topics,
        [
            told("participant.added"),
            told("person.updated", study=None, minute=1, properties={"d": "2026-03-09"}),
        ],
    )
    await found(topics, "select 1 from people where properties is not null")
    await clock_at(topics, "2026-03-08T03:59:58Z")
    await wire.until(topics, "contact-changes", 1)
    await clock_at(topics, "2026-03-09T03:59:57Z")

    await wire.until(topics, "contact-changes", 2)
    await worked_off(topics)

    held, freed = await contacts_of(topics)
    assert (held["status"], held["cause"]) == ("do_not_contact", CLOCK)
    assert held["occurred_at"] == "2026-03-08T04:00:00.000000Z"
    assert (freed["status"], freed["cause"]) == ("free_to_contact", CLOCK)
    assert freed["occurred_at"] == "2026-03-09T04:00:00.000000Z"
    assert freed["recorded_at"] >= freed["occurred_at"]
    await sound(topics)


async def test_a_clock_set_back_by_two_seconds_stands_still_until_it_is_caught_up(
    topics: Settings, start: Start
):
    """What is recorded never falls; a hold ends by that clock, so two seconds later for us."""
    await start("apply").ready()
    now = clock.now()
    ends = now + timedelta(seconds=8)
    held = told("contact.cooldown_set", study=None, by="u1", until=instant(ends))
    await tell(topics, [told("participant.added"), held], received_at=instant(now))
    await wire.until(topics, "contact-changes", 1)

    await clock_back(topics, 2)
    await tell(topics, [told("participant.added", study="s2")], received_at=instant(now))
    await wire.until(topics, "contact-changes", 2)
    await worked_off(topics)

    records = await wire.records_of(topics, "contact-changes")
    freed = json.loads(records[-1].value)
    assert (freed["status"], freed["occurred_at"]) == ("free_to_contact", instant(ends))
    assert freed["recorded_at"] >= instant(ends)
    told_at = datetime.fromtimestamp(records[-1].timestamp / 1000, UTC)
    assert told_at >= ends + timedelta(seconds=2) - timedelta(milliseconds=1)
    before, after = (await changes_of(topics))[:2]
    assert before["recorded_at"] <= after["recorded_at"]
    await sound(topics)


async def test_nothing_ends_while_the_clock_stands_before_it(topics: Settings, start: Start):
    """Our own clock passes the end long before the database's does: nobody is freed by it."""
    await clock_at(topics, "2026-03-05T09:00:00Z")
    held = told("contact.cooldown_set", study=None, by="u1", until="2026-03-06T09:00:00Z")
    start("apply")
    await tell(topics, [told("participant.added"), held])
    await wire.until(topics, "contact-changes", 1)
    await asyncio.sleep(3)
    await worked_off(topics)
    assert [c["status"] for c in await contacts_of(topics)] == ["in_cooldown"]

    await clock_at(topics, "2026-03-06T09:00:00Z")

    await found(topics, "select 1 from people where contact_status = 'free_to_contact'")
    await drained(topics)
    assert [c["status"] for c in await contacts_of(topics)] == ["in_cooldown", "free_to_contact"]
    await sound(topics)
