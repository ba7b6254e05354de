"""`pstatus doctor`: says that all is well, and finds what was really broken, check by check."""

import asyncio
import json
import subprocess
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from alembic import command
from pydantic import SecretStr
from sqlalchemy import Connection

from tests.cli.acting import added, heard, run
from tests.process import applying, wire
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.cli._doctor import broker, flow, newest, table
from workers.cli._doctor.broker import Rule
from workers.cli._doctor.findings import Level
from workers.local import ports
from workers.ops import clock
from workers.settings import Settings
from workers.store import engine as engines
from workers.store import installation, migrate
from workers.store.examining import Shard

Found = dict[str, list[dict[str, str]]]
ILL = {
    "settings": ("note", "PSTATUS_SHRADS"),
    "topics": ("error", "contacts is missing"),
    "acls": ("note", "no authorizer"),
    "installation": ("error", "belongs to Kafka cluster elsewhere"),
    "clocks": ("error", "The broker's clock is"),
    "secrets": ("error", "w1/sendgrid; what these providers send becomes dead letters"),
    "unverified": ("warning", "no secret is configured: w1/typeform."),
    "groups": ("error", "apply has no members, and is 1 records behind (the oldest is "),
    "shards": ("error", "nobody reads them, in shards 2."),
    "limits": ("error", "webhooks.email is held"),
    "parked": ("warning", "1 elements have been parked for more than 24 hours, the oldest for 30"),
    "aside": ("error", "3 people stand still, for version 0.0.1"),
    "drains": ("note", "1 newer setups and 1 policies"),
}
"""What each check finds in the installation that is broken everywhere at once."""
AWAY = {"broker": "Kafka does not answer", "database": "PostgreSQL up"}
OLD = {"migrations": "The schema has version 0001, needed is"}
PERSON = "somebody-secret"


def looked(settings: Settings, **more: str) -> tuple[int, Found, str]:
    """Exit code, findings by check, and all that was said."""
    done = _doctor(settings.model_copy(), **more)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    found: Found = defaultdict(list)
    for one in told["findings"]:
        found[one["check"]].append(one)
    assert told["worst"] == max((one["level"] for one in told["findings"]), key=LEVELS.index)
    return done.returncode, found, done.stdout


LEVELS = ["ok", "note", "warning", "error"]


def _doctor(settings: Settings, **more: str) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in more.items():
            patch.setenv(name, value)
        return run(settings, "doctor", "--json")


def test_every_check_has_been_broken_here():
    """A new check needs a test that makes it find something."""
    names = [check.name for check in (*table.OPENING, *table.CHECKS)]

    assert sorted(names) == sorted([*ILL, *AWAY, *OLD])


async def test_all_is_well(topics: Settings, start: Start, tmp_path: Path):  # noqa: F811
    """Workers that keep up: nothing to be done, exit code 0, for people and for programs."""
    secret = tmp_path / "secrets" / "w1" / "sendgrid"
    secret.parent.mkdir(parents=True)
    secret.write_text("one\ntwo\n")
    secret.chmod(0o600)
    settings = topics.model_copy(update={"secrets": tmp_path / "secrets"})
    await start("all", PSTATUS_SECRETS=str(settings.secrets)).ready()
    await heard(settings, added("p1", "p2", "p3"))
    await applying.worked_off(settings)

    code, found, _ = await asyncio.to_thread(looked, settings)

    levels = {name: max(LEVELS.index(one["level"]) for one in found[name]) for name in found}
    notes = {name for name, level in levels.items() if level}
    assert (code, notes) == (0, {"acls", "unverified"}), json.dumps(found, indent=1)
    assert len(found) == len(table.OPENING) + len(table.CHECKS)
    assert "standard" in found["unverified"][0]["what"]
    assert [one["what"].split(" has ")[1] for one in found["groups"]] == [
        "1 members and is 0 records behind."
    ] * 2
    said = await asyncio.to_thread(run, settings, "doctor")
    assert (said.returncode, said.stdout.count("ok      ")) == (0, 16)


async def test_what_is_broken_is_found_each_for_itself(topics: Settings, tmp_path: Path):  # noqa: F811
    """Fourteen things broken at once for real: each is found, none hides another."""
    settings = topics.model_copy(update={"secrets": tmp_path})
    await _break_topics(settings)
    await _break_tables(settings)
    _break_secrets(tmp_path)
    await _put_ahead(settings, "webhooks.survey")

    code, found, said = await asyncio.to_thread(looked, settings, PSTATUS_SHRADS="4")

    assert code == 1
    lines = {(name, one["level"], one["what"]) for name in found for one in found[name]}
    wanted = [(name, level, what) for name, (level, what) in ILL.items()]
    wanted += [
        ("topics", "error", "participants has cleanup.policy=delete"),
        ("topics", "warning", "webhooks.email has max.message.bytes=1000"),
        ("topics", "error", "webhooks.survey has message.timestamp.type=CreateTime"),
        ("secrets", "warning", "may read or change: w1/sendgrid."),
        ("secrets", "warning", "unknown or sign nothing: w1/nobody."),
        ("shards", "error", "Changes wait to be published in shards 3."),
    ]
    lost = [one for one in wanted if not any(
        line[:2] == one[:2] and one[2] in line[2] for line in lines)]  # fmt: skip
    assert lost == [], json.dumps(found, indent=1)
    assert PERSON not in said


async def test_servers_that_are_away_hide_nothing_else(settings: Settings, tmp_path: Path):
    """Neither Kafka nor PostgreSQL: two errors, the rest looked at as far as it goes."""
    nowhere = SecretStr(f"postgresql+asyncpg://x@127.0.0.1:{ports.free()}/x")
    both = {"kafka_bootstrap_servers": (f"127.0.0.1:{ports.free()}",), "database_url": nowhere}
    away = settings.model_copy(update=both | {"secrets": tmp_path / "nothing"})

    code, found, _ = await asyncio.to_thread(looked, away)

    assert code == 1
    for name, what in AWAY.items():
        assert (found[name][0]["level"], what in found[name][0]["what"]) == ("error", True), found
    assert found["secrets"][0]["level"] == "error"
    assert "missing" in found["secrets"][0]["what"]
    assert found["shards"][0]["what"] == "Not looked at: it needs the database."
    alone = settings.model_copy(update={"kafka_bootstrap_servers": both["kafka_bootstrap_servers"]})
    _, found, _ = await asyncio.to_thread(looked, alone)
    assert found["migrations"][0]["level"] == "ok"


async def test_an_old_schema_is_told(settings: Settings, empty_database: str):
    """One step instead of all: what is missing is no failure of the checks that need it."""

    def first(connection: Connection) -> None:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()

    await migrate._on(empty_database, first)
    old = settings.model_copy(update={"database_url": SecretStr(empty_database)})

    code, found, _ = await asyncio.to_thread(looked, old)

    assert code == 1
    assert found["migrations"][0]["what"].startswith(OLD["migrations"])
    assert "db migrate" in found["migrations"][0]["todo"]
    assert found["limits"][0]["what"] == "Not looked at: the database has another schema."
    assert found["parked"][0]["level"] == "note"
    await applying.fetch(old, "update alembic_version set version_num = '9999'")
    _, found, _ = await asyncio.to_thread(looked, old)
    assert "does not know" in found["migrations"][0]["what"]


async def _break_topics(settings: Settings) -> None:
    """One missing, three set otherwise; a signal that nobody will read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    wrong = {
        "participants": {"cleanup.policy": "delete"},
        "webhooks.survey": {"message.timestamp.type": "CreateTime"},
    }
    try:
        await admin.delete_topics([settings.topic_prefix + "contacts"])
        for topic, configs in wrong.items():
            name = settings.topic_prefix + topic
            changed = ConfigResource(ConfigResourceType.TOPIC, name)
            changed.configs = configs
            await admin.alter_configs([changed])
    finally:
        await admin.close()
    await wire.bound(settings, "webhooks.email", 1000)
    await wire.put(settings, "signals", wire.Put(b"{}", [], partition=2))


async def _put_ahead(settings: Settings, topic: str) -> None:
    """Records of a survey tool, until the topic has taken a date ten minutes from now."""
    headers = [("provider", b"typeform"), ("workspace-id", b"w1")]
    name, body = settings.topic_prefix + topic, PERSON.encode()
    later = int((clock.now() + timedelta(minutes=10)).timestamp() * 1000)
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:

        async def taken() -> bool:
            told = await producer.send_and_wait(name, body, headers=headers, timestamp_ms=later)
            return bool(told.timestamp == later)  # the changed topic is not in force at once

        await applying.eventually(taken)


async def _break_tables(settings: Settings) -> None:
    """Installed elsewhere, and everything in it is stuck."""
    engine = engines.make(settings.database, connections=1)
    await installation.settle(
        engine, cluster_id="elsewhere", topic_prefix=settings.topic_prefix, shards=settings.shards
    )
    await engine.dispose()
    this = "'" + table.held.version("participant-status") + "'"
    for statement in (
        "update shards set next_seq = 5, published = 3 where shard = 3",
        "update shards set next_seq = 5, published = 4 where shard = 1",
        "insert into letter_limits (topic, version, records, lost, run, opened_at, unlimited)"
        f" values ('webhooks.email', {this}, 9, 9, 9, now(), false)",
        "insert into parked (topic, log_partition, log_offset, element, workspace_id, provider,"
        " kind, wants, received_at, parked_at) values ('t', 0, 0, 0, 'w1', 'ses', 'email.sent',"
        " 'person', now(), now() - interval '30 hours 5 minutes'),"
        " ('t', 0, 1, 0, 'w1', 'ses', 'email.sent', 'person', now(), now() - interval '9 hours')",
        "insert into people (shard, workspace_id, person_id, document, policy_version, broken_by,"
        f" contact_status) select 1, 'w1', '{PERSON}' || n, '{{}}', 0,"
        " case when n < 4 then '0.0.1' end, 'free_to_contact' from generate_series(1, 9) n",
        "insert into drains (shard, workspace_id, study_id, version, cursor)"
        " values (0, 'w1', 's1', 2, ''), (1, 'w1', 's1', 2, ''), (1, 'w1', '', 2, '')",
    ):
        await applying.fetch(settings, statement)


def _break_secrets(folder: Path) -> None:
    """An empty file that everybody may read, one of nobody's, in folders that are open."""
    (folder / "w1").mkdir()
    folder.chmod(0o755)
    (folder / "w1").chmod(0o755)
    for name, text, mode in (("sendgrid", "# none yet\n", 0o644), ("nobody", "one\n", 0o600)):
        (folder / "w1" / name).write_text(text)
        (folder / "w1" / name).chmod(mode)


READ, WRITE, ALL = 3, 4, 2


@pytest.mark.parametrize(
    ("rules", "level"),
    [
        ([], Level.OK),
        ([Rule("p.signals", 3, "User:ingest", WRITE, 3)], Level.OK),
        ([Rule("p.", 4, "User:ingest", ALL, 3), Rule("*", 3, "User:b", WRITE, 3)], Level.NOTE),
        ([Rule("p.", 4, "User:*", WRITE, 3)], Level.ERROR),
        ([Rule("p.", 4, "User:*", WRITE, 2), Rule("q.", 4, "User:*", WRITE, 3)], Level.OK),
        ([Rule("p.signals", 3, "User:*", READ, 3)], Level.OK),
    ],
)
def test_acls_tell_who_may_write_signals(rules: list[Rule], level: Level):
    """By name, by prefix and by `*`; what is denied or is about something else does not count."""
    assert [one.level for one in broker.judged(rules, "p.signals")] == [level]


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (-5, "ok"), (6, "warning"), (-59, "warning"), (-61, "error")]
)
def test_clocks_may_differ_a_little(seconds: int, level: str):
    """Five seconds are nothing, a minute is an error, in both directions."""
    assert newest.compared("It", timedelta(seconds=seconds)).level.word == level


@pytest.mark.parametrize(
    ("shard", "is_behind"),
    [(Shard(0, 9, 1, 0), False), (Shard(0, 8, 1, 0), True), (Shard(1, 0, 1, 0), False)],
)
def test_a_shard_is_behind_only_where_its_topic_goes_on(shard: Shard, is_behind: bool):
    """A partition that can't be seen says nothing."""
    assert flow.reads_on(shard, {0: 9}) is is_behind
