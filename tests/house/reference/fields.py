"""The fields of a class of the wire, in words: type, bounds, whether it may be absent."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen

from schemas.fields import MAX_INT, Bounded, Matching, Opaque, UtcInstant
from schemas.signals import Signal
from schemas.vocabulary import Status, Word
from tests.house.reference.markdown import code, codes

PLAIN = {str: "text", bool: "true or false", int: "whole number", NoneType: "null"}
COMMON = frozenset(Signal.__dataclass_fields__)


def rows(of: type[Any], without: frozenset[str] = frozenset()) -> Iterator[tuple[str, str, str]]:
    """(name, whether it must be there, type in words) of each field, nested ones dotted."""
    hints = get_type_hints(of, include_extras=True)
    for field in fields(of):
        if field.name not in without:
            yield code(field.name), presence(field, hints[field.name]), words(hints[field.name])


def presence(field: Field[Any], hint: Any) -> str:
    """`required`, `optional`, or `required, may be null`."""
    if field.default is not MISSING and not _is_tag(hint):
        return "optional"
    return "required, may be null" if NoneType in _choices(hint) else "required"


def words(hint: Any) -> str:
    """A type in words, without null."""
    choices = [choice for choice in _choices(hint) if choice is not NoneType]
    return " or ".join(dict.fromkeys(_one(choice) for choice in choices))


def _choices(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is_tag(hint: Any) -> bool:
    return get_origin(hint) is Literal


def _one(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Annotated:
        return _bounded(hint)
    if origin is Literal:
        return codes(get_args(hint))
    if origin is tuple:
        return f"list of {words(get_args(hint)[0])}"
    if origin is dict:
        return "object of counts" if get_args(hint)[1] is int else "object"
    return PLAIN.get(hint) or _named(hint)


def _named(hint: Any) -> str:
    if hint is Any:
        return "any JSON"
    if isinstance(hint, type) and issubclass(hint, Enum) and issubclass(hint, Word):
        return "a [status](#participant-statuses)" if hint is Status else codes(hint)
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def _bounded(hint: Any) -> str:
    inner, *marks = get_args(hint)
    if any(type(mark).__name__ == "TaggedBy" for mark in marks):
        return "[rule](#rules)"
    for mark in marks:
        if own := _own(mark, inner):
            return own
    if inner is int:
        return _range(marks)
    return (
        f"list{_length(marks)}, of {words(get_args(inner)[0])}"
        if _is_list(inner)
        else (f"{words(inner)}{_length(marks)}")
    )


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _own(mark: object, inner: Any) -> str | None:
    if isinstance(mark, UtcInstant) and inner is datetime:
        return "time"
    if isinstance(mark, Opaque):
        return "id" + (f" without {codes(mark.without)}" if mark.without else "")
    if isinstance(mark, Matching):
        return f"text that matches {code(mark.pattern)}"
    if isinstance(mark, Bounded):
        return "any JSON" if inner is Any else "JSON object"
    return None


def _length(marks: list[Any]) -> str:
    longest = [mark.max_length for mark in marks if isinstance(mark, MaxLen)]
    return f", at most {longest[0]:,}" if longest else ""


def _range(marks: list[Any]) -> str:
    low = next(mark.ge for mark in marks if isinstance(mark, Ge))
    high = next(mark.le for mark in marks if isinstance(mark, Le))
    return f"whole number, {low} to {'2^63-1' if high == MAX_INT else f'{high:,}'}"
