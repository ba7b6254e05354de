"""Every topic, one row each; creation, docs, ACLs and manifests come from here."""

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 60 * 60 * 1000
RAW_MAX_BYTES = 10 * 1024 * 1024
"""A raw record may weigh 10 MiB."""
LETTER_MAX_BYTES = RAW_MAX_BYTES + 64 * 1024
"""A dead letter is a raw record with our headers: never too big to be written."""


class Cleanup(StrEnum):
    """What the broker does with old records."""

    DELETE = "delete"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic without its prefix; `sharded` ones have as many partitions as `signals`."""

    name: str
    holds: str
    key: str
    written_by: str
    read_by: str
    cleanup: Cleanup = Cleanup.DELETE
    retention_days: int | None = None
    sharded: bool = True
    max_bytes: int | None = None
    append_time: bool = False

    def partitions(self, shards: int) -> int:
        """How many partitions it is born with."""
        return shards if self.sharded else 12

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings of this topic."""
        return self._cleaning() | self._sizes()

    def _cleaning(self) -> dict[str, str]:
        if self.cleanup is Cleanup.COMPACT:
            return {
                "cleanup.policy": "compact",
                "max.compaction.lag.ms": str(DAY_MS),
                "delete.retention.ms": str(7 * DAY_MS),
            }
        days = self.retention_days or 30
        return {"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS)}

    def _sizes(self) -> dict[str, str]:
        sizes = {"max.message.bytes": str(self.max_bytes)} if self.max_bytes else {}
        return sizes | ({"message.timestamp.type": "LogAppendTime"} if self.append_time else {})


def _raw(name: str, holds: str) -> Topic:
    return Topic(
        name=f"webhooks.{name}",
        holds=holds,
        key="any",
        written_by="integrations",
        read_by="ingest",
        retention_days=7,
        sharded=False,
        max_bytes=RAW_MAX_BYTES,
        append_time=True,
    )


RAW = (
    _raw("email", "email providers' webhooks as received"),
    _raw("survey", "survey tools' webhooks and redirects as received"),
    _raw("scheduler", "schedulers' webhooks as received"),
    _raw("incentive", "incentive providers' webhooks as received"),
    _raw("product", "our own signals, setups and policies: the product, operators, commands"),
)

SIGNALS = Topic(
    name="signals",
    holds="what happened, one signal a record",
    key="workspace:person",
    written_by="ingest only",
    read_by="apply",
)
PARTICIPANT_CHANGES = Topic(
    name="participant-changes",
    holds="participant.status_changed and person.erased",
    key="workspace:person",
    written_by="relay",
    read_by="subscribers",
)
CONTACT_CHANGES = Topic(
    name="contact-changes",
    holds="contact.status_changed and person.erased",
    key="workspace:person",
    written_by="relay",
    read_by="subscribers",
)
STUDY_PROGRESS = Topic(
    name="study-progress",
    holds="study.progress_changed",
    key="workspace:study",
    written_by="relay",
    read_by="subscribers",
    cleanup=Cleanup.COMPACT,
)
PARTICIPANTS = Topic(
    name="participants",
    holds="the newest change of each participant: the state now",
    key="workspace:study/person",
    written_by="relay",
    read_by="subscribers",
    cleanup=Cleanup.COMPACT,
)
CONTACTS = Topic(
    name="contacts",
    holds="the newest change of each person's contact status: the state now",
    key="workspace:person",
    written_by="relay",
    read_by="subscribers",
    cleanup=Cleanup.COMPACT,
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    holds="what could not be used, byte for byte, with a class and a reason",
    key="as the record",
    written_by="ingest, relay",
    read_by="operators",
    max_bytes=LETTER_MAX_BYTES,
)
POSITIONS = Topic(
    name="positions",
    holds="how far each shard's outbox has been published",
    key="shard",
    written_by="relay",
    read_by="relay",
    cleanup=Cleanup.COMPACT,
)
ERASURES = Topic(
    name="erasures",
    holds="who was forgotten, for recovery",
    key="workspace:person",
    written_by="relay",
    read_by="recovery",
    cleanup=Cleanup.COMPACT,
)

TOPICS = (
    *RAW,
    SIGNALS,
    PARTICIPANT_CHANGES,
    CONTACT_CHANGES,
    STUDY_PROGRESS,
    PARTICIPANTS,
    CONTACTS,
    DEAD_LETTERS,
    POSITIONS,
    ERASURES,
)
