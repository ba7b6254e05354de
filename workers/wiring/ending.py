"""How a process ends: once, for the first reason: a signal, or a worker that can't go on."""

import asyncio
import signal

import structlog

log = structlog.get_logger(__name__)


class Ending:
    """Waits for the end. Exit code 0 after a signal, 1 after a failure."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self.code = 0

    def listen(self) -> None:
        """SIGTERM and SIGINT end the process in an orderly way; a second one at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)

    def failed(self, why: str) -> None:
        """A worker can't go on; another process, or the next start, may."""
        if not self._told.is_set():
            log.error("ending", why=why)
            self.code = 1
            self._told.set()

    async def wait(self) -> None:
        """Returns when it is time to go."""
        await self._told.wait()

    def _signalled(self, number: signal.Signals) -> None:
        if self._told.is_set():
            loop = asyncio.get_running_loop()
            loop.remove_signal_handler(number)
            signal.raise_signal(number)
        log.info("ending", why=number.name)
        self._told.set()
