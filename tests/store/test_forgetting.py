"""What an ingest parked that did not see an erasure yet: swept, with its bytes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.store import engine, forgetting, parking
from workers.store.parking import KeptRecord, Parked, Place

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
