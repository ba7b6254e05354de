"""Ingest alone by how people are found: metadata, links, addresses, parked and taught late."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from json import dumps
from pathlib import Path
from typing import Any

import asyncpg

from tests.benchmarks.load import EMAIL, Raw
from tests.benchmarks.measure import PATIENCE, SIGNALS_TOPIC, Throughput
from tests.benchmarks.stand import Stand, usage
from workers.ops import clock

PEOPLE = 5_000
AT = 1_772_442_000
NUMBERS = count(1)
Seen = Callable[[], Awaitable[int]]


async def cases(on: Stand, records: int, *, log: Path) -> list[Throughput]:
    """Each case on what the ones before it have taught; `records` raw records of one event each."""

    async def signals() -> int:
        return await on.ends(SIGNALS_TOPIC)

    async def parked() -> int:
        return await _counted(on, "select count(*) from parked where ended is null")

    async def resolved() -> int:
        return await _counted(on, "select count(*) from parked where ended = 'resolved'")

    numbers, later = range(records), range(records, 2 * records)
    rows = (
        ("metadata, every message new", _sent, numbers, signals),
        ("metadata, nothing new", _opened, numbers, signals),
        ("by link", _bounced, numbers, signals),
        ("by address", _unsubscribed, numbers, signals),
        ("parked", _bounced, later, parked),
        ("taught late, resolved", _sent, later, resolved),
    )
    return [await _case(on, name, list(map(made, ns)), seen, log) for name, made, ns, seen in rows]


async def _case(on: Stand, name: str, raws: list[Raw], seen: Seen, log: Path) -> Throughput:
    """From the first that comes out to the last; the worker's start is not counted."""
    base = await seen()
    await on.put(raws)
    with ExitStack() as processes:
        workers = [processes.enter_context(on.worker("ingest", log))]
        first = await _at_least(seen, base + 1)
        before, started = usage(on.local, workers), clock.monotonic()
        last = await _at_least(seen, base + len(raws))
        cpu, took = usage(on.local, workers).since(before), clock.monotonic() - started
    return Throughput(name, max(1, last - first), last - base, max(took, 1e-9), cpu)


async def _at_least(seen: Seen, wanted: int) -> int:
    begun = clock.monotonic()
    while (found := await seen()) < wanted:
        if clock.monotonic() - begun > PATIENCE:
            raise TimeoutError(f"{found} of {wanted} came")
    return found


async def _counted(on: Stand, query: str) -> int:
    database = await asyncpg.connect(on.database.replace("+asyncpg", ""))
    try:
        return int(await database.fetchval(query))
    finally:
        await database.close()


def _event(word: str, number: int, **told: Any) -> Raw:
    person = f"p{number % PEOPLE}"
    event = {"event": word, "timestamp": AT, "sg_event_id": f"{word}{next(NUMBERS)}", **told}
    return Raw(EMAIL, "sendgrid", person, dumps([event]).encode())


def _metadata(number: int) -> dict[str, str]:
    person = f"p{number % PEOPLE}"
    ours = {"person_id": person, "study_id": "s1", "purpose": "survey"}
    return ours | {"email": f"{person}@example.com"}


def _sent(number: int) -> Raw:
    return _event("processed", number, sg_message_id=f"m{number}", **_metadata(number))


def _opened(number: int) -> Raw:
    """Of a message a person: a worker that has just started learns these once more."""
    return _event("open", number, sg_message_id=f"m{number % PEOPLE}", **_metadata(number))


def _bounced(number: int) -> Raw:
    return _event("bounce", number, type="bounce", sg_message_id=f"m{number}")


def _unsubscribed(number: int) -> Raw:
    return _event("unsubscribe", number, email=f"p{number % PEOPLE}@example.com")


def summary(rows: list[Throughput]) -> Iterator[tuple[str, str, str]]:
    """(case, records/s, records/s per core of the worker)."""
    for row in rows:
        core = row.records / row.cpu.workers if row.cpu.workers else 0.0
        yield row.stage, f"{row.per_second:,.0f}", f"{core:,.0f}"
