"""`pstatus dlq export` and `import`: dead letters as JSON lines, bytes in base64."""

import json
import os
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from schemas.topics import DEAD_LETTERS
from workers.cli._dlq_options import By, Dry, filtered, on_letters
from workers.cli._letters import Filters, Letter, Seen, Topic
from workers.cli.errors import UserError
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

WARNING = (
    "pstatus: this file holds webhooks as they were received: personal data. Who was erased stays"
    " in it: keep it as short as you need it."
)
File = Annotated[Path, typer.Argument(help="The file; - is standard output or input.")]


@filtered
def export(file: File, filters: Filters) -> None:
    """Write letters as JSON lines, replayed and purged ones too; the file holds personal data."""
    typer.echo(WARNING, err=True)
    with _written(file) as out:
        number = on_letters(lambda _, __, topic, seen: _export(topic, seen, filters, out))
    typer.echo(f"{number} letters exported", err=True)


def import_(file: File, *, by: By, dry_run: Dry = False) -> None:
    """Put exported letters back into the topic of dead letters; those that are there stay once."""
    lines = [_parsed(number, line) for number, line in _lines(file)]
    added, known = on_letters(
        lambda settings, database, topic, seen: _import(
            settings, database, topic, seen, lines, "" if dry_run else by
        )
    )
    word = "would be imported" if dry_run else "imported"
    typer.echo(f"{added} letters {word}, {known} were there already")


async def _export(topic: Topic, seen: Seen, filters: Filters, out: TextIO) -> int:
    number = 0
    async for letter in topic.letters(filters, seen):
        out.write(json.dumps(_line(letter)) + "\n")
        number += 1
    return number


async def _import(  # noqa: PLR0917 (all of them are needed)
    settings: Settings, database: "AsyncEngine", topic: Topic, seen: Seen,
    lines: list[dict[str, Any]], by: str,
) -> tuple[int, int]:  # fmt: skip
    from workers.cli._dlq_handle import _door
    from workers.store.letters import action

    known = {letter.handle async for letter in topic.letters(Filters(), seen)}
    given = {letter.handle: letter for one in lines if (letter := _letter(settings, one))}
    fresh = [letter for handle, letter in given.items() if handle not in known]
    result = {"imported": len(fresh), "known": len(lines) - len(fresh)}
    if by:
        async with action(database, "import", by, {}) as deed, _door(settings) as door:
            for letter in fresh:
                place = letter.place[0] if letter.place[0] < topic.partitions else None
                name = settings.topic_prefix + DEAD_LETTERS.name
                headers = list(letter.headers)
                await door.send_and_wait(
                    name, letter.value, letter.key, partition=place, headers=headers
                )
            await deed.end(result)
    return result["imported"], result["known"]


def _line(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "attempt": letter.attempt,
        "class": letter.letter,
        "partition": letter.place[0],
        "offset": letter.place[1],
        "timestamp_ms": int(letter.written_at.timestamp() * 1000),
        "key": _text(letter.key),
        "value": _text(letter.value),
        "headers": [[name, _text(raw)] for name, raw in letter.headers],
    }


def _letter(settings: Settings, line: dict[str, Any]) -> Letter:
    from datetime import UTC, datetime

    headers = tuple((name, _bytes(text)) for name, text in line["headers"])
    return Letter(
        settings.topic_prefix, (line["partition"], line["offset"]),
        datetime.fromtimestamp(line["timestamp_ms"] / 1000, UTC), _bytes(line["key"]),
        _bytes(line["value"]), headers,
    )  # fmt: skip


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"Can't read {file}: {error}.") from None
    return ((n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip())


def _parsed(number: int, text: str) -> dict[str, Any]:
    """A line of an export; UserError with its number for anything else."""
    try:
        line: dict[str, Any] = json.loads(text)
        numbers = [int(line[name]) for name in ("partition", "offset", "timestamp_ms")]
        pairs = [(str(name), _bytes(raw)) for name, raw in line["headers"]]
        _bytes(line["key"]), _bytes(line["value"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"Line {number} is no line of `pstatus dlq export`.") from None
    if min(numbers) < 0 or not pairs:
        raise UserError(f"Line {number} is no letter: nothing says where it was.")
    return line


@contextmanager
def _written(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        yield sys.stdout
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise UserError(f"Can't write {file}: {error.strerror}.") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        yield out


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else b64encode(raw).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)
