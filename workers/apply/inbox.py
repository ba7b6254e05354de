"""The records that wait for a home; a full one pauses its partition, nobody waits for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from workers.apply.incoming import Record
from workers.ops import clock


class Inbox:
    """Takes records only while `attached`, and only from the offset `fed` on.

    Before the seek of a new assignment the client may deliver what was delivered before: a record
    let in twice would be folded twice.
    """

    def __init__(self, fed: int, bound: int, press: Callable[[bool], None]) -> None:
        self.attached = False
        self.fed = fed
        self._bound = bound
        self._press = press
        self._waiting: deque[Record] = deque()
        self._wake = asyncio.Event()

    def put(self, records: Sequence[Record]) -> None:
        """Let in what is new; never waits."""
        if not self.attached:
            return
        for record in records:
            if record.offset >= self.fed:
                self._waiting.append(record)
                self.fed = record.offset + 1
        self._wake.set()
        if self.is_full:
            self._press(True)

    @property
    def is_full(self) -> bool:
        """Whether the partition must rest."""
        return len(self._waiting) >= self._bound

    async def take(self, most: int, linger: float, patience: float) -> list[Record]:
        """Up to `most` records, lingering for more; empty when `patience` seconds have passed."""
        if not self._waiting:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), max(patience, 0.001))
            except TimeoutError:
                return []
        if len(self._waiting) < most:
            await self._linger(most, linger)
        was_full = self.is_full
        taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        if was_full and not self.is_full:
            self._press(False)
        return taken

    def wake(self) -> None:
        """End the waiting."""
        self._wake.set()

    async def _linger(self, most: int, linger: float) -> None:
        until = clock.monotonic() + linger
        while len(self._waiting) < most and (left := until - clock.monotonic()) > 0:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return
