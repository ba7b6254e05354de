"""A dead letter as the record that goes back through the door; decides nothing else."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from schemas import letters as names
from schemas.fields import parse_instant
from schemas.topics import RAW, SIGNALS
from schemas.webhooks import PROVIDER, RECEIVED_AT, WORKSPACE_ID
from workers.cli._letters import Letter

DOOR = "webhooks.product"
"""Only ingest writes `signals`: letters from there go in as our own signals."""
SHORT = {topic.name for topic in RAW}


class Back(NamedTuple):
    """A record to be written; `topic` without prefix, `partition` where it stood or None."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Impossible(NamedTuple):
    """Why a letter can't be put back, in a few words."""

    why: str


def put_back(letter: Letter, secrets: Path | None = None) -> Back | Impossible:
    """The record byte for byte, received when it was, with what its letter is known by.

    `secrets`: the folder of them; what goes in as our own signal is signed by one, if there is.
    """
    if names.CUT in letter.texts:
        return Impossible("only its beginning was kept")
    received = letter.texts.get(names.RECEIVED_AT, "").encode()
    known = [(name, letter.texts[name].encode()) for name in names.KEPT if name in letter.texts]
    known = [(name, raw) for name, raw in known if name != names.ID]
    known.append((names.ID, letter.id.encode()))
    if letter.topic in SHORT:
        own = _received(letter, received)
        return Back(letter.topic, letter.partition, letter.key, letter.value, [*own, *known])
    if letter.topic == SIGNALS.name:
        return _signal(letter, received, known, secrets)
    return Impossible(
        "about a person, not a record" if not letter.topic else "its topic is none of ours"
    )


def _signal(
    letter: Letter,
    received: bytes,
    known: Iterable[tuple[str, bytes | None]],
    secrets: Path | None,
) -> Back | Impossible:
    if not letter.workspace_id:
        return Impossible("nothing says which workspace")
    headers: list[tuple[str, bytes | None]] = [
        (PROVIDER, b"standard"), (WORKSPACE_ID, letter.workspace_id.encode()),
        (RECEIVED_AT, received), *known, *_sealed(letter, received, secrets),
    ]  # fmt: skip
    return Back(DOOR, None, letter.key, letter.value, headers)


def _sealed(letter: Letter, received: bytes, secrets: Path | None) -> list[tuple[str, bytes]]:
    """Signed as of its receipt: signatures are judged by that moment."""
    from workers.ingest.verify import sealed

    try:
        at = parse_instant(received.decode())
    except ValueError:
        at = letter.written_at
    value, message_id = letter.value or b"", f"msg_{letter.id}"
    return sealed(secrets, letter.workspace_id, value, message_id=message_id, at=at)


def _received(letter: Letter, at: bytes) -> list[tuple[str, bytes | None]]:
    """The record's own headers with the time of receipt that counted, where it stood."""
    headers: list[tuple[str, bytes | None]] = []
    told = False
    for name, raw in letter.headers:
        if names.is_ours(name):
            continue
        if name != RECEIVED_AT:
            headers.append((name, raw))
        elif not told:
            headers.append((name, at))
            told = True
    return headers if told else [*headers, (RECEIVED_AT, at)]
