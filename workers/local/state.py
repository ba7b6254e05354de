"""The file `.local/state.json`: what was started, where it listens, which process it is."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from workers.local.errors import LocalError
from workers.local.processes import Process

NOTING = Lock()  # the servers of one `up` start side by side


@dataclass(frozen=True, slots=True)
class Entry:
    """One server: `ports` client port first; `address` is what clients are given."""

    process: Process
    ports: tuple[int, ...]
    address: str

    @property
    def is_running(self) -> bool:
        """Whether this very process lives, not only its pid."""
        return self.process.find() is not None


def read(home: Path) -> dict[str, Entry]:
    """What was noted, by name of the server; a missing or half-written file is an empty one."""
    try:
        rows = json.loads((home / "state.json").read_text())
        return {name: _entry(row) for name, row in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def note(home: Path, name: str, entry: Entry) -> None:
    """Remember one server beside the others."""
    with NOTING:
        write(home, read(home) | {name: entry})


def write(home: Path, entries: dict[str, Entry]) -> None:
    """Replace the file as a whole."""
    rows = {name: asdict(entry) for name, entry in entries.items()}
    fresh = home / "state.json.new"
    fresh.write_text(json.dumps(rows, indent=2) + "\n")
    fresh.replace(home / "state.json")


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One at a time: a second `up` waits for the first and finds its servers."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "lock").open("w")
    except OSError as error:
        raise LocalError(
            f"Cannot write to {home} ({error.strerror}): PSTATUS_HOME names another folder."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _entry(row: Any) -> Entry:
    process = Process(int(row["process"]["pid"]), float(row["process"]["started"]))
    return Entry(process, tuple(int(port) for port in row["ports"]), str(row["address"]))
