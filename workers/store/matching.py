"""Who an export's ids and keys of addresses are: people of one study; only reads."""

from collections.abc import Sequence

from msgspec.json import encode
from sqlalchemy import text

from workers.store.contacts import Place

IN_STUDY = text(
    """
    select q.person_id from json_to_recordset(cast(:keys as json)) as x(h integer, p text)
    join participants q on q.shard = x.h and q.workspace_id = :w and q.person_id = x.p
        and q.study_id = :study_id
    """
)
WHOSE = text(
    """
    select a.key, a.person_id from unnest(cast(:keys as text[])) as wanted(key)
    join addresses a on a.workspace_id = :w and a.key = wanted.key
    """
)
MOST = 1000


async def in_study(place: Place, study_id: str, people: Sequence[str]) -> set[str]:
    """Those of them who are in the study."""
    found: set[str] = set()
    for first in range(0, len(people), MOST):
        keys = [{"h": place.shard(p), "p": p} for p in people[first : first + MOST]]
        values = {"w": place.workspace_id, "study_id": study_id, "keys": encode(keys).decode()}
        found |= set((await place.connection.execute(IN_STUDY, values)).scalars())
    return found


async def owners(place: Place, keys: Sequence[str]) -> dict[str, set[str]]:
    """key of an address -> everybody who was told to have it."""
    found: dict[str, set[str]] = {}
    for first in range(0, len(keys), MOST):
        values = {"w": place.workspace_id, "keys": list(keys[first : first + MOST])}
        for key, person_id in await place.connection.execute(WHOSE, values):
            found.setdefault(key, set()).add(person_id)
    return found
