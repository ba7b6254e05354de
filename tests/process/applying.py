"""Signals as ingest writes them, and the proof that what apply published is exact."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import msgspec

from schemas import routing
from schemas.codec import decode_signal
from schemas.fields import format_instant, parse_instant
from tests.process import wire
from tests.process.wire import PATIENCE, Put
from workers.apply.checking import check
from workers.apply.outbox import from_column
from workers.apply.packing import pack
from workers.apply.recounting import Recount, recount
from workers.domain.progress import Progress
from workers.domain.progress import progress as counted
from workers.domain.setups import UNCONFIGURED, Setup, World
from workers.domain.simulation import Arrival, Case, settle
from workers.ops import clock
from workers.settings import Settings
from workers.store import engine, progress
from workers.store.checking import Scope
from workers.store.installation import find
from workers.store.shard import outbox

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
RECEIVED = datetime(2026, 3, 10, 9, tzinfo=UTC)
Told = dict[str, Any]
T = TypeVar("T")


def told(
    kind: str, person: str = "p1", study: str | None = "s1", minute: int = 0, **more: Any
) -> Told:
    """A signal that happened some minutes after START; its id is made of what it says."""
    names = {"person_id": person} | ({"study_id": study} if study else {})
    ids = {"id": f"test:{person}:{study}:{kind}:{minute}", "workspace_id": "w1", "kind": kind}
    return ids | {"occurred_at": format_instant(START + timedelta(minutes=minute))} | names | more


def record(signal: Told | bytes, shards: int, **overrides: Any) -> Put:
    """The record that ingest would write, in its place."""
    value = signal if isinstance(signal, bytes) else json.dumps(signal).encode()
    at = overrides.pop("received_at", format_instant(RECEIVED)).encode()
    headers = [("received-at", at), ("origin", b"webhooks.product/0/0/0")]
    if isinstance(signal, bytes):
        return Put(value, headers, **overrides)
    key = routing.person_key(signal["workspace_id"], signal["person_id"])
    place = {"key": key, "partition": routing.shard_of(key, shards)} | overrides
    return Put(value, headers, **place)


async def tell(settings: Settings, signals: Iterable[Told], **overrides: Any) -> None:
    """Write signals, in their order."""
    await wire.put(
        settings, "signals", *(record(signal, settings.shards, **overrides) for signal in signals)
    )


def story(people: int, first: int = 0) -> list[Told]:
    """What happens to some people in two studies: late, doubled and inert signals among it."""
    signals: list[Told] = []
    for n in range(first, first + people):
        person, ends = f"p{n}", format_instant(START + timedelta(minutes=50))
        signals += [
            told("participant.added", person),
            told("email.sent", person, minute=2, purpose="screener"),
            told("email.opened", person, minute=3),
            told("screener.submitted", person, minute=9, result="qualified"),
            told("screener.started", person, minute=5),
            told("email.sent", person, minute=2, purpose="screener"),
            told("booking.scheduled", person, minute=20, booking_id="b1", ends_at=ends),
            told("survey.started", person, "s2", minute=21),
            told("survey.completed", person, "s2", minute=25 + n % 3),
            told("booking.canceled", person, minute=30 + n % 40, booking_id="b1", by="host"),
        ]
    return signals


async def fetch(settings: Settings, statement: str, *values: Any) -> list[Any]:
    """Rows of the database."""
    connection = await asyncpg.connect(settings.database.replace("+asyncpg", ""))
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def found(settings: Settings, statement: str) -> list[Any]:
    """Waits until a query finds something."""
    return await eventually(lambda: fetch(settings, statement))


async def worked_off(settings: Settings) -> None:
    """Waits until every signal is applied and every change published."""
    await eventually(lambda: _is_worked_off(settings))


async def eventually(ask: Callable[[], Awaitable[T]]) -> T:
    """Waits for an answer that is true; fails when it never comes."""
    async with asyncio.timeout(2 * PATIENCE):
        while not (answer := await ask()):  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.05)
    return answer


async def _is_worked_off(settings: Settings) -> bool:
    ends: dict[int, int] = defaultdict(int)
    for one in await wire.records_of(settings, "signals"):
        ends[one.partition] = one.offset + 1
    try:
        rows = await fetch(settings, "select shard, next_offset, next_seq, published from shards")
    except (OSError, asyncpg.PostgresError):
        return False
    done = [r["next_offset"] >= ends[r["shard"]] for r in rows]
    out = [r["published"] == r["next_seq"] - 1 for r in rows]
    return bool(rows) and all(done) and all(out)


async def exact(settings: Settings, signals: Sequence[Told]) -> list[Any]:
    """Everything that must hold whatever was killed; the changes published.

    The topics hold the outbox, once and in order; the state is the last change of each key;
    people stand where the signals, folded at once, put them; a refold finds no difference;
    counters are what a recount comes to, and studies' progress settles on them.
    """
    changes = await published_is_the_outbox(settings)
    _chained(changes)
    await _state_is_the_last_change(settings, changes)
    _folds_to(changes, signals)
    database = engine.make(settings.database, connections=1)
    report = await check(database, Scope())
    await database.dispose()
    assert report.differences == (await recounted(settings)).differences == []
    await settled(settings)
    return changes


async def recounted(settings: Settings) -> Recount:
    """What `study check` finds."""
    database = engine.make(settings.database, connections=1)
    try:
        return await recount(database)
    finally:
        await database.dispose()


async def settled(settings: Settings) -> list[Told]:
    """Waits until no study's progress is due; all that was published of studies, in order.

    The topic ends with the truth, which is the counters' sums under the newest setup; nobody was
    told of a study twice within a second.
    """
    await found(settings, "select 1 where not exists (select 1 from progress_due)")
    await worked_off(settings)
    rows = await fetch(
        settings, "select body from changes where kind = 'study.progress_changed' order by seq"
    )
    told_of = [json.loads(row["body"]) for row in rows]
    last: dict[str, Told] = {}
    for change in told_of:
        key = f"{change['workspace_id']}:{change['study_id']}"
        if before := last.get(key):
            times = [parse_instant(c["recorded_at"]) for c in (before, change)]
            assert times[1] - times[0] >= timedelta(seconds=0.99), (before, change)
        last[key] = change
    topic = await wire.records_of(settings, "study-progress")
    assert {one.key.decode(): json.loads(one.value) for one in topic} == last
    truth = await _progress(settings)
    names = Progress.__dataclass_fields__
    assert {key: {name: c[name] for name in names} for key, c in last.items()} == truth
    return told_of


async def _progress(settings: Settings) -> dict[str, Told]:
    """Every study's progress, as the counters add up to it."""
    rows = await fetch(
        settings,
        "select workspace_id, study_id from counters union"
        " select workspace_id, study_id from setups",
    )
    setups = await fetch(settings, "select workspace_id, study_id, body from setups")
    setup = {tuple(row)[:2]: Setup.of(decode_signal(row["body"].encode())) for row in setups}
    database = engine.make(settings.database, connections=1)
    async with database.connect() as connection:
        sums = await progress.sums(connection, [(w, s) for w, s in rows])
    await database.dispose()
    return {
        f"{key[0]}:{key[1]}": json.loads(
            msgspec.json.encode(counted(setup.get(key, UNCONFIGURED), [total]))
        )
        for key, total in sums.items()
    }


async def published_is_the_outbox(settings: Settings) -> list[Any]:
    """The topics hold the outbox, once and in order; the changes published."""
    database = engine.make(settings.database, connections=1)
    async with database.connect() as connection:
        installation = await find(connection)
    assert installation is not None
    changes = []
    by_topic = {
        topic: await wire.records_of(settings, topic)
        for topic in ("participant-changes", "contact-changes", "dead-letters")
    }
    for shard in range(settings.shards):
        rows = [from_column(row) for row in await outbox(database, shard, 0, 1_000_000)]
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        wanted = pack(rows, installation.database_id, shard)
        for topic, records in by_topic.items():
            found = [(r.key, r.value, tuple(r.headers)) for r in records if r.partition == shard]
            assert found == wanted.get(topic, []), _differing(
                f"{topic}/{shard}", found, wanted.get(topic, [])
            )
    await database.dispose()
    for topic in ("participant-changes", "contact-changes"):
        changes += [json.loads(r.value) for r in by_topic[topic]]
    return changes


def _differing(place: str, found: Sequence[Any], wanted: Sequence[Any]) -> str:
    """Which records are missing, which are too many, and where the first difference is."""
    missing = [n for n, one in enumerate(wanted) if one not in found]
    extra = [n for n, one in enumerate(found) if one not in wanted or one in found[:n]]
    pairs = enumerate(zip(found, wanted, strict=False))
    first = next((n for n, (one, other) in pairs if one != other), min(len(found), len(wanted)))
    return (
        f"{place}: {len(found)} of {len(wanted)} records, the first difference at {first}; "
        f"missing {missing[:20]} ({len(missing)}), too many {extra[:20]} ({len(extra)})"
    )


def _chained(changes: Sequence[Told]) -> None:
    last: dict[str, Told] = {}
    for change in changes:
        if change["change"] == "participant.status_changed":
            prior = last.get(change["participant_id"], {"sequence": 0, "status": None})
            assert change["sequence"] == prior["sequence"] + 1
            assert change["prior_status"] == prior["status"]
            last[change["participant_id"]] = change


async def _state_is_the_last_change(settings: Settings, changes: Sequence[Told]) -> None:
    last = {
        f"{c['workspace_id']}:{c['participant_id']}": c
        for c in changes
        if c["change"] == "participant.status_changed"
    }
    gone = {(c["workspace_id"], c["person_id"]) for c in changes if c["change"] == "person.erased"}
    state = {
        one.key.decode(): one.value and json.loads(one.value)
        for one in await wire.records_of(settings, "participants")
    }
    for key, change in last.items():
        erased = (change["workspace_id"], change["person_id"]) in gone
        assert state.pop(key, None) == (None if erased else change)
    assert not any(state.values())


def _folds_to(changes: Sequence[Told], signals: Sequence[Told]) -> None:
    arrivals = tuple(Arrival(decode_signal(json.dumps(s).encode()), RECEIVED) for s in signals)
    end = settle(Case(clock.now(), World(), arrivals))
    wanted = {
        f"{study}/{person}": shown.status
        for person, (_, standing) in end.people.items()
        for study, shown in standing.participants.items()
    }
    found = {c["participant_id"]: c["status"] for c in changes if "participant_id" in c}
    assert found == wanted
