"""One shard's rows within one transaction: every method is one statement; decides nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.store import forgetting
from workers.store import statements as sql

AnyRow = Row[*tuple[Any, ...]]
Rows = Sequence[AnyRow]
PersonKey = tuple[str, str]
"""(workspace_id, person_id)"""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a shard has come, and whose it is."""

    epoch: int
    next_offset: int
    next_seq: int
    published: int


@dataclass(frozen=True, slots=True)
class Locked:
    """The shard's row under its lock, the time now, and the newer configurations on their way."""

    position: Position
    now: datetime
    drains: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Todo:
    """What waits beside signals: seconds until time acts (None: never), drains, refolds."""

    due_in: float | None
    drains: bool
    refolds: bool

    @property
    def now(self) -> bool:
        """Whether anything waits already."""
        return self.drains or self.refolds or (self.due_in is not None and self.due_in <= 0)


class ShardRows:
    """The statements of one shard on one connection."""

    def __init__(self, connection: AsyncConnection, shard: int) -> None:
        self._connection = connection
        self.shard = shard

    async def lock(self) -> Locked:
        """Take the shard's row; waits for whoever holds it."""
        row = (await self._run(sql.LOCK)).one()
        drains = tuple((w, s, v) for w, s, v in row.drains or ())
        position = Position(row.epoch, row.next_offset, row.next_seq, row.published)
        return Locked(position, row.now, drains)

    async def sign(self) -> None:
        """A sign of life amid long work."""
        await self._execute(sql.SIGN)

    async def record(self, rows: str, now: datetime) -> tuple[set[int], set[int]]:
        """Insert signals; the offsets of those that are new, and of those of people erased."""
        answer = (await self._run(sql.RECORD, rows=rows, now=now)).all()
        fresh = {offset for offset, is_fresh in answer if is_fresh}
        return fresh, {offset for offset, is_fresh in answer if not is_fresh}

    async def load(self, keys: Sequence[PersonKey]) -> Rows:
        """(index into keys, document, policy_version, broken_by) of whom we know."""
        return (await self._run(sql.LOAD, keys=numbered(keys))).all()

    async def behind(self, keys: Sequence[PersonKey]) -> Rows:
        """(index into keys, study_id) where the setup became newer."""
        return (await self._run(sql.BEHIND, keys=numbered(keys))).all()

    async def configured(self, wanted: Sequence[PersonKey]) -> Rows:
        """The newest setups of (workspace, study), and policies of (workspace, '')."""
        keys = json.dumps([{"w": w, "s": s} for w, s in wanted])
        return (await self._execute(sql.CONFIGURED, keys=keys)).all()

    async def histories(self, keys: Sequence[PersonKey]) -> Rows:
        """(index into keys, log_offset, body) of every signal that can move anything."""
        return (await self._run(sql.HISTORIES, keys=numbered(keys))).all()

    async def save_people(self, rows: str) -> None:
        """Insert or replace documents."""
        await self._run(sql.SAVE_PEOPLE, rows=rows)

    async def save_versions(self, rows: str) -> None:
        """Note the policy with which people were assessed who are as they were."""
        await self._run(sql.SAVE_VERSIONS, rows=rows)

    async def set_aside(self, keys: Sequence[PersonKey], version: str) -> None:
        """Note that this version of the worker can't fold these people."""
        await self._run(sql.SET_ASIDE, keys=numbered(keys), version=version)

    async def save_participants(self, rows: str, now: datetime) -> None:
        """Insert or replace the rows that queries read."""
        await self._run(sql.SAVE_PARTICIPANTS, rows=rows, now=now)

    async def insert_changes(self, rows: str) -> None:
        """Put numbered changes into the outbox."""
        await self._run(sql.INSERT_CHANGES, rows=rows)

    async def advance(self, to: Position, now: datetime) -> bool:
        """Move the shard on; False if it is somebody else's."""
        moved = await self._run(
            sql.ADVANCE,
            next_offset=to.next_offset,
            next_seq=to.next_seq,
            published=to.published,
            epoch=to.epoch,
            now=now,
        )
        return bool(moved.rowcount)

    async def due(self, now: datetime, most: int) -> Rows:
        """(workspace_id, person_id, due_at, document, policy_version, broken_by), oldest first.

        Of whom time has something for.
        """
        return (await self._run(sql.DUE, now=now, most=most)).all()

    async def drain(self) -> AnyRow | None:
        """(workspace_id, study_id, version, cursor) of the first configuration on its way."""
        return (await self._run(sql.DRAIN)).one_or_none()

    async def next_of(self, drain: AnyRow, most: int) -> Rows:
        """(person_id, is_behind, document, policy_version, broken_by) of the next people, by id.

        Of whom a drain passes: who is current, or set aside, is not behind.
        """
        where: dict[str, Any] = {
            "workspace_id": drain.workspace_id,
            "cursor": drain.cursor,
            "version": drain.version,
            "most": most,
        }
        if drain.study_id:
            answer = self._run(sql.NEXT_OF_STUDY, study_id=drain.study_id, **where)
        else:
            answer = self._run(sql.NEXT_OF_WORKSPACE, **where)
        return (await answer).all()

    async def drained(self, drain: AnyRow, cursor: str | None) -> None:
        """Remember how far a drain has come; None: to the end."""
        where = {
            "workspace_id": drain.workspace_id,
            "study_id": drain.study_id,
            "version": drain.version,
        }
        if cursor is None:
            await self._run(sql.DRAINED, **where)
        else:
            await self._run(sql.DRAINED_TO, cursor=cursor, **where)

    async def to_refold(self, version: str, most: int) -> list[PersonKey]:
        """Who was asked for, and whom another version of the worker could not fold."""
        rows = await self._run(sql.TO_REFOLD, version=version, most=most)
        return [(w, p) for w, p in rows]

    async def published_of(self, keys: Sequence[PersonKey]) -> Rows:
        """(index into keys, contact_status, contact_until, sequence, participants).

        What was published of people, without their documents; participants are
        (study_id, status, stage, sequence). The person's sequence is that of the changes kept.
        """
        return (await self._run(sql.PUBLISHED_OF, keys=numbered(keys))).all()

    async def refolded(self, keys: Sequence[PersonKey]) -> None:
        """Their refold is done."""
        await self._run(sql.REFOLDED, keys=numbered(keys))

    async def erase(self, key: PersonKey, erased_at: datetime, signal_id: str) -> bool:
        """Note that somebody is forgotten; False if that was noted before."""
        noted = await self._run(
            sql.ERASE,
            workspace_id=key[0],
            person_id=key[1],
            erased_at=erased_at,
            signal_id=signal_id,
        )
        return bool(noted.rowcount)

    async def studies_of(self, key: PersonKey) -> list[str]:
        """The studies in which the person is a participant."""
        found = await self._run(sql.STUDIES_OF, workspace_id=key[0], person_id=key[1])
        return list(found.scalars())

    async def forget(self, key: PersonKey) -> None:
        """Delete a person's rows, in whatever table, and empty those of `changes`."""
        for statement in forgetting.FORGET:
            await self._run(statement, workspace_id=key[0], person_id=key[1])

    async def outbox(self, after: int, most: int) -> Rows:
        """The next rows to publish."""
        return (await self._run(sql.OUTBOX, after=after, most=most)).all()

    async def _run(self, statement: TextClause, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        return await self._execute(statement, shard=self.shard, **values)

    async def _execute(
        self, statement: TextClause, **values: Any
    ) -> CursorResult[*tuple[Any, ...]]:
        return await self._connection.execute(statement, values)


async def claim(engine: AsyncEngine, shard: int) -> Position:
    """Make us the home: raise the epoch; whoever was it is lost at its next lock.

    A former home that sleeps inside a transaction is ended after 5 s, by Postgres or by us.
    """
    async with engine.begin() as connection:
        await connection.execute(sql.END_SLEEPERS)
    async with engine.begin() as connection:
        await connection.execute(sql.CLAIM_PATIENCE)
        return Position(*(await connection.execute(sql.CLAIM, {"shard": shard})).one())


async def begin_at(engine: AsyncEngine, shard: int, epoch: int, next_offset: int) -> None:
    """Where a shard that was never worked on begins to read."""
    values = {"shard": shard, "epoch": epoch, "next_offset": next_offset}
    async with engine.begin() as connection:
        await connection.execute(sql.BEGIN_AT, values)


async def position(engine: AsyncEngine, shard: int) -> Position:
    """The shard's row, without a lock."""
    async with engine.connect() as connection:
        return Position(*(await connection.execute(sql.POSITION, {"shard": shard})).one())


async def todo(engine: AsyncEngine, shard: int, version: str) -> Todo:
    """What waits beside signals, without a lock."""
    async with engine.connect() as connection:
        row = (await connection.execute(sql.TODO, {"shard": shard, "version": version})).one()
    return Todo(None if row[0] is None else float(row[0]), row[1], row[2])


async def note_published(engine: AsyncEngine, shard: int, epoch: int, published: int) -> None:
    """Note what the relay has published, outside of a batch."""
    values = {"shard": shard, "epoch": epoch, "published": published}
    async with engine.begin() as connection:
        await connection.execute(sql.PUBLISHED, values)


async def outbox(engine: AsyncEngine, shard: int, after: int, most: int) -> Rows:
    """The next rows to publish, on a connection of its own."""
    async with engine.connect() as connection:
        return await ShardRows(connection, shard).outbox(after, most)


def numbered(keys: Sequence[PersonKey]) -> str:
    """People as the JSON parameter that statements join with."""
    return json.dumps([{"n": n, "w": w, "p": p} for n, (w, p) in enumerate(keys)])
