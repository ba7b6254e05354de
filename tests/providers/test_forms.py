"""Forms in both encodings, and what is none."""

import pytest

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from tests.providers.made import RECEIVED
from workers.providers.forms import MAX_FIELDS, MAX_FORM_BYTES, form, is_form

PARTS = (
    b'--xY7\r\nContent-Disposition: form-data; name="event"\r\n\r\ndropped\r\n'
    b'--xY7\r\nContent-Disposition: form-data; name="reason"\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nh\xc3\xa4rte\r\nline two\r\n"
    b'--xY7\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n\xff\xfe\r\n'
    b"--xY7--\r\n"
)


def opened(body: bytes) -> dict[str, str]:
    return form(Webhook("any", "w1", RECEIVED, body))


def test_a_form_is_its_fields():
    """Percent signs, plus signs, empty values; of equal names the first."""
    assert opened(b"event=a+b&x=%7B%22%C3%A4%22%7D&empty=&event=second\n") == {
        "event": "a b",
        "x": '{"\u00e4"}',
        "empty": "",
    }


def test_a_form_in_parts_is_its_fields_without_its_files():
    """multipart/form-data says the same as the other encoding; a file is no field."""
    assert opened(PARTS) == {"event": "dropped", "reason": "h\u00e4rte\r\nline two"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"a=%ff",
        b"\xff=1",
        b"&" * 5000 + b"a=1",
        b"a=1&" * (MAX_FIELDS + 1),
        b"--",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1' + b"\r\n--x" * (MAX_FIELDS + 2),
    ],
)
def test_what_is_no_form_is_poison(body):
    """No text, broken encodings, and more fields than a form may have."""
    with pytest.raises(Refused) as refused:
        opened(body)

    assert refused.value.letter is DeadLetterClass.POISON


def test_a_form_has_a_largest_size():
    """Beyond it nothing is decoded."""
    with pytest.raises(Refused) as refused:
        opened(b"a=" + b"%" * MAX_FORM_BYTES)

    assert refused.value.letter is DeadLetterClass.INVALID_SCHEMA


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b" {}", False),
        (b"\n[]", False),
        (b'"x"', False),
        (b"a=1", True),
        (b"--x", True),
        (b"", True),
    ],
)
def test_the_body_itself_says_whether_it_is_a_form(body, said):
    """Content types are left out and mistaken on the way."""
    assert is_form(body) is said
