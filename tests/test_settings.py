"""Settings come from the environment, once, and secrets stay secret."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from workers.settings import Settings, variables, with_driver

SECRET = "sesame-open"


def pstatus(*arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    """`pstatus` in a process of its own, with these variables."""
    return subprocess.run(
        [sys.executable, "-m", "workers", *arguments],
        env=os.environ | extra,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+asyncpg://h/d?ssl=require"),
        ("postgresql+asyncpg://h:1/d", "postgresql+asyncpg://h:1/d"),
    ],
)
def test_any_usual_database_address_is_understood(given: str, used: str):
    """What hosting providers hand out works as it is."""
    assert with_driver(given) == used


def test_the_short_names_work_and_the_prefixed_ones_win(monkeypatch: pytest.MonkeyPatch):
    """KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL are what people have set already."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "a:1, b:2,")
    assert Settings().bootstrap_servers == ["a:1", "b:2"]

    monkeypatch.setenv("PSTATUS_KAFKA_BOOTSTRAP_SERVERS", "c:3")
    assert Settings().bootstrap_servers == ["c:3"]


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch):
    """`DATABASE_URL=` in front of a command means: not that one."""
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("PSTATUS_SHARDS", "")

    assert Settings().database_url is None
    assert Settings().shards == 12


def test_settings_cannot_be_changed_afterwards():
    """One process goes by one set of settings."""
    with pytest.raises(pydantic.ValidationError):
        Settings().shards = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("DATABASE_URL", f"postgresql://u:{SECRET}@h:port/d", "DATABASE_URL: the port"),
        ("KAFKA_BOOTSTRAP_SERVERS", "a:1,b:port", "KAFKA_BOOTSTRAP_SERVERS: wants host:port"),
    ],
)
def test_a_port_that_is_no_number_is_told_in_one_line(variable: str, value: str, told: str):
    """By the variable that was set, without its value."""
    done = pstatus("settings", **{variable: value})

    assert done.returncode == 2
    assert done.stderr.startswith(f"pstatus: {told}")
    assert (done.stderr.count("\n"), SECRET in done.stderr) == (1, False)


@pytest.mark.parametrize("url", ["u:a:b/c?d#@h:1/d", "[::1]:5432/d", "[::1]/d", "h/d?x=a:b", "/d"])
def test_odd_addresses_are_taken_as_they_are(url: str):
    """A password may hold anything but an @."""
    assert with_driver(f"postgresql://{url}") == f"postgresql+asyncpg://{url}"


def test_a_mistyped_variable_is_pointed_out():
    """PSTATUS_SHARDZ does nothing, and `pstatus settings` says so."""
    done = pstatus("settings", PSTATUS_SHARDZ="7")

    assert done.returncode == 0
    assert done.stderr == "pstatus: PSTATUS_SHARDZ is no setting: it does nothing.\n"


def test_every_setting_is_explained():
    """A setting without a description is not one."""
    assert [n for n, field in Settings.model_fields.items() if not field.description] == []
    assert variables("shards") == ("PSTATUS_SHARDS",)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_command_shows_what_is_in_force_and_no_secret(form: tuple[str, ...]):
    """Where a value came from is shown; the database's address never, for its password."""
    done = pstatus(
        "settings", *form, DATABASE_URL=f"postgresql://u:{SECRET}@h/d", PSTATUS_SHARDS="7"
    )

    assert done.returncode == 0
    assert SECRET not in done.stdout + done.stderr + repr(Settings())
    if form:
        shown = {row["variable"]: row for row in json.loads(done.stdout)}
        assert shown["PSTATUS_SHARDS"] | {"meaning": ""} == {
            "variable": "PSTATUS_SHARDS",
            "value": "7",
            "from": "PSTATUS_SHARDS",
            "meaning": "",
        }
        assert shown["PSTATUS_DATABASE_URL"]["from"] == "DATABASE_URL"
        assert shown["PSTATUS_TOPIC_PREFIX"]["from"] == "default"


def test_a_wrong_setting_is_one_line_that_names_it_and_never_shows_it():
    """Exit code 2, the variable's name, and not the value, which may hold a password."""
    done = pstatus("settings", DATABASE_URL=f"mysql://u:{SECRET}@h/d")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "DATABASE_URL: must begin with postgresql://" in done.stderr
    assert SECRET not in done.stderr
