"""Links and addresses in the database: taught once, of nobody erased, of the newest setup alone."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.ingest.lessons import short
from workers.store import configuration, engine, resolving
from workers.store.configuration import Configuration
from workers.store.resolving import Address, Link

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def database(fresh_database: str) -> AsyncIterator[AsyncConnection]:
    """One transaction that is never committed."""
    made = engine.make(fresh_database, connections=1)
    async with made.connect() as connection:
        await connection.execute(text("insert into shards (shard) select generate_series(0, 3)"))
        yield connection
    await made.dispose()


def link(id_: str = "m1", person: str = "p1", study: str = "s1", workspace: str = "w1") -> Link:
    """A message's; everybody lives in shard 0 here."""
    return Link(workspace, "message_id", id_, person, study, "", 0)


async def erase(database: AsyncConnection, person: str) -> None:
    """Somebody of w1 is forgotten."""
    await database.execute(
        text("insert into erased values (0, 'w1', :person, now(), 'x:1')"), {"person": person}
    )


async def told(database: AsyncConnection, *keys: tuple[str, str, str]) -> list[tuple[Any, ...]]:
    """What links say."""
    return sorted(tuple(row) for row in await resolving.linked(database, keys))


async def test_what_disagrees_is_kept_side_by_side_and_nothing_twice(database: AsyncConnection):
    """However often and in whatever order it is told; equal ids of workspaces never meet."""
    await resolving.teach_links(database, [link(), link(person="p2"), link(), link(workspace="w2")])
    await resolving.teach_links(database, [link(person="p2"), link()])

    first, second = ("w1", "message_id", "m1"), ("w2", "message_id", "m1")
    assert await told(database, first, second) == [
        (0, "p1", "s1", ""), (0, "p2", "s1", ""), (1, "p1", "s1", ""),
    ]  # fmt: skip
    assert await told(database, ("w3", "message_id", "m1"), ("w1", "booking_id", "m1")) == []


async def test_who_is_erased_is_never_taught_and_what_a_race_wrote_goes(database: AsyncConnection):
    """Taught before the erasure was seen: deleted by the sweep; afterwards: not written at all."""
    ada = Address("w1", ("k1",), "p1", 0)
    await resolving.teach_links(database, [link(), link(person="p2")])
    await resolving.teach_addresses(database, [ada, ada._replace(person_id="p2")])
    await erase(database, "p1")

    assert await resolving.unteach_erased(database) == 2
    await resolving.teach_links(database, [link("m2")])
    await resolving.teach_addresses(database, [ada])

    assert await told(database, ("w1", "message_id", "m1"), ("w1", "message_id", "m2")) == [
        (0, "p2", "s1", "")
    ]
    assert await resolving.addressed(database, [("w1", ("k1",))]) == [(0, "k1", "p2")]
    assert await resolving.unteach_erased(database) == 0


async def test_a_known_address_keeps_its_first_key(database: AsyncConnection):
    """Told again under a newer secret, by anybody: the row stays the one, and it is found."""
    await resolving.teach_addresses(database, [Address("w1", ("old",), "p1", 0)])
    newer = Address("w1", ("new", "old"), "p1", 0)
    await resolving.teach_addresses(
        database, [newer, newer._replace(person_id="p2"), newer._replace(workspace_id="w2")]
    )

    rows = await resolving.addressed(database, [("w1", ("new", "old")), ("w2", ("new", "old"))])
    assert sorted(tuple(row) for row in rows) == [
        (0, "old", "p1"), (0, "old", "p2"), (1, "new", "p1"),
    ]  # fmt: skip


def setup(number: int, **references: list[str]) -> Configuration:
    """A version of the setup of s1."""
    body = {"kind": "study.configured", "type": "survey", "references": references}
    return Configuration(
        workspace_id="w1", study_id="s1", id=f"x:{number}", kind="study.configured",
        occurred_at=NOW.replace(minute=number), received_at=NOW, origin="t/0/0/0",
        body=json.dumps(body),
    )  # fmt: skip


async def test_only_the_newest_setups_ids_name_the_study(database: AsyncConnection):
    """Ids that a newer setup does not name any more go; an older one told late changes nothing."""
    keys = [("w1", "survey", "F1"), ("w1", "survey", "F2"), ("w1", "campaign", "c" * 10)]
    for one in (
        setup(1, surveys=["F1"]),
        setup(3, surveys=["F2"], campaigns=["c" * 10, "c" * 999]),
    ):
        await configuration.keep(database, [one])
        await resolving.name(database, [("w1", "s1")])
    assert await told(database, *keys) == [(1, "", "s1", ""), (2, "", "s1", "")]

    await configuration.keep(database, [setup(2, surveys=["F1"])])
    await resolving.name(database, [("w1", "s1")])

    assert await told(database, *keys) == [(1, "", "s1", ""), (2, "", "s1", "")]
    (longest,) = await database.execute(text("select max(length(id)) from links"))
    assert longest[0] == len("sha256:") + 64


async def test_the_longest_ids_of_all_fit_into_the_indexes(database: AsyncConnection):
    """200 characters of four bytes each, that no compression shortens: links, and setups'."""
    draw = Random(7)

    def longest() -> str:
        return "".join(chr(draw.randrange(0x20000, 0x2A000)) for _ in range(200))

    workspace, person, study, message = (longest() for _ in range(4))
    id_ = short("message_id", message)
    one = Link(workspace, "message_id", id_, person, study, "incentive", 0)

    await resolving.teach_links(database, [one])

    assert await told(database, (workspace, "message_id", id_)) == [(0, person, study, "incentive")]
    await configuration.keep(database, [setup(1, surveys=[message])])
    await resolving.name(database, [("w1", "s1")])
    named = ("w1", "survey", short("survey", message))
    assert await told(database, named) == [(0, "", "s1", "")]
