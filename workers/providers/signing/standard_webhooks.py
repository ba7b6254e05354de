"""Standard Webhooks, which is also Svix: id, time and body under HMAC-SHA256; made and checked."""

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from schemas.webhooks import Webhook
from workers.providers.signing.proofs import bad, from_base64, header, one_signed, timely

WITHIN = timedelta(minutes=5)
PREFIX = "whsec_"


def standard(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,...`; at most 5 minutes old."""
    _verify(webhook, secrets, "webhook")


def svix(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`svix-id`, `svix-timestamp`, `svix-signature: v1,...`; at most 5 minutes old."""
    _verify(webhook, secrets, "svix")


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The HTTP headers of a Standard Webhook of ours; ValueError if the secret is none."""
    key = next(_keys((secret,)), b"")
    if not key:
        raise ValueError("no secret of Standard Webhooks: whsec_ and base64")
    told = str(int(at.timestamp()))
    made = hmac.digest(key, _message(message_id, told, body), "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": told,
        "webhook-signature": f"v1,{b64encode(made).decode()}",
    }


def _verify(webhook: Webhook, secrets: Sequence[str], family: str) -> None:
    message_id = header(webhook, f"{family}-id")
    told = header(webhook, f"{family}-timestamp")
    signatures = list(_signatures(header(webhook, f"{family}-signature")))
    timely(told, webhook, WITHIN)
    if not signatures:
        raise bad(f"header {family}-signature: no v1")
    message = _message(message_id, told, webhook.body)
    one_signed(_keys(secrets), "sha256", message, *signatures)


def _message(message_id: str, told: str, body: bytes) -> bytes:
    return b".".join((message_id.encode(), told.encode(), body))


def _signatures(told: str) -> Iterator[bytes]:
    for part in told.split():
        version, _, text = part.partition(",")
        if version == "v1":
            yield from_base64(text)


def _keys(secrets: Sequence[str]) -> Iterator[bytes]:
    """Their keys; an empty one, of a secret that is none, would be everybody's."""
    return filter(None, (from_base64(_padded(secret.removeprefix(PREFIX))) for secret in secrets))


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
