"""What the relay puts into one Kafka transaction; that it is published once is proved on Kafka."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError

from workers.apply.outbox import DEAD_LETTER, Letter, Row
from workers.apply.relay import Gap, Relay, _is_away, _without_the_last_occasion

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


def _of(*people: str) -> list[Row]:
    return [Row(n, "x", "w1", person, None, NOW) for n, person in enumerate(people, 1)]


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        (("p1", "p2", "p2"), 1),  # who may go on beyond what was read waits for the next time
        (("p1", "p2", "p1", "p2"), 3),  # and only from where they last begin: nobody is left out
        (("p2", "p1", "p2", "p2"), 2),
        (("p1", "p1", "p1"), 3),  # one person alone is published as far as read
    ],
)
def test_what_is_read_is_cut_at_its_end_only(read: tuple[str, ...], kept: int):
    """A row left out in the middle would never be published: the position is past it."""
    rows = _of(*read)
    assert _without_the_last_occasion(rows) == rows[:kept]


@pytest.mark.parametrize("seqs", [(2, 4), (3, 4)])
async def test_nothing_is_published_past_a_gap(seqs: tuple[int, int]):
    """Whatever brought it about: the producer is not even asked to begin."""
    relay = Relay(cast(Any, None), 0, epoch=1, end=5, published=1)
    rows = [Row(seq, "x", "w1", "p1", None, NOW) for seq in seqs]
    with pytest.raises(Gap):
        await relay._send(cast(Any, None), rows)


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (KafkaTimeoutError(), True),  # a batch that expired unsent
        (KafkaConnectionError(), True),
        (TimeoutError(), True),
        (ConnectionRefusedError(), True),
        (Gap("2 is not there"), False),
        (MessageSizeTooLargeError(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_outage_is_waited_for_and_never_called_stuck(error: Exception, is_away: bool):
    """However long: only what waiting does not mend counts towards giving up."""
    assert _is_away(error) is is_away
