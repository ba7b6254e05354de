"""`pstatus translate` as an integration developer types it."""

import hmac
import json
import subprocess
import sys
from base64 import b64encode

import pytest

from tests.providers.made import BODIES, FOLDER, expected


def typed(*arguments, stdin=b""):
    """The command's exit code, output and error output."""
    command = [sys.executable, "-m", "workers", "translate", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def lines(output):
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("name", ["sendgrid/every_word.json", "redirect/survey_completed.txt"])
def test_a_file_is_shown_line_by_line(name):
    """What the tests expect of a sample is what the command prints."""
    body = FOLDER / name
    assert body in BODIES

    code, out, _ = typed(
        "--provider", body.parent.name, "--workspace", "w1",
        "--header", "received-at=2026-03-02T09:00:00Z", body,
    )  # fmt: skip

    assert (code, lines(out)) == (0, expected(body))


def test_a_body_may_come_from_standard_input():
    """- stands for standard input, and --received-at for the header of that name."""
    code, out, _ = typed(
        "-p", "redirect", "--received-at", "2026-03-02T09:00:00.5Z", "-",
        stdin=b"/r?outcome=completed",
    )  # fmt: skip

    [line] = lines(out)
    assert (code, line["signal"]["occurred_at"]) == (0, "2026-03-02T09:00:00.500000Z")


def test_nobody_named_is_null_beside_the_references():
    """The reader sees whom resolving would have to find, and by what."""
    body = FOLDER / "sendgrid" / "nothing_of_ours.json"

    _, out, _ = typed("-p", "sendgrid", body)

    signal = lines(out)[0]["signal"]
    assert (signal["person_id"], signal["study_id"]) == (None, None)
    assert signal["references"]["address"] == "ada@example.com"


def test_bytes_that_are_no_json_are_shown_as_the_dead_letter_they_would_be():
    """A broken body is an answer, not a failure of the command."""
    code, out, _ = typed("-p", "sendgrid", "-", stdin=b"\xff")

    assert code == 0
    assert lines(out) == [{"outcome": "dead", "class": "poison", "reason": "not JSON"}]


@pytest.mark.parametrize(
    "wrong",
    [
        ("-p", "sendgrid", "no-such-file"),
        ("-p", "sendgrid", "-", "--header", "nothing"),
        ("-p", "sendgrid", "-", "--received-at", "yesterday"),
    ],
    ids=["file", "header", "time"],
)
def test_a_mistake_in_typing_is_one_line(wrong):
    """Exit 2, one line that says what to do, no traceback."""
    code, out, err = typed(*wrong)

    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_a_mistyped_provider_is_pointed_out():
    """The line says what the worker would say; standard error which providers there are."""
    code, out, error = typed("-p", "sengrid", "-", stdin=b"[]")

    assert (code, lines(out)[0]["class"]) == (0, "unknown_provider")
    assert error.startswith("pstatus: 'sengrid' is no provider; there are: ")
    assert error.count("\n") == 1


def test_a_signature_is_checked_where_that_is_asked_for(tmp_path, monkeypatch):
    """With --verify and the secrets of the workspace: the same lines, or why it is not believed."""
    body = FOLDER / "typeform" / "survey_completed.json"
    sig = b64encode(hmac.digest(b"s3cret", body.read_bytes(), "sha256")).decode()
    (tmp_path / "w1").mkdir()
    (tmp_path / "w1" / "typeform").write_text("s3cret")
    words = (
        "-p",
        "typeform",
        "-w",
        "w1",
        "--received-at",
        "2026-03-02T09:00:00Z",
        "--verify",
        body,
    )
    header = ("--header", f"http-typeform-signature=sha256={sig}")

    without = typed(*words)
    monkeypatch.setenv("PSTATUS_SECRETS", str(tmp_path))
    signed, unsigned = typed(*words, *header), typed(*words)

    assert (without[0], "PSTATUS_SECRETS" in without[2]) == (2, True)
    assert lines(signed[1]) == expected(body)
    assert [(one["outcome"], one["class"]) for one in lines(unsigned[1])] == [
        ("dead", "bad_signature")
    ]
