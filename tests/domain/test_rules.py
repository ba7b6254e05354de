"""Governance rules: what each holds, to the second, under the workspace's own calendar."""

import json

import pytest

from tests.domain import story
from tests.domain.story import Json, rule, told

FREE = ("free_to_contact", None)
DAYS = [f"2026-03-{day:02} 09:00" for day in range(2, 12)]
THIRD = "2026-03-04T09:00:00.000000Z"
EDGE = [
    ("2026-03-04 08:59:59", True),
    ("2026-03-04 09:00:00", False),
    ("2026-03-04 09:00:01", False),
]
"""Two days after the second at nine: a second before, at, and after."""


def invited(*times: str) -> list[Json]:
    """One invitation in a study each."""
    return [story.mailed(when, study_id=f"s{n}") for n, when in enumerate(times)]


def missed(*times: str) -> list[Json]:
    """One no-show a time."""
    return [story.no_show(when, f"b{n}") for n, when in enumerate(times)]


COOLDOWNS = {
    "invitation_cooldown": (rule("invitation_cooldown", days=2), invited(DAYS[0])),
    "participation_cooldown": (
        rule("participation_cooldown", days=2),
        [story.signal("survey.completed", DAYS[0])],
    ),
    "invitation_limit": (
        rule("invitation_limit", max=2, window_days=2),
        invited(DAYS[0], "2026-03-02 12:00"),
    ),
    "participation_limit": (
        rule("participation_limit", max=2, window_days=2),
        [story.signal("test.completed", DAYS[0]), story.took_place("2026-03-02 12:00")],
    ),
    "no_show_limit": (
        rule("no_show_limit", max=2, window_days=9, effect="cooldown", cooldown_days=2),
        missed("2026-03-01 09:00", DAYS[0]),
    ),
}


@pytest.mark.parametrize("name", COOLDOWNS)
@pytest.mark.parametrize(("now", "holds"), EDGE)
def test_a_cooldown_holds_to_the_second(name: str, now: str, holds: bool) -> None:
    """[event, until): a second before the end it holds, at the end it is over."""
    policy, signals = COOLDOWNS[name]

    person = told(*signals, now=now, policy=[policy])

    assert person.contact() == (("in_cooldown", THIRD) if holds else FREE)
    assert person.reasons() == ([("in_cooldown", "rule", "r")] if holds else [])


@pytest.mark.parametrize("name", ["invitation_limit", "participation_limit", "no_show_limit"])
def test_a_limit_needs_as_many_as_it_says(name: str) -> None:
    """One fewer and nothing holds."""
    policy, signals = COOLDOWNS[name]

    assert told(*signals[1:], now="2026-03-02 13:00", policy=[policy]).contact() == FREE


@pytest.mark.parametrize("kind", ["participation_cooldown", "participation_limit"])
@pytest.mark.parametrize("wanted", ["interview", "survey", "unmoderated_test", None])
@pytest.mark.parametrize(
    ("done", "signal"),
    [
        ("interview", story.took_place("09:00")),
        ("survey", story.signal("survey.completed", "09:00")),
        ("unmoderated_test", story.signal("test.completed", "09:00")),
    ],
)
def test_a_study_type_selects_by_what_was_done(
    kind: str, wanted: str | None, done: str, signal: Json
) -> None:
    """Not by the setup of the study, which here says something else."""
    parts = {"days": 2} if kind == "participation_cooldown" else {"max": 1, "window_days": 2}
    policy = rule(kind, **parts, **({"study_type": wanted} if wanted else {}))

    person = told(signal, policy=[policy], studies=[story.setup(type="survey")])

    assert (person.contact()[0] == "in_cooldown") is (wanted in (None, done))


def test_rules_read_records_and_no_status_set_by_hand() -> None:
    """Invited or done by hand is neither an invitation nor a completion."""
    policy = [rule("invitation_cooldown", days=9), rule("participation_cooldown", days=9)]

    for status in ("study_invited", "survey_completed"):
        assert told(story.put(status, "09:00"), policy=policy).contact() == FREE


@pytest.mark.parametrize(
    ("second", "fires"),
    [("2026-03-04 08:59:59", True), ("2026-03-04 09:00:00", False), ("2026-03-04 09:00:01", False)],
)
def test_no_shows_fire_within_less_than_the_window(second: str, fires: bool) -> None:
    """Exactly the window apart is too far."""
    policy = rule("no_show_limit", max=2, window_days=2, effect="blocklist")

    person = told(*missed(DAYS[0], second), now="2026-03-20 09:00", policy=[policy])

    assert person.contact() == (("in_blocklist", None) if fires else FREE)


@pytest.mark.parametrize(
    ("unblocklisted", "blocked"),
    [("2026-03-03 08:59:59", True), ("2026-03-03 09:00:00", False), ("2026-03-03 09:00:01", False)],
)
def test_taking_off_the_blocklist_answers_what_fired_before(
    unblocklisted: str, blocked: bool
) -> None:
    """A firing after it blocks anew; at the same instant the human word is last."""
    policy = rule("no_show_limit", max=2, window_days=9, effect="blocklist")
    off = story.contact("unblocklisted", unblocklisted)

    person = told(*missed(DAYS[0], DAYS[1]), off, now=DAYS[5], policy=[policy])

    assert (person.contact()[0] == "in_blocklist") is blocked


def test_a_further_no_show_after_the_answer_fires_again() -> None:
    """The third within the window is again the second or later."""
    policy = rule("no_show_limit", max=2, window_days=9, effect="blocklist")
    off = story.contact("unblocklisted", "2026-03-03 10:00")

    person = told(*missed(*DAYS[:3]), off, now=DAYS[5], policy=[policy])

    assert person.contact() == ("in_blocklist", None)


def test_a_no_show_undone_never_was() -> None:
    """What a rule put on the blocklist is off again."""
    policy = rule("no_show_limit", max=2, window_days=9, effect="blocklist")
    signals = [*missed(*DAYS[:2]), story.undone("2026-03-03 12:00", "b1")]

    assert told(*signals, now=DAYS[5], policy=[policy]).contact() == FREE


def test_unblocklisting_does_not_end_a_cooldown_by_rule() -> None:
    """Only the blocklist is answered by hand."""
    policy, signals = COOLDOWNS["no_show_limit"]
    off = story.contact("unblocklisted", "2026-03-02 10:00")

    person = told(*signals, off, now="2026-03-03 09:00", policy=[policy])

    assert person.contact() == ("in_cooldown", THIRD)


@pytest.mark.parametrize(
    ("cents", "held"),
    [((2500,), True), ((2499,), False), ((1500, 1000), True), ((2500, None), True)],
)
def test_rewards_of_the_year_add_up_to_the_limit(cents: tuple[int | None, ...], held: bool) -> None:
    """Reached is enough; a reward of unknown amount counts for nothing."""
    rewards = [story.reward("sent", "09:00", f"g{n}", c) for n, c in enumerate(cents)]
    policy = rule("incentive_limit", max_cents=2500, currency="USD")

    person = told(*rewards, policy=[policy])

    until = "2027-01-01T00:00:00.000000Z"
    assert person.contact() == (("do_not_contact", until) if held else FREE)


@pytest.mark.parametrize(
    "signals",
    [
        [story.reward("sent", "09:00", cents=2500), story.reward("failed", "10:00")],
        [story.reward("sent", "09:00", cents=2500, currency="EUR")],
        [story.reward("sent", "09:00", cents=2500), story.reward("claimed", "10:00", cents=100)],
        [story.reward("sent", "2025-12-31 23:59:59", cents=2500), story.reward("claimed", "09:00")],
    ],
    ids=["void", "another currency", "newest amount", "sent last year, claimed this year"],
)
def test_a_reward_that_does_not_count_holds_nobody(signals: list[Json]) -> None:
    """Void, in another currency, smaller by the newest amount, or counted from another year."""
    policy = rule("incentive_limit", max_cents=2500, currency="USD")

    assert told(*signals, policy=[policy]).contact() == FREE


COMPARED = """
equals       | 1     | 1 1.0             | true "1" "x" 2 [1] null -
equals       | true  | true              | 1 "true" false null -
equals       | "x"   | "x"               | "X" 1 null -
equals       | [1]   | [1]               | [1,2] 1 ["1"] [true] null -
equals       | {"a":1} | {"a":1}         | {"a":2} {} null -
equals       | false | false             | 0 null -
not_equals   | 1     | 2 true "1" [1]    | 1 1.0 null -
not_equals   | "x"   | "X" 1             | "x" null -
less_than    | 2     | 1 1.5 -1          | 2 3 true "1" null -
greater_than | 2     | 3 2.5             | 2 1 true "3" null -
is_set       |       | 1 false "" 0 []   | null -
is_not_set   |       | null -            | 1 false "" 0 []
in_next_days | 2     | "2026-03-03" "2026-03-04" | "2026-03-02" "2026-03-05" "2026-02-30" "x" 3 null -
"""  # noqa: E501
COMPARISONS = [
    (operator.strip(), value.strip(), told_value, holds)
    for line in COMPARED.strip().splitlines()
    for operator, value, yes, no in [line.split("|")]
    for holds, values in ((True, yes), (False, no))
    for told_value in values.split()
]


@pytest.mark.parametrize(("operator", "value", "has", "holds"), COMPARISONS)
def test_a_property_rule_compares_json_values_without_conversion(
    operator: str, value: str, has: str, holds: bool
) -> None:
    """`-` is a property that is missing: like null it satisfies is_not_set and nothing else."""
    policy = rule("property_rule", property="x", operator=operator)
    policy |= {"value": json.loads(value)} if value else {}
    properties = {} if has == "-" else {"x": json.loads(has)}
    updated = story.signal("person.updated", "09:00", properties=properties)

    person = told(updated, now="2026-03-02 10:00", policy=[policy])

    assert person.contact() == (("do_not_contact", None) if holds else FREE)


def test_a_loosened_rule_frees_at_once_and_a_tightened_one_reaches_back() -> None:
    """The newest policy alone looks at the whole history; its change carries it as the cause."""
    person = told(
        story.mailed("2026-03-01 09:00"), story.added("09:00", study_id="s2"), now="09:00"
    )

    def configured(when: str, days: int) -> Json:
        policy = [rule("invitation_cooldown", days=days)]
        return story.signal("policy.configured", when, rules=policy, timezone="UTC")

    tightened = person.hears(configured("10:00", 9), now="10:00")
    loosened = person.hears(configured("11:00", 1), now="11:00")
    old_news = person.hears(configured("10:30", 9), now="12:00")

    assert [story.step(c) for c in tightened] == [("not_contacted", "not_eligible")]
    assert [story.step(c) for c in loosened] == [("not_eligible", "not_contacted")]
    assert old_news == []
    assert [c["cause"]["kind"] for c in person.changes("contact.status_changed")] == [
        "policy.configured"
    ] * 2


def test_the_clock_ends_a_hold_and_says_when() -> None:
    """Time alone frees the person; the change is the clock's, at that instant."""
    person = told(
        *invited(DAYS[0]),
        story.added(DAYS[0], study_id="s9"),
        now=DAYS[7],
        policy=[COOLDOWNS["invitation_cooldown"][0]],
    )

    freed = person.changes("contact.status_changed")[-1]
    eligible = person.changes()[-1]

    assert (freed["status"], freed["occurred_at"]) == ("free_to_contact", THIRD)
    assert freed["cause"] == {"signal_id": None, "kind": "clock"}
    assert (story.step(eligible), eligible["occurred_at"]) == (
        ("not_eligible", "not_contacted"),
        THIRD,
    )
