"""One `pstatus run` as a process of its own: started, watched by its log and its health, ended."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from workers.settings import Settings

PATIENCE = 60.0


class Worker:
    """A running worker process and its log."""

    def __init__(self, settings: Settings, role: str, log: Path, **more: str) -> None:
        self._log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers", "run", "--role", role],
                env=os.environ | environment(settings) | more,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it wrote so far."""
        return self._log.read_text()

    @property
    def lines(self) -> Iterator[dict[str, Any]]:
        """Its log lines, parsed; lines that are no JSON are left out."""
        for line in self.log.splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    async def ready(self) -> "Worker":
        """Waits until /health/ready says so."""
        async with asyncio.timeout(PATIENCE):
            while (await self.get("/health/ready"))[0] != 200:
                await self._still_there()
        return self

    async def said(self, event: str) -> dict[str, Any]:
        """Waits for a log line whose event begins so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in self.lines:
                    if str(line.get("event", "")).startswith(event):
                        return line
                await self._still_there()

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a GET on its port; 0 while it does not serve."""
        url = next((line["url"] for line in self.lines if "url" in line), None)
        return (0, "") if url is None else await asyncio.to_thread(_get, url + path)

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        _, body = await self.get("/metrics")
        told = [line for line in body.splitlines() if line.startswith(name)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in told)

    async def counts(self, name: str, value: float) -> None:
        """Waits until the sum of a metric is this: it is counted a moment after it is written."""
        async with asyncio.timeout(PATIENCE):
            while await self.metric(name) != value:
                await self._still_there()

    async def ended(self) -> int:
        """Waits for its end; the exit code (minus the signal's number)."""
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(self._process.wait)

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """SIGSTOP: it stands still."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    async def _still_there(self) -> None:
        assert self._process.poll() is None, f"it ended: {self.log[-2000:]}"
        await asyncio.sleep(0.05)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables of a process."""
    return {
        "PSTATUS_KAFKA_BOOTSTRAP_SERVERS": ",".join(settings.bootstrap_servers),
        "PSTATUS_DATABASE_URL": settings.database,
        "PSTATUS_TOPIC_PREFIX": settings.topic_prefix,
        "PSTATUS_SHARDS": str(settings.shards),
        "PSTATUS_INGEST_GROUP": settings.topic_prefix + "ingest",
        "PSTATUS_APPLY_GROUP": settings.topic_prefix + "apply",
        "PSTATUS_SESSION_TIMEOUT_MS": "3000",
        "PSTATUS_HEARTBEAT_INTERVAL_MS": "300",
        "PSTATUS_HTTP_PORT": "0",
        "PSTATUS_LOG_FORMAT": "json",
        "PSTATUS_SECRETS": str(settings.secrets or ""),
    }


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
