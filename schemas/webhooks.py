"""The raw record: an HTTP body as it was received, and what its headers say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

PROVIDER = "provider"
WORKSPACE_ID = "workspace-id"
RECEIVED_AT = "received-at"
CONTENT_TYPE = "content-type"
HTTP = "http-"
ORIGIN = "origin"
"""Header of a signal: `topic/partition/offset/element` of the raw record that it came from."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One raw record: who sent it, for whom, when it was received, and its bytes."""

    provider: str
    workspace_id: str
    received_at: datetime
    body: bytes
    content_type: str = ""
    http: Mapping[str, str] = field(default_factory=dict)
    """HTTP headers that matter, by lower-case name, without the `http-` prefix."""


def header_texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Kafka headers as text: the first of equal names counts, what is no UTF-8 is left out."""
    texts: dict[str, str] = {}
    for name, raw in headers:
        if raw is None or name in texts:
            continue
        try:
            texts[name] = raw.decode()
        except UnicodeDecodeError:
            continue
    return texts


def http_headers(texts: Mapping[str, str]) -> dict[str, str]:
    """The HTTP headers among a raw record's headers, lower-case, without their prefix."""
    return {n[len(HTTP) :].lower(): text for n, text in texts.items() if n.startswith(HTTP)}
