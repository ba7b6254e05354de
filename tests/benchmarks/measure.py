"""The measurements: how many records per second, what CPU they cost, how long a change takes."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.topics import PARTICIPANT_CHANGES, SIGNALS
from tests.benchmarks import load
from tests.benchmarks.stand import Stand, Usage, usage
from workers.local.infrastructure import Local
from workers.ops import clock
from workers.store import migrate

RUNS = count(1)
QUIET = 8.0
"""Seconds without a new record after which everything has come."""
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run: what went in, what came out, how long it took, what CPU it used."""

    stage: str
    records: int
    changes: int
    seconds: float
    cpu: Usage

    @property
    def per_second(self) -> float:
        """Records per second."""
        return self.records / self.seconds

    def microseconds(self, cpu_seconds: float) -> float:
        """CPU per record, in microseconds."""
        return cpu_seconds / self.records * 1e6


@dataclass(frozen=True, slots=True)
class Latency:
    """From handing a webhook to the broker until its change is readable, in milliseconds."""

    rate: int
    changes: int
    p50: float
    p95: float
    p99: float
    most: float
    cpu: float
    """Share of one core that the worker used."""


async def stand(local: Local, shards: int) -> Stand:
    """Topics and tables that no other run uses."""
    number = next(RUNS)
    made = Stand(
        local=local,
        prefix=f"bench{number}.",
        database=local.postgres.create_database(f"bench{number}"),
        shards=shards,
    )
    migrate.upgrade(made.database)
    await asyncio.to_thread(made.pstatus, "topics", "create")
    return made


async def throughput(
    on: Stand, stage: str, roles: Sequence[str], records: int, *, into: str, log: Path
) -> Throughput:
    """Lets workers of these roles work off what lies there, until nothing more comes `into`."""
    with ExitStack() as processes:
        workers = [processes.enter_context(on.worker(role, log)) for role in roles]
        await _appears(on, into)
        before, started = usage(on.local, workers), clock.monotonic()
        last, ended, cpu = await _settled(on, workers, into, before)
    return Throughput(stage, records, last, ended - started, cpu)


async def _appears(on: Stand, topic: str) -> None:
    begun = clock.monotonic()
    while not await on.ends(topic):
        if clock.monotonic() - begun > PATIENCE:
            raise TimeoutError(f"nothing came into {topic}")
        await asyncio.sleep(0.02)


async def _settled(
    on: Stand, workers: Sequence[psutil.Process], topic: str, before: Usage
) -> tuple[int, float, Usage]:
    """The end of a topic once it has not moved for a while, when it got there, CPU until then."""
    end, at, cpu = 0, clock.monotonic(), before
    while clock.monotonic() - at < QUIET:
        if (now := await on.ends(topic)) != end:
            end, at, cpu = now, clock.monotonic(), usage(on.local, workers)
        await asyncio.sleep(0.1)
    return end, at, cpu.since(before)


async def latency(on: Stand, rate: int, seconds: int, *, role: str, log: Path) -> Latency:
    """A steady rate of raw webhooks; each change knows the signal that caused it."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    with on.worker(role, log) as worker:
        async with _reading(on, seen):
            await _warm(on, seen)
            before, started = _cpu(worker), clock.monotonic()
            await _steadily(on, rate, seconds, sent)
            cpu = (_cpu(worker) - before) / (clock.monotonic() - started)
            await asyncio.sleep(3)
    took = sorted((seen[i] - at) * 1000 for i, at in sent.items() if i in seen)
    return Latency(rate, len(took), *(nth(took, share) for share in (0.5, 0.95, 0.99, 1)), cpu)


def nth(values: Sequence[float], share: float) -> float:
    """The value below which that share of sorted values lies."""
    return values[min(len(values) - 1, int(share * len(values)))]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def _reading(on: Stand, seen: dict[str, float]) -> AsyncIterator[None]:
    """Notes when the change that each signal caused became readable."""
    consumer = AIOKafkaConsumer(
        on.prefix + PARTICIPANT_CHANGES.name,
        bootstrap_servers=on.local.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    task = asyncio.create_task(_note(consumer, seen))
    try:
        yield
    finally:
        task.cancel()
        await consumer.stop()


async def _note(consumer: AIOKafkaConsumer, seen: dict[str, float]) -> None:
    async for record in consumer:
        signal_id = json.loads(record.value)["cause"]["signal_id"]
        seen.setdefault(signal_id, clock.monotonic())


async def _warm(on: Stand, seen: dict[str, float]) -> None:
    """One change has come through: connections are made, code is loaded."""
    step = load.Step("warm", "s1", load.beginning(clock.now()))
    await on.put([load.MAILED[0](step)])
    begun = clock.monotonic()
    while not seen:
        if clock.monotonic() - begun > PATIENCE:
            raise TimeoutError("no change came through")
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)


async def _steadily(on: Stand, rate: int, seconds: int, sent: dict[str, float]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=on.local.bootstrap_servers, linger_ms=0)
    await producer.start()
    raws = load.records(rate * seconds, load.beginning(clock.now()))
    started = clock.monotonic()
    try:
        for number, raw in enumerate(raws):
            ahead = started + number / rate - clock.monotonic()
            if ahead > 0.001:
                await asyncio.sleep(ahead)
            sent[signal_id(raw)] = clock.monotonic()
            await producer.send(
                on.prefix + raw.topic, raw.body, headers=raw.headers, partition=raw.partition
            )
    finally:
        await producer.stop()


def signal_id(raw: load.Raw) -> str:
    """The id of the signal that this webhook becomes."""
    from schemas.webhooks import Webhook
    from workers.ingest.translate import translate

    (told,) = translate(Webhook(raw.provider, load.WORKSPACE, clock.now(), raw.body))
    return str(getattr(told, "id", ""))


SIGNALS_TOPIC, CHANGES_TOPIC = SIGNALS.name, PARTICIPANT_CHANGES.name
