"""What is generated, file by file: each page is one function of the code that it describes."""

from collections.abc import Callable

from schemas.changes import ParticipantStatusChanged
from tests.house.reference import (
    charts,
    commands,
    examples,
    providers,
    rules,
    samples,
    settings,
    shapes,
    topics,
    transitions,
    wire,
)

PAGES: dict[str, Callable[[], str]] = {
    "docs/wire.md": wire.page,
    "docs/transitions.md": transitions.page,
    "docs/charts.md": charts.page,
    "docs/settings.md": settings.page,
    "docs/commands.md": commands.page,
    "deploy/topics.yaml": topics.manifest,
}
BLOCKS: dict[str, Callable[[], str]] = {
    "README.md#change": lambda: samples.change(ParticipantStatusChanged),
    "README.md#consumer": examples.consumer,
    "docs/operations.md#metrics": settings.metrics,
    "docs/providers.md#providers": providers.table,
    "docs/signatures.md#signers": providers.signers,
    "docs/governance.md#story": rules.story,
    "docs/governance.md#rules": rules.reference,
}
"""Parts of hand-written pages: `page#block`, renewed between their two marks if it has them."""


def files() -> dict[str, str]:
    """Every file that is generated as a whole, by its path."""
    return {path: render() for path, render in PAGES.items()} | shapes.schemas()
