"""Redirects from browser to change: signed, unsigned, parked until named, in words of panels."""

import json
from pathlib import Path
from typing import Any

from tests.cli.acting import heard, typed, typed_json
from tests.process import applying, wire
from tests.process.applying import told
from tests.process.conftest import Start
from tests.process.test_signatures import put_secret
from workers.settings import Settings

SECRET = "long random text"
SETUP: dict[str, Any] = {
    "workspace_id": "w1", "kind": "study.configured", "occurred_at": "2026-03-01T08:00:00Z",
    "type": "survey", "screener": False, "incentive": False, "participation_limit": None,
}  # fmt: skip
STUDIES = {
    "signed": {"redirects": {"signed": True}},
    "public": {"public": True},
    "usual": {"public": False},
    "cint": {"public": True, "redirects": {"panel": "cint"}},
    "prolific": {
        "public": True,
        "references": {"surveys": ["x9"]},
        "redirects": {"panel": "prolific", "mapping": {"cc": {"C1": "completed"}}},
    },
}
SETUPS = [
    {**SETUP, "id": f"setup:{study}", "study_id": study, **more} for study, more in STUDIES.items()
]


def hits(*targets: str) -> list[wire.Put]:
    """Redirects as they are put on their topic."""
    return [wire.webhook(target.encode(), "redirect") for target in targets]


async def put(settings: Settings, signal: dict[str, Any]) -> None:
    """One of our own signals, at the one door."""
    record = wire.webhook(json.dumps(signal).encode(), "standard")
    await wire.put(settings, "webhooks.product", record)


async def statuses(settings: Settings) -> dict[str, str]:
    """The status of every participant, by `study/person`."""
    rows = await applying.fetch(settings, "select study_id, person_id, status from participants")
    return {f"{row['study_id']}/{row['person_id']}": row["status"] for row in rows}


async def come_back(settings: Settings) -> list[wire.Put]:
    """Browsers come back to each study, one of them signed; those that must be refused."""
    base = ("redirect-link", "https://r.example.com/back", "--study", "signed", "-p", "p1")
    links = {one["outcome"]: one for one in await typed_json(settings, *base)}
    forged = links["started"]["url"].replace(links["started"]["sig"], links["completed"]["sig"])
    bad = hits(forged, "/r?study_id=signed&person_id=p2&outcome=completed")
    good = hits(
        links["completed"]["url"],
        "/r?study_id=public&person_id=p3&outcome=completed&response_id=r3",
        "/r?study_id=usual&person_id=p4&outcome=started&response_id=r4",
        "https://r.example.com/Survey/QuotaFull?study_id=cint&RID=p5",
        "/submissions/complete?cc=C1&PROLIFIC_PID=p6&STUDY_ID=x9&SESSION_ID=se6",
    )
    await wire.put(settings, "webhooks.survey", *bad, *good)
    return bad


async def until_parked(settings: Settings, number: int) -> None:
    """Waits until so many elements are parked."""

    async def waits() -> bool:
        rows = await applying.fetch(settings, "select 1 from parked where ended is null")
        return len(rows) == number

    await applying.eventually(waits)


async def until_statuses(settings: Settings, expected: dict[str, str]) -> None:
    """Waits until the participants are these."""

    async def are_there() -> bool:
        return await statuses(settings) == expected

    await applying.eventually(are_there)


async def test_each_hit_is_worth_what_its_signature_and_its_study_make_it(
    topics: Settings, start: Start, tmp_path: Path
):
    """Links of `pstatus redirect-link` count; forged ones are kept; the others as each study says.

    What waits goes on as soon as a mail has named its person, and says that it is unverified.
    """
    put_secret(tmp_path, "redirect", SECRET)
    await start("all", PSTATUS_SECRETS=str(tmp_path)).ready()
    await heard(topics, SETUPS)

    bad = await come_back(topics.model_copy(update={"secrets": tmp_path}))

    letters = await wire.until(topics, "dead-letters", 2)
    assert {one.value for one in letters} == {one.value for one in bad}
    assert {dict(one.headers)["pstatus-dlq-class"] for one in letters} == {b"bad_signature"}
    expected = {
        "signed/p1": "survey_completed", "public/p3": "survey_completed",
        "cint/p5": "canceled", "prolific/p6": "survey_completed",
    }  # fmt: skip
    await until_statuses(topics, expected)
    await until_parked(topics, 1)
    await heard(topics, [told("email.sent", "p4", "usual", purpose="survey")])
    await until_statuses(topics, expected | {"usual/p4": "survey_started"})
    for person, unverified in (("p1", False), ("p3", True), ("p4", True)):
        said = await typed(topics, "explain", person, "-w", "w1")
        assert ("unverified: a browser said so" in said) == unverified
    explained = await typed_json(topics, "explain", "p4", "-w", "w1")
    marks = {one["kind"]: one["fields"].get("unverified") for one in explained["entries"]}
    assert marks == {"email.sent": None, "survey.started": True}


async def test_nothing_unverified_vouches_for_anybody(topics: Settings, start: Start):
    """A hit of a public study names person and study, and teaches nothing: the next one waits.

    Neither does the same person in another study; an unverified signal stays what it is.
    """
    await start("ingest").ready()
    usual = {**SETUP, "id": "setup:later", "study_id": "public", "public": False,
             "occurred_at": "2026-03-01T09:00:00Z"}  # fmt: skip
    await heard(topics, SETUPS)
    await wire.put(
        topics, "webhooks.survey", *hits("/r?study_id=public&person_id=p1&outcome=started")
    )
    await wire.until(topics, "signals", 1)
    await heard(topics, [usual])

    await wire.put(
        topics, "webhooks.survey",
        *hits("/r?study_id=public&person_id=p1&outcome=completed"),
    )  # fmt: skip

    await until_parked(topics, 1)
    await put(topics, told("participant.added", "p1", "usual"))
    await wire.until(topics, "signals", 2)
    await until_parked(topics, 1)
    await put(topics, told("participant.added", "p1", "public"))
    found = await wire.until(topics, "signals", 4)
    assert sum(b'"unverified":true' in one.value for one in found) == 2
