"""Processes we start and find again by pid and start time, so that a stale pid never hits a stranger."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

FOREIGN = ("PG", "KAFKA_", "CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")


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
            same = abs(found.create_time() - self.started) < 2.0  # the system clock may be corrected
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def family(self) -> list[psutil.Process]:
        """It and its descendants, itself first; empty if it ended."""
        found = self.find()
        if found is None:
            return []
        try:
            return [found, *found.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def end(self, sign: int, patience: float) -> None:
        """Ask it to stop by a signal; whoever of the family is left after `patience` seconds is killed."""
        family = self.family()
        if family:
            send(family[:1], sign)
            _, left = psutil.wait_procs(family, timeout=patience)
            send(left, signal.SIGKILL)
            psutil.wait_procs(left, timeout=10)

    def kill(self) -> None:
        """End it and its descendants at once, as a power cut would."""
        family = self.family()
        send(family, signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)


def send(family: list[psutil.Process], sign: int) -> None:
    """A signal to each that still lives."""
    for process in family:
        try:
            process.send_signal(sign)
        except psutil.NoSuchProcess:
            continue


def spawn(command: list[str], log: Path) -> tuple[Process, "subprocess.Popen[bytes]"]:
    """Start a server of its own session: a Ctrl-C in our terminal is not its business."""
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


def run(command: list[str], **extra: str) -> "subprocess.CompletedProcess[str]":
    """Run a short program to its end and keep what it says."""
    return subprocess.run(
        command, env=surroundings(**extra), capture_output=True, text=True, check=False
    )


def surroundings(**extra: str) -> dict[str, Any]:
    """Our environment without what would turn a server or its tools another way."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return kept | {"LC_ALL": "C"} | extra
