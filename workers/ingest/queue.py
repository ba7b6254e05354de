"""Records between subscriber and work: bounded by pausing the consumer, never by waiting."""

import asyncio
from collections import deque
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from workers.ingest.records import Record

NONE: frozenset[str] = frozenset()


class Queue:
    """Holds raw records in the order of arrival; pauses every partition while it is full.

    Topics that are held are paused too: what came of them is put back, to be read again later.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._batches: deque[Sequence[Record]] = deque()
        self._count = 0
        self._filled = asyncio.Event()
        self._shut = False
        self._held = NONE
        self._back: dict[TopicPartition, int] = {}
        self.consumer: AIOKafkaConsumer | None = None

    def put(self, records: Sequence[Record]) -> None:
        """Adds records; what comes while shut is dropped and will be delivered again."""
        if self._shut:
            return
        if kept := self.sifted(records):
            self._batches.append(kept)
            self._count += len(kept)
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
        self._count -= len(taken)
        self.press()
        return taken

    def hold(self, topics: frozenset[str]) -> None:
        """Which topics are held from now on; others go on where they stopped."""
        if topics == self._held:
            return
        self._held = topics
        batches = [self.sifted(batch) for batch in self._batches]
        self._batches = deque(batch for batch in batches if batch)
        self._count = sum(map(len, self._batches))
        self._return()
        self.press()

    def sifted(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those whose topic is not held; where the others begin is remembered."""
        if not self._held:
            return records
        for record in records:
            if record.topic in self._held:
                place = TopicPartition(record.topic, record.partition)
                self._back[place] = min(record.offset, self._back.get(place, record.offset))
        return [record for record in records if record.topic not in self._held]

    def assigned(self) -> None:
        """The group has given out partitions anew: they begin where was last committed."""
        self._back.clear()
        self.press()

    def press(self) -> None:
        """Pauses or resumes as full as it is; called again after each assignment."""
        consumer = self.consumer
        if consumer is None:
            return
        assigned = consumer.assignment()
        if self._count >= self._bound:
            consumer.pause(*assigned)
            return
        held = {place for place in assigned if place.topic in self._held}
        consumer.pause(*held)
        if paused := (consumer.paused() & assigned) - held:
            consumer.resume(*paused)

    def shut(self) -> None:
        """Forgets what was not taken: nothing of it is committed, somebody else will get it."""
        self._shut = True
        self._batches.clear()
        self._count = 0

    def _return(self) -> None:
        """Before they are resumed: partitions are still paused, so nothing newer is under way."""
        free = [place for place in self._back if place.topic not in self._held]
        for place in free:
            offset = self._back.pop(place)
            if self.consumer is not None and place in self.consumer.assignment():
                self.consumer.seek(place, offset)
