"""Contact status: causes told by signals, what lifts them, reasons, until, and eligibility."""

import pytest

from tests.domain import story
from tests.domain.story import Json, told

FREE = "free_to_contact"
CAUSES: dict[str, tuple[Json, tuple[str, str, str | None]]] = {
    "unsubscribed": (
        story.signal("email.unsubscribed", "09:00"),
        ("opted_out", "participant", None),
    ),
    "complained": (story.signal("email.complained", "09:00"), ("opted_out", "complaint", None)),
    "opted out by themselves": (
        story.contact("opted_out", "09:00", by="participant"),
        ("opted_out", "participant", None),
    ),
    "opted out by a user": (story.contact("opted_out", "09:00"), ("opted_out", "manual", None)),
    "hard bounced": (story.bounced("09:00"), ("opted_out", "hard_bounce", None)),
    "blocklisted": (story.contact("blocklisted", "09:00"), ("in_blocklist", "manual", None)),
    "do not contact": (
        story.contact("do_not_contact_set", "09:00"),
        ("do_not_contact", "manual", None),
    ),
    "cooldown": (
        story.contact("cooldown_set", "09:00", until=story.at("2026-03-09 09:00")),
        ("in_cooldown", "manual", None),
    ),
}
LIFTS: dict[str, Json] = {
    "opted in": story.contact("opted_in", "10:00"),
    "resubscribed": story.signal("email.resubscribed", "10:00"),
    "delivered": story.delivered("10:00"),
    "new address": story.signal("person.updated", "10:00", emails=["new@example.com"]),
    "unblocklisted": story.contact("unblocklisted", "10:00"),
    "do not contact cleared": story.contact("do_not_contact_cleared", "10:00"),
    "cooldown cleared": story.contact("cooldown_cleared", "10:00"),
}
LIFTED_BY = {
    "unsubscribed": {"opted in", "resubscribed"},
    "complained": {"opted in", "resubscribed"},
    "opted out by themselves": {"opted in", "resubscribed"},
    "opted out by a user": {"opted in", "resubscribed"},
    "hard bounced": {"delivered", "new address"},
    "blocklisted": {"unblocklisted"},
    "do not contact": {"do not contact cleared"},
    "cooldown": {"cooldown cleared"},
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("lift", LIFTS)
def test_each_cause_is_lifted_by_its_own_signal_and_by_no_other(cause: str, lift: str) -> None:
    """What is set by hand is cleared by hand, a mailbox proves good, an opt-in lifts opt-outs."""
    signal, reason = CAUSES[cause]

    person = told(signal, LIFTS[lift])

    assert person.reasons() == ([] if lift in LIFTED_BY[cause] else [reason])


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_holds_again_after_it_was_lifted(cause: str) -> None:
    """Only what came since the lifting counts."""
    signal, reason = CAUSES[cause]
    lift = LIFTS[sorted(LIFTED_BY[cause])[0]]
    again = signal | {"id": "test:again", "occurred_at": story.at("11:00")}

    assert told(signal, lift, again).reasons() == [reason]


def test_a_soft_bounce_is_no_cause() -> None:
    """The mailbox may come back."""
    assert told(story.bounced("09:00", "soft")).contact() == (FREE, None)


def test_an_address_known_before_proves_nothing() -> None:
    """Only an address that was not among the person's addresses lifts a hard bounce."""
    known = [
        story.signal("person.updated", "08:00", emails=["a@example.com", "b@example.com"]),
        story.bounced("09:00"),
    ]
    fewer = story.signal("person.updated", "10:00", emails=["b@example.com"])
    same_again = story.signal("person.updated", "11:00", emails=["a@example.com"])

    assert told(*known, fewer).contact() == ("opted_out", None)
    assert told(*known, fewer, same_again).contact() == (FREE, None)


def test_addresses_absent_stay_and_given_replace() -> None:
    """An update of properties alone knows nothing of addresses; an empty list removes them."""
    known = [story.signal("person.updated", "07:00", emails=["a@example.com"])]
    properties = story.signal("person.updated", "08:00", properties={"x": 1})
    emptied = story.signal("person.updated", "08:00", emails=[])
    again = [story.bounced("09:00"), known[0] | {"id": "t:2", "occurred_at": story.at("10:00")}]

    assert told(*known, properties, *again).contact() == ("opted_out", None)
    assert told(*known, emptied, *again).contact() == (FREE, None)


def test_reasons_are_all_causes_in_force_sorted_and_the_strictest_is_the_status() -> None:
    """By rank, then cause, then rule."""
    rules = [
        {"id": rule, "kind": "property_rule", "property": "x", "operator": "is_set"}
        for rule in ("r2", "r1")
    ]
    signals = [signal for signal, _ in CAUSES.values()]
    updated = story.signal("person.updated", "08:00", properties={"x": True})

    person = told(updated, *signals, policy=rules)

    assert person.reasons() == [
        ("opted_out", "complaint", None),
        ("opted_out", "hard_bounce", None),
        ("opted_out", "manual", None),
        ("opted_out", "participant", None),
        ("in_blocklist", "manual", None),
        ("do_not_contact", "manual", None),
        ("do_not_contact", "rule", "r1"),
        ("do_not_contact", "rule", "r2"),
        ("in_cooldown", "manual", None),
    ]
    assert person.contact() == ("opted_out", None)


def test_until_is_the_latest_of_the_reasons_of_the_status() -> None:
    """Two cooldowns: the later one counts, whichever it is."""
    rule = {"id": "r", "kind": "invitation_cooldown", "days": 2}
    by_hand = story.contact("cooldown_set", "09:00", until=story.at("2026-03-03 09:00"))

    person = told(story.mailed("08:00"), by_hand, policy=[rule])

    assert person.contact() == ("in_cooldown", "2026-03-04T08:00:00.000000Z")
    assert len(person.reasons()) == 2


def test_the_newest_cooldown_set_replaces_the_one_before() -> None:
    """Even by a shorter one."""
    longer = story.contact("cooldown_set", "09:00", until=story.at("2026-03-09 09:00"))
    shorter = story.contact("cooldown_set", "10:00", until=story.at("2026-03-03 09:00"))

    assert told(shorter, longer).contact() == ("in_cooldown", "2026-03-03T09:00:00.000000Z")


@pytest.mark.parametrize(
    ("now", "status"),
    [("09:59:59", "in_cooldown"), ("10:00:00", FREE), ("10:00:01", FREE)],
)
def test_a_cooldown_by_hand_is_over_at_its_end(now: str, status: str) -> None:
    """The hold is [event, until)."""
    person = told(story.contact("cooldown_set", "09:00", until=story.at("10:00")), now=now)

    assert person.contact()[0] == status


BLOCKS = {
    "opted_out": story.contact("opted_out", "08:00"),
    "in_blocklist": story.contact("blocklisted", "08:00"),
    "do_not_contact": story.contact("do_not_contact_set", "08:00"),
    "in_cooldown": story.contact("cooldown_set", "08:00", until=story.at("2026-03-09 09:00")),
}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("overridden", [True, False])
def test_an_override_lifts_do_not_contact_and_cooldown_only(block: str, overridden: bool) -> None:
    """Never an opt-out or the blocklist; and only in the study that it names."""
    signals = [BLOCKS[block], story.added("09:00"), story.added("09:00", study_id="s2")]
    if overridden:
        signals.append(story.signal("governance.overridden", "09:01", by="u1"))

    person = told(*signals)

    lifted = overridden and block in ("do_not_contact", "in_cooldown")
    assert person.status("s1") == ("not_contacted" if lifted else "not_eligible")
    assert person.status("s2") == "not_eligible"


def test_an_override_given_before_the_block_counts_for_good() -> None:
    """The order of the two does not matter."""
    person = told(story.signal("governance.overridden", "07:00", by="u1"), BLOCKS["do_not_contact"])

    assert person.status() == "not_contacted"


@pytest.mark.parametrize("status", ["study_invited", "survey_started", "canceled", "no_showed"])
def test_a_block_leaves_every_other_status_alone(status: str) -> None:
    """A cooldown does not push out who is invited."""
    person = told(story.put(status, "07:00"), BLOCKS["in_cooldown"])

    assert person.status() == status


def test_who_joins_after_opting_out_is_not_eligible() -> None:
    """Not opted_out; and eligible again with the opt-in."""
    person = told(BLOCKS["opted_out"], story.added("09:00"), now="09:00")
    assert person.status() == "not_eligible"

    changes = person.hears(story.contact("opted_in", "10:00"), now="10:00")

    assert [story.step(change) for change in changes] == [("not_eligible", "not_contacted")]
