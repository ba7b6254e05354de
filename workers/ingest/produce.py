"""Writes a batch's records and awaits every acknowledgement; on any doubt with a new producer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, TypeVar, cast

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

BATCH_BYTES = 512 * 1024
LARGE_BYTES = 256 * 1024
"""A record from this size on travels alone, so that no request outgrows what brokers take."""
PORTION_BYTES = 16 * 1024 * 1024
"""What is written at once: letters about the elements of one array each carry the whole of it."""
CUT_BYTES = 512 * 1024
"""What is kept of a value that no topic takes even compressed."""
PLAIN, GZIP = 0, 1

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Outgoing(NamedTuple):
    """A record to be written."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    def bytes(self) -> int:
        """About what it weighs."""
        told = sum(len(name) + len(value or b"") for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + told


class Producer:
    """An idempotent producer that is thrown away after any failure: what it sent is unknown then,
    and its sequence numbers with it. Records may be written twice, never lost silently."""

    def __init__(self, servers: list[str], handed: Callable[[], None]) -> None:
        self._servers = servers
        self._handed = handed
        self._client: AIOKafkaProducer | None = None

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Writes all of them; returns when every one is acknowledged, raises if any is not."""
        try:
            for portion in _portions(outgoing):
                if portion[0].bytes() >= LARGE_BYTES:
                    await self._send_large(portion[0])
                else:
                    await self._send(portion)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the connection; waits at most two seconds for it."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.stop(), 2)

    async def _send(self, outgoing: list[Outgoing]) -> None:
        client = await self._connected()
        sends = [self._in_order(client, *packed) for packed in _packed(outgoing)]
        futures = await _all(sends)
        self._handed()
        await _all(future for several in futures for future in several)

    async def _in_order(
        self, client: AIOKafkaProducer, topic: str, partition: int, batches: list[BatchBuilder]
    ) -> list[Awaitable[object]]:
        return [await client.send_batch(batch, topic, partition=partition) for batch in batches]

    async def _send_large(self, one: Outgoing) -> None:
        """A letter may be larger than the record was: as it is, compressed, at last cut short."""
        for form, codec in ((one, PLAIN), (one, GZIP), (_cut(one), PLAIN)):
            try:
                await self._alone(form, codec)
                return
            except MessageSizeTooLargeError:
                log.warning("record_too_large", bytes=one.bytes(), topic=one.topic)
                await self.close()
        raise MessageSizeTooLargeError(one.topic)

    async def _alone(self, one: Outgoing, codec: int) -> None:
        client = await self._connected()
        batch = BatchBuilder(BATCH_BYTES, codec)
        batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers)
        await (await client.send_batch(batch, one.topic, partition=one.partition))

    async def _connected(self) -> AIOKafkaProducer:
        if self._client is None:
            client = AIOKafkaProducer(
                bootstrap_servers=self._servers,
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=10_000,
                linger_ms=0,
                max_batch_size=BATCH_BYTES,
                metadata_max_age_ms=30_000,
            )
            try:
                await asyncio.wait_for(client.start(), 30)
            except BaseException:
                with suppress(Exception):
                    await asyncio.wait_for(client.stop(), 2)
                raise
            self._client = client
        return self._client


async def _all(waited: Iterable[Awaitable[T]]) -> list[T]:
    """Every result; waits for all of them before it raises the first failure."""
    results = await asyncio.gather(*waited, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast(list[T], results)


def _portions(outgoing: Iterable[Outgoing]) -> Iterator[list[Outgoing]]:
    """In their order, as many at once as memory and brokers take; a large one alone."""
    portion: list[Outgoing] = []
    weight = 0
    for one in outgoing:
        bytes_ = one.bytes()
        if portion and (bytes_ >= LARGE_BYTES or weight + bytes_ > PORTION_BYTES):
            yield portion
            portion, weight = [], 0
        portion.append(one)
        weight += PORTION_BYTES if bytes_ >= LARGE_BYTES else bytes_
    if portion:
        yield portion


def _packed(outgoing: Iterable[Outgoing]) -> Iterator[tuple[str, int, list[BatchBuilder]]]:
    """The records as batches of their partition, in their order."""
    places: dict[tuple[str, int], list[BatchBuilder]] = {}
    for one in outgoing:
        batches = places.setdefault((one.topic, one.partition), [])
        if not batches or not _added(batches[-1], one):
            batches.append(BatchBuilder(BATCH_BYTES, PLAIN))
            _added(batches[-1], one)
    for (topic, partition), batches in places.items():
        yield topic, partition, batches


def _added(batch: BatchBuilder, one: Outgoing) -> bool:
    return (
        batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers) is not None
    )


def _cut(one: Outgoing) -> Outgoing:
    said = ("pstatus-dlq-cut", str(len(one.value or b"")).encode())
    return one._replace(value=(one.value or b"")[:CUT_BYTES], headers=[*one.headers, said])
