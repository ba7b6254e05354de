"""Where a shard could stop or time could fall: neither happens."""

import asyncio
import json

import asyncpg

from schemas.fields import format_instant
from tests.process import wire
from tests.process.applying import eventually, exact, fetch, story, tell, told, worked_off
from tests.process.conftest import Start
from tests.process.test_apply_people import differences
from tests.process.test_apply_signals import changes_of
from workers.settings import Settings

SMALL = {"PSTATUS_APPLY_BATCH": "20"}


async def test_what_the_database_refuses_is_found_and_buried_alone(topics: Settings, start: Start):
    """A statement refused for its data is halved until the one record is left; the rest counts."""
    await fetch(topics, "alter table signals add check (id not like '%p7:%screener.started%')")
    signals = story(20)
    await tell(topics, signals)

    start("apply")
    await worked_off(topics)

    (letter,) = await wire.records_of(topics, "dead-letters")
    assert dict(letter.headers)["pstatus-dlq-class"] == b"bug"
    (bad,) = [s for s in signals if ":p7:" in s["id"] and s["kind"] == "screener.started"]
    assert json.loads(letter.value) == bad
    await exact(topics, [s for s in signals if s is not bad])


async def test_who_cant_be_written_by_a_timer_is_set_aside(topics: Settings, start: Start):
    """One person's booking end is refused by the database; the others' ends go on."""
    await fetch(topics, "create or replace function pstatus_clock() returns timestamptz"
                " language sql as $$ select timestamptz '2026-03-10T09:00:00Z' $$")  # fmt: skip
    ends = "2026-03-11T09:00:00Z"
    booked = [told("booking.scheduled", f"p{n}", booking_id="b1", ends_at=ends) for n in range(9)]
    await tell(topics, booked)
    start("apply")
    await worked_off(topics)

    await fetch(topics, "alter table participants add check"
                " (person_id <> 'p3' or status <> 'interview_completed')")  # fmt: skip
    await fetch(topics, "create or replace function pstatus_clock() returns timestamptz"
                " language sql as $$ select timestamptz '2026-03-12T09:00:00Z' $$")  # fmt: skip
    await wire.until(topics, "participant-changes", 17)
    await eventually(lambda: fetch(topics, "select 1 from people where broken_by is not null"))
    await worked_off(topics)

    last = {c["person_id"]: c["status"] for c in await changes_of(topics)}
    assert last.pop("p3") == "interview_scheduled"
    assert set(last.values()) == {"interview_completed"}
    (letter,) = await wire.records_of(topics, "dead-letters")
    assert (letter.key, letter.value) == (b"w1:p3", None)
    assert await differences(topics) == []


async def test_recorded_at_never_falls_though_the_clock_does(topics: Settings, start: Start):
    """The database's clock is set back by years: the shard's own time stands still instead."""
    start("apply")
    await tell(topics, [told("participant.added")])
    await worked_off(topics)
    await fetch(topics, "create or replace function pstatus_clock() returns timestamptz"
                " language sql as $$ select timestamptz '2001-01-01T00:00:00Z' $$")  # fmt: skip

    ((stood,),) = await fetch(topics, "select clock from shards where next_offset > 0")
    await tell(topics, [told("email.sent", minute=1, purpose="screener")])
    await worked_off(topics)

    first, second = (c["recorded_at"] for c in await changes_of(topics))
    assert first <= second == format_instant(stood)


async def test_a_shard_that_stands_still_stops_no_other(topics: Settings, start: Start):
    """Somebody holds one shard's row: its partition is paused, the others go on; then it does."""
    worker = await start("apply", **SMALL).ready()
    holder = await asyncpg.connect(topics.database.replace("+asyncpg", ""))
    held = holder.transaction()
    await held.start()
    await holder.execute("select 1 from shards where shard = 0 for update")
    signals = story(100)
    await tell(topics, signals)

    async def others_are_done() -> bool:
        ends = {r.partition: r.offset + 1 for r in await wire.records_of(topics, "signals")}
        rows = await fetch(topics, "select shard, next_offset from shards where shard > 0")
        return all(row["next_offset"] == ends[row["shard"]] for row in rows)

    await eventually(others_are_done)
    assert await fetch(topics, "select 1 from shards where shard = 0 and next_offset = 0")
    await asyncio.sleep(1)
    assert (await worker.get("/health/live"))[0] == 200
    await held.rollback()
    await holder.close()

    await worked_off(topics)
    await exact(topics, signals)
