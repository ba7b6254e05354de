"""Counters of studies by shard, who must look at them, and what was last published of a study.

Writers count in their own shard and leave a row in `progress_due` for the study's home. The home
takes those rows away first and sums in a later statement: whoever still holds a row has not
committed yet, and is passed over; whoever does not has committed, and is in the sum.
"""

import json
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.store.shard import AnyRow, PersonKey, Rows, ShardRows

StudyKey = PersonKey
"""(workspace_id, study_id)"""

ADDED = """
    (select coalesce(jsonb_object_agg(name, number), '{}') from (
        select name, sum(value::bigint) as number
        from (select * from jsonb_each_text(old.counts)
              union all select * from jsonb_each_text(excluded.counts)) as one(name, value)
        group by name having sum(value::bigint) <> 0) as both_of_them)
"""
COUNT = text(
    f"""
    with told as materialized (
        select * from json_to_recordset(cast(:rows as json)) as x(
            h integer, w text, s text, c jsonb, o timestamptz, i text, k text)
    ), counted as (
        insert into counters as old (shard, workspace_id, study_id, counts, recorded_at,
            occurred_at, signal_id, kind)
        select :shard, w, s, c, :now, o, i, k from told
        on conflict (shard, workspace_id, study_id) do update set counts = {ADDED},
            recorded_at = excluded.recorded_at, occurred_at = excluded.occurred_at,
            signal_id = excluded.signal_id, kind = excluded.kind
    )
    insert into progress_due (home, workspace_id, study_id, shard)
    select h, w, s, :shard from told order by h, w, s
    on conflict (home, workspace_id, study_id, shard) do update set shard = excluded.shard
    """
)
"""The row of `progress_due` is written even where it stands already: that locks it until we have
committed, so that the study's home cannot take it away and sum without us."""

TAKE_DUE = text(
    """
    with due as materialized (
        select workspace_id, study_id, shard from progress_due
        where home = :shard
            and (workspace_id, study_id) > (cast(:workspace_id as text), cast(:study_id as text))
        order by workspace_id, study_id limit :most for update skip locked
    )
    delete from progress_due d using due
    where d.home = :shard and d.workspace_id = due.workspace_id
        and d.study_id = due.study_id and d.shard = due.shard
    returning d.workspace_id, d.study_id
    """
)

IS_DUE = text("select exists (select 1 from progress_due where home = :shard)")

SUMS = """
    select x.n, x.w as workspace_id, x.s as study_id,
        (select coalesce(jsonb_object_agg(name, number), '{}') from (
            select name, sum(value::bigint) as number
            from counters c, jsonb_each_text(c.counts) as one(name, value)
            where c.workspace_id = x.w and c.study_id = x.s group by name) as total) as counts
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, s text)
"""
SUM = text(SUMS)
LOOK = text(
    f"""
    select sums.*, last.occurred_at, last.signal_id, last.kind,
        s.body::text as setup, p.counts::text as published
    from ({SUMS}) as sums
    left join setups s on s.workspace_id = sums.workspace_id and s.study_id = sums.study_id
    left join progress p on p.shard = :shard
        and p.workspace_id = sums.workspace_id and p.study_id = sums.study_id
    cross join lateral (
        select recorded_at, occurred_at, signal_id, kind from counters c
        where c.workspace_id = sums.workspace_id and c.study_id = sums.study_id
        union all
        select s.recorded_at, s.occurred_at, s.signal_id, 'study.configured'
        where s.signal_id is not null
        order by recorded_at desc limit 1
    ) as last
    order by sums.n
    """
)
"""The counters of all shards: the only statement of a home that reads beyond its own."""

COUNTERS = text(
    """
    select workspace_id, study_id, shard, counts from counters
    where (cast(:workspace_id as text) is null or workspace_id = :workspace_id)
        and (cast(:study_id as text) is null or study_id = :study_id)
    """
)

KEPT = text(
    """
    select counts from counters
    where shard = :shard and workspace_id = :workspace_id and study_id = :study_id
    """
)
PARTICIPANTS_OF = text(
    """
    select q.person_id, p.document::text as document from participants q
    join people p on p.shard = :shard and p.workspace_id = q.workspace_id
        and p.person_id = q.person_id
    where q.shard = :shard and q.workspace_id = :workspace_id and q.study_id = :study_id
        and q.person_id > :after order by q.person_id limit :most
    """
)

KEEP = text(
    """
    insert into progress (shard, workspace_id, study_id, counts, recorded_at)
    select :shard, w, s, c, :now
    from json_to_recordset(cast(:rows as json)) as x(w text, s text, c json)
    on conflict (shard, workspace_id, study_id) do update set
        counts = excluded.counts, recorded_at = excluded.recorded_at
    """
)


class ProgressRows(ShardRows):
    """The statements of one shard, those about progress among them."""

    async def count(self, rows: str, now: object) -> None:
        """Add differences to the shard's counters, and tell the studies' homes."""
        await self._run(COUNT, rows=rows, now=now)

    async def kept(self, workspace_id: str, study_id: str) -> dict[str, int]:
        """The shard's counters of a study."""
        values = {"workspace_id": workspace_id, "study_id": study_id}
        return (await self._run(KEPT, **values)).scalar_one_or_none() or {}

    async def participants_of(
        self, workspace_id: str, study_id: str, after: str, most: int
    ) -> Rows:
        """(person_id, document) of a study's next participants in the shard, by id."""
        values = {"workspace_id": workspace_id, "study_id": study_id, "after": after, "most": most}
        return (await self._run(PARTICIPANTS_OF, **values)).all()

    async def take_due(self, after: StudyKey, most: int) -> tuple[int, list[StudyKey]]:
        """How many rows were taken, and of which studies of this home, in order, behind one."""
        values = {"workspace_id": after[0], "study_id": after[1], "most": most}
        rows = (await self._run(TAKE_DUE, **values)).all()
        return len(rows), sorted({(workspace_id, study_id) for workspace_id, study_id in rows})

    async def look(self, keys: Sequence[StudyKey]) -> Rows:
        """Sums, last step, setup and what was last published of studies; in a later statement."""
        return (await self._run(LOOK, keys=_numbered(keys))).all()

    async def keep(self, rows: str, now: object) -> None:
        """Remember what is published now."""
        await self._run(KEEP, rows=rows, now=now)


async def is_due(engine: AsyncEngine, shard: int) -> bool:
    """Whether writers have told a home of any study, without a lock."""
    async with engine.connect() as connection:
        return bool((await connection.execute(IS_DUE, {"shard": shard})).scalar_one())


async def sums(
    connection: AsyncConnection, keys: Sequence[StudyKey]
) -> dict[StudyKey, dict[str, int]]:
    """The counts of studies by name; `status.<word>` are participants as shown; no zeros."""
    rows: Sequence[AnyRow] = (await connection.execute(SUM, {"keys": _numbered(keys)})).all()
    return {(row.workspace_id, row.study_id): row.counts for row in rows}


async def counters(
    connection: AsyncConnection, workspace_id: str | None, study_id: str | None
) -> Rows:
    """(workspace_id, study_id, shard, counts) of a study, of a workspace, or of all."""
    values = {"workspace_id": workspace_id, "study_id": study_id}
    return (await connection.execute(COUNTERS, values)).all()


def _numbered(keys: Sequence[StudyKey]) -> str:
    return json.dumps([{"n": n, "w": w, "s": s} for n, (w, s) in enumerate(keys)])
