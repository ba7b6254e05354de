"""`pstatus parked`: what waits is listed without its content, tried again, or dropped."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from tests.cli.talk import Said, pstatus, write
from workers.store import engine, parking
from workers.store.parking import KeptRecord, Parked, Place

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def element(number: int, workspace: str = "w1", **more: Any) -> Parked:
    """A bounce of which only the message is known."""
    given = {"provider": "sendgrid", "kind": "email.bounced", "wants": "person", "person_id": None}
    return Parked(
        place=Place("pstatus.webhooks.email", 3, number, 0), workspace_id=workspace,
        person_shard=None, body='{"kind": "secretword"}', received_at=NOW,
        waits=[("message_id", f"m{number}")], **(given | more),
    )  # fmt: skip


@pytest.fixture
def database(fresh_database: str) -> str:
    """Three elements of w1, one of w2."""
    write(fresh_database, [("w1", "s1", "p1", "no_showed", "cancelled")])
    told = [
        element(1), element(2, provider="ses"), element(4, "w2"),
        element(3, kind="email.sent", wants="study", person_id="p1"),
    ]  # fmt: skip
    kept = [KeptRecord(*one.place[:3], 0, b"k", b"secretword", b"[]") for one in told]
    asyncio.run(_park(fresh_database, told, kept))
    return fresh_database


async def _park(database: str, told: list[Parked], kept: list[KeptRecord]) -> None:
    made = engine.make(database, connections=1)
    async with made.begin() as connection:
        await parking.park(connection, told, kept)
    await made.dispose()


def rows(database: str, query: str) -> list[Any]:
    """What the database says."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(database.replace("+asyncpg", ""))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def parked(database: str, *words: str) -> Said:
    """`pstatus parked` in w1."""
    return pstatus(database, "parked", *words, "--workspace", "w1")


def test_what_waits_is_listed_without_what_it_says(database: str):
    """Where it stands, what it lacks and since when; filters narrow; other workspaces stay out."""
    said = parked(database, "list", "--json")

    told = json.loads(said.out)
    assert [one["origin"].rsplit("/", 2)[1] for one in told["parked"]] == ["1", "2", "3"]
    assert (told["of"], told["ends"]) == (3, {"waiting": 3})
    assert told["parked"][2]["wants"] == "study"
    assert "secretword" not in said.out + parked(database, "list").out
    narrow = parked(database, "list", "--provider", "ses", "--wants", "Person", "--json")
    assert json.loads(narrow.out)["of"] == 1
    assert json.loads(parked(database, "list", "-n", "1", "--json").out)["of"] == 3


def test_a_retry_asks_the_next_sweep(database: str):
    """Those named, in this workspace alone."""
    said = parked(database, "retry", "--kind", "email.bounced")

    assert (said.code, said.out) == (0, "tried again within seconds: 2 elements\n")
    assert rows(database, "select log_offset from parked where tried_at is null order by 1") == [
        (1,), (2,),
    ]  # fmt: skip


def test_a_drop_ends_an_element_and_deletes_its_content(database: str):
    """By its origin, with who did it; record and waits go along, the others stay."""
    origin = json.loads(parked(database, "list", "--json").out)["parked"][0]["origin"]

    said = parked(database, "drop", origin, "--by", "u1", "--yes", "--json")

    assert json.loads(said.out) == {"dropped": 1}
    query = "select ended, ended_by, body::text from parked where log_offset = 1"
    assert rows(database, query) == [("dropped", "u1", None)]
    assert rows(database, "select count(*) from parked_records") == [(3,)]
    assert rows(database, "select count(*) from parked_waits") == [(3,)]
    assert json.loads(parked(database, "list", "--json").out)["ends"] == {
        "dropped": 1, "waiting": 2,
    }  # fmt: skip
    assert parked(database, "drop", origin, "--by", "u1", "-y").code == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("retry",), "Which? Name origins, --provider, --kind or --wants, or say --all."),
        (("drop", "--all", "--by", "u1", "--json"), "Nobody can be asked here: add --yes."),
        (("retry", "--kind", "x"), "Nothing that waits fits: `pstatus parked list` shows what"),
        (("list", "--wants", "persn"), "'persn' is no thing that can be missing: did you mean"),
    ],
)
def test_a_mistake_is_told_in_a_line(database: str, words: tuple[str, ...], line: str):
    """Nothing chosen, nobody to ask, nothing found, a word that is none."""
    said = parked(database, *words)

    assert said.code == 2
    assert said.error.startswith(line)


def test_a_drop_without_yes_asks(database: str):
    """Nobody answers here, so nothing is dropped."""
    said = parked(database, "drop", "--all", "--by", "u1")

    assert said.code == 1
    assert rows(database, "select count(*) from parked where ended is null") == [(4,)]
