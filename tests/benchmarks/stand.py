"""The test stand: servers, topics and tables of one run, worker processes, and their CPU time."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.benchmarks.load import Raw
from workers.local.infrastructure import Local
from workers.ops import clock

READY_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one measurement runs: names of its own on shared servers."""

    local: Local
    prefix: str
    database: str
    shards: int

    @property
    def environment(self) -> dict[str, str]:
        """What a worker process is told."""
        return dict(os.environ) | {
            "PSTATUS_KAFKA_BOOTSTRAP_SERVERS": self.local.bootstrap_servers,
            "PSTATUS_DATABASE_URL": self.database,
            "PSTATUS_TOPIC_PREFIX": self.prefix,
            "PSTATUS_INGEST_GROUP": f"{self.prefix}ingest",
            "PSTATUS_APPLY_GROUP": f"{self.prefix}apply",
            "PSTATUS_SHARDS": str(self.shards),
            "PSTATUS_HTTP_PORT": "0",
            "PSTATUS_LOG_LEVEL": "warning",
        }

    def pstatus(self, *arguments: str) -> None:
        """Runs a command to its end; raises if it fails."""
        command = [sys.executable, "-m", "workers", *arguments]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def worker(self, role: str, log: Path) -> Iterator[psutil.Process]:
        """A worker process with this role, ended with SIGTERM."""
        with log.open("ab") as stream:
            command = [sys.executable, "-m", "workers", "run", "--role", role]
            process = subprocess.Popen(command, env=self.environment, stdout=stream, stderr=stream)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)

    async def put(self, raws: Iterable[Raw]) -> int:
        """Puts records on their topics, spread over the partitions; how many."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.local.bootstrap_servers, linger_ms=20, max_batch_size=512 * 1024
        )
        await producer.start()
        try:
            sent = 0
            for raw in raws:
                future = await producer.send(
                    self.prefix + raw.topic, raw.body, headers=raw.headers, partition=raw.partition
                )
                sent += 1
            await producer.flush()
            await future
        finally:
            await producer.stop()
        return sent

    async def ends(self, *topics: str) -> int:
        """The sum of the end offsets of topics, as a read_committed reader sees them."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.local.bootstrap_servers, isolation_level="read_committed"
        )
        await consumer.start()
        try:
            places = [
                TopicPartition(self.prefix + topic, number)
                for topic in topics
                for number in consumer.partitions_for_topic(self.prefix + topic)
                or await _partitions(consumer, self.prefix + topic)
            ]
            return sum((await consumer.end_offsets(places)).values())
        finally:
            await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds so far of workers, broker and database."""

    workers: float
    broker: float
    database: float

    def since(self, before: "Usage") -> "Usage":
        """What was used between two looks."""
        return Usage(
            self.workers - before.workers,
            self.broker - before.broker,
            self.database - before.database,
        )


def usage(local: Local, workers: Iterable[psutil.Process]) -> Usage:
    """A look at the CPU time of everybody who takes part."""
    return Usage(
        sum(_own(worker) for worker in workers),
        _own(_process(local.kafka)),
        _tree(_process(local.postgres)),
    )


def _process(server: object) -> psutil.Process:
    return psutil.Process(server.process.pid)  # type: ignore[attr-defined]


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _tree(process: psutil.Process) -> float:
    times = process.cpu_times()
    ended = times.children_user + times.children_system
    living = 0.0
    for child in process.children(recursive=True):
        try:
            living += _own(child)
        except psutil.NoSuchProcess:
            continue
    return _own(process) + float(ended) + living


async def until(condition: object, seconds: float) -> float:
    """Waits for an async condition; how long that took. Raises TimeoutError."""
    started = clock.monotonic()
    while not await condition():  # type: ignore[operator]
        if clock.monotonic() - started > seconds:
            raise TimeoutError(f"not within {seconds} s")
        await asyncio.sleep(0.05)
    return clock.monotonic() - started
