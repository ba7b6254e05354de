"""Bytes to the classes of the wire and back; nobody else parses our own topics' JSON.

Refusals say where and what is wrong in our own words: never a value of the payload.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from json import JSONDecodeError, dumps, loads
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from schemas import changes, signals
from schemas.fields import MAX_DEPTH, TaggedBy
from schemas.signals import BY_KIND, Signal, StudyConfigured
from schemas.vocabulary import DeadLetterClass

MAX_SIGNAL_BYTES = 64 * 1024
"""What one signal may weigh as JSON."""
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
FIELDS = {name for kind in signals.KINDS for name in kind.__dataclass_fields__} | {
    "days", "max", "window_days", "study_type", "max_cents", "effect", "cooldown_days",
    "property", "operator", "value", "event_types", "surveys", "campaigns", "signed", "mapping",
}  # fmt: skip
"""Names that may stand in a refusal; any other part of a place is the sender's own text."""


class Refused(Exception):
    """This record or element can't be used: it goes to the dead letters with this class."""

    def __init__(self, letter: DeadLetterClass, reason: str) -> None:
        super().__init__(reason)
        self.letter = letter
        self.reason = reason


def invalid(reason: str) -> Refused:
    """A refusal for content that breaks the schema."""
    return Refused(DeadLetterClass.INVALID_SCHEMA, reason)


@lru_cache(maxsize=1)
def _any_signal() -> TypeAdapter[Signal]:
    union: Any = signals.SENDABLE[0]
    for kind in signals.SENDABLE[1:]:
        union = union | kind
    return TypeAdapter(Annotated[union, TaggedBy("kind")])


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(of: type[Any]) -> TypeAdapter[Any]:
    if of not in _ADAPTERS:
        _ADAPTERS[of] = TypeAdapter(of)
    return _ADAPTERS[of]


def decode_signal(raw: bytes) -> Signal:
    """One signal from its JSON; Refused (`poison` no JSON object, else `invalid_schema`)."""
    if len(raw) > MAX_SIGNAL_BYTES:
        raise invalid(f"more than {MAX_SIGNAL_BYTES} bytes")
    _refuse_what_no_database_takes(raw)
    try:
        return _any_signal().validate_json(raw, strict=True)
    except ValidationError as error:
        raise _refusal(error) from None


def signal_from(told: Mapping[str, Any]) -> Signal:
    """One signal from an object already parsed; Refused as decode_signal."""
    try:
        raw = dumps(told, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise invalid("nested too deep, or a number that is none") from None
    return decode_signal(raw)


def encode_signal(signal: Signal, extra: Mapping[str, Any] | None = None) -> bytes:
    """A signal's JSON; absent fields left out, unknown fields (`extra`) kept behind the known."""
    keep_null = isinstance(signal, StudyConfigured)  # its limit is told even when it is null
    raw = _adapter(type(signal)).dump_json(signal, exclude_none=not keep_null)
    if not extra:
        return raw
    return raw[:-1] + b"," + dumps(dict(extra), ensure_ascii=False, allow_nan=False).encode()[1:]


def encode_change(change: changes.Change) -> bytes:
    """A change's JSON, every field present, times with 6 fractional digits."""
    return _adapter(type(change)).dump_json(change)


@lru_cache(maxsize=1)
def _any_change() -> TypeAdapter[changes.Change]:
    return TypeAdapter(Annotated[changes.Change, TaggedBy("change")])


def decode_change(raw: bytes) -> changes.Change:
    """One of our own changes from its JSON; Refused if it is none."""
    try:
        return _any_change().validate_json(raw)
    except ValidationError as error:
        raise _refusal(error) from None


def json_schema(of: type[Any]) -> dict[str, Any]:
    """The JSON Schema of one class of signals or changes, for whoever reads or writes them."""
    return _adapter(of).json_schema()


def parse_json(raw: bytes) -> Any:
    """Any JSON of a provider; Refused `poison` for bytes that are none."""
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise Refused(DeadLetterClass.POISON, "not JSON") from None


def _refuse_what_no_database_takes(raw: bytes) -> None:
    if b"\\u0000" in raw and NUL.search(raw):  # the plain search first: it is ten times as fast
        raise invalid("holds the character NUL")
    if b"NaN" in raw or b"Infinity" in raw or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH:
        _refuse_constants_and_depth(raw)


def _refuse_constants_and_depth(raw: bytes) -> None:
    def constant(_: str) -> None:
        raise invalid("NaN and Infinity are no JSON")

    try:
        told = loads(raw, parse_constant=constant)
    except (JSONDecodeError, UnicodeDecodeError):
        return  # the parser proper words it
    except RecursionError:
        raise invalid(f"nested deeper than {MAX_DEPTH}") from None
    if _depth(told) > MAX_DEPTH:
        raise invalid(f"nested deeper than {MAX_DEPTH}")


def _depth(told: Any) -> int:
    deepest, layer = 0, [told]
    while layer := [inner for outer in layer for inner in _inside(outer)]:
        deepest += 1
    return deepest


def _inside(told: Any) -> list[Any]:
    if isinstance(told, dict):
        return list(told.values())
    return told if isinstance(told, list) else []


def _refusal(error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_input=False)[0]
    kind = first["type"]
    if kind == "json_invalid":
        return Refused(DeadLetterClass.POISON, "not JSON")
    return invalid(f"{_place(first['loc'])}: {_words(kind, first)}")


def _place(loc: tuple[int | str, ...]) -> str:
    kinds = BY_KIND.keys()
    parts = [str(part) for part in loc if part not in kinds]
    return ".".join(part if part in FIELDS or part.isdigit() else "*" for part in parts) or "signal"


def _words(kind: str, error: Any) -> str:
    """Our own words for what was wrong: the library's would quote what was sent."""
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return "no kind that we know"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in ("enum", "literal_error"):
        return f"must be one of {error['ctx']['expected']}"
    return kind.replace("_", " ")
