"""A real Chromium, and the board as a process of its own beside real workers.

Chromium comes from the system (Debian: `apt install chromium`); nothing is downloaded here.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.process.conftest import start, topics
from tests.process.worker import environment
from workers.settings import Settings

__all__ = ["start", "topics"]  # fixtures of the process tests, served here, too
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where it is; fails with what to do if there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("No Chromium: install one (Debian: apt install chromium).")
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Started for one test; as root without its sandbox, which it refuses there."""
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as driver:
        launched = await driver.chromium.launch(executable_path=chromium, args=flags)
        yield launched
        await launched.close()


@pytest.fixture
async def board(topics: Settings, tmp_path: Path) -> AsyncIterator[str]:
    """Address of `pstatus web` on this test's database."""
    log = tmp_path / "web.log"
    process = _begun(topics, log)
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := re.search(r"http://\S+/", log.read_text())):
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(0.05)
        yield found[0].rstrip("/")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM), log.read_text()


def _begun(settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    more = {"PSTATUS_WEB_PORT": "0", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "workers", "web"],
            env=os.environ | environment(settings) | more,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
