"""`pstatus topics`: makes what is missing, and says what differs, on a real broker."""

import asyncio

from typer.testing import CliRunner

from schemas.topics import TOPICS
from tests.cli.talk import Said
from tests.process import wire
from workers.cli import build
from workers.cli.errors import told
from workers.settings import Settings


def topics(settings: Settings, *words: str, **more: str) -> Said:
    """One command with this test's prefix."""
    env = {
        "PSTATUS_KAFKA_BOOTSTRAP_SERVERS": ",".join(settings.bootstrap_servers),
        "PSTATUS_DATABASE_URL": settings.database,
        "PSTATUS_TOPIC_PREFIX": settings.topic_prefix,
        "PSTATUS_SHARDS": "3",
    }
    result = CliRunner().invoke(build(), ["topics", *words], env=env | more)
    error, code = told(result.exception or SystemExit(0)) or (result.stderr, result.exit_code)
    return Said(result.stdout, error, code)


def test_topics_are_made_once_and_then_as_they_should_be(settings: Settings) -> None:
    """Every topic of the table; a second call leaves them alone."""
    missing = topics(settings, "check")
    made = topics(settings, "create")
    again = topics(settings, "create")
    checked = topics(settings, "check")

    assert missing.code == 1
    assert missing.out.count(": missing") == len(TOPICS)
    assert made.out.count("created ") == len(TOPICS)
    assert again.out == "every topic exists\n"
    assert (checked.code, checked.out) == (0, f"all {len(TOPICS)} topics are as they should be\n")


def test_what_differs_is_named(settings: Settings) -> None:
    """Partitions raised by somebody are told, topic by topic."""
    topics(settings, "create")
    asyncio.run(wire.add_partitions(settings, ["signals"], 5))

    said = topics(settings, "check")
    for _ in range(100):  # the broker takes a moment to tell of it
        if said.code:
            break
        said = topics(settings, "check")

    assert said.code == 1
    assert said.out == f"{settings.topic_prefix}signals: 5 partitions, should be 3\n"


def test_what_the_broker_refuses_is_told_in_one_line(settings: Settings) -> None:
    """More copies than brokers: its own words, and which topic."""
    said = topics(settings, "create", PSTATUS_REPLICATION_FACTOR="3")

    assert (said.code, said.error.count("\n")) == (2, 0)
    assert f"Kafka did not create {settings.topic_prefix}" in said.error
    assert "replication factor" in said.error.lower()
