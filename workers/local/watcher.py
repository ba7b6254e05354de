"""A small process beside its parent: once that is gone, however it died, it clears away.

Reads lines of JSON: {"pid", "started"} = kill this, {"folder"} = remove this; acts at their end.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from workers.local.processes import Process, surroundings


class Watcher:
    """Its end in the parent; the pipe closes when the parent dies, also by kill -9."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "workers.local.watcher"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=surroundings(PYTHONPATH=str(Path(__file__).parents[2])),
        )

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(self, process: Process) -> None:
        """Kill this process when the parent is gone."""
        self._tell({"pid": process.pid, "started": process.started})

    def remove(self, folder: Path) -> None:
        """Remove this folder when the parent is gone."""
        self._tell({"folder": str(folder)})

    def close(self) -> None:
        """Do it now, and wait until it is done."""
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        self._popen.wait()

    def _tell(self, what: dict[str, object]) -> None:
        if self._popen.stdin is not None:
            self._popen.stdin.write(json.dumps(what).encode() + b"\n")
            self._popen.stdin.flush()


def main() -> None:
    """Collect until the parent is gone, then clear away."""
    wanted = [json.loads(line) for line in sys.stdin]
    for row in wanted:
        if "pid" in row:
            Process(row["pid"], row["started"]).kill()
    for row in wanted:
        if "folder" in row:
            shutil.rmtree(row["folder"], ignore_errors=True)


if __name__ == "__main__":
    main()
