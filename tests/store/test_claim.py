"""Taking a shard from a home that fell asleep in the middle of a transaction."""

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.settings import Settings
from workers.store import engine as engines
from workers.store import shard
from workers.store.engine import transient
from workers.store.shard import Position

TRIES = 10


async def _asleep(settings: Settings) -> asyncpg.Connection:
    """Holds the shard's row, and has prepared a statement that it never runs."""
    sleeper = await asyncpg.connect(
        settings.database.replace("+asyncpg", ""),
        server_settings={"idle_in_transaction_session_timeout": "5000"},
    )
    await sleeper.execute("begin")
    await sleeper.fetch("select * from shards where shard = 0 for no key update")
    await sleeper.prepare("select next_seq from shards where shard = 0")
    return sleeper


async def _claimed(engine: AsyncEngine) -> Position:
    """Claimed as a worker does: again and again while the world is at fault."""
    for _ in range(TRIES):
        try:
            return await shard.claim(engine, 0)
        except Exception as error:
            if not transient(error):
                raise
    raise TimeoutError("the sleeper keeps the shard")


async def test_a_home_asleep_before_its_statement_ran_does_not_keep_the_shard(settings: Settings):
    """No timeout of Postgres ends such a transaction; whoever claims the shard does, and has it."""
    engine = engines.make(settings.database, connections=2)
    async with engine.begin() as connection:
        await connection.execute(text("insert into shards (shard) values (0)"))
    sleeper = await _asleep(settings)

    position = await _claimed(engine)

    assert position.epoch == 1
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await sleeper.fetch("select 1")
    await engine.dispose()
