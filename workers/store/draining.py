"""What is on its way to people: timers and drains, counted; reads, never writes."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

LEFT = """
    case when d.study_id = '' then (
        select count(*) from people p where p.shard = d.shard
            and p.workspace_id = d.workspace_id and p.person_id > d.cursor
            and p.policy_version < d.version)
    else (
        select count(*) from participants q where q.shard = d.shard
            and q.workspace_id = d.workspace_id and q.study_id = d.study_id
            and q.person_id > d.cursor and q.setup_version < d.version)
    end
"""
PENDING = text(
    f"""
    select
        (select count(*) from people
         where shard = :shard and due_at is not null and broken_by is null) as timers,
        (select count(*) from drains where shard = :shard) as drains,
        (select coalesce(sum({LEFT}), 0) from drains d where d.shard = :shard) as people
    """
)
DRAINING = text(
    f"""
    select d.workspace_id, d.study_id, max(d.version) as version, count(*) as shards,
        sum({LEFT})::bigint as people
    from drains d
    where cast(:workspace_id as text) is null or d.workspace_id = :workspace_id
    group by d.workspace_id, d.study_id order by d.workspace_id, d.study_id
    """
)


@dataclass(frozen=True, slots=True)
class Pending:
    """Of one shard: people with a timer, configurations on their way, people not yet reached."""

    timers: int
    drains: int
    people: int


@dataclass(frozen=True, slots=True)
class Draining:
    """A newer setup (or policy: `study_id` empty), and how far it still has to go."""

    workspace_id: str
    study_id: str
    version: int
    shards: int
    people: int
    """People behind the cursors who are not current; who got a signal meanwhile is."""


async def pending(engine: AsyncEngine, shard: int) -> Pending:
    """What waits in a shard."""
    async with engine.connect() as connection:
        row = (await connection.execute(PENDING, {"shard": shard})).one()
    return Pending(int(row.timers), int(row.drains), int(row.people))


async def draining(engine: AsyncEngine, workspace_id: str | None = None) -> list[Draining]:
    """Every configuration that has not reached everybody yet; of one workspace or of all."""
    async with engine.connect() as connection:
        rows = await connection.execute(DRAINING, {"workspace_id": workspace_id})
        return [Draining(*row) for row in rows]
