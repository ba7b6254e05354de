"""What a history leaves out is exactly what can move nothing."""

import re

import pytest

from schemas.signals import KINDS, kind_of
from workers.store import checking, statements

INERT = {kind_of(kind) for kind in KINDS if kind.inert}


@pytest.mark.parametrize("statement", [statements.HISTORIES, checking.HISTORIES, checking.UNKNOWN])
def test_only_inert_kinds_are_left_out(statement):
    """A kind that becomes inert, or ceases to be, is noticed here."""
    (left_out,) = re.findall(r"kind not in \(([^)]*)\)", statement.text)

    assert set(re.findall(r"'([^']+)'", left_out)) == INERT
