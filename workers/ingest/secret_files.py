"""Secrets as files, one a workspace and provider; read again when they change, and never shown.

`<folder>/<workspace>/<provider>`: one secret a line, so that an old and a new one count at the
same time. A PEM block is one secret. Lines that are empty or begin with `# ` say nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from urllib.parse import quote, unquote

import structlog

from workers.ops import clock

LOOK_AGAIN = 1.0
"""Seconds for which a file is not looked at again: the bound on what a flood of records costs."""
MAX_BYTES = 64 * 1024
MAX_KNOWN = 20_000
"""Files remembered at once."""
PROVIDER = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
Secrets = tuple[str, ...]
Mark = tuple[int, int, int, int]
"""What is another when a file is: device, inode, time and size."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What a file said when it was last looked at; `mark` None: there was none to read."""

    looked_at: float
    mark: Mark | None
    secrets: Secrets | None


class SecretFiles:
    """The secrets under one folder. `now` is a clock of seconds that never fall."""

    def __init__(self, folder: Path, now: Callable[[], float] = clock.monotonic) -> None:
        self._folder = folder
        self._now = now
        self._known: dict[tuple[str, str], Known] = {}

    def of(self, workspace_id: str, provider: str) -> Secrets | None:
        """The secrets, the first line first; None: not configured.

        A file that is there and can't be read, or holds none, is `()`: it proves nothing. So is
        every file while the folder itself is gone: a lost mount makes nobody believed.
        """
        key, now = (workspace_id, provider), self._now()
        known = self._known.get(key)
        if known is not None and now - known.looked_at < LOOK_AGAIN:
            return known.secrets
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[key] = found = self._look(workspace_id, provider, known, now)
        return found.secrets

    def configured(self) -> Iterator[tuple[str, str, int]]:
        """Every (workspace, provider) that has a file, and how many secrets it holds; sorted."""
        for folder in sorted(one for one in self._folder.iterdir() if one.is_dir()):
            workspace_id = unquote(folder.name)
            if folder_name(workspace_id) != folder.name:
                continue
            for file in sorted(folder.iterdir()):
                if PROVIDER.fullmatch(file.name):
                    yield workspace_id, file.name, len(self.of(workspace_id, file.name) or ())

    def _look(self, workspace_id: str, provider: str, known: Known | None, now: float) -> Known:
        if not workspace_id or not PROVIDER.fullmatch(provider):
            return Known(now, None, None)
        file = self._folder / folder_name(workspace_id) / provider
        try:
            told = file.stat()
            mark = (told.st_dev, told.st_ino, told.st_mtime_ns, told.st_size)
            if known is not None and known.mark == mark:
                return Known(now, mark, known.secrets)
            return Known(now, mark, secrets_in(_text(file, S_ISREG(told.st_mode))))
        except (FileNotFoundError, NotADirectoryError):
            return Known(now, None, None if self._folder.is_dir() else ())
        except (OSError, ValueError) as error:
            if len(folder_name(workspace_id)) > 255:  # no file system has it: nobody can configure
                return Known(now, None, None)
            log.error("secrets_unreadable", workspace_id=workspace_id, provider=provider,
                      cause=type(error).__name__)  # fmt: skip
            return Known(now, None, ())


def folder_name(workspace_id: str) -> str:
    """The workspace's folder: its id, percent-encoded; never `.`, `..` or hidden."""
    name = quote(workspace_id, safe="")
    return f"%2E{name[1:]}" if name.startswith(".") else name


def secrets_in(text: str) -> Secrets:
    """The secrets of a file, in their order."""
    blocks: list[str] = []

    def taken(block: re.Match[str]) -> str:
        blocks.append(block[0])
        return "\0"

    lines = PEM.sub(taken, text).splitlines()
    plain = (line.strip() for line in lines)
    told = [line for line in plain if line and line != "#" and not line.startswith("# ")]
    found = iter(blocks)
    return tuple(next(found) if line == "\0" else line for line in told)


def _text(file: Path, is_file: bool) -> str:
    if not is_file:
        raise ValueError("no file")
    with file.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError("too large")
    return raw.decode()
