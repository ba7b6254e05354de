"""What the pages show; that they look and work so in a browser is tried in tests/browser."""

import asyncio
from datetime import timedelta

import pytest

from schemas.vocabulary import StudyType
from tests.cli.talk import NINE, person, setup, shard, write
from tests.web.conftest import Serve, Served
from workers.domain.setups import Setup
from workers.domain.stages import offered
from workers.store import engine as engines

SETUP = Setup(type=StudyType.INTERVIEW, screener=True, incentive=True)
ODD = "a&b=\"<script>'?#%2e"
ROWS = [
    ("w1", "s1", "p1", "interview_scheduled", "in_progress"),
    ("w1", "s1", "p2", "no_showed", "cancelled"),
    ("w1", "s1", ODD, "no_showed", "cancelled"),
    ("w1", "s2", "p1", "not_contacted", "not_started"),
    ("w2", "s1", "elsewhere", "no_showed", "cancelled"),
]


def told(person_id: str, kind: str, minute: int, **more: str) -> dict[str, object]:
    """A row of `signals`."""
    at = NINE + timedelta(minutes=minute)
    body = {"id": f"t:{kind}", "workspace_id": "w1", "person_id": person_id, "kind": kind}
    body |= {"occurred_at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), **more}
    return {
        "shard": shard("w1", person_id), "workspace_id": "w1", "person_id": person_id,
        "id": f"t:{kind}", "kind": kind, "occurred_at": at, "received_at": at, "recorded_at": at,
        "log_offset": minute, "origin": None, "body": body,
    }  # fmt: skip


@pytest.fixture
async def board(fresh_database: str, serve: Serve) -> Served:
    """Two workspaces with equal ids in them."""
    await asyncio.to_thread(
        write, fresh_database, ROWS,
        setups=[setup("w1", "s1", participation_limit=8)],
        people=[person("w1", name) for name in ("p1", "p2", ODD)],
        signals=[
            told("p1", "participant.added", 1, study_id="s1"),
            told("p1", "contact.opted_out", 2, by="u1", note="private words"),
        ],
    )  # fmt: skip
    return await serve()


async def test_a_study_shows_who_stands_where(board: Served):
    """Seven stages, of this workspace alone."""
    page = await board.get("/study?workspace=w1&study=s1")

    assert page.status == 200
    assert page.text.count('class="column ') == 7
    assert "Interview Scheduled" in page.text
    assert "3 participants" in page.text
    assert "elsewhere" not in page.text


async def test_ids_are_text_and_never_markup(board: Served):
    """Whatever an id holds, it is shown as it is and its link leads to its page."""
    page = await board.get("/study?workspace=w1&study=s1")

    assert "<script>'" not in page.text
    assert "a&amp;b=&#34;&lt;script&gt;" in page.text
    link = page.text.partition('href="/person?workspace=w1&amp;person=a%26b')[2].partition('"')[0]
    assert link == "%3D%22%3Cscript%3E%27%3F%23%252e"


async def test_a_flow_chart_stands_with_its_counts(board: Served):
    """Each offered status is a box; the usual way is drawn; nothing but classes styles it."""
    page = await board.get("/study?workspace=w1&study=s1&view=chart")

    assert page.text.count('<g class="box') == len(offered(SETUP)) - 1
    assert 'class="way usual"' in page.text
    assert "style=" not in page.text
    unconfigured = await board.get("/study?workspace=w1&study=s2&view=chart")
    assert unconfigured.status == 200


async def test_a_person_is_explained_without_what_is_private(board: Served):
    """Where they stand and why; never a note."""
    page = await board.get("/person?workspace=w1&person=p1")

    assert page.status == 200
    assert "opted_out by manual" in page.text
    assert "participant.added" in page.text
    assert "private words" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/study?workspace=w1&study=no", "/study?workspace=no&study=s1", "/study?workspace=w1",
        "/person?workspace=w1&person=no", "/person?workspace=w2&person=p1", "/study",
        "/study?workspace=w1&study=s1&view=no", "/live?workspace=w1&study=no",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_said_on_a_page(board: Served, path: str):
    """A page of ours, not a stack trace."""
    page = await board.get(path)
    assert page.status == 404
    assert "That did not work" in page.text


async def test_a_watched_study_tells_what_has_changed(board: Served, fresh_database: str):
    """At once how it is, and again when somebody has moved; all watchers share one reading."""
    reader, writer = await asyncio.open_connection("127.0.0.1", board.port)
    writer.write(b"GET /live?workspace=w1&study=s1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
    async with asyncio.timeout(30):
        await reader.readuntil(b"event: page")
        engine = engines.make(fresh_database, connections=1)
        async with engine.begin() as connection:
            await connection.exec_driver_sql(
                "update participants set status = 'interview_completed', stage = 'done'"
                f" where shard = {shard('w1', 'p1')} and person_id = 'p1' and study_id = 's1'"
            )
        await engine.dispose()
        told = await reader.readuntil(b"Interview Completed")
    writer.close()

    assert b"event: page" in told
