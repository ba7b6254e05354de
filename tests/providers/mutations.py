"""Samples as something to be broken: opened to the last text that holds JSON, and closed again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

INSIDE = "text that holds JSON"
"""A step of a place: into the JSON that a text holds."""
Place = tuple[Any, ...]


def opened(body: Path) -> Any:
    """A sample's JSON, or a form's fields; None for a body that is neither."""
    raw = body.read_text()
    if body.suffix == ".json":
        return json.loads(raw)
    fields = dict(parse_qsl(raw, keep_blank_values=True))
    return fields if "=" in raw and not raw.startswith(("/", "?", "--", "http")) else None


def closed(body: Path, told: Any) -> bytes:
    """What is posted for a sample's content, changed by a test."""
    if body.suffix == ".json":
        return json.dumps(told).encode()
    if not isinstance(told, dict):
        return json.dumps(told).encode()
    pairs = {str(name): _as_text(value) for name, value in told.items()}
    return urlencode(pairs, errors="surrogatepass").encode()


def places(told: Any, here: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, also inside texts that hold JSON."""
    yield here
    if isinstance(told, str) and (inside := _inside(told)) is not None:
        for place in places(inside):
            yield (*here, INSIDE, *place)
    listed = enumerate(told) if isinstance(told, list) else ()
    for name, value in told.items() if isinstance(told, dict) else listed:
        yield from places(value, (*here, name))


def at(told: Any, place: Place) -> Any:
    """What stands at a place."""
    for step in place:
        told = json.loads(told) if step is INSIDE else told[step]
    return told


def changed(told: Any, place: Place, value: Any) -> Any:
    """The JSON value with another one at a place."""
    if not place:
        return value
    step, further = place[0], place[1:]
    if step is INSIDE:
        return json.dumps(changed(json.loads(told), further, value))
    copy = told.copy()
    copy[step] = changed(told[step], further, value)
    return copy


def dropped(told: Any, place: Place) -> Any:
    """The JSON value without what stands at a place."""
    outer = at(told, place[:-1])
    if not place or place[-1] is INSIDE:
        return told
    copy = outer.copy()
    del copy[place[-1]]
    return changed(told, place[:-1], copy)


def doubled(raw: bytes, name: str, value: bytes) -> bytes:
    """The JSON text with a key once more, before itself, with another value."""
    key = json.dumps(name).encode() + b":"
    return raw.replace(key, key + b" " + value + b", " + key, 1)


def _inside(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
