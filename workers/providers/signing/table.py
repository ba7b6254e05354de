"""Who signs and how: one row a provider. Who has no row does not sign its webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass

from workers.providers.signing import bodies, fields, public_keys, standard_webhooks
from workers.providers.signing.proofs import Verifier


@dataclass(frozen=True, slots=True)
class Row:
    """A provider's verifier, what a line of its secret file holds, and where that is found."""

    verify: Verifier
    secret: str
    signed: str
    """What is signed, for the docs."""


SVIX = Row(
    standard_webhooks.svix,
    "the endpoint's signing secret (`whsec_…`)",
    "`svix-id`, `svix-timestamp` and body, HMAC-SHA256; at most 5 minutes old",
)

SIGNED: Mapping[str, Row] = {
    "cal_com": Row(
        bodies.cal_com, "the webhook's secret", "body, HMAC-SHA256; no time, so no age is checked"
    ),
    "calendly": Row(
        bodies.calendly,
        "the subscription's signing key",
        "time and body, HMAC-SHA256; at most 3 minutes old. Version 1 is not signed",
    ),
    "mailgun": Row(
        fields.mailgun,
        "the HTTP webhook signing key",
        "`timestamp` and `token` in the body, HMAC-SHA256; at most 8 hours old. "
        "**Not the event itself**",
    ),
    "mandrill": Row(
        fields.mandrill,
        "the webhook's URL exactly as entered at Mandrill, a space, its key",
        "URL and form fields, HMAC-SHA1; no time",
    ),
    "qualtrics": Row(
        fields.qualtrics,
        "the subscription's `sharedKey`",
        "the field `MSG`, HMAC-SHA512; no time. Other fields are not signed",
    ),
    "rally": SVIX,
    "resend": SVIX,
    "runa": SVIX,
    "sendgrid": Row(
        public_keys.sendgrid,
        "the verification key (base64, or PEM)",
        "timestamp and body, ECDSA P-256 with SHA-256; at most 24 hours old",
    ),
    "ses": Row(
        public_keys.sns,
        "SNS's signing certificate (PEM) of your region, from `SigningCertURL`",
        "the envelope's fields, RSA with SHA-1 or SHA-256; at most 24 hours old",
    ),
    "standard": Row(
        standard_webhooks.standard,
        "a Standard Webhooks secret (`whsec_` and base64)",
        "`webhook-id`, `webhook-timestamp` and body, HMAC-SHA256; at most 5 minutes old",
    ),
    "surveymonkey": Row(
        bodies.surveymonkey, "`api_key&api_secret` of the app", "body, HMAC-SHA1; no time"
    ),
    "tremendous": Row(bodies.tremendous, "the webhook's private key", "body, HMAC-SHA256; no time"),
    "typeform": Row(bodies.typeform, "the webhook's secret", "body, HMAC-SHA256; no time"),
}
