"""`pstatus refold`: the command only asks, or only reads; the homes do it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.cli.talk import person, pstatus, write

ROWS = [
    ("w1", "s1", "p1", "interview_scheduled", "in_progress"),
    ("w1", "s1", "p2", "no_showed", "cancelled"),
    ("w2", "s1", "p1", "no_showed", "cancelled"),
]


@pytest.fixture
def database(fresh_database: str) -> str:
    """Three people in two workspaces."""
    write(fresh_database, ROWS, people=[person(w, p) for w, _, p, *_ in ROWS])
    return fresh_database


def asked_for(database: str) -> set[tuple[Any, ...]]:
    """Whom the homes are asked to fold anew."""

    async def ask() -> set[tuple[Any, ...]]:
        connection = await asyncpg.connect(database.replace("+asyncpg", ""))
        try:
            rows = await connection.fetch("select workspace_id, person_id from refolds")
        finally:
            await connection.close()
        return {tuple(row) for row in rows}

    return asyncio.run(ask())


def test_one_person_of_one_workspace_is_asked_for(database: str) -> None:
    """Nobody of another workspace with the same id."""
    said = pstatus(database, "refold", "p1", "--workspace", "w1")

    assert (said.code, said.out) == (0, "refold asked for: 1 people\n")
    assert asked_for(database) == {("w1", "p1")}


def test_without_a_name_everybody_is_asked_for(database: str) -> None:
    """Of all workspaces, or of the one named."""
    assert pstatus(database, "refold", "-w", "w1").out == "refold asked for: 2 people\n"
    assert pstatus(database, "refold").out == "refold asked for: 1 people\n"
    assert asked_for(database) == {("w1", "p1"), ("w1", "p2"), ("w2", "p1")}


def test_a_comparison_of_nobody_is_a_mistake(database: str) -> None:
    """A mistyped person is not "no difference"."""
    said = pstatus(database, "refold", "--check", "nobody")

    assert (said.code, said.error) == (2, "Nobody is known as nobody.")

    said = pstatus(database, "refold", "--check", "-w", "nowhere")

    assert (said.code, said.error) == (2, "There are no people in nowhere: is it spelt right?")


@pytest.mark.parametrize("words", [("refold",), ("refold", "--check")])
def test_a_database_without_tables_is_one_line(empty_database: str, words: tuple[str, ...]) -> None:
    """It says what to run."""
    said = pstatus(empty_database, *words)

    assert said.code == 1
    assert "pstatus db migrate" in said.error


def test_who_is_not_known_is_a_mistake(database: str) -> None:
    """One line, exit 2, and nothing asked for."""
    said = pstatus(database, "refold", "nobody")

    assert said.code == 2
    assert "nobody" in said.error
    assert asked_for(database) == set()
