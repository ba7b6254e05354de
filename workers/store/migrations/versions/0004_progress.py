"""Counters of study progress, who is to look at them, and what was last published of a study."""

from alembic import op

revision = "0004"
down_revision = "0003"

COUNT_WHO_IS_THERE = """
    insert into counters (shard, workspace_id, study_id, counts, recorded_at, occurred_at, kind)
    select shard, workspace_id, study_id, jsonb_object_agg(name, number), clock_timestamp(),
        clock_timestamp(), 'refold'
    from (
        select p.shard, p.workspace_id, s.study_id, c.name, sum(c.number) as number
        from people p
        cross join json_each(p.document -> 'person' -> 'participants') as s(study_id, kept)
        cross join lateral (
            select
                count(*) filter (where b.value ->> 'state' in ('ahead', 'completed', 'no_show'))
                    as booked,
                count(*) filter (where b.value ->> 'state' = 'completed') as completed
            from json_each(s.kept -> 'bookings') as b
        ) as bookings
        cross join lateral (
            select
                count(*) filter (where r.value ->> 'state' in ('sent', 'claimed')) as sent,
                count(*) filter (where r.value ->> 'state' = 'claimed') as claimed
            from json_each(s.kept -> 'rewards') as r
        ) as rewards
        cross join lateral (values
            ('added', 1),
            ('invited', (s.kept ->> 'invited_at' is not null)::integer),
            ('interviews_booked', bookings.booked),
            ('interviews_completed', bookings.completed),
            ('surveys_completed', (s.kept ->> 'survey_completed_at' is not null)::integer),
            ('tests_completed', (s.kept ->> 'test_completed_at' is not null)::integer),
            ('incentives_sent', rewards.sent),
            ('incentives_claimed', rewards.claimed),
            ('status.' || (p.document -> 'published' -> 'participants' -> s.study_id ->> 'status'),
             1)
        ) as c(name, number)
        where p.document -> 'published' -> 'participants' -> s.study_id is not null
        group by p.shard, p.workspace_id, s.study_id, c.name
    ) as one
    where number <> 0
    group by shard, workspace_id, study_id
"""
"""Who was there before anybody counted; their studies are published at their next step."""

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
    COUNT_WHO_IS_THERE,
)


def upgrade() -> None:
    """Runs the statements, in order."""
    for statement in STATEMENTS:
        op.execute(statement)
