"""What a batch of raw records comes to, decided before anything is written. Does no IO."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from aiokafka import TopicPartition

from schemas.fields import format_instant
from schemas.routing import shard_of
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import ORIGIN, RECEIVED_AT, Webhook
from workers.ingest.addresses import AddressKeys
from workers.ingest.judge import Configured, ToApply, Verdict, judge
from workers.ingest.letters import Postmark, headers_of
from workers.ingest.produce import Outgoing
from workers.ingest.records import Record, broker_time, origin, webhook_of
from workers.ingest.translate import translate
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


@dataclass(slots=True)
class Plan:
    """Everything one batch writes, and the offsets that may be committed once it is written."""

    signals: list[Outgoing] = field(default_factory=list)
    letters: list[Outgoing] = field(default_factory=list)
    configurations: list[Told] = field(default_factory=list)
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    elements: Counter[tuple[str, str]] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    newest: dict[TopicPartition, int] = field(default_factory=dict)
    """Timestamp (ms) of the last record of each partition."""


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
    ) -> None:
        self._signals = signals
        self._dead_letters = dead_letters
        self._shards = shards
        self._addresses = addresses
        self._by = by
        self._failed = failed
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
            return
        received = format_instant(webhook.received_at).encode()
        for number, element in enumerate(translate(webhook)):
            verdict = self._verdict(record, element, webhook)
            if isinstance(verdict, ToApply):
                self._signal(plan, record, number, verdict, received)
            else:
                self._other(plan, Spot(record, number, webhook.received_at), verdict, now)
            if number % PAUSE_EVERY == PAUSE_EVERY - 1:
                yield

    def _verdict(self, record: Record, element: Element, webhook: Webhook) -> Verdict:
        try:
            return judge(element, webhook, self._addresses)
        except Exception as error:  # a bug of ours must not stop everybody else's records
            self._failed(record, error)
            return BUG

    def refused(self, plan: Plan, told: Told, dead: Dead, now: datetime) -> None:
        """Turns a configuration that the database refused into a letter."""
        plan.elements[told.spot.record.topic, "configured"] -= 1
        self._other(plan, told.spot, dead, now)

    def _signal(
        self, plan: Plan, record: Record, element: int, verdict: ToApply, received: bytes
    ) -> None:
        headers = [(RECEIVED_AT, received), (ORIGIN, origin(record, element).encode())]
        shard = self._shard_of(verdict.key, self._shards)
        plan.signals.append(Outgoing(self._signals, shard, verdict.key, verdict.value, headers))
        plan.elements[record.topic, "signal"] += 1

    def _other(self, plan: Plan, spot: Spot, verdict: Verdict, now: datetime) -> None:
        topic = spot.record.topic
        if isinstance(verdict, Dead):
            plan.letters.append(self._letter(spot, verdict, now))
            plan.classes[verdict.letter] += 1
            plan.elements[topic, "dead"] += 1
        elif isinstance(verdict, Configured):
            plan.configurations.append(Told(verdict, spot))
            plan.elements[topic, "configured"] += 1
        elif isinstance(verdict, Unused):
            plan.elements[topic, "unused"] += 1

    def _letter(self, spot: Spot, dead: Dead, now: datetime) -> Outgoing:
        record = spot.record
        headers = headers_of(
            record, spot.element, dead, received_at=spot.received_at, now=now, by=self._by
        )
        shard = record.partition % self._shards
        return Outgoing(self._dead_letters, shard, record.key, record.value, headers)
