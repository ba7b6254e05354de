"""Signatures by a private key of the provider's: SendGrid (ECDSA), Amazon SNS (RSA)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from schemas.codec import Refused, parse_json
from schemas.webhooks import Webhook
from workers.providers.payloads import parse_moment
from workers.providers.signing.proofs import bad, from_base64, header, recent, timely

SENDGRID_WITHIN = timedelta(hours=24)
"""SendGrid tries for 24 hours and states no tolerance."""
SNS_WITHIN = timedelta(hours=24)
"""`Timestamp` is when it was published; deliveries over HTTP are tried for hours."""
SNS_HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
SNS_DIGESTS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1": hashes.SHA1,
    "2": hashes.SHA256,
}
SNS_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
    "UnsubscribeConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
"""What is signed of each type, in this order; `Subject` only where there is one."""


def sendgrid(webhook: Webhook, secrets: Sequence[str]) -> None:
    """ECDSA P-256 with SHA-256 over timestamp and body, base64; at most 24 hours old."""
    told = from_base64(header(webhook, "x-twilio-email-event-webhook-signature"))
    timestamp = header(webhook, "x-twilio-email-event-webhook-timestamp")
    timely(timestamp, webhook, SENDGRID_WITHIN)
    message = timestamp.encode() + webhook.body
    for key in keys(secrets):
        if isinstance(key, EllipticCurvePublicKey) and _made_by_curve(key, told, message):
            return
    raise bad("no configured key made this signature")


def sns(webhook: Webhook, secrets: Sequence[str]) -> None:
    """RSA over the envelope's own fields; the certificate is configured, never fetched."""
    envelope = _envelope(webhook)
    _from_amazon(envelope.get("SigningCertURL"))
    digest = SNS_DIGESTS.get(str(envelope.get("SignatureVersion")))
    if digest is None:
        raise bad("SignatureVersion: neither 1 nor 2")
    message = _canonical(envelope)
    recent(_moment(envelope), webhook, SNS_WITHIN)
    told = from_base64(str(envelope.get("Signature") or ""))
    for key in keys(secrets):
        if isinstance(key, RSAPublicKey) and _made_by_rsa(key, told, message, digest()):
            return
    raise bad("no configured certificate made this signature")


def keys(secrets: Sequence[str]) -> Iterator[Any]:
    """The public keys among the secrets: PEM, base64 DER, or a PEM certificate."""
    return filter(None, map(_key, secrets))


@lru_cache(maxsize=1024)
def _key(secret: str) -> Any:
    try:
        if "BEGIN CERTIFICATE" in secret:
            return load_pem_x509_certificate(secret.encode()).public_key()
        if "BEGIN" in secret:
            return load_pem_public_key(secret.encode())
        return load_der_public_key(from_base64(secret))
    except (ValueError, UnsupportedAlgorithm):
        return None


def _made_by_curve(key: EllipticCurvePublicKey, told: bytes, message: bytes) -> bool:
    try:
        key.verify(told, message, ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _made_by_rsa(
    key: RSAPublicKey, told: bytes, message: bytes, digest: hashes.HashAlgorithm
) -> bool:
    try:
        key.verify(told, message, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


def _envelope(webhook: Webhook) -> dict[str, Any]:
    try:
        envelope = parse_json(webhook.body)
    except Refused:
        raise bad("the body is no JSON") from None
    if not isinstance(envelope, dict) or "Signature" not in envelope:
        raise bad("Signature: missing (raw delivery of SNS is not signed)")
    if any(name[:1].islower() for name in envelope):  # a bare notice, hung on a signed envelope
        raise bad("fields beside the envelope's own, which nobody signed")
    return envelope


def _from_amazon(url: object) -> None:
    """Refused if the certificate is said to be anywhere else: then it is nobody's of Amazon."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = (parts and parts.hostname) or ""
    except ValueError:
        host, parts = "", None
    if parts is None or parts.scheme != "https" or not SNS_HOST.fullmatch(host):
        raise bad("SigningCertURL: not of amazonaws.com")


def _canonical(envelope: dict[str, Any]) -> bytes:
    names = SNS_FIELDS.get(str(envelope.get("Type")))
    if names is None:
        raise bad("Type: none that is signed")
    lines: list[str] = []
    for name in names:
        text = envelope.get(name)
        if text is None and name == "Subject":
            continue
        if not isinstance(text, str):
            raise bad(f"{name}: missing")
        lines += (name, text)
    return "".join(f"{line}\n" for line in lines).encode()


def _moment(envelope: dict[str, Any]) -> Any:
    try:
        return parse_moment(envelope.get("Timestamp"))
    except ValueError:
        raise bad("Timestamp: no time") from None
