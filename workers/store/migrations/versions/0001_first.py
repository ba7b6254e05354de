"""Shards, signals, people, participants, changes, configurations, and what homes work off."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    create function pstatus_clock() returns timestamptz language sql volatile
    as 'select clock_timestamp()'
    """,
    """
    create table installation (
        one boolean primary key default true check (one),
        database_id uuid not null default gen_random_uuid(),
        cluster_id text not null,
        topic_prefix text not null,
        shards integer not null check (shards > 0),
        address_secret text not null
            default gen_random_uuid()::text || gen_random_uuid()::text,
        installed_at timestamptz not null default clock_timestamp()
    )
    """,
    """
    create table shards (
        shard integer primary key,
        epoch bigint not null default 0,
        next_offset bigint not null default 0,
        next_seq bigint not null default 1,
        published bigint not null default 0,
        clock timestamptz not null default to_timestamp(0)
    ) with (fillfactor = 50)
    """,
    """
    create table signals (
        shard integer not null,
        workspace_id text collate "C" not null,
        person_id text collate "C" not null,
        id text collate "C" not null,
        kind text not null,
        occurred_at timestamptz not null,
        received_at timestamptz not null,
        recorded_at timestamptz not null,
        log_offset bigint not null,
        origin text,
        body json not null,
        primary key (shard, workspace_id, person_id, id)
    ) partition by list (shard)
    """,
    """
    create table people (
        shard integer not null,
        workspace_id text collate "C" not null,
        person_id text collate "C" not null,
        document json not null,
        due_at timestamptz,
        policy_version bigint not null default 0,
        broken_by text,
        contact_status text not null,
        contact_until timestamptz,
        contact_since timestamptz,
        properties jsonb,
        primary key (shard, workspace_id, person_id)
    ) with (fillfactor = 70, toast_tuple_target = 8160)
    """,
    "create index people_by_contact on people (workspace_id, contact_status, person_id)",
    """
    create index people_by_until on people (workspace_id, contact_until)
    where contact_until is not null
    """,
    """
    create index people_by_property on people using gin (properties jsonb_path_ops)
    where properties is not null
    """,
    """
    create index people_due on people (shard, due_at)
    where due_at is not null and broken_by is null
    """,
    "create index people_broken on people (shard, broken_by) where broken_by is not null",
    """
    create table participants (
        shard integer not null,
        workspace_id text collate "C" not null,
        person_id text collate "C" not null,
        study_id text collate "C" not null,
        status text not null,
        stage text not null,
        folded text not null,
        sequence bigint not null,
        setup_version bigint not null default 0,
        since timestamptz not null,
        primary key (shard, workspace_id, person_id, study_id)
    ) with (fillfactor = 70)
    """,
    """
    create index participants_of_study
    on participants (workspace_id, study_id, shard, person_id)
    """,
    """
    create table changes (
        shard integer not null,
        seq bigint not null,
        kind text not null,
        workspace_id text collate "C",
        person_id text collate "C",
        study_id text collate "C",
        recorded_at timestamptz not null,
        body json,
        studies json,
        letter_key bytea,
        letter_value bytea,
        letter_headers json,
        primary key (shard, seq)
    ) partition by list (shard)
    """,
    """
    create index changes_of_person on changes (shard, workspace_id, person_id)
    where person_id is not null
    """,
    """
    create table erased (
        shard integer not null,
        workspace_id text collate "C" not null,
        person_id text collate "C" not null,
        erased_at timestamptz not null,
        signal_id text not null,
        primary key (shard, workspace_id, person_id)
    )
    """,
    """
    create table configurations (
        workspace_id text collate "C" not null,
        study_id text collate "C" not null default '',
        id text collate "C" not null,
        kind text not null,
        occurred_at timestamptz not null,
        received_at timestamptz not null,
        origin text,
        body json not null,
        primary key (workspace_id, id)
    )
    """,
    """
    create table setups (
        workspace_id text collate "C" not null,
        study_id text collate "C" not null,
        version bigint not null check (version > 0),
        signal_id text collate "C" not null,
        occurred_at timestamptz not null,
        body json not null,
        primary key (workspace_id, study_id)
    )
    """,
    """
    create table policies (
        workspace_id text collate "C" primary key,
        version bigint not null check (version > 0),
        signal_id text collate "C" not null,
        occurred_at timestamptz not null,
        body json not null
    )
    """,
    """
    create table drains (
        shard integer not null,
        workspace_id text collate "C" not null,
        study_id text collate "C" not null default '',
        version bigint not null,
        cursor text collate "C" not null default '',
        primary key (shard, workspace_id, study_id)
    )
    """,
    """
    create table refolds (
        shard integer not null,
        workspace_id text collate "C" not null,
        person_id text collate "C" not null,
        requested_at timestamptz not null default clock_timestamp(),
        primary key (shard, workspace_id, person_id)
    )
    """,
)


def upgrade() -> None:
    """Make everything."""
    for statement in STATEMENTS:
        op.execute(statement)
