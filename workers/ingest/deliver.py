"""Writes one plan: database, then Kafka, then the offsets. Tries again for ever; skips nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.signals import StudyConfigured
from schemas.vocabulary import DeadLetterClass
from workers.ingest.plan import Plan, Planner, Told
from workers.ingest.produce import Producer
from workers.ingest.records import origin
from workers.ops import clock
from workers.ops.crash import Crash
from workers.ops.logs import named
from workers.ops.metrics import Metrics
from workers.providers.outcomes import Dead
from workers.store import configuration
from workers.store.configuration import Configuration
from workers.store.engine import about_data, transient

STEPS = (
    "ingest.planned",
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
        self._engine = engine
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
        if plan.configurations:
            for told in await refused(self._engine, plan.configurations):
                self._planner.refused(plan, told, REFUSED, clock.now())
            plan.configurations.clear()


async def refused(engine: AsyncEngine, told: Sequence[Told]) -> list[Told]:
    """Stores all; halves what the database refuses for its content until the culprits are found."""
    try:
        await configuration.store(engine, [_row(one) for one in told])
    except DBAPIError as error:
        if transient(error) or not about_data(error):
            raise
        if len(told) == 1:
            log.error("configuration_refused", exc_info=error)
            return list(told)
        half = len(told) // 2
        return [*await refused(engine, told[:half]), *await refused(engine, told[half:])]
    return []


def _row(told: Told) -> Configuration:
    signal = told.configured.signal
    return Configuration(
        workspace_id=signal.workspace_id,
        study_id=signal.study_id if isinstance(signal, StudyConfigured) else "",
        id=signal.id,
        kind=signal.kind,
        occurred_at=signal.occurred_at,
        received_at=told.spot.received_at,
        origin=origin(told.spot.record, told.spot.element),
        body=told.configured.value.decode(),
    )


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
