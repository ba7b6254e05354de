"""Who is meant, through a real ingest process: links, addresses, what is parked and taught late."""

import json
from collections import defaultdict
from itertools import permutations
from typing import Any

import pytest

from tests.process import wire
from tests.process.applying import fetch, found
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, body
from workers.ingest.addresses import AddressKeys
from workers.ingest.sweep import SWEEP_STEPS
from workers.settings import Settings

PARKED = 'pstatus_elements_total{outcome="parked"'
MAIL = {name: SENDGRID[name] for name in ("timestamp", "email", "sg_message_id")}
SENT = SENDGRID | {"event": "processed", "sg_event_id": "sent1"}
BOUNCED = MAIL | {"event": "bounce", "type": "bounce", "sg_event_id": "bounced1"}
BY_MESSAGE = {name: told for name, told in BOUNCED.items() if name != "email"}
BY_ADDRESS = {
    "timestamp": MAIL["timestamp"], "email": MAIL["email"], "event": "unsubscribe",
    "sg_event_id": "unsubscribed1",
}  # fmt: skip
UPDATED = {
    "id": "prod:u1",
    "kind": "person.updated",
    "occurred_at": "2026-03-02T08:00:00Z",
    "person_id": "p1",
    "emails": ["Ada@example.com"],
}
ANSWERED = {
    "event_id": "01ev",
    "event_type": "form_response",
    "form_response": {
        "form_id": "F1",
        "token": "tok1",
        "submitted_at": "2026-03-02T08:58:30Z",
        "hidden": {"email": "ada@example.com"},
    },
}


def mail(event: object, workspace: str = "w1", **more: Any) -> wire.Put:
    """A record of one email event."""
    return wire.webhook(body([event]), "sendgrid", workspace, **more)


def ours(*told: object, workspace: str = "w1", **more: Any) -> wire.Put:
    """A record of our own signals."""
    return wire.webhook(body(told), "standard", workspace, **more)


def setup(study: str, **more: Any) -> dict[str, Any]:
    """A survey study's setup."""
    return {
        "id": f"setup:{study}", "kind": "study.configured", "study_id": study, "type": "survey",
        "occurred_at": "2026-03-02T08:00:00Z", "screener": False, "incentive": False,
        "participation_limit": None, **more,
    }  # fmt: skip


def added(study: str, person: str = "p1") -> dict[str, Any]:
    """Somebody is put into a study."""
    return {
        "id": f"added:{study}:{person}", "kind": "participant.added", "person_id": person,
        "occurred_at": "2026-03-02T08:00:00Z", "study_id": study,
    }  # fmt: skip


def of_kind(signals: list[Any], kind: str) -> dict[str, Any]:
    """The only signal of a kind."""
    (one,) = {record.value for record in signals if kind.encode() in record.value}
    return json.loads(one)


async def test_a_bounce_before_its_send_event_waits_and_is_resolved_by_it(
    topics: Settings, start: Start
):
    """The send event teaches late, in its own workspace alone; what ended holds no content."""
    worker = start("ingest")
    await wire.put(topics, "webhooks.email", mail(BY_MESSAGE), mail(BY_MESSAGE, "w2"))
    await worker.counts(PARKED, 2)

    await wire.put(topics, "webhooks.email", mail(SENT))
    signals = await wire.until(topics, "signals", 2)

    bounce = of_kind(signals, "email.bounced")
    assert (bounce["person_id"], bounce["study_id"], bounce["purpose"]) == ("p1", "s1", "survey")
    await found(topics, "select 1 from parked where ended = 'resolved'")
    mine, others = await fetch(topics, "select * from parked order by workspace_id")
    assert (mine["ended"], mine["body"], mine["person_id"]) == ("resolved", None, None)
    assert (others["workspace_id"], others["ended"]) == ("w2", None)
    assert len(await fetch(topics, "select * from parked_waits")) == 1
    assert len(await fetch(topics, "select * from parked_records")) == 1
    await worker.counts("pstatus_parked_elements", 1)
    await worker.counts('pstatus_parked_ended_total{outcome="resolved"', 1)
    assert len(await wire.records_of(topics, "signals")) == 2


async def test_whatever_the_order_of_arrival_the_same_signals_come_out(
    topics: Settings, start: Start
):
    """Every order of four records, each in a workspace with the same ids: equal sets of signals."""
    told = (mail(SENT), mail(BY_MESSAGE), mail(BY_ADDRESS), ours(UPDATED))
    records = [
        one._replace(
            headers=[(name, f"w{n}".encode() if name == "workspace-id" else raw)
                     for name, raw in one.headers],
            partition=n % 12,
        )
        for n, order in enumerate(permutations(told)) for one in order
    ]  # fmt: skip

    start("ingest", PSTATUS_INGEST_BATCH="3", PSTATUS_ADDRESS_SECRET="secret")
    await wire.put(topics, "webhooks.email", *records)
    signals = await wire.until(
        topics, "signals", lambda told: len({one.value for one in told}) >= len(records)
    )

    sets: dict[str, set[str]] = defaultdict(set)
    for record in signals:
        signal = json.loads(record.value)
        workspace = signal.pop("workspace_id")
        key = AddressKeys("secret").key(workspace, "ada@example.com")
        sets[workspace].add(json.dumps(signal, sort_keys=True).replace(key, "its key"))
    assert len(sets) == 24
    assert len({frozenset(one) for one in sets.values()}) == 1
    assert {json.loads(one)["person_id"] for one in sets["w0"]} == {"p1"}


async def test_what_nobody_explains_within_72_hours_becomes_a_letter(
    topics: Settings, start: Start
):
    """Byte for byte, once a record, with the elements that were left; nothing of it stays."""
    other = BY_MESSAGE | {"sg_message_id": "m2", "sg_event_id": "bounced2"}
    odd = wire.webhook(
        body([BY_MESSAGE, SENT, other, BY_MESSAGE | {"sg_message_id": "m3", "sg_event_id": "b3"}]),
        "sendgrid", "w1", ("odd", b"\xff"), ("none", None), key=b"\x00",
    )  # fmt: skip
    await wire.put(topics, "webhooks.email", odd)
    worker = start("ingest")
    await worker.counts(PARKED, 2)
    await fetch(topics, "update parked set parked_at = parked_at - interval '73 hours'")

    (letter,) = await wire.until(topics, "dead-letters", 1)

    assert (letter.key, letter.value) == (odd.key, odd.value)
    assert letter.headers[: len(odd.headers)] == tuple(odd.headers)
    said = dict(letter.headers)
    assert said["pstatus-dlq-class"] == b"unmatched"
    assert b"2" in said["pstatus-dlq-element"]
    await worker.counts('pstatus_parked_ended_total{outcome="expired"', 2)
    assert (
        await fetch(topics, "select 1 from parked_records union all select 1 from parked_waits")
        == []
    )
    assert {row["ended"] for row in await fetch(topics, "select ended from parked")} == {"expired"}


async def test_what_a_sweep_fails_on_keeps_nobody_else_waiting(topics: Settings, start: Start):
    """Parked by a version that knew more: the others are resolved, and it expires like any."""
    numbers = range(5)
    events = [BY_MESSAGE | {"sg_message_id": f"m{n}", "sg_event_id": f"b{n}"} for n in numbers]
    await wire.put(topics, "webhooks.email", wire.webhook(body(events), "sendgrid"))
    worker = start("ingest")
    await worker.counts(PARKED, 5)
    odd = """update parked set body = '{"kind": "not.known"}' where element = 2"""
    await fetch(topics, odd)

    sent = [SENT | {"sg_message_id": f"m{n}", "sg_event_id": f"s{n}"} for n in numbers]
    await wire.put(topics, "webhooks.email", wire.webhook(body(sent), "sendgrid"))

    await worker.counts('pstatus_parked_ended_total{outcome="resolved"', 4)
    await fetch(topics, "update parked set parked_at = parked_at - interval '73 hours'")
    (letter,) = await wire.until(topics, "dead-letters", 1)
    assert dict(letter.headers)["pstatus-dlq-element"] == b"2"


async def test_the_study_is_the_only_open_one_that_fits_or_nobodys_guess(
    topics: Settings, start: Start
):
    """Person by address; between two surveys the answer waits until only one of them is open."""
    worker = start("all")
    told = [setup("s1"), setup("s2"), added("s1"), added("s2"), UPDATED]
    await wire.put(topics, "webhooks.product", ours(*told))
    await found(topics, "select 1 from participants having count(*) = 2")
    await wire.put(topics, "webhooks.survey", wire.webhook(body(ANSWERED), "typeform"))
    await worker.counts(PARKED, 1)
    assert (await fetch(topics, "select wants, person_id from parked"))[0]["wants"] == "study"

    status = {"kind": "status.set", "status": "canceled", "by": "u1"}
    await wire.put(topics, "webhooks.product", ours(added("s2") | status | {"id": "set:1"}))

    signals = await wire.until(
        topics, "signals", lambda told: any(b"survey.completed" in one.value for one in told)
    )
    assert of_kind(signals, "survey.completed")["study_id"] == "s1"


async def test_a_new_secret_forgets_nobody(topics: Settings, start: Start):
    """A known address keeps its first key and its person; a new one gets a key of today's."""
    first = start("ingest", PSTATUS_ADDRESS_SECRET="old")
    await wire.put(topics, "webhooks.product", ours(UPDATED))
    await wire.until(topics, "signals", 1)
    first.kill()

    start("ingest", PSTATUS_ADDRESS_SECRET="new", PSTATUS_ADDRESS_SECRETS_BEFORE="x, old")
    emails = {"emails": ["ada@example.com", "bea@example.com"], "id": "prod:u2"}
    await wire.put(topics, "webhooks.product", ours(UPDATED | emails))
    await wire.put(topics, "webhooks.email", mail(BY_ADDRESS))
    signals = await wire.until(topics, "signals", 3)

    (updated,) = [json.loads(one.value) for one in signals if b"prod:u2" in one.value]
    assert updated["emails"] == [
        AddressKeys("old").key("w1", "ada@example.com"),
        AddressKeys("new").key("w1", "bea@example.com"),
    ]
    assert of_kind(signals, "email.unsubscribed")["person_id"] == "p1"


@pytest.mark.parametrize("step", SWEEP_STEPS)
async def test_a_crash_within_a_sweep_loses_nothing(topics: Settings, start: Start, step: str):
    """Killed after any step of a round: the next worker resolves what waited, under the same id."""
    crashed = start("ingest", PSTATUS_CRASH_AFTER=step)
    await wire.put(topics, "webhooks.email", mail(BY_MESSAGE))
    await found(topics, "select 1 from parked")
    await wire.put(topics, "webhooks.email", mail(SENT))
    assert await crashed.ended() == -9

    start("ingest")

    signals = await wire.until(
        topics, "signals", lambda told: any(b"bounced" in one.value for one in told)
    )
    assert of_kind(signals, "email.bounced")["person_id"] == "p1"
    await found(topics, "select 1 from parked where ended = 'resolved'")


async def test_whoever_is_erased_leaves_no_link_and_is_never_taught_again(
    topics: Settings, start: Start
):
    """Links, addresses and what waits for the person go with the erasure, a neighbour's stay."""
    worker = start("all")
    waits = BY_MESSAGE | {"sg_message_id": "m9", "sg_event_id": "marker", "email": MAIL["email"]}
    no_study = SENT | {"sg_message_id": "m9", "sg_event_id": "x9", "study_id": None}
    neighbour = {"person_id": "p2", "sg_message_id": "m2", "email": "bea@example.com"}
    await wire.put(topics, "webhooks.email", mail(SENT), mail(no_study), mail(SENT | neighbour))
    await wire.put(topics, "webhooks.email", mail(waits | {"event": "delivered", "type": None}))
    await wire.put(topics, "webhooks.product", ours(UPDATED))
    await worker.counts(PARKED, 2)
    erased = {
        "id": "gone:1", "kind": "person.erased", "person_id": "p1",
        "occurred_at": "2026-03-02T08:30:00Z",
    }  # fmt: skip
    await wire.put(topics, "webhooks.product", ours(erased))
    await found(topics, "select 1 from erased")

    again = SENT | {"sg_message_id": "m10", "sg_event_id": "sent10"}
    await wire.put(
        topics, "webhooks.email", mail(again), mail(again | neighbour | {"sg_event_id": "s"})
    )

    await found(topics, "select 1 from links where person_id = 'p2' having count(*) >= 2")
    for table in ("links", "addresses", "people", "participants", "signals"):
        assert await fetch(topics, f"select 1 from {table} where person_id = 'p1'") == [], table
    for table in ("parked_waits", "parked_records"):
        assert await fetch(topics, f"select 1 from {table}") == [], table
    for row in await fetch(topics, "select * from parked"):
        assert (row["ended"], row["body"], row["person_id"]) == ("dropped", None, None)
    assert len(await fetch(topics, "select 1 from addresses where person_id = 'p2'")) == 1
