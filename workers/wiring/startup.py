"""What must be there before a worker starts: broker, topics, database, schema. Makes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.topics import DEAD_LETTERS, RAW, SIGNALS, TOPICS, Topic
from workers.ops.logs import named
from workers.settings import Settings
from workers.store import installation
from workers.store.engine import transient
from workers.store.installation import Installation, Mismatch
from workers.wiring.errors import Unready

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
NEEDED = {
    "ingest": (*RAW, SIGNALS, DEAD_LETTERS),
    "apply": tuple(topic for topic in TOPICS if topic not in RAW),
    "all": TOPICS,
}
"""The topics that each role reads or writes."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """What the broker said: its cluster's id, and the partitions of `signals`."""

    cluster_id: str
    shards: int


async def broker_of(settings: Settings, role: str) -> Broker:
    """Waits for Kafka; Unready when a topic of this role is missing or wrongly partitioned."""
    where = ",".join(settings.bootstrap_servers)
    admin = await _waiting(lambda: _admin(settings), f"waiting for Kafka at {where}", _broker_away)
    try:
        present = set(await admin.list_topics())  # never asks by name: that could create them
        names = [settings.topic_prefix + topic.name for topic in NEEDED[role]]
        _refuse_missing([name for name in names if name not in present])
        told = {topic["topic"]: len(topic["partitions"]) for topic in
                await admin.describe_topics(names)}  # fmt: skip
        shards = told[settings.topic_prefix + SIGNALS.name]
        _refuse_uneven(settings, NEEDED[role], told)
        return Broker((await admin.describe_cluster())["cluster_id"], shards)
    finally:
        await admin.close()


async def installation_of(settings: Settings, engine: AsyncEngine, broker: Broker) -> Installation:
    """Waits for PostgreSQL; Unready when schema, cluster, prefix or shard count do not fit."""
    url = make_url(settings.database)
    where = f"{url.host}:{url.port or 5432}"
    await _waiting(lambda: _answers(engine), f"waiting for PostgreSQL at {where}", transient)
    try:
        await installation.schema_fits(engine)
        settled = await installation.settle(
            engine,
            cluster_id=broker.cluster_id,
            topic_prefix=settings.topic_prefix,
            shards=broker.shards,
        )
    except Mismatch as mismatch:
        raise Unready(str(mismatch)) from None
    _refuse_another_number(settings, broker.shards)
    return settled


async def _waiting(
    act: Callable[[], Awaitable[T]], line: str, is_away: Callable[[BaseException], bool]
) -> T:
    pause = FIRST_PAUSE
    while True:
        try:
            return await act()
        except Exception as error:
            if not is_away(error):
                raise
            log.warning(line, cause=named(error), again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _admin(settings: Settings) -> Any:
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.bootstrap_servers, request_timeout_ms=10_000
    )
    try:
        await admin.start()
    except BaseException:
        await admin.close()
        raise
    return admin


def _broker_away(error: BaseException) -> bool:
    return isinstance(error, KafkaError | OSError | TimeoutError)


async def _answers(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))


def _refuse_missing(missing: list[str]) -> None:
    if missing:
        raise Unready(f"Kafka has no topic {', '.join(missing)}: run `pstatus topics create`.")


def _refuse_another_number(settings: Settings, shards: int) -> None:
    """Only where somebody has said it: what topics were made with counts, not the default."""
    if "shards" in settings.model_fields_set and settings.shards != shards:
        raise Unready(
            f"PSTATUS_SHARDS is {settings.shards}, but {settings.topic_prefix}{SIGNALS.name} has"
            f" {shards} partitions, fixed when topics are made: set {shards}, or nothing."
        )


def _refuse_uneven(settings: Settings, topics: Iterable[Topic], told: dict[str, int]) -> None:
    shards = told[settings.topic_prefix + SIGNALS.name]
    for topic in topics:
        name = settings.topic_prefix + topic.name
        if topic.sharded and told[name] != shards:
            raise Unready(
                f"The topic {name} has {told[name]} partitions, signals has {shards}; they must"
                " be equal: create it anew with that number (`pstatus topics check` tells more)."
            )
