"""What can't be used becomes a dead letter: the record byte for byte, with a class and a reason."""

import json
import os
from uuid import UUID

from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SET, body
from workers.settings import Settings

ODD = (("odd", b"\xff\xfe"), ("odd", None), ("provider", b"second"), ("empty", b""))
"""Headers as Kafka allows them: no UTF-8, null, twice the same name, empty."""


async def letters(settings: Settings, number: int) -> dict[str, object]:
    """The dead letters by class."""
    found = await wire.until(settings, "dead-letters", number)
    assert len(found) == number
    return {dict(record.headers)["pstatus-dlq-class"].decode(): record for record in found}


async def test_what_cant_be_used_is_kept_byte_for_byte(topics: Settings, start: Start):
    """Each class of dead letter carries key, value and every header as they came, then ours."""
    future = SET | {"occurred_at": "2199-01-01T00:00:00Z"}
    given = {
        "poison": wire.webhook(b"\x00\xff no json", "sendgrid", "w1", *ODD, key=b"\xfe\x00"),
        "unknown_provider": wire.webhook(b"{}", "nobody"),
        "from_the_future": wire.webhook(body(future), "standard"),
        "invalid_schema": wire.Put(body(SET), [("provider", b"standard")], b"no workspace"),
    }
    for record in given.values():
        await wire.put(topics, "webhooks.email", record._replace(partition=7))

    worker = start("ingest")
    found = await letters(topics, len(given))

    assert set(found) == set(given)
    for letter, sent in given.items():
        record = found[letter]
        assert (record.key, record.value) == (sent.key, sent.value)
        assert record.headers[: len(sent.headers)] == tuple(sent.headers)
        ours = dict(record.headers[len(sent.headers) :])
        assert ours["__dlq.errors.topic"].decode() == topics.topic_prefix + "webhooks.email"
        assert ours["__dlq.errors.partition"] == b"7"
        assert ours["__dlq.errors.group"].decode() == topics.topic_prefix + "ingest"
        assert ours["pstatus-dlq-element"] == b"0"
        assert ours["pstatus-dlq-attempt"] == b"1"
        assert UUID(ours["pstatus-dlq-id"].decode()).version == 5
        assert 0 < len(ours["__dlq.errors.message"]) <= 1024
    await worker.counts("pstatus_dead_letters_total", len(given))
    assert await wire.records_of(topics, "signals") == []


async def test_of_an_array_only_the_bad_element_dies(topics: Settings, start: Start):
    """The good elements go on as signals; the letter says which element it is about."""
    told = [SENDGRID, {"event": "delivered"}, SENDGRID | {"sg_event_id": "ev2"}]
    await wire.put(topics, "webhooks.email", wire.webhook(body(told), "sendgrid"))

    start("ingest")
    signals = await wire.until(topics, "signals", 2)
    found = await letters(topics, 1)

    assert {dict(one.headers)["origin"][-1:] for one in signals} == {b"0", b"2"}
    (letter,) = found.values()
    assert dict(letter.headers)["pstatus-dlq-element"] == b"1"
    assert json.loads(letter.value) == told


async def test_a_letter_is_never_too_big_to_be_written(topics: Settings, start: Start):
    """A raw record as large as its topic takes, of bytes that nothing compresses, fits whole."""
    large = os.urandom(10 * 1024 * 1024 - 200)
    await wire.put(topics, "webhooks.email", wire.webhook(large, "sendgrid"))
    await wire.put(topics, "webhooks.email", wire.webhook(body([SENDGRID]), "sendgrid"))

    start("ingest")
    await wire.until(topics, "signals", 1)
    found = await letters(topics, 1)

    (letter,) = found.values()
    assert letter.value == large


async def test_a_letter_larger_than_its_topic_takes_is_compressed(topics: Settings, start: Start):
    """A compressed raw record may unpack to more than any topic takes: it is packed again."""
    large = b"no json " * (2 * 1024 * 1024)
    await wire.put(topics, "webhooks.email", wire.webhook(large, "sendgrid")._replace(codec=1))

    start("ingest")
    found = await letters(topics, 1)

    assert found["poison"].value == large


async def test_a_letter_that_no_packing_makes_small_enough_is_cut(topics: Settings, start: Start):
    """If operators gave letters too little room, the beginning is kept and the size is told."""
    await wire.bound(topics, "dead-letters", 1024 * 1024)
    large = os.urandom(3 * 1024 * 1024)
    await wire.put(topics, "webhooks.email", wire.webhook(large, "sendgrid"))
    await wire.put(topics, "webhooks.email", wire.webhook(body([SENDGRID]), "sendgrid"))

    start("ingest")
    await wire.until(topics, "signals", 1)
    found = await letters(topics, 1)

    kept = found["poison"].value
    assert kept == large[: len(kept)]
    assert len(kept) >= 256 * 1024
    assert dict(found["poison"].headers)["pstatus-dlq-cut"] == str(len(large)).encode()


async def test_a_record_of_nothing_is_a_letter_of_nothing(topics: Settings, start: Start):
    """Key and value may both be null: that is poison like any other bytes that are no JSON."""
    await wire.put(topics, "webhooks.survey", wire.webhook(None, "typeform", partition=0))

    start("ingest")
    found = await letters(topics, 1)

    assert (found["poison"].key, found["poison"].value) == (None, None)


async def test_nothing_of_a_payload_is_logged(topics: Settings, start: Start):
    """Whatever goes wrong with a record, its words stay out of the log and of the reasons."""
    told = [SENDGRID | {"event": "secretword", "timestamp": "secretword"}, "secretword", SENDGRID]
    await wire.put(topics, "webhooks.email", wire.webhook(body(told), "sendgrid"))

    worker = start("ingest")
    await wire.until(topics, "signals", 1)

    assert "secretword" not in worker.log
    assert "ada@" not in worker.log
    for letter in await wire.records_of(topics, "dead-letters"):
        ours = dict(letter.headers)
        assert b"secretword" not in ours["__dlq.errors.message"]
