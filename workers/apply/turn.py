"""One transaction of a home, under its shard's lock: gathers what to write and writes it at once.

Every turn is the same outside: lock, compare, work, save, advance. What the work is (signals, an
erasure, timers, a drain, refolds) is told by batch.py, erasing.py and due.py.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from msgspec import DecodeError
from msgspec.json import encode

from schemas.changes import Change
from schemas.codec import Refused, decode_signal
from schemas.vocabulary import SignalOutcome
from workers.apply import outbox
from workers.apply.incoming import Incoming
from workers.apply.member import History, Member
from workers.apply.outbox import Letter, Row
from workers.apply.tally import Tally, of_all
from workers.apply.tools import Steps, Tools
from workers.apply.worlds import POLICY, Worlds
from workers.domain.tracking import NOBODY, Tracked
from workers.ops import clock
from workers.store import documents
from workers.store.progress import ProgressRows
from workers.store.shard import Locked, PersonKey, Position

BREATH = 0.02
"""Seconds after which long work lets the event loop turn: heartbeats run on it."""
SIGN = 1.0
"""Seconds of work after which the database gets a sign of life: it ends who is idle for 5 s."""
NO_ROW = (None, 0, None)
MOST_REFOLDED = 100_000
"""Signals folded afresh in one turn of several: who takes over waits for its lock."""


class Lost(Exception):
    """Another worker is home of this shard now: leave it."""


class Resync(Exception):
    """Our own commit went through though its answer was lost: adopt where the database stands."""

    def __init__(self, position: Position) -> None:
        super().__init__(position)
        self.position = position


class TooLong(Exception):
    """This is too much for one turn: do it in smaller pieces."""


class Rewound(Exception):
    """The database has gone back in time: committed work is gone. Restore it, or start anew."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn has committed: where the shard stands, what to publish, the ledger."""

    position: Position
    now: datetime
    rows: tuple[Row, ...]
    outcomes: Counter[SignalOutcome]
    changes: tuple[Change, ...]
    erased: PersonKey | None = None


class Turn:
    """Collects people and changes; `done` is there once `finish` was called."""

    def __init__(
        self, steps: Steps, rows: ProgressRows, locked: Locked, worlds: Worlds, published: int
    ) -> None:
        self.tools = steps.tools
        self.steps = steps
        self.rows = rows
        self.now = locked.now
        self.members: dict[PersonKey, Member] = {}
        self.outcomes: Counter[SignalOutcome] = Counter()
        self.forgotten: list[tuple[str, Tally]] = []
        """What those who are forgotten add to studies: less than nothing, by workspace."""
        self.done: Done | None = None
        self._position = replace(locked.position, published=published)
        self._drains = locked.drains
        self._worlds = worlds
        self._out: list[Row] = []
        self._changes: list[Change] = []
        self._signed = self._breath = clock.monotonic()
        self._refolded = 0

    def refolds(self, signals: int) -> None:
        """So many are about to be folded afresh; raises TooLong if others did already."""
        self._refolded += signals
        if signals < self._refolded > MOST_REFOLDED:
            raise TooLong

    async def breathe(self) -> None:
        """Let the event loop turn if this has taken long; keep the transaction alive."""
        now = clock.monotonic()
        if now - self._signed > SIGN:
            await self.rows.sign()
            self._signed = self._breath = clock.monotonic()
        elif now - self._breath > BREATH:
            await asyncio.sleep(0)
            self._breath = clock.monotonic()

    async def load(self, keys: Sequence[PersonKey], studies: Iterable[PersonKey] = ()) -> None:
        """Who these people are, with the newest configurations of all their studies.

        `studies` are (workspace, study) that a signal is about to make theirs.
        """
        rows = {n: kept for n, *kept in await self.rows.load(keys)}
        await self.take({key: rows.get(n, NO_ROW) for n, key in enumerate(keys)}, studies)

    async def take(
        self, rows: Mapping[PersonKey, Sequence[Any]], studies: Iterable[PersonKey] = ()
    ) -> None:
        """The same of people whose (document, policy_version, broken_by) are known already."""
        self._worlds.expire(self._drains)
        for key, (told, version, broken_by) in rows.items():
            before = decoded(told)
            self.members[key] = Member(
                key=key, before=before or NOBODY, known=self._worlds.of(key[0]),
                policy_version=version, kept=told, is_readable=before is not None,
                broken_by=broken_by,
            )  # fmt: skip
        await self._configure(list(rows), studies)

    def expect(self, workspace_id: str, study_id: str, version: int) -> None:
        """A configuration of at least this version is out; what is cached of it may be older."""
        self._drains = (*self._drains, (workspace_id, study_id, version))
        self._worlds.expire(self._drains)

    async def know(self, wanted: Iterable[PersonKey]) -> None:
        """The newest configurations of (workspace, study), where they are not cached."""
        if missing := self._worlds.missing(wanted):
            self._worlds.learn(missing, await self.rows.configured(missing))

    async def histories(self, keys: Sequence[PersonKey]) -> dict[PersonKey, History]:
        """Everything ever heard of these people that can move anything."""
        told: dict[PersonKey, list[tuple[int, object]]] = {key: [] for key in keys}
        for n, offset, body in await self.rows.histories(keys):
            try:
                told[keys[n]].append((offset, decode_signal(body.encode())))
            except Refused:  # of another version of the worker: the person, not the shard
                self.members[keys[n]].is_readable = False
            await self.breathe()
        return told  # type: ignore[return-value]

    def publish(self, changes: Iterable[Change], studies: Iterable[str] = ()) -> None:
        """Number changes in the order in which they will be published."""
        for change in changes:
            self._changes.append(change)
            self._out.append(outbox.of_change(self._next_seq, change, studies))

    def bury(self, incoming: Incoming | None, letter: Letter) -> None:
        """Number a dead letter."""
        self._out.append(outbox.of_letter(self._next_seq, incoming, letter, self.now))

    async def finish(self, next_offset: int | None = None, erased: PersonKey | None = None) -> None:
        """Write everything and move the shard on; raises Lost."""
        self.steps.done("apply.fold")
        await self._save()
        self.steps.done("apply.save")
        if next_offset is None:
            next_offset = self._position.next_offset
        position = replace(self._position, next_offset=next_offset, next_seq=self._next_seq)
        if not await self.rows.advance(position, self.now):
            raise Lost
        self.steps.done("apply.advance")
        self.done = Done(
            position, self.now, tuple(self._out), self.outcomes, tuple(self._changes), erased
        )

    @property
    def _next_seq(self) -> int:
        return self._position.next_seq + len(self._out)

    async def _configure(self, keys: Sequence[PersonKey], studies: Iterable[PersonKey]) -> None:
        wanted = {(workspace_id, POLICY) for workspace_id, _ in keys} | set(studies)
        for member in self.members.values():
            wanted.update((member.key[0], study_id) for study_id in member.studies)
        await self.know(wanted)
        for member in self.members.values():
            if member.kept is None:
                member.policy_version = member.known.version(POLICY)
        await self._find_behind(keys)

    async def _find_behind(self, keys: Sequence[PersonKey]) -> None:
        """Only while a configuration is on its way through the shard can anybody be behind."""
        here = {workspace_id for workspace_id, _ in keys}
        scopes = {study_id for workspace_id, study_id, _ in self._drains if workspace_id in here}
        behind: dict[PersonKey, set[str]] = {}
        if scopes - {POLICY}:
            for n, study_id in await self.rows.behind(keys):
                behind.setdefault(keys[n], set()).add(study_id)
        for key in keys:
            member = self.members[key]
            own = behind.get(key, set())
            if member.policy_version < member.known.version(POLICY):
                own.add(POLICY)
            member.behind = frozenset(own)

    async def _save(self) -> None:
        people = [row for m in self.members.values() if (row := m.document())]
        if people:
            await self.rows.save_people(encode(people).decode())
        versions = [row for m in self.members.values() if (row := m.version())]
        if versions:
            await self.rows.save_versions(encode(versions).decode())
        aside = [m.key for m in self.members.values() if m.is_aside and m.kept is not None]
        if aside:
            await self.rows.set_aside(aside, self.tools.version)
        await self.breathe()
        participants = [row for m in self.members.values() for row in m.participants()]
        if participants:
            await self.rows.save_participants(encode(participants).decode(), self.now)
        if self._out:
            await self.rows.insert_changes(outbox.to_json(self._out))
        await self._count()

    async def _count(self) -> None:
        """Last, for whoever publishes a study's progress waits for us from here to our end."""
        tallies = [(m.key[0], m.tally) for m in self.members.values()]
        tally = of_all((*self.forgotten, *tallies))
        if rows := tally.rows(self.tools.installation.shards):
            await self.rows.count(encode(rows).decode(), self.now)


def decoded(document: str | None) -> Tracked | None:
    """None for a document that can't be read: the person must be set aside, not the shard."""
    if document is None:
        return NOBODY
    try:
        return documents.decode(document)
    except DecodeError:  # also what fits no field
        return None


@asynccontextmanager
async def turn(tools: Tools, shard: int, position: Position, worlds: Worlds) -> AsyncIterator[Turn]:
    """A transaction that is ours. Raises Lost, Resync or Rewound before anything is done."""
    steps = Steps(tools)
    async with tools.engine.begin() as connection:
        rows = ProgressRows(connection, shard)
        locked = await rows.lock()
        compare(position, locked.position)
        steps.done("apply.lock")
        yield Turn(steps, rows, locked, worlds, position.published)
    steps.done("apply.commit")


def compare(ours: Position, found: Position) -> None:
    """Whether the shard is still ours and stands where we left it."""
    if found.epoch != ours.epoch:
        raise Lost
    before, after = (ours.next_offset, ours.next_seq), (found.next_offset, found.next_seq)
    if after[0] < before[0] or after[1] < before[1]:
        raise Rewound(f"the shard stood at {before}, the database says {after}")
    if after != before:
        raise Resync(found)
