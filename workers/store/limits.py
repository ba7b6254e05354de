"""The dead letters' limit as it is kept: a row a topic and version, one for each of its senders."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

MAKE = text(
    "insert into letter_limits (topic, version) values (:topic, :version) on conflict do nothing"
)
LOCK = text(
    """
    select records, lost, run, run_of, opened_at is not null as is_open, unlimited
    from letter_limits where topic = :topic and version = :version for update
    """
)
ADD_SENDERS = text(
    """
    insert into letter_senders as old (topic, version, workspace_id, records, lost)
    select :topic, :version, w, r, l
    from json_to_recordset(cast(:rows as json))
        as x(w text, r double precision, l double precision)
    on conflict (topic, version, workspace_id) do update set
        records = old.records + excluded.records, lost = old.lost + excluded.lost
    """
)
SENDERS = text(
    """
    select workspace_id, sum(records) filter (where version = :version) as records,
        sum(lost) filter (where version = :version) as lost
    from letter_senders where topic = :topic group by workspace_id
    """
)
SAVE = text(
    """
    update letter_limits set records = :records, lost = :lost, run = :run, run_of = :run_of,
        opened_at = case when :open then coalesce(opened_at, clock_timestamp()) end
    where topic = :topic and version = :version
    """
)
FADE = text(
    """
    update letter_senders set records = records / 2, lost = lost / 2
    where topic = :topic and version = :version
    """
)
OPEN = text("select topic from letter_limits where version = :version and opened_at is not null")
ALL = text(
    """
    select topic, version, records, lost, run, opened_at, unlimited
    from letter_limits order by topic, version
    """
)
RESUME = text(
    """
    update letter_limits set opened_at = null, records = 0, lost = 0, run = 0, run_of = null,
        unlimited = unlimited or :unlimited
    where opened_at is not null and (cast(:topic as text) is null or topic = :topic)
    returning topic, version
    """
)
FORGET = text(
    "update letter_senders set records = 0, lost = 0 where topic = :topic and version = :version"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one topic and version: of late, and of the records last in a row."""

    records: float = 0.0
    lost: float = 0.0
    run: int = 0
    run_of: str | None = None
    is_open: bool = False
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """One row, to be shown."""

    topic: str
    version: str
    records: float
    lost: float
    run: int
    opened_at: datetime | None
    unlimited: bool


class LimitRows:
    """The rows of one topic and version, locked, in a transaction of the caller's."""

    def __init__(self, connection: AsyncConnection, topic: str, version: str) -> None:
        self._connection = connection
        self._where = {"topic": topic, "version": version}

    async def lock(self) -> Kept:
        """What is kept; workers that count at the same time wait here."""
        await self._connection.execute(MAKE, self._where)
        return Kept(*(await self._connection.execute(LOCK, self._where)).one())

    async def add(self, senders: Mapping[str, tuple[float, float]]) -> None:
        """Count (records, lost) of workspaces."""
        rows = [{"w": w, "r": r, "l": lost} for w, (r, lost) in sorted(senders.items())]
        await self._connection.execute(ADD_SENDERS, self._where | {"rows": json.dumps(rows)})

    async def senders(self) -> dict[str, tuple[float, float]]:
        """(records, lost) of everybody who ever sent on the topic, whatever the version was."""
        rows = await self._connection.execute(SENDERS, self._where)
        return {row.workspace_id: (row.records or 0.0, row.lost or 0.0) for row in rows}

    async def save(self, kept: Kept) -> None:
        """Keep it; a limit that was open stays so."""
        told = {
            "records": kept.records, "lost": kept.lost, "run": kept.run, "run_of": kept.run_of,
            "open": kept.is_open,
        }  # fmt: skip
        await self._connection.execute(SAVE, self._where | told)

    async def fade(self) -> None:
        """What is long ago counts half."""
        await self._connection.execute(FADE, self._where)


async def held(engine: AsyncEngine, version: str) -> frozenset[str]:
    """The topics that this version must leave alone."""
    async with engine.connect() as connection:
        return frozenset((await connection.execute(OPEN, {"version": version})).scalars())


async def limits(connection: AsyncConnection) -> Sequence[Limit]:
    """Everything that is kept."""
    return [Limit(*row) for row in await connection.execute(ALL)]


async def resume(engine: AsyncEngine, topic: str | None, *, unlimited: bool) -> list[str]:
    """Close the limit of a topic, or of all; their names. `unlimited`: that version's for good."""
    async with engine.begin() as connection:
        values = {"topic": topic, "unlimited": unlimited}
        rows = (await connection.execute(RESUME, values)).all()
        for row in rows:
            await connection.execute(FORGET, {"topic": row.topic, "version": row.version})
    return sorted({row.topic for row in rows})
