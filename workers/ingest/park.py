"""A parked element as rows, and its raw record byte for byte, there and back. Does no IO."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass

from schemas.webhooks import PROVIDER, header_texts
from workers.ingest.lessons import Teacher
from workers.ingest.plan import Spot
from workers.ingest.questions import Question
from workers.ingest.records import Record
from workers.ingest.resolve import Answer
from workers.store.parking import KeptRecord, Parked, Place

Header = tuple[str, bytes | None]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A raw record as it came; stands in for the broker's own where a letter is made."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


def place_of(record: Record, element: int) -> Place:
    """Where an element stands."""
    return Place(record.topic, record.partition, record.offset, element)


def parked(question: Question, answer: Answer, spot: Spot, teacher: Teacher) -> Parked:
    """The rows of a question that nobody can answer yet."""
    workspace, person = question.workspace_id, answer.person_id
    return Parked(
        place=place_of(spot.record, spot.element),
        workspace_id=workspace,
        provider=header_texts(spot.record.headers).get(PROVIDER, ""),
        kind=question.kind,
        wants=answer.wants or "",
        person_id=person,
        person_shard=None if person is None else teacher.shard(workspace, person),
        body=json.dumps(question.body, ensure_ascii=False),
        received_at=spot.received_at,
        waits=question.told_by,
    )


def kept(record: Record) -> KeptRecord:
    """The raw record, to be kept."""
    told = [
        (name, None if raw is None else b64encode(raw).decode()) for name, raw in record.headers
    ]
    return KeptRecord(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value,
        json.dumps(told).encode(),
    )  # fmt: skip


def stored(one: KeptRecord) -> StoredRecord:
    """The raw record, as it was."""
    return StoredRecord(
        one.topic, one.partition, one.offset, one.appended_ms, one.key, one.value,
        _headers(one.headers),
    )  # fmt: skip


def without_bytes(place: Place, headers: bytes | None) -> StoredRecord:
    """Where a record was and what its headers said; its bytes are not at hand, or gone."""
    told = () if headers is None else _headers(headers)
    return StoredRecord(place.topic, place.partition, place.offset, 0, None, None, told)


def _headers(told: bytes) -> tuple[Header, ...]:
    return tuple((name, None if raw is None else b64decode(raw)) for name, raw in json.loads(told))
