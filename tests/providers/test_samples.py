"""Every provider against its samples; providers and samples are found, never listed."""

from pathlib import Path

import pytest

from schemas.signals import kind_of
from tests.providers.made import BODIES, FOLDER, PROVIDERS, expected, printed, webhook
from workers.ingest.translate import known_providers, translate
from workers.providers.outcomes import Dead, Element, Ready


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def word_of(element: Element) -> str | None:
    """Their word of an element, if it has one."""
    if isinstance(element, Dead):
        return None
    return kind_of(type(element.signal)) if isinstance(element, Ready) else element.word


@pytest.mark.parametrize("body", BODIES, ids=named)
def test_a_sample_comes_to_what_stands_beside_it(body):
    """Each element of a sample comes, in its order, to the line expected of it."""
    assert printed(webhook(body)) == expected(body)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_has_a_sample_of_each_of_its_words(provider):
    """A word in a provider's table that no sample holds is a word that nobody has tried."""
    words = set(known_providers()[provider].shown)

    tried = {
        word_of(element)
        for body in BODIES
        if body.parent.name == provider
        for element in translate(webhook(body))
    }

    assert words - tried == set()


def test_nothing_expected_is_without_its_sample():
    """An expectation whose sample is gone, or of no provider, would never be looked at."""
    samples = {named(body) for body in BODIES}
    beside = {
        f"{path.parent.name}/{path.name.removesuffix('.expected.jsonl')}"
        for path in FOLDER.glob("*/*.expected.jsonl")
    }

    assert beside == samples
    assert {folder.name for folder in FOLDER.iterdir()} == set(PROVIDERS)


def test_a_provider_is_the_module_of_its_name():
    """The header `provider` names the file to read."""
    for name, provider in known_providers().items():
        assert (Path("workers/providers") / f"{name}.py").is_file()
        assert provider.facts.id
