"""Wakes the sweep: when a teaching transaction notifies, and every few seconds in any case."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.ingest.deliver import at_fault_is_the_world
from workers.ingest.sweep import Sweep
from workers.ops import clock
from workers.ops.logs import named
from workers.store.resolving import CHANNEL

EVERY = 5.0
"""Seconds between two sweeps, whatever was notified: a lost wake-up costs that much."""
TIDY_EVERY = 60.0
BREATH = 0.05
"""Seconds between two rounds at least: what is taught in the meantime is worked off together."""
LAST_ROUND = 2.5
"""Seconds that the round in hand gets at the end."""

log = structlog.get_logger(__name__)


class Sweeper:
    """A task that never ends by itself: what goes wrong is tried again at the next sweep."""

    def __init__(self, engine: AsyncEngine, sweep: Sweep) -> None:
        self._engine = engine
        self._sweep = sweep
        self._told = asyncio.Event()
        self._ending = asyncio.Event()
        self._ear: AsyncConnection | None = None
        self._hears: Any = None
        self._tidied = clock.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Finishes the round in hand if it takes no longer than two and a half seconds."""
        self._ending.set()
        self._told.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LAST_ROUND)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._deaf()

    def ready(self) -> list[str]:
        """It keeps nobody from working."""
        return []

    async def _work(self) -> None:
        while not self._ending.is_set():
            more, started = False, clock.monotonic()
            self._told.clear()
            try:
                await self._listen()
                more = await self._round()
            except Exception as error:
                world = at_fault_is_the_world(error)
                log.log(30 if world else 40, "sweep_failed", cause=named(error),
                        exc_info=None if world else error)  # fmt: skip
                await self._deaf()
            took = clock.monotonic() - started
            await self._rest(0 if more else EVERY, at_least=max(BREATH, min(took, EVERY)))

    async def _rest(self, at_most: float, at_least: float) -> None:
        """Until it is told or time is up; at least as long as the round took, for others' sake."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._told.wait(), at_most)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), at_least)

    async def _round(self) -> bool:
        more = await self._sweep.try_again()
        more |= await self._sweep.expire()
        await self._sweep.measure()
        if clock.monotonic() - self._tidied > TIDY_EVERY:
            await self._sweep.tidy()
            self._tidied = clock.monotonic()
        return more

    async def _listen(self) -> None:
        """On a connection of its own, outside of any transaction; made anew if it was lost."""
        if self._hears is not None and not self._hears.is_closed():
            return
        await self._deaf()
        self._ear = await self._engine.connect()
        raw = await self._ear.get_raw_connection()
        hears: Any = raw.driver_connection
        await hears.add_listener(CHANNEL, lambda *_: self._told.set())
        self._hears = hears

    async def _deaf(self) -> None:
        ear, self._ear, self._hears = self._ear, None, None
        if ear is not None:
            with suppress(DBAPIError, OSError, TimeoutError):
                await ear.invalidate()
                await ear.close()
