"""A policy that changes, and an opt-out, reach everybody once, whoever dies on the way."""

import json
from typing import Any

from tests.process import wire
from tests.process.applying import eventually, fetch, found, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.governing import (
    contacts_of,
    drained,
    govern,
    policy,
    publish,
    sound,
)
from tests.process.test_apply_homes import shared
from tests.process.test_apply_signals import changes_of
from workers.settings import Settings
from workers.store import draining, engine
from workers.store.draining import Draining

HOLDS = policy({"kind": "invitation_cooldown", "days": 100_000})
FREES = policy(name="none", at="2026-03-01T10:00:00Z")
SLOWLY = {"PSTATUS_RELAY_BATCH": "15"}
"""Drains stand back for changes not yet published: small portions make a policy take longer."""


def crowd(people: int) -> list[Any]:
    """Invited to one study each, and added to another."""
    return [
        signal
        for n in range(people)
        for signal in (
            told("email.sent", f"p{n}", minute=1, purpose="screener"),
            told("participant.added", f"p{n}", "s2", minute=2),
        )
    ]


async def reached(settings: Settings, people: int) -> None:
    """Everybody has been told of HOLDS exactly once, and is shown so."""
    records = await wire.records_of(settings, "contact-changes")
    changes = [json.loads(one.value) for one in records]
    assert {c["cause"]["signal_id"] for c in changes} == {HOLDS["id"]}
    assert len({c["person_id"] for c in changes}) == len(changes) == people
    second = [c for c in await changes_of(settings) if c["study_id"] == "s2"]
    assert sum(c["status"] == "not_eligible" for c in second) == people
    await sound(settings)


async def test_a_policy_drains_through_a_kill(topics: Settings, start: Start):
    """kill -9 in the middle: the next worker goes on from the cursor, and tells nobody twice."""
    await tell(topics, crowd(1600))
    first = start("apply", **SLOWLY)
    await worked_off(topics)
    await govern(topics, start, HOLDS)
    await found(topics, "select 1 from drains where cursor > ''")
    first.kill()
    ((behind,),) = await fetch(topics, "select count(*) from people where policy_version = 0")
    assert 0 < behind < 1600

    start("apply")
    await drained(topics)

    await reached(topics, 1600)


async def test_two_workers_a_policy_changes_while_one_is_taken_over(topics: Settings, start: Start):
    """Its shards' drains go on at their new home; the newest of two policies is where it ends."""
    await tell(topics, crowd(1200))
    first, second = start("apply", **SLOWLY), start("apply", **SLOWLY)
    await shared(first, second)
    await worked_off(topics)
    ingest = await start("ingest").ready()
    await publish(topics, HOLDS)
    await found(topics, "select 1 from drains where cursor > ''")
    first.kill()
    await publish(topics, FREES)
    await found(topics, f"select 1 from policies where signal_id = '{FREES['id']}'")
    await tell(topics, [told("participant.added", f"p{n}", "s3", minute=3) for n in range(20)])

    await drained(topics)

    ingest.kill()
    statuses = await fetch(topics, "select distinct contact_status, policy_version from people")
    assert [tuple(row) for row in statuses] == [("free_to_contact", 2)]
    shown = await fetch(topics, "select distinct study_id, status from participants order by 1")
    assert [tuple(row) for row in shown] == [
        ("s1", "study_invited"), ("s2", "not_contacted"), ("s3", "not_contacted"),
    ]  # fmt: skip
    await sound(topics)


async def test_a_signal_overtakes_the_drain(topics: Settings, start: Start):
    """Who gets a signal meanwhile is brought up to date first: two changes, two causes."""
    await tell(topics, crowd(400))
    start("apply", **SLOWLY)
    await worked_off(topics)
    await govern(topics, start, HOLDS)
    person = "p399"
    await tell(topics, [told("contact.blocklisted", person, None, minute=9, by="u1")])

    await drained(topics)

    causes = [(c["cause"]["kind"], c["status"]) for c in await contacts_of(topics, person)]
    assert causes == [
        ("policy.configured", "in_cooldown"), ("contact.blocklisted", "in_blocklist"),
    ]  # fmt: skip
    await sound(topics)


async def test_what_is_on_its_way_is_counted(topics: Settings, start: Start):
    """Who has not been reached, for the command; in the metrics, and the timers with them."""
    await tell(topics, crowd(60))
    worker = start("apply")
    await worked_off(topics)
    worker.kill()
    await govern(topics, start, HOLDS)
    assert await on_its_way(topics, "w1") == [Draining("w1", "", 1, topics.shards, 60)]
    assert await on_its_way(topics, "another") == []

    worker = start("apply")
    await drained(topics)

    assert await on_its_way(topics, None) == []

    async def counted() -> bool:
        return await worker.metric("pstatus_timers_pending") == 60

    await eventually(counted)
    for name in ("pstatus_drains_pending{", "pstatus_drain_people{"):
        assert await worker.metric(name) == 0


async def on_its_way(settings: Settings, workspace: str | None) -> list[Draining]:
    """What `pstatus policy status` asks."""
    database = engine.make(settings.database, connections=1)
    try:
        return await draining.draining(database, workspace)
    finally:
        await database.dispose()


async def test_a_policy_that_is_loosened_frees_everybody(topics: Settings, start: Start):
    """There and back again: two changes each, and the participants with them."""
    await tell(topics, crowd(50))
    start("apply")
    await worked_off(topics)
    for configuration in (HOLDS, FREES):
        await govern(topics, start, configuration)
        await drained(topics)

    for n in range(50):
        statuses = [c["status"] for c in await contacts_of(topics, f"p{n}")]
        assert statuses == ["in_cooldown", "free_to_contact"]
    assert {
        tuple(row) for row in await fetch(topics, "select study_id, status from participants")
    } == {("s1", "study_invited"), ("s2", "not_contacted")}
    await sound(topics)


async def test_an_opt_out_from_a_provider_reaches_every_study(topics: Settings, start: Start):
    """One webhook of an unsubscribe: the person, all three studies, and a study joined later."""
    start("apply")
    start("ingest")
    await tell(
        topics,
        [
            told("email.sent", study="s1", minute=1, purpose="screener"),
            told("participant.added", study="s2", minute=2),
            told("survey.completed", study="s3", minute=3),
        ],
    )
    await wire.until(topics, "participant-changes", 3)

    event = {
        "email": "somebody@example.com", "timestamp": 1772442600, "event": "unsubscribe",
        "sg_event_id": "unsubscribed-1", "sg_message_id": "m1.filter0001.16648.5515E0B88.0",
        "person_id": "p1",
    }  # fmt: skip
    value = json.dumps([event]).encode()
    await wire.put(topics, "webhooks.email", wire.webhook(value, "sendgrid"))
    await wire.until(topics, "contact-changes", 1)
    await tell(topics, [told("participant.added", study="s4", minute=120)])
    await wire.until(topics, "participant-changes", 6)
    await worked_off(topics)

    (out,) = await contacts_of(topics)
    assert (out["status"], out["until"]) == ("opted_out", None)
    assert [(r["status"], r["cause"]) for r in out["reasons"]] == [("opted_out", "participant")]
    shown = await fetch(topics, "select study_id, status from participants order by 1")
    assert [tuple(row) for row in shown] == [
        ("s1", "opted_out"), ("s2", "opted_out"), ("s3", "survey_completed"),
        ("s4", "not_eligible"),
    ]  # fmt: skip
    await sound(topics)
