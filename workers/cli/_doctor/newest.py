"""The newest raw records, sampled from the end of each partition: who sent them, and when.

Only the headers `provider` and `workspace-id` and the broker's time are looked at.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from schemas.topics import RAW
from schemas.webhooks import PROVIDER, WORKSPACE_ID, header_texts
from workers.cli._doctor.findings import Finding, error, listed, note, ok, warning
from workers.cli._doctor.patient import Patient
from workers.ops import clock

EACH = 20
"""Records looked at of each partition."""
SECONDS = 4.0
PRODUCT = "webhooks.product"
TOLERATED = timedelta(seconds=5)
"""Clocks may differ by this much; what is five minutes from the future becomes a dead letter."""
TOO_FAR = timedelta(seconds=60)
Sender = tuple[str, str, str]
"""workspace, provider, topic without its prefix"""


class Seen(NamedTuple):
    """What is kept of a record: never its body. `timestamp` in milliseconds, the broker's."""

    topic: str
    timestamp: int
    headers: Sequence[tuple[str, bytes | None]]


async def unverified(patient: Patient) -> list[Finding]:
    """Who lately sent what nobody can verify."""
    from workers.ingest import translate
    from workers.providers.signing.table import SIGNED

    senders: Counter[Sender] = Counter()
    for record in await sampled(patient):
        said = header_texts(record.headers)
        topic = record.topic.removeprefix(patient.settings.topic_prefix)
        senders[said.get(WORKSPACE_ID, ""), said.get(PROVIDER, ""), topic] += 1
    named = translate.known_providers()
    known = {one: n for one, n in senders.items()
             if one[1] in named and translate.WORKSPACE_ID.fullmatch(one[0])}  # fmt: skip
    secrets = _secrets(patient)
    bare = [one for one in known if one[1] in SIGNED and one[:2] not in secrets]
    told = [*_bare(bare), *_unsigned(known, set(SIGNED))]
    return told or [ok(f"Of the newest {sum(senders.values())} raw records none is unverified.")]


def _bare(bare: list[Sender]) -> Iterator[Finding]:
    outside = sorted({f"{w}/{p}" for w, p, topic in bare if topic != PRODUCT})
    if outside:
        yield warning(f"Accepted unverified, for no secret is configured: {listed(outside)}.",
                      "Put each one's secret into the folder PSTATUS_SECRETS, under that name;"
                      " see docs/signatures.md.")  # fmt: skip
    ours = sorted({f"{w}/{p}" for w, p, topic in bare if topic == PRODUCT})
    if ours:
        yield note(f"On {PRODUCT}, accepted unverified: {listed(ours)}.",
                   "Let only your own services write there, or configure a secret.")  # fmt: skip


def _unsigned(known: dict[Sender, int], signed: set[str]) -> Iterator[Finding]:
    from workers.providers.redirect import PROVIDER as REDIRECT

    never = sorted({one[1] for one in known} - signed - {REDIRECT.name})
    if never:
        yield note(f"Providers in use that sign nothing: {listed(never)}.",
                   "Guard their webhooks' address; docs/signatures.md says how.")  # fmt: skip


def _secrets(patient: Patient) -> set[tuple[str, str]]:
    import structlog

    from workers.ingest.secret_files import SecretFiles

    folder = patient.settings.secrets
    if folder is None or not folder.is_dir():
        return set()
    with structlog.testing.capture_logs():
        return {one[:2] for one in SecretFiles(folder).configured()}


async def clocks(patient: Patient) -> list[Finding]:
    """This machine's clock against the database's, and the broker's as far as records show it."""
    told = [*await _database_clock(patient), *await _broker_clock(patient)]
    return told or [note("No clock can be compared: neither broker nor database answers.")]


async def _database_clock(patient: Patient) -> list[Finding]:
    from workers.store import examining

    if patient.database is None:
        return []
    await examining.now(patient.database)  # connected: what is measured is one round trip
    before = clock.now()
    there = await examining.now(patient.database)
    middle = before + (clock.now() - before) / 2
    return [compared("The database's clock", there - middle)]


async def _broker_clock(patient: Patient) -> list[Finding]:
    if patient.admin is None:
        return []
    ahead = max((age_of(one) for one in await sampled(patient)), default=None)
    if ahead is None:
        return [note("The broker's clock can't be seen: there are no raw records.")]
    if ahead <= TOLERATED:
        return [ok("No record is dated ahead of this machine's clock by the broker.")]
    return [compared("The broker's clock", ahead)]


def age_of(record: Seen) -> timedelta:
    """How far the broker's time of a record is ahead of this machine's (negative: past)."""
    return datetime.fromtimestamp(record.timestamp / 1000, UTC) - clock.now()


def compared(whose: str, ahead: timedelta) -> Finding:
    """What a difference means."""
    seconds = ahead.total_seconds()
    said = f"{whose} is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this one"
    if abs(ahead) <= TOLERATED:
        return ok(f"{said}.")
    judge = error if abs(ahead) > TOO_FAR else warning
    return judge(f"{said}: times in histories and timers are wrong by that.",
                 "Let NTP set the clocks of all machines.")  # fmt: skip


async def sampled(patient: Patient) -> list[Seen]:
    """The newest records of each raw partition, as many as come within a few seconds."""
    from aiokafka import TopicPartition

    there = await patient.partitions()
    places = [TopicPartition(name, number) for one in RAW if (name := patient.name(one.name)) in
              there for number in range(there[name])]  # fmt: skip
    if not places:
        return []
    async with patient.consumer() as consumer:
        consumer.assign(places)
        begins = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.seek(place, max(begins[place], ends[place] - EACH))
        return await _until(consumer, {p: ends[p] for p in places if ends[p] > begins[p]})


async def _until(consumer: Any, ends: dict[Any, int]) -> list[Seen]:
    found: list[Seen] = []
    deadline = clock.monotonic() + SECONDS
    while ends and clock.monotonic() < deadline:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found += [Seen(one.topic, one.timestamp, one.headers) for one in records]
        ends = {p: end for p, end in ends.items() if await consumer.position(p) < end}
    return found
