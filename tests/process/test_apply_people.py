"""What homes do for people beside their signals: timers, drains, refolds, erasure."""

import json
from typing import Any

from tests.process import wire
from tests.process.applying import exact, fetch, found, story, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.governing import clock_at
from tests.process.test_apply_signals import ADDED, INVITED, changes_of
from workers.apply.checking import check
from workers.cli.refold import _request
from workers.settings import Settings
from workers.store import engine
from workers.store.checking import Scope

SETUP = {
    "id": "test:setup", "workspace_id": "w1", "kind": "study.configured", "study_id": "s1",
    "occurred_at": "2026-03-01T09:00:00Z", "type": "interview", "screener": True,
    "incentive": True, "participation_limit": None,
}  # fmt: skip
POLICY = {
    "id": "test:policy", "workspace_id": "w1", "kind": "policy.configured", "timezone": "UTC",
    "occurred_at": "2026-03-01T09:00:00Z",
    "rules": [{"id": "r1", "kind": "invitation_cooldown", "days": 100_000}],
}  # fmt: skip


async def configure(settings: Settings, start: Start, *configurations: dict[str, Any]) -> None:
    """Through the one door."""
    await start("ingest").ready()
    for configuration in configurations:
        value = json.dumps(configuration).encode()
        await wire.put(settings, "webhooks.product", wire.webhook(value, "standard"))


async def test_a_booking_ends_by_itself(topics: Settings, start: Start):
    """At its end the clock completes it, once, with cause `clock`."""
    await clock_at(topics, "2026-03-11T08:00:00Z")
    ends = "2026-03-11T09:00:00.000000Z"
    booked = told("booking.scheduled", booking_id="b1", ends_at=ends)
    await tell(topics, [booked])
    start("apply")
    await wire.until(topics, "participant-changes", 1)
    await clock_at(topics, "2026-03-11T08:59:59Z")

    records = await wire.until(topics, "participant-changes", 2)
    await worked_off(topics)

    first, second = (json.loads(one.value) for one in records)
    assert (first["status"], second["status"]) == ("interview_scheduled", "interview_completed")
    assert second["cause"] == {"signal_id": None, "kind": "clock"}
    assert second["occurred_at"] == ends
    assert second["recorded_at"] >= second["occurred_at"]
    await exact(topics, [booked])
    assert await fetch(topics, "select 1 from people where due_at is not null") == []


async def test_a_setup_reaches_people_who_get_no_signal(topics: Settings, start: Start):
    """Their stage changes with the newest setup; the cause is the configuring signal."""
    done = told("booking.completed", minute=9, booking_id="b1")
    await tell(topics, [done])
    start("apply")
    await worked_off(topics)

    await configure(topics, start, SETUP)
    await wire.until(topics, "participant-changes", 2)
    await found(topics, "select 1 where not exists (select 1 from drains)")
    await worked_off(topics)

    first, second = await changes_of(topics)
    assert (first["stage"], second["stage"]) == ("done", "pending_incentive")
    assert second["cause"] == {"signal_id": SETUP["id"], "kind": "study.configured"}
    assert await differences(topics) == []


async def test_a_policy_reaches_everybody(topics: Settings, start: Start):
    """More people than one step of a drain takes; each is told once, contact status first."""
    people = [told("email.sent", f"p{n}", minute=1, purpose="screener") for n in range(900)]
    await tell(topics, people)
    start("apply")
    await worked_off(topics)

    await configure(topics, start, POLICY)
    records = await wire.until(topics, "contact-changes", len(people))
    await found(topics, "select 1 where not exists (select 1 from drains)")
    await worked_off(topics)

    changes = [json.loads(one.value) for one in records]
    assert {c["status"] for c in changes} == {"in_cooldown"}
    assert len({c["person_id"] for c in changes}) == len(changes) == len(people)
    assert {c["cause"]["signal_id"] for c in changes} == {POLICY["id"]}
    state = await wire.records_of(topics, "contacts")
    assert {one.value for one in state} == {one.value for one in records}
    assert await differences(topics) == []


async def test_somebody_forgotten_is_gone_and_stays_unknown(topics: Settings, start: Start):
    """Rows deleted, changes emptied, tombstones, one erasure; later signals leave no trace."""
    forget = told("person.erased", study=None, minute=60)
    await tell(topics, [*story(3), told("participant.added", "p1", "s3")])
    worker = start("apply")
    await worked_off(topics)

    await tell(topics, [forget, told("participant.added", minute=61), forget])
    await worked_off(topics)

    for table in ("signals", "people", "participants", "refolds"):
        assert await fetch(topics, f"select 1 from {table} where person_id = 'p1'") == []
    kept = await fetch(topics, "select body from changes where person_id = 'p1'")
    assert [json.loads(row["body"])["change"] for row in kept] == ["person.erased"]
    ((workspace, signal_id),) = await fetch(topics, "select workspace_id, signal_id from erased")
    assert (workspace, signal_id) == ("w1", forget["id"])
    state = {r.key: r.value for r in await wire.records_of(topics, "participants")}
    assert [state[f"w1:{s}/p1".encode()] for s in ("s1", "s2", "s3")] == [None, None, None]
    erasures = await wire.records_of(topics, "erasures")
    told_of = {t: (await wire.records_of(topics, t))[-1] for t in ("contact-changes",)}
    ((erasure),) = erasures
    assert told_of["contact-changes"].value == erasure.value
    assert dict(told_of["contact-changes"].headers) == dict(erasure.headers)
    assert await worker.metric('pstatus_signals_total{outcome="ignored"}') == 2


async def test_a_person_who_cant_be_folded_is_set_aside_and_the_others_go_on(
    topics: Settings, start: Start
):
    """The signal stays in history, operators get a letter; a refold heals from the history."""
    start("apply")
    await tell(topics, [ADDED])
    await worked_off(topics)
    await fetch(topics, "update people set document = $1", SPOILT)

    await tell(topics, [INVITED, told("email.opened", minute=3), told("email.sent", "p2",
               minute=4, purpose="screener")])  # fmt: skip
    await worked_off(topics)

    (letter,) = await wire.records_of(topics, "dead-letters")
    assert dict(letter.headers)["pstatus-dlq-class"] == b"bug"
    assert json.loads(letter.value) == INVITED
    ((broken_by, document),) = await fetch(
        topics, "select broken_by, document from people where person_id = 'p1'"
    )
    assert (broken_by, document) == ("0.1.0", SPOILT)
    assert sorted(c["person_id"] for c in await changes_of(topics)) == ["p1", "p2"]

    await fetch(topics, "update people set broken_by = 'older'")  # as if by another version
    await found(topics, "select 1 where not exists (select 1 from people where broken_by <> '')")
    await worked_off(topics)

    _, healed = [c for c in await changes_of(topics) if c["person_id"] == "p1"]
    assert healed["status"] == "study_invited"
    assert healed["cause"] == {"signal_id": None, "kind": "refold"}
    assert healed["correction"] is True
    assert await differences(topics) == []


SPOILT = json.dumps({
    "person": {"key": ["2026-03-02T09:00:00", 4, "x"], "participants": {}, "addresses": []},
    "published": {"participants": {"s1": {"status": "not_contacted", "stage": "not_started",
                                          "sequence": 1}}},
})  # fmt: skip
"""A document whose time has no zone: comparing it raises."""


async def test_a_refold_asked_for_repairs_what_is_wrong(topics: Settings, start: Start):
    """A document that lost something is found by --check and put right by the home."""
    await tell(topics, story(20))
    start("apply")
    await worked_off(topics)
    before = len(await changes_of(topics))
    await fetch(topics, "delete from signals where kind = 'booking.canceled'")
    assert len({line.split(": ")[0] for line in await differences(topics)}) == 20

    assert await _request(topics.database, Scope("w1", None)) == 20
    await found(topics, "select 1 where not exists (select 1 from refolds)")
    await worked_off(topics)

    assert await differences(topics) == []
    causes = [c["cause"]["kind"] for c in await changes_of(topics)]
    assert causes.count("refold") == len(causes) - before == 20

    await fetch(topics, "update people set document = '{\"person\": 7}', broken_by = '0.1.0'")
    assert await _request(topics.database, Scope("w1", None)) == 20
    await found(topics, "select 1 where not exists (select 1 from refolds)")
    await worked_off(topics)

    assert await fetch(topics, "select 1 from people where broken_by is not null") == []
    assert await differences(topics) == []
    assert len(await changes_of(topics)) == len(causes), "what was published was not forgotten"


async def differences(settings: Settings) -> list[str]:
    """What `pstatus refold --check` finds."""
    database = engine.make(settings.database, connections=1)
    try:
        return (await check(database, Scope())).differences
    finally:
        await database.dispose()


async def test_refolding_the_whole_story_finds_nothing_to_say(topics: Settings, start: Start):
    """A refold of people who are right publishes nothing."""
    await tell(topics, story(20))
    start("apply")
    await worked_off(topics)
    before = len(await changes_of(topics))

    await _request(topics.database, Scope())
    await found(topics, "select 1 where not exists (select 1 from refolds)")
    await worked_off(topics)

    assert len(await changes_of(topics)) == before
    await exact(topics, story(20))
