"""The setups of studies that redirects name, by our id or by a survey tool's; only reads."""

from collections.abc import Sequence
from json import dumps
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class Asked(NamedTuple):
    """A study as a redirect names it: by its id, or (then that is empty) by a tool's survey id."""

    workspace_id: str
    study_id: str
    survey: str


NEWEST = text(
    """
    with asked as (
        select distinct x.* from json_to_recordset(cast(:rows as json)) as x(
            workspace_id text, study_id text, survey text)
    ), named as (
        select workspace_id, study_id, survey, study_id as meant from asked where study_id <> ''
        union all
        select workspace_id, asked.study_id, survey, links.study_id
        from asked join links using (workspace_id)
        where asked.study_id = '' and links.kind = 'survey' and links.id = survey
          and links.person_id = '' and links.study_id <> ''
    )
    select named.workspace_id, named.study_id, survey, setups.body
    from named join setups on setups.workspace_id = named.workspace_id
                          and setups.study_id = meant
    """
)


async def newest(connection: AsyncConnection, asked: Sequence[Asked]) -> dict[Asked, str]:
    """The newest setup of each, as the JSON of its signal; without those that are not configured.

    A survey's id that two studies name is nobody's.
    """
    rows = dumps([one._asdict() for one in asked])
    found: dict[Asked, list[str]] = {}
    for workspace_id, study_id, survey, body in await connection.execute(NEWEST, {"rows": rows}):
        told = body if isinstance(body, str) else dumps(body)
        found.setdefault(Asked(workspace_id, study_id, survey), []).append(told)
    return {one: bodies[0] for one, bodies in found.items() if len(bodies) == 1}
