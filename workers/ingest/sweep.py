"""One round over what is parked: tries again what news is about, ends what waited too long."""

from collections.abc import Iterator, Sequence
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.vocabulary import DeadLetterClass
from workers.ingest import park
from workers.ingest.asking import answers, learned
from workers.ingest.deliver import at_fault_is_the_world
from workers.ingest.judge import ToApply, answered
from workers.ingest.lessons import PARTICIPANT
from workers.ingest.plan import Plan, Planner, Spot
from workers.ingest.produce import Producer
from workers.ingest.questions import parked_question
from workers.ingest.resolve import PERSON, STUDY, Answer
from workers.ops import clock
from workers.ops.crash import Crash
from workers.ops.metrics import Metrics
from workers.providers.outcomes import Dead
from workers.store import parking, resolving
from workers.store.parking import Place

SWEEP_STEPS = (
    "sweep.taken",
    "sweep.handed",
    "sweep.acknowledged",
    "sweep.ended",
    "sweep.committed",
)
"""Every step of a round, in order; a crash after any of them loses nothing."""
MOST = 500
"""Elements tried in one transaction."""
UNMATCHED = {
    PERSON: Dead(DeadLetterClass.UNMATCHED, "nothing said within 72 hours which person is meant"),
    STUDY: Dead(DeadLetterClass.UNMATCHED, "nothing said within 72 hours which study is meant"),
    PARTICIPANT: Dead(
        DeadLetterClass.UNMATCHED, "nothing verified named this person and study within 72 hours"
    ),
}
"""By what is missing."""

log = structlog.get_logger(__name__)


class Sweep:
    """One worker's rounds; others may sweep at the same time, nothing is taken by two."""

    def __init__(
        self, *, engine: AsyncEngine, producer: Producer, planner: Planner, metrics: Metrics,
        crash: Crash, prefix: str,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._producer = producer
        self._planner = planner
        self._metrics = metrics
        self._crash = crash
        self._prefix = prefix

    async def try_again(self) -> bool:
        """Elements about which something was taught; whether there may be more at once."""
        async with self._engine.begin() as connection:
            taken = await parking.take(connection, MOST)
            if not taken:
                return False
            self._crash.after("sweep.taken")
            resolved = await self._sifted(connection, taken)
            self._crash.after("sweep.ended")
        self._crash.after("sweep.committed")
        return len(taken) == MOST and resolved > 0

    async def expire(self) -> bool:
        """What waited too long becomes letters; whether there may be more at once."""
        async with self._engine.begin() as connection:
            late = await parking.overdue(connection, MOST)
            if not late:
                return False
            self._crash.after("sweep.taken")
            buried = await self._buried(connection, late)
            self._crash.after("sweep.ended")
        self._crash.after("sweep.committed")
        return buried < len(late) or len(late) == MOST

    async def measure(self) -> None:
        """How much waits and for how long; what ended, whoever ended it."""
        async with self._engine.begin() as connection:
            waiting, age = await parking.waiting(connection)
            ends = await parking.tally(connection)
        self._metrics.set("parked_elements", waiting)
        self._metrics.set("parked_oldest_age_seconds", age)
        for topic, outcome, elements in ends:
            short = topic.removeprefix(self._prefix)
            self._metrics.count("parked_ended_total", elements, topic=short, outcome=outcome)

    async def tidy(self) -> None:
        """What ended long ago goes, and what a racing ingest wrote about somebody erased."""
        async with self._engine.begin() as connection:
            await parking.tidy(connection)
            untaught = await resolving.unteach_erased(connection)
            dropped = await parking.drop_erased(connection)
        if untaught or dropped:
            log.info("erased_people_swept", links=untaught, parked=dropped)

    async def _sifted(self, connection: AsyncConnection, taken: Sequence[Any]) -> int:
        """How many are resolved. One that we fail on is found by halves: nobody waits for it."""
        try:
            async with connection.begin_nested():
                return await self._tried(connection, taken)
        except Exception as error:
            if at_fault_is_the_world(error):
                raise
            if len(taken) == 1:
                place = _place(taken[0])
                log.error("parked_failed", **place._asdict(), exc_info=error)
                await parking.set_aside(connection, place)
                return 0
        middle = len(taken) // 2
        first = await self._sifted(connection, taken[:middle])
        return first + await self._sifted(connection, taken[middle:])

    async def _tried(self, connection: AsyncConnection, taken: Sequence[Any]) -> int:
        teacher = self._planner.teacher
        questions = [parked_question(row.workspace_id, row.body, row.waits or []) for row in taken]
        found = await answers(connection, questions, teacher)
        both = list(zip(questions, found, strict=True))
        links = [link for question, answer in both for link in learned(question, answer, teacher)]
        await resolving.teach_links(connection, links)
        plan, done, waiting = Plan(), list[Place](), list[Any]()
        for row, (question, answer) in zip(taken, both, strict=True):
            spot = Spot(park.without_bytes(_place(row), row.headers), row.element, row.received_at)
            verdict = None if answer.wants else answered(question, answer)
            if isinstance(verdict, ToApply):
                self._planner.send(plan, spot, verdict)
                done.append(_place(row))
            else:
                waiting.append(self._waits_on(row, answer))
        await self._send(plan)
        await parking.end(connection, done, "resolved")
        await parking.tried(connection, waiting)
        return len(done)

    def _waits_on(self, row: Any, answer: Answer) -> tuple[Place, str, str | None, int | None]:
        """What is refused although nothing lacks was checked by another version: it expires."""
        if answer.wants is None:
            log.error("parked_refused", topic=row.topic, partition=row.log_partition,
                      offset=row.log_offset, element=row.element)  # fmt: skip
        person, teacher = answer.person_id, self._planner.teacher
        shard = None if person is None else teacher.shard(row.workspace_id, person)
        return _place(row), answer.wants or STUDY, person, shard

    async def _buried(self, connection: AsyncConnection, late: Sequence[Any]) -> int:
        """Letters of those whose records fit into one portion; the others are left for the next."""
        kept = {
            (one.topic, one.partition, one.offset): park.stored(one)
            for one in await parking.records(connection, [_place(row) for row in late])
        }
        plan, done, now = Plan(), list[Place](), clock.now()
        for row, record in _with_records(late, kept):
            spot = Spot(record, row.element, row.received_at)
            self._planner.bury(plan, spot, UNMATCHED.get(row.wants, UNMATCHED[PERSON]), now)
            done.append(_place(row))
        await self._send(plan)
        for letter, records in plan.classes.items():
            self._metrics.count("dead_letters_total", records, **{"class": letter})
        return await parking.end(connection, done, "expired")

    async def _send(self, plan: Plan) -> None:
        await self._producer.send(plan.signals + self._planner.letters(plan))
        self._crash.after("sweep.acknowledged")


def _with_records(
    late: Sequence[Any], kept: dict[tuple[str, int, int], park.StoredRecord]
) -> Iterator[tuple[Any, park.StoredRecord]]:
    """Each with its record; one whose bytes an erasure took becomes a letter without them."""
    for row in late:
        place = _place(row)
        if (record := kept.get(place[:3])) is not None:
            yield row, record
        elif not row.is_kept:
            yield row, park.without_bytes(place, None)


def _place(row: Any) -> Place:
    return Place(row.topic, row.log_partition, row.log_offset, row.element)
