"""People with their documents and histories, a workspace's configuration; reads, never writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.routing import person_key, shard_of
from workers.store.draining import DRAINING, Draining
from workers.store.shard import Rows

NOW = text("select pstatus_clock()")
SHARDS = text("select shards from installation")
KEYS = "json_to_recordset(cast(:keys as json)) as x(h integer, p text)"
OF_X = "shard = x.h and {0}.workspace_id = :w and {0}.person_id = x.p"
DOCUMENTS = text(
    f"""
    select p.person_id, p.document::text, p.policy_version, p.broken_by is not null as is_broken
    from {KEYS} join people p on p.{OF_X.format("p")}
    """
)
ERASED = text(f"select e.person_id from {KEYS} join erased e on e.{OF_X.format('e')}")
HISTORIES = text(
    f"""
    select s.person_id, s.body::text from {KEYS} join signals s on s.{OF_X.format("s")}
    where s.kind not in ('email.opened', 'email.clicked')
    """
)
TOLD = text(
    """
    select body::text as body, received_at, recorded_at, log_offset from signals
    where shard = :h and workspace_id = :w and person_id = :p
    order by log_offset
    """
)
CHANGES = text(
    """
    select body::text as body from changes
    where shard = :h and workspace_id = :w and person_id = :p and body is not null
    order by seq
    """
)
ARRIVED = text(
    """
    select x.i from json_to_recordset(cast(:keys as json)) as x(h integer, p text, i text)
    where exists (select 1 from signals s
        where s.shard = x.h and s.workspace_id = :w and s.person_id = x.p and s.id = x.i)
    or exists (select 1 from erased e
        where e.shard = x.h and e.workspace_id = :w and e.person_id = x.p)
    """
)
PUBLISHED = text(
    """
    select c.body::text from json_to_recordset(cast(:keys as json)) as x(h integer, p text, i text)
    join changes c on c.shard = x.h and c.workspace_id = :w and c.person_id = x.p
    where c.body #>> '{cause,signal_id}' = x.i
    order by c.shard, c.seq
    """
)
OF_STUDY = text(
    """
    select person_id from participants
    where workspace_id = :w and study_id = :study_id
        and (cardinality(cast(:statuses as text[])) = 0 or status = any(:statuses))
    order by person_id
    """
)
CONFIGURED = text(
    """
    select body::text from setups where workspace_id = :w
    union all select body::text from policies where workspace_id = :w
    """
)
POLICY = text("select version, signal_id, occurred_at, body from policies where workspace_id = :w")
COUNT = text("select count(*) from people where workspace_id = :w")
NEXT = text(
    """
    select person_id, document::text as document, broken_by is not null as is_broken
    from people where shard = :h and workspace_id = :w and person_id > :after
    order by person_id limit :most
    """
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The newest policy of a workspace: its version, and the signal that told it."""

    version: int
    signal_id: str
    occurred_at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """One workspace on one connection."""

    connection: AsyncConnection
    workspace_id: str
    shards: int

    @classmethod
    async def of(cls, connection: AsyncConnection, workspace_id: str) -> "Place":
        """The workspace's place; without an installation nobody is found in it."""
        shards = (await connection.execute(SHARDS)).scalar_one_or_none()
        return cls(connection, workspace_id, shards or 1)

    async def now(self) -> datetime:
        """The database's clock, which decides."""
        return (await self.connection.execute(NOW)).scalar_one()  # type: ignore[no-any-return]

    async def documents(self, people: Sequence[str]) -> Rows:
        """(person_id, document, policy_version, is_broken) of those who are known."""
        return await self._rows(DOCUMENTS, keys=self._keys(people))

    async def erased(self, people: Sequence[str]) -> set[str]:
        """Those of them who were forgotten."""
        return {person_id for (person_id,) in await self._rows(ERASED, keys=self._keys(people))}

    async def histories(self, people: Sequence[str]) -> Rows:
        """(person_id, body) of every signal that can move anything."""
        return await self._rows(HISTORIES, keys=self._keys(people))

    async def told(self, person_id: str) -> Rows:
        """(body, received_at, recorded_at, log_offset) of all of a person's signals."""
        return await self._rows(TOLD, h=self.shard(person_id), p=person_id)

    async def changes(self, person_id: str) -> list[str]:
        """Every change of a person that is still kept, in the order of publishing."""
        rows = await self._rows(CHANGES, h=self.shard(person_id), p=person_id)
        return [body for (body,) in rows]

    async def arrived(self, ids: Sequence[tuple[str, str]]) -> set[str]:
        """Of (person, signal id): those that are stored, or whose person is forgotten by now."""
        return {one for (one,) in await self._rows(ARRIVED, keys=self._signals(ids))}

    async def published(self, ids: Sequence[tuple[str, str]]) -> list[str]:
        """The changes that were published because of these (person, signal id)."""
        return [body for (body,) in await self._rows(PUBLISHED, keys=self._signals(ids))]

    async def of_study(self, study_id: str, statuses: Sequence[str]) -> list[str]:
        """The people of a study, by status as shown; without statuses: all."""
        found = await self._rows(OF_STUDY, study_id=study_id, statuses=list(statuses))
        return [person_id for (person_id,) in found]

    async def configured(self) -> list[str]:
        """The signals of the newest setups, and of the newest policy."""
        return [body for (body,) in await self._rows(CONFIGURED)]

    async def policy(self) -> Policy | None:
        """The newest policy; None if there never was one."""
        rows = await self._rows(POLICY)
        return Policy(*rows[0]) if rows else None

    async def count(self) -> int:
        """How many people there are."""
        return int((await self._rows(COUNT))[0][0])

    async def next_people(self, shard: int, after: str, most: int) -> Rows:
        """(person_id, document, is_broken) of the next people of one shard, by id."""
        return await self._rows(NEXT, h=shard, after=after, most=most)

    async def draining(self) -> list[Draining]:
        """What is on its way to people, and how many it has not reached yet."""
        values = {"workspace_id": self.workspace_id}
        return [Draining(*row) for row in await self.connection.execute(DRAINING, values)]

    def shard(self, person_id: str) -> int:
        """The shard of a person of this workspace."""
        return shard_of(person_key(self.workspace_id, person_id), self.shards)

    def _keys(self, people: Sequence[str]) -> str:
        return encode([{"h": self.shard(p), "p": p} for p in people]).decode()

    def _signals(self, ids: Sequence[tuple[str, str]]) -> str:
        return encode([{"h": self.shard(p), "p": p, "i": i} for p, i in ids]).decode()

    async def _rows(self, statement: Any, **values: Any) -> Rows:
        named = {"w": self.workspace_id, **values}
        return (await self.connection.execute(statement, named)).all()
