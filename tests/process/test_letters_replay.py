"""Dead letters put back: as if they had never failed, however often it is done or interrupted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from schemas.letters import KEPT
from tests.cli.acting import typed, typed_json
from tests.cli.talk import Said
from tests.process import wire
from tests.process.applying import eventually, fetch, record, told, worked_off
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, body
from tests.process.versions import broken
from tests.process.wire import webhook
from tests.process.worker import environment
from workers.cli import build
from workers.cli.errors import told as in_one_line
from workers.settings import Settings

RECEIVED = ("received-at", b"2026-03-02T09:30:00Z")
ODD = ("odd", b"\xff\xfe")
MANY = 250


def mails(n: int, workspace: str = "w1") -> wire.Put:
    """An array of one person's mail: sent, and a word without an id of its own, delivered."""
    sent = SENDGRID | {"event": "processed", "sg_event_id": f"a{n}", "person_id": f"p{n}"}
    done = SENDGRID | {"sg_event_id": f"b{n}", "person_id": f"p{n}"}
    return webhook(body([sent, done]), "sendgrid", workspace, ODD, RECEIVED, partition=n % 3)


async def everything_committed(settings: Settings, number: int) -> None:
    """Waits until ingest stands behind so many records."""
    group, topic = settings.topic_prefix + "ingest", "webhooks.email"
    await eventually(lambda: _stands_at(settings, group, {topic: number}))


async def _stands_at(settings: Settings, group: str, wanted: dict[str, int]) -> bool:
    return await wire.committed(settings, group, wanted) == wanted


async def changes(settings: Settings, workspace: str) -> list[dict[str, Any]]:
    """What was published of a workspace, in the order of each participant."""
    records = await wire.records_of(settings, "participant-changes")
    found = [json.loads(one.value) for one in records]
    mine = [one for one in found if one["workspace_id"] == workspace]
    return sorted(mine, key=lambda one: (one["participant_id"], one["sequence"]))


def _without_ids(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what differs between any two workspaces."""
    own = ("workspace_id", "recorded_at")
    return [{name: told for name, told in one.items() if name not in own} for one in changes]


async def test_a_letter_replayed_is_as_if_it_had_never_failed(
    topics: Settings, start: Start, tmp_path: Path
):
    """Broken by one version, replayed into the next one: ids, times and people are the same."""
    await wire.put(topics, "webhooks.email", *map(mails, range(4)))
    bad = start("ingest", **broken(tmp_path / "broken"))
    await wire.until(topics, "dead-letters", 4)
    await everything_committed(topics, 4)
    bad.kill()

    start("all")
    dry = await typed_json(topics, "dlq", "replay", "--by", "u1", "--dry-run")
    assert dry["would_be_replayed"] == 4
    done = await typed_json(topics, "dlq", "replay", "--by", "u1", "--class", "bug")
    again = await typed_json(topics, "dlq", "replay", "--by", "u2")

    assert (done["replayed"], done["passed_over"]) == (4, 0)
    assert (again["replayed"], again["passed_over"]) == (0, 4)
    await wire.put(topics, "webhooks.email", *(mails(n, "w2") for n in range(4)))
    signals = await wire.until(topics, "signals", 16)
    await worked_off(topics)
    assert len(await wire.records_of(topics, "signals")) == len(signals) == 16
    received = {dict(one.headers)["received-at"] for one in signals}
    assert received == {b"2026-03-02T09:30:00.000000Z"}
    replayed, never_failed = await changes(topics, "w1"), await changes(topics, "w2")
    assert len(replayed) >= 4
    assert _without_ids(replayed) == _without_ids(never_failed)
    stats = await typed_json(topics, "dlq", "stats")
    assert [(one["what"], one["by"]) for one in stats["actions"]] == [
        ("replay", "u2"), ("replay", "u1"),
    ]  # fmt: skip
    assert (stats["open"], stats["replayed"], stats["elements"]) == (0, 4, 4)


async def test_a_replay_killed_in_the_middle_goes_on(
    topics: Settings, start: Start, tmp_path: Path
):
    """Killed between putting back and writing it down: what is done twice is heard once."""
    await wire.put(topics, "webhooks.email", *map(mails, range(MANY)))
    bad = start("ingest", PSTATUS_DEAD_LETTER_RUN="100000", **broken(tmp_path / "broken"))
    await everything_committed(topics, MANY)
    bad.kill()
    start("all")

    command = ["dlq", "replay", "--by", "u1", "--rate", "100000"]
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "workers", *command], check=False,
        env=os.environ | environment(topics) | {"PSTATUS_CRASH_AFTER": "dlq.put:2"},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    marks = len(await fetch(topics, "select 1 from letter_marks"))
    assert 0 < marks < MANY
    rest = await typed_json(topics, *command)

    assert rest["replayed"] + rest["passed_over"] == MANY
    assert rest["passed_over"] == marks
    ids = {f"sendgrid:{side}{n}:{word}" for n in range(MANY)
           for side, word in (("a", "processed"), ("b", "delivered"))}  # fmt: skip
    signals = await wire.until(topics, "signals", lambda found: {_id(one) for one in found} == ids)
    assert len(signals) > len(ids)
    await worked_off(topics)
    (stored,) = await fetch(topics, "select count(*) as n from signals")
    assert stored["n"] == len(ids)
    first, second = await fetch(topics, "select ended_at from letter_actions order by id")
    assert first["ended_at"] is None
    assert second["ended_at"] is not None


async def test_a_letter_that_fails_again_is_its_next_attempt(topics: Settings, start: Start):
    """The same id, attempt 2, first failed when it first did; list shows which one is open."""
    told_twice = body([SENDGRID, {"event": "delivered"}])
    await wire.put(topics, "webhooks.email", webhook(told_twice, "sendgrid", "w1", ODD))
    start("ingest")
    (first,) = await wire.until(topics, "dead-letters", 1)

    await typed(topics, "dlq", "replay", "--by", "u1")
    found = await wire.until(topics, "dead-letters", 2)

    before, after = [dict(one.headers) for one in sorted(found, key=lambda one: one.timestamp)]
    assert (after["pstatus-dlq-id"], after["pstatus-dlq-attempt"]) == (
        before["pstatus-dlq-id"], b"2",
    )  # fmt: skip
    assert after["pstatus-dlq-first-failed-at"] == before["pstatus-dlq-first-failed-at"]
    (listed,) = (await typed_json(topics, "dlq", "list"))["letters"]
    assert (listed["attempt"], listed["elements"], listed["state"]) == (2, "1", "open")
    raw = await wire.records_of(topics, "webhooks.email")
    back = max(raw, key=lambda one: one.offset)
    assert (back.key, back.value) == (first.key, first.value)
    assert ODD in back.headers
    ours = [name for name, _ in back.headers if "dlq" in name]
    assert sorted(ours) == sorted(KEPT)


async def test_letters_of_signals_go_in_at_the_one_door(topics: Settings, start: Start):
    """A signal on the wrong shard, put there by somebody, ends where it belongs."""
    lost = record(told("participant.added"), topics.shards)
    wrong = lost._replace(partition=(lost.partition + 1) % topics.shards)
    await wire.put(topics, "signals", wrong, wire.Put(b"no json", [], b"w1:p9", 0))
    start("all")
    found = await wire.until(topics, "dead-letters", 2)
    assert len({dict(one.headers)["pstatus-dlq-id"] for one in found}) == 2

    done = await typed_json(topics, "dlq", "replay", "--by", "u1", "--topic", "signals")

    assert done["classes"] == {"misrouted": 1, "poison": 1}
    await eventually(lambda: fetch(topics, "select 1 from participants where person_id = 'p1'"))
    again = await wire.until(topics, "dead-letters", 3)
    last = dict(max(again, key=lambda one: one.timestamp).headers)
    assert (last["pstatus-dlq-class"], last["pstatus-dlq-attempt"]) == (b"poison", b"2")


async def invoked(settings: Settings, *words: str) -> Said:
    """A command in this process: there are many of them, and each would start anew."""

    def call() -> Said:
        env = environment(settings) | {"COLUMNS": "200", "NO_COLOR": "1"}
        result = CliRunner().invoke(build(), list(words), env=env)
        if result.exception is None or isinstance(result.exception, SystemExit):
            return Said(result.stdout, result.stderr, result.exit_code)
        line = in_one_line(result.exception)
        assert line is not None, result.exception
        return Said(result.stdout, *line)

    return await asyncio.to_thread(call)


async def said(settings: Settings, *words: str) -> str:
    """What such a command prints that must succeed."""
    answer = await invoked(settings, *words)
    assert answer.code == 0, answer.error
    return answer.out


async def listed(settings: Settings, *words: str) -> list[dict[str, Any]]:
    """The letters that a filter leaves."""
    return json.loads(await said(settings, "dlq", "list", *words, "--json"))["letters"]


async def _filters_narrow(settings: Settings) -> None:
    """Each filter, on three letters of two topics and two workspaces."""
    assert len(await listed(settings)) == 3
    (unknown,) = await listed(settings, "--provider", "nobody")
    assert unknown["class"] == "unknown_provider"
    surveys = await listed(settings, "-t", "webhooks.survey")
    assert {one["topic"] for one in surveys} == {"webhooks.survey"}
    assert len(await listed(settings, "--class", "poison", "--workspace", "w1")) == 1
    assert await listed(settings, "--until", "2020-01-01") == []
    assert await listed(settings, "--from-offset", "50") == []


def _only_line(file: Path) -> dict[str, Any]:
    """The exported letter; the file is for its owner's eyes alone."""
    assert file.stat().st_mode & 0o77 == 0
    (line,) = map(json.loads, file.read_text().splitlines())
    return line


def _made_older(file: Path, line: dict[str, Any]) -> None:
    file.write_text(json.dumps(line | {"headers": _aged(line["headers"])}))


async def _written_out_and_read_in(topics: Settings, file: Path) -> None:
    """Byte for byte; read in once, however often it is tried."""
    exported = await invoked(topics, "dlq", "export", str(file), "-w", "w2")
    assert "personal data" in exported.error
    line = _only_line(file)
    assert (b64decode(line["key"]), b64decode(line["value"])) == (b"\xfe", b"secret \xff")
    _made_older(file, line)
    assert "1 letters imported" in await said(topics, "dlq", "import", str(file), "--by", "u1")
    assert "0 letters imported, 1" in await said(topics, "dlq", "import", str(file), "--by", "u1")


async def test_letters_are_found_settled_written_out_and_read_in(
    topics: Settings, start: Start, tmp_path: Path
):
    """Filters, purge, peek, export and import, on letters of several kinds."""
    await wire.put(
        topics, "webhooks.email", webhook(b"secret \xff", "sendgrid", "w2", ODD, key=b"\xfe")
    )
    await wire.put(topics, "webhooks.survey", webhook(b"{}", "nobody"), webhook(b"{", "typeform"))
    start("ingest")
    await wire.until(topics, "dead-letters", 3)

    await _filters_narrow(topics)
    (poison,) = await listed(topics, "--workspace", "w2")
    shown = await said(topics, "dlq", "peek", poison["id"][:13])
    assert "pstatus-dlq-class: poison" in shown
    assert "secret" not in shown
    refused = await invoked(topics, "dlq", "peek", poison["id"], "--body")
    assert (refused.code, "terminal" in refused.error) == (2, True)

    await _written_out_and_read_in(topics, tmp_path / "letters.jsonl")

    purged = json.loads(
        await said(topics, "dlq", "purge", "--by", "u1", "--yes", "-w", "w2", "--json")
    )
    assert purged["purged"] == 2
    assert len(await listed(topics)) == 2
    assert {one["state"] for one in await listed(topics, "--state", "all")} == {"open", "purged"}
    nothing = json.loads(await said(topics, "dlq", "replay", "--by", "u1", "-w", "w2", "--json"))
    assert (nothing["replayed"], nothing["passed_over"]) == (0, 2)
    broken_file = tmp_path / "broken.jsonl"
    broken_file.write_text("{}\n")
    wrong = await invoked(topics, "dlq", "import", str(broken_file), "--by", "u1")
    assert (wrong.code, "Line 1" in wrong.error) == (2, True)


def _aged(headers: list[list[str]]) -> list[list[str]]:
    """As of another installation's letter: the same but for its id."""
    from base64 import b64encode

    other = b64encode(b"0a5f9a3e-8c55-5e0c-9f44-0d2f6a5b7c11").decode()
    return [[name, other if name == "pstatus-dlq-id" else raw] for name, raw in headers]


def _id(one: Any) -> str:
    return str(json.loads(one.value)["id"])
