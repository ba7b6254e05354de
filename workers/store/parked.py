"""The SQL of what is parked; each statement works on a whole batch, with one JSON parameter."""

from sqlalchemy import text

PATIENCE = "72 hours"
"""How long an element waits before it becomes a letter."""
KEPT = "30 days"
"""How long the origin and the end of a parked element are kept."""
SLACK = "30 seconds"
"""A transaction that taught something may commit so long after it read the clock."""
PORTION_BYTES = 16 * 1024 * 1024
"""Bodies are written and read in portions of about this size."""

PLACE = "topic, log_partition, log_offset, element"
RECORD = "topic, log_partition, log_offset"
PLACES = "json_to_recordset(cast(:places as json)) as x(t text, p integer, o bigint, e integer)"
AT_PLACE = "p.topic = x.t and p.log_partition = x.p and p.log_offset = x.o and p.element = x.e"

PARK = text(
    f"""
    insert into parked (topic, log_partition, log_offset, element, workspace_id, provider, kind,
        wants, person_id, person_shard, body, received_at, parked_at, tried_at, ended, ended_at)
    select t, p, o, e, w, v, k, a, case when gone then null else i end,
        case when gone then null else h end, case when gone then null else b end, r,
        pstatus_clock(), pstatus_clock(), case when gone then 'dropped' end,
        case when gone then pstatus_clock() end
    from (
        select x.*, exists (select 1 from erased
            where shard = x.h and workspace_id = x.w and person_id = x.i) as gone
        from json_to_recordset(cast(:rows as json)) as x(
            t text, p integer, o bigint, e integer, w text, v text, k text, a text, i text,
            h integer, b json, r timestamptz)
    ) told
    order by t, p, o, e
    on conflict do nothing
    returning {PLACE}, ended is null as is_waiting
    """
)
WAIT = text(
    """
    insert into parked_waits (topic, log_partition, log_offset, element, workspace_id, kind, id)
    select distinct t, p, o, e, w, k, i from json_to_recordset(cast(:rows as json)) as x(
        t text, p integer, o bigint, e integer, w text, k text, i text)
    on conflict do nothing
    """
)
KEEP_RECORDS = text(
    """
    insert into parked_records
        (topic, log_partition, log_offset, appended_ms, key, value, headers)
    select * from unnest(cast(:topics as text[]), cast(:partitions as integer[]),
        cast(:offsets as bigint[]), cast(:appended as bigint[]), cast(:keys as bytea[]),
        cast(:values as bytea[]), cast(:headers as bytea[]))
    on conflict (topic, log_partition, log_offset) do update set headers = excluded.headers
    """
)
"""Written over itself, so that nobody else takes it away at this moment."""

TAKE = text(
    f"""
    with news as (
        select {PLACE} from parked_waits w join links l using (workspace_id, kind, id)
        join parked p using ({PLACE})
        where p.ended is null and l.taught_at > p.tried_at - interval '{SLACK}'
        union
        select {PLACE} from parked_waits w
        join addresses a on w.kind = 'address' and a.workspace_id = w.workspace_id and a.key = w.id
        join parked p using ({PLACE})
        where p.ended is null and a.taught_at > p.tried_at - interval '{SLACK}'
        union
        select {PLACE} from parked p
        join participants q on q.shard = p.person_shard and q.workspace_id = p.workspace_id
            and q.person_id = p.person_id
        where p.ended is null and p.person_id is not null and (
            q.since > p.tried_at - interval '{SLACK}'
            or p.tried_at < (select pstatus_clock()) - interval '10 minutes')
        union
        select {PLACE} from parked where ended is null and tried_at is null
    )
    select p.topic, p.log_partition, p.log_offset, p.element, p.workspace_id,
        p.body::text as body, p.received_at, r.headers,
        (select json_agg(json_build_array(w.kind, w.id) order by w.kind, w.id)
         from parked_waits w where (w.topic, w.log_partition, w.log_offset, w.element)
             = (p.topic, p.log_partition, p.log_offset, p.element)) as waits
    from parked p join news using ({PLACE})
    left join parked_records r on r.topic = p.topic and r.log_partition = p.log_partition
        and r.log_offset = p.log_offset
    where p.ended is null
    order by p.tried_at nulls first, p.parked_at limit :most
    for update of p skip locked
    """
)
"""Those about which something was taught since they were last tried, whatever was notified."""

TRIED = text(
    f"""
    update parked p set tried_at = pstatus_clock(), wants = x.a, person_id = x.i, person_shard = x.h
    from json_to_recordset(cast(:rows as json)) as x(
        t text, p integer, o bigint, e integer, a text, i text, h integer)
    where {AT_PLACE}
    """
)
SET_ASIDE = text(f"update parked p set tried_at = pstatus_clock() from {PLACES} where {AT_PLACE}")
END = text(
    f"""
    update parked p set ended = :ended, ended_at = pstatus_clock(), ended_by = :ended_by,
        body = null, person_id = null, person_shard = null
    from {PLACES} where {AT_PLACE} and p.ended is null
    """
)
UNWAIT = text(f"delete from parked_waits p using {PLACES} where {AT_PLACE}")
UNKEEP = text(
    f"""
    delete from parked_records r using {PLACES}
    where r.topic = x.t and r.log_partition = x.p and r.log_offset = x.o
        and not exists (select 1 from parked p where p.ended is null and p.topic = x.t
            and p.log_partition = x.p and p.log_offset = x.o)
    """
)

OVERDUE = text(
    f"""
    select p.topic, p.log_partition, p.log_offset, p.element, p.wants, p.received_at,
        exists (select 1 from parked_records r where r.topic = p.topic
            and r.log_partition = p.log_partition and r.log_offset = p.log_offset) as is_kept
    from parked p
    where p.ended is null
        and p.parked_at < (select pstatus_clock()) - interval '{PATIENCE}'
    order by p.parked_at, p.topic, p.log_partition, p.log_offset, p.element limit :most
    for update of p skip locked
    """
)
RECORDS = text(
    f"""
    with told as (select distinct t, p, o from {PLACES}), sized as (
        select r.*, sum(octet_length(coalesce(r.value, ''))) over (
            order by r.topic, r.log_partition, r.log_offset) - octet_length(coalesce(r.value, ''))
            as before
        from parked_records r join told on r.topic = t and r.log_partition = p and r.log_offset = o
    )
    select topic, log_partition, log_offset, appended_ms, key, value, headers
    from sized where before < {PORTION_BYTES}
    """
)

TIDY = (
    text(
        f"""
        delete from parked
        where ended is not null and ended_at < pstatus_clock() - interval '{KEPT}'
        """
    ),
    text(
        """
        delete from parked_waits w using parked p
        where (p.topic, p.log_partition, p.log_offset, p.element)
            = (w.topic, w.log_partition, w.log_offset, w.element) and p.ended is not null
        """
    ),
    text(
        """
        delete from parked_records r where not exists (select 1 from parked p
            where p.ended is null and p.topic = r.topic and p.log_partition = r.log_partition
                and p.log_offset = r.log_offset)
        """
    ),
)
TALLY = text(
    """
    with told as (
        update parked set tallied = true where ended is not null and not tallied
        returning topic, ended
    )
    select topic, ended, count(*) from told group by topic, ended
    """
)
WAITING = text(
    """
    select count(*), coalesce(extract(epoch from pstatus_clock() - min(parked_at)), 0)
    from parked where ended is null
    """
)

OF_PERSON = "workspace_id = :workspace_id and person_id = :person_id"
ABOUT_PERSON = f"""
    about as (
        select {PLACE} from parked where ended is null and {OF_PERSON}
        union
        select {PLACE} from parked_waits w join links l using (workspace_id, kind, id)
        where w.workspace_id = :workspace_id and l.person_id = :person_id
        union
        select {PLACE} from parked_waits w
        join addresses a on a.workspace_id = w.workspace_id and a.key = w.id
        where w.kind = 'address' and w.workspace_id = :workspace_id and a.person_id = :person_id
    )
"""
"""What waits for somebody, as far as anything tells."""
FORGET = (
    text(
        f"""
        with {ABOUT_PERSON}
        select 1 from parked p where ({PLACE}) in (select {PLACE} from about)
        order by {PLACE} for update
        """
    ),
    text(
        f"""
        with {ABOUT_PERSON}
        delete from parked_records r using about a
        where (r.topic, r.log_partition, r.log_offset) = (a.topic, a.log_partition, a.log_offset)
        """
    ),
    text(
        f"""
        with {ABOUT_PERSON}, ended as (
            update parked p set ended = 'dropped', ended_at = pstatus_clock(), body = null,
                person_id = null, person_shard = null
            from about a
            where (p.topic, p.log_partition, p.log_offset, p.element)
                = (a.topic, a.log_partition, a.log_offset, a.element) and p.ended is null
        )
        delete from parked_waits w using about a
        where (w.topic, w.log_partition, w.log_offset, w.element)
            = (a.topic, a.log_partition, a.log_offset, a.element)
        """
    ),
    text(f"delete from links where {OF_PERSON}"),
    text(f"delete from addresses where {OF_PERSON}"),
)
"""All that goes of somebody who is forgotten: first what waits for them, then how it was known.

Its rows are locked before anything else of it, as sweeps do: else each could wait for the other.
"""

ERASED = text(
    """
    select p.topic, p.log_partition, p.log_offset, p.element from parked p
    join erased e on e.shard = p.person_shard and e.workspace_id = p.workspace_id
        and e.person_id = p.person_id
    where p.ended is null and p.person_id is not null for update of p skip locked
    """
)
UNKEEP_ALL = text(
    f"""
    delete from parked_records r using {PLACES}
    where r.topic = x.t and r.log_partition = x.p and r.log_offset = x.o
    """
)
"""Whatever else waits in these records: it can become a letter without bytes."""

CHOSEN = """
    p.ended is null and p.workspace_id = :workspace_id
    and (cast(:provider as text) is null or p.provider = :provider)
    and (cast(:kind as text) is null or p.kind = :kind)
    and (cast(:wants as text) is null or p.wants = :wants)
    and (cast(:origins as text[]) is null or concat_ws('/', p.topic, p.log_partition,
        p.log_offset, p.element) = any(cast(:origins as text[])))
"""
LIST = text(
    f"""
    select concat_ws('/', topic, log_partition, log_offset, element) as origin, provider, kind,
        wants, person_id, parked_at, tried_at, count(*) over () as number
    from parked p where {CHOSEN}
    order by parked_at, topic, log_partition, log_offset, element limit :most
    """
)
ENDS = text(
    """
    select coalesce(ended, 'waiting'), count(*) from parked where workspace_id = :workspace_id
    group by 1
    """
)
RETRY = text(f"update parked p set tried_at = null where {CHOSEN}")
CHOOSE = text(f"select {PLACE} from parked p where {CHOSEN} order by {PLACE} for update of p")
WORKSPACES = text("select distinct workspace_id from parked order by 1")
