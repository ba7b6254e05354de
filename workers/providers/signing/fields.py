"""Signatures that stand in the body: Mailgun's object, Mandrill's and Qualtrics' form fields."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from schemas.codec import Refused, parse_json
from schemas.webhooks import Webhook
from workers.providers.forms import form, is_form
from workers.providers.signing.proofs import (
    bad,
    from_base64,
    from_hex,
    header,
    one_signed,
    timely,
)

MAILGUN_WITHIN = timedelta(hours=8)
"""Mailgun tries for more than seven hours; nobody says whether it signs anew each time."""


def mailgun(webhook: Webhook, secrets: Sequence[str]) -> None:
    """In the body: HMAC-SHA256 of `timestamp` and `token`, hexadecimal. Not of the event itself."""
    told = _mailgun_parts(webhook)
    parts = [told.get(name) for name in ("timestamp", "token", "signature")]
    timestamp, token, signature = (part if isinstance(part, str) else "" for part in parts)
    if not (timestamp and token and signature):
        raise bad("signature: missing in the body")
    timely(timestamp, webhook, MAILGUN_WITHIN)
    one_signed(secrets, "sha256", (timestamp + token).encode(), from_hex(signature))


def mandrill(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`X-Mandrill-Signature`: HMAC-SHA1 of URL and sorted form fields, base64.

    A secret is `<URL> <key>`: the URL exactly as it was entered at Mandrill.
    """
    told = from_base64(header(webhook, "x-mandrill-signature"))
    fields = "".join(name + text for name, text in sorted(_fields(webhook).items()))
    for secret in secrets:
        url, _, key = secret.partition(" ")
        made = hmac.digest(key.strip().encode(), (url + fields).encode(), "sha1")
        if key.strip() and hmac.compare_digest(made, told):
            return
    raise bad("no configured secret made this signature")


def qualtrics(webhook: Webhook, secrets: Sequence[str]) -> None:
    """The form field `HMAC`: HMAC-SHA512 of the field `MSG`, hexadecimal. Not of other fields."""
    fields = _fields(webhook)
    told, message = fields.get("HMAC"), fields.get("MSG")
    if not told or not message:
        raise bad("fields HMAC and MSG: missing")
    one_signed(secrets, "sha512", message.encode(), from_hex(told))


def _fields(webhook: Webhook) -> Mapping[str, str]:
    """A form's fields, read as the providers' own modules read them."""
    try:
        return form(webhook)
    except Refused:
        raise bad("the body is no form") from None


def _mailgun_parts(webhook: Webhook) -> Mapping[str, Any]:
    """`signature` of today's JSON, or the fields of the old forms."""
    if is_form(webhook.body):
        return _fields(webhook)
    try:
        body = parse_json(webhook.body)
    except Refused:
        raise bad("the body is no JSON") from None
    told = body.get("signature") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}
