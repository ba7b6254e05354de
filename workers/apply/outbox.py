"""A row of the outbox: a change, or a dead letter, with the number under which it is published."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any

from schemas.changes import Change, PersonErasedChange
from schemas.codec import encode_change
from schemas.fields import format_instant
from schemas.routing import person_of
from workers.apply.incoming import Incoming

DEAD_LETTER = "dead_letter"
NOBODY = (None, None)
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that could not be used, byte for byte, with our headers behind its own."""

    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Row:
    """What the relay publishes; one that an erasure emptied has neither body nor letter."""

    seq: int
    kind: str
    workspace_id: str | None
    person_id: str | None
    study_id: str | None
    recorded_at: datetime
    body: bytes | None = None
    studies: tuple[str, ...] = ()
    letter: Letter | None = None

    @property
    def person(self) -> tuple[str | None, str | None]:
        """Whose row it is."""
        return (self.workspace_id, self.person_id)

    @property
    def occasion(self) -> tuple[str | None, str | None, datetime]:
        """What is published together: whose row it is, and when it was decided."""
        return (*self.person, self.recorded_at)


def of_change(seq: int, change: Change, studies: Iterable[str] = ()) -> Row:
    """The row of a change; `studies` of an erasure are those that get a tombstone."""
    return Row(
        seq,
        change.change,
        change.workspace_id,
        getattr(change, "person_id", None),
        getattr(change, "study_id", None),
        change.recorded_at,
        encode_change(change),
        tuple(studies) if isinstance(change, PersonErasedChange) else (),
    )


def of_letter(seq: int, incoming: Incoming | None, letter: Letter, now: datetime) -> Row:
    """The row of a dead letter, with whose it is: an erasure must find it.

    The body tells, else the key: of a body that nobody can read only that is left.
    """
    workspace_id, person_id = (incoming and incoming.person) or person_of(letter.key) or NOBODY
    return Row(seq, DEAD_LETTER, workspace_id, person_id, None, now, letter=letter)


def to_json(rows: Iterable[Row]) -> str:
    """The rows as the parameter of INSERT_CHANGES; bodies stand in it byte for byte."""
    return "[" + ",".join(map(_json, rows)) + "]"


def from_column(column: Sequence[Any]) -> Row:
    """A row as the database gives it back."""
    seq, kind, workspace_id, person_id, study_id, recorded_at, body, studies, *letter = column
    return Row(
        seq,
        kind,
        workspace_id,
        person_id,
        study_id,
        recorded_at,
        None if body is None else body.encode(),
        tuple(studies or ()),
        _letter(*letter),
    )


def _json(row: Row) -> str:
    head = (
        f'{{"q":{row.seq},"k":"{row.kind}","w":{quoted(row.workspace_id)},'
        f'"p":{quoted(row.person_id)},"s":{quoted(row.study_id)},"t":"{format_instant(row.recorded_at)}"'
    )
    if row.letter is not None:
        return head + _json_of_letter(row.letter)
    body = "null" if row.body is None else row.body.decode()
    studies = json.dumps(row.studies) if row.studies else "null"
    return f'{head},"b":{body},"z":{studies}}}'


def _json_of_letter(letter: Letter) -> str:
    headers = [[name, _base64(value)] for name, value in letter.headers]
    rest = {"lk": _base64(letter.key), "lv": _base64(letter.value), "lh": headers}
    return "," + json.dumps(rest)[1:]


def _letter(key: bytes | None, value: bytes | None, headers: Any) -> Letter | None:
    if headers is None:
        return None
    told = tuple((name, None if raw is None else b64decode(raw)) for name, raw in headers)
    return Letter(key, value, told)


def quoted(text: str | None) -> str:
    """A text as JSON: what json.dumps does, without its detours."""
    return "null" if text is None else encode_basestring_ascii(text)


def _base64(raw: bytes | None) -> str | None:
    return None if raw is None else b64encode(raw).decode()
