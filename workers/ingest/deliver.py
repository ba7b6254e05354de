"""Writes one plan: database, then Kafka, then the offsets. Tries again for ever; skips nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.vocabulary import DeadLetterClass
from workers.ingest.plan import PAUSE_EVERY, Plan, Planner
from workers.ingest.produce import Producer
from workers.ingest.stage import Stage, Work
from workers.ops import clock
from workers.ops.crash import Crash
from workers.ops.logs import named
from workers.ops.metrics import Metrics
from workers.providers.outcomes import Dead
from workers.store.engine import transient

STEPS = (
    "ingest.planned",
    "ingest.taught",
    "ingest.looked_up",
    "ingest.parked",
    "ingest.stored",
    "ingest.handed",
    "ingest.acknowledged",
    "ingest.committed",
)
"""Every step of a delivery, in order; a crash after any of them loses nothing."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
ATTEMPTS_AT_A_BUG = 5
REFUSED = Dead(DeadLetterClass.BUG, "the database does not take it")

log = structlog.get_logger(__name__)


class Delivery:
    """What it takes to write plans; one at a time."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        producer: Producer,
        planner: Planner,
        metrics: Metrics,
        crash: Crash,
        end: Callable[[str], None],
    ) -> None:
        self._stage = Stage(engine, planner.teacher, crash)
        self._producer = producer
        self._planner = planner
        self._metrics = metrics
        self._crash = crash
        self._end = end

    async def deliver(self, plan: Plan, consumer: AIOKafkaConsumer) -> None:
        """Returns when everything is written and committed; raises nothing."""
        self._crash.after("ingest.planned")
        await self.until_done("store", lambda: self._store(plan))
        self._crash.after("ingest.stored")
        letters = self._planner.letters(plan)
        await self.until_done("produce", lambda: self._producer.send(plan.signals + letters))
        self._crash.after("ingest.acknowledged")
        await self.until_done("commit", lambda: commit(consumer, plan.offsets))
        self._crash.after("ingest.committed")

    async def until_done(self, step: str, act: Callable[[], Awaitable[None]]) -> None:
        """Tries again while the world is at fault; five times at a bug, then ends the worker."""
        pause, bugs = FIRST_PAUSE, 0
        started = clock.monotonic()
        while True:
            try:
                await act()
            except Exception as error:
                bugs += not at_fault_is_the_world(error)
                log.warning("batch_held", step=step, cause=named(error), again_in_seconds=pause)
                if bugs >= ATTEMPTS_AT_A_BUG:
                    log.error("batch_impossible", step=step, exc_info=error)
                    self._end(f"ingest can't {step} a batch: {type(error).__name__}")
                    await asyncio.Event().wait()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                took = clock.monotonic() - started
                self._metrics.observe("batch_duration_seconds", took, stage=f"ingest.{step}")
                return

    async def _store(self, plan: Plan) -> None:
        settled = await self._stage.settle(Work(plan.configurations, plan.lessons, plan.asked))
        now = clock.now()
        for refused in settled.refused:
            self._planner.refused(plan, refused, REFUSED, now)
        for number, (asked, answer) in enumerate(settled.answers, 1):
            self._planner.settled(plan, asked, answer, now)
            if number % PAUSE_EVERY == 0:  # heartbeats share this thread
                await asyncio.sleep(0)
        plan.configurations.clear()
        plan.lessons.clear()
        plan.asked.clear()


async def commit(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
    """Commits exactly these offsets of partitions that are still ours.

    Whoever has the others begins where we last committed: records may come twice, none is lost.
    """
    ours = {place: offset for place, offset in offsets.items() if place in consumer.assignment()}
    if not ours:
        return
    with suppress(CommitFailedError, IllegalStateError):
        await consumer.commit(ours)


def at_fault_is_the_world(error: Exception) -> bool:
    """Whether trying again may help: broker or database away, slow, or not letting us yet."""
    return isinstance(error, KafkaError) or transient(error)
