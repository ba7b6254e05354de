"""Governance as a product person tells it: one sentence, one case, at each rule's boundary."""

import pytest

from tests.domain import story
from tests.domain.story import Json, rule, told

NOON = "2026-03-10 12:00"
FREE, COOLING, BARRED, BLOCKED = "free_to_contact", "in_cooldown", "do_not_contact", "in_blocklist"

REST = rule("invitation_cooldown", days=7)
AFTER = rule("participation_cooldown", days=30, study_type="interview")
TWICE = rule("invitation_limit", max=2, window_days=30)
ONCE = rule("participation_limit", max=1, window_days=90)
MONEY = rule("incentive_limit", max_cents=60_000, currency="USD")
MISSED = rule("no_show_limit", max=2, window_days=30, effect="blocklist")
PAUSED = rule("no_show_limit", max=2, window_days=30, effect="cooldown", cooldown_days=14)
VIP = rule("property_rule", property="tier", operator="equals", value="vip")
RENEWAL = rule("property_rule", property="renews_on", operator="in_next_days", value=3)


def knows(**properties: object) -> Json:
    """What the data sync says of the person."""
    return story.signal("person.updated", "2026-03-01 09:00", properties=properties)


def paid(when: str, cents: int, name: str = "g1") -> Json:
    """A reward sent."""
    return story.reward("sent", when, name, cents)


CASES: list[tuple[str, Json, list[Json], str]] = [
    ("Invited less than seven days ago: let them rest.",
     REST, [story.mailed("2026-03-03 12:00:01")], COOLING),
    ("Invited exactly seven days ago: the rest is over.",
     REST, [story.mailed("2026-03-03 12:00:00")], FREE),
    ("A reminder is no invitation.",
     REST, [story.mailed("2026-03-10 11:00", "reminder")], FREE),
    ("A second mail to the same study is the same invitation: the first counts.",
     REST, [story.mailed("2026-03-01 09:00"), story.mailed("2026-03-10 09:00", "scheduler")], FREE),
    ("Interviewed 29 days and 23 hours ago: not yet again.",
     AFTER, [story.took_place("2026-02-08 13:00")], COOLING),
    ("Interviewed thirty days ago: again.",
     AFTER, [story.took_place("2026-02-08 12:00")], FREE),
    ("A survey yesterday does not matter to a rule about interviews.",
     AFTER, [story.signal("survey.completed", "2026-03-09 12:00")], FREE),
    ("Two invitations within thirty days are the limit.",
     TWICE, [story.mailed("2026-02-08 12:00:01"), story.mailed("2026-03-09 12:00", study_id="s2")],
     COOLING),
    ("The older of the two leaves the window at this very second.",
     TWICE, [story.mailed("2026-02-08 12:00:00"), story.mailed("2026-03-09 12:00", study_id="s2")],
     FREE),
    ("One test in ninety days is enough.",
     ONCE, [story.signal("test.completed", "2025-12-10 12:00:01")], COOLING),
    ("Ninety days after the test they may take part again.",
     ONCE, [story.signal("test.completed", "2025-12-10 12:00:00")], FREE),
    ("600 dollars this year: nothing more before New Year.",
     MONEY, [paid("2026-01-05 09:00", 40_000), paid("2026-03-01 09:00", 20_000, "g2")], BARRED),
    ("One cent short of 600 dollars.",
     MONEY, [paid("2026-01-05 09:00", 40_000), paid("2026-03-01 09:00", 19_999, "g2")], FREE),
    ("What was sent last year counted last year.",
     MONEY, [paid("2025-12-31 23:59:59", 60_000)], FREE),
    ("A reward that failed is no reward.",
     MONEY, [paid("2026-01-05 09:00", 60_000), story.reward("failed", "2026-01-06 09:00")], FREE),
    ("Missed twice within less than thirty days: blocklisted.",
     MISSED, [story.no_show("2026-02-01 09:00:01"), story.no_show("2026-03-03 09:00", "b2")],
     BLOCKED),
    ("Missed twice, exactly thirty days apart: not blocklisted.",
     MISSED, [story.no_show("2026-02-01 09:00:00"), story.no_show("2026-03-03 09:00", "b2")], FREE),
    ("Taken off the blocklist after the second miss: forgiven.",
     MISSED, [story.no_show("2026-02-20 09:00"), story.no_show("2026-03-03 09:00", "b2"),
              story.contact("unblocklisted", "2026-03-04 09:00")], FREE),
    ("The second miss was 13 days and 23 hours ago: still paused.",
     PAUSED, [story.no_show("2026-02-20 09:00"), story.no_show("2026-02-24 13:00", "b2")], COOLING),
    ("The second miss was fourteen days ago: the pause is over.",
     PAUSED, [story.no_show("2026-02-20 09:00"), story.no_show("2026-02-24 12:00", "b2")], FREE),
    ("A VIP is not to be contacted.", VIP, [knows(tier="vip")], BARRED),
    ("Upper case is another value.", VIP, [knows(tier="VIP")], FREE),
    ("Renews in less than three days: do not disturb.",
     RENEWAL, [knows(renews_on="2026-03-13")], BARRED),
    ("Renews the day after: not yet.", RENEWAL, [knows(renews_on="2026-03-14")], FREE),
    ("Renewed this midnight: over.", RENEWAL, [knows(renews_on="2026-03-10")], FREE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "signals", "status"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_rule_at_its_boundary(policy: Json, signals: list[Json], status: str) -> None:
    """The sentence is the case's name; every status but free carries the rule as its reason."""
    person = told(*signals, now=NOON, policy=[policy])

    assert person.contact()[0] == status
    assert person.reasons() == ([] if status == FREE else [(status, "rule", "r")])
