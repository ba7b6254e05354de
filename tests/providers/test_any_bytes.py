"""Any bytes under translate: it never raises, tells nothing it was not told, and stays small."""

import json
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.codec import signal_from
from schemas.vocabulary import DeadLetterClass
from tests.providers.bombs import ANYWHERE, inside
from tests.providers.made import BODIES, PROVIDERS, headers, webhook
from tests.providers.mutations import at, changed, closed, doubled, dropped, opened, places
from workers.cli.translate import line
from workers.ingest.translate import translate
from workers.providers.outcomes import Dead, Told

SECRET = "mallory@example.org"
OPENED = [body for body in BODIES if opened(body) is not None]
SURVIVED_INSIDE = {"brevo": "told", "mailjet": "told"}
"""A bomb in a text of the sender's own is no text of ours: the event goes on without it."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
ODD = st.sampled_from(
    [
        10**400, -(10**30), 1e308, 2**63, -0.0, 0, True, "", "NaN", "inf", "1e999", "\x00",
        "a\x00b", "\ud800", "\u202e", "9999-12-31T23:59:59.9999999-23:59", "Infinity",
        "0001-01-01T00:00:00+23:59",
        "9" * 5000, "[" * 5000, "{" * 5000, "x" * 5000, [[]] * 50, {"": ""}, [None],
    ]
)  # fmt: skip
BYTES = st.sampled_from(
    [
        b"", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"NaN", b"-Infinity", b"1e999", b"9" * 500,
        b"[" * 500, b"]", b"{", b"}", b'"', b"\\", b"\\u0000", b"\\ud800", b",", b":", b"&", b"=",
        b"%", b"%ff", b"+", b";", b"\r\n", b"--", b"null", b"\xef\xbb\xbf",
    ]
)  # fmt: skip
TYPES = st.sampled_from(
    ["", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=\x00",
     "multipart/form-data", "multipart/form-data; boundary=", "application/octet-stream"]
)  # fmt: skip


def sound(record):
    """Translates a record, of which nothing may be a bug; its elements."""
    elements = translate(record)
    assert not [e for e in elements if isinstance(e, Dead) and e.letter is DeadLetterClass.BUG]
    for element in elements:
        if isinstance(element, Told):
            keeps_the_rules(element, record.workspace_id)
    return elements


def keeps_the_rules(element, workspace_id):
    """Whatever the payload: once a person and a study are known, the codec takes it."""
    told = line(element, workspace_id)["signal"]
    person, study = told["person_id"] or "p1", told["study_id"] or "s1"
    signal_from(told | {"person_id": person, "study_id": study})


@settings(deadline=None)
@given(body=st.binary(max_size=400), provider=st.sampled_from(PROVIDERS), content_type=TYPES)
@example(body=b"", provider="sendgrid", content_type="")
@example(body=b"\xff\xfe", provider="redirect", content_type="")
@example(body=b'"\\ud800"', provider="standard", content_type="")
@example(body=b'--\xff"', provider="mailgun", content_type="multipart/form-data")
def test_any_bytes_come_to_elements(body, provider, content_type):
    """No bytes raise, whatever their content type, and none is a bug of ours."""
    sound(webhook(body, provider, content_type=content_type))


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_sample_with_anything_in_any_place_comes_to_elements(data):
    """A value changed, dropped or doubled, also inside texts: no bug, and nobody else is hit."""
    body = data.draw(st.sampled_from(OPENED))
    sample = opened(body)
    place = data.draw(st.sampled_from(list(places(sample))))
    what = data.draw(st.sampled_from(["change", "odd", "drop", "double"]))

    broken = sample
    if what in ("change", "odd"):
        broken = changed(sample, place, data.draw(JSON if what == "change" else ODD))
    elif what == "drop" and place:
        broken = dropped(sample, place)
    raw = closed(body, broken)
    if what == "double" and place and isinstance(place[-1], str):
        raw = doubled(raw, place[-1], json.dumps(data.draw(JSON)).encode())

    kept = data.draw(st.sampled_from([headers(body), {}, {"svix-id": "\x00"}]))
    elements = sound(webhook(raw, body.parent.name, http=kept))
    if isinstance(sample, list) and isinstance(broken, list) and what in ("change", "drop"):
        assert len(elements) == len(broken)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_sample_with_bytes_cut_doubled_or_put_in_comes_to_elements(data):
    """What happens on the way: truncated, repeated, wrong encodings, wrong content types."""
    body = data.draw(st.sampled_from(BODIES))
    raw = body.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(begin, min(len(raw), begin + 60)))
        parts = [raw[:begin], data.draw(BYTES), raw[end:]]
        if data.draw(st.booleans()):
            parts.insert(1, raw[begin:end] * 2)
        raw = b"".join(parts)

    sound(webhook(raw, body.parent.name, content_type=data.draw(TYPES), http=headers(body)))


@pytest.mark.parametrize("body", OPENED, ids=lambda body: f"{body.parent.name}/{body.stem}")
def test_a_reason_never_says_what_was_sent(body):
    """A secret in any place of a sample, as a value or as a name, is in no reason and no word."""
    sample = opened(body)

    for place in places(sample):
        for value in (SECRET, {SECRET: SECRET}, [SECRET]):
            raw = closed(body, changed(sample, place, value))
            for element in translate(webhook(raw, body.parent.name)):
                assert SECRET not in getattr(element, "reason", "")
                assert SECRET not in (getattr(element, "word", None) or "")


def test_a_place_inside_a_text_is_reached():
    """The mutations go into an envelope's text and a form's field: else they would try little."""
    notice, mandrill = (
        next(body for body in OPENED if (body.parent.name, body.stem) == name)
        for name in (("ses", "bounce_permanent"), ("mandrill", "every_word"))
    )

    for body, wanted in ((notice, "Permanent"), (mandrill, "hard_bounce")):
        sample = opened(body)
        assert any(at(sample, place) == wanted for place in places(sample))
        raw = closed(body, sample)
        assert translate(webhook(raw, body.parent.name)) == translate(webhook(body))


def test_a_bomb_is_one_dead_element_and_costs_little():
    """Depth, length, numbers and counts beyond reason: one element, seconds, no gigabytes."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.providers.bombs"], capture_output=True, text=True, check=False
    )

    assert child.returncode == 0, (child.stdout.splitlines()[-1:], child.stderr)
    told = [json.loads(row) for row in child.stdout.splitlines()]
    assert len(told) == len(ANYWHERE) * len(PROVIDERS) + len(list(inside()))
    for number, (provider, name, *outcomes) in enumerate(told):
        walked = number >= len(ANYWHERE) * len(PROVIDERS)
        fine = {SURVIVED_INSIDE.get(provider, "dead")} if walked else {"dead", "unused"}
        assert len(outcomes) == 1, (provider, name)
        assert outcomes[0] in fine, (provider, name)
