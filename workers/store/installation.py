"""What a database belongs to: cluster, topics and shards, recorded once and compared ever after."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.store import migrate

PARTITIONED = ("signals", "changes")
LOCK = 7_268_470_002

INSERT = text(
    """
    insert into installation (cluster_id, topic_prefix, shards)
    values (:cluster_id, :topic_prefix, :shards)
    on conflict do nothing
    """
)
SELECT = text("select database_id, cluster_id, topic_prefix, shards from installation")


class Mismatch(Exception):
    """The database does not fit this program, broker or setting; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The one row: who this database is, and which topics are its own."""

    database_id: UUID
    cluster_id: str
    topic_prefix: str
    shards: int


async def schema_fits(engine: AsyncEngine) -> None:
    """Mismatch unless the schema is the one that this program needs."""
    async with engine.connect() as connection:
        found = await connection.run_sync(migrate.present)
    if found != migrate.needed():
        raise Mismatch(
            f"The database has schema version {found or 'none'}, this program needs"
            f" {migrate.needed()}: run `pstatus db migrate` with this version of the program."
        )


async def find(connection: AsyncConnection) -> Installation | None:
    """What was recorded; None before the first start."""
    row = (await connection.execute(SELECT)).one_or_none()
    return None if row is None else Installation(*row)


async def settle(
    engine: AsyncEngine, *, cluster_id: str, topic_prefix: str, shards: int
) -> Installation:
    """Record what this database belongs to at the first start; later Mismatch if it differs.

    `shards` is the number of partitions that the topic `signals` really has.
    """
    async with engine.begin() as connection:
        await connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
        known = await find(connection)
        if known is None:
            await connection.execute(
                INSERT,
                {"cluster_id": cluster_id, "topic_prefix": topic_prefix, "shards": shards},
            )
            await _make_shards(connection, shards)
            known = await find(connection)
    if known is None:
        raise Mismatch("The table `installation` does not keep its row.")
    _compare(known, cluster_id=cluster_id, topic_prefix=topic_prefix, shards=shards)
    return known


async def _make_shards(connection: AsyncConnection, shards: int) -> None:
    await connection.execute(
        text("insert into shards (shard) select generate_series(0, :last)"), {"last": shards - 1}
    )
    for table in PARTITIONED:
        for shard in range(shards):
            await connection.execute(
                text(f"create table {table}_{shard} partition of {table} for values in ({shard})")
            )


def _compare(known: Installation, *, cluster_id: str, topic_prefix: str, shards: int) -> None:
    if known.shards != shards:
        raise Mismatch(
            f"The topic `signals` has {shards} partitions, but this database was installed for"
            f" {known.shards} shards: people would move between shards. Restore the topic, or"
            " re-shard as the operations guide says."
        )
    if known.cluster_id != cluster_id:
        raise Mismatch(
            f"This database belongs to the Kafka cluster {known.cluster_id}, not {cluster_id}:"
            " check kafka_bootstrap_servers and database_url."
        )
    if known.topic_prefix != topic_prefix:
        raise Mismatch(
            f"This database belongs to topics that begin with {known.topic_prefix!r}, not"
            f" {topic_prefix!r}: check topic_prefix."
        )
