"""A home's SQL stays in its shard, so that shards can move to databases of their own."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import TextClause

from workers.store import statements, tables

SHARDED = sorted(
    name for name, table in tables.METADATA.tables.items() if "shard" in table.c and name != "x"
)
TOUCHES = re.compile(rf"\b(?:from|join|into|update)\s+({'|'.join(SHARDED)})\b")


def _statements() -> Iterator[tuple[str, str]]:
    for name, found in vars(statements).items():
        for one in found if isinstance(found, tuple) else (found,):
            if isinstance(one, TextClause):
                yield name, one.text


@pytest.mark.parametrize(("name", "sql"), list(_statements()))
def test_a_statement_of_a_home_names_its_shard_for_every_table(name, sql):
    """Each table of a shard that a statement touches is bound to the home's own shard."""
    touched = TOUCHES.findall(sql.lower())

    assert sql.count(":shard") >= len(touched), f"{name} touches {touched}"


def test_the_rule_sees_the_statements():
    """The tables and statements that the rule is about are found."""
    assert {"shards", "signals", "people", "participants", "changes"} <= set(SHARDED)
    assert sum(bool(TOUCHES.search(sql.lower())) for _, sql in _statements()) > 15
