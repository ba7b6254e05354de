"""A dead letter of apply: the record byte for byte, and our headers behind its own."""

from datetime import datetime

from schemas import letters as names
from schemas.codec import Refused
from schemas.fields import format_instant
from schemas.routing import person_key
from schemas.vocabulary import DeadLetterClass
from workers.apply.incoming import Incoming
from workers.apply.outbox import Letter

ALONE = "0"
"""A record of `signals` has one element."""


def letter(
    incoming: Incoming, refused: Refused, *, group: str, version: str, now: datetime
) -> Letter:
    """What goes to the dead letters for a record of `signals`.

    A signal made of a letter that was put back carries that letter's headers (ingest copies
    them): its attempt is the next one, and it keeps its id if it fails as before.
    """
    record = incoming.record
    known = dict(record.headers)
    where = f"{record.topic}/{record.partition}/{record.offset}"
    told = (known.get(names.FIRST_FAILED_AT) or b"")[:64].decode(errors="replace")
    ours = {
        names.TOPIC: record.topic,
        names.PARTITION: str(record.partition),
        names.OFFSET: str(record.offset),
        names.GROUP: group,
        names.MESSAGE: refused.reason,
        names.CLASS: str(refused.letter),
        names.ATTEMPT: str(names.attempt(known) + 1),
        names.FIRST_FAILED_AT: told or format_instant(now),
        names.WORKER_VERSION: version,
        names.RECEIVED_AT: format_instant(incoming.received_at),
        names.ELEMENT: ALONE,
        names.ID: str(names.again_id(known, where, ALONE, refused.letter)),
    }
    return Letter(record.key, record.value, (*record.headers, *_headers(ours)))


def unheard(key: tuple[str, str], reason: str, *, version: str, now: datetime) -> Letter:
    """What tells operators of a person who broke without any record: a timer, a refold.

    There is nothing to put back: its id is made of the person and the moment.
    """
    moment = format_instant(now)
    where = person_key(*key).decode()
    ours = {
        names.MESSAGE: reason,
        names.CLASS: DeadLetterClass.BUG.value,
        names.ATTEMPT: "1",
        names.FIRST_FAILED_AT: moment,
        names.WORKER_VERSION: version,
        names.ID: str(names.letter_id(where, moment, DeadLetterClass.BUG.value)),
    }
    return Letter(person_key(*key), None, tuple(_headers(ours)))


def _headers(texts: dict[str, str]) -> list[tuple[str, bytes]]:
    return [
        (name, text.encode()[: names.MAX_MESSAGE].decode(errors="ignore").encode())
        for name, text in texts.items()
    ]
