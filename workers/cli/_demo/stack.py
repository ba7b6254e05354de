"""Everything the demo needs to run: servers, topics, tables, a worker. What it starts, it ends.

What ran before is used and left running. Even by kill -9 of the demo nothing stays behind.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from subprocess import DEVNULL, STDOUT, Popen, run
from urllib.error import URLError
from urllib.request import urlopen

from workers.local import infrastructure, ports, server
from workers.local.errors import LocalError
from workers.local.processes import Process, surroundings
from workers.local.state import Entry
from workers.local.watcher import Watcher
from workers.ops import clock
from workers.settings import Settings

START_PATIENCE = 60.0
STOP_PATIENCE = 8.0
"""Seconds that a worker gets to come up, and to end in order."""
Say = Callable[[str], None]
Entries = dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs: the settings with every address, the worker, and the board in the browser."""

    settings: Settings
    worker: Process
    web: Process
    log: Path
    servers_stay: bool

    @property
    def board(self) -> str:
        """Where a browser finds the board."""
        return f"http://{ports.LOOPBACK}:{self.settings.web_port}/"

    @property
    def works(self) -> bool:
        """Whether the worker lives."""
        return self.worker.find() is not None


@contextmanager
def running(settings: Settings, say: Say) -> Iterator[Stack]:
    """Start what is not there; at the end stop what was started here."""
    before = infrastructure.status(settings.home)
    with Watcher() as watcher:
        try:
            say("Kafka and PostgreSQL ...")
            settings = infrastructure.up_for(settings)
            ours = _ours(settings, before)
            for entry in ours.values():
                watcher.watch(entry.process)
            stack = _begun(settings, say, servers_stay=not ours)
            watcher.watch(stack.worker)
            watcher.watch(stack.web)
            try:
                _await_ready(stack)
                yield stack
            finally:
                stack.web.end(SIGTERM, STOP_PATIENCE)
                stack.worker.end(SIGTERM, STOP_PATIENCE)
        finally:
            for name, entry in _ours(settings, before).items():
                server.stop(entry.process, infrastructure.KINDS[name].stop_signal)


def _ours(settings: Settings, before: Entries) -> Entries:
    now = infrastructure.status(settings.home)
    known = {entry.process for entry in before.values()}
    return {name: entry for name, entry in now.items() if entry.process not in known}


def _begun(settings: Settings, say: Say, *, servers_stay: bool) -> Stack:
    told = {"http_host": ports.LOOPBACK, "http_port": ports.free()}
    told |= {"web_host": ports.LOOPBACK, "web_port": ports.free(), "web_tokens": None}
    settings = settings.model_copy(update=told)
    environment = surroundings(**_told(settings))
    say("topics and tables ...")
    for words in (("topics", "create"), ("db", "migrate")):
        _command(words, environment)
    say("a worker ...")
    folder = settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "worker.log"
    worker = _process(("run", "--role", "all"), environment, log)
    say("the board ...")
    web = _process(("web",), environment, folder / "web.log")
    return Stack(settings, worker, web, log, servers_stay)


def _process(words: tuple[str, ...], environment: dict[str, str], log: Path) -> Process:
    with log.open("wb") as out:
        popen = Popen(
            [*COMMAND, *words],
            stdin=DEVNULL,
            stdout=out,
            stderr=STDOUT,
            start_new_session=True,
            env=environment,
        )
    return Process.of(popen.pid)


COMMAND = [sys.executable, "-m", "workers"]


def _told(settings: Settings) -> dict[str, str]:
    """The settings of ours that a process started here must share."""
    return {
        "PSTATUS_KAFKA_BOOTSTRAP_SERVERS": ",".join(settings.bootstrap_servers),
        "PSTATUS_DATABASE_URL": settings.database,
        "PSTATUS_HOME": str(settings.home),
        "PSTATUS_TOPIC_PREFIX": settings.topic_prefix,
        "PSTATUS_HTTP_HOST": settings.http_host,
        "PSTATUS_HTTP_PORT": str(settings.http_port),
        "PSTATUS_WEB_HOST": settings.web_host,
        "PSTATUS_WEB_PORT": str(settings.web_port),
        "PSTATUS_WEB_TOKENS": "",
        "PSTATUS_LOG_FORMAT": "json",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }


def _command(words: tuple[str, ...], environment: dict[str, str]) -> None:
    done = run([*COMMAND, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing"]
        raise LocalError(f"`pstatus {' '.join(words)}` says: {said[-1]}")


def _await_ready(stack: Stack) -> None:
    deadline = clock.monotonic() + START_PATIENCE
    while not _is_ready(stack.settings.http_port):
        if not stack.works or clock.monotonic() > deadline:
            raise LocalError(f"The worker does not start. Its log, {stack.log}, {_end(stack.log)}")
        clock.sleep(0.1)


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://{ports.LOOPBACK}:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200 and json.load(answer))
    except (URLError, OSError, ValueError):
        return False


def _end(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"ends with: {lines[-1][-300:]}" if lines else "is empty."
