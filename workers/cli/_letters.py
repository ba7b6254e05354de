"""Dead letters as the commands see them: read from their topic, filtered, each told once."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from schemas import letters as names
from schemas.fields import format_instant
from schemas.topics import DEAD_LETTERS, SIGNALS
from schemas.webhooks import PROVIDER, WORKSPACE_ID, header_texts
from workers.settings import Settings

Headers = Sequence[tuple[str, bytes | None]]
Seen = Callable[[int], None]
"""Told how many more records were read."""
WAIT_MS = 500


@dataclass(frozen=True)
class Letter:
    """A record of `dead-letters`; `prefix` is that of this installation's topics."""

    prefix: str
    place: tuple[int, int]
    """(partition, offset) in `dead-letters`"""
    written_at: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int = 0
    """Bytes of the value, also where that was dropped."""

    def without_value(self) -> "Letter":
        """To be kept in numbers: bodies may be large."""
        return replace(self, value=None)

    @cached_property
    def texts(self) -> dict[str, str]:
        """Our headers as text: of equal names the last, for a record put back had some already."""
        told = reversed([(name, raw) for name, raw in self.headers if names.is_ours(name)])
        return header_texts(told)

    @cached_property
    def own(self) -> dict[str, str]:
        """The record's headers as text."""
        return header_texts((name, raw) for name, raw in self.headers if not names.is_ours(name))

    @cached_property
    def id(self) -> str:
        """Its id; letters of old that have none are named by what they are about."""
        told = self.texts.get(names.ID)
        if told and names.as_uuid(told.encode()):
            return str(names.as_uuid(told.encode()))
        where = "/".join(
            self.texts.get(n, "") for n in (names.TOPIC, names.PARTITION, names.OFFSET)
        )
        if names.TOPIC not in self.texts:
            where = "/".join(map(str, self.place))
        return str(names.letter_id(where, self.elements, self.letter))

    @property
    def attempt(self) -> int:
        """How often the record has failed, this time included."""
        told = {name: text.encode() for name, text in self.texts.items()}
        return max(1, names.attempt(told))

    @property
    def handle(self) -> tuple[str, int]:
        """What tells it from every other letter."""
        return self.id, self.attempt

    @property
    def letter(self) -> str:
        """Its class."""
        return self.texts.get(names.CLASS, "")

    @property
    def topic(self) -> str:
        """Where the record stood, without the prefix; empty if it was none."""
        return self.texts.get(names.TOPIC, "").removeprefix(self.prefix)

    @property
    def partition(self) -> int:
        """The record's; -1 if it was none."""
        return _number(self.texts.get(names.PARTITION))

    @property
    def offset(self) -> int:
        """The record's; -1 if it was none."""
        return _number(self.texts.get(names.OFFSET))

    @property
    def elements(self) -> str:
        """Which of the record's elements it is about."""
        return self.texts.get(names.ELEMENT, "")

    @cached_property
    def count(self) -> int:
        """How many elements these are."""
        return len(names.elements_of(self.elements))

    @property
    def provider(self) -> str:
        """Whose webhook it was; our own signals are `standard`."""
        return "standard" if self.topic == SIGNALS.name else self.own.get(PROVIDER, "")

    @property
    def workspace_id(self) -> str:
        """Of the record's header, or of a signal's key; empty if neither tells."""
        if self.topic in (SIGNALS.name, ""):
            return _workspace_of(self.key)
        return self.own.get(WORKSPACE_ID, "")

    def shown(self) -> dict[str, Any]:
        """What a list tells of it; nothing of the body."""
        return {
            "id": self.id, "attempt": self.attempt, "class": self.letter,
            "topic": self.topic, "partition": self.partition, "offset": self.offset,
            "elements": self.elements, "provider": self.provider,
            "workspace_id": self.workspace_id, "written_at": format_instant(self.written_at),
            "first_failed_at": self.texts.get(names.FIRST_FAILED_AT, ""),
            "worker_version": self.texts.get(names.WORKER_VERSION, ""),
            "reason": self.texts.get(names.MESSAGE, ""), "bytes": self.size,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which letters are meant; several narrow each other, several of one kind widen it."""

    classes: Sequence[str] = ()
    topics: Sequence[str] = ()
    providers: Sequence[str] = ()
    workspace_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    partition: int | None = None
    first: int | None = None
    last: int | None = None
    ids: Sequence[str] = ()

    def fit(self, letter: Letter) -> bool:
        """Whether this one is meant."""
        among = (
            (self.classes, letter.letter), (self.topics, letter.topic),
            (self.providers, letter.provider), (self.ids, letter.id),
        )  # fmt: skip
        return all(not wanted or told in wanted for wanted, told in among) and (
            (self.workspace_id is None or letter.workspace_id == self.workspace_id)
            and (self.since is None or letter.written_at >= self.since)
            and (self.until is None or letter.written_at < self.until)
            and (self.partition is None or letter.partition == self.partition)
            and (self.first is None or letter.offset >= self.first)
            and (self.last is None or 0 <= letter.offset <= self.last)
        )

    def as_json(self) -> dict[str, Any]:
        """As it is written down with what was done."""
        told = {
            "class": list(self.classes), "topic": list(self.topics),
            "provider": list(self.providers), "workspace": self.workspace_id,
            "since": self.since and format_instant(self.since),
            "until": self.until and format_instant(self.until), "partition": self.partition,
            "from_offset": self.first, "to_offset": self.last, "id": list(self.ids),
        }  # fmt: skip
        return {name: value for name, value in told.items() if value not in (None, [])}


class Topic:
    """The topic as it stands now: what comes later is not read."""

    def __init__(self, settings: Settings, name: str = DEAD_LETTERS.name) -> None:
        from aiokafka import AIOKafkaConsumer

        self._prefix = settings.topic_prefix
        self._name = settings.topic_prefix + name
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap_servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        self._begins: dict[Any, int] = {}
        self._ends: dict[Any, int] = {}
        self.records = 0
        """How many there are at most: holes count, too."""

    async def __aenter__(self) -> "Topic":
        from aiokafka import TopicPartition

        from workers.cli.errors import UserError

        try:
            await self._consumer.start()
            if self._name not in await self._consumer.topics():
                raise UserError(f"Kafka has no topic {self._name}: run `pstatus topics create`.")
            await self._consumer._client._wait_on_metadata(self._name)
            numbers = self._consumer.partitions_for_topic(self._name) or ()
            places = [TopicPartition(self._name, number) for number in sorted(numbers)]
            self._consumer.assign(places)
            self._begins = await self._consumer.beginning_offsets(places)
            self._ends = await self._consumer.end_offsets(places)
            self.records = sum(self._ends[place] - self._begins[place] for place in places)
            await self._consumer.seek_to_beginning(*places)
        except BaseException:
            await self._consumer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    @property
    def spans(self) -> dict[int, tuple[int, int]]:
        """(first offset, the one after the last) of each partition."""
        return {place.partition: (self._begins[place], end) for place, end in self._ends.items()}

    @property
    def partitions(self) -> int:
        """How many it has."""
        return len(self._ends)

    async def raw(self, seen: Seen) -> AsyncIterator[Any]:
        """Every record, partition by partition, oldest first."""
        for place, end in self._ends.items():
            self._consumer.pause(*(other for other in self._ends if other != place))
            self._consumer.resume(place)
            before = await self._consumer.position(place)
            while before < end:
                batch = (await self._consumer.getmany(place, timeout_ms=WAIT_MS)).get(place, [])
                for record in batch:
                    if record.offset < end:
                        yield record
                now = min(await self._consumer.position(place), end)
                seen(now - before)
                before = now

    async def letters(self, filters: Filters, seen: Seen) -> AsyncIterator[Letter]:
        """Each letter that fits, once: what a retry wrote twice is one letter."""
        known: set[tuple[str, int]] = set()
        async for record in self.raw(seen):
            letter = letter_of(record, self._prefix)
            if filters.fit(letter) and letter.handle not in known:
                known.add(letter.handle)
                yield letter


def letter_of(record: Any, prefix: str) -> Letter:
    """A record of `dead-letters`."""
    written = datetime.fromtimestamp(max(record.timestamp, 0) / 1000, UTC)
    place, size = (record.partition, record.offset), len(record.value or b"")
    headers = tuple(record.headers)
    return Letter(prefix, place, written, record.key, record.value, headers, size)


def _workspace_of(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace").partition(":")[0]


def _number(told: str | None) -> int:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 19 else -1
