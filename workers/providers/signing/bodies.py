"""HMACs over the raw body, told in a header: Cal.com, Calendly, SurveyMonkey and their like."""

from collections.abc import Sequence
from datetime import timedelta

from schemas.webhooks import Webhook
from workers.providers.signing.proofs import (
    bad,
    from_base64,
    from_hex,
    header,
    one_signed,
    prefixed,
    timely,
)

CALENDLY_WITHIN = timedelta(minutes=3)


def cal_com(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`X-Cal-Signature-256`: HMAC-SHA256 of the body, hexadecimal."""
    told = header(webhook, "x-cal-signature-256")
    one_signed(secrets, "sha256", webhook.body, from_hex(told))


def calendly(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`Calendly-Webhook-Signature: t=,v1=`: HMAC-SHA256 of `t.body`, at most 3 minutes old."""
    told = header(webhook, "calendly-webhook-signature")
    pairs = [part.strip().partition("=") for part in told.split(",")]
    times = [text for name, _, text in pairs if name == "t"]
    if len(times) != 1:
        raise bad("header calendly-webhook-signature: not one t=")
    timely(times[0], webhook, CALENDLY_WITHIN)
    signatures = [from_hex(text) for name, _, text in pairs if name == "v1"]
    message = times[0].encode() + b"." + webhook.body
    one_signed(secrets, "sha256", message, *signatures)


def surveymonkey(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`Sm-Signature`: HMAC-SHA1 of the body, base64; the key is `api_key&api_secret`."""
    told = header(webhook, "sm-signature")
    one_signed(secrets, "sha1", webhook.body, from_base64(told))


def tremendous(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`Tremendous-Webhook-Signature: sha256=`: HMAC-SHA256 of the body as it came, hexadecimal."""
    told = prefixed(header(webhook, "tremendous-webhook-signature"), "sha256=")
    one_signed(secrets, "sha256", webhook.body, from_hex(told))


def typeform(webhook: Webhook, secrets: Sequence[str]) -> None:
    """`Typeform-Signature: sha256=`: HMAC-SHA256 of the body, base64."""
    told = prefixed(header(webhook, "typeform-signature"), "sha256=")
    one_signed(secrets, "sha256", webhook.body, from_base64(told))
