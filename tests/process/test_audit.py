"""`pstatus audit` on real topics and tables: exact with a kill in the middle, and blind to nothing.

AUDIT_RECORDS=1000000 makes it the large version; it is not run by itself.
"""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.cli.acting import run
from tests.process import wire
from tests.process.applying import fetch, told, worked_off
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SETUP, body
from tests.process.wire import PATIENCE, Put, webhook
from workers.settings import Settings

RECORDS = int(os.environ.get("AUDIT_RECORDS", "20000"))
TOGETHER = 2000
ABOUT_NOBODY = {"person_id": None, "study_id": None, "email": "nobody@example.com"}
FUTURE = "2199-01-01T00:00:00Z"


def mixed(n: int) -> Put:
    """Records as they come: mail in arrays, our own signals, what is of no use, 1 % bad ones."""
    if n % 100 == 0:
        return (
            webhook(b"no json", "sendgrid"),
            webhook(b"{}", "nobody"),
            webhook(body([SENDGRID | {"sg_event_id": f"ok{n}"}, {"bad": n}, 7]), "sendgrid"),
            webhook(body(told("participant.added", occurred_at=FUTURE)), "standard"),
        )[n // 100 % 4]  # fmt: skip
    if n % 11 == 0:  # nobody knows who; of every second one somebody says it later
        return webhook(body([SENDGRID | ABOUT_NOBODY | {"sg_message_id": f"q{n}.x"}]), "sendgrid")
    if n % 22 == 1:
        later = {"sg_event_id": f"t{n}", "sg_message_id": f"q{n - 1}.x", "event": "processed"}
        return webhook(body([SENDGRID | later]), "sendgrid")
    if n % 5 == 0:
        more = {"id": f"x:{n}", "person_id": f"p{n % 500}", "minute": n % 600}
        return webhook(body([told("participant.added", **more)]), "standard")
    if n % 7 == 0:
        return webhook(body([SENDGRID | {"event": "group_resubscribe", "sg_event_id": "same"}]),
                       "sendgrid")  # fmt: skip
    person = {"person_id": f"p{n % 500}", "sg_message_id": f"m{n}.x"}
    pair = [
        SENDGRID | person | {"sg_event_id": f"e{n - n % 3}-{side}", "event": word}
        for side, word in (("a", "processed"), ("b", "no_such_word"))
    ]
    return webhook(body(pair), "sendgrid")


def portions() -> Iterator[list[Put]]:
    """All of them, some at a time, spread over the partitions."""
    for first in range(0, RECORDS, TOGETHER):
        numbers = range(first, min(first + TOGETHER, RECORDS))
        yield [mixed(n)._replace(partition=n % 12) for n in numbers]


async def put(settings: Settings, topic: str, records: list[Put]) -> None:
    """Writes many, all acknowledged at the end."""
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        sent = [
            await producer.send(
                settings.topic_prefix + topic, one.value, one.key, partition=one.partition,
                headers=list(one.headers),
            )
            for one in records
        ]  # fmt: skip
        await asyncio.gather(*sent)


async def audited(settings: Settings) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of the command."""
    done = await asyncio.to_thread(run, settings, "audit", "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


async def test_both_ledgers_add_up_with_a_kill_in_the_middle(topics: Settings, start: Start):
    """Every element of every record, and every signal, is accounted for once."""
    setup = webhook(body([SETUP, SETUP]), "standard", partition=0)
    await wire.put(topics, "webhooks.product", setup, setup)
    first = start("all", PSTATUS_CRASH_AFTER="ingest.acknowledged:4", PSTATUS_INGEST_BATCH="500")
    for portion in portions():
        await put(topics, "webhooks.email", portion)
    assert await first.ended() == -signal.SIGKILL
    start("all")
    await everything_committed(topics)
    await worked_off(topics)

    code, report = await audited(topics)

    faults = {name: part[name][:5] for part in (report["ingest"], report["apply"])
              for name in ("missing", "strangers")}  # fmt: skip
    assert (code, report["differences"]) == (0, 0), faults
    mail = report["ingest"]["topics"]["webhooks.email"]
    words = ("signal", "configured", "unused", "parked", "dead")
    assert mail["records"] == RECORDS
    assert sum(mail[word] for word in words) == mail["elements"] > RECORDS
    assert mail["dead"] == _dead()
    assert mail["unused"] >= RECORDS // 3
    ends = report["ingest"]["parked"]
    assert ends["waiting"] + ends["resolved"] == mail["parked"] > 0
    assert ends["resolved"] > 0
    assert report["ingest"]["topics"]["webhooks.product"]["configured"] == 4
    apply = report["apply"]
    outcomes = ("applied", "no_change", "duplicate", "ignored", "dead")
    assert sum(apply[word] for word in outcomes) == apply["records"]
    assert apply["records"] > mail["signal"]  # written twice where it was killed
    assert apply["duplicate"] > 0
    await _nothing_escapes_it(topics)


async def _nothing_escapes_it(settings: Settings) -> None:
    """A signal gone from the tables, one that nobody wrote, a coordinate that never was."""
    gone = await fetch(
        settings,
        "delete from signals where id = (select min(id) from signals where kind = 'email.sent')"
        " returning shard, log_offset",
    )
    stranger = webhook(body([SENDGRID]), "sendgrid")
    headers = [("origin", f"{settings.topic_prefix}webhooks.email/0/0/9".encode())]
    await wire.put(settings, "signals", Put(stranger.value, headers, b"w1:p1", 0))

    code, report = await audited(settings)

    assert code == 1
    named = [f"signals/{row['shard']}/{row['log_offset']}" for row in gone]
    assert set(named) <= set(report["apply"]["missing"])
    assert report["ingest"]["strangers"] == ["webhooks.email/0/0/9"]


def _dead() -> int:
    """Bad elements among the records: two of every fourth bad record, one of the others."""
    bad = range(0, RECORDS, 100)
    return sum(2 if n // 100 % 4 == 2 else 1 for n in bad)


async def everything_committed(settings: Settings) -> None:
    """Waits until ingest has committed every record."""
    group = settings.topic_prefix + "ingest"
    wanted = {"webhooks.email": RECORDS, "webhooks.product": 2}

    async def done() -> bool:
        return await wire.committed(settings, group, wanted) == wanted

    async with asyncio.timeout(PATIENCE + RECORDS / 100):
        while not await done():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.2)
