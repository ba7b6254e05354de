"""`pstatus dlq replay` and `purge`: letters handled, each once, and written down by whom."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli._acting import Yes
from workers.cli._dlq_options import By, Dry, filtered, on_letters
from workers.cli._letters import Filters, Letter, Seen, Topic
from workers.cli._put_back import Back, put_back
from workers.cli.errors import UserError
from workers.cli.options import Json
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


TOGETHER = 100
"""Letters put back, or marked, before it is noted: what a kill may do twice."""
HEAVY = 4 * 1024 * 1024
Rate = Annotated[
    int, typer.Option("--rate", min=1, help="At most so many records a second go back.")
]


@dataclass(slots=True)
class Result:
    """What came of it."""

    done: int = 0
    passed_over: int = 0
    """Replayed or purged before."""
    classes: Counter[str] = field(default_factory=Counter)
    impossible: Counter[str] = field(default_factory=Counter)

    def as_json(self, word: str) -> dict[str, Any]:
        """As it is printed and written down."""
        return {
            word: self.done, "passed_over": self.passed_over, "classes": dict(self.classes),
            "impossible": dict(self.impossible),
        }  # fmt: skip


@filtered
def replay(
    filters: Filters, *, by: By, rate: Rate = 500, dry_run: Dry = False, as_json: Json = False
) -> None:
    """Put dead letters back on their topics, as they were received; each once.

    Letters from `signals` go in at webhooks.product. Interrupted, it goes on when called again.
    A letter that fails again comes back as its next attempt.
    """
    result = on_letters(
        lambda settings, database, topic, seen: _replayed(
            settings, database, topic, seen, filters, "" if dry_run else by, rate
        )
    )
    _print("would be replayed" if dry_run else "replayed", result, as_json)


@filtered
def purge(
    filters: Filters, *, by: By, yes: Yes = False, dry_run: Dry = False, as_json: Json = False
) -> None:
    """Mark letters as settled: list and replay pass over them; their bytes go by retention."""
    if not (yes or dry_run):
        _confirm()
    result = on_letters(
        lambda _, database, topic, seen: _purged(
            database, topic, seen, filters, "" if dry_run else by
        )
    )
    _print("would be purged" if dry_run else "purged", result, as_json)


async def _replayed(  # noqa: PLR0917 (all of them are needed)
    settings: Settings, database: "AsyncEngine", topic: Topic, seen: Seen, filters: Filters,
    by: str, rate: int,
) -> Result:  # fmt: skip
    result = Result()
    if not by:
        async for letters in _open(database, topic, seen, filters, result):
            _possible(letters, result, settings)
        return result
    from workers.ops.crash import Crash
    from workers.store.letters import REPLAYED, action

    crash = Crash(settings.crash_after)
    async with action(database, "replay", by, filters.as_json()) as deed, _door(settings) as door:
        async for letters in _open(database, topic, seen, filters, result, min(TOGETHER, rate)):
            begun = asyncio.get_running_loop().time()
            pairs = _possible(letters, result, settings)
            await _put(door, settings.topic_prefix, [back for _, back in pairs])
            crash.after("dlq.put")
            told = result.as_json(REPLAYED)
            await deed.mark([letter.handle for letter, _ in pairs], REPLAYED, told)
            crash.after("dlq.marked")
            left = begun + len(pairs) / rate - asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, left))
        await deed.end(result.as_json(REPLAYED))
    return result


async def _purged(
    database: "AsyncEngine", topic: Topic, seen: Seen, filters: Filters, by: str
) -> Result:
    result = Result()
    if not by:
        async for letters in _open(database, topic, seen, filters, result):
            _counted(letters, result)
        return result
    from workers.store.letters import PURGED, action

    async with action(database, "purge", by, filters.as_json()) as deed:
        async for letters in _open(database, topic, seen, filters, result):
            _counted(letters, result)
            handles = [letter.handle for letter in letters]
            await deed.mark(handles, PURGED, result.as_json(PURGED))
        await deed.end(result.as_json(PURGED))
    return result


async def _open(  # noqa: PLR0917 (all of them are needed)
    database: "AsyncEngine", topic: Topic, seen: Seen, filters: Filters, result: Result,
    most: int = TOGETHER,
) -> AsyncIterator[list[Letter]]:  # fmt: skip
    """Letters that nobody has handled yet, some at a time, not too heavy together."""
    from workers.store import letters as store

    waiting: list[Letter] = []

    async def unhandled() -> list[Letter]:
        async with database.connect() as connection:
            known = await store.marked(connection, [one.handle for one in waiting])
        fresh = [one for one in waiting if one.handle not in known]
        result.passed_over += len(waiting) - len(fresh)
        waiting.clear()
        return fresh

    async for letter in topic.letters(filters, seen):
        waiting.append(letter)
        heavy = sum(one.size for one in waiting) > HEAVY
        if (len(waiting) >= most or heavy) and (fresh := await unhandled()):
            yield fresh
    if waiting and (fresh := await unhandled()):
        yield fresh


def _possible(
    letters: Sequence[Letter], result: Result, settings: Settings
) -> list[tuple[Letter, Back]]:
    pairs = []
    for letter in letters:
        back = put_back(letter, settings.secrets)
        if isinstance(back, Back):
            pairs.append((letter, back))
        else:
            result.impossible[back.why] += 1
    _counted([letter for letter, _ in pairs], result)
    return pairs


def _counted(letters: Sequence[Letter], result: Result) -> None:
    result.done += len(letters)
    result.classes.update(letter.letter for letter in letters)


def _door(settings: Settings) -> Any:
    from aiokafka import AIOKafkaProducer

    from schemas.topics import LETTER_MAX_BYTES

    return AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, enable_idempotence=True, acks="all",
        max_request_size=LETTER_MAX_BYTES,
    )  # fmt: skip


async def _put(door: Any, prefix: str, backs: Sequence[Back]) -> None:
    """Every one acknowledged; nothing is noted before."""
    sent = []
    for topic, partition, key, value, headers in backs:
        name = prefix + topic
        there = await door.partitions_for(name)
        place = partition if partition in there else None
        sent.append(await door.send(name, value, key, partition=place, headers=headers))
    await asyncio.gather(*sent)


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise UserError("Nobody can be asked here: add --yes (or --dry-run, to look only).")
    if not typer.confirm("Mark these letters as settled for good?"):
        typer.echo("Nothing was done.")
        raise typer.Exit(0)


def _print(word: str, result: Result, as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(result.as_json(word.replace(" ", "_")), indent=2))
        return
    typer.echo(f"{result.done} {word}, {result.passed_over} passed over (handled before)")
    for letter, times in sorted(result.classes.items()):
        typer.echo(f"  {letter}: {times}")
    for why, times in sorted(result.impossible.items()):
        typer.echo(f"  can't be put back, {why}: {times}")
