"""The dead letters' limit, replays and purges."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS: tuple[str, ...] = (
    """
    create table letter_limits (
        topic text collate "C" not null,
        version text collate "C" not null,
        records double precision not null default 0,
        lost double precision not null default 0,
        run bigint not null default 0,
        run_of text,
        opened_at timestamptz,
        unlimited boolean not null default false,
        primary key (topic, version)
    )
    """,
    """
    create table letter_senders (
        topic text collate "C" not null,
        version text collate "C" not null,
        workspace_id text collate "C" not null,
        records double precision not null,
        lost double precision not null,
        primary key (topic, version, workspace_id)
    )
    """,
    """
    create table letter_actions (
        id bigint generated always as identity primary key,
        what text not null check (what in ('replay', 'purge', 'import', 'resume')),
        by text not null,
        started_at timestamptz not null default clock_timestamp(),
        ended_at timestamptz,
        filters json not null,
        result json not null default '{}'
    )
    """,
    """
    create table letter_marks (
        letter_id uuid not null,
        attempt integer not null,
        state text not null check (state in ('replayed', 'purged')),
        marked_at timestamptz not null default clock_timestamp(),
        action_id bigint not null,
        primary key (letter_id, attempt)
    )
    """,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
