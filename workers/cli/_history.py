"""A person's explained history as lines and as JSON; free text only where it is asked for."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schemas.changes import Change, ContactStatusChanged, ParticipantStatusChanged
from schemas.fields import format_instant
from workers.cli._effects import until_said
from workers.domain.explaining import claim_of

if TYPE_CHECKING:
    from workers.domain.explaining import Entry, Move

PRIVATE = ("note", "properties", "emails")
"""Fields of a signal that stay out of sight unless somebody asks for them."""
KNOWN = {"id", "workspace_id", "person_id", "study_id", "occurred_at", "kind", *PRIVATE}
UNVERIFIED = "unverified"
Changes = Mapping[str | None, Sequence[Change]]
"""By the id of the signal that caused them; None: the clock's, and others without a signal."""


def lines(entry: "Entry", changes: Changes, *, with_notes: bool) -> Iterator[str]:
    """An entry in its order: what was told, the rows it found, causes, and what was published."""
    signal = entry.signal
    by = f"  {signal.id}" if entry.heard else "  (the clock)"
    study = getattr(signal, "study_id", None)
    where = f"  {study}" if study else ""
    yield f"{signal.occurred_at:%Y-%m-%d %H:%M:%S}  {kind(entry)}{where}{by}"
    if details := _details(entry):
        yield f"    {details}"
    if signal.unverified:
        yield f"    {UNVERIFIED}: a browser said so, and anybody may have typed it"
    if entry.is_late and entry.heard:
        yield f"    told late, at {entry.heard.received_at:%Y-%m-%d %H:%M:%S}: read in its place"
    yield from (f"    {line}" for line in map(_move_said, entry.moves))
    if not entry.moves:
        yield f"    {'opens and clicks move nothing' if signal.inert else 'no study is concerned'}"
    yield from (f"    began {name.replace(':', ' by ')}" for name in entry.began)
    yield from (f"    ended {name.replace(':', ' by ')}" for name in entry.ended)
    yield from (f"    published {_published(one)}" for one in _of(entry, changes))
    if with_notes:
        yield from (f"    {name}: {json.dumps(text)}" for name, text in private(entry).items())


def other(change: Change) -> Iterator[str]:
    """A change that no signal of the person made: the clock's, a configuration's, a refold's."""
    by = f"  {change.cause.signal_id}" if change.cause.signal_id else "  (nobody told)"
    yield f"{change.occurred_at:%Y-%m-%d %H:%M:%S}  {change.cause.kind}{by}"
    yield f"    published {_published(change)}"


def kind(entry: "Entry") -> str:
    """The entry's kind of signal."""
    return str(entry.signal.kind)  # type: ignore[attr-defined]


def private(entry: "Entry") -> dict[str, Any]:
    """What was typed or is personal: note, properties, keys of addresses."""
    found = {name: getattr(entry.signal, name, None) for name in PRIVATE}
    return {name: told for name, told in found.items() if told is not None}


def _details(entry: "Entry") -> str:
    told = _fields(entry)
    return ", ".join(f"{name} {value}" for name, value in told.items() if name != UNVERIFIED)


def _fields(entry: "Entry") -> dict[str, Any]:
    names = [one.name for one in dataclasses.fields(entry.signal)]
    found = {name: getattr(entry.signal, name) for name in names if name not in KNOWN}
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    return format_instant(value) if hasattr(value, "isoformat") else value


def _move_said(move: "Move") -> str:
    was = move.before or "new"
    noted = "; recorded" if move.is_noted else ""
    if move.row is None:
        return f"{move.study_id}: {was} -> {move.after}, no row: {move.why_none}{noted}"
    asked = " and ".join(claim_of(claim) for claim in move.row.when)
    return f"{move.study_id}: {was} -> {move.after}, by its row{f' ({asked})' if asked else ''}"


def _of(entry: "Entry", changes: Changes) -> Iterator[Change]:
    if entry.heard:
        yield from changes.get(entry.signal.id, ())
        return
    for change in changes.get(None, ()):
        if change.cause.kind == "clock" and change.occurred_at == entry.signal.occurred_at:
            yield change


def _published(change: Change) -> str:
    if isinstance(change, ContactStatusChanged):
        return f"contact {change.prior_status} -> {change.status}{until_said(change.until)}"
    if not isinstance(change, ParticipantStatusChanged):
        return change.change
    flags = [name for name in ("correction", "notify") if getattr(change, name)]
    said = f"{change.study_id} {change.prior_status or 'new'} -> {change.status} ({change.stage})"
    return f"{said} {' '.join(flags)}".rstrip()


def as_json(entry: "Entry", changes: Changes, *, with_notes: bool) -> dict[str, Any]:
    """The entry for programs."""
    from schemas.codec import encode_change

    told: dict[str, Any] = {
        "occurred_at": format_instant(entry.signal.occurred_at),
        "kind": kind(entry),
        "signal_id": entry.signal.id if entry.heard else None,
        "study_id": getattr(entry.signal, "study_id", None),
        "received_at": format_instant(entry.heard.received_at) if entry.heard else None,
        "late": entry.is_late,
        "fields": _fields(entry),
        "moves": [_move_json(move) for move in entry.moves],
        "began": list(entry.began),
        "ended": list(entry.ended),
        "published": [json.loads(encode_change(one)) for one in _of(entry, changes)],
    }
    return told | (private(entry) if with_notes else {})


def _move_json(move: "Move") -> dict[str, Any]:
    row = move.row
    return {
        "study_id": move.study_id,
        "prior_status": move.before,
        "status": move.after,
        "row": None if row is None else {"when": [claim_of(claim) for claim in row.when]},
        "why_none": move.why_none,
        "recorded": move.is_noted,
    }
