"""Links, addresses and what is parked."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS: tuple[str, ...] = (
    """
    create table links (
        workspace_id text collate "C" not null,
        kind text collate "C" not null,
        id text collate "C" not null,
        person_id text collate "C" not null default '',
        study_id text collate "C" not null default '',
        purpose text collate "C" not null default '',
        taught_at timestamptz not null,
        primary key (workspace_id, kind, id, person_id, study_id, purpose)
    )
    """,
    "create index links_of_person on links (workspace_id, person_id) where person_id <> ''",
    "create index links_of_study on links (workspace_id, study_id) where person_id = ''",
    """
    create table addresses (
        workspace_id text collate "C" not null,
        key text collate "C" not null,
        person_id text collate "C" not null,
        taught_at timestamptz not null,
        primary key (workspace_id, key, person_id)
    )
    """,
    "create index addresses_of_person on addresses (workspace_id, person_id)",
    """
    create table parked (
        topic text collate "C" not null,
        log_partition integer not null,
        log_offset bigint not null,
        element integer not null,
        workspace_id text collate "C" not null,
        provider text not null,
        kind text not null,
        wants text not null,
        person_id text collate "C",
        person_shard integer,
        body json,
        received_at timestamptz not null,
        parked_at timestamptz not null,
        tried_at timestamptz,
        ended text check (ended in ('resolved', 'expired', 'dropped')),
        ended_at timestamptz,
        ended_by text,
        tallied boolean not null default false,
        primary key (topic, log_partition, log_offset, element)
    )
    """,
    "create index parked_waiting on parked (parked_at) where ended is null",
    """
    create index parked_of_person on parked (workspace_id, person_id)
    where ended is null and person_id is not null
    """,
    "create index parked_untried on parked (parked_at) where ended is null and tried_at is null",
    "create index parked_ended on parked (ended_at) where ended is not null",
    "create index parked_untallied on parked (ended_at) where ended is not null and not tallied",
    """
    create table parked_waits (
        topic text collate "C" not null,
        log_partition integer not null,
        log_offset bigint not null,
        element integer not null,
        workspace_id text collate "C" not null,
        kind text collate "C" not null,
        id text collate "C" not null,
        primary key (topic, log_partition, log_offset, element, kind, id)
    )
    """,
    "create index parked_waits_for on parked_waits (workspace_id, kind, id)",
    """
    create table parked_records (
        topic text collate "C" not null,
        log_partition integer not null,
        log_offset bigint not null,
        appended_ms bigint not null,
        key bytea,
        value bytea,
        headers bytea not null,
        primary key (topic, log_partition, log_offset)
    )
    """,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
