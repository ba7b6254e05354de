"""A written database to look things up in, and a call of a command as a person makes it."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from typer.testing import CliRunner

from schemas.fields import format_instant
from schemas.routing import person_key, shard_of
from workers.cli import build
from workers.cli.errors import told
from workers.store import engine as engines
from workers.store import installation, tables

SHARDS = 4
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    out: str
    error: str
    code: int


def pstatus(database: str, *words: str) -> Said:
    """One command on this database, its errors told as `python -m workers` tells them."""
    env = {"PSTATUS_DATABASE_URL": database, "PSTATUS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    env |= {"COLUMNS": "110", "NO_COLOR": "1"}
    result = CliRunner().invoke(build(), list(words), env=env)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return Said(result.stdout, result.stderr, result.exit_code)
    line = told(result.exception)
    if line is None:
        raise result.exception
    return Said(result.stdout, line[0], line[1])


Row = tuple[str, str, str, str, str]
"""workspace, study, person, status, stage"""


def write(database: str, rows: Iterable[Row], **more: list[dict[str, Any]]) -> None:
    """Installs the database and writes these participants, then rows of other tables by name."""
    asyncio.run(_write(database, list(rows), more))


def shard(workspace_id: str, person_id: str) -> int:
    """The shard of a person here."""
    return shard_of(person_key(workspace_id, person_id), SHARDS)


def participant(place: int, row: Row) -> dict[str, Any]:
    """A row of `participants`; each later one stands where it is for a minute less."""
    workspace_id, study_id, person_id, status, stage = row
    return {
        "shard": shard(workspace_id, person_id),
        "workspace_id": workspace_id,
        "study_id": study_id,
        "person_id": person_id,
        "status": status,
        "stage": stage,
        "folded": status,
        "sequence": 1,
        "setup_version": 1,
        "since": NINE + timedelta(minutes=place),
    }


def person(workspace_id: str, person_id: str, **said: Any) -> dict[str, Any]:
    """A row of `people`, free to contact unless it says otherwise."""
    return {
        "shard": shard(workspace_id, person_id),
        "workspace_id": workspace_id,
        "person_id": person_id,
        "document": {},
        "policy_version": 0,
        "contact_status": "free_to_contact",
        "contact_until": None,
        "contact_since": None,
        "broken_by": None,
        "properties": None,
    } | said


def setup(workspace_id: str, study_id: str, **said: Any) -> dict[str, Any]:
    """A row of `setups`: an interview study with a screener and an incentive."""
    told = {"type": "interview", "screener": True, "incentive": True, "participation_limit": None}
    names = {"id": "test:1", "workspace_id": workspace_id, "study_id": study_id}
    body = {"kind": "study.configured", "occurred_at": format_instant(NINE), **names, **told}
    return {
        "workspace_id": workspace_id,
        "study_id": study_id,
        "version": 1,
        "signal_id": "test:1",
        "occurred_at": NINE,
        "body": body | said,
    }


def counter(study_id: str, counts: dict[str, int], workspace_id: str = "w1") -> dict[str, Any]:
    """A row of `counters`."""
    names = {"shard": 0, "workspace_id": workspace_id, "study_id": study_id, "counts": counts}
    return names | {"recorded_at": NINE, "occurred_at": NINE, "signal_id": None, "kind": "clock"}


def _counters(rows: list[Row]) -> Iterator[dict[str, Any]]:
    """A row of `counters` for each study: everybody as shown."""
    for workspace_id, study_id in sorted({row[:2] for row in rows}):
        shown = [f"status.{row[3]}" for row in rows if row[:2] == (workspace_id, study_id)]
        yield counter(study_id, {"added": len(shown)} | Counter(shown), workspace_id)


async def _write(database: str, rows: list[Row], more: dict[str, list[dict[str, Any]]]) -> None:
    engine = engines.make(database, connections=1)
    await installation.settle(engine, cluster_id="c", topic_prefix="t.", shards=SHARDS)
    written = {
        "participants": [participant(n, row) for n, row in enumerate(rows)],
        "counters": list(_counters(rows)),
    }
    more = written | more
    async with engine.begin() as connection:
        for name, values in more.items():
            if values:
                await connection.execute(insert(tables.METADATA.tables[name]), values)
    await engine.dispose()
