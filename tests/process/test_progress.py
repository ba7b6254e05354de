"""Study progress, live: kept by differences, published once a second at most, true in the end."""

import json
from typing import Any

from schemas.routing import shard_of, study_key
from tests.process import wire
from tests.process.applying import (
    Told,
    eventually,
    exact,
    fetch,
    found,
    settled,
    tell,
    told,
    worked_off,
)
from tests.process.conftest import Start
from tests.process.governing import clock_at, publish, sound
from tests.process.test_apply_homes import shared
from tests.process.worker import Worker
from workers.settings import Settings

ENDS = "2026-03-02T10:00:00Z"


def setup(name: str = "setup", at: str = "2026-03-01T09:00:00Z", **changed: Any) -> Told:
    """Study s1 as configured: interviews, with a screener, of at most 30 people."""
    usual = {"type": "interview", "screener": True, "incentive": False, "participation_limit": 30}
    frame = {"id": f"test:{name}", "workspace_id": "w1", "kind": "study.configured"}
    return frame | {"occurred_at": at, "study_id": "s1"} | usual | changed


def interviews(people: int, workspace: str = "w1") -> list[Told]:
    """Everybody is invited and booked; every second one takes place, a third is paid for."""
    signals = []
    for n in range(people):
        person = f"p{n}"
        signals += [
            told("email.sent", person, minute=1, purpose="scheduler"),
            told("booking.scheduled", person, minute=2, booking_id="b1"),
        ]
        if n % 2:
            signals.append(told("booking.completed", person, minute=60, booking_id="b1"))
        if n % 3 == 0:
            signals.append(told("incentive.sent", person, minute=90, reward_id="r1"))
    return [signal | {"workspace_id": workspace} for signal in signals]


async def test_people_of_every_shard_in_one_study(topics: Settings, start: Start):
    """Their counts add up; the limit is reached; the setup alone publishes noughts."""
    ingest = start("ingest")
    start("apply")
    await publish(topics, setup())
    first = await eventually(lambda: fetch(topics, "select counts from progress"))
    assert json.loads(first[0]["counts"])["added"] == 0

    await tell(topics, interviews(60))
    await worked_off(topics)

    changes = await settled(topics)
    ingest.kill()
    assert [c["cause"]["kind"] for c in changes[:1]] == ["study.configured"]
    last = changes[-1]
    assert {key: last[key] for key in COUNTED} == {
        "added": 60, "invited": 60, "interviews_booked": 60, "interviews_completed": 30,
        "surveys_completed": 0, "tests_completed": 0, "incentives_sent": 20,
        "incentives_claimed": 0, "limit_reached": True,
        "by_status": {"interview_scheduled": 30, "interview_completed": 20, "incentive_sent": 10},
        "by_stage": {"in_progress": 30, "done": 30},
    }  # fmt: skip
    spread = await fetch(topics, "select distinct shard from counters")
    assert len(spread) == topics.shards
    await exact(topics, interviews(60))


COUNTED = (
    "added", "invited", "interviews_booked", "interviews_completed", "surveys_completed",
    "tests_completed", "incentives_sent", "incentives_claimed", "limit_reached", "by_status",
    "by_stage",
)  # fmt: skip


async def test_the_home_of_a_study_is_killed_while_another_shard_counts(
    topics: Settings, start: Start
):
    """kill -9: the rows it left are its successor's; nothing is missed, nothing counted twice."""
    first, second = start("apply"), start("apply")
    await shared(first, second)
    home = shard_of(study_key("w1", "s1"), topics.shards)
    await tell(topics, interviews(40)[:30])
    await eventually(lambda: fetch(topics, "select 1 from counters"))

    victim = first if home in homes_of(first) else second
    assert home in homes_of(victim)
    victim.kill()
    await tell(topics, interviews(40)[30:])
    await eventually(lambda: fetch(topics, f"select 1 from progress_due where home = {home}"))

    await worked_off(topics)
    await exact(topics, interviews(40))
    assert (await settled(topics))[-1]["added"] == 40


def homes_of(worker: Worker) -> set[int]:
    """The shards that a worker is home of, by its log."""
    homes = set()
    for line in worker.lines:
        if line["event"] == "home_opened":
            homes.add(line["shard"])
        elif line["event"] in ("home_closed", "home_lost"):
            homes.discard(line["shard"])
    return homes


async def test_two_workspaces_with_equal_ids_do_not_meet(topics: Settings, start: Start):
    """The same study and people, more of them here than there: each has its own counts."""
    start("apply")
    here, there = interviews(9), interviews(4, workspace="w2")
    await tell(topics, [*here, *there])
    await worked_off(topics)

    last = {c["workspace_id"]: c for c in await settled(topics)}

    assert {w: c["added"] for w, c in last.items()} == {"w1": 9, "w2": 4}
    records = await wire.records_of(topics, "study-progress")
    assert {one.key for one in records} == {b"w1:s1", b"w2:s1"}
    places = {one.key: one.partition for one in records}
    assert places == {key: shard_of(key, topics.shards) for key in places}


async def test_a_setup_moves_stages_and_progress_with_them(topics: Settings, start: Start):
    """An incentive switched on, the screener off: people are told, the counts by stage follow."""
    ingest = start("ingest")
    start("apply")
    await publish(topics, setup())
    signals = [
        *interviews(6), told("screener.submitted", "p9", minute=3, result="qualified"),
    ]  # fmt: skip
    await tell(topics, signals)
    await worked_off(topics)
    before = (await settled(topics))[-1]
    assert before["by_stage"] == {"screening": 1, "in_progress": 3, "done": 3}

    newer = setup("newer", "2026-03-03T09:00:00Z", incentive=True, screener=False)
    await publish(topics, newer)
    await eventually(lambda: fetch(topics, "select 1 from setups where version = 2"))
    await eventually(lambda: fetch(topics, "select 1 where not exists (select 1 from drains)"))
    await worked_off(topics)

    after = (await settled(topics))[-1]
    ingest.kill()
    assert after["by_status"] == before["by_status"]
    assert after["by_stage"] == {"in_progress": 4, "pending_incentive": 2, "done": 1}
    assert (after["occurred_at"], after["cause"]) == (
        "2026-03-03T09:00:00.000000Z", {"signal_id": "test:newer", "kind": "study.configured"},
    )  # fmt: skip
    rows = await fetch(topics, "select stage, count(*) as n from participants group by stage")
    assert {row["stage"]: row["n"] for row in rows} == after["by_stage"]
    await sound(topics)


async def test_who_is_forgotten_counts_no_more_nor_does_who_cant_be_read(
    topics: Settings, start: Start
):
    """Down by one each; a count that nobody is left in is published as nought."""
    start("apply")
    await tell(topics, interviews(2))
    await worked_off(topics)
    assert (await settled(topics))[-1]["added"] == 2
    await fetch(topics, "update people set document = '[]' where person_id = 'p1'")

    for person in ("p0", "p1"):
        await tell(topics, [told("person.erased", person, study=None, minute=100)])
    await worked_off(topics)

    last = (await settled(topics))[-1]
    assert [last[name] for name in COUNTED[:8]] == [0] * 8
    assert (last["by_status"], last["cause"]["kind"]) == ({}, "person.erased")
    assert [row["counts"] for row in await fetch(topics, "select counts from counters")] == (
        ["{}"] * len(await fetch(topics, "select 1 from counters"))
    )


async def test_a_booking_that_ends_by_itself_is_told_as_the_clocks_doing(
    topics: Settings, start: Start
):
    """Two bookings, one end after the other: the second moves a count, no status; a refold none."""
    await clock_at(topics, "2026-03-02T09:30:00Z")
    start("apply")
    await tell(
        topics,
        [
            told("booking.scheduled", minute=1, booking_id="b1", ends_at=ENDS),
            told("booking.scheduled", minute=2, booking_id="b2", ends_at="2026-03-02T10:30:00Z"),
        ],
    )
    await worked_off(topics)
    assert (await settled(topics))[-1]["interviews_booked"] == 2

    await clock_at(topics, "2026-03-02T11:00:00Z")
    await found(topics, "select 1 where not exists (select 1 from people where due_at is not null)")

    last = (await settled(topics))[-1]
    assert last["interviews_completed"] == 2
    assert (last["occurred_at"], last["cause"]) == (
        "2026-03-02T10:30:00.000000Z", {"signal_id": None, "kind": "clock"},
    )  # fmt: skip

    await fetch(topics, "insert into refolds select shard, workspace_id, person_id from people")
    await eventually(lambda: fetch(topics, "select 1 where not exists (select 1 from refolds)"))
    assert (await settled(topics))[-1] == last
    await sound(topics)
