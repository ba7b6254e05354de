"""A record of `signals` is read or refused: no bytes and no timestamp make it raise."""

from types import SimpleNamespace

import pytest

from schemas.vocabulary import DeadLetterClass
from workers.apply.incoming import read


@pytest.mark.parametrize("timestamp", [-1, 0, 2**63 - 1, None])
def test_any_timestamp_is_a_moment(timestamp: int | None):
    """A topic without LogAppendTime takes any number from whoever writes."""
    record = SimpleNamespace(value=b"", headers=(), timestamp=timestamp, offset=7)

    incoming = read(record, 12)

    assert incoming.refused is not None
    assert incoming.refused.letter is DeadLetterClass.POISON
