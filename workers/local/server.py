"""What Kafka and PostgreSQL have in common: start, wait, stop, kill, pause."""

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import psutil

from workers.local import ports, processes
from workers.local.errors import LocalError
from workers.local.processes import Process
from workers.ops import clock

PATIENCE = 60.0  # seconds until a start or stop has failed: a loaded machine is slow, not broken
TRIES = 5  # each on other ports


class Server(ABC):
    """One server with its folder; `process` is None until it was started or found again."""

    name: ClassVar[str]
    stop_signal: ClassVar[int] = signal.SIGTERM

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port
        self.process: Process | None = None
        self.on_start: Callable[[Process], None] = lambda process: None
        self._popen: subprocess.Popen[bytes] | None = None
        self._has_run = False

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder whole: one that was only half written is thrown away first."""

    @abstractmethod
    def before_each_start(self) -> None:
        """Write or clear away what the process finds when it starts."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that serves on `self.port`."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves clients now; quick, never raises."""

    @property
    @abstractmethod
    def address(self) -> str:
        """What clients are given."""

    @abstractmethod
    def is_ours(self, process: psutil.Process) -> bool:
        """Whether this process works on our data folder."""

    @property
    def data(self) -> Path:
        """Where its data lies once it is whole."""
        return self.folder / "data"

    @property
    def unfinished(self) -> Path:
        """Where data is made, to be moved to its place when it is whole."""
        return self.folder / "data.new"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / "server.log"

    @property
    def ports(self) -> tuple[int, ...]:
        """Every port that it listens on, the clients' first."""
        return (self.port,)

    @property
    def is_running(self) -> bool:
        """Whether our process lives; a paused one does."""
        if self._popen is not None and self._popen.poll() is not None:
            return False
        return self.process is not None and self.process.find() is not None

    def start(self) -> None:
        """Serve: the first time on any free port, afterwards on the same one again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.end_strays()
        self.prepare()
        for _ in range(TRIES):
            if not self._has_run:
                self.choose_ports()
            if self._launch():
                return
            if self._has_run or all(ports.is_free(port) for port in self.ports):
                break  # it was not for the port
        raise LocalError(self._epitaph())

    def adopt(self, process: Process) -> bool:
        """Go on with the process of an earlier start; one that never answers is killed."""
        self.process = process
        self.resume()
        self._has_run = self._comes_up()
        return self._has_run

    def stop(self) -> None:
        """End it in order, its data safe."""
        if self.process is not None:
            stop(self.process, self.stop_signal)
            self._reap()

    def kill(self) -> None:
        """kill -9, its children too."""
        if self.process is not None:
            self.process.kill()
            self._reap()

    def pause(self) -> None:
        """SIGSTOP: it lives, keeps its connections, and answers nobody."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after a pause."""
        self._send(signal.SIGCONT)

    def choose_ports(self) -> None:
        """Keep the ports of last time where they are still free."""
        if not self.port or not ports.is_free(self.port):
            self.port = ports.free()

    def take_ports(self, known: tuple[int, ...]) -> None:
        """Prefer these ports."""
        self.port = known[0]

    def end_strays(self) -> None:
        """Kill who works on our data without our knowing, such as the orphans of a killed start."""
        for process in psutil.process_iter():
            try:
                if self.is_ours(process):
                    Process.of(process.pid).kill()
            except (psutil.Error, OSError):
                continue  # it just ended, or belongs to somebody else

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, on one line."""
        if not self.log.exists():
            return "(no log)"
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _launch(self) -> bool:
        self.before_each_start()
        self.process, self._popen = processes.spawn(self.command(), self.log)
        self.on_start(self.process)
        self._has_run = self._comes_up() or self._has_run
        return self.is_running

    def _comes_up(self) -> bool:
        deadline = clock.monotonic() + PATIENCE
        while clock.monotonic() < deadline and self.is_running:
            if self.answers():
                return self.is_running  # else a stranger on a lost port has answered
            clock.sleep(0.05)
        self.kill()
        return False

    def _reap(self) -> None:
        if self._popen is not None:
            self._popen.wait()

    def _send(self, sign: int) -> None:
        if self.process is not None:
            processes.send(self.process.family(), sign)

    def _epitaph(self) -> str:
        return (
            f"{self.name} did not start on 127.0.0.1:{self.port}. Its log ({self.log}) ends with: "
            f"{self.last_words()}"
        )


def stop(process: Process, sign: int) -> None:
    """End a server in order by its signal; after PATIENCE it is killed."""
    processes.send(process.family(), signal.SIGCONT)
    process.end(sign, PATIENCE)
