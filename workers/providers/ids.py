"""A signal's id: the provider's own where there is one, else uuid5 of what makes it that event."""

import json
import re
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from schemas.fields import format_instant
from schemas.signals import Signal, kind_of
from schemas.webhooks import Webhook

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
TIMELESS = datetime.min.replace(tzinfo=UTC)
"""For `derived_id`: told again at any time it is the same event."""
SPACE = uuid5(NAMESPACE_URL, "participant-status:signal")


def own_id(source: str, *parts: str | None) -> str | None:
    """`<source>:<part>:<part>`; None if a part is missing or it breaks the rules for ids."""
    if not all(parts):
        return None
    text = ":".join((source, *map(str, parts)))
    if len(text) > 200 or not (text.isprintable() or not CONTROL.search(text)):
        return None
    return text


def derived_id(
    webhook: Webhook,
    word: str,
    kind: type[Signal],
    *,
    resource: str | None,
    at: datetime | None,
    recipient: str | None,
) -> str:
    """`<source>:` + uuid5 of what makes it that event; the time of receipt only without another."""
    moment = format_instant(at or webhook.received_at)
    parts = [webhook.workspace_id, webhook.provider, word, kind_of(kind)]
    name = json.dumps([*parts, resource, moment, recipient])
    return f"{webhook.provider}:{uuid5(SPACE, name)}"
