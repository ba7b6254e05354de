"""What nobody explains yet: parked, taken again, ended; a row that ended holds no content."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.store import parked as sql
from workers.store import resolving
from workers.store.shard import Rows


class Place(NamedTuple):
    """Where an element stands: topic, partition, offset, number within the record."""

    topic: str
    partition: int
    offset: int
    element: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """One element to be parked; `body` is its signal's JSON as far as known."""

    place: Place
    workspace_id: str
    provider: str
    kind: str
    wants: str
    person_id: str | None
    person_shard: int | None
    body: str
    received_at: datetime
    waits: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A raw record as it came; `headers` are bytes that only their writer reads."""

    topic: str
    partition: int
    offset: int
    appended_ms: int
    key: bytes | None
    value: bytes | None
    headers: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which waiting elements of a workspace a command means; None is no condition."""

    workspace_id: str
    provider: str | None = None
    kind: str | None = None
    wants: str | None = None
    origins: list[str] | None = None
    """`topic/partition/offset/element`"""

    @property
    def values(self) -> dict[str, Any]:
        """As statements take it."""
        return {name: getattr(self, name) for name in self.__slots__}


async def park(
    connection: AsyncConnection, parked: Sequence[Parked], records: Iterable[KeptRecord]
) -> None:
    """Known ones stay as they are; what is about somebody erased is dropped at once."""
    if not parked:
        return
    rows = ",".join(_parked(one) for one in parked)
    found = (await connection.execute(sql.PARK, {"rows": f"[{rows}]"})).all()
    fresh = {Place(*row[:4]) for row in found if row.is_waiting}
    waits = [wait for one in parked if one.place in fresh for wait in _waits(one)]
    if waits:
        await connection.execute(sql.WAIT, {"rows": encode(waits).decode()})
    of_fresh = {place[:3] for place in fresh}
    kept = [one for one in records if (one.topic, one.partition, one.offset) in of_fresh]
    for portion in _portions(kept):
        await connection.execute(sql.KEEP_RECORDS, _columns(portion))


async def take(connection: AsyncConnection, most: int) -> Rows:
    """The next elements to try again, locked; those that another worker has are passed over."""
    return (await connection.execute(sql.TAKE, {"most": most})).all()


async def overdue(connection: AsyncConnection, most: int) -> Rows:
    """The next elements that waited too long, locked."""
    return (await connection.execute(sql.OVERDUE, {"most": most})).all()


async def records(connection: AsyncConnection, places: Sequence[Place]) -> list[KeptRecord]:
    """The records of these elements, not many more than sql.PORTION_BYTES at once."""
    found = await connection.execute(sql.RECORDS, {"places": _places(places)})
    return [KeptRecord(*row) for row in found]


async def tried(
    connection: AsyncConnection, rows: Iterable[tuple[Place, str, str | None, int | None]]
) -> None:
    """They wait on: what lacks, the person as far as known, and that person's shard."""
    told = [
        dict(zip("tpoeaih", (*place, wants, person, shard), strict=True))
        for place, wants, person, shard in rows
    ]
    if told:
        await connection.execute(sql.TRIED, {"rows": encode(told).decode()})


async def set_aside(connection: AsyncConnection, place: Place) -> None:
    """It waits on for other news; what was told about it so far is no reason to try it again."""
    await connection.execute(sql.SET_ASIDE, {"places": _places([place])})


async def end(
    connection: AsyncConnection, places: Sequence[Place], ended: str, by: str | None = None
) -> int:
    """They wait no longer and hold no content any more; how many that was true of."""
    if not places:
        return 0
    where = {"places": _places(places)}
    done = await connection.execute(sql.END, {"ended": ended, "ended_by": by, **where})
    await connection.execute(sql.UNWAIT, where)
    await connection.execute(sql.UNKEEP, where)
    return done.rowcount


async def tidy(connection: AsyncConnection) -> None:
    """What ended long ago goes; so does what belongs to nothing any more."""
    for statement in sql.TIDY:
        await connection.execute(statement)


async def drop_erased(connection: AsyncConnection) -> int:
    """Ends what an ingest that did not see the erasure yet parked for somebody erased."""
    places = [Place(*row) for row in await connection.execute(sql.ERASED)]
    if places:
        await connection.execute(sql.UNKEEP_ALL, {"places": _places(places)})
    return await end(connection, places, "dropped")


async def tally(connection: AsyncConnection) -> list[tuple[str, str, int]]:
    """(topic, end, number) of what ended since this was last asked, whoever ended it."""
    return [(topic, ended, number) for topic, ended, number in await connection.execute(sql.TALLY)]


async def waiting(connection: AsyncConnection) -> tuple[int, float]:
    """How many wait, and the age of the oldest in seconds."""
    number, age = (await connection.execute(sql.WAITING)).one()
    return number, float(age)


async def workspaces(connection: AsyncConnection) -> list[str]:
    """Those of whom anything is or was parked."""
    return list((await connection.execute(sql.WORKSPACES)).scalars())


async def listed(connection: AsyncConnection, chosen: Chosen, most: int) -> Rows:
    """(origin, provider, kind, wants, person_id, parked_at, tried_at, number), oldest first."""
    return (await connection.execute(sql.LIST, chosen.values | {"most": most})).all()


async def ends(connection: AsyncConnection, workspace_id: str) -> dict[str, int]:
    """How many elements are waiting, resolved, expired, dropped."""
    found = await connection.execute(sql.ENDS, {"workspace_id": workspace_id})
    return {row[0]: row[1] for row in found}


async def retry(connection: AsyncConnection, chosen: Chosen) -> int:
    """Have them tried by the next sweep, whatever was taught; how many."""
    asked = await connection.execute(sql.RETRY, chosen.values)
    await connection.execute(text(resolving.NOTIFY))
    return asked.rowcount


async def drop(connection: AsyncConnection, chosen: Chosen, by: str) -> int:
    """End them without a signal or a letter; how many."""
    found = await connection.execute(sql.CHOOSE, chosen.values)
    return await end(connection, [Place(*row) for row in found], "dropped", by)


def _parked(one: Parked) -> str:
    known = {
        **dict(zip("tpoe", one.place, strict=True)),
        "w": one.workspace_id,
        "v": one.provider,
        "k": one.kind,
        "a": one.wants,
        "i": one.person_id,
        "h": one.person_shard,
        "r": one.received_at.isoformat(),
    }
    return f'{encode(known).decode()[:-1]},"b":{one.body}}}'


def _waits(one: Parked) -> Iterator[dict[str, Any]]:
    place = dict(zip("tpoe", one.place, strict=True))
    return (place | {"w": one.workspace_id, "k": kind, "i": id_} for kind, id_ in one.waits)


def _places(places: Sequence[Place]) -> str:
    return encode([dict(zip("tpoe", place, strict=True)) for place in places]).decode()


def _portions(kept: Iterable[KeptRecord]) -> Iterator[list[KeptRecord]]:
    portion: list[KeptRecord] = []
    weight = 0
    for one in kept:
        if portion and weight > sql.PORTION_BYTES:
            yield portion
            portion, weight = [], 0
        portion.append(one)
        weight += len(one.value or b"") + len(one.key or b"") + len(one.headers)
    if portion:
        yield portion


def _columns(kept: Sequence[KeptRecord]) -> dict[str, list[Any]]:
    return {
        "topics": [one.topic for one in kept],
        "partitions": [one.partition for one in kept],
        "offsets": [one.offset for one in kept],
        "appended": [one.appended_ms for one in kept],
        "keys": [one.key for one in kept],
        "values": [one.value for one in kept],
        "headers": [one.headers for one in kept],
    }
