"""Secrets in files: which count, when they are read again, and where they are never looked for."""

import os
from pathlib import Path

import pytest

from workers.ingest.secret_files import LOOK_AGAIN, MAX_BYTES, SecretFiles, folder_name, secrets_in

PEM = "-----BEGIN PUBLIC KEY-----\nabc\ndef\n-----END PUBLIC KEY-----"


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def write(folder: Path, workspace_id: str, provider: str, text: str) -> Path:
    """A secret file, put into its place at once, as operators are told to."""
    place = folder / folder_name(workspace_id) / provider
    place.parent.mkdir(exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(place)
    return place


def test_a_line_is_a_secret_and_a_pem_block_is_one():
    """Empty lines and comments say nothing; what looks like a comment without a blank is one."""
    text = f"# rotated in May\n\nnew\n  old \n{PEM}\n#secret\n{PEM.replace('abc', 'xyz')}\n"

    assert secrets_in(text) == ("new", "old", PEM, "#secret", PEM.replace("abc", "xyz"))
    assert secrets_in("\r\na b\r\n") == ("a b",)
    assert secrets_in("") == ()


def test_what_is_not_there_is_not_configured(tmp_path: Path):
    """None, not an empty list: nothing is checked then."""
    files = SecretFiles(tmp_path)

    assert files.of("w1", "typeform") is None
    write(tmp_path, "w1", "typeform", "s")
    assert SecretFiles(tmp_path).of("w1", "typeform") == ("s",)
    assert SecretFiles(tmp_path).of("w2", "typeform") is None
    assert SecretFiles(tmp_path).of("w1", "sendgrid") is None


def test_a_folder_that_is_gone_makes_nobody_believed(tmp_path: Path):
    """As when its mount is lost while the worker runs; once it is back everything is as before."""
    clock, folder, away = Clock(), tmp_path / "secrets", tmp_path / "away"
    folder.mkdir()
    write(folder, "w1", "typeform", "s")
    files = SecretFiles(folder, clock)
    assert (files.of("w1", "typeform"), files.of("w1", "sendgrid")) == (("s",), None)

    folder.rename(away)
    clock.seconds += LOOK_AGAIN
    assert (files.of("w1", "typeform"), files.of("w1", "sendgrid")) == ((), ())
    away.rename(folder)
    clock.seconds += LOOK_AGAIN
    assert (files.of("w1", "typeform"), files.of("w1", "sendgrid")) == (("s",), None)


@pytest.mark.parametrize("text", ["", "\n# only words\n", "x" * (MAX_BYTES + 1), b"\xff"])
def test_a_file_that_says_nothing_proves_nothing(tmp_path: Path, text: str | bytes):
    """Empty, too large or no text: configured, and no signature is right."""
    place = write(tmp_path, "w1", "typeform", "s")
    place.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert SecretFiles(tmp_path).of("w1", "typeform") == ()


def test_a_folder_or_a_pipe_in_the_place_of_a_file_proves_nothing(tmp_path: Path):
    """And nobody waits for a pipe's other end."""
    (tmp_path / "w1" / "typeform").mkdir(parents=True)
    os.mkfifo(tmp_path / "w1" / "sendgrid")

    assert SecretFiles(tmp_path).of("w1", "typeform") == ()
    assert SecretFiles(tmp_path).of("w1", "sendgrid") == ()


def test_a_changed_file_counts_soon_and_is_not_looked_at_for_each_record(tmp_path: Path):
    """Within a second nothing is looked at; after it the file of today counts."""
    clock = Clock()
    files = SecretFiles(tmp_path, clock)
    place = write(tmp_path, "w1", "typeform", "old")
    assert files.of("w1", "typeform") == ("old",)

    write(tmp_path, "w1", "typeform", "new")
    assert files.of("w1", "typeform") == ("old",)
    clock.seconds += LOOK_AGAIN
    assert files.of("w1", "typeform") == ("new",)
    place.unlink()
    clock.seconds += LOOK_AGAIN
    assert files.of("w1", "typeform") is None


def test_what_could_not_be_read_is_tried_again(tmp_path: Path):
    """As soon as it is mended it counts."""
    clock = Clock()
    files = SecretFiles(tmp_path, clock)
    place = write(tmp_path, "w1", "typeform", "s")
    place.write_bytes(b"\xff\xff")
    assert files.of("w1", "typeform") == ()

    place.write_bytes(b"ok")
    clock.seconds += LOOK_AGAIN

    assert files.of("w1", "typeform") == ("ok",)


@pytest.mark.parametrize(
    ("workspace_id", "name"),
    [
        ("w1", "w1"), ("..", "%2E."), (".", "%2E"), (".git", "%2Egit"), ("a b", "a%20b"),
        ("..\\..", "%2E.%5C.."), ("ü", "%C3%BC"), ("%2E", "%252E"), ("a.b", "a.b"),
    ],
)  # fmt: skip
def test_a_workspace_is_one_folder_below_and_never_another(workspace_id: str, name: str):
    """Whatever an id is, it names a folder of its own, inside the folder of secrets."""
    assert folder_name(workspace_id) == name


def test_nothing_leads_out_of_the_folder(tmp_path: Path):
    """Neither a workspace nor a provider that is a path."""
    inside = tmp_path / "secrets"
    inside.mkdir()
    (tmp_path / "typeform").write_text("outside")
    write(inside, "w1", "typeform", "inside")
    files = SecretFiles(inside)

    for workspace_id in ("..", ".", "", "w1/../..", "\0", "w" * 300, "ü" * 200):
        assert files.of(workspace_id, "typeform") is None
    for provider in ("../typeform", "../w1/typeform", "", ".", "..", "a" * 300, "TYPEFORM", "\0"):
        assert files.of("w1", provider) is None


def test_what_is_configured_is_listed_without_a_secret(tmp_path: Path):
    """Workspace, provider and how many secrets; what is no provider's name is passed over."""
    write(tmp_path, "w2", "ses", PEM)
    write(tmp_path, "a b", "typeform", "one\ntwo")
    write(tmp_path, "a b", "sendgrid", "")
    (tmp_path / "a%20b" / ".hidden").write_text("x")
    (tmp_path / "README").write_text("x")

    told = list(SecretFiles(tmp_path).configured())

    assert told == [("a b", "sendgrid", 0), ("a b", "typeform", 2), ("w2", "ses", 1)]
