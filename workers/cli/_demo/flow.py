"""How much of what was sent is still on its way; asks broker and database, and changes nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.topics import RAW, SIGNALS
from workers.settings import Settings
from workers.store import engine as engines

POSITIONS = text(
    "select coalesce(sum(next_offset), 0), coalesce(sum(next_seq - 1 - published), 0) from shards"
)

CLOSING = 3.0
"""Seconds that a client of Kafka gets to close."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Records, signals and changes that are not worked off; `taken`: raw records that are."""

    taken: int
    records: int
    signals: int
    changes: int

    @property
    def total(self) -> int:
        """All that waits anywhere."""
        return self.records + self.signals + self.changes


class Flow:
    """Looks at the raw topics, `signals` and the outbox. An asynchronous context."""

    def __init__(self, settings: Settings) -> None:
        self._group = settings.ingest_group
        self._raw = [settings.topic_prefix + topic.name for topic in RAW]
        self._signals = settings.topic_prefix + SIGNALS.name
        servers = settings.bootstrap_servers
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        self._consumer = AIOKafkaConsumer(*self._raw, self._signals, bootstrap_servers=servers)
        self._engine: AsyncEngine = engines.make(settings.database, connections=1)

    async def __aenter__(self) -> "Flow":
        await self._admin.start()
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await closed(self._consumer.stop)
        await closed(self._admin.close)
        await self._engine.dispose()

    async def behind(self) -> Behind:
        """How it stands now."""
        committed = await self._admin.list_consumer_group_offsets(self._group)
        raw = {place: told.offset for place, told in committed.items() if place.topic in self._raw}
        async with self._engine.connect() as connection:
            heard, waiting = (await connection.execute(POSITIONS)).one()
        ends = await self._consumer.end_offsets(self._places())
        raw_ends = {place: end for place, end in ends.items() if place.topic in self._raw}
        taken = sum(min(offset, raw_ends.get(place, 0)) for place, offset in raw.items())
        told = sum(end for place, end in ends.items() if place.topic == self._signals)
        return Behind(
            taken=taken,
            records=sum(raw_ends.values()) - taken,
            signals=max(0, told - int(heard)),
            changes=int(waiting),
        )

    def _places(self) -> list[TopicPartition]:
        return [
            TopicPartition(topic, partition)
            for topic in (*self._raw, self._signals)
            for partition in self._consumer.partitions_for_topic(topic) or ()
        ]


async def closed(stop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Close a client; while Kafka is gone a producer would wait for ever for what it holds."""
    await asyncio.wait([asyncio.create_task(stop())], timeout=CLOSING)
