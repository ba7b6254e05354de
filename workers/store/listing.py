"""Pages of a workspace's people by contact status, property, study and end; only reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

COLUMNS = "p.person_id, p.contact_status, p.contact_until, p.contact_since"
PROPERTY = "(p.properties @> cast(:as_json as jsonb) or p.properties @> cast(:as_text as jsonb))"
STUDY = """exists (select 1 from participants q where q.shard = p.shard
    and q.workspace_id = p.workspace_id and q.person_id = p.person_id and q.study_id = :study_id)"""
UNTIL = "p.contact_until < :until_before"
PAGE = """
    select listed.* from unnest(cast(:statuses as text[])) as wanted(status)
    cross join lateral (
        select {columns} from people p
        where p.workspace_id = :workspace_id and p.contact_status = wanted.status
            and p.person_id > :after {filters}
        order by p.person_id limit :most
    ) as listed
    order by person_id limit :most
"""
"""A walk along the index for each contact status: a page costs what it shows."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of a page."""

    person_id: str
    contact_status: str
    contact_until: datetime | None
    contact_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Who is wanted; several filters narrow each other."""

    statuses: Sequence[str]
    property: tuple[str, Any, str] | None = None
    """(name, the value as JSON, the value as typed): either fits."""
    study_id: str | None = None
    until_before: datetime | None = None


async def people(
    connection: AsyncConnection, workspace_id: str, filters: Filters, *, after: str, most: int
) -> list[Listed]:
    """The next people by id, behind `after`."""
    values: dict[str, Any] = {
        "workspace_id": workspace_id,
        "statuses": list(filters.statuses),
        "after": after,
        "most": most,
    }
    narrowed = []
    if filters.property:
        name, value, typed = filters.property
        narrowed.append(PROPERTY)
        values["as_json"] = encode({name: value}).decode()
        values["as_text"] = encode({name: typed}).decode()
    if filters.study_id is not None:
        narrowed.append(STUDY)
        values["study_id"] = filters.study_id
    if filters.until_before is not None:
        narrowed.append(UNTIL)
        values["until_before"] = filters.until_before
    extra = "".join(f" and {one}" for one in narrowed)
    page = text(PAGE.format(columns=COLUMNS, filters=extra))
    return [Listed(*row) for row in await connection.execute(page, values)]
