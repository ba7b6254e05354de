"""translate() as a whole: its limits, whom it knows, and what becomes of our own mistakes."""

import json

import pytest

from schemas.vocabulary import DeadLetterClass
from tests.providers.made import webhook
from workers.ingest.translate import translate
from workers.providers.outcomes import Dead
from workers.providers.provider import MAX_ELEMENTS

SECRET = "mallory@example.org"


def test_no_more_elements_than_a_body_may_have():
    """The limit itself is fine, one more loses the record as one dead letter."""
    fits = b"[" + b",".join([b"{}"] * MAX_ELEMENTS) + b"]"

    assert len(translate(webhook(fits, "sendgrid"))) == MAX_ELEMENTS
    assert len(translate(webhook(fits[:-1] + b",{}]", "sendgrid"))) == 1


def test_an_unknown_provider_is_one_dead_element():
    """The bytes are kept until somebody writes its file."""
    [element] = translate(webhook(b"{}", "nobody"))

    assert element.letter is DeadLetterClass.UNKNOWN_PROVIDER


@pytest.mark.parametrize("workspace", ["", "a/b", "a:b", "x" * 201, "a\nb"])
def test_a_workspace_that_is_none_is_one_dead_element(workspace):
    """Keys are `workspace:person`: one with a colon would be somebody else's."""
    [element] = translate(webhook(b"[]", "sendgrid", workspace_id=workspace))

    assert element.letter is DeadLetterClass.INVALID_SCHEMA


def test_a_mistake_of_ours_is_kept_as_a_dead_letter(monkeypatch):
    """A reader that raises loses nothing: the record is a `bug`, without its content."""
    from workers.providers import sendgrid

    def mistaken(event, record):
        raise KeyError(event.email)

    monkeypatch.setitem(sendgrid.WORDS, "open", mistaken)
    raw = json.dumps([{"event": "open", "timestamp": 1772442000, "email": SECRET}]).encode()

    [element] = translate(webhook(raw, "sendgrid"))

    assert element == Dead(DeadLetterClass.BUG, "sendgrid: KeyError")
