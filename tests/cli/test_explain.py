"""`pstatus explain` and the reasons of `pstatus person`, on a real worker's database."""

import asyncio
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from schemas.fields import format_instant
from tests.cli.acting import added, heard, run, typed, typed_json
from tests.process import applying
from tests.process.applying import START, told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from tests.process.worker import environment
from workers.settings import Settings

POLICY: dict[str, Any] = {
    "id": "t:1", "workspace_id": "w1", "kind": "policy.configured", "timezone": "UTC",
    "occurred_at": "2026-03-01T00:00:00Z",
    "rules": [{"id": "r1", "kind": "invitation_cooldown", "days": 36500}],
}  # fmt: skip


@pytest.fixture
async def story(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """p1: invited (a rule cools them down), opted out by a user; a booking ended, a late cancel."""
    await start("all").ready()
    out = told("contact.opted_out", "p1", None, minute=5, by="u1", note="a private word")
    ends = format_instant(START.replace(hour=10))
    booked = told("booking.scheduled", "p1", "s2", minute=2, booking_id="b1", ends_at=ends)
    invited = told("email.sent", "p1", minute=1, purpose="survey")
    known = told("person.updated", "p1", None, minute=3, properties={"city": "Ghent"})
    await heard(topics, [POLICY, *added("p1"), invited, booked, known, out])
    late = told("booking.canceled", "p1", "s2", minute=30, booking_id="b1", by="host")
    await heard(topics, [late])
    await applying.worked_off(topics)
    return topics


async def test_a_history_is_explained_entry_by_entry(story: Settings):
    """Every signal in order with its row or why none, what is late, causes, what was published."""
    found = await typed_json(story, "explain", "p1")

    kinds = [one["kind"] for one in found["entries"]]
    assert kinds == [
        "participant.added", "email.sent", "booking.scheduled", "person.updated",
        "contact.opted_out", "booking.canceled",
    ]  # fmt: skip
    by_kind = {one["kind"]: one for one in found["entries"]}
    assert by_kind["participant.added"]["moves"][0]["why_none"]
    assert by_kind["email.sent"]["moves"][0]["status"] == "study_invited"
    assert by_kind["contact.opted_out"]["began"] == ["opted_out:manual"]
    assert by_kind["booking.canceled"]["late"]
    assert by_kind["booking.canceled"]["published"][0]["correction"]
    reasons = {one["status"]: one for one in found["contact"]["reasons"]}
    assert reasons["opted_out"]["begun_by"] == "test:p1:None:contact.opted_out:5"
    assert "pstatus opt-in" in reasons["opted_out"]["ends"]
    assert reasons["in_cooldown"]["rule"] == "invitation_cooldown, days 36500"


async def test_lines_for_people_say_the_same(story: Settings):
    """The same in lines; of one study only what concerns it."""
    said = await typed(story, "explain", "p1")
    of_s1 = await typed(story, "explain", "p1", "--study", "s1")

    assert "s1: not_contacted -> study_invited, by its row (purpose is screener or survey" in said
    assert "told late" in said
    assert "began opted_out by manual" in said
    assert "published s2 interview_completed -> interview_canceled (cancelled) correction" in said
    assert "booking.canceled" in said
    assert "booking.canceled" not in of_s1
    assert "contact.opted_out" in of_s1


async def test_a_person_has_every_reason_with_its_rule_and_end(story: Settings):
    """Contact status, then each reason: rule and parameters, until when, what would end it."""
    said = await typed(story, "person", "p1")
    told = await typed_json(story, "person", "p1")

    assert "opted_out by manual; an opt-in" in said
    assert "in_cooldown by rule r1 until 2126-" in said
    assert "(invitation_cooldown, days 36500); ends by itself" in said
    assert [one["status"] for one in told["contact"]["reasons"]] == ["opted_out", "in_cooldown"]


async def test_free_text_is_shown_only_where_it_is_asked_for_in_a_terminal(story: Settings):
    """Notes and properties never leave by a pipe, and not without --notes."""
    plain = await typed(story, "explain", "p1", "--json")
    piped = await asyncio.to_thread(run, story, "explain", "p1", "--notes")
    shown = await asyncio.to_thread(in_terminal, story, "explain", "p1", "--notes")

    assert "private" not in plain
    assert "Ghent" not in plain
    assert (piped.returncode, "only in a terminal" in piped.stderr) == (2, True)
    assert "private" not in piped.stdout
    assert "a private word" in shown
    assert "Ghent" in shown


async def test_somebody_unknown_gets_one_line(story: Settings):
    """Exit code 2; a study that the person is not in is one, too."""
    nobody = await asyncio.to_thread(run, story, "explain", "p9")
    nowhere = await asyncio.to_thread(run, story, "explain", "p1", "--study", "s9")

    assert (nobody.returncode, "no person 'p9'" in nobody.stderr) == (2, True)
    assert (nowhere.returncode, "not in a study 's9'" in nowhere.stderr) == (2, True)


def in_terminal(settings: Settings, *words: str) -> str:
    """What a command says to a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "workers", *words],
        stdout=theirs, stderr=subprocess.DEVNULL, env=os.environ | environment(settings),
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65_536):
            said += chunk
    except OSError:
        pass  # the other side has closed it
    process.wait()
    os.close(ours)
    return said.decode()
