"""Counters of study progress, who is to look at them, and what was last published of a study."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS: tuple[str, ...] = (
    """
    create table counters (
        shard integer not null,
        workspace_id text collate "C" not null,
        study_id text collate "C" not null,
        counts jsonb not null,
        recorded_at timestamptz not null,
        occurred_at timestamptz not null,
        signal_id text collate "C",
        kind text not null,
        primary key (shard, workspace_id, study_id)
    ) with (fillfactor = 50)
    """,
    "create index counters_of_study on counters (workspace_id, study_id)",
    """
    create table progress_due (
        home integer not null,
        workspace_id text collate "C" not null,
        study_id text collate "C" not null,
        shard integer not null,
        primary key (home, workspace_id, study_id, shard)
    ) with (fillfactor = 50)
    """,
    """
    create table progress (
        shard integer not null,
        workspace_id text collate "C" not null,
        study_id text collate "C" not null,
        counts json not null,
        recorded_at timestamptz not null,
        primary key (shard, workspace_id, study_id)
    ) with (fillfactor = 50)
    """,
    """
    alter table setups
    add column recorded_at timestamptz not null default clock_timestamp()
    """,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
