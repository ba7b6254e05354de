"""Links and addresses: teaching them and looking them up; each works on a whole batch."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from msgspec.json import encode
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.store.shard import Rows

CHANNEL = "pstatus_taught"
"""Notified when something was taught that a parked element waits for."""
NOTIFY = f"select pg_notify('{CHANNEL}', '')"
MOST_ROWS = 100
"""Rows looked at per id: whose message goes to more people is nobody's own anyway."""

TEACH_LINKS = text(
    f"""
    with told as materialized (
        select distinct x.w, x.k, x.i, x.p, x.s, x.u
        from json_to_recordset(cast(:rows as json)) as x(
            w text, k text, i text, p text, s text, u text, h integer)
        where not exists (select 1 from erased e
            where e.shard = x.h and e.workspace_id = x.w and e.person_id = x.p)
    ), fresh as (
        insert into links (workspace_id, kind, id, person_id, study_id, purpose, taught_at)
        select w, k, i, p, s, u, pstatus_clock() from told
        order by w collate "C", k collate "C", i collate "C", p collate "C", s collate "C", u
        on conflict do nothing
        returning workspace_id, kind, id
    )
    {NOTIFY} from (
        select 1 from fresh join parked_waits using (workspace_id, kind, id) limit 1
    ) as waited_for
    """
)
TEACH_ADDRESSES = text(
    f"""
    with told as materialized (
        select distinct x.w, x.p, coalesce(
            (select a.key from addresses a where a.workspace_id = x.w and a.key = any(x.ks)
             order by a.taught_at, a.key limit 1), x.ks[1]) as k
        from json_to_recordset(cast(:rows as json)) as x(w text, ks text[], p text, h integer)
        where not exists (select 1 from erased e
            where e.shard = x.h and e.workspace_id = x.w and e.person_id = x.p)
    ), fresh as (
        insert into addresses (workspace_id, key, person_id, taught_at)
        select w, k, p, pstatus_clock() from told order by w collate "C", k, p collate "C"
        on conflict do nothing
        returning workspace_id, key
    )
    {NOTIFY} from (
        select 1 from fresh join parked_waits w
            on w.workspace_id = fresh.workspace_id and w.kind = 'address' and w.id = fresh.key
        limit 1
    ) as waited_for
    """
)
"""An address known in the workspace keeps its first key; `ks` are its keys, today's first."""

LINKED = text(
    f"""
    select x.n, l.person_id, l.study_id, l.purpose
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, k text, i text)
    cross join lateral (
        select person_id, study_id, purpose from links
        where workspace_id = x.w and kind = x.k and id = x.i limit {MOST_ROWS}
    ) l
    """
)
ADDRESSED = text(
    f"""
    select x.n, a.key, a.person_id
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, ks text[])
    cross join lateral (
        select key, person_id, taught_at from addresses
        where workspace_id = x.w and key = any(x.ks)
        order by taught_at, key, person_id limit {MOST_ROWS}
    ) a
    order by x.n, a.taught_at, a.key, a.person_id
    """
)
PARTICIPATIONS = text(
    f"""
    select x.n, q.study_id, q.status, q.stage, c.type, c.screener, c.incentive
    from json_to_recordset(cast(:keys as json)) as x(n integer, h integer, w text, p text)
    cross join lateral (
        select study_id, status, stage from participants
        where shard = x.h and workspace_id = x.w and person_id = x.p limit 10 * {MOST_ROWS}
    ) q
    left join lateral (
        select body ->> 'type' as type, cast(body ->> 'screener' as boolean) as screener,
            cast(body ->> 'incentive' as boolean) as incentive
        from setups where workspace_id = x.w and study_id = q.study_id
    ) c on true
    """
)

STUDIES = "json_to_recordset(cast(:keys as json)) as x(w text, s text)"
NAMED = f"""
    select distinct c.workspace_id, r.kind, case when octet_length(r.id) <= 200 then r.id else
        'sha256:' || encode(sha256(convert_to(r.id, 'UTF8')), 'hex') end as id, c.study_id
    from {STUDIES} join setups c on c.workspace_id = x.w and c.study_id = x.s
    cross join lateral (
        select kinds.kind, given.id
        from (values ('event_type', 'event_types'), ('survey', 'surveys'),
                     ('campaign', 'campaigns')) as kinds(kind, field)
        cross join lateral json_array_elements_text(
            case json_typeof(c.body -> 'references' -> kinds.field)
            when 'array' then c.body -> 'references' -> kinds.field else '[]' end) as given(id)
    ) r
"""
"""The ids that the newest setups of some studies name."""
LOCK_SETUPS = text(
    f"""
    select 1 from setups c join {STUDIES} on c.workspace_id = x.w and c.study_id = x.s
    order by c.workspace_id, c.study_id for update of c
    """
)
UNNAME = text(
    f"""
    with named as ({NAMED})
    delete from links l using {STUDIES}
    where l.workspace_id = x.w and l.study_id = x.s and l.person_id = ''
        and not exists (select 1 from named n where n.workspace_id = l.workspace_id
            and n.kind = l.kind and n.id = l.id and n.study_id = l.study_id)
    """
)
NAME = text(
    f"""
    with named as ({NAMED}), fresh as (
        insert into links (workspace_id, kind, id, study_id, taught_at)
        select workspace_id, kind, id, study_id, pstatus_clock() from named
        order by workspace_id, kind, id, study_id
        on conflict do nothing
        returning workspace_id, kind, id
    )
    {NOTIFY} from (
        select 1 from fresh join parked_waits using (workspace_id, kind, id) limit 1
    ) as waited_for
    """
)
UNTEACH_LINKS = text(
    """
    delete from links l using erased e
    where l.workspace_id = e.workspace_id and l.person_id = e.person_id and l.person_id <> ''
    """
)
UNTEACH_ADDRESSES = text(
    """
    delete from addresses a using erased e
    where a.workspace_id = e.workspace_id and a.person_id = e.person_id
    """
)


class Link(NamedTuple):
    """What an id was told to mean; `shard` is the person's; study and purpose may be empty."""

    workspace_id: str
    kind: str
    id: str
    person_id: str
    study_id: str
    purpose: str
    shard: int


class Address(NamedTuple):
    """Whose an address is: its keys under every secret, today's first."""

    workspace_id: str
    keys: tuple[str, ...]
    person_id: str
    shard: int


async def teach_links(connection: AsyncConnection, links: Iterable[Link]) -> None:
    """What is known already, and what is about somebody erased, changes nothing."""
    columns = ("w", "k", "i", "p", "s", "u", "h")
    await _taught(connection, TEACH_LINKS, [dict(zip(columns, one, strict=True)) for one in links])


async def teach_addresses(connection: AsyncConnection, addresses: Iterable[Address]) -> None:
    """As `teach_links`."""
    columns = ("w", "ks", "p", "h")
    rows = [dict(zip(columns, one, strict=True)) for one in addresses]
    await _taught(connection, TEACH_ADDRESSES, rows)


async def _taught(
    connection: AsyncConnection, statement: TextClause, rows: list[dict[str, Any]]
) -> None:
    if rows:
        await connection.execute(statement, {"rows": encode(rows).decode()})


async def linked(connection: AsyncConnection, keys: Sequence[tuple[str, str, str]]) -> Rows:
    """(index into keys, person_id, study_id, purpose) of links by (workspace, kind, id)."""
    rows = [{"n": n, "w": w, "k": k, "i": i} for n, (w, k, i) in enumerate(keys)]
    return await _found(connection, LINKED, rows)


async def addressed(
    connection: AsyncConnection, keys: Sequence[tuple[str, tuple[str, ...]]]
) -> Rows:
    """(index into keys, key, person_id), the key first taught first, by (workspace, keys)."""
    rows = [{"n": n, "w": w, "ks": ks} for n, (w, ks) in enumerate(keys)]
    return await _found(connection, ADDRESSED, rows)


async def participations(connection: AsyncConnection, keys: Sequence[tuple[int, str, str]]) -> Rows:
    """(index into keys, study_id, status, stage, type, screener, incentive) of people's studies.

    `keys` are (shard, workspace, person); the last three are null of a study never configured.
    """
    rows = [{"n": n, "h": h, "w": w, "p": p} for n, (h, w, p) in enumerate(keys)]
    return await _found(connection, PARTICIPATIONS, rows)


async def _found(
    connection: AsyncConnection, statement: TextClause, rows: list[dict[str, Any]]
) -> Rows:
    if not rows:
        return ()
    return (await connection.execute(statement, {"keys": encode(rows).decode()})).all()


async def name(connection: AsyncConnection, studies: Iterable[tuple[str, str]]) -> None:
    """Makes the ids that setups name links of exactly the newest setup of each study."""
    keys = encode([{"w": w, "s": s} for w, s in sorted(set(studies))]).decode()
    for statement in (LOCK_SETUPS, UNNAME, NAME):
        await connection.execute(statement, {"keys": keys})


async def unteach_erased(connection: AsyncConnection) -> int:
    """Deletes what an ingest that did not see the erasure yet taught about somebody erased."""
    links = await connection.execute(UNTEACH_LINKS)
    addresses = await connection.execute(UNTEACH_ADDRESSES)
    return links.rowcount + addresses.rowcount
