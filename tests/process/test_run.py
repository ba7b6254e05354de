"""`pstatus run`: what it says and does when something is missing, and what it serves."""

import asyncio
import socket
from pathlib import Path

from pydantic import SecretStr

from tests.process import wire
from tests.process.conftest import Start
from tests.process.worker import Worker
from workers.local import ports
from workers.ops.metrics import METRICS
from workers.settings import Settings


async def test_live_before_ready_and_every_metric_has_its_help(topics: Settings, start: Start):
    """Health answers from the start, readiness once partitions are ours; metrics have help."""
    worker = start("ingest")
    await worker.said("serving")
    assert (await worker.get("/health/live"))[0] == 200

    await worker.ready()

    status, body = await worker.get("/metrics")
    assert status == 200
    for metric in METRICS:
        assert f"# HELP pstatus_{metric.name} " in body
    assert (await worker.get("/nothing"))[0] == 404
    assert await worker.metric("pstatus_partitions_assigned") == 60


async def test_without_kafka_it_waits_says_so_and_can_be_ended(settings: Settings, tmp_path: Path):
    """A broker that is away is waited for; the process is live, not ready, and ends when told."""
    away = settings.model_copy(update={"kafka_bootstrap_servers": (f"127.0.0.1:{ports.free()}",)})
    worker = Worker(away, "ingest", tmp_path / "log")
    try:
        await worker.said("waiting for Kafka at 127.0.0.1:")
        assert (await worker.get("/health/live"))[0] == 200
        assert (await worker.get("/health/ready"))[0] == 503

        worker.terminate()
        async with asyncio.timeout(5):
            assert await worker.ended() == 0
    finally:
        worker.kill()


async def test_missing_topics_are_named(settings: Settings, tmp_path: Path):
    """One line names each missing topic and the command that makes them; exit code 1."""
    worker = Worker(settings, "ingest", tmp_path / "log")
    try:
        assert await worker.ended() == 1
        line = worker.log.splitlines()[-1]
        assert f"{settings.topic_prefix}webhooks.email" in line
        assert "pstatus topics create" in line
        assert "Traceback" not in worker.log
    finally:
        worker.kill()


async def test_a_database_without_our_tables_is_refused(
    topics: Settings, empty_database: str, tmp_path: Path
):
    """One line names the command that brings the schema; exit code 1."""
    bare = topics.model_copy(update={"database_url": SecretStr(empty_database)})
    worker = Worker(bare, "ingest", tmp_path / "log")
    try:
        assert await worker.ended() == 1
        assert "pstatus db migrate" in worker.log.splitlines()[-1]
        assert "Traceback" not in worker.log
    finally:
        worker.kill()


async def test_a_setting_that_is_not_what_the_topics_have_is_refused(
    topics: Settings, start: Start
):
    """Topics were made with four shards; who believes that twelve are at work is told."""
    worker = start("apply", PSTATUS_SHARDS="12")

    assert await worker.ended() == 1
    line = worker.log.splitlines()[-1]
    assert "PSTATUS_SHARDS is 12" in line
    assert "4 partitions" in line


async def test_another_number_of_shards_is_refused(topics: Settings, start: Start):
    """Once installed, a `signals` topic with more partitions would move people: refused."""
    first = await start("ingest").ready()
    first.terminate()
    assert await first.ended() == 0
    await wire.add_partitions(topics, ("signals", "dead-letters"), 6)

    second = start("ingest")

    assert await second.ended() == 1
    line = second.log.splitlines()[-1]
    assert "6 partitions" in line
    assert "4 shards" in line


async def test_a_taken_port_is_told(topics: Settings, start: Start):
    """One line names the setting; exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        worker = start("ingest", PSTATUS_HTTP_PORT=str(taken.getsockname()[1]))

        assert await worker.ended() == 1
        assert "PSTATUS_HTTP_PORT" in worker.log.splitlines()[-1]
