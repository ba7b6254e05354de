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
    plan, ours = Plan(), planner()

    list(ours.add(plan, record(signal(), "nothing", setup, signal(1), offset=41), NOW))

    topic = "pre.webhooks.product"
    assert plan.elements == {(topic, "signal"): 2, (topic, "dead"): 1, (topic, "configured"): 1}
    assert plan.offsets == {TopicPartition(topic, 6): 42}
    assert {one.partition for one in plan.signals} == {shard_of(b"w1:p1", 4)}
    assert [dict(one.headers)["origin"] for one in plan.signals] == [
        b"pre.webhooks.product/6/41/0", b"pre.webhooks.product/6/41/3",
    ]  # fmt: skip
    (letter,) = ours.letters(plan)
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
    assert b"ada" not in dict(without_keys.letters(plan)[0].headers)["__dlq.errors.message"]


def test_many_bad_elements_of_one_record_are_one_letter():
    """Each is counted; the record is written once for each class, and names all of its elements."""
    future = signal(1, occurred_at="2199-01-01T00:00:00Z")
    plan, ours = Plan(), planner()

    list(ours.add(plan, record("a", "b", signal(), future, "c", "d", {}), NOW))

    told = [dict(one.headers) for one in ours.letters(plan)]
    assert {one["pstatus-dlq-class"]: one["pstatus-dlq-element"] for one in told} == {
        b"invalid_schema": b"0-1,4-6", b"from_the_future": b"3"
    }  # fmt: skip
    assert plan.elements["pre.webhooks.product", "dead"] == 6
    assert plan.classes == {"invalid_schema": 1, "from_the_future": 1}
    assert [(one.workspace_id, one.lost, one.elements) for one in plan.shares] == [("w1", 5, 7)]


def test_what_browsers_say_holds_no_topic():
    """A redirect that says nothing of use is a letter, and neither counts as lost nor as sound."""
    plan = Plan()
    hits = (b"/back?study_id=s1", b"/back?outcome=completed&study_id=s1")
    for offset, value in enumerate(hits):
        hit = record(offset=offset)
        hit.headers, hit.value = (("provider", b"redirect"), ("workspace-id", b"w1")), value
        list(planner().add(plan, hit, NOW))

    assert plan.classes == {"invalid_schema": 1}
    assert [(one.lost, one.elements) for one in plan.shares] == [(0, 1)]


def test_a_signal_of_a_letter_put_back_carries_what_the_letter_was():
    """If apply can't use it either, its letter counts on; other elements know nothing of it."""
    back = record(signal(0), signal(1))
    again = {"id": b"x", "element": b"1", "attempt": b"1", "class": b"bug"}
    back.headers += tuple((f"pstatus-dlq-{name}", raw) for name, raw in again.items())
    plan = Plan()

    list(planner().add(plan, back, NOW))

    first, second = [dict(one.headers) for one in plan.signals]
    assert not [name for name in first if name.startswith("pstatus-dlq")]
    assert (second["pstatus-dlq-id"], second["pstatus-dlq-attempt"]) == (b"x", b"1")
    assert plan.shares == []


def test_a_broker_may_tell_any_timestamp():
    """Before all time or after it: a topic with the producers' own times stops nobody."""
    for told in (-1, -(2**63), 2**63 - 1):
        assert broker_time(SimpleNamespace(timestamp=told)).tzinfo is UTC
