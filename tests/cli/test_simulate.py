"""`pstatus simulate` as people and other implementations meet it, with the examples of its page."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "simulate.md"
FENCE = re.compile(r"^```json (case|answer)( --changes)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EMPTY = {"now": "2026-03-02T09:00:00Z", "signals": []}
Json = dict[str, Any]


def examples() -> list[tuple[str, list[str], Json]]:
    """(case, options, answer) of every example on the page."""
    blocks = [match.groups() for match in FENCE.finditer(PAGE.read_text(encoding="utf-8"))]
    pairs = zip(blocks[::2], blocks[1::2], strict=True)
    return [
        (" ".join(case.splitlines()), (options or "").split(), json.loads(answer))
        for (_, options, case), (_, _, answer) in pairs
    ]


def simulate(text: str | bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    """The command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "workers", "simulate", *options],
        input=text.encode() if isinstance(text, str) else text,
        capture_output=True,
        check=False,
    )


def answers(text: str, *options: str) -> list[Json]:
    """What it prints, line by line."""
    said = simulate(text, *options)
    assert (said.returncode, said.stderr) == (0, b"")
    return [json.loads(line) for line in said.stdout.decode().split("\n") if line]


def test_the_page_has_examples_of_both_ways() -> None:
    """At least two each, so that the next test means something."""
    with_changes = [options for _, options, _ in examples() if options]

    assert len(with_changes) >= 1
    assert len(examples()) - len(with_changes) >= 2


@pytest.mark.parametrize("number", range(len(examples())))
def test_every_example_on_the_page_is_true(number: int) -> None:
    """The answer printed there is the answer given, fields and order and all."""
    case, options, answer = examples()[number]

    (said,) = answers(case, *options)

    assert json.dumps(said) == json.dumps(answer)


def test_cases_are_answered_in_order_and_blank_lines_skipped() -> None:
    """One line each; a name may be anything."""
    names: list[Any] = ["first", {"second": 2}, None, "é\u2028"]
    lines = [json.dumps(EMPTY | {"name": name}, ensure_ascii=False) for name in names]

    said = answers("\n\n".join(lines) + "\n")

    assert [answer["name"] for answer in said] == names


def test_a_file_is_read_as_standard_input_is(tmp_path: Path) -> None:
    """And a dash is standard input."""
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(EMPTY))

    assert answers("", str(file)) == answers(json.dumps(EMPTY), "-") == answers(json.dumps(EMPTY))


def test_answers_are_utf_8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON is, on every machine."""
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")

    assert answers(json.dumps(EMPTY | {"name": "調査"}))[0]["name"] == "調査"


@pytest.mark.parametrize(
    "line",
    [
        "nonsense", "[]", "5", "null", "{}", '{"now": "2026-03-02T09:00:00Z"}',
        '{"signals": []}', '{"now": "yesterday", "signals": []}',
        '{"now": "2026-03-02T09:00:00Z", "signals": {}}',
        '{"now": "2026-03-02T09:00:00Z", "signals": [], "timezone": "Mars/Olympus"}',
        '{"now": "2026-03-02T09:00:00Z", "signals": [], "policy": [{"id": "r", "kind": "x"}]}',
        '{"now": "2026-03-02T09:00:00Z", "signals": [], "studies": [{"type": "survey"}]}',
        '{"now": "2026-03-02T09:00:00Z", "signals": [], "studies": [{"id": "s", "type": "x"}]}',
        "[" * 5000,
    ],
)  # fmt: skip
def test_a_line_that_is_no_case_is_told_by_its_number(line: str) -> None:
    """The answers before it stand; one line of error; exit 2."""
    said = simulate(f"{json.dumps(EMPTY)}\n\n{line}\n{json.dumps(EMPTY)}\n")

    assert said.returncode == 2
    assert len(said.stdout.splitlines()) == 1
    assert len(said.stderr.splitlines()) == 1
    assert b"line 3: " in said.stderr


def test_bytes_that_are_no_text_are_no_case() -> None:
    """One line of error, not a traceback."""
    said = simulate(b"\xff\xfe\n")

    assert said.returncode == 2
    assert said.stderr.startswith(b"pstatus: line 1: ")


def test_a_missing_file_is_told_in_one_line() -> None:
    """No traceback."""
    said = simulate("", "no-such-file.jsonl")

    assert said.returncode != 0
    assert len(said.stderr.splitlines()) == 1


def test_signals_of_any_shape_are_refused_alone() -> None:
    """Numbers, lists, nothing: the case goes on."""
    good = {"id": "a:1", "kind": "participant.added", "occurred_at": EMPTY["now"]}
    good |= {"person_id": "p1", "study_id": "s1"}
    odd = [5, None, [], {}, {"id": "x"}, {"id": 7}, good | {"id": "y", "received_at": "soon"}]

    (answer,) = answers(json.dumps(EMPTY | {"signals": [*odd, good]}))

    assert [refused["id"] for refused in answer["refused"]] == [*[None] * 4, "x", None, "y"]
    assert {refused["class"] for refused in answer["refused"]} == {"invalid_schema"}
    assert list(answer["participants"]) == ["s1/p1"]


def test_a_signal_of_another_workspace_is_refused() -> None:
    """One case is one workspace: that of the case, else of the first signal that names one."""
    added = {"kind": "participant.added", "occurred_at": EMPTY["now"], "study_id": "s1"}
    signals = [
        added | {"id": f"a:{n}", "person_id": f"p{n}", "workspace_id": workspace}
        for n, workspace in enumerate(["w1", "w2"])
    ]

    (answer,) = answers(json.dumps(EMPTY | {"signals": signals}), "--changes")

    assert [refused["id"] for refused in answer["refused"]] == ["a:1"]
    assert [change["workspace_id"] for change in answer["changes"]] == ["w1"]
