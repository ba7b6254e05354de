"""Writing a plan: what the database refuses for its content is found, and stops nobody else."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from schemas.codec import encode_signal, signal_from
from workers.ingest.deliver import refused
from workers.ingest.judge import Configured
from workers.ingest.plan import Spot, Told
from workers.local import ports
from workers.settings import Settings
from workers.store import engine

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def setup(number: int, value: bytes | None = None) -> Told:
    """A study's setup as a plan holds it; `value` in place of its own JSON."""
    signal = signal_from(
        {
            "id": f"x:{number}", "workspace_id": "w1", "kind": "study.configured",
            "occurred_at": "2026-03-02T08:00:00Z", "study_id": f"s{number}", "type": "survey",
            "screener": False, "incentive": False, "participation_limit": None,
        }
    )  # fmt: skip
    record = SimpleNamespace(topic="t", partition=0, offset=number)
    return Told(Configured(signal, value or encode_signal(signal)), Spot(record, 0, NOW))


async def test_only_what_the_database_cant_take_is_refused(settings: Settings):
    """Two of nine break the statement: they alone come back, the seven others are stored."""
    database = engine.make(settings.database, connections=1)
    told = [setup(number, b"{broken" if number in (2, 7) else None) for number in range(9)]

    back = await refused(database, told)

    assert back == [told[2], told[7]]
    async with database.connect() as connection:
        stored = (await connection.execute(text("select study_id from setups"))).scalars()
        assert sorted(stored) == [f"s{n}" for n in range(9) if n not in (2, 7)]
    await database.dispose()


async def test_a_database_that_is_away_refuses_nothing():
    """No answer is no verdict: the error goes to whoever tries again."""
    database = engine.make(
        f"postgresql+asyncpg://postgres@127.0.0.1:{ports.free()}/none", connections=1
    )

    with pytest.raises((OSError, DBAPIError)) as raised:
        await refused(database, [setup(1)])

    assert engine.transient(raised.value)
    await database.dispose()
