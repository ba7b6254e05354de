"""What process tests share: topics of their own, and workers that never outlive their test."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.process import wire
from tests.process.worker import Worker
from workers.settings import Settings

Start = Callable[..., Worker]


@pytest.fixture
async def topics(settings: Settings) -> Settings:
    """The settings, with every topic made."""
    await wire.make_topics(settings)
    return settings


@pytest.fixture
def start(topics: Settings, tmp_path: Path) -> Iterator[Start]:
    """`start("ingest", PSTATUS_CRASH_AFTER="...")` -> a Worker; all are killed after the test."""
    workers: list[Worker] = []
    numbers = count(1)

    def begin(role: str, **more: str) -> Worker:
        log = tmp_path / f"{role}-{next(numbers)}.log"
        workers.append(Worker(topics, role, log, **more))
        return workers[-1]

    yield begin
    for worker in workers:
        worker.kill()
