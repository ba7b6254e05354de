"""A consumer that dies in silence is noticed, in each of the ways in which it can."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka import KafkaBroker

from workers.wiring import watchdog
from workers.wiring.watchdog import Watchdog

PATIENCE = 60
Doing = Callable[[Any, pytest.MonkeyPatch], Awaitable[None]]


@asynccontextmanager
async def reading(servers: str, topic: str) -> AsyncIterator[tuple[Any, Watchdog]]:
    """A subscriber that has its partition, and who watches it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    broker = KafkaBroker(servers, apply_types=False)
    subscriber: Any = broker.subscriber(topic, group_id=topic, batch=True, batch_timeout_ms=20)

    async def receive(records: Any) -> None:
        """Nothing comes."""

    subscriber(receive)
    async with broker:
        await broker.start()
        await until(lambda: bool(subscriber.consumer.assignment()))
        yield subscriber, Watchdog(broker, lambda why: None)


async def until(condition: Callable[[], bool]) -> None:
    """Waits until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.02)


async def _task_ends(subscriber: Any, patch: pytest.MonkeyPatch) -> None:
    subscriber.tasks[-1].cancel()
    await until(subscriber.tasks[-1].done)


async def _fetching_ends(subscriber: Any, patch: pytest.MonkeyPatch) -> None:
    task = subscriber.consumer._fetcher._fetch_task
    task.cancel()
    await until(task.done)


async def _fails_for_ever(subscriber: Any, patch: pytest.MonkeyPatch) -> None:
    async def fail(*given: Any, **named: Any) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("a bug of the client's")

    patch.setattr(subscriber.consumer, "getmany", fail)
    await until(lambda: len(subscriber.tasks) > 2 * watchdog.MOST_STARTS)


async def _asks_no_more(subscriber: Any, patch: pytest.MonkeyPatch) -> None:
    hanging = asyncio.Event()
    patch.setattr(subscriber.consumer, "getmany", lambda *given, **named: hanging.wait())
    patch.setattr(watchdog, "MOST_IDLE", 0.5)
    await until(lambda: watchdog._idle(subscriber.consumer) > 0.5)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_task_ends, "the consumer's task has ended"),
        (_fetching_ends, "the client's fetching has ended"),
        (_fails_for_ever, "fails again and again"),
        (_asks_no_more, "nothing was asked of Kafka"),
    ],
)
async def test_a_consumer_that_dies_is_noticed(
    bootstrap_servers: str,
    topic_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    happens: Doing,
    said: str,
):
    """Alive nothing is said of it; dead it is named, with what has ended."""
    async with reading(bootstrap_servers, f"{topic_prefix}signals") as (subscriber, watching):
        assert watching.fault(subscriber) is None

        await happens(subscriber, monkeypatch)

        fault = watching.fault(subscriber)
        assert fault is not None
        assert f"{topic_prefix}signals" in fault
        assert said in fault
        monkeypatch.undo()
