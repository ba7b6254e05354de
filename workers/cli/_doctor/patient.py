"""What is examined: settings, broker and database, each opened once; changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.topics import TOPICS
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECTIONS = 4
REQUEST_MS = 4_000


class Away(Exception):
    """The broker or the database can't be asked; the check that is named tells why."""


@dataclass(slots=True)
class Patient:
    """The installation under examination. `brokered` and `engine` raise Away without a server."""

    settings: Settings
    admin: Any = None
    database: "AsyncEngine | None" = None
    _names: set[str] = field(default_factory=set)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def brokered(self) -> Any:
        """The broker's admin client."""
        if self.admin is None:
            raise Away("broker")
        return self.admin

    @property
    def engine(self) -> "AsyncEngine":
        """The database's engine."""
        if self.database is None:
            raise Away("database")
        return self.database

    def name(self, topic: str) -> str:
        """A topic's name with the prefix."""
        return self.settings.topic_prefix + topic

    async def partitions(self) -> dict[str, int]:
        """How many partitions each of our topics has that exists, by its name with the prefix."""
        present = set(await self.brokered.list_topics())  # never asks by name: that could make them
        there = [name for one in TOPICS if (name := self.name(one.name)) in present]
        told = await self.brokered.describe_topics(there) if there else []
        return {one["topic"]: len(one["partitions"]) for one in told}

    @asynccontextmanager
    async def consumer(self) -> AsyncIterator[Any]:
        """A consumer without a group: it commits nothing, and nobody is disturbed by it.

        One at a time: what several checks fetch at once would only wait for each other.
        """
        from aiokafka import AIOKafkaConsumer

        from workers.wiring import lenient

        if self.admin is None:
            raise Away("broker")
        lenient.install()
        async with self._reading:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.settings.bootstrap_servers,
                enable_auto_commit=False,
                auto_offset_reset="latest",
                isolation_level="read_committed",
                max_partition_fetch_bytes=256 * 1024,
                fetch_max_wait_ms=100,
                request_timeout_ms=REQUEST_MS,
            )
            try:
                await consumer.start()
                yield consumer
            finally:
                await consumer.stop()


async def admin_of(settings: Settings) -> Any:
    """The broker's admin client, connected. Raises what aiokafka raises."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap_servers, request_timeout_ms=REQUEST_MS
    )
    try:
        await admin.start()
        await admin.list_topics()
    except BaseException:
        await admin.close()
        raise
    return admin


async def engine_of(settings: Settings) -> "AsyncEngine":
    """The database's engine, which has answered once. Raises what SQLAlchemy raises."""
    from workers.store import engine as engines
    from workers.store import examining

    engine = engines.make(settings.database, connections=CONNECTIONS, name="pstatus-doctor")
    try:
        await examining.now(engine)
    except BaseException:
        await engine.dispose()
        raise
    return engine
