"""The apply worker: gives every partition that the group assigns a home, and looks after them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from itertools import groupby
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.topics import SIGNALS
from workers.apply.claims import Unfit, claim
from workers.apply.home import Home
from workers.apply.incoming import Record
from workers.apply.relay import Stuck
from workers.apply.tools import Tools
from workers.apply.turn import Lost, Rewound
from workers.ops import clock
from workers.ops.crash import Crash
from workers.ops.metrics import Metrics
from workers.settings import Settings
from workers.store.engine import transient
from workers.store.installation import Installation

FAILURES, WITHIN = 5, 60.0
"""So many homes that died unexpectedly within so many seconds end the process."""
LAST_TURN = 2.5
"""Seconds that homes get at the end to finish what is in hand."""
ADVICE = 1.0
"""Seconds between two notes of our offsets to the group: for lag exporters only."""

log = structlog.get_logger(__name__)


class Apply(ConsumerRebalanceListener):  # type: ignore[misc]
    """One apply worker. Set `on_fatal` before it starts."""

    def __init__(
        self, settings: Settings, engine: AsyncEngine, installation: Installation, metrics: Metrics
    ) -> None:
        self.on_fatal: Callable[[str], None] = lambda why: None
        self._tools = Tools(
            settings=settings,
            engine=engine,
            installation=installation,
            metrics=metrics,
            crash=Crash(settings.crash_after),
            version=version("participant-status"),
        )
        self._homes: dict[int, Home] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._assigning = asyncio.Lock()
        self._assigned: set[int] | None = None
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._subscriber: Any = None
        self._stopping = False

    def register(self, broker: KafkaBroker) -> None:
        """Subscribe to `signals`; before the broker is started."""
        settings = self._tools.settings
        self._subscriber = broker.subscriber(
            self._tools.topic(SIGNALS.name),
            batch=True,
            group_id=settings.apply_group,
            max_records=2000,
            batch_timeout_ms=20,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=1024 * 1024,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            isolation_level="read_committed",
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
            rebalance_timeout_ms=settings.session_timeout_ms,
            partition_assignment_strategy=(StickyPartitionAssignor,),
            listener=self,
            parser=_untouched,
            decoder=_raw_records,
            title="apply",
            description="Signals: folded into people's statuses, whose changes are published.",
        )
        self._subscriber(self._receive)

    async def start(self) -> None:
        """Begin to advise the group of our offsets."""
        self._spawn(self._advise())

    async def stop(self) -> None:
        """Finish what is in hand within three seconds; the rest is done again elsewhere."""
        self._stopping = True
        for home in self._homes.values():
            home.close_soon()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=LAST_TURN)
        await _ended([*self._tasks.values(), *self._others])

    def ready(self) -> list[str]:
        """Why this worker is not ready; empty when it is."""
        if self._assigned is None:
            return ["apply: no partitions assigned yet"]
        closed = sorted(self._assigned - self._homes.keys())
        return [f"apply: shard {shard} has no home yet" for shard in closed]

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """No barrier: homes go on with what they have; the database fences them."""
        for home in self._homes.values():
            home.inbox.attached = False

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Open a home for each partition that is new, close those of partitions that went."""
        shards = {place.partition for place in assigned}
        self._assigned = shards
        self._tools.metrics.count("rebalances_total", worker="apply")
        self._tools.metrics.set("partitions_assigned", len(shards), worker="apply")
        await self._assign(shards)

    async def _assign(self, shards: set[int]) -> None:
        """What escapes here would vanish in the client: so nothing does."""
        async with self._assigning:
            gone = self._homes.keys() - (self._assigned or set())
            await asyncio.gather(*(self._drop(shard) for shard in gone))
            wanted = shards & (self._assigned or set())
            await asyncio.gather(*(self._try_to_attach(shard) for shard in wanted))

    async def _try_to_attach(self, shard: int) -> None:
        try:
            await self._attach(shard)
        except Unfit as unfit:
            self._fatal(str(unfit))
        except Exception as error:
            self._not_attached(shard, error)

    async def _attach(self, shard: int) -> None:
        """The home of a shard, reading from where the database says, and from nowhere else."""
        if self._stopping:
            return
        place = self._place(shard)
        home = self._homes.get(shard)
        if home is None:
            position = await claim(self._tools, self._consumer, place)
            home = Home(self._tools, shard, position, lambda full: self._press(place, full))
            self._homes[shard] = home
            self._tasks[shard] = asyncio.create_task(self._supervise(home))
            log.info("home_opened", shard=shard, epoch=position.epoch)
        if place not in self._consumer.assignment():
            return  # taken away again meanwhile: the next assignment knows better
        self._consumer.seek(place, home.inbox.fed)
        home.inbox.attached = True
        self._press(place, home.inbox.is_full)

    async def _supervise(self, home: Home) -> None:
        try:
            await home.run()
        except Lost:
            log.info("home_lost", shard=home.shard)
            self._forget(home)
            self._spawn(self._reclaim(home.shard, 2 * self._session))
        except Rewound as rewound:
            self._forget(home)
            self._fatal(f"Shard {home.shard}: the database has gone back in time ({rewound}).")
        except Stuck as stuck:
            self._forget(home)
            log.error("relay_stuck", shard=home.shard, exc_info=stuck)
            self._fatal(f"Shard {home.shard}: nothing can be published any more ({stuck}).")
        except Exception as error:
            self._forget(home)
            self._failed(home.shard, error)

    def _not_attached(self, shard: int, error: Exception) -> None:
        """Dependencies that are away are waited for; everything else is a failure."""
        if not transient(error) and not isinstance(error, KafkaError):
            self._failed(shard, error)
            return
        log.warning("claim_waits", shard=shard, error=type(error).__name__)
        self._spawn(self._reclaim(shard, 1.0))

    def _failed(self, shard: int, error: Exception) -> None:
        """A home that died unexpectedly is opened again, but not for ever."""
        log.error("home_failed", shard=shard, exc_info=error)
        self._failures.append(clock.monotonic())
        if len(self._failures) == FAILURES and clock.monotonic() - self._failures[0] < WITHIN:
            self._fatal(f"Homes keep failing, the last one with {type(error).__name__}.")
        else:
            self._spawn(self._reclaim(shard, 1.0))

    async def _reclaim(self, shard: int, seconds: float) -> None:
        """Take a shard again if by then it is still ours to take and has no home."""
        await asyncio.sleep(seconds)
        if not self._stopping and shard not in self._homes:
            await self._assign({shard})

    async def _drop(self, shard: int) -> None:
        home, task = self._homes.pop(shard, None), self._tasks.pop(shard, None)
        if home is None or task is None:
            return  # it has ended by itself meanwhile
        home.close_soon()
        await asyncio.wait([task], timeout=LAST_TURN)
        await _ended([task])
        log.info("home_closed", shard=shard)

    def _forget(self, home: Home) -> None:
        if self._homes.get(home.shard) is home:
            del self._homes[home.shard]
            del self._tasks[home.shard]

    async def _receive(self, records: Sequence[Record]) -> None:
        """FastStream's handler: only distributes, never waits for a home."""
        for shard, own in groupby(records, key=lambda record: record.partition):
            if home := self._homes.get(shard):
                home.inbox.put(list(own))

    def _press(self, place: TopicPartition, full: bool) -> None:
        """A full home pauses its partition; the others go on."""
        consumer = self._consumer
        if consumer is None or place not in consumer.assignment():
            return
        if full:
            consumer.pause(place)
        else:
            consumer.resume(place)

    async def _advise(self) -> None:
        while True:
            await asyncio.sleep(ADVICE)
            with suppress(Exception):
                await self._commit()

    async def _commit(self) -> None:
        held = self._consumer.assignment()
        for shard, home in self._homes.items():
            if (place := self._place(shard)) in held:
                home.note_end(self._consumer.highwater(place) or 0)
        offsets = {
            place: home.position.next_offset
            for shard, home in self._homes.items()
            if (place := self._place(shard)) in held
        }
        if offsets:
            await self._consumer.commit(offsets)

    def _fatal(self, why: str) -> None:
        log.error("apply_ends", why=why)
        self.on_fatal(why)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._others.discard)

    def _place(self, shard: int) -> TopicPartition:
        return TopicPartition(self._tools.topic(SIGNALS.name), shard)

    @property
    def _session(self) -> float:
        return self._tools.settings.session_timeout_ms / 1000

    @property
    def _consumer(self) -> Any:
        return self._subscriber.consumer


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _untouched(records: Any) -> StreamMessage[Any]:
    return StreamMessage(raw_message=records, body=b"")


async def _raw_records(message: StreamMessage[Any]) -> Any:
    return message.raw_message
