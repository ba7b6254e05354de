"""Checks of what moves: consumer groups and their lag, shards that stand still; reads only."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from schemas.topics import RAW, SIGNALS
from workers.cli._doctor.findings import Finding, error, listed, note, ok, warning
from workers.cli._doctor.patient import Patient
from workers.ops import clock

if TYPE_CHECKING:
    from workers.store.examining import Shard

LATE = 60.0
"""Seconds behind from which somebody should look."""
LOOKED_AT = 12
"""Partitions of which the oldest unread record is fetched: those with the most unread."""
SECONDS = 3.0
PAUSE = 1.0
"""Between two looks at a shard."""
LOOKS = 3
TRIES = 10


async def groups(patient: Patient) -> list[Finding]:
    """Both consumer groups have members, and how far behind they are."""
    there = await patient.partitions()
    ingest, apply = patient.settings.ingest_group, patient.settings.apply_group
    read = await _patiently(lambda: patient.brokered.list_consumer_group_offsets(ingest))
    committed = {place: told.offset for place, told in read.items()}
    positions = await _positions(patient)
    told = []
    for name, what, begun in ((ingest, RAW, committed), (apply, (SIGNALS,), positions)):
        topics = [named for one in what if (named := patient.name(one.name)) in there]
        unread = await _unread(patient, {t: there[t] for t in topics}, begun)
        told += _of_group(name, await _members(patient, name), unread, await _age(patient, unread))
    return told


async def _positions(patient: Patient) -> dict[Any, int]:
    """Apply's positions are the database's, not the broker's."""
    from aiokafka import TopicPartition

    from workers.store import examining

    rows = await examining.shards(patient.engine)
    return {TopicPartition(patient.name(SIGNALS.name), r.shard): r.next_offset for r in rows}


async def _members(patient: Patient, group: str) -> int:
    answers = await _patiently(lambda: patient.brokered.describe_consumer_groups([group]))
    return len(answers[0].groups[0][5])


async def _patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """The answer about a group: a broker that never had one needs a moment to keep them."""
    from aiokafka.errors import KafkaError

    for _ in range(TRIES):
        try:
            return await ask()
        except KafkaError as failure:
            if not failure.retriable:
                raise
            await asyncio.sleep(PAUSE / 2)
    return await ask()


async def _unread(
    patient: Patient, topics: Mapping[str, int], begun: Mapping[Any, int]
) -> dict[Any, tuple[int, int]]:
    """By partition with unread records: (first unread offset, how many)."""
    from aiokafka import TopicPartition

    places = [TopicPartition(name, n) for name, number in topics.items() for n in range(number)]
    if not places:
        return {}
    async with patient.consumer() as consumer:
        consumer.assign(places)
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
    firsts = {place: max(begun.get(place, -1), begins[place]) for place in places}
    return {p: (firsts[p], ends[p] - firsts[p]) for p in places if ends[p] > firsts[p]}


async def _age(patient: Patient, unread: Mapping[Any, tuple[int, int]]) -> float | None:
    """Seconds since the oldest unread record was written; None if none came in time."""
    most = sorted(unread, key=lambda place: -unread[place][1])[:LOOKED_AT]
    if not most:
        return 0.0
    oldest: dict[Any, int] = {}
    async with patient.consumer() as consumer:
        consumer.assign(most)
        for place in most:
            consumer.seek(place, unread[place][0])
        deadline = clock.monotonic() + SECONDS
        while len(oldest) < len(most) and clock.monotonic() < deadline:
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                oldest.setdefault(place, records[0].timestamp)
                consumer.pause(place)
    if not oldest:
        return None
    written = datetime.fromtimestamp(min(oldest.values()) / 1000, UTC)
    return max(0.0, (clock.now() - written).total_seconds())


def _of_group(
    group: str, members: int, unread: Mapping[Any, tuple[int, int]], age: float | None
) -> list[Finding]:
    number = sum(records for _, records in unread.values())
    behind = f"{number} records behind"
    if number:
        behind += f" (the oldest is {age:.0f} s old)" if age is not None else " (age unknown)"
    if not members:
        said = f"Group {group} has no members, and is {behind}."
        judge = error if number else warning
        return [judge(said, "Start a worker: `pstatus run`.")]
    said = f"Group {group} has {members} members and is {behind}."
    if number and (age is None or age > LATE):
        return [warning(said, "Look at the workers' logs; start more of them if they are busy.")]
    return [ok(said)]


async def shards(patient: Patient) -> list[Finding]:
    """No shard stands still while signals or changes wait: looked at again and again."""
    from workers.store import examining

    rows = {one.shard: one for one in await examining.shards(patient.engine)}
    if not rows:
        return [note("There are no shards yet: no worker has started on this database.")]
    ends = await _ends(patient, rows)
    behind = {n: one for n, one in rows.items() if reads_on(one, ends) or tells_on(one)}
    for _ in range(LOOKS - 1):
        if not behind:
            break
        await asyncio.sleep(PAUSE)
        again = {one.shard: one for one in await examining.shards(patient.engine)}
        behind = {n: one for n, one in behind.items() if again.get(n) == one}
    reading = sorted(n for n, one in behind.items() if reads_on(one, ends))
    telling = sorted(n for n, one in behind.items() if tells_on(one))
    return _stuck(reading, telling) or [ok(f"None of {len(rows)} shards stands still.")]


async def _ends(patient: Patient, shards: Iterable[int]) -> dict[int, int]:
    """The end of `signals` in each shard's partition that exists; none without a broker."""
    from aiokafka import TopicPartition

    if patient.admin is None:
        return {}
    name = patient.name(SIGNALS.name)
    number = (await patient.partitions()).get(name, 0)
    places = [TopicPartition(name, shard) for shard in shards if shard < number]
    if not places:
        return {}
    async with patient.consumer() as consumer:
        consumer.assign(places)
        found = await consumer.end_offsets(places)
        return {place.partition: end for place, end in found.items()}


def reads_on(shard: "Shard", ends: Mapping[int, int]) -> bool:
    """Whether signals wait for it."""
    return shard.next_offset < ends.get(shard.shard, 0)


def tells_on(shard: "Shard") -> bool:
    """Whether changes wait to be published."""
    return shard.published < shard.next_seq - 1


def _stuck(reading: list[int], telling: list[int]) -> list[Finding]:
    told = []
    if reading:
        told.append(error(
            f"Signals wait, and nobody reads them, in shards {listed(reading)}.",
            "Is a worker with role apply running? Its log says what it waits for.",
        ))  # fmt: skip
    if telling:
        told.append(error(
            f"Changes wait to be published in shards {listed(telling)}.",
            "The log of the worker that has the shard says why its relay fails.",
        ))  # fmt: skip
    return told
