"""One record of `signals`, decoded and compared with its place; no bytes make it raise."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from schemas import routing
from schemas.codec import Refused, decode_signal
from schemas.fields import parse_instant
from schemas.signals import OfPerson, PersonErased
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import ORIGIN, RECEIVED_AT, header_texts

AHEAD = timedelta(minutes=5)
"""A signal dated further ahead of its receipt is refused."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS = 253_402_300_799_000
"""The last second that a datetime can say."""
Record = Any
"""aiokafka's ConsumerRecord."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A signal with its record, or the refusal that makes a dead letter of it."""

    record: Record
    received_at: datetime
    origin: str | None
    signal: OfPerson | None
    refused: Refused | None = None

    @property
    def offset(self) -> int:
        """Where the topic had it."""
        return int(self.record.offset)

    @property
    def person(self) -> tuple[str, str] | None:
        """(workspace, person), as far as the body could be read."""
        return (self.signal.workspace_id, self.signal.person_id) if self.signal else None

    @property
    def erases(self) -> bool:
        """Whether somebody must be forgotten."""
        return self.refused is None and isinstance(self.signal, PersonErased)


def read(record: Record, shards: int) -> Incoming:
    """What a record says; refused: broken, in the wrong place, or from the future."""
    texts = header_texts(record.headers)
    received_at = _received_at(texts.get(RECEIVED_AT), record)
    origin = texts.get(ORIGIN)
    try:
        signal = decode_signal(record.value or b"")
    except Refused as refused:
        return Incoming(record, received_at, origin, None, refused)
    if not isinstance(signal, OfPerson):
        return Incoming(record, received_at, origin, None, _misrouted("names no person"))
    fault = _fault(record, signal, received_at, shards)
    is_theirs = fault is None or fault.letter is not DeadLetterClass.MISROUTED
    return Incoming(record, received_at, origin, signal if is_theirs else None, fault)


def refuse(incoming: Incoming, refused: Refused) -> Incoming:
    """The same record as a dead letter."""
    return Incoming(
        incoming.record, incoming.received_at, incoming.origin, incoming.signal, refused
    )


def _fault(record: Record, signal: OfPerson, received_at: datetime, shards: int) -> Refused | None:
    key = routing.person_key(signal.workspace_id, signal.person_id)
    if record.key != key:
        return _misrouted("the key is not that of the person in the body")
    if _shard_of(key, shards) != record.partition:
        return _misrouted("the partition is not that of the key")
    if signal.occurred_at - received_at > AHEAD:
        return Refused(DeadLetterClass.FROM_THE_FUTURE, "occurred_at is after it was received")
    return None


def _misrouted(reason: str) -> Refused:
    return Refused(DeadLetterClass.MISROUTED, reason)


_shard_of = lru_cache(maxsize=200_000)(routing.shard_of)


def _received_at(text: str | None, record: Record) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        return EPOCH + timedelta(milliseconds=min(max(record.timestamp or 0, 0), LAST_MS))
