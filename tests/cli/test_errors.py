"""What goes wrong is told in one line; only bugs show a traceback."""

import subprocess
import sys

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import GroupCoordinatorNotAvailableError, IllegalStateError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from workers.cli.errors import USER, WORLD, UserError, told
from workers.local import ports
from workers.local.errors import LocalError
from workers.local.infrastructure import Local


def test_a_mistake_exits_2_and_a_missing_thing_1():
    """Scripts can tell the two apart."""
    assert told(UserError("say which workspace")) == ("say which workspace", USER)
    assert told(LocalError("no Java")) == ("no Java", WORLD)


def test_a_bug_is_not_dressed_up():
    """Anything unexpected keeps its traceback."""
    assert told(KeyError("x")) is None
    assert told(asyncpg.UniqueViolationError("x")) is None


async def test_no_broker_is_one_line():
    """The port that did not answer is in it."""
    nobody = f"127.0.0.1:{ports.free()}"
    producer = AIOKafkaProducer(bootstrap_servers=nobody)

    with pytest.raises(Exception) as caught:  # noqa: PT011  (what matters is what is told of it)
        await producer.start()
    await producer.stop()

    assert told(caught.value) is not None
    message, code = told(caught.value) or ("", 0)
    assert (code, "Kafka does not answer" in message, nobody.split(":")[1] in message) == (
        WORLD,
        True,
        True,
    )


def test_a_broker_that_goes_down_is_one_line():
    """Not a bug: `pstatus local down` while a demo runs."""
    message, code = told(GroupCoordinatorNotAvailableError("group")) or ("", 0)

    assert (code, "Kafka does not answer" in message) == (WORLD, True)
    assert told(IllegalStateError("ours")) is None


@pytest.mark.parametrize("how", ["nobody listens", "no such database"])
async def test_no_database_is_one_line(how: str, local: Local):
    """Whether nobody listens or the database is missing, and through SQLAlchemy too."""
    url = local.postgres.url("no_such_database")
    if how == "nobody listens":
        url = url.replace(str(local.postgres.port), str(ports.free()))
    engine = create_async_engine(url, poolclass=NullPool)

    with pytest.raises(Exception) as caught:  # noqa: PT011
        await engine.connect()

    message, code = told(caught.value) or ("", 0)
    assert (code, message.count("\n"), "DATABASE_URL" in message) == (WORLD, 0, True)


@pytest.mark.parametrize(
    ("words", "told_of"),
    [
        (("stdy",), "Did you mean 'study'?"),
        (("person",), "Missing argument 'person'. `pstatus person --help` says more."),
        (("study", "s1", "--sttus", "x"), "--status"),
        (("run", "--role", "both"), "'both' is not one of 'ingest', 'apply', 'all'"),
        (("send", "webhooks.emial", "-"), "No topic webhooks.emial"),
        (("demo", "--workspace", "a/b"), "'a/b' is no workspace"),
    ],
)
def test_a_mistyped_command_is_one_line(words: tuple[str, ...], told_of: str):
    """No box, no traceback: one line that says what to do instead, and exit code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "workers", *words], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("pstatus: ")
    assert told_of in done.stderr
