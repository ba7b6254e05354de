"""The home of one shard: one task for its signals and timers, one for its relay."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from workers.apply import batch, due, erasing, pace
from workers.apply.inbox import Inbox
from workers.apply.incoming import Incoming, read, refuse
from workers.apply.ledger import Ledger
from workers.apply.progress import Pulse
from workers.apply.relay import Relay
from workers.apply.tools import Tools
from workers.apply.turn import Done, Resync, TooLong, Turn, turn
from workers.apply.worlds import Worlds
from workers.ops import clock
from workers.store import draining, progress
from workers.store import shard as store
from workers.store.engine import about_data, transient
from workers.store.shard import Position

T = TypeVar("T")
LOOK = 1.0
"""Seconds between two looks at timers, drains and refolds."""
COUNT = 5.0
"""Seconds between two counts of who waits, for the metrics only."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0

log = structlog.get_logger(__name__)


class Home:
    """Does everything for one shard while the epoch in the database is ours."""

    def __init__(
        self, tools: Tools, shard: int, position: Position, press: Callable[[bool], None]
    ) -> None:
        self.shard = shard
        self.position = position
        self.inbox = Inbox(position.next_offset, 2 * tools.settings.apply_batch, press)
        self.relay = Relay(
            tools,
            shard,
            epoch=position.epoch,
            end=position.next_seq,
            published=position.published,
        )
        self._tools = tools
        self._worlds = Worlds()
        self._ledger = Ledger(tools.metrics, shard)
        self._pace = pace.Pace()
        self._pulse = Pulse()
        self._next_look = self._next_count = self._worked_off = 0.0
        self._closing = False
        self._noted = position.published
        self._todo, self._looked = store.Todo(None, drains=False, refolds=False), 0.0

    async def run(self) -> None:
        """Work until closed. Raises Lost, Rewound, or whatever nobody expected."""
        tasks = [asyncio.create_task(self._work()), asyncio.create_task(self.relay.run())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._ledger.close()

    def close_soon(self) -> None:
        """Finish what is in hand, let nothing more in."""
        self._closing = True
        self.inbox.attached = False
        self.inbox.wake()

    def note_end(self, end: int) -> None:
        """Where the partition ends, as far as the client knows: for the lag in the metrics."""
        self._ledger.lag(end - self.position.next_offset)

    async def _work(self) -> None:
        settings = self._tools.settings
        while not self._closing:
            patience = self._next_look - clock.monotonic()
            records = await self.inbox.take(
                settings.apply_batch, settings.apply_linger_ms / 1000, patience
            )
            if records:
                await self._hear(records)
            if clock.monotonic() >= self._next_look and not self._closing:
                await self._look_around()
        await self.relay.idle.wait()

    async def _hear(self, records: Sequence[object]) -> None:
        """A batch; an erasure stands in a transaction of its own."""
        started = clock.monotonic()
        incomings = [read(record, self._tools.installation.shards) for record in records]
        piece: list[Incoming] = []
        for incoming in incomings:
            if not incoming.erases:
                piece.append(incoming)
                continue
            await self._apply(piece)
            await self._apply([incoming])
            piece = []
        await self._apply(piece)
        self._ledger.heard(incomings, clock.monotonic() - started)

    async def _apply(self, incomings: Sequence[Incoming]) -> None:
        """Commit these; what the database refuses for its data is halved until it is found."""
        rest = [i for i in incomings if i.offset >= self.position.next_offset]
        if not rest:
            return
        try:
            await self._turn(_of(rest))
        except Resync as resync:
            self._adopt(resync.position)
            await self._apply(rest)
        except TooLong:
            await self._halve(rest)
        except Exception as error:
            if not about_data(error) or (len(rest) == 1 and rest[0].refused):
                raise
            if len(rest) == 1:
                log.error("signal_refused", shard=self.shard, offset=rest[0].offset)
                rest = [refuse(rest[0], batch.BUG)]
                await self._apply(rest)
                return
            await self._halve(rest)

    async def _halve(self, rest: Sequence[Incoming]) -> None:
        await self._apply(rest[: len(rest) // 2])
        await self._apply(rest[len(rest) // 2 :])

    async def _look_around(self) -> None:
        """Timers first, then one step of whatever else waits."""
        if self._stands_back():
            self._next_look = clock.monotonic() + pace.SOON
            return
        todo = await self._patiently(
            partial(store.todo, self._tools.engine, self.shard, self._tools.version)
        )
        self._todo, self._looked = todo, clock.monotonic()
        is_free = self.relay.waiting < self._tools.settings.relay_batch // 4
        if is_free or clock.monotonic() - self._worked_off > LOOK:  # stand back, never for ever
            await self._work_off(todo)
            self._worked_off = clock.monotonic()
        await self._publish_progress()
        wait = pace.SOON if todo.now else min(LOOK, LOOK if todo.due_in is None else todo.due_in)
        self._next_look = clock.monotonic() + min(wait, self._pulse.due_in)
        self._ledger.look(self.relay.waiting, self.relay.age)
        await self._note_published()
        await self._count()

    async def _publish_progress(self) -> None:
        """Once a second, of the studies that are at home here and have moved."""
        if self._pulse.due_in > 0:
            return
        ask = partial(progress.is_due, self._tools.engine, self.shard)
        going_on = await self._patiently(ask)
        while going_on:
            try:
                await self._turn(self._pulse.publish)
            except Resync as resync:
                self._adopt(resync.position)
            going_on = self._pulse.after is not None
        self._pulse.end()

    def _stands_back(self) -> bool:
        """What waited at the last look can't begin yet: the database need not be asked again."""
        since = clock.monotonic() - self._looked
        if not self._todo.now or since > LOOK or self._pulse.due_in <= 0:
            return False
        if self.relay.waiting >= self._tools.settings.relay_batch // 4:
            return True
        timers = self._todo.due_in is not None and self._todo.due_in <= since
        return not timers and self._tools.background.locked()

    async def _count(self) -> None:
        """Now and then, for the metrics: how many people wait."""
        if clock.monotonic() < self._next_count:
            return
        self._next_count = clock.monotonic() + COUNT
        waiting = partial(draining.pending, self._tools.engine, self.shard)
        self._ledger.pending(await self._patiently(waiting))

    async def _work_off(self, todo: store.Todo) -> None:
        """One piece of each; homes of one worker take turns at what nobody waits for."""
        if todo.due_in is not None and todo.due_in <= 0:
            await self._do(due.fire_timers)
        if not (todo.refolds or todo.drains) or self._tools.background.locked():
            return
        async with self._tools.background:
            if todo.refolds:
                await self._do(due.refold)
            if todo.drains:
                await self._do(due.drain)

    async def _do(self, work: due.Work) -> None:
        try:
            await self._do_a_piece(work)
        except Resync as resync:
            self._adopt(resync.position)

    async def _do_a_piece(self, work: due.Work) -> None:
        started = clock.monotonic()
        try:
            await self._turn(partial(_due, work, self._pace.most, False))
            self._pace.took(clock.monotonic() - started)
        except Exception as error:
            if not about_data(error):
                raise
            await self._do_singly(work)

    async def _do_singly(self, work: due.Work) -> None:
        """One of these people can't be written: the first of them alone, if need be set aside."""
        try:
            await self._turn(partial(_due, work, 1, False))
        except Exception as error:
            if not about_data(error):
                raise
            await self._turn(partial(_due, work, 1, True))

    async def _turn(self, work: Callable[[Turn], Awaitable[None]]) -> None:
        await self._settle(await self._patiently(partial(self._once, work)))

    async def _once(self, work: Callable[[Turn], Awaitable[None]]) -> Done:
        position = replace(self.position, published=self.relay.published)
        async with turn(self._tools, self.shard, position, self._worlds) as now:
            await work(now)
        if now.done is None:
            raise RuntimeError("a turn that did not finish")
        return now.done

    async def _settle(self, done: Done) -> None:
        """The database has committed: only now is any of it true."""
        self.position, self._noted = done.position, done.position.published
        if done.erased is not None:
            self.relay.forget(done.erased)
        self.relay.push(done.rows)
        self._ledger.committed(done)

    def _adopt(self, position: Position) -> None:
        log.info("commit_found", shard=self.shard, next_seq=position.next_seq)
        self.position = replace(position, epoch=self.position.epoch)
        self.relay.reread(position.next_seq)

    async def _note_published(self) -> None:
        """For a shard that rests: the next batch would have noted it."""
        published = self.relay.published
        if published > self._noted and not self._todo.now:  # else the next turn notes it
            await self._patiently(
                partial(
                    store.note_published,
                    self._tools.engine,
                    self.shard,
                    self.position.epoch,
                    published,
                )
            )
            self._noted = published

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """The same again while the database is away."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await work()
            except Exception as error:
                if not transient(error):
                    raise
                log.warning("database_away", shard=self.shard, error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _of(incomings: Sequence[Incoming]) -> Callable[[Turn], Awaitable[None]]:
    if incomings[0].erases:
        return partial(_reversed, erasing.forget, incomings[0])
    return partial(_reversed, batch.apply, incomings)


async def _reversed(work: Callable[..., Awaitable[None]], what: object, turn: Turn) -> None:
    await work(turn, what)


async def _due(work: due.Work, most: int, hopeless: bool, turn: Turn) -> None:
    await work(turn, most, hopeless)
