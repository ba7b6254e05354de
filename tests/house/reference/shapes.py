"""The JSON Schema of every signal and every change, one file each in `schemas/json/`."""

import json
from typing import Any, get_args

from schemas import changes
from schemas.codec import json_schema
from schemas.fields import INSTANT
from schemas.signals import SENDABLE, SETTABLE, StatusSet, kind_of

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, str]:
    """Path -> text of every schema."""
    told = {f"signals/{kind_of(kind)}": signal_schema(kind) for kind in SENDABLE}
    published = {f"changes/{word_of(kind)}": change_schema(kind) for kind in CHANGES}
    return {
        f"schemas/json/{name}.json": json.dumps({"$schema": DRAFT} | schema, indent=2) + "\n"
        for name, schema in (told | published).items()
    }


CHANGES: tuple[type[Any], ...] = get_args(changes.Change)


def word_of(change: type[Any]) -> str:
    """The word on the wire of a class of changes."""
    return str(change.__dataclass_fields__["change"].default)


def signal_schema(kind: type[Any]) -> dict[str, Any]:
    """What a sender must keep to: `kind` is always there; unknown fields are allowed."""
    schema = _told_exactly(json_schema(kind))
    if kind is StatusSet:
        schema["properties"]["status"] = {"type": "string", "enum": list(SETTABLE)}
        del schema["$defs"]
    return schema | {"required": ["kind", *schema["required"]]}


def change_schema(kind: type[Any]) -> dict[str, Any]:
    """What a reader may rely on: every field is there; words may become more, so none is closed."""
    schema = _opened(_told_exactly(json_schema(kind)))
    return schema | {"required": list(schema["properties"])}


def _told_exactly(node: Any) -> Any:
    """Without generated titles of fields; times with the pattern that we hold them to."""
    if isinstance(node, list):
        return [_told_exactly(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _told_exactly(inner) for name, inner in node.items() if not _is_title(name, node)}
    if kept.get("format") == "date-time":
        kept["pattern"] = f"^{INSTANT.pattern}$"
    return kept


def _is_title(name: str, node: dict[str, Any]) -> bool:
    return name == "title" and isinstance(node[name], str) and "properties" not in node


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    for definition in schema.get("$defs", {}).values():
        if "enum" in definition:
            definition["examples"] = definition.pop("enum")
    return schema
