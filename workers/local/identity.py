"""As whom PostgreSQL runs, since it refuses to be root; a data folder belongs to one way."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from workers.local import processes
from workers.local.errors import LocalError

MARK = "runs-as"
UNSHARE = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
SETPRIV = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
PREFIXES: dict[str, list[str]] = {"itself": [], "unshare": UNSHARE, "setpriv": SETPRIV}


def prefix(folder: Path) -> list[str]:
    """What stands before a command on the data below `folder`; decided once, then kept."""
    mark = folder / MARK
    if mark.exists() and mark.read_text().strip() in PREFIXES:
        return _checked(mark.read_text().strip(), folder)
    way = _first_way()
    if way == "setpriv":
        _hand_over(folder)
    mark.write_text(way + "\n")
    return PREFIXES[way]


def _checked(way: str, folder: Path) -> list[str]:
    if (way == "itself") == (os.geteuid() == 0):
        who = "an ordinary user" if way == "itself" else "root"
        raise LocalError(
            f"The data in {folder} was made by {who} and you are not: "
            "go on as the same user, or remove the folder."
        )
    return PREFIXES[way]


def _first_way(works: Callable[[list[str]], bool] | None = None) -> str:
    works = works or _works
    if os.geteuid() != 0:
        return "itself"
    for way in ("unshare", "setpriv"):
        if works(PREFIXES[way]):
            return way
    raise LocalError(
        "PostgreSQL refuses to run as root, and neither unshare nor setpriv work here: "
        "go on as an ordinary user, or set DATABASE_URL to your own."
    )


def _works(command: list[str]) -> bool:
    return (
        shutil.which(command[0]) is not None and processes.run([*command, "true"]).returncode == 0
    )


def _hand_over(folder: Path) -> None:
    shutil.chown(folder, "nobody", "nogroup")
    if processes.run([*SETPRIV, "test", "-w", str(folder)]).returncode != 0:
        raise LocalError(
            f"PostgreSQL cannot run as root, and the user nobody cannot reach {folder}: "
            "set PSTATUS_HOME to a folder outside private ones, or go on as an ordinary user."
        )
