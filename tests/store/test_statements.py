"""House rule of a shard: a home's statements stay inside it."""

import pytest
from sqlalchemy import TextClause

from workers.store import statements

WORKSPACE_WIDE = {"CONFIGURED"}
"""Setups and policies belong to the workspace: read only."""


def named() -> list[tuple[str, TextClause]]:
    """Every statement of the module, found by itself."""
    found = []
    for name, value in vars(statements).items():
        each = value if isinstance(value, tuple) else (value,)
        found += [(name, one) for one in each if isinstance(one, TextClause)]
    return found


@pytest.mark.parametrize(("name", "statement"), named())
def test_a_homes_statement_carries_the_shard(name: str, statement: TextClause):
    """No home reads or writes another shard's rows."""
    is_bound = ":shard" in statement.text

    assert is_bound != (name in WORKSPACE_WIDE)
    if name in WORKSPACE_WIDE:
        assert not any(verb in statement.text for verb in ("insert", "update", "delete"))


def test_every_statement_is_looked_at():
    """The list above is not empty by accident."""
    assert len(named()) > 25
