"""Samples and what they come to: every test of the translators reads them through here."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas.webhooks import Webhook
from workers.cli.translate import line
from workers.ingest.translate import known_providers, translate

FOLDER = Path(__file__).parent / "samples"
RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 7, tzinfo=UTC)
BODIES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in (".json", ".txt"))
PROVIDERS = sorted(known_providers())


def webhook(body: Path | bytes, provider: str | None = None, **changed: Any) -> Webhook:
    """A raw record of workspace w1, received at RECEIVED; with the headers beside a sample."""
    if isinstance(body, Path):
        record = Webhook(body.parent.name, "w1", RECEIVED, body.read_bytes(), http=headers(body))
    else:
        record = Webhook("", "w1", RECEIVED, body)
    return replace(record, provider=provider or record.provider, **changed)


def headers(body: Path) -> dict[str, str]:
    """The HTTP headers that came with a sample: `<sample>.headers`, a line `name: text` each."""
    beside = body.with_suffix(".headers")
    lines = beside.read_text().splitlines() if beside.exists() else ()
    return dict(line.split(": ", 1) for line in lines)


def printed(record: Webhook) -> list[Any]:
    """What `pstatus translate` prints of a record, line by line."""
    return [json.loads(json.dumps(line(el, record.workspace_id))) for el in translate(record)]


def expected(body: Path) -> list[Any]:
    """What stands beside a sample."""
    text = body.with_name(f"{body.stem}.expected.jsonl").read_text()
    return [json.loads(row) for row in text.splitlines()]


def sample(provider: str, name: str) -> Any:
    """A sample's JSON, to be changed by a test."""
    return json.loads((FOLDER / provider / f"{name}.json").read_text())


def told(provider: str, body: Any, **changed: Any) -> list[Any]:
    """What a body, as JSON or as text, comes to, line by line."""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return printed(webhook(raw, provider, **changed))


def only(provider: str, body: Any, **changed: Any) -> Any:
    """The one signal that a body tells."""
    [element] = told(provider, body, **changed)
    assert element["outcome"] == "signal", element
    return element["signal"]
