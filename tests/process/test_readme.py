"""The README's own commands, run as they stand there, from an empty broker and database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.house.generate import ROOT
from tests.process.worker import PATIENCE, Worker, environment
from workers.settings import Settings

README = (ROOT / "README.md").read_text().split("Push it for real.")[1]
BLOCKS = README.split("## Read changes")[0].split("```")[1::2]
ALREADY = ("local up", "run")
"""What the test has done in its own way: servers of its own, a worker that ends with it."""


@pytest.fixture
def bare(settings: Settings, empty_database: str) -> Settings:
    """Neither topics nor tables."""
    return settings.model_copy(update={"database_url": SecretStr(empty_database)})


@pytest.fixture
def worker(bare: Settings, tmp_path: Path) -> Iterator[Worker]:
    """A worker where the README's first terminal has made topics and tables."""
    for command in _commands(BLOCKS[0]):
        if not command.startswith(ALREADY):
            _run(bare, command)
    worker = Worker(bare, "all", tmp_path / "worker.log")
    yield worker
    worker.kill()


async def test_what_the_readme_pushes_can_be_read(bare: Settings, worker: Worker):
    """Its bodies, sent with its commands, move the participant for its consumer to see."""
    await worker.ready()

    for command in _commands(BLOCKS[1]):
        if command.startswith("send"):
            assert "1 record sent" in _run(bare, command)
    printed = await _consumed(bare, until="-> study_invited")

    assert printed[0].startswith("s1/p1 None -> ")
    for command in _commands(BLOCKS[1]):
        if command.startswith(("study", "person")):
            assert "study_invited" in _run(bare, command)


def _commands(block: str) -> list[str]:
    """The arguments of each line that calls pstatus, without its comment."""
    lines = (line.split("  #")[0].strip() for line in block.splitlines())
    return [line.split("pstatus ", 1)[1] for line in lines if "pstatus " in line]


def _run(settings: Settings, command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "workers", *command.split()],
        cwd=ROOT, env=os.environ | environment(settings), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _consumed(settings: Settings, until: str) -> list[str]:
    topic = settings.topic_prefix + "participant-changes"
    consumer = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "docs/examples/consumer.py", *settings.bootstrap_servers, topic,
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    printed: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while not (printed and printed[-1].endswith(until)):
                printed.append((await consumer.stdout.readline()).decode().rstrip())
        return printed
    finally:
        consumer.kill()
        await consumer.wait()
