"""`pstatus study`: the board of one study in the terminal, on a real database."""

import json

import pytest

from tests.cli.talk import counter, person, pstatus, setup, write

ROWS = [
    ("w1", "s1", "p1", "interview_scheduled", "in_progress"),
    ("w1", "s1", "p2", "no_showed", "cancelled"),
    ("w1", "s1", "p3", "interview_scheduled", "in_progress"),
    ("w1", "s1", "p4", "incentive_sent", "done"),
    ("w1", "s2", "p1", "not_contacted", "not_started"),
]


@pytest.fixture
def database(fresh_database: str) -> str:
    """One workspace with two studies; only s1 is configured."""
    counts = {
        "added": 4, "interviews_booked": 5, "interviews_completed": 3,
        "status.interview_scheduled": 2, "status.no_showed": 1, "status.incentive_sent": 1,
    }  # fmt: skip
    write(
        fresh_database,
        ROWS,
        setups=[setup("w1", "s1", participation_limit=8)],
        people=[person("w1", "p2", contact_status="in_cooldown")],
        counters=[counter("s1", counts), counter("s2", {"added": 1, "status.not_contacted": 1})],
    )
    return fresh_database


def test_a_study_is_shown_by_stage(database: str) -> None:
    """Seven counts, then everybody under their stage, the latest first."""
    said = pstatus(database, "study", "s1")

    assert said.code == 0
    assert "s1 in w1: interview, 4 participants, screener, incentive, limit 8" in said.out
    lines = [line.split() for line in said.out.splitlines()]
    assert ["│", "0", "│", "0", "│", "0", "│", "2", "│", "0", "│", "1", "│", "1", "│"] in lines
    people = [line[0] for line in lines if line and line[0].startswith("p")]
    assert people == ["p3", "p1", "p4", "p2"]


def test_filters_leave_the_counts_of_all(database: str) -> None:
    """A filter says who is listed; the seven counts are always the study's."""
    said = pstatus(database, "study", "s1", "--status", "No Showed", "--json")

    told = json.loads(said.out)
    assert [one["person_id"] for one in told["participants"]] == ["p2"]
    assert told["by_stage"] == {
        "not_started": 0,
        "invited": 0,
        "screening": 0,
        "in_progress": 2,
        "pending_incentive": 0,
        "done": 1,
        "cancelled": 1,
    }


def test_filters_add_up(database: str) -> None:
    """Several statuses mean any of them; a stage besides narrows them."""
    both = ("--status", "interview_scheduled", "--status", "no_showed")

    everybody = json.loads(pstatus(database, "study", "s1", *both, "--json").out)
    narrowed = json.loads(
        pstatus(database, "study", "s1", *both, "--stage", "cancelled", "--json").out
    )

    assert len(everybody["participants"]) == 3
    assert [one["person_id"] for one in narrowed["participants"]] == ["p2"]


def test_json_says_everything_there_is(database: str) -> None:
    """A participant in JSON has status, stage, since when and how many changes there were."""
    told = json.loads(pstatus(database, "study", "s2", "--json").out)

    assert (told["workspace_id"], told["study_id"], told["setup"]) == ("w1", "s2", None)
    assert told["by_status"] == {"not_contacted": 1}
    assert told["participants"] == [
        {
            "person_id": "p1",
            "status": "not_contacted",
            "stage": "not_started",
            "since": "2026-03-02T09:04:00.000000Z",
            "sequence": 1,
            "contact_status": None,
        }
    ]


def test_who_fits_is_exported_for_spreadsheets(database: str) -> None:
    """CSV has everybody who fits, once, with the contact status; filters narrow it."""
    everybody = pstatus(database, "study", "s1", "--csv").out.splitlines()
    narrowed = pstatus(database, "study", "s1", "--contact", "in_cooldown", "--csv").out

    assert everybody[0] == "person_id,status,stage,since,sequence,contact_status"
    assert sorted(line.split(",")[0] for line in everybody[1:]) == ["p1", "p2", "p3", "p4"]
    assert narrowed.splitlines()[1:] == [
        "p2,no_showed,cancelled,2026-03-02T09:01:00.000000Z,1,in_cooldown"
    ]


def test_a_contact_status_filters_the_board(database: str) -> None:
    """Only who may not be contacted for a while is listed; the counts stay the study's."""
    said = pstatus(database, "study", "s1", "--contact", "In Cooldown")

    listed = [line.split()[0] for line in said.out.splitlines() if line.startswith("  p")]
    assert listed == ["p2"]
    assert "4 participants" in said.out


def test_the_board_says_how_far_the_limit_is(database: str) -> None:
    """What records count stands beside the limit, and the newest changes above the list."""
    said = pstatus(database, "study", "s1").out

    assert "Limit: ███" in said
    assert "3 of 8" in said
    assert "Counted: 5 booked, 3 interviews completed" in said
    newest = said.split("Newest changes:")[1].splitlines()[1]
    assert "p4 incentive_sent" in newest


def test_a_long_list_says_that_it_goes_on(database: str) -> None:
    """Beyond the limit a stage's list says how many more there are."""
    said = pstatus(database, "study", "s1", "--limit", "1")

    assert "... and 1 more (--limit)" in said.out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("s1", "--status", "noshow"), "'noshow' is no status: did you mean no_showed?"),
        (("s1", "--stage", "canceled"), "'canceled' is no stage: did you mean cancelled?"),
        (("s12",), "There is no study 's12' in w1: did you mean s2 or s1?"),
        (("s1", "-w", "w9"), "There is no workspace 'w9'; there are: w1."),
    ],
)
def test_a_wrong_name_gets_one_line_and_the_near_ones(
    database: str, words: tuple[str, ...], line: str
) -> None:
    """A name that there is not ends with exit code 2 and says which there are."""
    said = pstatus(database, "study", *words)

    assert (said.code, said.error) == (2, line)


def test_between_two_workspaces_nobody_guesses(fresh_database: str) -> None:
    """With equal ids in two workspaces one must be named, and only its people are shown."""
    write(
        fresh_database,
        [
            ("w1", "s1", "p1", "no_showed", "cancelled"),
            ("w2", "s1", "p1", "not_contacted", "not_started"),
        ],
    )

    unnamed = pstatus(fresh_database, "study", "s1")
    named = json.loads(pstatus(fresh_database, "study", "s1", "-w", "w2", "--json").out)

    assert (unnamed.code, "--workspace (w1, w2)" in unnamed.error) == (2, True)
    assert named["by_status"] == {"not_contacted": 1}


def test_an_empty_database_says_how_to_begin(fresh_database: str) -> None:
    """Where nothing is known yet, the one line says what to run."""
    said = pstatus(fresh_database, "study", "s1")

    assert said.code == 2
    assert "pstatus demo" in said.error


def test_a_database_without_tables_says_what_to_run(empty_database: str) -> None:
    """A database that was never migrated gets one clear line."""
    said = pstatus(empty_database, "study", "s1")

    assert said.code == 1
    assert "pstatus db migrate" in said.error
