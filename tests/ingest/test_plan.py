"""What a batch comes to before anything is written: places, offsets, ledgers, pauses, bugs."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from schemas.routing import shard_of
from workers.ingest.addresses import AddressKeys
from workers.ingest.letters import Postmark
from workers.ingest.plan import PAUSE_EVERY, Plan, Planner
from workers.ingest.records import broker_time

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYS = AddressKeys("secret")


def planner(addresses: Any = KEYS, failures: list[Exception] | None = None) -> Planner:
    """For four shards; `failures` collects what our own code raised."""
    told = [] if failures is None else failures
    return Planner(
        signals="signals", dead_letters="dead", shards=4, addresses=addresses,
        by=Postmark("g", "1"), failed=lambda _, error: told.append(error),
    )  # fmt: skip


def record(*told: dict[str, Any] | str, offset: int = 7) -> SimpleNamespace:
    """A record of our own signals."""
    return SimpleNamespace(
        topic="pre.webhooks.product", partition=6, offset=offset, key=b"k",
        value=json.dumps(told).encode(), timestamp=int(NOW.timestamp() * 1000),
        headers=(("provider", b"standard"), ("workspace-id", b"w1")),
    )  # fmt: skip


def signal(number: int = 0, kind: str = "participant.added", **more: Any) -> dict[str, Any]:
    """One of p1 in s1."""
    return {
        "id": f"x:{number}", "kind": kind, "occurred_at": "2026-03-02T08:00:00Z",
        "person_id": "p1", "study_id": "s1", **more,
    }  # fmt: skip


def test_every_element_is_in_one_ledger_column_and_the_offset_is_the_next():
    """Signals to their shard, letters beside their record's partition, setups to the database."""
    setup = {
        "id": "x:s", "kind": "study.configured", "occurred_at": "2026-03-02T08:00:00Z",
        "study_id": "s1", "type": "survey", "screener": False, "incentive": False,
        "participation_limit": 3,
    }  # fmt: skip
    plan = Plan()

    list(planner().add(plan, record(signal(), "nothing", setup, signal(1), offset=41), NOW))

    topic = "pre.webhooks.product"
    assert plan.elements == {(topic, "signal"): 2, (topic, "dead"): 1, (topic, "configured"): 1}
    assert plan.offsets == {TopicPartition(topic, 6): 42}
    assert {one.partition for one in plan.signals} == {shard_of(b"w1:p1", 4)}
    assert [dict(one.headers)["origin"] for one in plan.signals] == [
        b"pre.webhooks.product/6/41/0", b"pre.webhooks.product/6/41/3",
    ]  # fmt: skip
    (letter,) = plan.letters
    assert (letter.partition, letter.key) == (2, b"k")
    (told,) = plan.configurations
    assert (told.spot.element, told.configured.signal.study_id) == (2, "s1")


def test_a_large_array_gives_others_their_turn():
    """The event loop also carries heartbeats: one record pauses again and again."""
    plan = Plan()
    many = record(*(signal(number) for number in range(3 * PAUSE_EVERY + 1)))

    pauses = list(planner().add(plan, many, NOW))

    assert len(pauses) == 3
    assert len(plan.signals) == 3 * PAUSE_EVERY + 1


def test_a_bug_of_ours_costs_one_element():
    """What our own code can't do is a letter of class bug, and is told; the others go on."""
    failures: list[Exception] = []
    plan = Plan()
    updated = signal(1, "person.updated", emails=["ada@example.com"])
    without_keys = planner(addresses=None, failures=failures)

    list(without_keys.add(plan, record(signal(), updated, signal(2)), NOW))

    assert plan.classes == {"bug": 1}
    assert len(plan.signals) == 2
    assert [type(failure) for failure in failures] == [AttributeError]
    assert b"ada" not in dict(plan.letters[0].headers)["__dlq.errors.message"]


def test_a_broker_may_tell_any_timestamp():
    """Before all time or after it: a topic with the producers' own times stops nobody."""
    for told in (-1, -(2**63), 2**63 - 1):
        assert broker_time(SimpleNamespace(timestamp=told)).tzinfo is UTC
