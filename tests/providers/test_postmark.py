"""Postmark's traps, each by its name."""

import pytest

from tests.providers.made import only, sample, told


def suppression(**changed):
    return sample("postmark", "unsubscribed") | changed


def test_trap_a_change_that_allows_sending_again_is_the_opposite():
    """SuppressSending=false looks like an unsubscription and takes one back."""
    assert only("postmark", suppression())["kind"] == "email.unsubscribed"
    allowed = suppression(SuppressSending=False, SuppressionReason=None)
    assert only("postmark", allowed)["kind"] == "email.resubscribed"


@pytest.mark.parametrize("origin", ["Customer", "Admin"])
def test_trap_a_reactivation_by_the_sender_is_nobodys_wish(origin):
    """A suppression that the sender lifted must not lift what a person asked for."""
    changed = suppression(SuppressSending=False, SuppressionReason=None, Origin=origin)

    assert told("postmark", changed) == [{"outcome": "unused", "word": "SubscriptionChange"}]


@pytest.mark.parametrize(
    ("reason", "comes_to"),
    [
        ("HardBounce", ("email.bounced", "hard")),
        ("SpamComplaint", ("email.complained", None)),
        ("ManualSuppression", ("email.unsubscribed", None)),
        ("New", ("email.unsubscribed", None)),
    ],
)
def test_trap_a_suppression_is_what_caused_it(reason, comes_to):
    """A suppressed address bounced, complained or unsubscribed; the reason says which."""
    signal = only("postmark", suppression(SuppressionReason=reason))

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize(
    ("type_", "comes_to"),
    [
        ("HardBounce", ("email.bounced", "hard")),
        ("BadEmailAddress", ("email.bounced", "hard")),
        ("SoftBounce", ("email.bounced", "soft")),
        ("Blocked", ("email.bounced", "soft")),
        ("SpamNotification", ("email.bounced", "soft")),
        ("New", ("email.bounced", "soft")),
        (None, ("email.bounced", "soft")),
        ("Unsubscribe", ("email.unsubscribed", None)),
        ("SpamComplaint", ("email.complained", None)),
    ],
)
def test_trap_the_smtp_text_never_decides_a_bounce(type_, comes_to):
    """Only the type does; the sample's text says 550 5.1.1 whatever the type is."""
    bounce = sample("postmark", "bounce_hard")
    assert "550 5.1.1" in bounce["Description"]

    signal = only("postmark", bounce | {"Type": type_})

    assert (signal["kind"], signal.get("permanence")) == comes_to


@pytest.mark.parametrize(
    "type_", ["Transient", "AutoResponder", "ChallengeVerification", "Subscribe"]
)
def test_trap_a_bounce_in_which_nothing_bounced(type_):
    """Still tried, answered by a machine, or somebody who subscribes."""
    bounce = sample("postmark", "bounce_hard") | {"Type": type_}

    assert told("postmark", bounce) == [{"outcome": "unused", "word": "Bounce"}]


def test_trap_one_id_stands_on_a_bounce_and_a_complaint():
    """Postmark's own samples do so: the word is part of our id."""
    ids = {only("postmark", sample("postmark", n))["id"] for n in ("bounce_hard", "spam_complaint")}

    assert ids == {"postmark:692560173:Bounce", "postmark:692560173:SpamComplaint"}


def test_trap_times_with_seven_digits_and_an_offset():
    """2026-03-02T05:00:19.1234567-04:00 is 09:00:19.123456Z."""
    signal = only("postmark", sample("postmark", "bounce_hard"))

    assert signal["occurred_at"] == "2026-03-02T09:00:19.123456Z"


def test_without_an_id_the_event_itself_is_the_id():
    """Opens, clicks, deliveries: word, message, time and recipient."""
    opened = sample("postmark", "open")

    first, again, later = (
        only("postmark", opened | changed)["id"]
        for changed in ({}, {"Tag": "x"}, {"ReceivedAt": "2026-03-02T09:01:48Z"})
    )

    assert first == again != later
