"""What the relay puts into one Kafka transaction; that it is published once is proved on Kafka."""

from datetime import UTC, datetime
from typing import Any, cast

from workers.apply.outbox import DEAD_LETTER, Letter, Row
from workers.apply.relay import Relay

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LETTER = Letter(None, b"x", ())


def taken(person_id: str | None) -> int:
    """How many of five rows of one moment go together though two are asked for."""
    relay = Relay(cast(Any, None), 0, epoch=1, end=1, published=0)
    workspace_id = person_id and "w1"
    relay.push([
        Row(n, DEAD_LETTER, workspace_id, person_id, None, NOW, letter=LETTER) for n in range(1, 6)
    ])  # fmt: skip
    return len(relay._take(2))


def test_what_one_turn_decided_about_a_person_stays_together():
    """Their contact status and their participants' are seen at once."""
    assert taken("p1") == 5


def test_letters_that_name_nobody_do_not_grow_a_transaction():
    """A flood of unreadable records is published in pieces as small as anything else."""
    assert taken(None) == 2
