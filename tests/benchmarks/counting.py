"""What the progress of one study costs the database, however many participants it has."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.benchmarks.load import WORKSPACE
from tests.benchmarks.stand import Stand
from workers.apply.tally import home_of
from workers.ops import clock
from workers.store import engine as engines
from workers.store.progress import ProgressRows

STUDY = "big"
TURNS = 300
FILL = text(
    """
    insert into participants (shard, workspace_id, person_id, study_id, status, stage, folded,
        sequence, setup_version, since)
    select n % :shards, :workspace, 'p' || n, :study, 'not_contacted', 'not_started',
        'not_contacted', 1, 0, clock_timestamp()
    from generate_series(1, :participants) as n
    """
)


@dataclass(frozen=True, slots=True)
class Counted:
    """Median milliseconds of a turn that counts, and of a home's look; commits included."""

    participants: int
    count_ms: float
    look_ms: float


async def progress(on: Stand, participants: int) -> Counted:
    """A study of so many participants: differences added, and its sums looked at."""
    database = engines.make(on.database, connections=1)
    try:
        async with database.begin() as connection:
            values = {"shards": on.shards, "workspace": WORKSPACE, "study": STUDY}
            await connection.execute(FILL, values | {"participants": participants})
        for shard in range(on.shards):
            await _counted(database, shard, on.shards, participants // on.shards)
        home = home_of(WORKSPACE, STUDY, on.shards)
        count = await _timed(lambda n: _counted(database, n % on.shards, on.shards, 1))
        look = await _timed(lambda n: _looked(database, home))
    finally:
        await database.dispose()
    return Counted(participants, count, look)


async def _counted(database: AsyncEngine, shard: int, shards: int, people: int) -> None:
    row = {
        "h": home_of(WORKSPACE, STUDY, shards), "w": WORKSPACE, "s": STUDY,
        "c": {"added": people, "status.not_contacted": people}, "o": "2026-03-02T09:00:00Z",
        "i": "bench:1", "k": "participant.added",
    }  # fmt: skip
    async with database.begin() as connection:
        now = (await connection.execute(text("select pstatus_clock()"))).scalar_one()
        await ProgressRows(connection, shard).count(json.dumps([row]), now)


async def _looked(database: AsyncEngine, home: int) -> None:
    async with database.begin() as connection:
        rows = ProgressRows(connection, home)
        await rows.take_due(("", ""), 500)
        await rows.look([(WORKSPACE, STUDY)])


async def _timed(work: Callable[[int], Awaitable[None]]) -> float:
    took = []
    for n in range(TURNS):
        started = clock.monotonic()
        await work(n)
        took.append((clock.monotonic() - started) * 1000)
    return median(took)
