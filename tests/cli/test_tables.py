"""What is listed can be copied: no cell loses a character, in a narrow terminal or in a pipe."""

import pytest
from rich.console import Console

from workers.cli._tables import paper, table

ORIGIN = "pstatus.webhooks.survey/5/11/0"


def test_a_pipe_gets_each_row_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Whatever width the environment tells: a filter behind it finds the whole row."""
    monkeypatch.setenv("COLUMNS", "40")
    made = table("Origin", "Why")
    made.add_row(ORIGIN, "a reason that needs more than forty columns")
    paper().print(made)

    rows = [line for line in capsys.readouterr().out.splitlines() if ORIGIN in line]
    assert len(rows) == 1
    assert "a reason that needs more than forty columns" in rows[0]


def test_a_narrow_terminal_keeps_ids_whole_and_folds_the_rest(capsys: pytest.CaptureFixture[str]):
    """The id is in one piece; of the other cells nothing is replaced by dots."""
    made = table("Origin", "Kind", "Why", "Parked", whole=("Origin",))
    made.add_row(ORIGIN, "interview.completed", "invalid_schema" * 4, "44 seconds ago")
    Console(width=60, force_terminal=True, color_system=None).print(made)

    said = capsys.readouterr().out
    assert ORIGIN in said
    assert "…" not in said
