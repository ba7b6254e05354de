"""`pstatus redirect-link`: links that the gate believes, and what it refuses to make."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from typer.testing import CliRunner

from tests.ingest.test_verify import hit, through
from workers.cli import build
from workers.cli.errors import told
from workers.ingest.verify import Gate
from workers.providers.outcomes import Told

BASE = "https://r.example.com/back?lang=de#top"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder with two secrets for the links of w1."""
    (tmp_path / "w1").mkdir()
    (tmp_path / "w1" / "redirect").write_text("new\nold\n")
    return tmp_path


def link(folder: Path | None, *words: str) -> tuple[int, str, str]:
    """The command's code, output and error."""
    env = {"PSTATUS_SECRETS": str(folder or ""), "PSTATUS_WORKSPACE": ""}
    result = CliRunner().invoke(build(), ["redirect-link", *words], env=env)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return result.exit_code, result.stdout, result.stderr
    line = told(result.exception)
    assert line is not None, result.exception
    return line[1], result.stdout, line[0]


@pytest.mark.parametrize(
    ("purpose", "outcomes"),
    [
        (None, ["started", "completed", "screened_out", "over_quota"]),
        ("test", ["started", "completed"]),
        ("screener", ["started", "completed", "undecided", "qualified", "not_qualified",
                      "screened_out", "over_quota"]),
    ],
)  # fmt: skip
def test_each_link_is_believed_for_its_outcome_alone(secrets: Path, purpose, outcomes):
    """One a possible outcome; put into another link its sig is worth nothing."""
    more = ("--purpose", purpose) if purpose else ()
    gate = Gate(lambda workspace_id, provider: ("older", "new"))

    code, out, _ = link(secrets, BASE, "--study", "s 1", "--person", "p&1", *more, "--json")

    assert code == 0
    links = json.loads(out)
    assert [one["outcome"] for one in links] == outcomes
    for one in links:
        (element,), seals = through(gate, hit(one["url"]))
        assert isinstance(element, Told)
        assert (element.unverified, element.person_id, element.study_id) == (False, "p&1", "s 1")
        assert seals == {("redirect", "verified"): 1}
        parts = urlsplit(one["url"])
        assert dict(parse_qsl(parts.query))["lang"] == "de"
        assert parts.fragment == "top"
        other = next(two for two in links if two is not one)
        (refused,), _ = through(gate, hit(one["url"].replace(one["sig"], other["sig"])))
        assert not isinstance(refused, Told)


def test_people_and_links_are_lines(secrets: Path):
    """For somebody alone outcome and link, for several who, too; the only workspace is meant."""
    _, alone, _ = link(secrets, BASE, "--study", "s1", "-p", "p1")
    _, both, _ = link(secrets, BASE, "--study", "s1", "-p", "p1", "-p", "p2", "-w", "w1")

    assert [line.split()[0] for line in alone.splitlines()] == [
        "started", "completed", "screened_out", "over_quota",
    ]  # fmt: skip
    assert len(both.splitlines()) == 8
    assert {line.split()[0] for line in both.splitlines()} == {"p1", "p2"}
    assert "new" not in alone.replace("newest", "")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((BASE, "--study", "s/1", "-p", "p1"), "is no id"),
        ((BASE, "--study", "s1", "-p", ""), "is no id"),
        (("r.example.com/back", "--study", "s1", "-p", "p1"), "is no address"),
        (("https://[", "--study", "s1", "-p", "p1"), "is no address"),
        (("https://r.example.com/?sig=1", "--study", "s1", "-p", "p1"), "has sig already"),
        ((BASE, "--study", "s1", "-p", "p1", "--purpose", "tset"), "did you mean test"),
        ((BASE, "--study", "s1", "-p", "p1", "-w", "w2"), "No secret for the links of w2"),
    ],
)
def test_what_can_not_be_linked_gets_one_line(secrets: Path, words, line):
    """Each says what to do; no secret stands in it."""
    code, _, error = link(secrets, *words)

    assert (code, line in error) == (2, True), error
    assert "\n" not in error.strip()


def test_without_a_folder_or_between_workspaces_it_says_so(secrets: Path, tmp_path: Path):
    """Nobody guesses whose secret it is."""
    (secrets / "w2").mkdir()
    (secrets / "w2" / "redirect").write_text("theirs")

    several = link(secrets, BASE, "--study", "s1", "-p", "p1")
    none = link(None, BASE, "--study", "s1", "-p", "p1")
    gone = link(tmp_path / "gone", BASE, "--study", "s1", "-p", "p1")

    assert "--workspace: w1, w2" in several[2]
    assert "PSTATUS_SECRETS" in none[2]
    assert "PSTATUS_SECRETS" in gone[2]
