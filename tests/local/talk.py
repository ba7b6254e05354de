"""Talking to a broker and a database as any client would; nothing of workers/ is used."""

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def produce(bootstrap_servers: str, topic: str, value: bytes) -> None:
    """Put one record on partition 0, acknowledged by the broker."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def make_topic(bootstrap_servers: str, topic: str) -> None:
    """A topic with one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def topics(bootstrap_servers: str) -> set[str]:
    """Names of all topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def values(bootstrap_servers: str, topic: str) -> list[bytes | None]:
    """Every value in partition 0, from the first to the newest."""
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        read: list[bytes | None] = []
        while len(read) < end:
            read.append((await consumer.getone()).value)
        return read


async def query(url: str, sql: str) -> list[object]:
    """Run one statement; the first column of what comes back."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=10)
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()
