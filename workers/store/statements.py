"""The SQL of a home: each works on a whole batch, with one JSON parameter, in one shard."""

from sqlalchemy import text

CLAIM = text(
    """
    update shards set epoch = epoch + 1 where shard = :shard
    returning epoch, next_offset, next_seq, published
    """
)
CLAIM_PATIENCE = text("set local lock_timeout = '5s'")
END_SLEEPERS = text(
    """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
        and backend_type = 'client backend' and xact_start is not null
        and state = 'active' and wait_event = 'ClientRead'
        and state_change < clock_timestamp() - interval '5 seconds'
    """
)
"""A worker that fell asleep between preparing a statement and running it counts as active: no
timeout of Postgres ends its transaction, and its locks would be kept until it wakes."""
POSITION = text("select epoch, next_offset, next_seq, published from shards where shard = :shard")
BEGIN_AT = text(
    "update shards set next_offset = :next_offset where shard = :shard and epoch = :epoch"
)

LOCK = text(
    """
    with locked as materialized (
        select epoch, next_offset, next_seq, published, clock
        from shards where shard = :shard for no key update
    )
    select epoch, next_offset, next_seq, published, greatest(clock, pstatus_clock()) as now,
        (select json_agg(json_build_array(workspace_id, study_id, version))
         from drains where shard = :shard) as drains
    from locked
    """
)
"""The clock is read above the lock, so never before it was got."""

SIGN = text("select 1")

RECORD = text(
    """
    with told as materialized (
        select x.*, e.person_id is not null as gone
        from json_to_recordset(cast(:rows as json)) as x(
            o bigint, w text, p text, i text, k text, t timestamptz, r timestamptz, g text, b json)
        left join erased e on e.shard = :shard and e.workspace_id = x.w and e.person_id = x.p
    ), fresh as (
        insert into signals (shard, workspace_id, person_id, id, kind, occurred_at, received_at,
            recorded_at, log_offset, origin, body)
        select :shard, w, p, i, k, t, r, :now, o, g, b from told where not gone
        on conflict do nothing
        returning log_offset
    )
    select log_offset, true as fresh from fresh
    union all
    select o, false from told where gone
    """
)
"""What comes back fresh is new; what comes back otherwise is of somebody erased; else known."""

LOAD = text(
    """
    select x.n, p.document::text, p.policy_version, p.broken_by
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    join people p on p.shard = :shard and p.workspace_id = x.w and p.person_id = x.p
    """
)

BEHIND = text(
    """
    select x.n, q.study_id
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    join participants q on q.shard = :shard and q.workspace_id = x.w and q.person_id = x.p
    join drains d on d.shard = :shard and d.workspace_id = x.w and d.study_id = q.study_id
    where q.setup_version < d.version
    """
)
"""Studies whose setup became newer than the one that the participant was last assessed with."""

CONFIGURED = text(
    """
    with wanted as materialized (
        select w, s from json_to_recordset(cast(:keys as json)) as x(w text, s text)
    )
    select c.workspace_id, c.study_id, c.version, c.signal_id, c.occurred_at, c.body::text as body
    from wanted join setups c on c.workspace_id = w and c.study_id = s
    union all
    select c.workspace_id, '', c.version, c.signal_id, c.occurred_at, c.body::text as body
    from wanted join policies c on c.workspace_id = w where s = ''
    """
)

HISTORIES = text(
    """
    select x.n, h.log_offset, h.body::text
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    join signals h on h.shard = :shard and h.workspace_id = x.w and h.person_id = x.p
    where h.kind not in ('email.opened', 'email.clicked')
    """
)

SAVE_PEOPLE = text(
    """
    insert into people as old (shard, workspace_id, person_id, document, due_at, policy_version,
        broken_by, contact_status, contact_until, contact_since, properties)
    select :shard, w, p, d, u, v, b, c, cu, cs, x.pr
    from json_to_recordset(cast(:rows as json)) as x(
        w text, p text, d json, u timestamptz, v bigint, b text,
        c text, cu timestamptz, cs timestamptz, pr jsonb)
    on conflict (shard, workspace_id, person_id) do update set
        document = excluded.document, due_at = excluded.due_at,
        policy_version = excluded.policy_version, broken_by = excluded.broken_by,
        contact_status = excluded.contact_status, contact_until = excluded.contact_until,
        contact_since = coalesce(excluded.contact_since, old.contact_since),
        properties = excluded.properties
    """
)

SAVE_VERSIONS = text(
    """
    update people p set policy_version = x.v
    from json_to_recordset(cast(:rows as json)) as x(w text, p text, v bigint)
    where p.shard = :shard and p.workspace_id = x.w and p.person_id = x.p
    """
)
"""Of those whom a newer policy leaves as they are: no document, and no index is touched."""

SET_ASIDE = text(
    """
    update people p set broken_by = :version
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    where p.shard = :shard and p.workspace_id = x.w and p.person_id = x.p
    """
)

SAVE_PARTICIPANTS = text(
    """
    insert into participants as old (shard, workspace_id, person_id, study_id, status, stage,
        folded, sequence, setup_version, since)
    select :shard, w, p, s, a, g, f, q, v, coalesce(t, :now)
    from json_to_recordset(cast(:rows as json)) as x(
        w text, p text, s text, a text, g text, f text, q bigint, v bigint, t timestamptz)
    on conflict (shard, workspace_id, person_id, study_id) do update set
        status = excluded.status, stage = excluded.stage, folded = excluded.folded,
        sequence = excluded.sequence, setup_version = excluded.setup_version,
        since = case when old.status = excluded.status then old.since else excluded.since end
    """
)

INSERT_CHANGES = text(
    """
    insert into changes (shard, seq, kind, workspace_id, person_id, study_id, recorded_at, body,
        studies, letter_key, letter_value, letter_headers)
    select :shard, q, k, w, p, s, t, b, z, decode(lk, 'base64'), decode(lv, 'base64'), lh
    from json_to_recordset(cast(:rows as json)) as x(
        q bigint, k text, w text, p text, s text, t timestamptz, b json, z json,
        lk text, lv text, lh json)
    """
)

ADVANCE = text(
    """
    update shards set next_offset = :next_offset, next_seq = :next_seq, clock = :now,
        published = greatest(published, :published)
    where shard = :shard and epoch = :epoch
    """
)
PUBLISHED = text(
    """
    update shards set published = greatest(published, :published)
    where shard = :shard and epoch = :epoch
    """
)
OUTBOX = text(
    """
    select seq, kind, workspace_id, person_id, study_id, recorded_at, body::text, studies,
        letter_key, letter_value, letter_headers
    from changes where shard = :shard and seq > :after order by seq limit :most
    """
)

TODO = text(
    """
    select extract(epoch from
            (select min(due_at) from people
             where shard = :shard and due_at is not null and broken_by is null)
            - greatest(clock, pstatus_clock())),
        exists (select 1 from drains where shard = :shard),
        exists (select 1 from refolds where shard = :shard)
            or exists (select 1 from people
                       where shard = :shard and broken_by is not null and broken_by <> :version)
    from shards where shard = :shard
    """
)
"""Seconds until time acts next, whether a configuration is on its way, whether to refold."""

DUE = text(
    """
    select workspace_id, person_id, due_at, document::text, policy_version, broken_by from people
    where shard = :shard and due_at <= :now and due_at is not null and broken_by is null
    order by due_at limit :most
    """
)

DRAIN = text(
    """
    select workspace_id, study_id, version, cursor from drains
    where shard = :shard order by workspace_id, study_id limit 1
    """
)
NEXT_OF_STUDY = text(
    """
    select q.person_id, q.setup_version < :version and p.broken_by is null as is_behind,
        p.document::text, p.policy_version, p.broken_by
    from participants q
    join people p on p.shard = :shard and p.workspace_id = q.workspace_id
        and p.person_id = q.person_id
    where q.shard = :shard and q.workspace_id = :workspace_id and q.study_id = :study_id
        and q.person_id > :cursor order by q.person_id limit :most
    """
)
NEXT_OF_WORKSPACE = text(
    """
    select person_id, policy_version < :version and broken_by is null as is_behind,
        document::text, policy_version, broken_by
    from people
    where shard = :shard and workspace_id = :workspace_id and person_id > :cursor
    order by person_id limit :most
    """
)
DRAINED_TO = text(
    """
    update drains set cursor = :cursor where shard = :shard and workspace_id = :workspace_id
        and study_id = :study_id and version = :version
    """
)
DRAINED = text(
    """
    delete from drains where shard = :shard and workspace_id = :workspace_id
        and study_id = :study_id and version = :version
    """
)

TO_REFOLD = text(
    """
    select workspace_id, person_id from refolds where shard = :shard
    union
    (select workspace_id, person_id from people
     where shard = :shard and broken_by is not null and broken_by <> :version)
    order by 1, 2 limit :most
    """
)
PUBLISHED_OF = text(
    """
    select x.n, p.contact_status, p.contact_until,
        (select coalesce(max((c.body->>'sequence')::bigint), 0) from changes c
         where c.shard = :shard and c.workspace_id = x.w and c.person_id = x.p
            and c.kind = 'contact.status_changed') as sequence,
        (select json_agg(json_build_array(q.study_id, q.status, q.stage, q.sequence))
         from participants q
         where q.shard = :shard and q.workspace_id = x.w and q.person_id = x.p) as participants
    from json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    join people p on p.shard = :shard and p.workspace_id = x.w and p.person_id = x.p
    """
)
REFOLDED = text(
    """
    delete from refolds r
    using json_to_recordset(cast(:keys as json)) as x(n integer, w text, p text)
    where r.shard = :shard and r.workspace_id = x.w and r.person_id = x.p
    """
)

ERASE = text(
    """
    insert into erased (shard, workspace_id, person_id, erased_at, signal_id)
    values (:shard, :workspace_id, :person_id, :erased_at, :signal_id)
    on conflict do nothing
    """
)
OF_PERSON = "shard = :shard and workspace_id = :workspace_id and person_id = :person_id"
STUDIES_OF = text(f"select study_id from participants where {OF_PERSON} order by study_id")
FORGET = (
    text(f"delete from signals where {OF_PERSON}"),
    text(f"delete from participants where {OF_PERSON}"),
    text(f"delete from people where {OF_PERSON}"),
    text(f"delete from refolds where {OF_PERSON}"),
    text(
        f"""
        update changes set workspace_id = null, person_id = null, study_id = null, body = null,
            studies = null, letter_key = null, letter_value = null, letter_headers = null
        where {OF_PERSON}
        """
    ),
)
"""All that goes when a person is forgotten; the rows of `changes` keep their number."""
