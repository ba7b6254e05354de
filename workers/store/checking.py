"""Everything about some people in one snapshot, read to be compared; locks and writes nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.store import statements as sql
from workers.store.shard import Rows

Place = tuple[int, str, str]
"""(shard, workspace_id, person_id)"""

SCOPE = """
    (cast(:workspace_id as text) is null or workspace_id = :workspace_id)
    and (cast(:person_id as text) is null or person_id = :person_id)
"""
NEXT = text(
    f"""
    select shard, workspace_id, person_id, document::text as document, policy_version, broken_by
    from people
    where {SCOPE} and (shard, workspace_id, person_id) > (:shard, :after_workspace, :after_person)
    order by shard, workspace_id, person_id limit :most
    """
)
KEYS = "json_to_recordset(cast(:keys as json)) as x(n integer, h integer, w text, p text)"
HISTORIES = text(
    f"""
    select x.n, s.body::text from {KEYS}
    join signals s on s.shard = x.h and s.workspace_id = x.w and s.person_id = x.p
    where s.kind not in ('email.opened', 'email.clicked')
    """
)
PARTICIPANTS = text(
    f"""
    select x.n, q.study_id, q.status, q.stage, q.folded, q.sequence, q.setup_version from {KEYS}
    join participants q on q.shard = x.h and q.workspace_id = x.w and q.person_id = x.p
    """
)
UNKNOWN = text(
    f"""
    select distinct workspace_id, person_id from signals s
    where {SCOPE} and kind not in ('email.opened', 'email.clicked') and not exists (
        select 1 from people p where p.shard = s.shard and p.workspace_id = s.workspace_id
            and p.person_id = s.person_id)
    """
)
REQUEST = text(
    f"""
    insert into refolds (shard, workspace_id, person_id)
    select shard, workspace_id, person_id from people where {SCOPE}
    on conflict do nothing
    """
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which people: of one workspace, one person, or all."""

    workspace_id: str | None = None
    person_id: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """As statements take it."""
        return {"workspace_id": self.workspace_id, "person_id": self.person_id}


class Snapshot:
    """One moment of the database."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now

    async def next_people(self, scope: Scope, after: Place, most: int) -> Rows:
        """The next rows of `people` in the order of their keys."""
        values = scope.values | {
            "shard": after[0], "after_workspace": after[1], "after_person": after[2], "most": most
        }  # fmt: skip
        return (await self.connection.execute(NEXT, values)).all()

    async def histories(self, places: Sequence[Place]) -> Rows:
        """(index into places, body) of every signal that can move anything."""
        return (await self.connection.execute(HISTORIES, {"keys": _keys(places)})).all()

    async def participants(self, places: Sequence[Place]) -> Rows:
        """(index into places, study_id, status, stage, folded, sequence, setup_version)."""
        return (await self.connection.execute(PARTICIPANTS, {"keys": _keys(places)})).all()

    async def configured(self, wanted: Sequence[tuple[str, str]]) -> Rows:
        """The newest setups of (workspace, study), and policies of (workspace, '')."""
        keys = encode([{"w": w, "s": s} for w, s in wanted]).decode()
        return (await self.connection.execute(sql.CONFIGURED, {"keys": keys})).all()

    async def unknown(self, scope: Scope) -> Rows:
        """People who have a history but no document."""
        return (await self.connection.execute(UNKNOWN, scope.values)).all()


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[Snapshot]:
    """One moment, however long it is looked at."""
    async with engine.connect() as connection:
        frozen = await connection.execution_options(isolation_level="REPEATABLE READ")
        now = (await frozen.execute(text("select pstatus_clock()"))).scalar_one()
        yield Snapshot(frozen, now)


async def request_refold(engine: AsyncEngine, scope: Scope) -> int:
    """Ask the homes to fold these people anew; how many were not asked for before."""
    async with engine.begin() as connection:
        return (await connection.execute(REQUEST, scope.values)).rowcount


def _keys(places: Sequence[Place]) -> str:
    rows = [{"n": n, "h": shard, "w": w, "p": p} for n, (shard, w, p) in enumerate(places)]
    return encode(rows).decode()
