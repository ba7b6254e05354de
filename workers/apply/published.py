"""How far a shard's outbox has been published: the newest committed record of `positions`."""

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import POSITIONS
from workers.apply.tools import Tools

REACH = (8, 512, 65_536)
"""How far before the end to look, wider each time: control records occupy offsets."""


async def last_published(tools: Tools, shard: int) -> int:
    """The outbox number that the last committed transaction wrote; 0 before the first.

    Only after InitProducerId: it ends whatever the predecessor had open.
    """
    place = TopicPartition(tools.topic(POSITIONS.name), shard)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=tools.settings.bootstrap_servers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=10_000,
    )
    try:
        await consumer.start()
        consumer.assign([place])
        return await _newest(consumer, place)
    finally:
        await consumer.stop()


async def _newest(consumer: AIOKafkaConsumer, place: TopicPartition) -> int:
    end = (await consumer.end_offsets([place]))[place]
    begin = (await consumer.beginning_offsets([place]))[place]
    for reach in REACH:
        start = max(begin, end - reach)
        found = await _read(consumer, place, start, end)
        if found or start == begin:
            return found
    return await _read(consumer, place, begin, end)


async def _read(consumer: AIOKafkaConsumer, place: TopicPartition, start: int, end: int) -> int:
    newest = 0
    if start >= end:
        return newest
    consumer.seek(place, start)
    while await consumer.position(place) < end:
        for records in (await consumer.getmany(place, timeout_ms=200)).values():
            newest = max([newest, *(int(record.value) for record in records if record.value)])
    return newest
