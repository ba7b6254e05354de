"""What the tables say about coordinates, for `pstatus audit`; reads, never writes."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

POSITIONS = text("select shard, next_offset from shards")
RECORDED = text(
    """
    with told as (
        select distinct workspace_id, person_id, body -> 'cause' ->> 'signal_id' as id
        from changes where shard = :shard and person_id is not null and body is not null
    )
    select s.log_offset, t.id is not null as applied from signals s
    left join told t on t.workspace_id = s.workspace_id and t.person_id = s.person_id
        and t.id = s.id
    where s.shard = :shard
    """
)
"""Where each signal of a shard stood, and whether anything was published because of it."""
KNOWN = text(
    """
    select x.n, s.id is not null as duplicate, e.person_id is not null as erased
    from json_to_recordset(cast(:rows as json)) as x(n integer, w text, p text, i text)
    left join signals s on s.shard = :shard and s.workspace_id = x.w and s.person_id = x.p
        and s.id = x.i
    left join erased e on e.shard = :shard and e.workspace_id = x.w and e.person_id = x.p
    """
)
CONFIGURED = text(
    """
    select x.n from json_to_recordset(cast(:rows as json)) as x(n integer, w text, i text)
    join configurations c on c.workspace_id = x.w and c.id = x.i
    """
)
PARKED = text("select topic, log_partition, log_offset, element, ended from parked")


async def positions(engine: AsyncEngine) -> dict[int, int]:
    """How far each shard has come."""
    async with _reading(engine) as connection:
        rows = await connection.execute(POSITIONS)
        return {row.shard: row.next_offset for row in rows}


async def recorded(engine: AsyncEngine, shard: int) -> AsyncIterator[tuple[int, bool]]:
    """(offset, whether it was applied) of every signal kept."""
    async with _reading(engine) as connection:
        async for row in await connection.stream(RECORDED, {"shard": shard}):
            yield row.log_offset, row.applied


async def known(
    engine: AsyncEngine, shard: int, ids: Sequence[tuple[str, str, str]]
) -> dict[int, str]:
    """Of (workspace, person, signal id): by index, `duplicate` or `ignored` where it is one."""
    rows = json.dumps([{"n": n, "w": w, "p": p, "i": i} for n, (w, p, i) in enumerate(ids)])
    found: dict[int, str] = {}
    async with _reading(engine) as connection:
        for row in await connection.execute(KNOWN, {"shard": shard, "rows": rows}):
            if row.erased or row.duplicate:
                found[row.n] = "ignored" if row.erased else "duplicate"
    return found


async def configured(engine: AsyncEngine, ids: Sequence[tuple[str, str]]) -> set[int]:
    """The indexes of those (workspace, signal id) that are stored as a setup or policy."""
    rows = json.dumps([{"n": n, "w": w, "i": i} for n, (w, i) in enumerate(ids)])
    async with _reading(engine) as connection:
        return set((await connection.execute(CONFIGURED, {"rows": rows})).scalars())


async def parked(engine: AsyncEngine) -> AsyncIterator[Any]:
    """(topic, log_partition, log_offset, element, ended) of all that ever was parked."""
    async with _reading(engine) as connection:
        async for row in await connection.stream(PARKED):
            yield row


@asynccontextmanager
async def _reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction of its own that Postgres lets write nothing."""
    async with engine.connect() as connection:
        yield await connection.execution_options(postgresql_readonly=True)
