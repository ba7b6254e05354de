"""An erasure beside an ingest that sweeps, or did not see it yet: nobody waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.store import engine, forgetting, parking
from workers.store.parking import KeptRecord, Parked, Place
from workers.store.shard import ShardRows

WAITING = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
"""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def database(fresh_database: str) -> AsyncIterator[AsyncConnection]:
    """One transaction that is never committed."""
    made = engine.make(fresh_database, connections=1)
    async with made.connect() as connection:
        await connection.execute(text("insert into shards (shard) values (0)"))
        yield connection
    await made.dispose()


async def park(database: AsyncConnection, offset: int, *people: str) -> None:
    """A record with an element for each of these people."""
    parked = [
        Parked(
            place=Place("webhooks.email", 0, offset, n), workspace_id="w1", provider="sendgrid",
            kind="email.delivered", wants="study", person_id=person, person_shard=0, body="{}",
            received_at=NOW, waits=[("message_id", "m1")],
        )
        for n, person in enumerate(people)
    ]  # fmt: skip
    record = KeptRecord("webhooks.email", 0, offset, 0, None, b"bytes", b"[]")
    await parking.park(database, parked, [record])


async def test_an_erasure_waits_for_a_sweep_and_the_sweep_never_for_it(fresh_database: str):
    """A sweep has taken what the erasure wants too: both end, whoever comes first."""
    made = engine.make(fresh_database, connections=3)
    async with made.begin() as setting:
        await setting.execute(text("insert into shards (shard) values (0)"))
        await park(setting, 1, "p1")
    async with made.connect() as looking, made.connect() as erasing, made.begin() as sweep:
        (taken,) = await sweep.execute(text("select * from parked for update"))
        forgetting_them = asyncio.create_task(ShardRows(erasing, 0).forget(("w1", "p1")))
        while not (await looking.execute(text(WAITING))).scalar_one():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        place = Place(taken.topic, taken.log_partition, taken.log_offset, taken.element)
        assert await parking.end(sweep, [place], "resolved") == 1
        await sweep.commit()
        await forgetting_them

        rows = await erasing.execute(text("select ended from parked"))
        assert [row.ended for row in rows] == ["resolved"]
    await made.dispose()


async def test_what_a_race_parked_for_somebody_erased_is_dropped_with_its_bytes(
    database: AsyncConnection,
):
    """The neighbour's element of the same record waits on, without bytes; later ones are refused.

    A record that is about others alone keeps its bytes.
    """
    await park(database, 1, "p1", "p2")
    await park(database, 2, "p2")
    seen = await forgetting.held(database, 0, "w1", "p1")
    await database.execute(text("insert into erased values (0, 'w1', 'p1', now(), 'x:1')"))

    assert seen["parked"] == 1
    assert await parking.drop_erased(database) == 1
    assert await parking.drop_erased(database) == 0
    await park(database, 3, "p1")

    rows = await database.execute(
        text("select log_offset, element, ended, body is null from parked order by 1, 2")
    )
    assert [tuple(row) for row in rows] == [
        (1, 0, "dropped", True), (1, 1, None, False), (2, 0, None, False), (3, 0, "dropped", True),
    ]  # fmt: skip
    waits = await database.execute(text("select log_offset, element from parked_waits order by 1"))
    assert [tuple(row) for row in waits] == [(1, 1), (2, 0)]
    kept = await database.execute(text("select log_offset from parked_records"))
    assert [row.log_offset for row in kept] == [2]
    assert (await forgetting.held(database, 0, "w1", "p1"))["parked"] == 0
