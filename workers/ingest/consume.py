"""The ingest worker: takes raw records from FastStream, plans them, has them delivered in order."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage
from sqlalchemy.exc import DBAPIError

from schemas.topics import RAW
from workers.ingest.deliver import Delivery
from workers.ingest.limit import Limit
from workers.ingest.plan import Plan, Planner
from workers.ingest.queue import Queue
from workers.ingest.records import Record
from workers.ingest.redirects import RedirectStudies
from workers.ingest.unused import Words
from workers.ops import clock
from workers.ops.metrics import Metrics
from workers.settings import Settings

BREATH = 0.02
"""Seconds of planning after which the event loop gets its turn."""
LAST_BATCH = 3.0
"""Seconds that the batch in hand gets at the end."""

log = structlog.get_logger(__name__)


class Ingest:
    """One ingest worker. Never raises out of a batch, never commits past a failure."""

    def __init__(
        self, settings: Settings, *, planner: Planner, delivery: Delivery, metrics: Metrics,
        end: Callable[[str], None],
        redirects: RedirectStudies,
        limit: Limit,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._planner = planner
        self._delivery = delivery
        self._limit = limit
        self._metrics = metrics
        self._words = Words(metrics)
        self._end = end
        self._redirects = redirects
        self._queue = Queue(2 * settings.ingest_batch)
        self._listener = Assignments(self._queue, metrics)
        self._subscriber: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._delivering: asyncio.Task[None] | None = None
        self._done: dict[TopicPartition, tuple[int, int]] = {}

    def register(self, broker: KafkaBroker) -> None:
        """Subscribes to the raw topics; to be called before the broker is started."""
        settings = self._settings
        self._subscriber = broker.subscriber(
            *(settings.topic_prefix + topic.name for topic in RAW),
            batch=True,
            group_id=settings.ingest_group,
            max_records=settings.ingest_batch,
            batch_timeout_ms=10,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=1024 * 1024,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            isolation_level="read_committed",
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            rebalance_timeout_ms=settings.session_timeout_ms,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            listener=self._listener,
            parser=_untouched,
            decoder=_raw_records,
            title="ingest",
            description="Raw webhooks: translated, resolved, passed on as signals.",
        )
        self._subscriber(self._receive)

    async def _receive(self, records: list[Any]) -> None:
        self._queue.consumer = self._subscriber.consumer
        self._queue.put(records)

    def start(self) -> None:
        """Begins to work off what is received."""
        self._tasks = [asyncio.create_task(self._supervised()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Finishes the batch in hand if it takes no longer than three seconds; drops the rest."""
        self._queue.shut()
        if self._delivering is not None:
            await asyncio.wait([self._delivering], timeout=LAST_BATCH)
        for task in (*self._tasks, self._delivering):
            if task is not None and not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def ready(self) -> list[str]:
        """Why this worker is not ready; empty when it is."""
        return [] if self._listener.assigned else ["ingest: no partitions assigned yet"]

    async def _supervised(self) -> None:
        try:
            await self._work()
        except Exception as error:
            log.error("ingest_failed", exc_info=error)
            self._end(f"ingest failed: {type(error).__name__}")

    async def _work(self) -> None:
        """Plans the next batch while the last one is being delivered."""
        await self._delivery.until_done("look at the limit", self._limit.look)
        self._queue.hold(self._limit.held)
        while True:
            records = await self._queue.take(self._settings.ingest_batch)
            plan = await self._plan(records)
            if self._delivering is not None:
                await self._delivering
            if len(kept := self._queue.sifted(records)) < len(records):
                plan = await self._plan(kept)  # the last batch went past the limit
            self._delivering = asyncio.create_task(self._deliver(plan))

    async def _plan(self, records: Sequence[Record]) -> Plan:
        plan = Plan(studies=await self._redirects.of(records))
        now, started = clock.now(), clock.monotonic()
        breath = started
        for record in records:
            for _ in self._planner.add(plan, record, now):
                breath = await _breathed(breath)
            breath = await _breathed(breath)
        took = clock.monotonic() - started
        self._metrics.observe("batch_duration_seconds", took, stage="ingest.plan")
        self._metrics.observe("batch_records", len(records), worker="ingest")
        return plan

    async def _deliver(self, plan: Plan) -> None:
        consumer: AIOKafkaConsumer = self._subscriber.consumer
        for place, offset in plan.offsets.items():  # a first batch that is held is lag already
            self._done.setdefault(place, (offset - 1, plan.newest[place]))
        await self._delivery.until_done("count", lambda: self._limit.count(plan.shares))
        await self._delivery.deliver(plan, consumer)
        self._queue.hold(self._limit.held)
        self._count(plan)
        for place, offset in plan.offsets.items():
            self._done[place] = (offset, plan.newest[place])

    def _count(self, plan: Plan) -> None:
        for topic, records in plan.records.items():
            self._metrics.count("records_consumed_total", records, topic=self._short(topic))
        for (topic, outcome), elements in plan.elements.items():
            self._metrics.count(
                "elements_total", elements, topic=self._short(topic), outcome=outcome
            )
        self._words.report(plan.idle)
        for letter, records in plan.classes.items():
            self._metrics.count("dead_letters_total", records, **{"class": letter})
        for (provider, result), records in plan.seals.items():
            self._metrics.count("signatures_total", records, provider=provider, result=result)
        self._metrics.set(
            "last_progress_timestamp_seconds", clock.now().timestamp(), worker="ingest"
        )

    def _short(self, topic: str) -> str:
        return topic.removeprefix(self._settings.topic_prefix)

    async def _watch(self) -> None:
        """Keeps the lag of each partition in the metrics, and looks which topics are held."""
        while True:
            await asyncio.sleep(1)
            await self._look()
            consumer = self._subscriber.consumer
            for place in consumer.assignment() if consumer else ():
                self._lag(place, consumer.highwater(place) or 0)
            for place in [one for one in self._done if one not in consumer.assignment()]:
                self._forget(place)

    async def _look(self) -> None:
        """Somebody else may have opened or closed a limit; an outage changes nothing."""
        with suppress(DBAPIError, OSError, TimeoutError):
            await self._limit.look()
            self._queue.hold(self._limit.held)

    def _lag(self, place: TopicPartition, end: int) -> None:
        offset, appended = self._done.get(place, (end, 0))
        behind = max(0, end - offset)
        age = clock.now().timestamp() - appended / 1000 if behind else 0.0
        labels = {"topic": self._short(place.topic), "partition": str(place.partition)}
        self._metrics.set("consumer_lag_records", behind, **labels)
        self._metrics.set("consumer_lag_seconds", age, **labels)

    def _forget(self, place: TopicPartition) -> None:
        del self._done[place]
        labels = {"topic": self._short(place.topic), "partition": str(place.partition)}
        self._metrics.forget("consumer_lag_records", **labels)
        self._metrics.forget("consumer_lag_seconds", **labels)


class Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what the group gives us, and keeps a full queue's partitions paused."""

    def __init__(self, queue: Queue, metrics: Metrics) -> None:
        self._queue = queue
        self._metrics = metrics
        self.assigned = False

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing is waited for: what is in hand may be finished, and will be known again."""
        self.assigned = False

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Also called with nothing, when there are more workers than partitions."""
        self.assigned = True
        self._metrics.count("rebalances_total", worker="ingest")
        self._metrics.set("partitions_assigned", len(assigned), worker="ingest")
        self._queue.assigned()


async def _breathed(since: float) -> float:
    """Lets others run if the last time was long ago; heartbeats share this thread."""
    if clock.monotonic() - since < BREATH:
        return since
    await asyncio.sleep(0)
    return clock.monotonic()


async def _untouched(records: Any) -> StreamMessage[Any]:
    return StreamMessage(raw_message=records, body=b"")


async def _raw_records(message: StreamMessage[Any]) -> Any:
    return message.raw_message
