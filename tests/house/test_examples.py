"""The examples of the docs do what the docs say, on a real broker where they need one."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.changes import CLOCK, ParticipantStatusChanged, PersonErasedChange
from schemas.codec import encode_change
from schemas.vocabulary import Stage, Status
from schemas.webhooks import Webhook
from tests.house.reference.examples import EXAMPLES
from workers.ingest.translate import translate
from workers.providers.outcomes import Ready, Told

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
OCCASION = {"workspace_id": "w1", "person_id": "p1", "occurred_at": NOW, "recorded_at": NOW}
ERASED = encode_change(PersonErasedChange(cause=CLOCK, **OCCASION))


async def test_the_consumer_prints_what_is_committed_and_nothing_else(
    bootstrap_servers, topic_prefix
):
    """The README's consumer shows committed changes in order, none that was aborted."""
    topic = f"{topic_prefix}participant-changes"
    await _made(bootstrap_servers, topic)

    await _published(bootstrap_servers, topic, _moved(None, Status.NOT_CONTACTED), ERASED)
    await _published(bootstrap_servers, topic, _moved(None, Status.CANCELED), commit=False)
    moved = _moved(Status.NOT_CONTACTED, Status.STUDY_INVITED)
    await _published(bootstrap_servers, topic, moved)

    assert await _printed(bootstrap_servers, topic, lines=2) == [
        "s1/p1 None -> not_contacted",
        "s1/p1 not_contacted -> study_invited",
    ]


def test_the_bodies_to_send_are_understood():
    """What the README sends comes to a setup, a participant, a mail and an inert open."""
    product = translate(_webhook("standard", "study.json"))
    mail = translate(_webhook("sendgrid", "sendgrid.json"))

    assert [type(element) for element in (*product, *mail)] == [Ready, Ready, Told, Told]
    assert [told.kind.inert for told in mail] == [False, True]


def test_the_change_in_the_readme_is_one():
    """The JSON that the README shows has the fields of a real change, in their order."""
    readme = (EXAMPLES.parents[1] / "README.md").read_text()
    shown = json.loads(readme.split("```json\n")[1].split("```")[0])

    assert list(shown) == list(json.loads(_moved(None, Status.NOT_CONTACTED)))


def _webhook(provider: str, file: str) -> Webhook:
    body = (EXAMPLES / file).read_bytes()
    return Webhook(provider=provider, workspace_id="w1", received_at=NOW, body=body)


def _moved(before: Status | None, after: Status) -> bytes:
    return encode_change(
        ParticipantStatusChanged(
            participant_id="s1/p1", study_id="s1", status=after, prior_status=before,
            stage=Stage.NOT_STARTED, prior_stage=before and Stage.NOT_STARTED, sequence=1,
            correction=False, notify=False, cause=CLOCK, **OCCASION,
        )
    )  # fmt: skip


async def _made(servers: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


async def _published(servers: str, topic: str, *values: bytes, commit: bool = True) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id=topic)
    await producer.start()
    await producer.begin_transaction()
    for value in values:
        await producer.send_and_wait(topic, value)
    await (producer.commit_transaction() if commit else producer.abort_transaction())
    await producer.stop()


async def _printed(servers: str, topic: str, lines: int) -> list[str]:
    consumer = await asyncio.create_subprocess_exec(
        sys.executable, "-u", str(EXAMPLES / "consumer.py"), servers, topic,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            return [(await consumer.stdout.readline()).decode().rstrip() for _ in range(lines)]
    finally:
        consumer.kill()
        await consumer.wait()
