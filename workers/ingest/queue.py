"""Records between subscriber and work: bounded by pausing the consumer, never by waiting."""

import asyncio
from collections import deque
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer

from workers.ingest.records import Record


class Queue:
    """Holds raw records in the order of arrival; pauses every partition while it is full."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._batches: deque[Sequence[Record]] = deque()
        self._held = 0
        self._filled = asyncio.Event()
        self._shut = False
        self.consumer: AIOKafkaConsumer | None = None

    def put(self, records: Sequence[Record]) -> None:
        """Adds records; what comes while shut is dropped and will be delivered again."""
        if self._shut or not records:
            return
        self._batches.append(records)
        self._held += len(records)
        self._filled.set()
        self.press()

    async def take(self, most: int) -> list[Record]:
        """Waits for records, then returns those that are there, about `most` of them."""
        while not self._batches:
            self._filled.clear()
            await self._filled.wait()
        taken = list(self._batches.popleft())
        while self._batches and len(taken) + len(self._batches[0]) <= most:
            taken += self._batches.popleft()
        self._held -= len(taken)
        self.press()
        return taken

    def press(self) -> None:
        """Pauses or resumes as full as it is; called again after each assignment."""
        consumer = self.consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        if self._held >= self._bound:
            consumer.pause(*assigned)
        elif paused := consumer.paused() & assigned:
            consumer.resume(*paused)

    def shut(self) -> None:
        """Forgets what was not taken: nothing of it is committed, somebody else will get it."""
        self._shut = True
        self._batches.clear()
        self._held = 0
