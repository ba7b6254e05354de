"""What apply makes of single signals: changes with their headers, letters, corrections, ledgers."""

import json
from typing import Any
from uuid import uuid5

from schemas.fields import format_instant
from tests.process import wire
from tests.process.applying import exact, fetch, record, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.wire import Put
from workers.settings import Settings

INVITED = told("email.sent", minute=2, purpose="screener")
ADDED = told("participant.added")


async def changes_of(settings: Settings) -> list[dict[str, Any]]:
    """The participants' changes published so far."""
    return [json.loads(r.value) for r in await wire.records_of(settings, "participant-changes")]


async def test_a_signal_becomes_a_change_headers_and_all(topics: Settings, start: Start):
    """One signal in, one CloudEvent out, in the shard's partition; the state is the same bytes."""
    await tell(topics, [INVITED])

    worker = await start("apply").ready()
    await worked_off(topics)

    (change,) = await wire.records_of(topics, "participant-changes")
    (state,) = await wire.records_of(topics, "participants")
    (signal,) = await wire.records_of(topics, "signals")
    told_of = json.loads(change.value)
    recorded_at = told_of.pop("recorded_at")
    assert told_of == {
        "change": "participant.status_changed", "workspace_id": "w1", "participant_id": "s1/p1",
        "person_id": "p1", "study_id": "s1", "status": "study_invited", "prior_status": None,
        "stage": "invited", "prior_stage": None, "sequence": 1, "correction": False,
        "notify": False, "occurred_at": "2026-03-02T09:02:00.000000Z",
        "cause": {"signal_id": INVITED["id"], "kind": "email.sent"},
    }  # fmt: skip
    ((database_id,),) = await fetch(topics, "select database_id from installation")
    assert dict(change.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": str(uuid5(database_id, f"{signal.partition}/1")).encode(),
        "ce_source": b"/participant-status",
        "ce_type": b"participant.status_changed",
        "ce_time": recorded_at.encode(),
        "ce_subject": b"s1/p1",
        "content-type": b"application/json",
    }
    assert (change.key, state.key) == (b"w1:p1", b"w1:s1/p1")
    assert (state.value, state.headers) == (change.value, change.headers)
    assert change.partition == state.partition == signal.partition
    assert await worker.metric('pstatus_signals_total{outcome="applied"}') == 1


async def test_a_duplicate_publishes_nothing(topics: Settings, start: Start):
    """The same id again, in the same batch or a later one, changes nothing and is counted."""
    await tell(topics, [INVITED, INVITED])
    worker = await start("apply").ready()
    await worked_off(topics)
    await tell(topics, [INVITED | {"purpose": "scheduler"}])

    await worked_off(topics)

    assert len(await exact(topics, [INVITED])) == 1
    assert await worker.metric('pstatus_signals_total{outcome="duplicate"}') == 2
    assert await worker.metric("pstatus_dedupe_hits_total") == 2


async def test_a_persons_properties_can_be_looked_for(topics: Settings, start: Start):
    """The newest properties stand in a column of their own; who has none has none there."""
    await tell(
        topics, [INVITED, told("person.updated", person="p2", study=None, properties={"age": 3})]
    )
    newer = told("person.updated", person="p2", study=None, minute=3, properties={"city": "Ghent"})
    await start("apply").ready()
    await tell(topics, [newer])

    await worked_off(topics)

    found = await fetch(topics, "select person_id, properties::text from people order by 1")
    assert [tuple(row) for row in found] == [("p1", None), ("p2", '{"city": "Ghent"}')]


async def test_a_late_signal_corrects(topics: Settings, start: Start):
    """What happened before what we know already changes the past: the change says so."""
    ends = "2026-03-02T10:00:00Z"
    booked = told("booking.scheduled", minute=5, booking_id="b1", ends_at=ends)
    canceled = told("booking.canceled", minute=40, booking_id="b1", by="host")
    start("apply")
    await tell(topics, [booked])
    await worked_off(topics)

    await tell(topics, [canceled])
    await worked_off(topics)

    await exact(topics, [booked, canceled])
    seen = [(c["status"], c["correction"]) for c in await changes_of(topics)]
    assert seen == [("interview_completed", False), ("interview_canceled", True)]


async def test_opens_and_clicks_are_recorded_and_nothing_else(topics: Settings, start: Start):
    """Inert signals make nobody known; they stand in the history."""
    worker = await start("apply").ready()
    await tell(topics, [told("email.opened"), told("email.clicked", study=None)])

    await worked_off(topics)

    assert await fetch(topics, "select 1 from people") == []
    assert len(await fetch(topics, "select 1 from signals")) == 2
    assert await worker.metric('pstatus_signals_total{outcome="no_change"}') == 2


async def test_what_cant_be_used_is_a_dead_letter_byte_for_byte(topics: Settings, start: Start):
    """Key, value and every header as they came, then ours; the others go on."""
    right = record(ADDED, topics.shards)
    odd = [*right.headers, ("odd", b"\xff\xfe"), ("odd", None), ("empty", b"")]
    other = (right.partition + 1) % topics.shards
    future = record(ADDED, topics.shards, received_at="2026-03-02T08:54:59Z")
    given = {
        ("poison", 0): Put(b"\x00\xff no json", odd, b"\xfe\x00", 0),
        ("invalid_schema", 1): Put(b'{"kind":"participant.added"}', odd, None, 1),
        ("misrouted", other): right._replace(headers=odd, partition=other),
        ("misrouted", right.partition): right._replace(headers=odd, key=b"w1:p2"),
        ("from_the_future", right.partition): future,
    }
    await wire.put(topics, "signals", *given.values(), right)

    worker = start("apply")
    await worked_off(topics)

    letters = await wire.records_of(topics, "dead-letters")
    assert len(letters) == len(given)
    for letter in letters:
        name = dict(letter.headers)["pstatus-dlq-class"].decode()
        sent = given.pop((name, letter.partition))
        assert (letter.key, letter.value) == (sent.key, sent.value)
        assert letter.headers[: len(sent.headers)] == tuple(sent.headers)
        ours = dict(letter.headers[len(sent.headers) :])
        assert ours["__dlq.errors.topic"].decode() == topics.topic_prefix + "signals"
        assert ours["__dlq.errors.partition"] == str(letter.partition).encode()
        assert ours["__dlq.errors.group"].decode() == topics.topic_prefix + "apply"
        assert b"p1" not in ours["__dlq.errors.message"]
    assert len(await exact(topics, [ADDED])) == 1
    assert await worker.metric("pstatus_dead_letters_total") == 5


async def test_a_signal_five_minutes_ahead_counts_at_once(topics: Settings, start: Start):
    """Clocks differ a little: only what is further ahead is refused."""
    await tell(topics, [ADDED], received_at="2026-03-02T08:55:00Z")

    start("apply")
    await worked_off(topics)

    assert len(await exact(topics, [ADDED])) == 1


async def test_equal_ids_in_two_workspaces_stay_apart(topics: Settings, start: Start):
    """Person, study and signal ids are unique per workspace only."""
    here, there = INVITED, ADDED | {"id": INVITED["id"], "workspace_id": "w2"}
    await tell(topics, [here, there])

    start("apply")
    await worked_off(topics)

    found = {(c["workspace_id"], c["status"]) for c in await changes_of(topics)}
    assert found == {("w1", "study_invited"), ("w2", "not_contacted")}


async def test_the_received_header_decides_whether_somebody_must_be_told(
    topics: Settings, start: Start
):
    """A booking logged before its end notifies, though nothing moves; told again it does not."""
    ends = "2026-03-02T10:00:00Z"
    by_hand = told("status.set", status="interview_completed", by="u1")
    logged = told(
        "booking.logged", minute=1, booking_id="b1", starts_at=ends, ends_at=ends, by="u1"
    )
    await tell(topics, [by_hand])
    await tell(topics, [logged, logged], received_at=format_instant(wire_time("09:59")))

    start("apply")
    await worked_off(topics)

    assert [c["notify"] for c in await changes_of(topics)] == [False, True]


def wire_time(clock: str) -> Any:
    """A moment of the second of March."""
    from datetime import datetime

    return datetime.fromisoformat(f"2026-03-02T{clock}:00Z")
