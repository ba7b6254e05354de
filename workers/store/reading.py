"""What people look up: studies, their participants, one person. Only reads, and only by index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.routing import person_key, shard_of
from workers.domain.progress import Progress, progress
from workers.domain.setups import Setup
from workers.store.boards import Participant, Wanted, latest, setup_of, statuses_of
from workers.store.progress import sums

WORKSPACES = text(
    """
    with recursive w as (
        (select workspace_id from participants order by workspace_id limit 1)
        union all
        select (select min(p.workspace_id) from participants p
                where p.workspace_id > w.workspace_id)
        from w where w.workspace_id is not null
    )
    select workspace_id from w where workspace_id is not null
    union select workspace_id from setups
    union select workspace_id from policies
    order by 1
    """
)
STUDIES = text(
    """
    with recursive s as (
        (select study_id from participants where workspace_id = :workspace_id
         order by study_id limit 1)
        union all
        select (select min(p.study_id) from participants p
                where p.workspace_id = :workspace_id and p.study_id > s.study_id)
        from s where s.study_id is not null
    )
    select study_id from s where study_id is not null
    union select study_id from setups where workspace_id = :workspace_id
    order by 1
    """
)
SETUP = text("select body from setups where workspace_id = :workspace_id and study_id = :study_id")
SHARDS = text("select shards from installation")
CONTACT = text(
    """
    select contact_status, contact_until, contact_since, broken_by is not null as is_broken
    from people
    where shard = :shard and workspace_id = :workspace_id and person_id = :person_id
    """
)
ERASED = text(
    """
    select erased_at from erased
    where shard = :shard and workspace_id = :workspace_id and person_id = :person_id
    """
)
PARTICIPATIONS = text(
    """
    select person_id, study_id, status, stage, since, sequence from participants
    where shard = :shard and workspace_id = :workspace_id and person_id = :person_id
    order by since desc, study_id
    """
)


@dataclass(frozen=True, slots=True)
class Study:
    """A study: its setup's signal (None: never configured), what it counts, and who is in it."""

    study_id: str
    body: dict[str, Any] | None
    setup: Setup
    progress: Progress
    participants: tuple[Participant, ...]
    """Those that were asked for, by stage, the latest first."""

    @property
    def is_known(self) -> bool:
        """Whether anybody has ever told of it."""
        return self.body is not None or bool(self.progress.by_status)


@dataclass(frozen=True, slots=True)
class Person:
    """A person: whether they may be contacted, and where they are in each study."""

    person_id: str
    contact_status: str
    contact_until: datetime | None
    contact_since: datetime | None
    is_broken: bool
    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """A person who was forgotten."""

    person_id: str
    erased_at: datetime


async def workspaces(connection: AsyncConnection) -> list[str]:
    """Every workspace that has a setup, a policy or a participant."""
    return list((await connection.execute(WORKSPACES)).scalars())


async def studies(connection: AsyncConnection, workspace_id: str) -> list[str]:
    """Every study of a workspace that has a setup or a participant."""
    return list((await connection.execute(STUDIES, {"workspace_id": workspace_id})).scalars())


async def study(
    connection: AsyncConnection,
    workspace_id: str,
    study_id: str,
    *,
    statuses: Sequence[str] = (),
    stages: Sequence[str] = (),
    contacts: Sequence[str] = (),
    most: int,
) -> Study:
    """A study with at most so many participants a stage; without names everybody is meant.

    Counted from the counters: a study of a million costs what one of ten does.
    """
    which = {"workspace_id": workspace_id, "study_id": study_id}
    body = (await connection.execute(SETUP, which)).scalar_one_or_none()
    setup = setup_of(body)
    wanted = Wanted(
        workspace_id, study_id, setup, statuses_of(setup, statuses, stages), list(contacts)
    )
    listed = await latest(connection, wanted, most) if most else []
    counts = await sums(connection, [(workspace_id, study_id)])
    return Study(study_id, body, setup, progress(setup, counts.values()), tuple(listed))


async def person(
    connection: AsyncConnection, workspace_id: str, person_id: str
) -> Person | Erased | None:
    """A person; None if nobody has ever told of them."""
    shards = (await connection.execute(SHARDS)).scalar_one_or_none()
    if shards is None:
        return None
    shard = shard_of(person_key(workspace_id, person_id), shards)
    which = {"shard": shard, "workspace_id": workspace_id, "person_id": person_id}
    erased_at = (await connection.execute(ERASED, which)).scalar_one_or_none()
    if erased_at is not None:
        return Erased(person_id, erased_at)
    found = (await connection.execute(CONTACT, which)).mappings().one_or_none()
    if found is None:
        return None
    rows = (await connection.execute(PARTICIPATIONS, which)).all()
    return Person(person_id, **found, participants=tuple(Participant(*row) for row in rows))
