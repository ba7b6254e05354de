"""What a batch of raw records comes to, decided before anything is written. Does no IO."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from aiokafka import TopicPartition

from schemas.fields import format_instant
from schemas.routing import shard_of
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import ORIGIN, RECEIVED_AT, Webhook
from workers.ingest.addresses import AddressKeys
from workers.ingest.judge import Configured, ToApply, Verdict, answered, judge
from workers.ingest.lessons import Taught, Teacher
from workers.ingest.letters import LIMITED, Grave, Postmark, carried, headers_of, was_a_letter
from workers.ingest.produce import Outgoing
from workers.ingest.questions import Question
from workers.ingest.records import Record, broker_time, is_redirect, origin, webhook_of
from workers.ingest.resolve import Answer
from workers.ingest.unused import Idle
from workers.ingest.verify import OPEN, Gate, Studies
from workers.providers.outcomes import Dead, Element, Unused

PAUSE_EVERY = 250
"""Elements of one record after which the event loop may have its turn."""
BUG = Dead(DeadLetterClass.BUG, "this version of the worker failed on it; see its log")


@dataclass(frozen=True, slots=True)
class Spot:
    """Which element of which record, and when that was received."""

    record: Record
    element: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A configuration, and where it stands: a dead letter about it would need that."""

    configured: Configured
    spot: Spot


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and where the element stands that asks it."""

    question: Question
    spot: Spot


class Share(NamedTuple):
    """How many of a record's elements died for reasons that a bad version has, of how many."""

    topic: str
    workspace_id: str
    lost: int
    elements: int


@dataclass(slots=True)
class Plan:
    """Everything one batch writes, and the offsets that may be committed once it is written."""

    signals: list[Outgoing] = field(default_factory=list)
    graves: dict[tuple[str, int, int, str], Grave] = field(default_factory=dict)
    """What died, by record and class: a letter each."""
    configurations: list[Told] = field(default_factory=list)
    lessons: list[Taught] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    """What the database is asked first: it counts as nothing until it is answered."""
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    elements: Counter[tuple[str, str]] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    newest: dict[TopicPartition, int] = field(default_factory=dict)
    """Timestamp (ms) of the last record of each partition."""
    shares: list[Share] = field(default_factory=list)
    """How much of each record was lost, in their order."""
    studies: Studies = field(default_factory=dict)
    """What was looked up of the studies that the batch's redirects name."""
    seals: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Records by provider and what their signature came to."""
    idle: Idle = field(default_factory=Idle)
    """What was of no use, by its word."""


class Planner:
    """Adds records to plans. `failed` is told of exceptions that our own code should not raise."""

    def __init__(
        self,
        *,
        signals: str,
        dead_letters: str,
        shards: int,
        addresses: AddressKeys,
        by: Postmark,
        failed: Callable[[Record, Exception], None],
        gate: Gate = OPEN,
    ) -> None:
        self._gate = gate
        self._signals = signals
        self._dead_letters = dead_letters
        self._shards = shards
        self._addresses = addresses
        self._by = by
        self._failed = failed
        self.teacher = Teacher(addresses, shards)
        self._shard_of = lru_cache(maxsize=65_536)(shard_of)

    def add(self, plan: Plan, record: Record, now: datetime) -> Iterator[None]:
        """Works one record into the plan; pauses now and then within a large array."""
        place = TopicPartition(record.topic, record.partition)
        plan.offsets[place] = record.offset + 1
        plan.newest[place] = record.timestamp
        plan.records[record.topic] += 1
        webhook = webhook_of(record)
        if isinstance(webhook, Dead):
            self._other(plan, Spot(record, 0, broker_time(record)), webhook, now)
            _note_share(plan, record, "", 1)
            return
        received = format_instant(webhook.received_at).encode()
        elements = self._gate.elements(webhook, plan.studies, plan.seals)
        for number, element in enumerate(elements):
            verdict = self._verdict(plan, record, element, webhook)
            if isinstance(verdict, ToApply):
                self._signal(plan, record, number, verdict, received)
            else:
                self._other(plan, Spot(record, number, webhook.received_at), verdict, now)
                if isinstance(verdict, Unused):
                    plan.idle.add(verdict, webhook, origin(record, number))
            if number % PAUSE_EVERY == PAUSE_EVERY - 1:
                yield
        _note_share(plan, record, webhook.workspace_id, len(elements))

    def letters(self, plan: Plan) -> list[Outgoing]:
        """A letter for each record and class of what died."""
        return [
            Outgoing(
                self._dead_letters, grave.record.partition % self._shards, grave.record.key,
                grave.record.value, headers_of(grave, self._by),
            )
            for grave in plan.graves.values()
        ]  # fmt: skip

    def _verdict(self, plan: Plan, record: Record, element: Element, webhook: Webhook) -> Verdict:
        try:
            verdict = judge(element, webhook, self._addresses)
            if isinstance(verdict, ToApply | Question) and not isinstance(element, Unused | Dead):
                plan.lessons += self.teacher.news(element, webhook.workspace_id)
        except Exception as error:  # a bug of ours must not stop everybody else's records
            self._failed(record, error)
            return BUG
        return verdict

    def settled(self, plan: Plan, asked: Asked, answer: Answer, now: datetime) -> None:
        """What a question came to, now that the database was asked."""
        spot = asked.spot
        if answer.wants:
            plan.elements[spot.record.topic, "parked"] += 1
            return
        verdict = answered(asked.question, answer)
        if isinstance(verdict, ToApply):
            self.send(plan, spot, verdict)
        else:
            self._other(plan, spot, verdict, now)

    def send(self, plan: Plan, spot: Spot, verdict: ToApply) -> None:
        """A signal of an element that was looked at before."""
        received = format_instant(spot.received_at).encode()
        self._signal(plan, spot.record, spot.element, verdict, received)

    def refused(self, plan: Plan, told: Told | Asked, dead: Dead, now: datetime) -> None:
        """Turns what the database refused into a letter."""
        if isinstance(told, Told):
            plan.elements[told.spot.record.topic, "configured"] -= 1
        self._other(plan, told.spot, dead, now)

    def _signal(
        self, plan: Plan, record: Record, element: int, verdict: ToApply, received: bytes
    ) -> None:
        headers = [(RECEIVED_AT, received), (ORIGIN, origin(record, element).encode())]
        if was_a_letter(record):
            headers += carried(record, element)
        shard = self._shard_of(verdict.key, self._shards)
        plan.signals.append(Outgoing(self._signals, shard, verdict.key, verdict.value, headers))
        plan.elements[record.topic, "signal"] += 1

    def _other(self, plan: Plan, spot: Spot, verdict: Verdict, now: datetime) -> None:
        topic = spot.record.topic
        if isinstance(verdict, Dead):
            self.bury(plan, spot, verdict, now)
            plan.elements[topic, "dead"] += 1
        elif isinstance(verdict, Configured):
            plan.configurations.append(Told(verdict, spot))
            plan.elements[topic, "configured"] += 1
        elif isinstance(verdict, Question):
            plan.asked.append(Asked(verdict, spot))
        elif isinstance(verdict, Unused):
            plan.elements[topic, "unused"] += 1

    def bury(self, plan: Plan, spot: Spot, dead: Dead, now: datetime) -> None:
        """An element that ends in a dead letter."""
        record = spot.record
        place = (record.topic, record.partition, record.offset, dead.letter.value)
        if place not in plan.graves:
            plan.graves[place] = Grave(record, dead.letter, spot.received_at, now)
            plan.classes[dead.letter] += 1
        plan.graves[place].add(spot.element, dead)


def _note_share(plan: Plan, record: Record, workspace_id: str, elements: int) -> None:
    """What was put back says nothing about what comes in: it is not counted.

    Nor is a redirect that says nothing of use: anybody's browser could hold everybody's topic.
    """
    dead: Counter[DeadLetterClass] = Counter()
    for word in DeadLetterClass if plan.graves else ():
        grave = plan.graves.get((record.topic, record.partition, record.offset, word.value))
        if grave is not None:
            grave.of = elements
            dead[word] += len(grave.elements)
    lost = sum(number for word, number in dead.items() if word in LIMITED)
    forged = lost > dead[DeadLetterClass.BUG] and is_redirect(record)
    if not (was_a_letter(record) or forged):
        plan.shares.append(Share(record.topic, workspace_id, lost, max(1, elements)))
