"""Plays the story: sends, listens as a subscriber does, measures, and ends when all is settled."""

import asyncio
import signal
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.changes import Change
from schemas.codec import decode_change
from schemas.topics import DEAD_LETTERS, PARTICIPANT_CHANGES
from schemas.webhooks import header_texts
from workers.cli._demo.feed import Post, feed
from workers.cli._demo.flow import Flow, closed
from workers.cli._demo.seen import Letter, Pulse, Seen, letter_of
from workers.cli._demo.stack import Stack
from workers.local.errors import LocalError
from workers.ops import clock

TICK = 0.25
WINDOW = 3.0
"""Over how many seconds the speed is taken."""
QUIET, PATIENCE = 2.0, 60.0
"""Seconds without anything under way after which all is settled; and the most to wait for it."""


class View(Protocol):
    """What shows it: a board, or lines."""

    def changed(self, change: Change) -> None:
        """A change was published."""

    def lettered(self, letter: Letter) -> None:
        """A dead letter was written."""

    def tick(self, *, ended: bool) -> None:
        """Some time has passed; `ended`: the story is told and settled."""


class Play:
    """One playing of the story."""

    def __init__(self, stack: Stack, seen: Seen, view: View, seconds: float) -> None:
        self._stack = stack
        self._seen = seen
        self._view = view
        self._seconds = seconds
        self._stop = asyncio.Event()
        self._sent = 0
        self._posts: Sequence[Post] = ()
        self._settled = False

    async def run(self, *, stay: bool) -> bool:
        """Until the story is settled, or until Ctrl-C or SIGTERM if `stay`; False: cut short."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self._stop.set)
        async with AsyncExitStack() as stack:
            flow = await stack.enter_async_context(Flow(self._stack.settings))
            consumer = await self._listener(stack)
            producer = await self._sender(stack)
            works = [self._listen(consumer), self._measure(flow), self._draw()]
            tasks = [asyncio.create_task(work) for work in works]
            tasks.append(asyncio.create_task(self._tell(producer, stay=stay)))
            await _first_of([*tasks, asyncio.create_task(self._stopped())])
        return self._settled

    async def _listener(self, stack: AsyncExitStack) -> AIOKafkaConsumer:
        prefix = self._stack.settings.topic_prefix
        consumer = AIOKafkaConsumer(
            prefix + PARTICIPANT_CHANGES.name,
            prefix + DEAD_LETTERS.name,
            bootstrap_servers=self._stack.settings.bootstrap_servers,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
        await consumer.start()
        stack.push_async_callback(closed, consumer.stop)
        await consumer.seek_to_end(*consumer.assignment())
        return consumer

    async def _sender(self, stack: AsyncExitStack) -> AIOKafkaProducer:
        servers = self._stack.settings.bootstrap_servers
        producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
        await producer.start()
        stack.push_async_callback(closed, producer.stop)
        return producer

    async def _tell(self, producer: AIOKafkaProducer, *, stay: bool) -> None:
        begun, begun_at = clock.monotonic(), clock.now()
        prefix, workspace_id = self._stack.settings.topic_prefix, self._seen.workspace_id
        self._posts = feed(begun_at, seconds=self._seconds, workspace_id=workspace_id)
        for number, post in enumerate(self._posts):
            await asyncio.sleep(begun + post.at * self._seconds - clock.monotonic())
            await producer.send_and_wait(
                prefix + post.topic, post.value, str(number).encode(), headers=list(post.headers)
            )
            self._sent += 1
        await asyncio.sleep(begun + self._seconds - clock.monotonic())
        await self._settle()
        self._view.tick(ended=True)
        if stay:
            await asyncio.Event().wait()

    async def _settle(self) -> None:
        deadline = clock.monotonic() + PATIENCE
        quiet_since, known = clock.monotonic(), -1
        while clock.monotonic() < min(deadline, quiet_since + QUIET):
            if self._seen.pulse.waiting or self._seen.changes != known:
                quiet_since, known = clock.monotonic(), self._seen.changes
            await asyncio.sleep(TICK / 2)
        self._settled = True

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            if record.topic.endswith(DEAD_LETTERS.name):
                self._note(record)
            elif record.value is not None:
                change = decode_change(record.value)
                if self._seen.hear(change, at=clock.now(), clock=clock.monotonic()):
                    self._view.changed(change)

    def _note(self, record: Any) -> None:
        headers, workspace_id = header_texts(record.headers), self._seen.workspace_id
        letter = letter_of(record.key, headers, at=clock.now(), workspace_id=workspace_id)
        if letter and self._seen.note(letter):
            self._view.lettered(letter)

    async def _measure(self, flow: Flow) -> None:
        past: deque[tuple[float, int]] = deque()
        while True:
            behind = await flow.behind()
            now = clock.monotonic()
            past.append((now, behind.taken))
            while now - past[0][0] > WINDOW:
                past.popleft()
            span = now - past[0][0]
            speed = (behind.taken - past[0][1]) / span if span else 0.0
            self._seen.pulse = Pulse(self._sent, len(self._posts), speed, behind.total)
            await asyncio.sleep(2 * TICK)

    async def _draw(self) -> None:
        while True:
            self._view.tick(ended=self._settled)
            if not self._stack.works:
                raise LocalError(f"The worker has ended: its log, {self._stack.log}, says why.")
            await asyncio.sleep(TICK)

    async def _stopped(self) -> None:
        await self._stop.wait()


async def _first_of(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    """Until one ends, whose error is raised; the others are ended."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
