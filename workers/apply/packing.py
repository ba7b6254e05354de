"""From outbox rows to Kafka records: which topics, which keys, which headers."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5

from schemas import topics
from schemas.fields import format_instant
from schemas.routing import participant_key, person_key, study_key
from workers.apply.outbox import DEAD_LETTER, Headers, Row

SOURCE = b"/participant-status"
Out = tuple[bytes | None, bytes | None, Headers]
"""(key, value, headers) of one record."""


class Package:
    """The records of one Kafka transaction, by topic (without prefix)."""

    def __init__(self, database_id: UUID, shard: int) -> None:
        self._database_id = database_id
        self._shard = shard
        self._events: dict[str, list[Out]] = {}
        self._states: dict[str, dict[bytes, Out]] = {}

    def by_topic(self) -> dict[str, list[Out]]:
        """Everything to send; of a key of a compacted topic only the last record."""
        states = {topic: list(latest.values()) for topic, latest in self._states.items()}
        return self._events | states

    def add(self, row: Row) -> None:
        """One more row; an emptied one is passed over."""
        if row.letter is not None:
            letter = row.letter
            self._event(topics.DEAD_LETTERS, (letter.key, letter.value, letter.headers))
        elif row.body is not None:
            ROUTES[row.kind](self, row, self._headers(row))

    def participant(self, row: Row, headers: Headers) -> None:
        """A participant's change and state."""
        self._event(topics.PARTICIPANT_CHANGES, (_person(row), row.body, headers))
        key = participant_key(row.workspace_id or "", f"{row.study_id}/{row.person_id}")
        self._state(topics.PARTICIPANTS, (key, row.body, headers))

    def contact(self, row: Row, headers: Headers) -> None:
        """A contact status' change and state."""
        self._event(topics.CONTACT_CHANGES, (_person(row), row.body, headers))
        self._state(topics.CONTACTS, (_person(row), row.body, headers))

    def erased(self, row: Row, headers: Headers) -> None:
        """An erasure, told to everybody; tombstones where the state was."""
        person = _person(row)
        for topic in (topics.CONTACT_CHANGES, topics.PARTICIPANT_CHANGES):
            self._event(topic, (person, row.body, headers))
        self._state(topics.ERASURES, (person, row.body, headers))
        self._state(topics.CONTACTS, (person, None, ()))
        for study_id in row.studies:
            key = participant_key(row.workspace_id or "", f"{study_id}/{row.person_id}")
            self._state(topics.PARTICIPANTS, (key, None, ()))

    def progress(self, row: Row, headers: Headers) -> None:
        """A study's counts."""
        key = study_key(row.workspace_id or "", row.study_id or "")
        self._state(topics.STUDY_PROGRESS, (key, row.body, headers))

    def _event(self, topic: topics.Topic, out: Out) -> None:
        self._events.setdefault(topic.name, []).append(out)

    def _state(self, topic: topics.Topic, out: Out) -> None:
        latest = self._states.setdefault(topic.name, {})
        latest.pop(out[0] or b"", None)
        latest[out[0] or b""] = out

    def _headers(self, row: Row) -> Headers:
        """CloudEvents 1.0, Kafka binding, binary mode."""
        return (
            ("ce_specversion", b"1.0"),
            ("ce_id", str(uuid5(self._database_id, f"{self._shard}/{row.seq}")).encode()),
            ("ce_source", SOURCE),
            ("ce_type", row.kind.encode()),
            ("ce_time", _time(row.recorded_at)),
            ("ce_subject", _subject(row).encode()),
            ("content-type", b"application/json"),
        )


ROUTES: dict[str, Callable[[Package, Row, Headers], None]] = {
    "participant.status_changed": Package.participant,
    "contact.status_changed": Package.contact,
    "person.erased": Package.erased,
    "study.progress_changed": Package.progress,
}


def pack(rows: Iterable[Row], database_id: UUID, shard: int) -> dict[str, list[Out]]:
    """The records of these rows, by topic."""
    package = Package(database_id, shard)
    for row in rows:
        package.add(row)
    return package.by_topic()


def letters_of(rows: Sequence[Row]) -> list[str]:
    """The classes of the dead letters among these rows."""
    headers = [dict(row.letter.headers) for row in rows if row.kind == DEAD_LETTER and row.letter]
    return [(header.get("pstatus-dlq-class") or b"").decode() for header in headers]


def _person(row: Row) -> bytes:
    return person_key(row.workspace_id or "", row.person_id or "")


@lru_cache(maxsize=64)
def _time(instant: datetime) -> bytes:
    return format_instant(instant).encode()  # all changes of a turn have the same


def _subject(row: Row) -> str:
    return "/".join(part for part in (row.study_id, row.person_id) if part)
