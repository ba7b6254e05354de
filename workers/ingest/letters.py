"""A dead letter: the raw record byte for byte, and headers that say why. Holds no payload text."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from schemas.fields import format_instant
from workers.ingest.records import Record, origin
from workers.providers.outcomes import Dead

NAMESPACE = UUID("6a5f9a3e-8c55-5e0c-9f44-0d2f6a5b7c11")
"""Of the ids of ingest's dead letters."""
MAX_REASON = 1024

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Postmark:
    """What every letter of this worker carries: its consumer group and version."""

    group: str
    version: str


def letter_id(where: str, letter: str) -> UUID:
    """The same letter has the same id however often it is written: origin, element, class."""
    return uuid5(NAMESPACE, f"{where}:{letter}")


def headers_of(
    record: Record, element: int, dead: Dead, *, received_at: datetime, now: datetime, by: Postmark
) -> Headers:
    """The record's own headers, then ours."""
    known = dict(record.headers)
    reason = dead.reason.encode()[:MAX_REASON].decode(errors="ignore").encode()
    return [
        *record.headers,
        ("__dlq.errors.topic", record.topic.encode()),
        ("__dlq.errors.partition", str(record.partition).encode()),
        ("__dlq.errors.offset", str(record.offset).encode()),
        ("__dlq.errors.group", by.group.encode()),
        ("__dlq.errors.message", reason),
        ("pstatus-dlq-class", dead.letter.value.encode()),
        ("pstatus-dlq-attempt", str(_attempts(known) + 1).encode()),
        ("pstatus-dlq-first-failed-at", _first_failed_at(known, now)),
        ("pstatus-dlq-worker-version", by.version.encode()),
        ("pstatus-dlq-received-at", format_instant(received_at).encode()),
        ("pstatus-dlq-element", str(element).encode()),
        ("pstatus-dlq-id", str(letter_id(origin(record, element), dead.letter)).encode()),
    ]


def _attempts(known: dict[str, bytes]) -> int:
    told = known.get("pstatus-dlq-attempt") or b""
    return int(told) if told.isdigit() and len(told) < 6 else 0


def _first_failed_at(known: dict[str, bytes], now: datetime) -> bytes:
    return known.get("pstatus-dlq-first-failed-at") or format_instant(now).encode()
