"""The database's part of a batch: one transaction that teaches, looks up, stores and parks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.signals import StudyConfigured
from workers.ingest import park
from workers.ingest.asking import answers, learned
from workers.ingest.lessons import Taught, Teacher
from workers.ingest.plan import Asked, Told
from workers.ingest.records import origin
from workers.ingest.resolve import Answer
from workers.ops.crash import Crash
from workers.ops.logs import named
from workers.store import configuration, parking, resolving
from workers.store.configuration import Configuration
from workers.store.engine import about_data, transient
from workers.store.resolving import Address, Link

T = TypeVar("T")
TOGETHER = 5_000
"""Setups, lessons and questions of one transaction."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What a batch has for the database."""

    configurations: Sequence[Told] = ()
    lessons: Sequence[Taught] = ()
    asked: Sequence[Asked] = ()

    def __len__(self) -> int:
        """How many things there are; nothing means no transaction."""
        return len(self.configurations) + len(self.lessons) + len(self.asked)

    def halves(self) -> "tuple[Work, Work]":
        """The same in two; what is taught is taught before it is asked for."""
        middle = len(self) // 2
        return self._cut(0, middle), self._cut(middle, len(self))

    def portions(self, most: int) -> "Iterator[Work]":
        """The same in the same order, some at a time."""
        return (self._cut(first, first + most) for first in range(0, len(self), most))

    def _cut(self, first: int, last: int) -> "Work":
        told, taught = len(self.configurations), len(self.lessons)
        return Work(
            _between(self.configurations, first, last),
            _between(self.lessons, first - told, last - told),
            _between(self.asked, first - told - taught, last - told - taught),
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """What the database made of it; `refused` is what it does not take."""

    answers: Sequence[tuple[Asked, Answer]] = ()
    taught: Sequence[Taught] = ()
    refused: Sequence[Told | Asked] = ()

    def __add__(self, other: "Settled") -> "Settled":
        """Both."""
        return Settled(
            (*self.answers, *other.answers),
            (*self.taught, *other.taught),
            (*self.refused, *other.refused),
        )


class Stage:
    """One transaction a batch; what the database refuses for its content stops nobody else.

    A batch of large arrays takes several: the time between two statements grows with what they
    hold, and the database ends who keeps it waiting. What is written twice is there once.
    """

    def __init__(
        self, engine: AsyncEngine, teacher: Teacher, crash: Crash, most: int = TOGETHER
    ) -> None:
        self._engine = engine
        self._most = most
        self._teacher = teacher
        self._crash = crash

    async def settle(self, work: Work) -> Settled:
        """Writes all of it. Raises what is the world's fault; then it may be done again."""
        settled = Settled()
        for portion in work.portions(self._most):
            settled += await self._settled(portion)
        return settled

    async def _settled(self, work: Work) -> Settled:
        try:
            async with self._engine.begin() as connection:
                settled = await self._written(connection, work)
        except DBAPIError as error:
            if transient(error) or not about_data(error):
                raise
            async with self._engine.begin() as connection:
                settled = await self._sifted(connection, work)
        self._teacher.remember(settled.taught)
        return settled

    async def _sifted(self, connection: AsyncConnection, work: Work) -> Settled:
        """Halves what the database refuses for its content until the culprits are found."""
        try:
            async with connection.begin_nested():
                return await self._written(connection, work)
        except DBAPIError as error:
            if transient(error) or not about_data(error):
                raise
            if len(work) == 1:
                log.error("refused_by_the_database", cause=named(error))
                return Settled(refused=(*work.configurations, *work.asked))
        first, second = work.halves()
        return await self._sifted(connection, first) + await self._sifted(connection, second)

    async def _written(self, connection: AsyncConnection, work: Work) -> Settled:
        await self._configure(connection, work.configurations)
        await self._teach(connection, work.lessons)
        self._crash.after("ingest.taught")
        questions = [one.question for one in work.asked]
        found = list(
            zip(work.asked, await answers(connection, questions, self._teacher), strict=True)
        )
        self._crash.after("ingest.looked_up")
        more = [
            link for asked, told in found for link in learned(asked.question, told, self._teacher)
        ]
        await self._teach(connection, more)
        await self._park(connection, [(asked, told) for asked, told in found if told.wants])
        self._crash.after("ingest.parked")
        return Settled(found, (*work.lessons, *more))

    async def _configure(self, connection: AsyncConnection, told: Sequence[Told]) -> None:
        if not told:
            return
        rows = [_row(one) for one in told]
        await configuration.keep(connection, rows)
        if studies := [(row.workspace_id, row.study_id) for row in rows if row.study_id]:
            await resolving.name(connection, studies)

    async def _teach(self, connection: AsyncConnection, lessons: Sequence[Taught]) -> None:
        links = [one for one in lessons if isinstance(one, Link)]
        await resolving.teach_links(connection, links)
        addresses = [one for one in lessons if isinstance(one, Address)]
        await resolving.teach_addresses(connection, addresses)

    async def _park(
        self, connection: AsyncConnection, waiting: Sequence[tuple[Asked, Answer]]
    ) -> None:
        rows = [
            park.parked(asked.question, told, asked.spot, self._teacher) for asked, told in waiting
        ]
        records = {
            one.place[:3]: asked.spot.record for one, (asked, _) in zip(rows, waiting, strict=True)
        }
        await parking.park(connection, rows, map(park.kept, records.values()))


def _between(all_: Sequence[T], first: int, last: int) -> Sequence[T]:
    return all_[max(first, 0) : max(last, 0)]


def _row(told: Told) -> Configuration:
    signal = told.configured.signal
    return Configuration(
        workspace_id=signal.workspace_id,
        study_id=signal.study_id if isinstance(signal, StudyConfigured) else "",
        id=signal.id,
        kind=signal.kind,
        occurred_at=signal.occurred_at,
        received_at=told.spot.received_at,
        origin=origin(told.spot.record, told.spot.element),
        body=told.configured.value.decode(),
    )
