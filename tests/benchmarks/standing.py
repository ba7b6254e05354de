"""What time and a policy do to many people at once: how quickly, and what live traffic feels."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.fields import format_instant, parse_instant
from schemas.topics import CONTACT_CHANGES, PARTICIPANT_CHANGES, RAW
from tests.benchmarks import load
from tests.benchmarks.load import WORKSPACE, Raw
from tests.benchmarks.measure import nth, signal_id
from tests.benchmarks.stand import Stand, until
from workers.ops import clock

PRODUCT = RAW[-1].name
TOGETHER = 50
"""Signals in one webhook, as a data sync sends them."""
PATIENCE = 600.0
CALM = 10.0
"""Seconds of live traffic before the policy changes."""
MINUTE = 60
RATES = 600
"""Seconds of live traffic that are prepared."""
POLICY = {
    "id": "bench:policy", "kind": "policy.configured", "timezone": "UTC",
    "rules": [{"id": "r1", "kind": "invitation_cooldown", "days": 1000}],
}  # fmt: skip
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drained:
    """A policy that reached everybody: how fast, and live latencies before and meanwhile."""

    people: int
    seconds: float
    rate: int
    before_p50: float
    before_p99: float
    during_p50: float
    during_p99: float
    during_changes: int

    @property
    def per_second(self) -> float:
        """People per second."""
        return self.people / self.seconds


@dataclass(frozen=True, slots=True)
class Ended:
    """Cooldowns that ended: from each one's moment until its change is readable, in seconds."""

    how: str
    people: int
    p50: float
    p99: float
    most: float
    early: int


@dataclass(slots=True)
class Live:
    """Live traffic: when each signal was sent, and when its change was readable."""

    sent: dict[str, float]
    seen: dict[str, float]

    def between(self, start: float, end: float) -> list[float]:
        """Milliseconds that the changes of what was sent in a span took."""
        sent = [(i, at) for i, at in self.sent.items() if start <= at < end]
        return sorted((self.seen[i] - at) * 1000 for i, at in sent if i in self.seen)


async def policy(on: Stand, people: int, rate: int, *, role: str, log: Path) -> Drained:
    """Everybody was invited; a policy that holds them all is published while webhooks come in."""
    now = load.beginning(clock.now())
    await on.put(_webhooks(_invited(people, now)))
    with on.worker(role, log):
        await _worked_off(on, people)
        async with _traffic(on, rate) as live:
            await asyncio.sleep(CALM)
            changed = clock.monotonic()
            await on.put(_webhooks([POLICY | {"occurred_at": format_instant(now)}]))
            await until(lambda: _is(on, "exists (select 1 from drains)"), PATIENCE)
            started = clock.monotonic()
            await until(lambda: _is(on, "not exists (select 1 from drains)"), PATIENCE)
            ended = clock.monotonic()
            await asyncio.sleep(2)
    calm, busy = live.between(changed - CALM, changed), live.between(changed, ended)
    return Drained(
        people, ended - started, rate, nth(calm, 0.5), nth(calm, 0.99),
        nth(busy, 0.5), nth(busy, 0.99), len(busy),
    )  # fmt: skip


async def cooldowns(on: Stand, people: int, *, role: str, log: Path) -> Ended:
    """Cooldowns set by hand that end in the same second, each with a participant it holds back."""
    now = load.beginning(clock.now())
    end = clock.now().replace(microsecond=0) + timedelta(seconds=20 + people / 1000)
    await on.put(_webhooks(_held(people, now, end)))
    with on.worker(role, log):
        await _worked_off(on, people)
        if clock.now() >= end:
            raise TimeoutError("the cooldowns were over before all were set")
        return _ended("in one second", await _lateness(on, people))


async def steadily(on: Stand, a_second: int, rate: int, *, role: str, log: Path) -> Ended:
    """The same, so many ending each second of a minute, while webhooks come in."""
    now, people = load.beginning(clock.now()), a_second * MINUTE
    first = clock.now().replace(microsecond=0) + timedelta(seconds=25 + people / 1000)
    await on.put(_webhooks(_held(people, now, first, timedelta(seconds=1 / a_second))))
    with on.worker(role, log):
        await _worked_off(on, people)
        async with _traffic(on, rate):
            if clock.now() >= first:
                raise TimeoutError("the first cooldown was over before all were set")
            late = await _lateness(on, people)
    return _ended(f"{a_second} a second, {rate} webhooks/s", late)


def _ended(how: str, late: list[float]) -> Ended:
    late.sort()
    early = sum(seconds < 0 for seconds in late)
    return Ended(how, len(late), nth(late, 0.5), nth(late, 0.99), late[-1], early)


def _invited(people: int, now: datetime) -> list[Json]:
    """An invitation each; every tenth is in another study too, not contacted there."""
    told: list[Json] = []
    for number in range(people):
        person = f"m{number:06d}"
        told.append(_signal("email.sent", person, "s1", now) | {"purpose": "screener"})
        if number % 10 == 0:
            told.append(_signal("participant.added", person, "s2", now))
    return told


def _held(
    people: int, now: datetime, first: datetime, apart: timedelta = timedelta()
) -> list[Json]:
    told: list[Json] = []
    for number in range(people):
        person, end = f"m{number:06d}", first + number * apart
        held = _signal("contact.cooldown_set", person, None, now)
        told.append(_signal("participant.added", person, "s1", now))
        told.append(held | {"by": "u1", "until": format_instant(end)})
    return told


def _signal(kind: str, person: str, study: str | None, now: datetime) -> Json:
    ids = {"id": f"bench:{kind}:{person}", "kind": kind, "occurred_at": format_instant(now)}
    return ids | {"person_id": person} | ({"study_id": study} if study else {})


def _webhooks(signals: Sequence[Json]) -> list[Raw]:
    told = [signal | {"workspace_id": WORKSPACE} for signal in signals]
    pieces = [told[n : n + TOGETHER] for n in range(0, len(told), TOGETHER)]
    return [
        Raw(PRODUCT, "standard", str(number), json.dumps(piece).encode())
        for number, piece in enumerate(pieces)
    ]


async def _is(on: Stand, what: str) -> bool:
    connection = await asyncpg.connect(on.database.replace("+asyncpg", ""))
    try:
        return bool(await connection.fetchval(f"select {what}"))
    finally:
        await connection.close()


async def _worked_off(on: Stand, people: int) -> None:
    """Everybody is known and everything published."""
    known = f"(select count(*) from people) >= {people}"
    published = "not exists (select 1 from shards where published < next_seq - 1)"
    await until(lambda: _is(on, f"{known} and {published}"), PATIENCE)
    await asyncio.sleep(2)


@asynccontextmanager
async def _traffic(on: Stand, rate: int) -> AsyncIterator[Live]:
    """A steady rate of raw webhooks, and who notes when their changes become readable."""
    live = Live({}, {})
    consumer = await _consumer(on, PARTICIPANT_CHANGES.name)
    tasks = [
        asyncio.create_task(_noting(consumer, live.seen)),
        asyncio.create_task(_sending(on, rate, live.sent)),
    ]
    try:
        await asyncio.sleep(3)
        yield live
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await consumer.stop()


async def _consumer(on: Stand, topic: str) -> AIOKafkaConsumer:
    """Reads what is published from now on."""
    consumer = AIOKafkaConsumer(
        on.prefix + topic,
        bootstrap_servers=on.local.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="latest",
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    for place in consumer.assignment():
        await consumer.position(place)
    return consumer


async def _noting(consumer: AIOKafkaConsumer, seen: dict[str, float]) -> None:
    async for record in consumer:
        cause = json.loads(record.value)["cause"]["signal_id"]
        if cause:
            seen.setdefault(cause, clock.monotonic())


async def _sending(on: Stand, rate: int, sent: dict[str, float]) -> None:
    raws = load.records(rate * RATES, load.beginning(clock.now()))
    started = clock.monotonic()
    async with AIOKafkaProducer(bootstrap_servers=on.local.bootstrap_servers) as producer:
        for number, raw in enumerate(raws):
            if (ahead := started + number / rate - clock.monotonic()) > 0.001:
                await asyncio.sleep(ahead)
            sent[signal_id(raw)] = clock.monotonic()
            await producer.send(
                on.prefix + raw.topic, raw.body, headers=raw.headers, partition=raw.partition
            )


async def _lateness(on: Stand, people: int) -> list[float]:
    """Seconds from the moment of each person's end until its change became readable."""
    consumer = await _consumer(on, CONTACT_CHANGES.name)
    late: list[float] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while len(late) < people:
                found = await consumer.getmany(timeout_ms=100)
                at = clock.now()
                changes = [json.loads(one.value) for of in found.values() for one in of]
                moments = [c["occurred_at"] for c in changes if c["status"] == "free_to_contact"]
                late += [(at - parse_instant(moment)).total_seconds() for moment in moments]
    finally:
        await consumer.stop()
    return late
