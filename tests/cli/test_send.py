"""`pstatus send` as an integration developer types it, on a real topic."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from tests.process import wire
from tests.process.conftest import topics  # noqa: F401 (a fixture)
from tests.process.worker import environment
from workers.settings import Settings


def typed(settings: Settings, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess:
    """The command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "workers", "send", *words],
        input=stdin, capture_output=True, check=False,
        env=os.environ | environment(settings),
    )  # fmt: skip


async def test_a_file_is_a_record_byte_for_byte(topics: Settings, tmp_path):  # noqa: F811
    """Value, key and headers stand on the topic as given; the short name of the topic is enough."""
    file = tmp_path / "body"
    file.write_bytes(b'[{"a": 1}]\n\xff')

    done = await asyncio.to_thread(
        typed, topics, "webhooks.email", str(file), "--provider", "sendgrid", "--workspace", "w1",
        "--key", "k", "--header", "http-x-signature=a=b",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    (record,) = await wire.records_of(topics, "webhooks.email")
    assert (record.key, record.value) == (b"k", b'[{"a": 1}]\n\xff')
    assert dict(record.headers) == {
        "http-x-signature": b"a=b", "provider": b"sendgrid", "workspace-id": b"w1",
    }  # fmt: skip


async def test_lines_are_records(topics: Settings):  # noqa: F811
    """With --lines each line of standard input is a record; empty ones are none."""
    lines = [json.dumps({"n": n}) for n in range(50)]

    done = await asyncio.to_thread(
        typed, topics, topics.topic_prefix + "webhooks.product", "-", "--lines", "-p", "standard",
        stdin="\n\n".join(lines).encode(),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert b"50 records" in done.stdout
    found = await wire.records_of(topics, "webhooks.product")
    assert sorted(record.value.decode() for record in found) == sorted(lines)


async def test_what_becomes_a_dead_letter_is_said_and_sent(topics: Settings):  # noqa: F811
    """A mistyped provider or no workspace: a line each on standard error; the record is sent."""
    done = await asyncio.to_thread(
        typed, topics, "webhooks.email", "-", "--provider", "sendgrdi", stdin=b"[]"
    )

    assert done.returncode == 0
    provider, workspace = done.stderr.decode().splitlines()
    assert "'sendgrdi' is no provider; there are: " in provider
    assert "--workspace is missing" in workspace
    assert len(await wire.records_of(topics, "webhooks.email")) == 1


def test_a_topic_that_kafka_has_not_is_told_at_once(settings: Settings):
    """One line says which command makes it."""
    done = typed(settings, "webhooks.email", "-", "-p", "sendgrid", "-w", "w1", stdin=b"[]")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "pstatus topics create" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("webhooks.nothing", "-"), "webhooks.email"),
        (("webhooks.email", "-", "--header", "novalue"), "NAME=VALUE"),
        (("webhooks.email", "/no/such/file"), "/no/such/file"),
    ],
)
def test_a_mistake_is_told_in_one_line(settings: Settings, words: tuple[str, ...], told: str):
    """What is wrong and what there is instead; exit code 2, nothing sent."""
    done = typed(settings, *words)

    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1
