"""Checks of the database: its schema, and whether it belongs to this broker; reads only."""

from typing import TYPE_CHECKING

from schemas.topics import SIGNALS
from workers.cli._doctor.findings import Finding, error, note, ok
from workers.cli._doctor.patient import Away, Patient

if TYPE_CHECKING:
    from workers.store.installation import Installation


async def migrations(patient: Patient) -> list[Finding]:
    """The schema is the one that this program needs."""
    from workers.store import examining, migrate

    found, needed = await examining.schema(patient.engine), migrate.needed()
    if found == needed:
        return [ok(f"The schema has version {found}, as needed.")]
    if found is not None and not migrate.knows(found):
        return [error(f"The schema has version {found}, which this program does not know.",
                      f"Use the program that made it; this one needs {needed}.")]  # fmt: skip
    return [error(f"The schema has version {found or 'none'}, needed is {needed}.",
                  "Run `pstatus db migrate`.")]  # fmt: skip


async def recorded(patient: Patient) -> "Installation | None":
    """What the database was installed for; None if it can't tell (yet)."""
    from sqlalchemy.exc import SQLAlchemyError

    from workers.store import examining

    try:
        return await examining.installed(patient.engine)
    except (Away, SQLAlchemyError, OSError):  # another check says so
        return None


async def installation(patient: Patient) -> list[Finding]:
    """Cluster, prefix and shards are those recorded at the first start."""
    from workers.store import examining

    known = await examining.installed(patient.engine)
    if known is None:
        return [note("No worker has started on this database yet.", "Run `pstatus run`.")]
    told = []
    cluster = (await patient.brokered.describe_cluster())["cluster_id"]
    if cluster != known.cluster_id:
        told.append(error(
            f"The database belongs to Kafka cluster {known.cluster_id}, this is {cluster}.",
            "Check KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL; never start workers like this.",
        ))  # fmt: skip
    if patient.settings.topic_prefix != known.topic_prefix:
        told.append(error(
            f"The database belongs to topics that begin with {known.topic_prefix!r},"
            f" not {patient.settings.topic_prefix!r}.",
            "Check PSTATUS_TOPIC_PREFIX and DATABASE_URL.",
        ))  # fmt: skip
    told += await _shards(patient, known.shards)
    return told or [ok(f"Database, cluster and topics belong together: {known.shards} shards.")]


async def _shards(patient: Patient, recorded: int) -> list[Finding]:
    told = []
    there = (await patient.partitions()).get(patient.name(SIGNALS.name))
    if there not in (None, recorded):
        told.append(error(
            f"The database was installed for {recorded} shards, `signals` has {there}"
            " partitions: people would move between shards.",
            "Restore the topic, or set another up; never start workers like this.",
        ))  # fmt: skip
    settings = patient.settings
    if "shards" in settings.model_fields_set and settings.shards != recorded:
        told.append(error(f"PSTATUS_SHARDS is {settings.shards}, installed are {recorded}.",
                          f"Set {recorded}, or nothing."))  # fmt: skip
    return told
