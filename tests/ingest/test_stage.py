"""A batch's transaction: what the database refuses for its content stops nobody else."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from schemas.codec import encode_signal, signal_from
from workers.ingest.addresses import AddressKeys
from workers.ingest.judge import Configured
from workers.ingest.lessons import Teacher
from workers.ingest.plan import Asked, Spot, Told
from workers.ingest.questions import Question
from workers.ingest.stage import Stage, Work
from workers.local import ports
from workers.ops.crash import Crash
from workers.settings import Settings
from workers.store import engine
from workers.store.resolving import Link

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def setup(number: int, value: bytes | None = None) -> Told:
    """A study's setup as a plan holds it; `value` in place of its own JSON."""
    signal = signal_from(
        {
            "id": f"x:{number}", "workspace_id": "w1", "kind": "study.configured",
            "occurred_at": "2026-03-02T08:00:00Z", "study_id": f"s{number}", "type": "survey",
            "screener": False, "incentive": False, "participation_limit": None,
        }
    )  # fmt: skip
    record = SimpleNamespace(topic="t", partition=0, offset=number)
    return Told(Configured(signal, value or encode_signal(signal)), Spot(record, 0, NOW))


def stage(database) -> Stage:
    """On this database, for four shards."""
    return Stage(database, Teacher(AddressKeys("secret"), 4), Crash(None))


def asked(number: int, workspace: str = "w1") -> Asked:
    """A bounce of which only the message is known; NUL in a workspace is what no database takes."""
    body = {
        "id": f"x:{number}", "workspace_id": workspace, "kind": "email.bounced",
        "occurred_at": "2026-03-02T08:00:00Z", "permanence": "hard", "purpose": "other",
    }  # fmt: skip
    record = SimpleNamespace(
        topic="t", partition=1, offset=number, key=b"k", value=b"v", timestamp=1,
        headers=(("provider", b"sendgrid"),),
    )  # fmt: skip
    question = Question(workspace_id=workspace, body=body, links=(("message_id", f"m{number}"),))
    return Asked(question, Spot(record, 0, NOW))


async def test_only_what_the_database_cant_take_is_refused(settings: Settings):
    """Broken ones of each sort come back; all others are stored, taught and parked."""
    database = engine.make(settings.database, connections=1)
    await installed(database)
    told = [setup(number, b"{broken" if number in (2, 7) else None) for number in range(9)]
    questions = [asked(number, "w\x00" if number == 3 else "w1") for number in range(5)]
    lessons = [Link("w1", "booking_id", f"b{n}", "p1", "s1", "", 0) for n in range(3)]

    settled = await stage(database).settle(Work(told, lessons, questions))

    assert settled.refused == (told[2], told[7], questions[3])
    assert [one.question.body["id"] for one, _ in settled.answers] == ["x:0", "x:1", "x:2", "x:4"]
    assert {answer.wants for _, answer in settled.answers} == {"person"}
    async with database.connect() as connection:
        stored = (await connection.execute(text("select study_id from setups"))).scalars()
        assert sorted(stored) == [f"s{n}" for n in range(9) if n not in (2, 7)]
        parked = (await connection.execute(text("select log_offset from parked"))).scalars()
        assert sorted(parked) == [0, 1, 2, 4]
        links = (await connection.execute(text("select id from links"))).scalars()
        assert sorted(links) == ["b0", "b1", "b2"]
    await database.dispose()


async def test_large_arrays_are_written_some_at_a_time(settings: Settings):
    """No transaction grows with them, and what one teaches is known to those after it."""
    database = engine.make(settings.database, connections=1)
    await installed(database)
    questions = [asked(number) for number in range(8)]
    lessons = [Link("w1", "message_id", f"m{n}", "p1", "s1", "", 0) for n in (6, 7)]
    several = Stage(database, Teacher(AddressKeys("secret"), 4), Crash(None), most=3)

    for _ in range(2):  # as after a failure in the middle
        settled = await several.settle(Work((), lessons, questions))

    assert [one for one, _ in settled.answers] == questions
    assert [answer.wants for _, answer in settled.answers] == ["person"] * 6 + [None] * 2
    async with database.connect() as connection:
        written = text("select count(*), count(distinct xmin::text) from parked")
        assert tuple((await connection.execute(written)).one()) == (6, 3)
    await database.dispose()


async def installed(database) -> None:
    """As a worker's first start leaves it."""
    async with database.begin() as connection:
        await connection.execute(text("insert into shards (shard) select generate_series(0, 3)"))


async def test_a_database_that_is_away_refuses_nothing():
    """No answer is no verdict: the error goes to whoever tries again."""
    database = engine.make(
        f"postgresql+asyncpg://postgres@127.0.0.1:{ports.free()}/none", connections=1
    )

    with pytest.raises((OSError, DBAPIError)) as raised:
        await stage(database).settle(Work([setup(1)]))

    assert engine.transient(raised.value)
    await database.dispose()


async def test_nothing_to_do_opens_no_connection():
    """A batch whose metadata is complete, and that teaches nothing new, costs no statement."""
    nowhere = engine.make(
        f"postgresql+asyncpg://postgres@127.0.0.1:{ports.free()}/none", connections=1
    )

    settled = await stage(nowhere).settle(Work())

    assert settled.answers == ()
