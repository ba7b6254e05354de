"""Setups and policies as ingest stores them: once, the newest counts, every shard hears of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from schemas.routing import shard_of, study_key
from workers.settings import Settings
from workers.store import engine as engines
from workers.store.configuration import CONFIGURED, Configuration, store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETUP = Configuration("w1", "s1", "c1", "study.configured", NOON, NOON, "t/0/0/0", '{"n":1}')
POLICY = replace(SETUP, study_id="", id="c2", kind="policy.configured")


async def _stored(
    settings: Settings, *batches: list[Configuration] | None
) -> dict[str, list[tuple]]:
    engine = engines.make(settings.database, connections=2)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("insert into shards (shard) values (0), (1)"))
        before = []
        for batch in batches:
            if batch is None:
                before = await _taken(engine)
            else:
                await store(engine, batch)
        async with engine.connect() as connection:
            return {
                "setups": await _rows(
                    connection, "select study_id, version, body::text from setups"
                ),
                "policies": await _rows(connection, "select version, body::text from policies"),
                "drains": await _rows(connection, "select shard, study_id, version from drains"),
                "due before": before,
                "due": await _rows(connection, "select * from progress_due"),
            }
    finally:
        await engine.dispose()


async def _taken(engine) -> list[tuple]:
    """Who is due, as the homes take it away."""
    async with engine.begin() as connection:
        return await _rows(connection, "delete from progress_due returning *")


async def _rows(connection, select: str) -> list[tuple]:
    return sorted(tuple(row) for row in await connection.execute(text(select)))


async def test_a_setup_and_a_policy_reach_every_shard(settings):
    """Both are stored in one go, and each shard has a drain of its own for each."""
    found = await _stored(settings, [SETUP, POLICY])

    assert found["setups"] == [("s1", 1, '{"n":1}')]
    assert found["policies"] == [(1, '{"n":1}')]
    assert found["drains"] == [(0, "", 1), (0, "s1", 1), (1, "", 1), (1, "s1", 1)]


async def test_a_repetition_and_an_older_setup_change_nothing(settings):
    """The same id again counts once; a setup dated before the newest one raises no version."""
    older = replace(SETUP, id="c0", occurred_at=NOON - timedelta(days=1), body='{"n":0}')

    found = await _stored(settings, [SETUP], [SETUP, older])

    assert found["setups"] == [("s1", 1, '{"n":1}')]


async def test_of_equal_times_the_later_id_is_the_newest(settings):
    """Ids settle equal times, byte by byte, whatever the order of arrival."""
    upper, lower = replace(SETUP, id="B", body='{"n":2}'), replace(SETUP, id="a", body='{"n":3}')

    found = await _stored(settings, [lower], [upper])

    assert found["setups"] == [("s1", 1, '{"n":3}')]


async def test_an_id_counts_once_among_all_that_names_no_person(settings):
    """One id for two studies is the sender's error: the first copy is kept, the second is none."""
    found = await _stored(settings, [SETUP], [replace(SETUP, study_id="s2")])

    assert [row[0] for row in found["setups"]] == ["s1"]


async def test_whoever_counts_a_study_hears_of_its_newer_setup_alone(settings):
    """One row for the home of the study's key; none for an older setup, and none for a policy."""
    older = replace(SETUP, id="c0", occurred_at=NOON - timedelta(days=1))
    home = shard_of(study_key("w1", "s1"), 2)

    found = await _stored(settings, [SETUP, POLICY], None, [older])

    assert found["due before"] == [(home, "w1", "s1", CONFIGURED)]
    assert found["due"] == []
