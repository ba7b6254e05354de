"""`pstatus policy`: shown, tried on everybody, published, and drained; on a real worker."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.acting import added, heard, run, typed, typed_json
from tests.cli.talk import pstatus, write
from tests.process import applying
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.cli._policy_file import position
from workers.settings import Settings

RULES = [
    {"id": "r1", "kind": "invitation_cooldown", "days": 36500},
    {"id": "r2", "kind": "property_rule", "property": "vip", "operator": "is_set"},
]
POLICY = {"timezone": "Europe/Berlin", "rules": RULES}
Write = Callable[[Any], str]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    """`file(policy)` -> the path of a file that holds it."""

    def written(policy: Any) -> str:
        path = tmp_path / "policy.json"
        path.write_text(policy if isinstance(policy, str) else json.dumps(policy, indent=1))
        return str(path)

    return written


async def test_a_policy_is_tried_then_published_and_reaches_everybody(
    topics: Settings,  # noqa: F811
    start: Start,  # noqa: F811
    file: Write,
):
    """The trial foretells exactly what the published policy then does; a rerun sends nothing."""
    await start("all").ready()
    people = [f"p{n:02}" for n in range(30)]
    invited = [told("email.sent", one, minute=1, purpose="survey") for one in people[:20]]
    vip = told("person.updated", "p29", None, minute=2, properties={"vip": True})
    await heard(topics, [*added(*people), *invited, vip])

    tried = await typed_json(topics, "policy", "try", file(POLICY))
    none = await typed_json(topics, "people", "--contact-status", "in_cooldown")
    said = await typed(topics, "policy", "set", file(POLICY), "--by", "u1", "--yes")
    again = await typed(topics, "policy", "set", file(POLICY), "--by", "u1", "--yes")

    async def drained() -> bool:
        return not (await typed_json(topics, "policy", "status"))["draining"]

    await applying.eventually(drained)
    cooling = await typed_json(topics, "people", "--contact-status", "in_cooldown")
    kept_off = await typed_json(topics, "people", "--contact-status", "do_not_contact")
    after = {status: told["after"] for status, told in tried["by_contact_status"].items()}
    assert none["people"] == []
    assert len(cooling["people"]) == after["in_cooldown"] == 20
    assert [one["person_id"] for one in kept_off["people"]] == ["p29"]
    assert {one["rule_id"]: one["after"] for one in tried["by_rule"]} == {"r1": 20, "r2": 1}
    assert tried["moves"][0]["people"] == 20
    assert set(tried["moves"][0]["sample"]) < set(people[:20])
    assert "version 1" in said
    assert "nothing was sent" in again
    assert json.loads(await typed(topics, "policy", "show", "--json")) == POLICY


async def test_trying_the_empty_policy_shows_who_would_be_free(
    topics: Settings,  # noqa: F811
    start: Start,  # noqa: F811
    file: Write,
):
    """Before and after differ by what the newest policy holds back, in tables for people too."""
    await start("all").ready()
    policy = {"id": "t:1", "workspace_id": "w1", "kind": "policy.configured",
              "occurred_at": "2026-03-01T00:00:00Z"} | POLICY  # fmt: skip
    invited = told("email.sent", "p1", minute=1, purpose="survey")
    await heard(topics, [policy, *added("p1", "p2"), invited])

    said = await typed(topics, "policy", "try", file({"timezone": "UTC", "rules": []}))

    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines()]
    assert ["in_cooldown", "1", "0", "-1"] in rows
    assert ["free_to_contact", "1", "2", "+1"] in rows
    assert ["in_cooldown", "free_to_contact", "1", "p1"] in rows
    assert any(row and row[0] == "r1" and "gone" in row[1] for row in rows)


RULE = '{\n "timezone": "UTC",\n "rules": [\n  {"id": "r1", %s}\n ]\n}'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{\n  oops", "line 2, column 3"),
        ("[]", "line 1: a policy is an object"),
        ('{"timezone": "UTC"}', "rules is missing"),
        ('{\n"timezone": "Mars/Olympus", "rules": []}', "line 2, timezone: not an IANA"),
        (RULE % '"kind": "invite_cooldown", "days": 1', "did you mean invitation_cooldown"),
        (RULE % '\n"kind": "invitation_cooldown",\n"days": -1', "line 6, rules.0.days: greater"),
        (RULE % '"kind": "invitation_cooldown", "dayz": 1', "no field 'dayz': did you mean days"),
        (RULE % '"kind": "invitation_cooldown"', "line 4, rules.0.days: missing"),
        (
            RULE % '"kind": "property_rule", "property": "a", "operator": "equals"',
            "line 4, rules.0: operator equals needs a value",
        ),
        (
            RULE % '"kind": "property_rule", "property": "a", "operator": "is_set"},\n'
            '{"id": "r1", "kind": "invitation_cooldown", "days": 1',
            "line 5, rules.1.id: another rule has the id 'r1' already",
        ),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_place(
    fresh_database: str, file: Write, text: str, line: str
):
    """Line and place of the fault, and what there is instead; exit code 2."""
    said = pstatus(fresh_database, "policy", "try", file(text))

    assert (said.code, line in said.error) == (2, True), said.error


def test_a_place_is_found_in_any_layout():
    """Where the value of a place begins; of a missing one, what holds it."""
    text = '{ "a" : [ 1 , {"b\\"}": [ ] , "c" :true}],"d":{}}'

    assert text[position(text, ("a", 1, "c")) :].startswith("true")
    assert text[position(text, ("a", 1, 'b"}')) :].startswith("[ ]")
    assert text[position(text, ("d", "e")) :] == "{}}"


def test_without_a_policy_there_is_no_rule(fresh_database: str):
    """A workspace without a policy says so; as JSON it is a file that may be edited and set."""
    write(fresh_database, [("w1", "s1", "p1", "not_contacted", "not_started")])

    assert "has no policy" in pstatus(fresh_database, "policy", "show").out
    told = json.loads(pstatus(fresh_database, "policy", "show", "--json").out)
    assert told == {"timezone": "UTC", "rules": []}


async def test_nobody_is_asked_without_a_terminal(topics: Settings, file: Write):  # noqa: F811
    """Where nobody can answer, --yes must be said; the first policy may name a new workspace."""
    words = ("policy", "set", file(POLICY), "--by", "u1", "-w", "w1")

    done = await asyncio.to_thread(run, topics, *words)
    sent = await asyncio.to_thread(run, topics, *words, "--yes", "--timeout", "0.5")

    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert (sent.returncode, "is a worker running" in sent.stderr) == (1, True)
