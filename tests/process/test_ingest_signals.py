"""What ingest makes of raw records, through a real process, broker and database."""

import json
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from schemas.codec import decode_signal
from schemas.routing import shard_of
from tests.process import wire
from tests.process.conftest import Start
from workers.settings import Settings

RECEIVED = ("received-at", b"2026-03-02T09:00:00Z")
SENDGRID = {
    "email": "ada@example.com",
    "timestamp": 1772442000,
    "event": "delivered",
    "sg_event_id": "ev1",
    "sg_message_id": "m1.x",
    "person_id": "p1",
    "study_id": "s1",
    "purpose": "survey",
}
TYPEFORM = {
    "event_id": "01ev",
    "event_type": "form_response",
    "form_response": {
        "form_id": "F1",
        "token": "tok1",
        "submitted_at": "2026-03-02T08:58:30Z",
        "hidden": {"person_id": "p2", "study_id": "s1"},
    },
}
CALENDLY = {
    "event": "invitee.created",
    "created_at": "2026-03-02T08:59:00.000000Z",
    "payload": {
        "uri": "https://api.calendly.com/scheduled_events/EV/invitees/IN",
        "created_at": "2026-03-02T08:58:58.356897Z",
        "updated_at": "2026-03-02T08:58:58.356897Z",
        "status": "active",
        "rescheduled": False,
        "scheduled_event": {
            "uri": "https://api.calendly.com/scheduled_events/EV",
            "start_time": "2026-03-04T09:00:00.000000Z",
            "end_time": "2026-03-04T10:00:00.000000Z",
        },
        "tracking": {},
    },
}
SET = {
    "id": "prod:1",
    "workspace_id": "w1",
    "kind": "status.set",
    "occurred_at": "2026-03-02T08:00:00Z",
    "person_id": "p5",
    "study_id": "s1",
    "status": "canceled",
    "by": "u1",
    "colour": "kept as it came",
}
ADDED = {
    "id": "prod:2",
    "kind": "participant.added",
    "occurred_at": "2026-03-02T08:00:00Z",
    "person_id": "p3",
    "study_id": "s1",
}
"""Names the person of an unsigned redirect, so that it counts."""
SETUP = {
    "id": "setup:1",
    "kind": "study.configured",
    "occurred_at": "2026-03-02T08:00:00Z",
    "study_id": "s1",
    "type": "survey",
    "screener": False,
    "incentive": True,
    "participation_limit": None,
}


def body(told: object) -> bytes:
    """As a provider would send it."""
    return json.dumps(told).encode()


def sample(provider: str, name: str) -> bytes:
    """One of the providers' sample bodies."""
    folder = Path(__file__).parents[1] / "providers" / "samples" / provider
    return next(folder.glob(f"{name}.[jt]*")).read_bytes()


async def test_a_record_in_each_raw_topic_becomes_its_signal(topics: Settings, start: Start):
    """Provider bodies and our own signals go in; keyed, complete signals with headers come out."""
    given = (
        ("webhooks.email", "sendgrid", body([SENDGRID])),
        ("webhooks.survey", "typeform", body(TYPEFORM)),
        ("webhooks.survey", "redirect", b"/r/done?workspace=w1&person_id=p3&study_id=s1&"
         b"outcome=completed"),
        ("webhooks.scheduler", "calendly", sample("calendly", "scheduled")),
        ("webhooks.incentive", "tremendous", sample("tremendous", "delivered")),
        ("webhooks.product", "standard", body([SET, ADDED])),
    )  # fmt: skip
    for topic, provider, value in given:
        await wire.put(topics, topic, wire.webhook(value, provider, "w1", RECEIVED, partition=3))

    start("ingest")
    found = await wire.until(topics, "signals", len(given) + 1)

    kinds = {decode_signal(record.value).kind: record for record in found}
    assert set(kinds) == {
        "email.delivered", "survey.completed", "booking.scheduled", "incentive.sent", "status.set",
        "participant.added",
    }  # fmt: skip
    for record in found:
        signal = decode_signal(record.value)
        assert record.key == f"w1:{signal.person_id}".encode()
        assert record.partition == shard_of(record.key, topics.shards)
        headers = dict(record.headers)
        assert headers["received-at"] == b"2026-03-02T09:00:00.000000Z"
        topic, partition, _, element = headers["origin"].decode().rsplit("/", 3)
        assert topic.startswith(topics.topic_prefix + "webhooks.")
        assert (partition, element) == ("3", "1" if signal.kind == "participant.added" else "0")
    assert json.loads(kinds["status.set"].value)["colour"] == "kept as it came"


async def test_a_subscription_that_waits_is_told_to_operators(topics: Settings, start: Start):
    """SNS's confirmation is no signal and no letter: a warning names workspace, provider, place."""
    waiting = sample("ses", "subscription_confirmation")
    bounced = sample("ses", "bounce_permanent")
    for value in (waiting, bounced):
        await wire.put(topics, "webhooks.email", wire.webhook(value, "ses", "w1", partition=3))

    worker = start("ingest")
    told = await worker.said("connection_needs_attention")
    (signal,) = await wire.until(topics, "signals", 1)

    assert (told["workspace_id"], told["provider"]) == ("w1", "ses")
    assert told["word"] == "SubscriptionConfirmation"
    assert told["origin"] == f"{topics.topic_prefix}webhooks.email/3/0/0"
    for secret in ("SubscribeURL", "Token", json.loads(waiting)["Token"]):
        assert secret not in worker.log
    await worker.counts('pstatus_unused_total{provider="ses"', 1)
    assert await wire.records_of(topics, "dead-letters") == []
    assert decode_signal(signal.value).kind == "email.bounced"


async def test_a_time_of_receipt_ahead_of_the_brokers_does_not_count(
    topics: Settings, start: Start
):
    """Nobody makes a signal current by a header: the broker's own timestamp bounds it."""
    ahead = ("received-at", b"2199-01-01T00:00:00Z")
    await wire.put(
        topics, "webhooks.email", wire.webhook(body([SENDGRID]), "sendgrid", "w1", ahead)
    )

    start("ingest")
    (signal,) = await wire.until(topics, "signals", 1)
    (raw,) = await wire.records_of(topics, "webhooks.email")

    told = dict(signal.headers)["received-at"].decode()
    assert datetime.fromisoformat(told).timestamp() * 1000 == pytest.approx(raw.timestamp, abs=0.1)


async def test_addresses_are_replaced_by_keys(topics: Settings, start: Start):
    """Behind ingest nobody sees an address; the same one is the same key however it is written."""
    told = {
        "id": "prod:7",
        "kind": "person.updated",
        "occurred_at": "2026-03-02T08:00:00Z",
        "person_id": "p1",
        "emails": ["Ada@Example.com ", "ada@example.com", "bea@example.org"],
        "properties": {"city": "Ulm"},
    }
    await wire.put(topics, "webhooks.product", wire.webhook(body(told), "standard"))

    start("ingest")
    (record,) = await wire.until(topics, "signals", 1)

    signal = json.loads(record.value)
    assert b"example" not in record.value.lower()
    assert len(signal["emails"]) == 2
    assert all(len(key) == 64 for key in signal["emails"])
    assert signal["properties"] == {"city": "Ulm"}


async def test_setups_and_policies_are_stored_and_the_newest_counts(topics: Settings, start: Start):
    """In whatever order and however often they come, one row holds the newest, raised each time."""
    newer = SETUP | {"id": "setup:2", "occurred_at": "2026-03-02T08:30:00Z", "screener": True}
    policy = {
        "id": "policy:1",
        "kind": "policy.configured",
        "occurred_at": "2026-03-02T08:00:00Z",
        "rules": [],
        "timezone": "Europe/Berlin",
    }
    rounds = ([SETUP, policy], [newer, newer], [SETUP, SETUP | {"id": "setup:0"}])

    start("ingest")
    for number, told in enumerate(rounds, start=1):
        done = SET | {"id": f"done:{number}"}
        await wire.put(
            topics, "webhooks.product", wire.webhook(body([*told, done]), "standard", partition=0)
        )
        await wire.until(topics, "signals", number)

    database = await asyncpg.connect(topics.database.replace("+asyncpg", ""))
    try:
        (setup,) = await database.fetch("select * from setups")
        (stored,) = await database.fetch("select * from policies")
        drains = await database.fetch("select * from drains where study_id = 's1'")
        told = await database.fetch("select id from configurations order by id")
    finally:
        await database.close()
    assert (setup["signal_id"], setup["version"]) == ("setup:2", 2)
    assert json.loads(setup["body"])["screener"] is True
    assert (stored["signal_id"], stored["version"]) == ("policy:1", 1)
    assert [row["id"] for row in told] == ["policy:1", "setup:0", "setup:1", "setup:2"]
    assert {(row["shard"], row["version"]) for row in drains} == {(n, 2) for n in range(4)}
