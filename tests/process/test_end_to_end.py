"""Straight through: a provider's raw webhook in, a participant's change out, by whole workers."""

import json
import signal
from typing import Any, NamedTuple

import pytest

from schemas.routing import shard_of
from tests.process import wire
from tests.process.applying import exact, worked_off
from tests.process.conftest import Start
from tests.process.test_ingest_signals import SENDGRID, SETUP, TYPEFORM, body, sample
from workers.settings import Settings


def product(kind: str, person: str = "p1", minute: int = 0, **more: Any) -> dict[str, Any]:
    """One of our own signals, some minutes after eight o'clock."""
    return {
        "id": f"prod:{person}:{kind}:{minute}", "kind": kind, "person_id": person, "study_id": "s1",
        "occurred_at": f"2026-03-02T08:{minute:02}:00Z", **more,
    }  # fmt: skip


class Case(NamedTuple):
    """A raw record, what was known before, and the change that must come of it."""

    topic: str
    provider: str
    value: bytes
    participant: str
    cause: str
    prior: str | None
    status: str
    stage: str
    before: tuple[dict[str, Any], ...] = ()


CASES = (
    Case("webhooks.email", "sendgrid", body([SENDGRID]), "s1/p1",
         "email.delivered", None, "study_invited", "invited"),
    Case("webhooks.survey", "typeform", body(TYPEFORM), "s1/p2",
         "survey.completed", None, "survey_completed", "done"),
    Case("webhooks.survey", "redirect", sample("redirect", "survey_screened_out"), "s1/p1",
         "survey.screened_out", "not_contacted", "canceled", "cancelled",
         (product("participant.added"),)),
    Case("webhooks.scheduler", "calendly",
         sample("calendly", "scheduled").replace(b"2026-03-04", b"2199-03-04"), "s1/p1",
         "booking.scheduled", None, "interview_scheduled", "in_progress"),
    Case("webhooks.incentive", "tremendous", sample("tremendous", "delivered"), "s1/p1",
         "incentive.sent", "survey_completed", "incentive_sent", "done",
         (product("survey.completed"),)),
    Case("webhooks.product", "standard",
         body(product("status.set", status="no_showed", by="u1")), "s1/p1",
         "status.set", None, "no_showed", "cancelled"),
)  # fmt: skip


def values(records: list[Any]) -> list[dict[str, Any]]:
    """Their JSON."""
    return [json.loads(record.value) for record in records]


def told(records: list[Any]) -> list[dict[str, Any]]:
    """The signals among the records of the topic, each once, in the order of arrival."""
    return list({one["id"]: one for one in values(records)}.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.provider)
async def test_a_raw_record_becomes_the_right_change(topics: Settings, start: Start, case: Case):
    """Body, key, partition and headers of the change, and the same bytes as the state now."""
    start("all")
    for number, known in enumerate(case.before, start=1):
        await wire.put(topics, "webhooks.product", wire.webhook(body(known), "standard"))
        await wire.until(topics, "participant-changes", number)

    await wire.put(topics, case.topic, wire.webhook(case.value, case.provider))
    changes = await wire.until(topics, "participant-changes", len(case.before) + 1)

    record = changes[-1]
    change = json.loads(record.value)
    assert change["participant_id"] == case.participant
    assert change["cause"]["kind"] == case.cause
    shown = (change["prior_status"], change["status"], change["stage"])
    assert shown == (case.prior, case.status, case.stage)
    assert (change["sequence"], change["correction"]) == (len(case.before) + 1, False)
    (signal_,) = values(await wire.records_of(topics, "signals"))[-1:]
    assert change["cause"]["signal_id"] == signal_["id"]
    assert record.key == f"w1:{change['person_id']}".encode()
    assert record.partition == shard_of(record.key, topics.shards)
    headers = dict(record.headers)
    assert headers["ce_type"] == b"participant.status_changed"
    assert headers["ce_subject"].decode() == case.participant
    assert headers["ce_time"].decode() == change["recorded_at"]
    states = await wire.records_of(topics, "participants")
    assert states[-1].value == record.value


async def test_of_a_duplicate_a_late_and_a_bad_one(topics: Settings, start: Start):
    """Said twice counts once, told late corrects, unreadable is a letter; the end is exact."""
    completed = product("survey.completed", minute=40)
    start("all")
    for value in (body([SENDGRID, SENDGRID]), body([SENDGRID])):
        await wire.put(topics, "webhooks.email", wire.webhook(value, "sendgrid", partition=0))
    await wire.until(topics, "signals", 3)
    await worked_off(topics)

    await wire.put(topics, "webhooks.product", wire.webhook(body(completed), "standard"))
    await wire.until(topics, "signals", 4)
    await worked_off(topics)

    changes = await exact(topics, told(await wire.records_of(topics, "signals")))
    shown = [(change["status"], change["correction"]) for change in changes]
    assert shown == [("study_invited", False), ("survey_completed", True)]
    await wire.put(topics, "webhooks.email", wire.webhook(b"no json", "sendgrid"))
    (letter,) = await wire.until(topics, "dead-letters", 1)
    assert letter.value == b"no json"


async def test_a_setup_told_later_moves_everybody_of_the_study(topics: Settings, start: Start):
    """A setup with an incentive turns done into pending: published for all, caused by the setup."""
    people = [product("survey.completed", f"p{n}") for n in range(20)]
    start("all")
    await wire.put(topics, "webhooks.product", wire.webhook(body(people), "standard"))
    await wire.until(topics, "participant-changes", 20)

    await wire.put(topics, "webhooks.product", wire.webhook(body(SETUP), "standard"))
    changes = values(await wire.until(topics, "participant-changes", 40))

    moved = [change for change in changes if change["sequence"] == 2]
    assert {change["person_id"] for change in moved} == {f"p{n}" for n in range(20)}
    assert {(c["prior_stage"], c["stage"]) for c in moved} == {("done", "pending_incentive")}
    assert {c["cause"]["signal_id"] for c in moved} == {"setup:1"}


@pytest.mark.parametrize("step", ["ingest.handed", "ingest.acknowledged:2", "apply.save:2"])
async def test_a_whole_worker_killed_midway_is_as_if_it_had_not_been(
    topics: Settings, start: Start, step: str
):
    """Both roles die by kill -9 in one process; the next makes it exact, without one doubled."""
    for number in range(120):
        event = SENDGRID | {"sg_event_id": f"ev{number}", "person_id": f"p{number % 7}"}
        event |= {"study_id": f"s{number % 3}", "event": ("delivered", "bounce")[number % 2]}
        await wire.put(
            topics, "webhooks.email", wire.webhook(body([event]), "sendgrid", partition=number % 12)
        )

    crashed = start("all", PSTATUS_CRASH_AFTER=step, PSTATUS_INGEST_BATCH="20")
    assert await crashed.ended() == -signal.SIGKILL
    start("all", PSTATUS_INGEST_BATCH="20")

    await wire.until(topics, "signals", lambda found: len(told(found)) == 120)
    await worked_off(topics)
    await exact(topics, told(await wire.records_of(topics, "signals")))
