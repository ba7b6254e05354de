"""Broker, database or another worker go away: ingest pauses, resumes, and skips nothing."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.process import wire
from tests.process.conftest import Start
from tests.process.test_ingest_crashes import ids, setups
from tests.process.test_ingest_signals import SENDGRID, SET, SETUP, body
from workers.local.infrastructure import Local
from workers.settings import Settings

PRODUCT = ("webhooks.product",)


def events(first: int, last: int) -> list[wire.Put]:
    """One raw record an event."""
    return [
        wire.webhook(body([SENDGRID | {"sg_event_id": f"ev{n}"}]), "sendgrid", partition=n % 12)
        for n in range(first, last)
    ]


def wanted(last: int) -> set[str]:
    """The ids of the signals of events 0 to last."""
    return {f"sendgrid:ev{n}:delivered" for n in range(last)}


@pytest.fixture
async def servers(local: Local) -> AsyncIterator[Local]:
    """The session's servers; what a test took away is put back."""
    yield local
    for server in local.servers:
        if not server.is_running:
            await asyncio.to_thread(server.start)


async def test_while_the_broker_is_away_ingest_waits_and_then_goes_on(
    topics: Settings, start: Start, servers: Local
):
    """The broker is killed with records unread and comes back: all of them come out."""
    worker = await start("ingest").ready()
    await wire.put(topics, "webhooks.email", *events(0, 40))
    await asyncio.to_thread(servers.kafka.kill)
    await asyncio.sleep(2)
    assert (await worker.get("/health/live"))[0] == 200
    await asyncio.to_thread(servers.kafka.start)

    await wire.put(topics, "webhooks.email", *events(40, 80))

    signals = await wire.until(topics, "signals", lambda found: ids(found) >= wanted(80))
    assert ids(signals) == wanted(80)


async def test_while_the_database_is_away_nothing_is_committed_past_what_it_must_store(
    topics: Settings, start: Start, servers: Local
):
    """A setup that can't be stored holds back what came behind it, until the database is back."""
    worker = await start("ingest").ready()
    await asyncio.to_thread(servers.postgres.kill)
    group = topics.topic_prefix + "ingest"
    await wire.put(topics, PRODUCT[0], wire.webhook(body(SETUP), "standard", partition=0))
    await worker.said("batch_held")
    for number in range(5):
        told = SET | {"id": f"prod:{number}"}
        await wire.put(topics, PRODUCT[0], wire.webhook(body(told), "standard", partition=0))
    await asyncio.sleep(1)
    assert await wire.committed(topics, group, PRODUCT) == {PRODUCT[0]: 0}
    assert await wire.records_of(topics, "signals") == []
    assert (await worker.get("/health/live"))[0] == 200
    assert await worker.metric("pstatus_consumer_lag_records") >= 1
    assert await worker.metric("pstatus_consumer_lag_seconds") > 0

    await asyncio.to_thread(servers.postgres.start)

    signals = await wire.until(topics, "signals", 5)
    assert [json.loads(one.value)["id"] for one in signals] == [f"prod:{n}" for n in range(5)]
    assert await setups(topics) == [("s1", 1)]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=lambda sign: sign.name)
async def test_a_worker_that_is_told_to_end_ends_cleanly_and_the_next_resumes(
    topics: Settings, start: Start, sign: signal.Signals
):
    """SIGTERM or Ctrl-C in the middle of work: exit code 0 at once; a new worker does the rest."""
    await wire.put(topics, "webhooks.email", *events(0, 600))
    first = start("ingest", PSTATUS_INGEST_BATCH="20")
    await wire.until(topics, "signals", 1)

    os.kill(first.pid, sign)
    async with asyncio.timeout(5):
        assert await first.ended() == 0
    start("ingest")

    signals = await wire.until(topics, "signals", lambda found: ids(found) >= wanted(600))
    assert ids(signals) == wanted(600)


async def test_a_worker_can_be_ended_while_broker_and_database_are_away(
    topics: Settings, start: Start, servers: Local
):
    """Nothing answers and a batch is held: SIGTERM still ends the whole process, exit code 0."""
    worker = await start("all").ready()
    await asyncio.to_thread(servers.postgres.kill)
    await wire.put(topics, PRODUCT[0], wire.webhook(body(SETUP), "standard", partition=0))
    await worker.said("batch_held")
    await asyncio.to_thread(servers.kafka.kill)

    worker.terminate()

    async with asyncio.timeout(10):
        assert await worker.ended() == 0


async def test_of_two_workers_one_is_killed_and_the_other_takes_over(
    topics: Settings, start: Start
):
    """The survivor gets the partitions of the killed one and works off what was left there."""
    first = await start("ingest").ready()
    second = await start("ingest").ready()
    await shared(first, second)
    await wire.put(topics, "webhooks.email", *events(0, 100))

    first.kill()
    await wire.put(topics, "webhooks.email", *events(100, 200))

    signals = await wire.until(topics, "signals", lambda found: ids(found) >= wanted(200))
    assert ids(signals) == wanted(200)


async def shared(*workers) -> None:
    """Waits until each has some of the 60 partitions."""
    async with asyncio.timeout(wire.PATIENCE):
        while True:
            held = [await worker.metric("pstatus_partitions_assigned") for worker in workers]
            if all(held) and sum(held) == 60:
                return
            await asyncio.sleep(0.1)


async def test_a_worker_that_stood_still_does_no_harm_when_it_wakes(topics: Settings, start: Start):
    """Stopped past its session and continued, it writes nothing under another id, and works on."""
    first = await start("ingest").ready()
    await wire.put(topics, "webhooks.email", *events(0, 50))
    await wire.until(topics, "signals", 1)
    first.stop()
    second = start("ingest")
    await wire.put(topics, "webhooks.email", *events(50, 100))
    await wire.until(topics, "signals", lambda found: ids(found) >= wanted(100))

    first.go_on()
    await wire.put(topics, "webhooks.email", *events(100, 150))

    signals = await wire.until(topics, "signals", lambda found: ids(found) >= wanted(150))
    assert ids(signals) == wanted(150)
    assert len({one.value for one in signals}) == 150
    await shared(first, second)
