"""One raw record to its elements: pure, and never raising, whatever the bytes are."""

import re
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from workers import providers
from workers.providers.outcomes import Dead, Element
from workers.providers.provider import Reads, invalid

WORKSPACE_ID = re.compile(r"[^/:\x00-\x1f\x7f-\x9f]{1,200}")


def translate(webhook: Webhook) -> tuple[Element, ...]:
    """What each element of the record comes to, in order: its number is its index."""
    if not WORKSPACE_ID.fullmatch(webhook.workspace_id):
        return (invalid("workspace-id: no id of a workspace"),)
    provider = known_providers().get(webhook.provider)
    if provider is None:
        return (Dead(DeadLetterClass.UNKNOWN_PROVIDER, "provider: none that we know"),)
    try:
        return provider.read(webhook)
    except Exception as bug:  # a mistake of ours: the record is kept, the others go on
        return (Dead(DeadLetterClass.BUG, f"{webhook.provider}: {type(bug).__name__}"),)


@lru_cache(maxsize=1)
def known_providers() -> dict[str, Reads]:
    """Every module of workers/providers that has a `PROVIDER`, by its name."""
    found: dict[str, Reads] = {}
    for module in iter_modules(providers.__path__, f"{providers.__name__}."):
        provider = getattr(import_module(module.name), "PROVIDER", None)
        if provider is not None:
            found[provider.name] = provider
    return found
