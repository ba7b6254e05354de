"""What `pstatus doctor` asks of the tables: short, bounded questions; reads, never writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.store import migrate
from workers.store.installation import Installation, find

CAREFUL = (text("set transaction read only"), text("set local statement_timeout = '5s'"))
CLOCK = text("select pg_catalog.clock_timestamp()")
SHARDS = text("select shard, next_offset, next_seq, published from shards order by shard")
ASIDE = text(
    """
    select shard, broken_by as version, count(*) as people from people
    where broken_by is not null group by shard, broken_by order by shard, broken_by
    """
)
PARKED = text(
    """
    select count(*) as number, min(parked_at) as since from parked
    where ended is null and parked_at < pstatus_clock() - make_interval(hours => :hours)
    """
)
DRAINS = text(
    """
    select count(distinct (workspace_id, study_id)) filter (where study_id <> '') as setups,
        count(distinct workspace_id) filter (where study_id = '') as policies,
        count(distinct shard) as shards
    from drains
    """
)


@dataclass(frozen=True, slots=True)
class Shard:
    """How far the work of a shard has come: the next offset to read, the last change published."""

    shard: int
    next_offset: int
    next_seq: int
    published: int


@dataclass(frozen=True, slots=True)
class Aside:
    """People of a shard that this version of the worker has failed on."""

    shard: int
    version: str
    people: int


@dataclass(frozen=True, slots=True)
class Old:
    """How many parked elements are old, and since when the oldest waits."""

    number: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Newer configurations on their way to people, and the shards that they are in."""

    setups: int
    policies: int
    shards: int


@asynccontextmanager
async def carefully(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A read-only transaction of which no statement takes longer than five seconds."""
    async with engine.connect() as connection:
        for statement in CAREFUL:
            await connection.execute(statement)
        yield connection


async def now(engine: AsyncEngine) -> datetime:
    """The database's clock."""
    async with engine.connect() as connection:
        told: datetime = (await connection.execute(CLOCK)).scalar_one()
        return told


async def schema(engine: AsyncEngine) -> str | None:
    """The version of the schema; None: never migrated."""
    async with carefully(engine) as connection:
        return await connection.run_sync(migrate.present)


async def installed(engine: AsyncEngine) -> Installation | None:
    """What was recorded at the first start; None before it."""
    async with carefully(engine) as connection:
        return await find(connection)


async def shards(engine: AsyncEngine) -> list[Shard]:
    """Every shard; none before the first start."""
    async with carefully(engine) as connection:
        return [Shard(*row) for row in await connection.execute(SHARDS)]


async def aside(engine: AsyncEngine) -> list[Aside]:
    """Who has been set aside, by shard and version."""
    async with carefully(engine) as connection:
        return [Aside(*row) for row in await connection.execute(ASIDE)]


async def parked(engine: AsyncEngine, hours: int) -> Old:
    """What has been parked for longer than this."""
    async with carefully(engine) as connection:
        return Old(*(await connection.execute(PARKED, {"hours": hours})).one())


async def drains(engine: AsyncEngine) -> Waiting:
    """What is on its way."""
    async with carefully(engine) as connection:
        return Waiting(*(await connection.execute(DRAINS)).one())
