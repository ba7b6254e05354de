"""Where the changes of the last hours begin, found without reading the older ones."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from tests.cli.talk import NINE
from workers.store import engine as engines
from workers.store import installation, tables
from workers.store.activity import first_since


@pytest.mark.parametrize(("hours", "seq"), [(0, 3), (1, 4), (4, 6), (9, 12), (10, 12)])
async def test_the_first_change_of_a_time_is_found_by_halving(
    fresh_database: str, hours: float, seq: int
):
    """Numbers may be missing: what was pruned or rolled back is stepped over."""
    numbers = [3, 4, 6, 7, 11]
    rows = [
        {"shard": 0, "seq": n, "kind": "x", "recorded_at": NINE + place * timedelta(hours=2)}
        for place, n in enumerate(numbers)
    ]
    engine = engines.make(fresh_database, connections=1)
    await installation.settle(engine, cluster_id="c", topic_prefix="t.", shards=1)
    async with engine.begin() as connection:
        await connection.execute(insert(tables.changes), rows)
        since = NINE + timedelta(hours=hours)

        found = await first_since(connection, 0, (3, 12), since)

    await engine.dispose()
    assert min((n for n in numbers if n >= found), default=12) == seq
