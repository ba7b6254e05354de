"""What was of no use, by provider and word: counted, and logged where operators must act."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from schemas.webhooks import Webhook
from workers.ingest.translate import known_providers
from workers.ops.metrics import Metrics
from workers.providers.outcomes import Unused

MOST = 100
"""How many words that no table knows are counted by themselves: anybody can make words up."""
OTHER = "other"

log = structlog.get_logger(__name__)


class Notice(NamedTuple):
    """Something about the connection to a provider; `origin` says which raw record tells it."""

    workspace_id: str
    provider: str
    word: str
    origin: str


@dataclass(slots=True)
class Idle:
    """What one batch had that was of no use."""

    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    def add(self, unused: Unused, webhook: Webhook, origin: str) -> None:
        """One more element of a record."""
        self.words[webhook.provider, unused.word] += 1
        if unused.for_operators:
            told = Notice(webhook.workspace_id, webhook.provider, unused.word, origin)
            self.notices.append(told)


class Words:
    """Counts words of no use without ever having more labels than MOST beyond those we know."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._unknown: set[tuple[str, str]] = set()

    def report(self, idle: Idle) -> None:
        """Counts a batch's words, and logs its notices: no address or token of theirs."""
        for (provider, word), elements in idle.words.items():
            labels = {"provider": provider, "word": self._label(provider, word)}
            self._metrics.count("unused_total", elements, **labels)
        tell(idle.notices)

    def _label(self, provider: str, word: str) -> str:
        if word in known_providers()[provider].shown or (provider, word) in self._unknown:
            return word
        if len(self._unknown) >= MOST:
            return OTHER
        self._unknown.add((provider, word))
        return word


def tell(notices: Sequence[Notice]) -> None:
    """A warning for each: a provider waits for somebody to confirm, or has stopped sending."""
    for notice in notices:
        log.warning("connection_needs_attention", **notice._asdict())
