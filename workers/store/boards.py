"""Participants of a study by status, the latest first: a page costs what it shows; only reads."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.vocabulary import Stage, Status, StudyType
from workers.domain.setups import UNCONFIGURED, Setup
from workers.domain.stages import stage
from workers.store.contacts import Place

COLUMNS = "q.person_id, q.study_id, q.status, q.since, q.sequence"
CONTACT = """and (cardinality(cast(:contacts as text[])) = 0 or exists (
    select 1 from people p where p.shard = q.shard and p.workspace_id = q.workspace_id
        and p.person_id = q.person_id and p.contact_status = any(:contacts)))"""
LATEST = text(
    f"""
    select listed.* from unnest(cast(:statuses as text[])) as wanted(status)
    cross join lateral (
        select {COLUMNS} from participants q
        where q.workspace_id = :workspace_id and q.study_id = :study_id
            and q.status = wanted.status {CONTACT}
        order by q.since desc, q.person_id limit :most
    ) as listed
    """
)
"""A walk along the index for each status."""
NEXT = text(
    f"""
    select {COLUMNS}, q.shard, p.contact_status from participants q
    left join people p on p.shard = q.shard and p.workspace_id = q.workspace_id
        and p.person_id = q.person_id
    where q.workspace_id = :workspace_id and q.study_id = :study_id
        and (q.shard, q.person_id) > (:shard, :after) and q.status = any(:statuses)
        and (cardinality(cast(:contacts as text[])) = 0 or p.contact_status = any(:contacts))
    order by q.shard, q.person_id limit :most
    """
)
"""By person, so that who moves meanwhile is listed once."""
PRIOR = text(
    """
    select x.p as person_id, last.prior_status, last.kind
    from json_to_recordset(cast(:keys as json)) as x(h integer, p text)
    cross join lateral (
        select c.body ->> 'prior_status' as prior_status, c.body #>> '{cause,kind}' as kind
        from changes c
        where c.shard = x.h and c.workspace_id = :workspace_id and c.person_id = x.p
            and c.study_id = :study_id and c.kind = 'participant.status_changed'
        order by c.seq desc limit 1
    ) as last
    """
)
SETUPS = text("select study_id, body from setups where workspace_id = :workspace_id")
PAGE = 5000


@dataclass(frozen=True, slots=True)
class Participant:
    """One person in one study, as shown under the newest setup, and since when."""

    person_id: str
    study_id: str
    status: str
    stage: str
    since: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to list: of a study, with these statuses and contact statuses; none: any."""

    workspace_id: str
    study_id: str
    setup: Setup
    statuses: Sequence[str]
    contacts: Sequence[str] = ()

    @property
    def values(self) -> dict[str, Any]:
        """As statements take it."""
        return {
            "workspace_id": self.workspace_id,
            "study_id": self.study_id,
            "contacts": list(self.contacts),
        }

    def seated(self, row: Any) -> Participant:
        """A row with its stage."""
        person_id, study_id, status, since, sequence = row
        seat = str(stage(Status(status), self.setup))
        return Participant(person_id, study_id, status, seat, since, sequence)


def setup_of(body: dict[str, Any] | None) -> Setup:
    """The setup in a row of `setups`."""
    if body is None:
        return UNCONFIGURED
    limit = body.get("participation_limit")
    return Setup(StudyType(body["type"]), body["screener"], body["incentive"], limit)


def statuses_of(setup: Setup, statuses: Sequence[str], stages: Sequence[str]) -> list[str]:
    """The statuses that are among both; without names every one."""
    return [
        str(one)
        for one in Status
        if (not statuses or one in statuses) and (not stages or stage(one, setup) in stages)
    ]


async def latest(connection: AsyncConnection, wanted: Wanted, most: int) -> list[Participant]:
    """At most so many a stage, by stage, the latest first."""
    values = wanted.values | {"statuses": list(wanted.statuses), "most": most}
    rows = [wanted.seated(row) for row in await connection.execute(LATEST, values)]
    rows.sort(key=lambda one: (-one.since.timestamp(), one.person_id))
    listed: dict[str, list[Participant]] = {str(column): [] for column in Stage}
    for row in rows:
        if len(listed[row.stage]) < most:
            listed[row.stage].append(row)
    return [row for column in listed.values() for row in column]


async def everybody(
    connection: AsyncConnection, wanted: Wanted
) -> AsyncIterator[tuple[Participant, str | None]]:
    """All of them with their contact status, page by page: never more than one in memory."""
    shard, after = -1, ""
    while True:
        values = wanted.values | {"statuses": list(wanted.statuses), "most": PAGE}
        place = {"shard": shard, "after": after}
        rows = (await connection.execute(NEXT, values | place)).all()
        for row in rows:
            yield wanted.seated(row[:5]), row.contact_status
        if len(rows) < PAGE:
            return
        shard, after = rows[-1].shard, rows[-1].person_id


async def prior(
    connection: AsyncConnection, wanted: Wanted, people: Sequence[str]
) -> dict[str, tuple[str | None, str]]:
    """person -> (the status before, what kind of signal made the last change)."""
    place = await Place.of(connection, wanted.workspace_id)
    keys = encode([{"h": place.shard(p), "p": p} for p in people]).decode()
    rows = await connection.execute(PRIOR, wanted.values | {"keys": keys})
    return {person_id: (status, kind) for person_id, status, kind in rows}


async def setups(connection: AsyncConnection, workspace_id: str) -> dict[str, dict[str, Any]]:
    """study -> the body of its newest setup."""
    rows = await connection.execute(SETUPS, {"workspace_id": workspace_id})
    return {row.study_id: row.body for row in rows}
