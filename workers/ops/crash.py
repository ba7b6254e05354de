"""Kills this process right after a named step, for crash tests only (setting `crash_after`)."""

import os
import signal


class Crash:
    """Counts steps; `crash_after` is a step's name, `name:3` means its third time, None never."""

    def __init__(self, crash_after: str | None) -> None:
        step, _, times = (crash_after or "").partition(":")
        self._step = step
        self._left = int(times or 1)

    def after(self, step: str) -> None:
        """Says that `step` is done; does not return if the process is to die here."""
        if step != self._step:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
