"""Commands are found by themselves and answer in the manners of a terminal."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import iter_modules

import typer.testing

import workers.cli
from workers.cli import build

HEAVY = {"sqlalchemy", "aiokafka", "faststream", "alembic", "jgo", "uvicorn", "prometheus_client"}


def test_every_file_that_registers_is_a_command():
    """Nobody lists commands by hand."""
    said = typer.testing.CliRunner().invoke(build(), ["--help"], env={"COLUMNS": "200"}).output
    modules = [import_module(f"workers.cli.{m.name}") for m in iter_modules(workers.cli.__path__)]
    names = [m.__name__.rpartition(".")[2] for m in modules if hasattr(m, "register")]
    commands = [name.replace("_", "-") for name in names]

    assert {"local", "settings"} <= set(commands)
    assert [name for name in commands if f" {name} " not in said] == []


def test_help_loads_nothing_heavy():
    """`pstatus --help` is quick because commands import what they need when they run."""
    code = "import sys; from workers.cli import build; build(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert HEAVY & set(done.stdout.split()) == set()


def test_the_version_is_the_distributions():
    """One place says which version this is."""
    said = typer.testing.CliRunner().invoke(build(), ["--version"]).output

    assert said == f"pstatus {version('participant-status')}\n"


def test_no_color_means_no_color():
    """NO_COLOR is respected even where colour is forced."""
    done = subprocess.run(
        [sys.executable, "-m", "workers", "settings"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"NO_COLOR": "1", "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "\x1b[3" not in done.stdout
