"""A shard's relay: from the outbox to Kafka, each row once for who reads committed records.

One producer with a fixed transactional id: starting it ends and fences whoever was it before.
The position travels inside the same Kafka transaction as the changes. On any doubt the producer
is thrown away and the shard taken over from ourselves.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from schemas.topics import LETTER_MAX_BYTES, POSITIONS
from workers.apply import packing
from workers.apply.outbox import Row, from_column
from workers.apply.packing import Out
from workers.apply.published import last_published
from workers.apply.tools import Steps, Tools
from workers.apply.turn import Lost, Rewound
from workers.ops import clock
from workers.store import shard as store
from workers.store.engine import transient
from workers.store.shard import PersonKey

REST = 0.005
"""Seconds between two transactions: markers still being written cost a fixed 20 ms instead."""
MEMORY = 20_000
"""Rows kept for publishing; past it they are read from the database again."""
PATIENCE = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
TRIES = 10
"""Failures in a row without anything published between them: no accident any more."""
APP = "participant-status"

log = structlog.get_logger(__name__)


class Stuck(Exception):
    """The relay fails again and again though Kafka and the database are there."""


class Gap(Exception):
    """A number is missing in the outbox: nothing may be published past it."""


class Relay:
    """`end` is the number after the last row committed, `published` the last one in Kafka."""

    def __init__(self, tools: Tools, shard: int, *, epoch: int, end: int, published: int) -> None:
        self.published = published
        self._tools = tools
        self._shard = shard
        self._epoch = epoch
        self._end = end
        self._memory: deque[Row] = deque()
        self._wake = asyncio.Event()
        self._since: float | None = None
        self.idle = asyncio.Event()
        """Set while everything that we know of is out."""

    @property
    def waiting(self) -> int:
        """Rows committed and not yet published."""
        return self._end - 1 - self.published

    @property
    def age(self) -> float:
        """Seconds for which something has been waiting."""
        return clock.monotonic() - self._since if self._since is not None else 0.0

    def push(self, rows: Sequence[Row]) -> None:
        """Rows that were just committed."""
        if not rows:
            return
        self._memory.extend(rows)
        self._end = rows[-1].seq + 1
        self._since = self._since or clock.monotonic()
        if len(self._memory) > MEMORY:
            self._memory.clear()
        self._stir()

    def reread(self, end: int) -> None:
        """The database knows more than we do."""
        self._memory.clear()
        self._end = end
        self._stir()

    def forget(self, person: PersonKey) -> None:
        """Empty what is held of somebody erased; their erasure itself is still to be published."""
        kept = [row for row in self._memory if row.person != person]
        if len(kept) < len(self._memory):
            self._memory.clear()  # the database has the rows emptied, and the numbers whole

    async def run(self) -> None:
        """Publish for ever. Raises Lost, Rewound or Stuck."""
        pause, tries = FIRST_PAUSE, 0
        while True:
            before = self.published
            try:
                await self._publish()
            except (Lost, Rewound):
                raise
            except Exception as error:
                self._tools.metrics.count("relay_transactions_total", result="failed")
                log.warning("relay_restarts", shard=self._shard, error=type(error).__name__)
                await self._still_ours()
                tries = 1 if self.published > before else tries + (not _is_away(error))
                if tries >= TRIES:
                    raise Stuck(f"{type(error).__name__} at {self.published + 1}") from error
            pause = FIRST_PAUSE if self.published > before else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    def _stir(self) -> None:
        self.idle.clear()
        self._wake.set()

    async def _publish(self) -> None:
        producer = self._producer()
        try:
            await asyncio.wait_for(producer.start(), PATIENCE)
            await asyncio.wait_for(self._find_position(), PATIENCE)
            while True:
                rows = await self._next()
                await self._send(producer, rows)
                self._note(rows)
                await asyncio.sleep(REST)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), 2)

    async def _find_position(self) -> None:
        """Only after the producer has started: before, a predecessor could still commit."""
        noted = await store.position(self._tools.engine, self._shard)
        if noted.epoch != self._epoch:
            raise Lost
        published = max(await last_published(self._tools, self._shard), noted.published)
        if published >= noted.next_seq:
            raise Rewound(
                f"{published} changes are published, the database knows {noted.next_seq - 1}"
            )
        self.published = published
        self._end = max(self._end, noted.next_seq)

    async def _next(self) -> list[Row]:
        while True:
            most = self._tools.settings.relay_batch
            while self._memory and self._memory[0].seq <= self.published:
                self._memory.popleft()
            if self._memory and self._memory[0].seq == self.published + 1:
                return self._take(most)
            if self.waiting > 0:
                return await self._read(most)
            self._since = None
            self.idle.set()
            self._wake.clear()
            await self._wake.wait()

    def _take(self, most: int) -> list[Row]:
        """The next rows in memory; what one turn decided about a person stays together."""
        rows = [self._memory.popleft() for _ in range(min(most, len(self._memory)))]
        while (
            self._memory
            and rows[-1].person_id is not None  # letters that name nobody have nothing in common
            and self._memory[0].occasion == rows[-1].occasion
        ):
            rows.append(self._memory.popleft())
        return rows

    async def _read(self, most: int) -> list[Row]:
        found = await store.outbox(self._tools.engine, self._shard, self.published, most)
        rows = [from_column(column) for column in found]
        if not rows:
            raise Gap(f"{self._end - 1} is not there")
        return rows if len(rows) < most else _without_the_last_occasion(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> None:
        if [row.seq for row in rows] != list(range(self.published + 1, rows[-1].seq + 1)):
            raise Gap(f"between {self.published} and {rows[-1].seq}")
        package = packing.pack(rows, self._tools.installation.database_id, self._shard)
        steps = Steps(self._tools)
        async with producer.transaction():
            steps.done("relay.begin")
            sending = [
                future
                for topic, outs in package.items()
                for future in await self._send_topic(producer, topic, outs)
            ]
            sending.append(await self._send_position(producer, rows[-1].seq))
            await asyncio.gather(*sending)  # a lost batch would be committed without its records
            steps.done("relay.send")
        steps.done("relay.commit")

    async def _send_topic(
        self, producer: AIOKafkaProducer, topic: str, outs: Sequence[Out]
    ) -> list[asyncio.Future[object]]:
        name = self._tools.topic(topic)
        sending = []
        batch = producer.create_batch()
        for key, value, headers in outs:
            record = {"key": key, "value": value, "headers": list(headers), "timestamp": None}
            if batch.append(**record) is None:
                sending.append(await producer.send_batch(batch, name, partition=self._shard))
                batch = producer.create_batch()
                batch.append(**record)
        sending.append(await producer.send_batch(batch, name, partition=self._shard))
        return sending

    async def _send_position(self, producer: AIOKafkaProducer, seq: int) -> asyncio.Future[object]:
        position: asyncio.Future[object] = await producer.send(
            self._tools.topic(POSITIONS.name),
            key=str(self._shard).encode(),
            value=str(seq).encode(),
            partition=self._shard,
        )
        return position

    def _note(self, rows: Sequence[Row]) -> None:
        self.published = rows[-1].seq
        metrics = self._tools.metrics
        metrics.count("relay_transactions_total", result="committed")
        if self._since is not None:
            metrics.observe("publish_latency_seconds", clock.monotonic() - self._since)
            self._since = clock.monotonic() if self.waiting > 0 else None

    async def _still_ours(self) -> None:
        """Being fenced is no proof of a rival: the database knows who is home."""
        try:
            found = await store.position(self._tools.engine, self._shard)
        except Exception as error:
            if not transient(error):
                raise
            return
        if found.epoch != self._epoch:
            raise Lost

    def _producer(self) -> AIOKafkaProducer:
        installation = self._tools.installation
        return AIOKafkaProducer(
            bootstrap_servers=self._tools.settings.bootstrap_servers,
            transactional_id=f"{APP}-{installation.database_id}-{self._shard}",
            acks="all",
            enable_idempotence=True,
            transaction_timeout_ms=10_000,
            request_timeout_ms=10_000,
            linger_ms=0,
            max_batch_size=512 * 1024,
            max_request_size=LETTER_MAX_BYTES + 1024 * 1024,
        )


def _is_away(error: BaseException) -> bool:
    """Kafka or the database is not there, or coming back: that is waited for, however long."""
    if isinstance(error, KafkaTimeoutError):  # who calls that not worth a retry means the batch
        return True
    return transient(error) or (isinstance(error, KafkaError) and error.retriable)


def _without_the_last_occasion(rows: list[Row]) -> list[Row]:
    """Rows as far as the last person's begin who may go on beyond what was read; all if only they.

    The end alone is left off: the same person may have rows before somebody else's in between.
    """
    end = len(rows)
    while end and rows[end - 1].occasion == rows[-1].occasion:
        end -= 1
    return rows[:end] or rows
