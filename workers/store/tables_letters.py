"""The tables of dead letters: their limit, who handled which, and when; see tables.py."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Identity, Integer, Table, Uuid

from workers.store.tables import METADATA, _instant, _json, _number, _text

letter_limits = Table(
    "letter_limits", METADATA,
    _text("topic", key=True), _text("version", key=True),
    Column("records", Double, nullable=False), Column("lost", Double, nullable=False),
    _number("run"), _text("run_of", null=True), _instant("opened_at", null=True),
    Column("unlimited", Boolean, nullable=False),
)  # fmt: skip
"""How much of a topic a version of the worker lost of late; `opened_at`: the topic is held.

`run` are the last records in a row of which nothing was left; `run_of` their workspace, if one.
"""

letter_senders = Table(
    "letter_senders", METADATA,
    _text("topic", key=True), _text("version", key=True), _text("workspace_id", key=True),
    Column("records", Double, nullable=False), Column("lost", Double, nullable=False),
)  # fmt: skip
"""The same for each workspace that sends on the topic."""

letter_actions = Table(
    "letter_actions", METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _text("what"), _text("by"), _instant("started_at"), _instant("ended_at", null=True),
    _json("filters"), _json("result"),
)  # fmt: skip
"""Who replayed, purged, imported or resumed what, when, with what result; never removed."""

letter_marks = Table(
    "letter_marks", METADATA,
    Column("letter_id", Uuid, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    _text("state"), _instant("marked_at"), _number("action_id"),
)  # fmt: skip
"""Letters that were replayed or purged: tools pass over them."""
