"""What verifiers share: headers, digests, MACs and ages; all they raise is `bad_signature`."""

import hmac
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook

Verifier = Callable[[Webhook, Sequence[str]], None]
"""Returns if one of the secrets signed the webhook; else raises Refused `bad_signature`."""
AHEAD = timedelta(minutes=5)
"""How far the signer's clock may be ahead of the one that noted the receipt."""


def bad(reason: str) -> Refused:
    """Not genuine, and why, in words of ours: nothing of the webhook and of no secret."""
    return Refused(DeadLetterClass.BAD_SIGNATURE, reason)


def header(webhook: Webhook, name: str) -> str:
    """An HTTP header's text; Refused if it did not come along."""
    told = webhook.http.get(name)
    if not told:
        raise bad(f"header {name}: missing")
    return told.strip()


def prefixed(told: str, prefix: str) -> str:
    """What follows the prefix; Refused without it."""
    if not told.startswith(prefix):
        raise bad(f"the signature does not begin with {prefix}")
    return told[len(prefix) :]


def one_signed(
    secrets: Iterable[str | bytes], algorithm: str, message: bytes, *signatures: bytes
) -> None:
    """Returns if the HMAC of the message under any secret is any signature; else Refused."""
    for secret in secrets:
        key = secret.encode() if isinstance(secret, str) else secret
        made = hmac.digest(key, message, algorithm)
        for signature in signatures:
            if hmac.compare_digest(made, signature):
                return
    raise bad("no configured secret made this signature")


def timely(seconds: str, webhook: Webhook, within: timedelta) -> None:
    """Returns if these seconds since 1970 are at most so long before the receipt; else Refused."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 11):
        raise bad("the time that was signed is none")
    recent(datetime.fromtimestamp(int(seconds), UTC), webhook, within)


def recent(signed: datetime, webhook: Webhook, within: timedelta) -> None:
    """The same for a moment."""
    if signed > webhook.received_at + AHEAD:
        raise bad("signed after it was received")
    if signed < webhook.received_at - within:
        raise bad(f"signed more than {int(within.total_seconds()) // 60} minutes before receipt")


def from_hex(text: str) -> bytes:
    """The bytes; none, which nothing equals, if it is no hexadecimal text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def from_base64(text: str) -> bytes:
    """The bytes; none, which nothing equals, if it is no base64."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
