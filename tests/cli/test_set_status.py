"""Statuses set by hand and screeners judged: reviewed first, told once, shown."""

import asyncio
from typing import Any

import pytest

from tests.cli.acting import added, heard, run, typed, typed_json
from tests.cli.talk import person, pstatus, setup, write
from tests.cli.updating import BY, board, of_kind, progress, study
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.settings import Settings

IN_S1 = ("--study", "s1", *BY)
LOOK = ("--study", "s1", "--by", "u1", "--dry-run")


@pytest.fixture
async def studies(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """s1 is a survey with an incentive, s2 an interview study with a screener; people in both."""
    await start("all").ready()
    configured = [study("s1", "survey"), study("s2", "interview", screener=True)]
    started = [told("survey.started", name, "s1", minute=5) for name in ("p1", "p2")]
    screened = told("screener.submitted", "q1", "s2", minute=5, result="undecided")
    people = [*added("p1", "p2", "p3"), *added("q1", "q2", study="s2")]
    await heard(topics, [*configured, *people, *started, screened])
    return topics


async def test_a_manual_survey_completed_moves_to_pending_incentive_and_does_not_count(
    studies: Settings,
):
    """The review says both; afterwards the board shows the one and the counts the other."""
    looked = await typed(studies, "set-status", "Survey Completed", "p1", *LOOK)
    before = await board(studies, "s1")

    done = await typed(studies, "set-status", "survey-completed", "p1", *IN_S1)
    again = await typed(studies, "set-status", "survey_completed", "p1", *IN_S1)

    assert "survey_started (in_progress)" in looked
    assert "moves to Pending Incentive" in looked
    assert "does not count towards progress" in looked
    assert "Nothing was sent." in looked
    assert before["p1"] == ("survey_started", "in_progress")
    assert "p1: s1 survey_started -> survey_completed (pending_incentive)" in done
    assert "stays as it is: nothing to tell" in again
    assert (await board(studies, "s1"))["p1"] == ("survey_completed", "pending_incentive")
    assert (await progress(studies, "s1")).surveys_completed == 0
    assert len(await of_kind(studies, "status.set")) == 1


async def test_many_are_meant_by_file_input_or_filter(studies: Settings, tmp_path):
    """Ids from a file or standard input, or whoever has a status or is in a stage."""
    file = tmp_path / "ids"
    file.write_text("p1\n\np2\n")

    by_file = await typed_json(studies, "set-status", "canceled", "-f", str(file), *LOOK)
    by_input = await typed_json(studies, "set-status", "canceled", "-", *LOOK, stdin="p3\np1\n")
    stage = ("--stage", "In Progress")
    by_stage = await typed_json(studies, "set-status", "canceled", *stage, *LOOK)
    status = ("--from-status", "not_contacted")
    done = await typed_json(studies, "set-status", "canceled", *status, *IN_S1)

    assert [one["person_id"] for one in by_file["review"]] == ["p1", "p2"]
    assert [one["person_id"] for one in by_input["review"]] == ["p3", "p1"]
    assert [one["person_id"] for one in by_stage["review"]] == ["p1", "p2"]
    assert [one["person_id"] for one in done["review"]] == ["p3"]
    assert [(one["person_id"], one["status"]) for one in done["changes"]] == [("p3", "canceled")]
    assert by_stage["signals"] == []


async def test_the_review_says_what_stands_in_the_way(studies: Settings):
    """A booking ahead, an invitation of somebody who must not be contacted, and who looks so."""
    ahead = {"booking_id": "b1", "starts_at": "2100-01-01T09:00:00Z"}
    booked = told(
        "booking.scheduled", "q2", "s2", minute=8, ends_at="2100-01-01T10:00:00Z", **ahead
    )
    await heard(studies, [booked])
    await typed(studies, "cooldown", "set", "q1", "--until", "2100-01-01", *BY)
    in_s2 = ("--study", "s2", "--by", "u1", "--dry-run")

    canceled = await typed_json(studies, "set-status", "canceled", "q2", *in_s2)
    invited = await typed_json(studies, "set-status", "interview_invited", "q1", *in_s2)
    fresh = await typed_json(studies, "set-status", "not_contacted", "q1", *in_s2)

    assert canceled["review"][0]["follows"] == [
        "moves to Cancelled",
        "a booking is still ahead: b1 (2100-01-01 09:00 UTC): cancel it, or it will count when it"
        " ends",
    ]
    assert (
        "must not be contacted: in_cooldown until 2100-01-01 00:00 UTC"
        in (invited["review"][0]["follows"])
    )
    assert fresh["review"][0]["status"] == "not_eligible"
    assert (
        "shown as not_eligible: in_cooldown until 2100-01-01 00:00 UTC"
        in (fresh["review"][0]["follows"])
    )


async def test_a_screener_is_judged_by_a_researcher(studies: Settings):
    """Who stands at a screener's status moves by the verdict; others stay, and it says why."""
    in_s2 = ("--study", "s2", *BY)

    done = await typed(studies, "screener", "review", "q1", "q2", "qualified", *in_s2)
    changed = await typed_json(studies, "screener", "review", "q1", "Not Qualified", *in_s2)
    stranger = await asyncio.to_thread(
        run, studies, "screener", "review", "p3", "qualified", *in_s2
    )

    assert "q1: s2 screener_completed -> screener_qualified (screening)" in done
    assert "nothing to tell: it moves nobody who is not_contacted" in done
    assert [one["status"] for one in changed["changes"]] == ["screener_not_qualified"]
    assert (stranger.returncode, "not in the study" in stranger.stdout) == (2, True)
    assert len(await of_kind(studies, "screener.reviewed")) == 2


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("set-status", "noshowed", "p1"),
            "'noshowed' is no status to set: did you mean no_showed",
        ),
        (("set-status", "not_eligible", "p1"), "is no status to set"),
        (("set-status", "survey_completed", "p1"), "is no status of this interview study: did"),
        (("set-status", "no_showed", "p9"), "Nobody in w1 is known as 'p9'"),
        (("set-status", "no_showed"), "Name people"),
        (("set-status", "no_showed", "p1", "--stage", "done"), "not both"),
        (("set-status", "no_showed", "--stage", "doen"), "did you mean done"),
        (("screener", "review", "p1"), "is no verdict (it stands last)"),
        (("screener", "review", "qualified"), "Name people"),
    ],
)
def test_a_mistake_is_told_in_one_line(fresh_database: str, words: tuple[str, ...], line: str):
    """What is wrong, and the near names; exit code 2, nothing sent."""
    write(
        fresh_database,
        [("w1", "s1", "p1", "not_contacted", "not_started")],
        people=[person("w1", "p1")],
        setups=[configured("s1")],
    )

    said = pstatus(fresh_database, *words, *IN_S1)

    assert (said.code, line in said.error) == (2, True), said.error


def configured(study_id: str, **more: Any) -> dict[str, Any]:
    """A row of `setups` whose body is the whole signal."""
    row = setup("w1", study_id, **more)
    named = {"id": "test:1", "workspace_id": "w1", "kind": "study.configured"}
    row["body"] |= named | {"study_id": study_id, "occurred_at": "2026-03-02T09:00:00Z"}
    return row
