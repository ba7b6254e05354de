"""Webhooks as each provider signs them, made here with real keys and by the providers' rules."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from schemas.webhooks import Webhook

RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BODY = b'{"id": 1, "name": "\xc3\xa4"}\r\n'
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Case:
    """One provider: how it signs with the n-th key, and the line of a secret file for that key."""

    provider: str
    sign: Callable[[int, datetime], Webhook]
    secret: Callable[[int], str]
    within: timedelta | None = None
    """How old a signature may be; None: no time is signed."""
    covered: Callable[[Webhook], Webhook] = lambda one: replace(one, body=one.body[:-1] + b"?")
    """The same with one byte changed of what is signed."""


def webhook(provider: str, body: bytes, http: dict[str, str]) -> Webhook:
    """Of w1, received at RECEIVED."""
    return Webhook(provider, "w1", RECEIVED, body, http=http)


def mac(key: str, message: bytes, algorithm: str = "sha256") -> bytes:
    """An HMAC."""
    return hmac.digest(key.encode(), message, algorithm)


def b64(raw: bytes) -> str:
    """Base64 as text."""
    return b64encode(raw).decode()


def seconds(at: datetime) -> str:
    """Unix time as text."""
    return str(int(at.timestamp()))


def simple(provider: str, header: str, told: Callable[[str], str], key: str = "key") -> Case:
    """A provider that signs its body alone, told in one header."""
    return Case(
        provider,
        lambda n, _: webhook(provider, BODY, {header: told(f"{key}{n}")}),
        lambda n: f"{key}{n}",
    )


def _calendly(n: int, at: datetime) -> Webhook:
    made = mac(f"key{n}", seconds(at).encode() + b"." + BODY).hex()
    return webhook("calendly", BODY, {"calendly-webhook-signature": f"t={seconds(at)},v1={made}"})


def standard_secret(n: int) -> str:
    """A secret of Standard Webhooks."""
    return "whsec_" + b64(b"a key of 24 bytes, no. %d" % n)


def _standard(provider: str, family: str) -> Case:
    def sign(n: int, at: datetime) -> Webhook:
        message = f"msg_1.{seconds(at)}.".encode() + BODY
        made = hmac.digest(b"a key of 24 bytes, no. %d" % n, message, "sha256")
        told = {"id": "msg_1", "timestamp": seconds(at), "signature": f"v1a,xx v1,{b64(made)}"}
        return webhook(provider, BODY, {f"{family}-{name}": text for name, text in told.items()})

    return Case(provider, sign, standard_secret, timedelta(minutes=5))


def mailgun_fields(n: int, at: datetime) -> dict[str, str]:
    """The three fields that Mailgun's signature consists of."""
    made = mac(f"key{n}", (seconds(at) + "token1").encode()).hex()
    return {"timestamp": seconds(at), "token": "token1", "signature": made}


def _mailgun(n: int, at: datetime) -> Webhook:
    told = {"signature": mailgun_fields(n, at), "event-data": {"id": "e1"}}
    return webhook("mailgun", json.dumps(told).encode(), {})


def _swapped(old: bytes, new: bytes) -> Callable[[Webhook], Webhook]:
    def swap(one: Webhook) -> Webhook:
        assert old in one.body
        return replace(one, body=one.body.replace(old, new, 1))

    return swap


URL = "https://hooks.example.com/mandrill?team=a"


def _mandrill(n: int, _: datetime) -> Webhook:
    fields = {"mandrill_events": '[{"event": "send ä"}]', "also": "b"}
    message = URL + "".join(name + fields[name] for name in sorted(fields))
    told = b64(mac(f"key{n}", message.encode(), "sha1"))
    return webhook("mandrill", urlencode(fields).encode(), {"x-mandrill-signature": told})


def _qualtrics(n: int, _: datetime) -> Webhook:
    message = '{"Status":"Complete","ResponseID":"R_1"}'
    made = mac(f"key{n}", message.encode(), "sha512").hex()
    fields = {"HMAC": made, "MSG": message, "Topic": "t", "undefined": ""}
    return webhook("qualtrics", urlencode(fields).encode(), {})


@cache
def curve_key(n: int) -> ec.EllipticCurvePrivateKey:
    """A key of the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def curve_secret(n: int) -> str:
    """Its public half as SendGrid shows it: base64 of DER."""
    public = curve_key(n).public_key()
    return b64(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _sendgrid(n: int, at: datetime) -> Webhook:
    made = curve_key(n).sign(seconds(at).encode() + BODY, ec.ECDSA(hashes.SHA256()))
    return webhook("sendgrid", BODY, {
        "x-twilio-email-event-webhook-signature": b64(made),
        "x-twilio-email-event-webhook-timestamp": seconds(at),
    })  # fmt: skip


@cache
def rsa_key(n: int) -> rsa.RSAPrivateKey:
    """A key as Amazon has one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(n: int) -> str:
    """A certificate of that key, as PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example.com")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(rsa_key(n).public_key()).serial_number(n + 1)
        .not_valid_before(RECEIVED - timedelta(days=1))
        .not_valid_after(RECEIVED + timedelta(days=9))
        .sign(rsa_key(n), hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(Encoding.PEM).decode().strip()


def envelope(n: int, at: datetime, version: str = "2", **changed: Any) -> dict[str, Any]:
    """An envelope of SNS, signed as it then stands; a change of None takes a field out."""
    told = {
        "Type": "Notification", "MessageId": "m1", "TopicArn": "arn:aws:sns:eu-west-1:1:t",
        "Subject": "Amazon SES ä", "Message": '{"eventType":"Send"}\n',
        "Timestamp": at.isoformat(timespec="milliseconds")[:-6] + "Z",
        "SignatureVersion": version,
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        **changed,
    }  # fmt: skip
    told = {name: text for name, text in told.items() if text is not None}
    first = ("Message", "MessageId", "Subject")
    if told["Type"] != "Notification":
        first = ("Message", "MessageId", "SubscribeURL")
    last = ("Timestamp", "TopicArn", "Type")
    middle = () if told["Type"] == "Notification" else ("Timestamp", "Token")
    names = (*first, *middle, *(name for name in last if name not in middle))
    message = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
    digest = {"1": hashes.SHA1(), "2": hashes.SHA256()}[version]
    made = rsa_key(n).sign(message.encode(), padding.PKCS1v15(), digest)
    return told | {"Signature": b64(made)}


def sns(told: dict[str, Any]) -> Webhook:
    """The envelope as it is posted."""
    return webhook("ses", json.dumps(told).encode(), {})


MINUTES_5, HOURS_24 = timedelta(minutes=5), timedelta(hours=24)
CASES = (
    simple("cal_com", "x-cal-signature-256", lambda key: mac(key, BODY).hex()),
    Case("calendly", _calendly, lambda n: f"key{n}", timedelta(minutes=3)),
    Case("mailgun", _mailgun, lambda n: f"key{n}", timedelta(hours=8), _swapped(b"token1", b"t2")),
    Case("mandrill", _mandrill, lambda n: f"{URL} key{n}", None, _swapped(b"also=b", b"also=c")),
    Case("qualtrics", _qualtrics, lambda n: f"key{n}", None, _swapped(b"R_1", b"R_2")),
    _standard("rally", "svix"),
    _standard("resend", "svix"),
    _standard("runa", "svix"),
    Case("sendgrid", _sendgrid, curve_secret, HOURS_24),
    Case("ses", lambda n, at: sns(envelope(n, at)), certificate, HOURS_24,
         _swapped(b"Send", b"Open")),
    _standard("standard", "webhook"),
    simple("surveymonkey", "sm-signature", lambda key: b64(mac(key, BODY, "sha1")), "id&secret"),
    simple("tremendous", "tremendous-webhook-signature",
           lambda key: f"sha256={mac(key, BODY).hex()}"),
    simple("typeform", "typeform-signature", lambda key: f"sha256={b64(mac(key, BODY))}"),
)  # fmt: skip
