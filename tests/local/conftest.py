"""A home of its own for each test that starts servers for keeps, with the checkout's jars."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.local import infrastructure, jars, state
from workers.local.watcher import Watcher
from workers.settings import Settings

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def kafka_jars(cache: Settings) -> Path:
    """The folder of Kafka's jars, fetched by now."""
    return jars.ready(cache.home, cache.local_bare)


@pytest.fixture
def home(tmp_path: Path, kafka_jars: Path) -> Iterator[Path]:
    """A folder like `.local/` in which nothing runs yet; what a test leaves running is ended."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "kafka-jars").symlink_to(kafka_jars.parent)
    with Watcher() as watcher:
        yield folder
        for entry in state.read(folder).values():
            watcher.watch(entry.process)


@pytest.fixture
def pstatus(home: Path) -> Command:
    """`pstatus("local", "up", before=[...], ENV=...)` in a process of its own, on this home."""

    def run(
        *arguments: str, before: tuple[str, ...] = (), **extra: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*before, sys.executable, "-m", "workers", *arguments],
            env=os.environ | {"PSTATUS_HOME": str(home)} | extra,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def running(home: Path) -> dict[str, str]:
    """Name -> address of what runs there."""
    return {name: entry.address for name, entry in infrastructure.status(home).items()}
