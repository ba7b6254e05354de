"""`pstatus people`: pages of people by contact status, property, study and end."""

import json
from datetime import timedelta

import pytest

from tests.cli.talk import NINE, person, pstatus, write

ROWS = [
    ("w1", "s1", "p1", "not_eligible", "not_started"),
    ("w1", "s1", "p3", "not_contacted", "not_started"),
    ("w1", "s2", "p2", "opted_out", "cancelled"),
    ("w2", "s1", "p1", "not_contacted", "not_started"),
]


@pytest.fixture
def database(fresh_database: str) -> str:
    """p1 in a cooldown, p2 opted out, p3 and p4 free; another workspace with a p1 of its own."""
    cooling = {"contact_status": "in_cooldown", "contact_until": NINE + timedelta(days=7)}
    people = [
        person("w1", "p1", contact_since=NINE, **cooling, **having(city="Ghent", age=31)),
        person("w1", "p2", contact_status="opted_out", contact_since=NINE, **having(age="31")),
        person("w1", "p3", **having(tags=["a", "b"])),
        person("w1", "p4"),
        person("w2", "p1", **having(age=31)),
    ]
    write(fresh_database, ROWS, people=people)
    return fresh_database


def having(**properties: object) -> dict[str, object]:
    """A row with these properties."""
    return {"properties": properties}


def listed(database: str, *words: str) -> list[str]:
    """The ids of a page."""
    told = json.loads(pstatus(database, "people", "-w", "w1", "--json", *words).out)
    return [one["person_id"] for one in told["people"]]


@pytest.mark.parametrize(
    ("words", "people"),
    [
        ((), ["p1", "p2", "p3", "p4"]),
        (("--contact-status", "free to contact"), ["p3", "p4"]),
        (("-c", "opted_out", "-c", "in_cooldown"), ["p1", "p2"]),
        (("--property", "city=Ghent"), ["p1"]),
        (("--property", "age=31"), ["p1", "p2"]),
        (("--property", 'age="31"'), ["p2"]),
        (("--property", 'tags=["a"]'), ["p3"]),
        (("--study", "s1"), ["p1", "p3"]),
        (("--study", "s1", "-c", "in_cooldown"), ["p1"]),
        (("--until-before", "2026-03-10"), ["p1"]),
        (("--until-before", "2026-03-09T09:00:00Z"), []),
        (("--after", "p2"), ["p3", "p4"]),
    ],
)
def test_filters_narrow_the_list(database: str, words: tuple[str, ...], people: list[str]):
    """Each filter keeps who fits it, of the one workspace that is meant."""
    assert listed(database, *words) == people


def test_pages_follow_each_other(database: str):
    """`next` is where the next page begins; the last page has none."""
    first = json.loads(pstatus(database, "people", "-w", "w1", "-n", "3", "--json").out)
    last = json.loads(
        pstatus(database, "people", "-w", "w1", "-n", "3", "--json", "--after", first["next"]).out
    )

    assert first["next"] == "p3"
    assert [one["person_id"] for one in first["people"] + last["people"]] == [
        "p1", "p2", "p3", "p4",
    ]  # fmt: skip
    assert last["next"] is None


def test_people_read_a_table(database: str):
    """Contact status, until when and since when; and how to go on."""
    said = pstatus(database, "people", "-w", "w1", "-n", "1").out

    assert "in_cooldown" in said
    assert "2026-03-09 09:00 UTC" in said
    assert "--after p1" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("-c", "optedout"), "'optedout' is no contact status: did you mean opted_out?"),
        (("--property", "age"), "--property wants NAME=VALUE, not 'age'."),
        (("--study", "s9"), "There is no study 's9' in w1"),
        (("--until-before", "monday"), "'monday' is no time"),
    ],
)
def test_a_wrong_filter_gets_one_line(database: str, words: tuple[str, ...], line: str):
    """What is wrong, and what there is instead; exit code 2."""
    said = pstatus(database, "people", "-w", "w1", *words)

    assert (said.code, said.error.startswith(line)) == (2, True), said.error
