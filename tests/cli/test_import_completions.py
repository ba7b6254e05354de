"""Completions out of a survey tool's export: matched, reviewed, told once."""

import pytest

from tests.cli.acting import added, heard, typed, typed_json
from tests.cli.updating import board, of_kind, progress, study
from tests.process.applying import told
from tests.process.conftest import Start, start, topics  # noqa: F401 (fixtures)
from workers.cli._export import read
from workers.cli.errors import UserError
from workers.settings import Settings

NAMED: dict[str, str | None] = {}
EXPORT = """External Reference;End Date;Finished;Response ID
p1;2026-03-02T09:30:00Z;True;R_1
s1/p2;2026-03-02T10:31:00+01:00;True;R_2
p1;2026-03-02T11:00:00Z;True;R_9
p3;2026-03-02T09:33:00Z;True;R_3
p4;2026-03-02T09:33:00Z;False;R_4
nobody;2026-03-02T09:34:00Z;True;R_5
q1;2026-03-02T09:34:00Z;True;R_6
"""


@pytest.fixture
async def survey(topics: Settings, start: Start) -> Settings:  # noqa: F811
    """A survey with an incentive: p1, p2, p4 have started it, p3 has not, q1 its screener."""
    await start("all").ready()
    started = [told("survey.started", name, minute=5) for name in ("p1", "p2", "p4")]
    screening = told("screener.started", "q1", minute=5)
    people = added("p1", "p2", "p3", "p4", "q1")
    await heard(topics, [study("s1", "survey"), *people, *started, screening])
    return topics


async def test_an_export_tells_completions_once(survey: Settings, tmp_path):
    """They count, Pending Incentive fills, and the same file again tells nothing."""
    file = tmp_path / "export.csv"
    file.write_text(EXPORT)
    order = ("import-completions", str(file), "--study", "s1")

    looked = await typed(survey, *order, "--dry-run")
    done = await typed_json(survey, *order, "--yes")
    again = await typed_json(survey, *order, "--yes")

    assert "Columns: person by 'External Reference', time by 'End Date'" in looked
    assert "1 responses are not finished" in looked
    assert "1 of nobody in this study: line 7." in looked
    assert "not at a started survey or screener: not_contacted" in looked
    assert "nobody;" not in looked
    assert sorted((c["person_id"], c["status"], c["stage"]) for c in done["changes"]) == [
        ("p1", "survey_completed", "pending_incentive"),
        ("p2", "survey_completed", "pending_incentive"),
        ("q1", "screener_completed", "in_progress"),
    ]
    assert {c["occurred_at"] for c in done["changes"] if c["person_id"] == "p2"} == {
        "2026-03-02T09:31:00.000000Z"
    }
    assert (done["unknown_lines"], done["repeated"], done["unfinished"]) == ([7], 1, 1)
    assert again["signals"] == []
    shown = await board(survey, "s1")
    assert shown["p1"] == ("survey_completed", "pending_incentive")
    assert (await progress(survey, "s1")).surveys_completed == 2
    assert len(await of_kind(survey, "survey.completed")) == 2


async def test_a_completion_set_by_hand_counts_once_the_export_tells_it(survey: Settings, tmp_path):
    """A manual Survey Completed counts nothing; the import makes it count and moves nobody."""
    file = tmp_path / "export.csv"
    file.write_text("person,when\np1,2026-03-02 10:30\n")
    by_hand = ("set-status", "survey_completed", "p1", "--study", "s1", "--by", "u1", "--yes")
    await typed(survey, *by_hand)
    before = (await progress(survey, "s1")).surveys_completed
    order = ("import-completions", str(file), "--study", "s1", "--yes")

    done = await typed_json(survey, *order, "--time-column", "when", "--zone", "Europe/Berlin")

    assert before == 0
    assert done["review"][0]["follows"] == ["counts as a completed survey"]
    assert (await progress(survey, "s1")).surveys_completed == 1


async def test_an_address_finds_whose_it_is_and_nobody_where_two_have_it(
    survey: Settings, tmp_path
):
    """Addresses are matched by their keys; one of two people in the study is left to a human."""
    owners = {"p1": ["one@example.org"], "p2": ["two@example.org", "both@example.org"]}
    owners |= {"p4": ["both@example.org"]}
    people = [told("person.updated", p, None, emails=emails) for p, emails in owners.items()]
    await heard(survey, people)
    file = tmp_path / "export.csv"
    file.write_text("Email\n One@Example.org \nboth@example.org\nnobody@example.org\n")

    done = await typed(survey, "import-completions", str(file), "--study", "s1", "--yes")

    assert "1 of nobody in this study: line 4." in done
    assert "1 of an address that several people in it have: line 3." in done
    assert "p1: s1 survey_started -> survey_completed" in done
    assert "@" not in done
    assert len(await of_kind(survey, "survey.completed")) == 1


@pytest.mark.parametrize(
    ("header", "uses"),
    [
        ("ResponseId,EndDate,Finished,RecipientEmail", "email finished response time"),
        ("#,participant_id,Submit Date (UTC)", "person time"),
        ("Respondent ID,Custom 1,Email Address,Date Modified", "email person response time"),
    ],
)
def test_columns_are_known_by_the_names_that_tools_give_them(header: str, uses: str):
    """The exports of common survey tools need no options."""
    export = read(f"{header}\n{',' * header.count(',')}\n", NAMED, None, times=True)

    assert " ".join(sorted(export.columns)) == uses


def test_a_column_full_of_addresses_is_one_of_addresses():
    """Whatever it is called, and none of them is shown."""
    export = read("Wer,x\na@example.org,1\nb@example.org,2\n", NAMED, None, times=True)

    assert export.columns == {"email": "Wer"}


@pytest.mark.parametrize(
    ("text", "named", "line"),
    [
        ("", NAMED, "no export"),
        ("a,b\n1,2\n", NAMED, "Which column says who it was?"),
        ("person,b\n1,2\n", {"time": "c"}, "There is no column 'c'"),
        ("person,time\np1,2026-03-02 09:00\n", NAMED, "line 2, column time: '2026-03-02 09:00' is"),
        ("person,time\np1,soon\n", NAMED, "--without-times takes none"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, named: dict[str, str | None], line: str):
    """One line with what is missing, or where."""
    with pytest.raises(UserError) as refused:
        read(text, named, None, times=True)

    assert line in str(refused.value)
