"""`pstatus charts`: the flow chart of any setup, and of a study with its participants."""

import json

from tests.cli.talk import pstatus, setup, write

ROWS = [
    ("w1", "s1", "p1", "interview_scheduled", "in_progress"),
    ("w1", "s1", "p2", "interview_scheduled", "in_progress"),
    ("w1", "s2", "p1", "not_contacted", "not_started"),
]


def test_a_study_is_drawn_with_its_participants(fresh_database: str) -> None:
    """The numbers are those of the study alone; one that has no type can't be drawn."""
    write(fresh_database, ROWS, setups=[setup("w1", "s1")])

    drawn = pstatus(fresh_database, "charts", "--study", "s1")
    told = json.loads(pstatus(fresh_database, "charts", "--study", "s1", "--json").out)
    typeless = pstatus(fresh_database, "charts", "--study", "s2")

    assert 'interview_scheduled["Interview Scheduled: 2"]' in drawn.out
    counts = {one["status"]: one["participants"] for one in told["statuses"]}
    assert counts.pop("interview_scheduled") == 2
    assert set(counts.values()) == {0}
    assert typeless.code == 2
    assert "never configured" in typeless.error


def test_any_setup_is_drawn_without_a_database() -> None:
    """A survey without a screener has no screening; a wrong word is told with the right ones."""
    drawn = pstatus("", "charts", "--type", "survey", "--no-screener")
    wrong = pstatus("", "charts", "--type", "poll")

    assert "not_contacted ==> study_invited" in drawn.out
    assert "stage_screening" not in drawn.out
    assert wrong.code == 2
    assert wrong.error.strip().endswith("there are: interview, survey, unmoderated_test.")
