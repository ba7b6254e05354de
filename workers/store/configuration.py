"""Stores setups and policies: every one told, the newest, and that everybody must hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json import dumps

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.routing import shard_of, study_key

POLICY = "policy.configured"
CONFIGURED = -1
"""Stands in `progress_due` in the place of a shard that counted."""

TOLD = """
    told as (
        select x.* from json_to_recordset(cast(:rows as json)) as x(
            workspace_id text, study_id text, id text, kind text,
            occurred_at timestamptz, received_at timestamptz, origin text, home integer, body json)
    )
"""
NEWEST = """
    newest as (
        select distinct on (workspace_id, study_id)
               workspace_id, study_id, id, occurred_at, home, body
        from told where {which}
        order by workspace_id, study_id, occurred_at desc, id collate "C" desc
    )
"""

KEEP = text(
    f"""
    with {TOLD}
    insert into configurations
        (workspace_id, study_id, id, kind, occurred_at, received_at, origin, body)
    select workspace_id, study_id, id, kind, occurred_at, received_at, origin, body from told
    order by workspace_id, id collate "C"
    on conflict do nothing
    returning workspace_id, id
    """
)
SETUPS = text(
    f"""
    with {TOLD}, {NEWEST.format(which="kind = 'study.configured'")}, raised as (
        insert into setups as s
            (workspace_id, study_id, version, signal_id, occurred_at, body, recorded_at)
        select workspace_id, study_id, 1, id, occurred_at, body, pstatus_clock() from newest
        order by workspace_id, study_id
        on conflict (workspace_id, study_id) do update
        set version = s.version + 1, signal_id = excluded.signal_id,
            occurred_at = excluded.occurred_at, body = excluded.body,
            recorded_at = excluded.recorded_at
        where (excluded.occurred_at, excluded.signal_id) > (s.occurred_at, s.signal_id)
        returning s.workspace_id, s.study_id, s.version
    ), drained as (
        insert into drains (shard, workspace_id, study_id, version)
        select shards.shard, workspace_id, study_id, version from raised cross join shards
        order by shards.shard, workspace_id, study_id
        on conflict (shard, workspace_id, study_id) do update
        set version = excluded.version, cursor = ''
    )
    insert into progress_due (home, workspace_id, study_id, shard)
    select home, workspace_id, study_id, {CONFIGURED}
    from raised join newest using (workspace_id, study_id)
    order by home, workspace_id, study_id
    on conflict (home, workspace_id, study_id, shard) do update set shard = excluded.shard
    """
)
"""Of a study the stages, the limit and so the progress may be others now: its home looks again."""
SHARDS = text("select count(*) from shards")
POLICIES = text(
    f"""
    with {TOLD}, {NEWEST.format(which="kind = 'policy.configured'")}, raised as (
        insert into policies as p (workspace_id, version, signal_id, occurred_at, body)
        select workspace_id, 1, id, occurred_at, body from newest
        order by workspace_id
        on conflict (workspace_id) do update
        set version = p.version + 1, signal_id = excluded.signal_id,
            occurred_at = excluded.occurred_at, body = excluded.body
        where (excluded.occurred_at, excluded.signal_id) > (p.occurred_at, p.signal_id)
        returning p.workspace_id, p.version
    )
    insert into drains (shard, workspace_id, study_id, version)
    select shards.shard, workspace_id, '', version from raised cross join shards
    order by shards.shard, workspace_id
    on conflict (shard, workspace_id, study_id) do update
    set version = excluded.version, cursor = ''
    """
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Configuration:
    """A setup, or with an empty `study_id` a policy; `body` is the signal's own JSON."""

    workspace_id: str
    study_id: str
    id: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    origin: str
    body: str


async def store(engine: AsyncEngine, configurations: Sequence[Configuration]) -> None:
    """In a transaction of their own."""
    async with engine.begin() as connection:
        await keep(connection, configurations)


async def keep(connection: AsyncConnection, configurations: Sequence[Configuration]) -> None:
    """Within a transaction, whatever the number; what is known or older changes nothing."""
    if not configurations:
        return
    fresh = await _kept(connection, configurations)
    if setups := [one for one in fresh if one.kind != POLICY]:
        shards = (await connection.execute(SHARDS)).scalar_one()
        await connection.execute(SETUPS, _rows(setups, shards))
    if policies := [one for one in fresh if one.kind == POLICY]:
        await connection.execute(POLICIES, _rows(policies))


async def _kept(
    connection: AsyncConnection, configurations: Sequence[Configuration]
) -> list[Configuration]:
    """Those that nobody told before; of several with one id the first."""
    first: dict[tuple[str, str], Configuration] = {}
    for one in configurations:
        first.setdefault((one.workspace_id, one.id), one)
    found = await connection.execute(KEEP, _rows(list(first.values())))
    return [first[row.workspace_id, row.id] for row in found]


def _rows(configurations: Sequence[Configuration], shards: int = 1) -> dict[str, str]:
    rows = ",".join(_row(one, shards) for one in configurations)
    return {"rows": f"[{rows}]"}


def _row(one: Configuration, shards: int) -> str:
    known = {
        "home": shard_of(study_key(one.workspace_id, one.study_id), shards),
        "workspace_id": one.workspace_id,
        "study_id": one.study_id,
        "id": one.id,
        "kind": one.kind,
        "occurred_at": one.occurred_at.isoformat(),
        "received_at": one.received_at.isoformat(),
        "origin": one.origin,
    }
    return f'{dumps(known, ensure_ascii=False)[:-1]}, "body": {one.body}}}'


SECRET: TextClause = text("select address_secret from installation")


async def address_secret(engine: AsyncEngine) -> str:
    """The secret drawn at installation, for keys of addresses where none is configured."""
    async with engine.connect() as connection:
        return str((await connection.execute(SECRET)).scalar_one())
