"""The dead letters' rows: who handled which letter, and when; never the letters themselves."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LOCK = 7_268_470_003  # one command at a time handles letters
Key = tuple[str, int]
"""(letter id, attempt)"""
REPLAYED, PURGED = "replayed", "purged"

ALONE = text(f"select pg_try_advisory_lock({LOCK})")
BEGIN = text(
    """
    insert into letter_actions (what, by, filters) values (:what, :by, cast(:filters as json))
    returning id
    """
)
NOTE = text("update letter_actions set result = cast(:result as json) where id = :id")
END = text(
    """
    update letter_actions set result = cast(:result as json), ended_at = clock_timestamp()
    where id = :id
    """
)
MARKED = text(
    """
    select m.letter_id::text, m.attempt, m.state
    from json_to_recordset(cast(:keys as json)) as x(i uuid, a integer)
    join letter_marks m on m.letter_id = x.i and m.attempt = x.a
    """
)
MARK = text(
    """
    insert into letter_marks (letter_id, attempt, state, action_id)
    select i, a, :state, :action_id from json_to_recordset(cast(:keys as json))
        as x(i uuid, a integer)
    on conflict (letter_id, attempt) do update set state = excluded.state,
        marked_at = excluded.marked_at, action_id = excluded.action_id
    """
)
ACTIONS = text(
    """
    select id, what, by, started_at, ended_at, filters, result
    from letter_actions order by id desc limit :most
    """
)


class Busy(Exception):
    """Another command is replaying, purging or importing letters: wait until it has ended."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that somebody did; without `ended_at` it goes on, or was interrupted."""

    id: int
    what: str
    by: str
    started_at: datetime
    ended_at: datetime | None
    filters: dict[str, Any]
    result: dict[str, Any]


class Deed:
    """One action under way, on a connection that keeps everybody else's away."""

    def __init__(self, engine: AsyncEngine, id_: int) -> None:
        self._engine = engine
        self._id = id_

    async def mark(self, keys: Sequence[Key], state: str, result: Mapping[str, Any]) -> None:
        """Note in one transaction that these letters are handled, and how far we are."""
        async with self._engine.begin() as connection:
            values = {"keys": _json(keys), "state": state, "action_id": self._id}
            await connection.execute(MARK, values)
            await connection.execute(NOTE, {"id": self._id, "result": json.dumps(result)})

    async def end(self, result: Mapping[str, Any]) -> None:
        """Note that it is done."""
        async with self._engine.begin() as connection:
            await connection.execute(END, {"id": self._id, "result": json.dumps(result)})


@asynccontextmanager
async def action(
    engine: AsyncEngine, what: str, by: str, filters: Mapping[str, Any]
) -> AsyncIterator[Deed]:
    """Begins an action, written down before anything is done. Raises Busy beside another one."""
    async with engine.connect() as alone:
        guard = await alone.execution_options(isolation_level="AUTOCOMMIT")
        if not (await guard.execute(ALONE)).scalar_one():
            raise Busy("Another `pstatus dlq` command is handling letters: wait for its end.")
        async with engine.begin() as connection:
            values = {"what": what, "by": by, "filters": json.dumps(filters)}
            id_ = (await connection.execute(BEGIN, values)).scalar_one()
        yield Deed(engine, id_)


async def marked(connection: AsyncConnection, keys: Sequence[Key]) -> dict[Key, str]:
    """Which of these letters are replayed or purged."""
    rows = await connection.execute(MARKED, {"keys": _json(keys)})
    return {(row.letter_id, row.attempt): row.state for row in rows}


async def actions(connection: AsyncConnection, most: int) -> list[Action]:
    """The latest actions, newest first."""
    return [Action(*row) for row in await connection.execute(ACTIONS, {"most": most})]


def _json(keys: Sequence[Key]) -> str:
    return json.dumps([{"i": letter_id, "a": attempt} for letter_id, attempt in keys])
