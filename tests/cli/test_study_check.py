"""`pstatus study check`: counters are what everybody's documents come to, or it says where not."""

import json
from typing import Any

import pytest

from schemas.codec import decode_signal
from tests.cli.talk import NINE, person, pstatus, shard, write
from workers.domain.setups import World
from workers.domain.tracking import NOBODY, hear
from workers.store import documents


def booked(workspace_id: str, person_id: str) -> dict[str, Any]:
    """The row of somebody who has booked one interview of study s1."""
    told = {
        "id": "test:1", "workspace_id": workspace_id, "kind": "booking.scheduled",
        "occurred_at": "2026-03-02T09:00:00Z", "person_id": person_id, "study_id": "s1",
        "booking_id": "b1",
    }  # fmt: skip
    signal = decode_signal(json.dumps(told).encode())
    heard = hear(NOBODY, signal, received_at=NINE, now=NINE, world=World())
    return person(workspace_id, person_id, document=json.loads(documents.encode(heard.tracked)))


def counted(workspace_id: str, person_id: str, people: int = 1, **said: int) -> dict[str, Any]:
    """The counters of study s1 in the shard of a person."""
    names = ("added", "interviews_booked", "status.interview_scheduled")
    return {
        "shard": shard(workspace_id, person_id), "workspace_id": workspace_id, "study_id": "s1",
        "counts": dict.fromkeys(names, people) | said, "recorded_at": NINE, "occurred_at": NINE,
        "signal_id": "test:1", "kind": "booking.scheduled",
    }  # fmt: skip


@pytest.fixture
def database(fresh_database: str) -> str:
    """One person in w1, who is counted; one in w2, of whom a booking too many is."""
    people = [booked("w1", "p1"), booked("w2", "p1")]
    counters = [counted("w1", "p1"), counted("w2", "p1", interviews_booked=2)]
    write(fresh_database, [], people=people, counters=counters)
    return fresh_database


def test_what_is_counted_right_is_no_difference(database: str) -> None:
    """Of one workspace, and of one study of it."""
    for words in ((), ("s1",)):
        said = pstatus(database, "study", "check", *words, "-w", "w1")
        assert (said.code, said.out) == (
            0, "1 studies with 1 participants recounted, no difference\n",
        )  # fmt: skip


def test_what_is_counted_wrong_is_named_and_exits_with_1(database: str) -> None:
    """The study, the count, and the shard."""
    said = pstatus(database, "study", "check")

    where = f"(shard {shard('w2', 'p1')})"
    assert said.code == 1
    assert said.out.splitlines() == [
        f"w2:s1: interviews_booked is 2, should be 1 {where}",
        "2 studies with 2 participants recounted, 1 differences",
    ]


def test_a_study_of_nobody_is_a_mistake(database: str) -> None:
    """A mistyped study is not "no difference"."""
    said = pstatus(database, "study", "check", "s9", "-w", "w1")

    assert (said.code, said.error) == (2, "Nobody has ever told of a participant of s9.")
