"""A dead letter of apply: the record byte for byte, and our headers behind its own."""

from datetime import datetime

from schemas.codec import Refused
from schemas.fields import format_instant
from schemas.routing import person_key
from schemas.vocabulary import DeadLetterClass
from workers.apply.incoming import Incoming
from workers.apply.outbox import Letter

MAX_REASON = 1024


def letter(
    incoming: Incoming, refused: Refused, *, group: str, version: str, now: datetime
) -> Letter:
    """What goes to the dead letters for a record of `signals`."""
    record = incoming.record
    ours = {
        "__dlq.errors.topic": record.topic,
        "__dlq.errors.partition": str(record.partition),
        "__dlq.errors.offset": str(record.offset),
        "__dlq.errors.group": group,
        "__dlq.errors.message": refused.reason,
        "pstatus-dlq-class": refused.letter,
        "pstatus-dlq-attempt": "1",
        "pstatus-dlq-first-failed-at": format_instant(now),
        "pstatus-dlq-worker-version": version,
        "pstatus-dlq-received-at": format_instant(incoming.received_at),
        "pstatus-dlq-element": "0",
    }
    return Letter(record.key, record.value, (*record.headers, *_headers(ours)))


def unheard(key: tuple[str, str], reason: str, *, version: str, now: datetime) -> Letter:
    """What tells operators of a person who broke without any record: a timer, a refold."""
    ours = {
        "__dlq.errors.message": reason,
        "pstatus-dlq-class": DeadLetterClass.BUG,
        "pstatus-dlq-attempt": "1",
        "pstatus-dlq-first-failed-at": format_instant(now),
        "pstatus-dlq-worker-version": version,
    }
    return Letter(person_key(*key), None, tuple(_headers(ours)))


def _headers(texts: dict[str, str]) -> list[tuple[str, bytes]]:
    return [(name, text.encode()[:MAX_REASON]) for name, text in texts.items()]
