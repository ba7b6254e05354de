"""A database belongs to one cluster, one prefix and one number of shards, for ever."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.store import engine, shard
from workers.store.installation import Mismatch, schema_fits, settle

FIRST = {"cluster_id": "c1", "topic_prefix": "a.", "shards": 3}


@pytest.fixture
async def database(fresh_database: str) -> AsyncIterator[AsyncEngine]:
    """A migrated database that belongs to nothing yet."""
    made = engine.make(fresh_database, connections=4)
    yield made
    await made.dispose()


async def test_the_first_start_is_recorded_and_the_second_finds_it(database: AsyncEngine):
    """The same id ever after: published ids are derived from it."""
    first = await settle(database, **FIRST)

    assert await settle(database, **FIRST) == first
    assert (first.cluster_id, first.topic_prefix, first.shards) == ("c1", "a.", 3)
    assert (await shard.position(database, 2)).next_seq == 1


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"shards": 4}, "4 partitions"),
        ({"cluster_id": "c2"}, "Kafka cluster c1"),
        ({"topic_prefix": "b."}, "begin with 'a.'"),
    ],
)
async def test_what_differs_is_refused(database: AsyncEngine, other: dict, told: str):
    """One line says what was found and what to do."""
    await settle(database, **FIRST)

    with pytest.raises(Mismatch, match=told):
        await settle(database, **(FIRST | other))


async def test_a_database_without_schema_is_refused(empty_database: str):
    """The line names the command that helps."""
    bare = engine.make(empty_database, connections=1)

    with pytest.raises(Mismatch, match="pstatus db migrate"):
        await schema_fits(bare)
    await bare.dispose()


async def test_taking_a_shard_raises_its_epoch(database: AsyncEngine):
    """Whoever had it before is told so by the number."""
    await settle(database, **FIRST)

    assert [(await shard.claim(database, 1)).epoch for _ in range(3)] == [1, 2, 3]
    assert (await shard.position(database, 0)).epoch == 0
