"""A policy as people write it, a JSON file: read, checked, and every fault told with its place."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any, get_args

from schemas.codec import Refused, signal_from
from schemas.rules import Rule
from schemas.signals import PolicyConfigured
from schemas.zones import zone
from workers.cli._reading import few, hint
from workers.cli.errors import UserError

KINDS: dict[str, Any] = {
    kind.__dataclass_fields__["kind"].default: kind for kind in get_args(get_args(Rule)[0])
}
PARTS = ("timezone", "rules")
DECODER = JSONDecoder()
SPACE = re.compile(r"[ \t\r\n]*")
PLACE = re.compile(r"^[\w.*]+$")
Path_ = tuple[str | int, ...]
SAMPLE = {
    "id": "sample", "workspace_id": "w", "kind": "policy.configured",
    "occurred_at": "2000-01-01T00:00:00Z",
}  # fmt: skip


def read(file: Path) -> dict[str, Any]:
    """{"timezone", "rules"} of a file; UserError with line and place of the first fault."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"Can't read {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} is no text in UTF-8.") from None
    try:
        told = json.loads(text)
    except JSONDecodeError as error:
        wrong = error.msg[0].lower() + error.msg[1:]
        raise UserError(f"{file}, line {error.lineno}, column {error.colno}: {wrong}.") from None
    for place, wrong in _faults(told):
        raise UserError(_told(file, text, place, wrong))
    return {name: told[name] for name in PARTS}


def parsed(told: dict[str, Any]) -> PolicyConfigured:
    """The same as a signal, which says nothing of when and for whom."""
    signal = signal_from(SAMPLE | told)
    if not isinstance(signal, PolicyConfigured):
        raise TypeError("a policy that is none")
    return signal


def _told(file: Path, text: str, place: Path_, wrong: str) -> str:
    line = text.count("\n", 0, position(text, place)) + 1
    where = ".".join(map(str, place))
    return f"{file}, line {line}{f', {where}' if where else ''}: {wrong}."


def _faults(told: Any) -> Iterator[tuple[Path_, str]]:
    if not isinstance(told, dict):
        yield (), 'a policy is an object: {"timezone": "Europe/Berlin", "rules": [...]}'
        return
    yield from _fields(told, PARTS, ())
    yield from (((), f"{name} is missing") for name in PARTS if name not in told)
    yield from _zone(told["timezone"])
    if not isinstance(told["rules"], list):
        yield ("rules",), "must be a list"
    for number, rule in enumerate(told["rules"]):
        yield from _rule(rule, ("rules", number))
    yield from _twice(told["rules"])
    try:
        parsed({name: told[name] for name in PARTS})
    except Refused as refused:
        yield _place_of(refused.reason)


def _zone(told: Any) -> Iterator[tuple[Path_, str]]:
    try:
        zone(str(told))
    except ValueError as error:
        yield ("timezone",), f"{error}, such as Europe/Berlin"


def _rule(rule: Any, place: Path_) -> Iterator[tuple[Path_, str]]:
    if not isinstance(rule, dict):
        yield place, "a rule is an object"
        return
    kind = KINDS.get(rule["kind"]) if isinstance(rule.get("kind"), str) else None
    if kind is None:
        named = rule.get("kind")
        near = hint(str(named), list(KINDS)) if named else f"; there are: {few(list(KINDS))}."
        at = (*place, "kind") if "kind" in rule else place
        yield at, f"{named!r} is no kind of rule{near}".rstrip(".")
        return
    yield from _fields(rule, [one.name for one in fields(kind)], place)


def _fields(told: dict[str, Any], names: Any, place: Path_) -> Iterator[tuple[Path_, str]]:
    for name in told:
        if name not in names:
            yield (*place, name), f"there is no field {name!r}{hint(name, list(names))}".rstrip(".")


def _twice(rules: list[Any]) -> Iterator[tuple[Path_, str]]:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        name = str(rule.get("id"))
        if name in seen:
            yield ("rules", number, "id"), f"another rule has the id {name!r} already"
        seen.add(name)


def _place_of(reason: str) -> tuple[Path_, str]:
    """`rules.2.*.days: greater than` as a place and what is wrong there."""
    where, _, wrong = reason.partition(": ")
    if not wrong or not PLACE.match(where):
        return (), reason
    parts = [part for part in where.split(".") if part not in ("*", "signal")]
    return tuple(int(part) if part.isdigit() else part for part in parts), wrong


def position(text: str, place: Path_) -> int:
    """Where in a JSON text the value of a place begins; of one that is missing, what holds it."""
    at = _skip(text, 0)
    for part in place:
        found = dict(_inside(text, at)).get(part)
        if found is None:
            return at
        at = found
    return at


def _inside(text: str, at: int) -> Iterator[tuple[str | int, int]]:
    """The names (or numbers) of what an object (or a list) holds, and where each begins."""
    is_object, number, here = text[at] == "{", 0, _skip(text, at + 1)
    if text[at] not in "{[":
        return
    while text[here] not in "}]":
        name: str | int = number
        if is_object:
            name, here = DECODER.raw_decode(text, here)
            here = _skip(text, _skip(text, here) + 1)
        yield name, here
        here = _skip(text, DECODER.raw_decode(text, here)[1])
        here, number = _skip(text, here + (text[here] == ",")), number + 1


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at
