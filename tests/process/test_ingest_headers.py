"""Header names are bytes to some clients: none of them stops ingest."""

from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, body
from workers.settings import Settings


class NotText(str):
    """A header's name as clients of other languages may write it."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        """No UTF-8."""
        return b"\xff\xfe"


async def test_a_header_name_that_is_no_text_stops_nobody(topics: Settings, start: Start):
    """The record is a letter, value byte for byte; those around it become signals."""
    good = [
        wire.webhook(body([SENDGRID | {"sg_event_id": f"e{n}"}]), "sendgrid", partition=n % 2)
        for n in range(4)
    ]
    await wire.put(topics, "webhooks.email", *good[:2])
    await put_with_bad_name(topics)
    await wire.put(topics, "webhooks.email", *good[2:])

    start("ingest")

    assert len(await wire.until(topics, "signals", 4)) == 4
    (letter,) = await wire.until(topics, "dead-letters", 1)
    assert letter.value == b"x"
    assert letter.headers[:2] == (("quiet", b"1"), ("\\xff\\xfe", b"v"))


async def put_with_bad_name(topics: Settings) -> None:
    """One batch of one record, as no client of ours would write it."""
    batch = BatchBuilder(16384, 0)
    builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, -1, 16384)
    builder.append(0, None, None, b"x", [("quiet", b"1"), (NotText("name"), b"v")])
    batch._builder, batch._relative_offset = builder, 1
    producer = AIOKafkaProducer(bootstrap_servers=topics.bootstrap_servers)
    await producer.start()
    try:
        name = topics.topic_prefix + "webhooks.email"
        await (await producer.send_batch(batch, name, partition=0))
    finally:
        await producer.stop()
