"""What a check comes to: findings, each a sentence and what to do about it; does no IO."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad it is; from WARNING on somebody has to act."""

    OK = 0
    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """As it is printed."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence what it is, one what to do (empty where nothing is to be done)."""

    level: Level
    what: str
    todo: str = ""


def ok(what: str) -> Finding:
    """As it should be."""
    return Finding(Level.OK, what)


def note(what: str, todo: str = "") -> Finding:
    """Worth knowing; nothing is wrong."""
    return Finding(Level.NOTE, what, todo)


def warning(what: str, todo: str) -> Finding:
    """It works, and should not stay so."""
    return Finding(Level.WARNING, what, todo)


def error(what: str, todo: str) -> Finding:
    """Something does not work, or will go wrong."""
    return Finding(Level.ERROR, what, todo)


def listed(names: Sequence[object], most: int = 8) -> str:
    """The names, not too many of them."""
    shown = ", ".join(map(str, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
