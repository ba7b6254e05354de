"""Processes known by pid and start time, so that a stale pid never hits a stranger."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from workers.ops import clock

FOREIGN = ("PG", "KAFKA_", "CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")
CLOCK_CORRECTION = 2.0  # seconds by which the system's idea of a start time may move
KILL_PATIENCE = 10.0
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Process:
    """A process on this machine: `started` (seconds since the epoch) tells it from a later one."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has this pid now."""
        return cls(pid, psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The living process, or None if it ended, even if its pid was given to another one."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < CLOCK_CORRECTION
            return found if same and lives(found) else None
        except psutil.NoSuchProcess:
            return None

    def family(self) -> list[psutil.Process]:
        """It and its descendants, itself first; empty if it ended."""
        found = self.find()
        try:
            return [] if found is None else [found, *found.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def end(self, sign: int, patience: float) -> None:
        """Ask it to stop by a signal; who is left of its family after `patience` is killed."""
        family = self.family()
        send(family[:1], sign)
        _await_end(family, patience)
        send(family, signal.SIGKILL)
        _await_end(family, KILL_PATIENCE)

    def kill(self) -> None:
        """End it and its descendants at once, as a power cut would."""
        family = self.family()
        send(family, signal.SIGKILL)
        _await_end(family, KILL_PATIENCE)


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; one that only waits for its parent to notice its end does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def send(family: list[psutil.Process], sign: int) -> None:
    """A signal to each that still lives."""
    for process in family:
        try:
            process.send_signal(sign)
        except psutil.NoSuchProcess:
            continue


def spawn(command: list[str], log: Path) -> tuple[Process, "subprocess.Popen[bytes]"]:
    """Start a server in its own session: a Ctrl-C in our terminal is not its business."""
    with log.open("ab") as out:
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=surroundings(),
        )
    return Process.of(popen.pid), popen


def run(command: list[str]) -> Done:
    """Run a short program to its end and keep what it says."""
    return subprocess.run(command, env=surroundings(), capture_output=True, text=True, check=False)


def surroundings(**extra: str) -> dict[str, str]:
    """Our environment without what would turn a server or its tools another way."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return kept | {"LC_ALL": "C"} | extra


def _await_end(family: list[psutil.Process], patience: float) -> None:
    deadline = clock.monotonic() + patience
    while clock.monotonic() < deadline and any(lives(process) for process in family):
        clock.sleep(0.01)
