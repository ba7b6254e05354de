"""The tables as SQLAlchemy Core knows them, for queries; migrations alone make and change them.

Texts that are ids sort byte by byte (collation "C"), as domain.md orders them.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

METADATA = MetaData()


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null and not key)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _instant(name: str, *, null: bool = False) -> Column[object]:
    return _column(name, TIMESTAMP(timezone=True), null)


def _json(name: str, *, null: bool = False) -> Column[object]:
    return _column(name, JSON(none_as_null=True), null)


def _column(name: str, type_: TypeEngine[Any], null: bool) -> Column[object]:
    return Column(name, type_, nullable=null)


def _shard() -> Column[int]:
    return Column("shard", Integer, primary_key=True, autoincrement=False)


installation = Table(
    "installation", METADATA,
    Column("one", Boolean, primary_key=True),
    Column("database_id", Uuid, nullable=False),
    _text("cluster_id"), _text("topic_prefix"), Column("shards", Integer, nullable=False),
    _text("address_secret"),
    _instant("installed_at"),
)  # fmt: skip
"""One row: which broker cluster, topics and shards this database belongs to.

`address_secret` keys the HMAC of email addresses where no setting names another.
"""

shards = Table(
    "shards", METADATA, _shard(),
    _number("epoch"), _number("next_offset"), _number("next_seq"), _number("published"),
    _instant("clock"),
)  # fmt: skip
"""One row a shard: who is home (epoch), and how far the work has come."""

signals = Table(
    "signals", METADATA, _shard(),
    _text("workspace_id", key=True), _text("person_id", key=True), _text("id", key=True),
    _text("kind"), _instant("occurred_at"), _instant("received_at"), _instant("recorded_at"),
    _number("log_offset"), _text("origin", null=True), _json("body"),
)  # fmt: skip
"""Every signal of a person, once: inbox and history. `log_offset` is where the topic had it."""

people = Table(
    "people", METADATA, _shard(),
    _text("workspace_id", key=True), _text("person_id", key=True), _json("document"),
    _instant("due_at", null=True), _number("policy_version"), _text("broken_by", null=True),
    _text("contact_status"), _instant("contact_until", null=True),
    _instant("contact_since", null=True),
    Column("properties", JSONB, nullable=True),
)  # fmt: skip
"""What is kept of a person: the document, when time acts next, and the contact status as shown.

`properties` are those of the document once more, for an index to find people by.
"""

participants = Table(
    "participants", METADATA, _shard(),
    _text("workspace_id", key=True), _text("person_id", key=True), _text("study_id", key=True),
    _text("status"), _text("stage"), _text("folded"), _number("sequence"),
    _number("setup_version"), _instant("since"),
)  # fmt: skip
"""A person in a study: status and stage as shown, since when; `folded` before eligibility."""

changes = Table(
    "changes", METADATA, _shard(), _number("seq", key=True),
    _text("kind"), _text("workspace_id", null=True), _text("person_id", null=True),
    _text("study_id", null=True), _instant("recorded_at"), _json("body", null=True),
    _json("studies", null=True), Column("letter_key", LargeBinary, nullable=True),
    Column("letter_value", LargeBinary, nullable=True), _json("letter_headers", null=True),
)  # fmt: skip
"""What is published, numbered by the shard: outbox and history.

`kind` is the change's word or `dead_letter`. A row that an erasure has emptied has no body.
`studies` of a person.erased are those whose state gets a tombstone.
"""

erased = Table(
    "erased", METADATA, _shard(),
    _text("workspace_id", key=True), _text("person_id", key=True),
    _instant("erased_at"), _text("signal_id"),
)  # fmt: skip
"""Who was forgotten: all that stays."""

configurations = Table(
    "configurations", METADATA,
    _text("workspace_id", key=True), _text("study_id"), _text("id", key=True),
    _text("kind"), _instant("occurred_at"), _instant("received_at"), _text("origin", null=True),
    _json("body"),
)  # fmt: skip
"""Every setup and policy ever told; `study_id` of a policy is empty."""

setups = Table(
    "setups", METADATA,
    _text("workspace_id", key=True), _text("study_id", key=True), _number("version"),
    _text("signal_id"), _instant("occurred_at"), _json("body"), _instant("recorded_at"),
)  # fmt: skip
"""The newest setup of each study; `body` is the signal `study.configured`."""

policies = Table(
    "policies", METADATA,
    _text("workspace_id", key=True), _number("version"), _text("signal_id"),
    _instant("occurred_at"), _json("body"),
)  # fmt: skip
"""The newest policy of each workspace; `body` is the signal `policy.configured`."""

drains = Table(
    "drains", METADATA, _shard(),
    _text("workspace_id", key=True), _text("study_id", key=True), _number("version"),
    _text("cursor"),
)  # fmt: skip
"""A newer setup (or policy: `study_id` empty) on its way to everybody; `cursor` is a person."""

refolds = Table(
    "refolds", METADATA, _shard(),
    _text("workspace_id", key=True), _text("person_id", key=True), _instant("requested_at"),
)  # fmt: skip
"""Who is to be folded anew from the whole history; commands insert, the home works it off."""

links = Table(
    "links", METADATA,
    _text("workspace_id", key=True), _text("kind", key=True), _text("id", key=True),
    _text("person_id", key=True), _text("study_id", key=True), _text("purpose", key=True),
    _instant("taught_at"),
)  # fmt: skip
"""What a provider's id was told to mean, a row each; what was not told is empty.

Two persons (or studies) of one id are two rows: then nobody is guessed. Rows without a person are
the ids that the newest setup of their study names.
"""

addresses = Table(
    "addresses", METADATA,
    _text("workspace_id", key=True), _text("key", key=True), _text("person_id", key=True),
    _instant("taught_at"),
)  # fmt: skip
"""Whose an address is, by its key; one of two persons is nobody's."""

parked = Table(
    "parked", METADATA,
    _text("topic", key=True), Column("log_partition", Integer, primary_key=True),
    _number("log_offset", key=True),
    Column("element", Integer, primary_key=True, autoincrement=False),
    _text("workspace_id"), _text("provider"), _text("kind"), _text("wants"),
    _text("person_id", null=True), Column("person_shard", Integer, nullable=True),
    _json("body", null=True), _instant("received_at"), _instant("parked_at"),
    _instant("tried_at", null=True), _text("ended", null=True), _instant("ended_at", null=True),
    _text("ended_by", null=True), Column("tallied", Boolean, nullable=False),
)  # fmt: skip
"""An element that nobody explains yet: `body` is its signal as far as known, `wants` what lacks.

Once `ended` (resolved, expired, dropped) nothing of its content is left.
"""

parked_waits = Table(
    "parked_waits", METADATA,
    _text("topic", key=True), Column("log_partition", Integer, primary_key=True),
    _number("log_offset", key=True),
    Column("element", Integer, primary_key=True, autoincrement=False),
    _text("workspace_id"), _text("kind", key=True), _text("id", key=True),
)  # fmt: skip
"""The links (and, kind `address`, the keys of addresses) that would explain a parked element."""

parked_records = Table(
    "parked_records", METADATA,
    _text("topic", key=True), Column("log_partition", Integer, primary_key=True),
    _number("log_offset", key=True), _number("appended_ms"),
    Column("key", LargeBinary, nullable=True), Column("value", LargeBinary, nullable=True),
    Column("headers", LargeBinary, nullable=False),
)  # fmt: skip
"""The raw record of parked elements, byte for byte, for the letter that they may become."""

counters = Table(
    "counters", METADATA, _shard(),
    _text("workspace_id", key=True), _text("study_id", key=True),
    Column("counts", JSONB, nullable=False), _instant("recorded_at"), _instant("occurred_at"),
    _text("signal_id", null=True), _text("kind"),
)  # fmt: skip
"""What a shard's people add to a study's progress, by name, and the last step that changed it."""

progress_due = Table(
    "progress_due", METADATA,
    Column("home", Integer, primary_key=True, autoincrement=False),
    _text("workspace_id", key=True), _text("study_id", key=True), _shard(),
)  # fmt: skip
"""Studies whose counters changed: `home` is the shard of the study's key, `shard` who counted."""

progress = Table(
    "progress", METADATA, _shard(),
    _text("workspace_id", key=True), _text("study_id", key=True), _json("counts"),
    _instant("recorded_at"),
)  # fmt: skip
"""What was last published of a study, in the shard of its key."""
