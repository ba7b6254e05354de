"""Bodies that are forms, opened once for all providers that post them; knows no provider."""

import re
from urllib.parse import parse_qsl

from schemas.codec import Refused, invalid
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook

MAX_FORM_BYTES, MAX_FIELDS = 8 * 1024 * 1024, 1000
"""What a form may weigh and hold: thousands of events in a field fit, a bomb does not."""
NAME = re.compile(rb'^content-disposition:[^\r\n]*?[; ]name="([^"\r\n]*)"', re.I | re.M)
FILE = re.compile(rb"^content-disposition:[^\r\n]*?[; ]filename\*?=", re.I | re.M)


def is_form(body: bytes) -> bool:
    """Whether the body is a form rather than JSON. The content type is not asked: it may lie."""
    return body.lstrip()[:1] not in (b"{", b"[", b'"')


def form(webhook: Webhook) -> dict[str, str]:
    """A form's fields, the first of equal names; Refused `poison` if it is none.

    Both encodings: `application/x-www-form-urlencoded`, and `multipart/form-data` without its
    files.
    """
    body = webhook.body
    if len(body) > MAX_FORM_BYTES:
        raise invalid(f"more than {MAX_FORM_BYTES} bytes")
    try:
        pairs = _parts(body) if body.startswith(b"--") else _encoded(body)
    except ValueError:
        raise Refused(DeadLetterClass.POISON, "not a form") from None
    if not pairs:
        raise Refused(DeadLetterClass.POISON, "not a form")
    return dict(reversed(pairs))


def _encoded(body: bytes) -> list[tuple[str, str]]:
    if b"=" not in body:
        return []
    text = body.decode("ascii").strip()
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)


def _parts(body: bytes) -> list[tuple[str, str]]:
    """The fields of a multipart form; its own first line says what parts them."""
    boundary = body.split(b"\r\n", 1)[0]
    parts = body.split(b"\r\n" + boundary, MAX_FIELDS + 1)
    if len(parts) > MAX_FIELDS + 1:
        raise ValueError("too many fields")
    parts[0] = parts[0].removeprefix(boundary)
    return [pair for part in parts if (pair := _field(part))]


def _field(part: bytes) -> tuple[str, str] | None:
    head, _, content = part.partition(b"\r\n\r\n")
    name = NAME.search(head)
    if name is None or FILE.search(head):
        return None
    return name[1].decode(), content.decode()
