"""`pstatus studies` and `pstatus stats`: a workspace at a glance, its transitions, a funnel."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.vocabulary import Status, StudyType
from tests.cli.acting import added, heard, typed, typed_json
from tests.cli.talk import counter, pstatus, setup, shard, write
from tests.cli.updating import study
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.cli._funnel import funnel
from workers.cli.stats import sparkline
from workers.domain.progress import Progress
from workers.domain.setups import Setup
from workers.ops import clock
from workers.settings import Settings

NOW = clock.now().replace(minute=0, second=0, microsecond=0)


def change(seq: int, hours_ago: float, before: str | None, after: str) -> dict[str, Any]:
    """A row of `changes` of p1 in s1, of so many hours ago."""
    body = {"prior_status": before, "status": after}
    return {
        "shard": shard("w1", "p1"), "seq": seq, "kind": "participant.status_changed",
        "workspace_id": "w1", "person_id": "p1", "study_id": "s1",
        "recorded_at": NOW - timedelta(hours=hours_ago), "body": body,
    }  # fmt: skip


@pytest.fixture
def database(fresh_database: str) -> str:
    """Two studies, and the history of one participant: once long ago, twice in these hours."""
    history = [
        (30.0, None, "not_contacted"), (2.0, "not_contacted", "survey_started"),
        (2.0, "survey_started", "survey_started"), (0.0, "survey_started", "survey_completed"),
    ]  # fmt: skip
    write(
        fresh_database,
        [("w1", "s1", "p1", "survey_completed", "done")],
        setups=[setup("w1", "s1", type="survey", participation_limit=2), setup("w1", "s2")],
        counters=[
            counter("s1", {"added": 1, "surveys_completed": 1, "status.survey_completed": 1}),
            counter("s2", {"added": 3, "status.not_contacted": 3}),
        ],
        changes=[change(n, *one) for n, one in enumerate(history, start=1)],
    )
    return fresh_database


def test_all_studies_are_seen_at_a_glance(database: str):
    """Each study with its type, seven counts and limit; those with people under way first."""
    said = pstatus(database, "studies")
    as_json = json.loads(pstatus(database, "studies", "--json").out)

    assert "2 studies in w1" in said.out
    assert "1 of 2" in said.out
    assert [one["study_id"] for one in as_json["studies"]] == ["s2", "s1"]
    assert as_json["studies"][0]["by_stage"]["not_started"] == 3


def test_transitions_are_counted_by_the_hour(database: str):
    """What is older than asked for is left out; a status published again is no transition."""
    as_json = json.loads(pstatus(database, "stats", "--hours", "3", "--json").out)
    said = pstatus(database, "stats", "s1", "--hours", "48").out

    moves = {(m["prior_status"], m["status"]): m["hours"] for m in as_json["transitions"]}
    assert moves == {
        ("not_contacted", "survey_started"): [1, 0, 0],
        ("survey_started", "survey_completed"): [0, 0, 1],
    }
    assert "new -> not_contacted" in said
    assert "completed" in said.split("Funnel")[1]


def test_a_wrong_study_gets_the_near_ones(database: str):
    """One line and exit code 2."""
    said = pstatus(database, "stats", "s9")

    assert (said.code, "There is no study 's9' in w1; there are: s1, s2" in said.error) == (2, True)


def test_a_funnel_has_the_steps_that_the_setup_has():
    """Conversion is of the step before and of all; without a whole there is none."""
    shown = {Status.SCREENER_NOT_QUALIFIED: 10, Status.INTERVIEW_SCHEDULED: 30, Status.CANCELED: 10}
    counted = Progress(
        added=100, invited=80, interviews_booked=20, interviews_completed=10, incentives_sent=5,
        by_status=shown,
    )  # fmt: skip

    interview = funnel(Setup(StudyType.INTERVIEW, True, True), counted)
    survey = funnel(Setup(StudyType.SURVEY), Progress())

    assert [(one.name, one.number, one.of_before, one.of_first) for one in interview] == [
        ("added", 100, None, None),
        ("invited", 80, 0.8, 0.8),
        ("screened", 40, 0.5, 0.4),
        ("scheduled", 20, 0.5, 0.2),
        ("completed", 10, 0.5, 0.1),
        ("paid", 5, 0.5, 0.05),
    ]
    assert [(one.name, one.of_before) for one in survey] == [
        ("added", None),
        ("invited", None),
        ("completed", None),
    ]


def test_a_sparkline_shows_every_hour():
    """The largest is the highest bar, none is a space, and few are not none."""
    assert sparkline([0, 1, 50, 100]) == " ▁▄█"
    assert sparkline([]) == ""


async def test_a_real_study_is_counted_as_it_was_published(
    topics: Settings,  # noqa: F811
    start: Start,  # noqa: F811
):
    """What a worker published is what studies and stats say, without a recount."""
    await start("all").ready()
    invited = [told("email.sent", p, minute=1, purpose="survey") for p in ("p1", "p2")]
    done = told("survey.completed", "p1", minute=9)
    await heard(topics, [study("s1", "survey", participation_limit=1)])
    await heard(topics, [*added("p1", "p2", "p3"), *invited, done])

    glance = await typed_json(topics, "studies")
    stats = await typed_json(topics, "stats", "s1")
    board = await typed(topics, "study", "s1")

    assert glance["studies"][0]["progress"]["limit_reached"] is True
    assert [(step["name"], step["number"]) for step in stats["funnel"]] == [
        ("added", 3), ("invited", 2), ("completed", 1), ("paid", 0),
    ]  # fmt: skip
    moves = {(m["prior_status"], m["status"]): sum(m["hours"]) for m in stats["transitions"]}
    assert moves[None, "not_contacted"] == 3
    assert "1 of 1, reached" in board
    assert "survey_completed was" in board
