"""The provider table of docs/providers.md, from the providers' own tables."""

from collections.abc import Iterator

from tests.house.reference.markdown import code, joined
from tests.house.reference.markdown import table as rows
from workers.ingest.translate import known_providers
from workers.providers.provider import Reads
from workers.providers.signing.table import SIGNED


def table() -> str:
    """Every provider: its facts, then its words and what they come to."""
    parts = [part for provider in known_providers().values() for part in _provider(provider)]
    return joined(*parts).rstrip("\n")


def signers() -> str:
    """Who signs: what a line of its secret file holds, and what is signed."""
    told = ((code(name), row.secret, row.signed) for name, row in SIGNED.items())
    return rows(("provider", "a line of its file", "what is signed"), told).rstrip("\n")


def _provider(provider: Reads) -> Iterator[str]:
    facts = provider.facts
    yield f"### {code(provider.name)}"
    told = (
        ("id", facts.id),
        ("time", facts.time),
        ("where it echoes our ids", facts.ours),
        ("signature", facts.signature),
        ("missing", facts.missing),
    )
    yield rows(("", ""), ((name, text) for name, text in told if text))
    yield rows(("their word", "what it comes to"), _words(provider))


def _words(provider: Reads) -> Iterator[tuple[str, str]]:
    return ((code(word), meaning) for word, meaning in provider.shown.items())
