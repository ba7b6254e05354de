"""Topics and records as any client sees them: made, written, read back, without workers."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.topics import TOPICS
from workers.settings import Settings

Headers = Sequence[tuple[str, bytes | None]]
PATIENCE = 60.0


class Put(NamedTuple):
    """A record to be written; `partition` None: any; `codec` 1 is gzip."""

    value: bytes | None
    headers: Headers = ()
    key: bytes | None = None
    partition: int | None = None
    codec: int = 0


def webhook(
    value: bytes | None, provider: str, workspace: str = "w1", *more: tuple[str, bytes | None],
    key: bytes | None = None, partition: int | None = None,
) -> Put:  # fmt: skip
    """A raw record as an integration writes it."""
    headers = [("provider", provider.encode()), ("workspace-id", workspace.encode()), *more]
    return Put(value, headers, key, partition)


async def make_topics(settings: Settings) -> None:
    """Every topic of schemas/topics.py, as `pstatus topics create` makes them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        made = await admin.create_topics(
            [
                NewTopic(
                    settings.topic_prefix + topic.name,
                    topic.partitions(settings.shards),
                    1,
                    topic_configs=topic.config,
                )
                for topic in TOPICS
            ]
        )
        assert all(code == 0 for _, code, *_ in made.topic_errors), made
    finally:
        await admin.close()


async def put(settings: Settings, topic: str, *records: Put) -> None:
    """Writes records, acknowledged by the broker, in their order."""
    name = settings.topic_prefix + topic
    async with AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, acks="all", max_request_size=12 * 1024 * 1024
    ) as producer:
        for record in records:
            batch = BatchBuilder(1024, record.codec)
            batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
            partition = record.partition
            if partition is None:
                partition = hash(record.value) % 12
            await (await producer.send_batch(batch, name, partition=partition))


async def records_of(settings: Settings, topic: str, *, committed: bool = True) -> list[Any]:
    """Every record of a topic, partition by partition, oldest first."""
    name = settings.topic_prefix + topic
    level = "read_committed" if committed else "read_uncommitted"
    async with AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        isolation_level=level,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=16 * 1024 * 1024,
    ) as consumer:
        await consumer._client._wait_on_metadata(name)
        places = [
            TopicPartition(name, partition)
            for partition in sorted(consumer.partitions_for_topic(name) or ())
        ]
        consumer.assign(places)
        return await _until_the_end(consumer, places)


async def _until_the_end(consumer: Any, places: list[TopicPartition]) -> list[Any]:
    await consumer.seek_to_beginning(*places)
    ends = await consumer.end_offsets(places)
    found: list[Any] = []
    for place in places:
        while await consumer.position(place) < ends[place]:
            found += (await consumer.getmany(place, timeout_ms=500)).get(place, [])
    return found


async def until(
    settings: Settings, topic: str, enough: Callable[[list[Any]], bool] | int
) -> list[Any]:
    """The topic's records as soon as there are enough of them; fails when that never comes."""
    wanted = (lambda found: len(found) >= enough) if isinstance(enough, int) else enough
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await records_of(settings, topic)
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def committed(settings: Settings, group: str, topics: Iterable[str]) -> dict[str, int]:
    """The sum of a group's committed offsets of each topic (0 where there is none)."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    names = {settings.topic_prefix + topic: topic for topic in topics}
    sums = dict.fromkeys(topics, 0)
    for place, told in offsets.items():
        if place.topic in names:
            sums[names[place.topic]] += max(0, told.offset)
    return sums


async def add_partitions(settings: Settings, topics: Iterable[str], number: int) -> None:
    """Raises the number of partitions of live topics, as nobody should."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_partitions(
            {settings.topic_prefix + topic: NewPartitions(number) for topic in topics}
        )
    finally:
        await admin.close()


async def bound(settings: Settings, topic: str, bytes_: int) -> None:
    """Sets the largest record that a topic takes."""
    name = ConfigResource(ConfigResourceType.TOPIC, settings.topic_prefix + topic)
    name.configs = {"max.message.bytes": str(bytes_)}
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.alter_configs([name])
    finally:
        await admin.close()
