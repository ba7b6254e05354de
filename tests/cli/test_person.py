"""`pstatus person`: one person in all their studies, on a real database."""

import json
from datetime import timedelta

import pytest

from tests.cli.talk import NINE, person, pstatus, shard, write

ROWS = [
    ("w1", "s1", "p1", "not_eligible", "not_started"),
    ("w1", "s2", "p1", "survey_completed", "done"),
    ("w1", "s2", "p2", "opted_out", "cancelled"),
]


@pytest.fixture
def database(fresh_database: str) -> str:
    """p1 in a cooldown, p2 opted out, p3 erased."""
    cooling = {"contact_status": "in_cooldown", "contact_until": NINE + timedelta(days=36500)}
    people = [
        person("w1", "p1", contact_since=NINE, **cooling),
        person("w1", "p2", contact_status="opted_out", contact_since=NINE, broken_by="0.1.0"),
    ]
    erased = {"workspace_id": "w1", "person_id": "p3", "erased_at": NINE, "signal_id": "x:1"}
    write(fresh_database, ROWS, people=people, erased=[erased | {"shard": shard("w1", "p3")}])
    return fresh_database


def test_a_person_is_shown_in_every_study(database: str) -> None:
    """Study, status, stage, since when, and whether they may be contacted."""
    said = pstatus(database, "person", "p1")

    assert said.code == 0
    first, *rest = said.out.splitlines()
    assert first.startswith("p1 in w1: in_cooldown since 2026-03-02 09:00 UTC")
    assert "until 2126-" in said.out
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in rest if "│" in line]
    assert rows == [["s2", "survey_completed", "done"], ["s1", "not_eligible", "not_started"]]


def test_json_is_for_programs(database: str) -> None:
    """Times in UTC with six digits, what is not there is null."""
    told = json.loads(pstatus(database, "person", "p2", "--json").out)

    assert told == {
        "workspace_id": "w1",
        "person_id": "p2",
        "contact": {
            "status": "opted_out",
            "until": None,
            "since": "2026-03-02T09:00:00.000000Z",
            "reasons": [],
        },
        "is_broken": True,
        "participants": [
            {
                "study_id": "s2",
                "status": "opted_out",
                "stage": "cancelled",
                "since": "2026-03-02T09:02:00.000000Z",
                "sequence": 1,
            }
        ],
    }


def test_somebody_unknown_gets_one_line(database: str) -> None:
    """Exit code 2, and no traceback."""
    said = pstatus(database, "person", "p9")

    assert (said.code, said.error) == (2, "There is no person 'p9' in w1.")


def test_somebody_erased_is_said_to_be(database: str) -> None:
    """Of who was forgotten only that is told."""
    said = pstatus(database, "person", "p3")

    assert said.code == 2
    assert said.error == "The person 'p3' was erased from w1 on 2026-03-02 09:00 UTC."
