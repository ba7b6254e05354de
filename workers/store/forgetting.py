"""All that goes of somebody who is forgotten, in whatever table, and how much of it there is.

Everything lies in the person's shard or in the workspace-wide tables, but for two exceptions: the
letters of records that stood in a wrong partition, and the ids of the person's signals in the
progress of their studies. An erasure alone writes there, and only empties.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.store import parked
from workers.store import statements as sql

UNNAME_SIGNALS = text(
    f"""
    update changes c set body = jsonb_set(cast(c.body as jsonb), '{{cause,signal_id}}', 'null')
    where c.kind = 'study.progress_changed' and c.workspace_id = :workspace_id
        and c.study_id in (select study_id from participants where {sql.OF_PERSON})
        and c.body #>> '{{cause,signal_id}}' in (select id from signals where {sql.OF_PERSON})
    """
)
EMPTY_LETTERS = text(
    """
    update changes set workspace_id = null, person_id = null, letter_key = null,
        letter_value = null, letter_headers = null
    where shard in (select shard from shards) and workspace_id = :workspace_id
        and person_id = :person_id and kind = 'dead_letter'
    """
)
FORGET = (UNNAME_SIGNALS, *parked.FORGET, *sql.FORGET, EMPTY_LETTERS)
"""In their order: how the person is known elsewhere is looked up before it is deleted."""

HELD = text(
    f"""
    with {parked.ABOUT_PERSON}
    select
        (select count(*) from signals where {sql.OF_PERSON}) as signals,
        (select count(*) from people where {sql.OF_PERSON}) as documents,
        (select count(*) from participants where {sql.OF_PERSON}) as participants,
        (select count(*) from changes where {sql.OF_PERSON} and body is not null
            and kind <> 'person.erased') as changes,
        (select count(*) from changes where shard in (select shard from shards)
            and workspace_id = :workspace_id and person_id = :person_id
            and kind = 'dead_letter') as letters,
        (select count(*) from links where {parked.OF_PERSON}) as links,
        (select count(*) from addresses where {parked.OF_PERSON}) as addresses,
        (select count(*) from about) as parked
    """
)


async def held(
    connection: AsyncConnection, shard: int, workspace_id: str, person_id: str
) -> Mapping[str, int]:
    """How much there is of a person, by store; `letters` are those of apply alone."""
    whom = {"shard": shard, "workspace_id": workspace_id, "person_id": person_id}
    row: Any = (await connection.execute(HELD, whom)).mappings().one()
    return dict(row)
