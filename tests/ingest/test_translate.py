"""translate() under any bytes whatsoever: it never raises, and tells nothing it was not told."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.codec import signal_from
from schemas.vocabulary import DeadLetterClass
from tests.providers.made import BODIES, PROVIDERS, printed, webhook
from workers.cli.translate import line
from workers.ingest.translate import translate
from workers.providers.outcomes import Dead, Told, Unused
from workers.providers.provider import MAX_ELEMENTS

SECRET = "mallory@example.org"


def classes(record):
    return {element.letter for element in translate(record) if isinstance(element, Dead)}


@settings(deadline=None)
@given(body=st.binary(max_size=400), provider=st.sampled_from(PROVIDERS))
@example(body=b"", provider="sendgrid")
@example(body=b"\xff\xfe", provider="redirect")
@example(body=b'"\\ud800"', provider="standard")
def test_any_bytes_come_to_elements(body, provider):
    """No bytes raise, and none is a bug of ours."""
    assert DeadLetterClass.BUG not in classes(webhook(body, provider))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def places(told, here=()):
    """Every place in a JSON value."""
    yield here
    listed = enumerate(told) if isinstance(told, list) else ()
    for name, value in told.items() if isinstance(told, dict) else listed:
        yield from places(value, (*here, name))


def changed(told, place, value):
    """The JSON value with another one at a place."""
    if not place:
        return value
    copy = told.copy()
    copy[place[0]] = changed(told[place[0]], place[1:], value)
    return copy


@settings(deadline=None)
@given(data=st.data())
def test_a_sample_with_anything_in_any_place_comes_to_elements(data):
    """A mutation of a sample never raises, and whoever is not hit by it goes on."""
    body = data.draw(st.sampled_from([b for b in BODIES if b.suffix == ".json"]))
    sample = json.loads(body.read_text())
    place = data.draw(st.sampled_from(list(places(sample))))

    broken = changed(sample, place, data.draw(JSON))

    record = webhook(json.dumps(broken).encode(), body.parent.name)
    assert DeadLetterClass.BUG not in classes(record)
    if isinstance(sample, list) and isinstance(broken, list):
        assert len(printed(record)) == len(broken)


@settings(deadline=None)
@given(data=st.data())
def test_what_is_told_keeps_the_rules_for_signals(data):
    """Whatever the payload: once a person and a study are known, the codec takes it."""
    body = data.draw(st.sampled_from([b for b in BODIES if b.parent.name != "standard"]))
    raw = body.read_bytes()
    if body.suffix == ".json":
        sample = json.loads(raw)
        place = data.draw(st.sampled_from(list(places(sample))))
        raw = json.dumps(changed(sample, place, data.draw(st.text() | st.integers()))).encode()

    record = webhook(raw, body.parent.name)

    for element in translate(record):
        if isinstance(element, Told):
            told = line(element, record.workspace_id)["signal"]
            person, study = told["person_id"] or "p1", told["study_id"] or "s1"
            signal_from(told | {"person_id": person, "study_id": study})


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000_000,
        b'{"a":' * 2_000_000,
        b"[" * 150 + b"]" * 150,
        b"9" * 10_000_000,
        b'{"event":"open","timestamp":' + b"9" * 10_000_000 + b"}",
        b'{"event":"' + b"x" * 10_000_000 + b'"}',
        b"[" + b"{}," * 3_000_000 + b"{}]",
        b"&" * 10_000_000,
        b"%" * 10_000_000,
        b"\x00" * 10_000_000,
        b'{"event":NaN,"timestamp":Infinity}',
    ],
    ids=[
        "arrays",
        "objects",
        "deep",
        "digits",
        "time",
        "word",
        "elements",
        "and",
        "%",
        "nul",
        "nan",
    ],
)
def test_a_bomb_is_one_dead_element(body, provider):
    """Depth, length, numbers and counts beyond reason come to one element, not to millions."""
    [element] = translate(webhook(body, provider))

    assert isinstance(element, Dead | Unused)
    assert not (isinstance(element, Dead) and element.letter is DeadLetterClass.BUG)


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


@pytest.mark.parametrize("body", [b for b in BODIES if b.suffix == ".json"], ids=lambda b: b.stem)
def test_a_reason_never_says_what_was_sent(body):
    """A secret in any place of a sample, as a value or as a name, is in no reason and no word."""
    sample = json.loads(body.read_text())

    for place in places(sample):
        for value in (SECRET, {SECRET: SECRET}, [SECRET]):
            raw = json.dumps(changed(sample, place, value)).encode()
            for element in translate(webhook(raw, body.parent.name)):
                assert SECRET not in getattr(element, "reason", "")
                assert SECRET not in getattr(element, "word", "")


def test_a_mistake_of_ours_is_kept_as_a_dead_letter(monkeypatch):
    """A reader that raises loses nothing: the record is a `bug`, without its content."""
    from workers.providers import sendgrid

    def mistaken(event, record):
        raise KeyError(event.email)

    monkeypatch.setitem(sendgrid.WORDS, "open", mistaken)
    raw = json.dumps([{"event": "open", "timestamp": 1772442000, "email": SECRET}]).encode()

    [element] = translate(webhook(raw, "sendgrid"))

    assert element == Dead(DeadLetterClass.BUG, "sendgrid: KeyError")
