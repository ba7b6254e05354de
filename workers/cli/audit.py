"""`pstatus audit`: the two ledgers counted anew, from tables and topics; only reads."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import typer

from schemas import letters as names
from schemas.topics import RAW, SIGNALS
from schemas.webhooks import ORIGIN
from workers.cli._audit_apply import ApplyLedger
from workers.cli._audit_ingest import CONFIGURED, IngestLedger, Place
from workers.cli._dlq_options import bar, database_of
from workers.cli._letters import Topic, letter_of
from workers.cli._tables import paper, table
from workers.cli.errors import WORLD
from workers.cli.options import Json, connected
from workers.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

TOGETHER = 2000
SHOWN = 20
TRIES, PAUSE = 50, 0.2
FAULTS = ("missing", "strangers", "unkept")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(as_json: Json = False) -> None:
    """Count what became of every element and every signal; exit 1 if anything is unaccounted for.

    It looks at what the topics still hold, as far as the workers have come; they may go on.
    Elements of no use are found by translating raw records anew, with this version.
    """
    report = asyncio.run(_audit(connected()))
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    else:
        _print(report)
    if report["differences"]:
        raise typer.Exit(WORLD)


async def _audit(settings: Settings) -> dict[str, Any]:
    async with database_of(settings) as database:
        ingest, apply = await _bounds(settings, database)
        await _read_raw(settings, database, ingest)
        await _read_letters(settings, ingest, apply)
        await apply.load(database)
        await _read_signals(settings, database, ingest, apply)
        await _read_tables(settings, database, ingest)
    told = {"ingest": ingest.report(), "apply": apply.report()}
    differences = sum(len(part.get(fault, ())) for part in told.values() for fault in FAULTS)
    return {**told, "differences": differences}


async def _bounds(settings: Settings, database: "AsyncEngine") -> tuple[IngestLedger, ApplyLedger]:
    """How far the workers have come, noted first: all that they did until then can be seen."""
    from workers.store import auditing

    committed = await _committed(settings)
    places: dict[Place, tuple[int, int]] = {}
    for raw in RAW:
        async with Topic(settings, raw.name) as topic:
            for partition, (first, end) in topic.spans.items():
                done = min(max(committed.get((raw.name, partition), first), first), end)
                places[raw.name, partition] = (first, done)
    positions = await auditing.positions(database)
    async with Topic(settings, SIGNALS.name) as topic:
        shards = {
            shard: (first, max(first, min(end, positions.get(shard, 0))))
            for shard, (first, end) in topic.spans.items()
        }
    return IngestLedger(places), ApplyLedger(shards)


async def _committed(settings: Settings) -> dict[Place, int]:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    try:
        await admin.start()
        offsets = await _offsets(admin, settings.ingest_group)
    finally:
        await admin.close()
    prefix = settings.topic_prefix
    return {(p.topic.removeprefix(prefix), p.partition): told.offset for p, told in offsets.items()}


async def _offsets(admin: Any, group: str) -> dict[Any, Any]:
    """A broker that never had a group makes its topic for them at the first question."""
    from aiokafka.errors import GroupCoordinatorNotAvailableError

    for _ in range(TRIES):
        try:
            return dict(await admin.list_consumer_group_offsets(group))
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(PAUSE)
    return {}


async def _read_raw(settings: Settings, database: "AsyncEngine", ingest: IngestLedger) -> None:
    from workers.ingest.redirects import RedirectStudies

    studies = RedirectStudies(database, lambda _, act: act())
    for raw in RAW:
        async with Topic(settings, raw.name) as topic:
            with bar(raw.name, topic.records) as seen:
                waiting: list[Any] = []
                async for record in topic.raw(seen):
                    waiting.append(record)
                    if len(waiting) >= TOGETHER:
                        await _translate(ingest, raw.name, studies, waiting)
                await _translate(ingest, raw.name, studies, waiting)


async def _translate(ingest: IngestLedger, name: str, studies: Any, waiting: list[Any]) -> None:
    known = await studies.of(waiting)
    for record in waiting:
        ingest.record((name, record.partition), record, known)
    waiting.clear()


async def _read_letters(settings: Settings, ingest: IngestLedger, apply: ApplyLedger) -> None:
    async with Topic(settings) as topic:
        with bar("dead letters", topic.records) as seen:
            async for record in topic.raw(seen):  # also those that tools take for one letter
                letter = letter_of(record, settings.topic_prefix)
                if letter.topic == SIGNALS.name:
                    apply.letter(letter)
                elif letter.topic:
                    of = letter.texts.get(names.OF, "")
                    ingest.letter(letter, int(of) if of.isdigit() and len(of) < 9 else 0)


async def _read_signals(
    settings: Settings, database: "AsyncEngine", ingest: IngestLedger, apply: ApplyLedger
) -> None:
    prefix = settings.topic_prefix
    async with Topic(settings, SIGNALS.name) as topic:
        with bar(SIGNALS.name, topic.records) as seen:
            async for record in topic.raw(seen):
                origin = next((raw for name, raw in record.headers if name == ORIGIN), None)
                if origin:
                    ingest.signal(origin.decode(errors="replace").removeprefix(prefix))
                await apply.record(database, record)
    await apply.settle(database)


async def _read_tables(settings: Settings, database: "AsyncEngine", ingest: IngestLedger) -> None:
    from workers.store import auditing

    for first in range(0, len(ingest.setups), TOGETHER):
        some = ingest.setups[first : first + TOGETHER]
        for n in await auditing.configured(database, [ids for *_, ids in some]):
            place, offset, element, _ = some[n]
            ingest.mark(place, offset, [element], CONFIGURED)
    async for row in auditing.parked(database):
        place = (row.topic.removeprefix(settings.topic_prefix), row.log_partition)
        ingest.parked(place, row.log_offset, row.element, row.ended)


def _print(report: dict[str, Any]) -> None:
    out = paper()
    ingest, apply = report["ingest"], report["apply"]
    columns = list(next(iter(ingest["topics"].values())))
    rows = table("ingest", *columns)
    for topic, counts in ingest["topics"].items():
        rows.add_row(topic, *(str(counts[name]) for name in columns))
    out.print(rows)
    if any(ingest["parked"].values()):
        out.print("parked, now: " + ", ".join(f"{w} {n}" for w, n in ingest["parked"].items()))
    words = [word for word, told in apply.items() if isinstance(told, int)]
    out.print("apply: " + ", ".join(f"{word} {apply[word]}" for word in words))
    for part in (ingest, apply):
        for fault in FAULTS:
            for place in part.get(fault, ())[:SHOWN]:
                out.print(f"{fault}: {place}", soft_wrap=True)
    number = report["differences"]
    out.print(f"{number} differences" if number else "Both ledgers add up.")
