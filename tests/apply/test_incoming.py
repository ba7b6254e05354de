"""A record of `signals` is read or refused: no bytes and no timestamp make it raise."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from schemas import routing
from schemas.codec import encode_signal
from schemas.signals import ParticipantAdded
from schemas.vocabulary import DeadLetterClass
from workers.apply.incoming import read

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("timestamp", [-1, 0, 2**63 - 1, None])
def test_any_timestamp_is_a_moment(timestamp: int | None):
    """A topic without LogAppendTime takes any number from whoever writes."""
    record = SimpleNamespace(value=b"", headers=(), timestamp=timestamp, offset=7)

    incoming = read(record, 12)

    assert incoming.refused is not None
    assert incoming.refused.letter is DeadLetterClass.POISON


def test_a_record_in_the_wrong_place_names_nobody():
    """Its letter stands among the changes of a shard that is not the person's: never as theirs."""
    value = encode_signal(
        ParticipantAdded(id="t:1", workspace_id="w1", occurred_at=NOW, person_id="p1", study_id="s")
    )
    key = routing.person_key("w1", "p1")
    wrong = (routing.shard_of(key, 12) + 1) % 12
    record = SimpleNamespace(
        value=value, key=key, partition=wrong, headers=(), timestamp=2**41, offset=7
    )

    incoming = read(record, 12)

    assert incoming.refused is not None
    assert incoming.refused.letter is DeadLetterClass.MISROUTED
    assert incoming.person is None
