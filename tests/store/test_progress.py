"""A study of a million costs what a study of ten costs: no statement touches people."""

import json
from collections import defaultdict
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from schemas.codec import decode_signal
from tests.house.test_sql import TOUCHES
from tests.process.applying import RECEIVED, story, told
from workers.apply.recounting import recount
from workers.domain.setups import World
from workers.domain.tracking import NOBODY, refold
from workers.settings import Settings
from workers.store import documents, progress
from workers.store import engine as engines

migration = import_module("workers.store.migrations.versions.0004_progress")
PERSON = text(
    """
    insert into people (shard, workspace_id, person_id, document, contact_status)
    values (length(:person_id) % 3, :workspace_id, :person_id, :document, 'free_to_contact')
    """
)

COUNTING = {"counters", "progress_due", "progress", "setups"}
"""One row a study, or one a study and shard."""
OF_ANYBODY = {"PARTICIPANTS_OF"}
"""Read only where somebody can't be read: then their study is recounted in their shard."""
STATEMENTS = [
    (name, found)
    for name, found in vars(progress).items()
    if isinstance(found, TextClause) and name not in OF_ANYBODY
]
HOW_MANY = {"people": 1_000_000, "shards": 12}
VALUES: dict[str, Any] = {
    "shard": 1, "most": 500, "workspace_id": "w1", "study_id": "s1",
    "keys": json.dumps([{"n": 0, "w": "w1", "s": "s1"}]),
}  # fmt: skip


def rows(**counts: int) -> str:
    """The parameter of COUNT: one study in which something moved."""
    told = {"h": 1, "w": "w1", "s": "s1", "c": counts, "o": "2026-03-02T09:00:00Z"}
    return json.dumps([told | {"i": "test:1", "k": "participant.added"}])


@pytest.mark.parametrize(("name", "statement"), STATEMENTS)
def test_a_statement_of_progress_reads_rows_of_studies_alone(name: str, statement: TextClause):
    """Neither people, participants, signals nor changes; and writers stay in their shard."""
    sql = statement.text.lower()

    assert set(TOUCHES.findall(sql)) <= COUNTING, name
    if "insert into counters" in sql or "delete" in sql:
        assert ":shard" in sql


async def test_the_work_for_a_study_of_a_million_is_a_row_a_shard(settings: Settings):
    """By the plan as it ran: whoever counts touches one row, whoever sums one row of each shard."""
    database = engines.make(settings.database, connections=1)
    async with database.begin() as connection:
        for shard in range(HOW_MANY["shards"]):
            many = progress.ProgressRows(connection, shard)
            (now,) = (await connection.execute(text("select clock_timestamp()"))).one()
            await many.count(rows(added=HOW_MANY["people"]), now)
            await many.count(rows(added=1, invited=0), now)
        await connection.execute(text("analyze counters"))
        looked = await _touched(connection, progress.LOOK)
        sums = await progress.sums(connection, [("w1", "s1")])
        taken = await progress.ProgressRows(connection, 1).take_due(("", ""), 500)
        again = await progress.ProgressRows(connection, 1).take_due(("", ""), 500)
    await database.dispose()

    assert sums == {("w1", "s1"): {"added": HOW_MANY["shards"] * (HOW_MANY["people"] + 1)}}
    assert looked == {"counters": 2 * HOW_MANY["shards"]}
    assert (taken, again) == ((HOW_MANY["shards"], [("w1", "s1")]), (0, []))


async def _touched(connection: Any, statement: TextClause) -> dict[str, int]:
    """Rows read of each table, by EXPLAIN ANALYZE."""
    explain = text(f"explain (analyze, format json) {statement.text}")
    (plan,) = (await connection.execute(explain, VALUES)).one()
    found: dict[str, int] = {}
    waiting = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if (name := node.get("Relation Name")) and node["Actual Rows"]:
            read = node["Actual Rows"] * node["Actual Loops"]
            found[name] = found.get(name, 0) + int(read)
    return found


async def test_who_was_there_before_anybody_counted_is_counted_by_the_migration(settings: Settings):
    """Whatever became of them: the migration's own statement comes to what a recount does."""
    rewards = [told("incentive.sent", f"p{n}", minute=90, reward_id="r1") for n in range(4)] + [
        told("incentive.claimed", "p1", minute=91, reward_id="r1")
    ]
    people = defaultdict(list)
    for signal in [*story(9), *rewards, told("test.completed", "p2", "s3", minute=9)]:
        people[signal["person_id"]].append(decode_signal(json.dumps(signal).encode()))
    database = engines.make(settings.database, connections=1)
    async with database.begin() as connection:
        for person_id, signals in people.items():
            of = {"workspace_id": "w1", "person_id": person_id}
            kept = refold(NOBODY, signals, now=RECEIVED, world=World(), **of).tracked
            await connection.execute(PERSON, of | {"document": documents.encode(kept)})
    before = await recount(database)
    async with database.begin() as connection:
        await connection.execute(text(migration.COUNT_WHO_IS_THERE))
    after = await recount(database)
    await database.dispose()

    assert len(before.differences) > 10
    assert (after.studies, after.participants, after.differences) == (3, 19, [])
