"""As whom PostgreSQL runs, since it refuses to be root; a data folder belongs to one way."""

import os
import pwd
import shutil
from pathlib import Path

from workers.local import processes
from workers.local.errors import LocalError

MARK = "runs-as"
ITSELF, UNSHARE, SETPRIV = "itself", "unshare", "setpriv"


def prefix(folder: Path) -> list[str]:
    """What stands before a command on the data below `folder`; decided once, then kept."""
    mark = folder / MARK
    if mark.exists() and (way := mark.read_text().strip()) in {ITSELF, UNSHARE, SETPRIV}:
        _refuse_mix(way, folder)
        return _command(way)
    way = _first_way()
    if way == SETPRIV:
        _hand_over(folder)
    mark.write_text(way + "\n")
    return _command(way)


def known_user() -> int:
    """The id of some ordinary user that this machine knows: initdb looks its own name up."""
    return next(user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0)


def _command(way: str) -> list[str]:
    if way == UNSHARE:  # for the kernel it stays us, for PostgreSQL it is that user
        return ["unshare", "--user", f"--map-user={known_user()}", "--"]
    if way == SETPRIV:
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    return []


def _refuse_mix(way: str, folder: Path) -> None:
    is_root = os.geteuid() == 0
    if (way == ITSELF and is_root) or (way == SETPRIV and not is_root):
        maker = "an ordinary user" if is_root else "root"
        raise LocalError(
            f"The data in {folder} was made by {maker} and you are not: "
            "go on as the same user, or remove the folder."
        )


def _first_way() -> str:
    if os.geteuid() != 0 and any(user.pw_uid == os.geteuid() for user in pwd.getpwall()):
        return ITSELF
    for way in (UNSHARE, SETPRIV):
        if _works(_command(way)):
            return way
    raise LocalError(
        "PostgreSQL runs neither as root nor as a user without a name, and neither unshare nor "
        "setpriv work here: go on as an ordinary user, or set DATABASE_URL to your own."
    )


def _works(command: list[str]) -> bool:
    return (
        shutil.which(command[0]) is not None and processes.run([*command, "true"]).returncode == 0
    )


def _hand_over(folder: Path) -> None:
    shutil.chown(folder, "nobody", "nogroup")
    if processes.run([*_command(SETPRIV), "test", "-w", str(folder)]).returncode != 0:
        raise LocalError(
            f"PostgreSQL cannot run as root, and the user nobody cannot reach {folder}: "
            "set PSTATUS_HOME to a folder outside private ones, or go on as an ordinary user."
        )
