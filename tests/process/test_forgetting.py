"""Forgetting on real processes: a mark in all that can hold one is nowhere left."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import product
from typing import Any

import pytest

from schemas import routing
from schemas.codec import Refused, decode_signal
from schemas.signals import SENDABLE, OfPerson, PersonErased, kind_of
from schemas.topics import TOPICS, Cleanup
from tests.process import wire
from tests.process.applying import fetch, found, record, settled, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.test_resolving import PARKED, SENT, added, mail, ours, setup
from workers.settings import Settings

MARK = "zqmarkqz"
"""Short enough for every id; lower case, as addresses are kept."""
FIRST = {
    "occurred_at": "2026-03-02T09:00:00Z", "person_id": "p1", "study_id": "s1", "note": MARK,
    "starts_at": "2026-03-02T08:00:00Z", "ends_at": "2026-03-02T08:30:00Z", "by": "participant",
    "until": "2026-03-03T09:00:00Z", "emails": [f"{MARK}@example.com"], "currency": "EUR",
    "properties": {MARK: [MARK, {"deep": MARK}]}, "amount_cents": 100, "purpose": "survey",
    "permanence": "soft", "result": "qualified", "status": "canceled",
}  # fmt: skip
"""What the fields of signals hold that take no mark, and those that take it in a shape."""
OTHERS = {"reason": ["dishonesty", "screened_out", "over_quota", None], "by": ["host", "u1"]}
"""Words that differ from kind to kind."""
ERASED = told("person.erased", study=None, minute=600) | {"id": "privacy:4"}
HOLDING = {
    "signals", "people", "changes", "counters", "links", "parked", "parked_waits",
    "parked_records",
}  # fmt: skip
"""Where the mark must be found before: else the search would prove nothing."""


def signal_of(kind: type[OfPerson]) -> dict[str, Any]:
    """A signal of a kind with the mark wherever the wire takes it."""
    signal = {"id": f"{MARK}:{kind_of(kind)}", "workspace_id": "w1", "kind": kind_of(kind)}
    for field in fields(kind):
        if field.name not in signal and field.name != "unverified":
            signal[field.name] = FIRST.get(field.name, MARK)
    names = OTHERS.keys() & signal.keys()
    ways = product(*([signal[name], *OTHERS[name]] for name in names))
    tries = [signal | dict(zip(names, words, strict=True)) for words in ways]
    return next((one for one in tries if _is_taken(one)), signal)


def _is_taken(signal: dict[str, Any]) -> bool:
    try:
        decode_signal(json.dumps(signal).encode())
    except Refused:
        return False
    return True


def every_kind() -> Iterator[dict[str, Any]]:
    """One signal of each kind that names a person, but for the erasure."""
    for kind in SENDABLE:
        if issubclass(kind, OfPerson) and kind is not PersonErased:
            signal = signal_of(kind)
            decode_signal(json.dumps(signal).encode())  # raises if the wire refuses it
            yield signal


def broken(settings: Settings) -> list[wire.Put]:
    """Records of p1 that become letters of apply: of the future, misplaced, and unreadable."""
    key = routing.person_key("w1", "p1")
    shard = routing.shard_of(key, settings.shards)
    far = told("participant.added", note=MARK) | {"occurred_at": "2030-03-02T09:00:00Z"}
    return [
        record(far, settings.shards),
        record(told("participant.added", note=MARK, minute=1), settings.shards,
               partition=(shard + 1) % settings.shards),
        record(f'{{"{MARK}":'.encode(), settings.shards, key=key, partition=shard),
        record(MARK.encode(), settings.shards, key=key, partition=(shard + 1) % settings.shards),
    ]  # fmt: skip


def traces(mark: str) -> list[str]:
    """A mark as it may stand in text: plain, in hex, and inside base64 at any offset."""
    raw = mark.encode()
    coded = [
        b64encode(bytes(before) + raw).decode()[
            (before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6
        ]
        for before in range(3)
    ]
    return [mark, raw.hex(), *coded]


async def holding(settings: Settings, mark: str) -> set[str]:
    """The tables with a mark in any column of any row, whatever tables there are."""
    tables = await fetch(
        settings,
        "select table_name from information_schema.tables"
        " where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    assert len(tables) > 20
    return {
        name
        for (name,) in tables
        if await fetch(
            settings,
            f"select 1 from {name} where {name}::text ~* any($1::text[]) limit 1",
            traces(mark),
        )
    }


async def newest(settings: Settings) -> dict[tuple[str, bytes], Any]:
    """The newest record of each key of each compacted topic."""
    names = [topic.name for topic in TOPICS if topic.cleanup is Cleanup.COMPACT]
    assert {"participants", "contacts", "erasures", "study-progress", "positions"} <= set(names)
    return {(name, one.key): one for name in names for one in await wire.records_of(settings, name)}


async def filled(settings: Settings, start: Start) -> None:
    """p1 with marks in all that holds one, p2 beside them; both published, something parked."""
    worker = start("all")
    sent = SENT | {"sg_message_id": f"{MARK}1", "sg_event_id": MARK, "email": f"{MARK}@example.com"}
    no_study = sent | {"sg_message_id": f"{MARK}2", "sg_event_id": f"{MARK}2", "study_id": None}
    delivered = no_study | {"event": "delivered", "sg_event_id": f"{MARK}3", "person_id": None}
    neighbours = [added("s1", "p2"), added("s2", "p2"), added("s2", "p1")]
    told_of = [setup("s1"), setup("s2"), *neighbours, *every_kind()]
    await wire.put(settings, "webhooks.product", ours(*told_of))
    await wire.put(settings, "webhooks.email", mail(sent), mail(no_study), mail(delivered))
    await wire.put(settings, "signals", *broken(settings))
    await worker.counts(PARKED, 2)
    await wire.until(settings, "dead-letters", 4)
    await found(settings, "select 1 from signals where kind = 'status.set'")
    await settled(settings)
    worker.kill()


async def is_forgotten(settings: Settings) -> None:
    """Nothing of p1 is left but (workspace, person, when, why); everybody was told; p2 is whole."""
    await settled(settings)
    assert await holding(settings, MARK) == set()
    naming = await holding(settings, r"\mp1\M")
    assert {name for name in naming if not name.startswith("changes")} == {"erased"}
    others = "select 1 from changes c where person_id is distinct from 'p1' and c::text ~ $1"
    assert await fetch(settings, others, r"\mp1\M") == []
    rows = await fetch(settings, "select workspace_id, person_id, signal_id from erased")
    assert [tuple(row) for row in rows] == [("w1", "p1", ERASED["id"])]
    kept = await fetch(settings, "select kind from changes where person_id = 'p1'")
    assert [row["kind"] for row in kept] == ["person.erased"]
    state = await newest(settings)
    for one in state.values():
        for text in (one.key, one.value, *(value for _, value in one.headers)):
            assert MARK.encode() not in (text or b"").lower(), one
    assert state["contacts", b"w1:p1"].value is None
    assert {state["participants", f"w1:{s}/p1".encode()].value for s in ("s1", "s2")} == {None}
    for study in ("s1", "s2"):
        assert json.loads(state["study-progress", f"w1:{study}".encode()].value)["added"] == 1
        assert json.loads(state["participants", f"w1:{study}/p2".encode()].value)
    await _everybody_was_told(settings, state["erasures", b"w1:p1"])


async def _everybody_was_told(settings: Settings, erasure: Any) -> None:
    for topic in ("participant-changes", "contact-changes"):
        records = [one for one in await wire.records_of(settings, topic) if one.key == b"w1:p1"]
        assert [r.value for r in records if b"person.erased" in r.value] == [erasure.value], topic
        assert records[-1].value == erasure.value
        assert dict(records[-1].headers)["ce_id"] == dict(erasure.headers)["ce_id"]


def test_the_search_finds_a_mark_however_it_is_written():
    """Plain, in hex and at every offset of base64; and every kind of signal carries it."""
    for before in range(3):
        coded = b64encode(b"x" * before + MARK.encode() + b"yz").decode()
        assert any(trace in coded for trace in traces(MARK))
    signals = list(every_kind())
    assert len(signals) > 30
    assert all(json.dumps(one).count(MARK) >= 2 for one in signals)


async def test_nothing_of_somebody_forgotten_is_left_and_replays_change_nothing(
    topics: Settings, start: Start
):
    """No table and no compacted topic holds the mark; what comes again is ignored, unstored."""
    await filled(topics, start)
    assert await holding(topics, MARK) >= HOLDING
    before = await _rows_of_the_neighbour(topics)

    worker = start("all")
    await wire.put(topics, "webhooks.product", ours(ERASED))
    await found(topics, "select 1 from erased")
    await worked_off(topics)

    await is_forgotten(topics)
    assert await _rows_of_the_neighbour(topics) == before

    changes = await fetch(topics, "select count(*) from changes")
    again = [one | {"id": f"again:{one['id']}"} for one in every_kind()]
    sent = SENT | {"sg_message_id": f"{MARK}7", "sg_event_id": f"{MARK}7"}
    await wire.put(topics, "webhooks.product", ours(*every_kind(), *again, ERASED))
    await wire.put(topics, "webhooks.email", mail(sent | {"email": f"{MARK}@example.com"}))
    await worker.counts('pstatus_signals_total{outcome="ignored"', 2 * len(again) + 2)
    await worked_off(topics)
    await is_forgotten(topics)
    assert await fetch(topics, "select count(*) from changes") == changes


@pytest.mark.parametrize("step", ["apply.save", "apply.commit"])
async def test_killed_in_the_middle_of_an_erasure_the_next_worker_forgets_as_well(
    topics: Settings, start: Start, step: str
):
    """Everything deleted, nothing committed: all is still there. Either way it ends the same."""
    await filled(topics, start)
    crashed = start("apply", PSTATUS_CRASH_AFTER=step)
    await tell(topics, [ERASED])
    assert await crashed.ended() == -9
    is_there = await holding(topics, MARK) >= HOLDING
    assert is_there == (step == "apply.save")

    start("apply")
    await found(topics, "select 1 from erased")
    await worked_off(topics)

    await is_forgotten(topics)


async def _rows_of_the_neighbour(settings: Settings) -> list[Any]:
    tables: Callable[[str], str] = "select count(*) from {} where person_id = 'p2'".format
    names = ("signals", "people", "participants", "changes", "links", "addresses")
    return [(await fetch(settings, tables(name)))[0][0] for name in names]
