"""A dead letter: the raw record byte for byte, and headers that say why. Holds no payload text.

One letter for each record and class, whatever number of its elements it is about: two thousand
bad elements of a large array are one copy of it, not two thousand.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from schemas import letters as names
from schemas.fields import format_instant
from schemas.vocabulary import DeadLetterClass
from workers.ingest.records import Record
from workers.providers.outcomes import Dead

LIMITED = frozenset(
    {DeadLetterClass.BUG, DeadLetterClass.INVALID_SCHEMA, DeadLetterClass.UNKNOWN_PROVIDER}
)
"""The classes that a bad version makes, and that count towards the limit (limit.py)."""

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Postmark:
    """What every letter of this worker carries: its consumer group and version."""

    group: str
    version: str


@dataclass(slots=True)
class Grave:
    """What died of one record for one class of reasons: a letter about all these elements."""

    record: Record
    letter: DeadLetterClass
    received_at: datetime
    now: datetime
    of: int | None = None
    """How many elements the record had, as far as is known here."""
    elements: list[int] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, element: int, dead: Dead) -> None:
        """One more element."""
        self.elements.append(element)
        self.reasons[dead.reason] += 1


def headers_of(grave: Grave, by: Postmark) -> Headers:
    """The record's own headers, then ours."""
    record = grave.record
    known = dict(record.headers)
    elements = names.elements_text(sorted(grave.elements))
    where = f"{record.topic}/{record.partition}/{record.offset}"
    ours = {
        names.TOPIC: record.topic,
        names.PARTITION: str(record.partition),
        names.OFFSET: str(record.offset),
        names.GROUP: by.group,
        names.MESSAGE: names.message(grave.reasons).decode(),
        names.CLASS: grave.letter.value,
        names.ATTEMPT: str(names.attempt(known) + 1),
        names.FIRST_FAILED_AT: _first_failed_at(known, grave.now),
        names.WORKER_VERSION: by.version,
        names.RECEIVED_AT: format_instant(grave.received_at),
        names.ELEMENT: elements,
        names.ID: str(names.again_id(known, where, elements, grave.letter.value)),
    }
    if grave.of is not None:
        ours[names.OF] = str(grave.of)
    return [*record.headers, *((name, text.encode()) for name, text in ours.items())]


def carried(record: Record, element: int) -> Iterator[tuple[str, bytes]]:
    """What a signal carries of the letter that its record was: so apply's letter counts on."""
    known = dict(record.headers)
    elements = names.elements_of((known.get(names.ELEMENT) or b"").decode(errors="replace"))
    if element in elements:
        yield from ((name, raw) for name in names.KEPT if (raw := known.get(name)) is not None)


def was_a_letter(record: Record) -> bool:
    """Whether this record has failed before and was put back."""
    return any(name == names.ID for name, _ in record.headers)


def _first_failed_at(known: dict[str, bytes], now: datetime) -> str:
    told = (known.get(names.FIRST_FAILED_AT) or b"")[:64].decode(errors="replace")
    return told or format_instant(now)
