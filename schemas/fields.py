"""The kinds of field that signals and changes are made of, with their bounds as plain data.

The hook methods hand pydantic a schema as a plain dict, so that nothing here imports it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, get_args

from annotated_types import Ge, Le, MaxLen

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
MAX_INT = 2**63 - 1


def parse_instant(text: object) -> datetime:
    """RFC 3339 in UTC with `Z` and 0 to 6 fractional digits; ValueError for anything else."""
    if type(text) is not str or not INSTANT.fullmatch(text):
        raise ValueError("not a time in UTC such as 2026-03-02T09:00:00Z")
    return datetime.fromisoformat(text)


@lru_cache(maxsize=1024)
def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z` and always 6 fractional digits."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True)
class UtcInstant:
    """Marks a moment: a time on the wire, an aware datetime in UTC inside."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: Callable[[object], dict[str, Any]]
    ) -> dict[str, Any]:
        return {
            "type": "function-before",
            "function": {"type": "no-info", "function": parse_instant},
            "schema": handler(source) | {"strict": False},
            "serialization": {
                "type": "function-plain",
                "function": format_instant,
                "return_schema": {"type": "str"},
            },
        }


@dataclass(frozen=True, slots=True)
class Opaque:
    """Marks an id: 1 to 200 characters, no control character, none of `without`."""

    without: str = ""

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> dict[str, Any]:
        pattern = rf"^[^\p{{Cc}}{re.escape(self.without)}]+$"
        return {"type": "str", "strict": True, "max_length": 200, "pattern": pattern}


@dataclass(frozen=True, slots=True)
class Matching:
    """Marks text that must match a pattern."""

    pattern: str

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> dict[str, Any]:
        return {"type": "str", "strict": True, "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class TaggedBy:
    """Marks a union of dataclasses that are told apart by one literal field."""

    field: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        choices = {
            choice.__dataclass_fields__[self.field].default: handler.generate_schema(choice)
            for choice in get_args(source)
        }
        return {"type": "tagged-union", "discriminator": self.field, "choices": choices}


MAX_DEPTH = 32


def bounded(value: Any, depth: int = 0) -> Any:
    """Free JSON as it came, if it nests less than MAX_DEPTH and its numbers fit a database."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number too large")
    if isinstance(value, int) and not -MAX_INT <= value <= MAX_INT:
        raise ValueError("a number too large")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            bounded(inner, depth + 1)
    return value


@dataclass(frozen=True, slots=True)
class Bounded:
    """Marks free JSON whose depth and numbers are bounded."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: Callable[[object], dict[str, Any]]
    ) -> dict[str, Any]:
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": bounded},
            "schema": handler(source),
        }


Instant = Annotated[datetime, UtcInstant()]
JsonValue = Annotated[Any, Bounded()]
JsonObject = Annotated[dict[str, Any], Bounded()]
Id = Annotated[str, Opaque()]
PersonId = Annotated[str, Opaque(without="/")]
StudyId = Annotated[str, Opaque(without="/")]
WorkspaceId = Annotated[str, Opaque(without="/:")]
ProviderId = Annotated[str, MaxLen(1000)]
Note = Annotated[str, MaxLen(10_000)]
Address = Annotated[str, MaxLen(1000)]
Currency = Annotated[str, Matching("^[A-Z]{3}$")]
Count = Annotated[int, Ge(0), Le(MAX_INT)]
"""A whole number from 0 to the largest that a database column takes."""
AtLeastOne = Annotated[int, Ge(1), Le(MAX_INT)]
Days = Annotated[int, Ge(0), Le(100_000)]
"""Days of exactly 24 hours; the bound keeps every sum of a time and days a time."""
