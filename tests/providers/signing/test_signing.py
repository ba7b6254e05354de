"""Every provider that signs: what is genuine passes, whatever differs from it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass
from schemas.webhooks import Webhook
from tests.providers.signing.made import (
    CASES,
    RECEIVED,
    Case,
    certificate,
    curve_key,
    envelope,
    mailgun_fields,
    sns,
    webhook,
)
from workers.ingest.translate import known_providers
from workers.providers.signing import standard_webhooks
from workers.providers.signing.table import SIGNED

EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.provider)
SECOND = timedelta(seconds=1)


def refused(provider: str, told: Webhook, *secrets: str) -> str | None:
    """Why the provider's verifier does not believe it; None if it does."""
    try:
        SIGNED[provider].verify(told, secrets)
    except Refused as refusal:
        return refusal.reason if refusal.letter is DeadLetterClass.BAD_SIGNATURE else None
    return None


def test_every_verifier_is_tried():
    """A row without a case here would be a verifier that nobody has seen refuse."""
    assert {case.provider for case in CASES} == set(SIGNED)
    assert set(SIGNED) <= set(known_providers())


@EVERY
def test_what_is_signed_with_a_configured_key_passes(case: Case):
    """Under the only secret, and under the newer of two, and under the older of two: rotation."""
    genuine = case.sign(1, RECEIVED)

    assert refused(case.provider, genuine, case.secret(1)) is None
    assert refused(case.provider, genuine, case.secret(0), case.secret(1)) is None
    assert refused(case.provider, genuine, case.secret(1), case.secret(2)) is None


@EVERY
def test_another_key_or_none_does_not_pass(case: Case):
    """Nor a secret that is none at all."""
    genuine = case.sign(1, RECEIVED)

    assert refused(case.provider, genuine, case.secret(2))
    assert refused(case.provider, genuine)
    assert refused(case.provider, genuine, "whsec_", "-----BEGIN", "%", "a b", " ")


@EVERY
def test_a_changed_byte_does_not_pass(case: Case):
    """Whatever the signature covers."""
    assert refused(case.provider, case.covered(case.sign(1, RECEIVED)), case.secret(1))


@EVERY
def test_without_its_headers_or_body_it_does_not_pass(case: Case):
    """A signature that is missing is as bad as a wrong one."""
    genuine = case.sign(1, RECEIVED)

    for name in genuine.http:
        less = {other: text for other, text in genuine.http.items() if other != name}
        assert refused(case.provider, replace(genuine, http=less), case.secret(1))
        empty = replace(genuine, http={**genuine.http, name: ""})
        assert refused(case.provider, empty, case.secret(1))
    assert refused(case.provider, replace(genuine, body=b""), case.secret(1))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.within], ids=lambda case: case.provider
)
def test_a_signature_counts_by_the_time_of_receipt(case: Case):
    """As old as it may be when received, or from a clock 5 minutes ahead; not a second more."""
    assert case.within is not None
    last, first = RECEIVED - case.within, RECEIVED + timedelta(minutes=5)

    assert refused(case.provider, case.sign(1, last), case.secret(1)) is None
    assert refused(case.provider, case.sign(1, first), case.secret(1)) is None
    assert "before receipt" in str(
        refused(case.provider, case.sign(1, last - SECOND), case.secret(1))
    )
    assert "after" in str(refused(case.provider, case.sign(1, first + SECOND), case.secret(1)))


def test_the_published_vector_of_standard_webhooks_passes():
    """Id, time, body and signature that its libraries' own tests use."""
    told = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = RECEIVED.fromtimestamp(1614265330, RECEIVED.tzinfo)
    genuine = Webhook("resend", "w1", at, b'{"test": 2432232314}', http=told)

    assert refused("resend", genuine, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") is None
    assert refused("resend", genuine, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") is None


def test_what_we_sign_ourselves_passes():
    """Commands sign what they send where a secret is configured."""
    secret = "whsec_c2VjcmV0IG9mIG91cnM="
    http = standard_webhooks.signed(secret, "msg_1", RECEIVED, b"[]")

    assert refused("standard", webhook("standard", b"[]", dict(http)), secret) is None
    with pytest.raises(ValueError, match="whsec_"):
        standard_webhooks.signed("whsec_", "msg_1", RECEIVED, b"[]")


def test_calendly_may_tell_two_signatures_and_one_time():
    """While a key is changed both are told; two times would leave open which was signed."""
    genuine = next(case for case in CASES if case.provider == "calendly").sign(1, RECEIVED)
    told = genuine.http["calendly-webhook-signature"]

    both = replace(genuine, http={"calendly-webhook-signature": f"v1=00,{told}"})
    twice = replace(genuine, http={"calendly-webhook-signature": f"t=1,{told}"})

    assert refused("calendly", both, "key1") is None
    assert refused("calendly", twice, "key1")


def test_mailguns_old_forms_carry_the_same_signature():
    """As fields of the form."""
    fields = "&".join(f"{name}={text}" for name, text in mailgun_fields(1, RECEIVED).items())

    assert (
        refused("mailgun", webhook("mailgun", f"{fields}&event=opened".encode(), {}), "key1")
        is None
    )
    assert refused("mailgun", webhook("mailgun", f"{fields}&event=opened".encode(), {}), "key2")


def test_a_key_of_sendgrid_may_be_pem():
    """As well as the base64 that SendGrid shows."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    genuine = next(case for case in CASES if case.provider == "sendgrid").sign(1, RECEIVED)
    public = curve_key(1).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert refused("sendgrid", genuine, pem) is None


@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_signs_every_type_of_envelope(version: str):
    """Notifications with and without a subject, and confirmations, in both versions."""
    confirmation = {
        "Type": "SubscriptionConfirmation", "Token": "t", "Subject": None,
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
    }  # fmt: skip

    for changed in ({}, {"Subject": None}, confirmation):
        told = envelope(1, RECEIVED, version, **changed)
        assert refused("ses", sns(told), certificate(1)) is None
        assert refused("ses", sns(told | {"Message": "other"}), certificate(1))
        assert refused("ses", sns(told | {"Timestamp": "2026-03-02T08:59:00.000Z"}), certificate(1))


@pytest.mark.parametrize("name", ["eventType", "notificationType", "mail"])
def test_trap_a_bare_notice_is_not_hung_on_a_signed_envelope(name: str):
    """Whoever has seen one signed envelope could tell anything beside what it signs."""
    told = envelope(1, RECEIVED) | {name: "Bounce"}

    assert "nobody signed" in str(refused("ses", sns(told), certificate(1)))


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com.example.com/cert.pem",
        "https://example.com/sns.eu-west-1.amazonaws.com/cert.pem",
        "https://sns.eu-west-1.amazonaws.com@example.com/cert.pem",
        "http://sns.eu-west-1.amazonaws.com/cert.pem",
        "https://s3.amazonaws.com/cert.pem",
        "https://[", None, 7,
    ],
)  # fmt: skip
def test_a_certificate_from_elsewhere_is_not_amazons(url: object):
    """Even where the signature is right."""
    told = envelope(1, RECEIVED) | {"SigningCertURL": url}

    assert "amazonaws.com" in str(refused("ses", sns(told), certificate(1)))


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_anything_in_headers_and_body_is_refused_and_never_an_error(data: st.DataObject):
    """Whatever is sent, and whatever stands in a secret file, a verifier refuses."""
    case = data.draw(st.sampled_from(CASES))
    genuine = case.sign(1, RECEIVED)
    names = [*genuine.http, "content-type"]
    http = data.draw(st.dictionaries(st.sampled_from(names), st.text(max_size=40)))
    body = data.draw(st.binary(max_size=60) | st.just(genuine.body))

    told = replace(
        genuine, http={**genuine.http, **http} if data.draw(st.booleans()) else http, body=body
    )

    assert told == genuine or refused(
        case.provider, told, *data.draw(st.lists(st.text(min_size=1)))
    )
