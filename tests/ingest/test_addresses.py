"""Keys of addresses: one mailbox, one key, as far as that is sure; older secrets still count."""

import pytest

from workers.ingest.addresses import AddressKeys, normalised

SAME = [
    ("  Ada@Example.com ", "ada@example.com"),
    ("a.d.a+study" + "@gmail.com", "ada" + "@gmail.com"),
    ("ada" + "@googlemail.com", "ada" + "@gmail.com"),
    ("ada+x" + "@outlook.com", "ada" + "@outlook.com"),
]
OTHER = [
    ("ada+x@example.com", "ada@example.com"),
    ("a.da@example.com", "ada@example.com"),
    ("a.da" + "@outlook.com", "ada" + "@outlook.com"),
    ("ada@example.com", "ada@example.org"),
    ("stra\u00dfe@example.com", "strasse@example.com"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_mailbox_has_one_key(one: str, other: str):
    """Case and white space never matter; tags and dots where the provider says so."""
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_mailboxes_are_never_taken_for_one(one: str, other: str):
    """Where nobody says that dots, tags or letters are the same, they are not."""
    assert normalised(one) != normalised(other)


def test_an_address_of_nothing_but_a_tag_keeps_it():
    """What would leave no name is left as it is."""
    assert normalised("+x" + "@gmail.com") == "+x" + "@gmail.com"


def test_every_secret_makes_a_key_and_todays_is_the_first():
    """Known under an older secret means found; a workspace of its own means other keys."""
    old, new = AddressKeys("old"), AddressKeys("new", ["old", "new"])

    assert new.every("w1", "ada@example.com") == (
        AddressKeys("new").key("w1", "ada@example.com"),
        old.key("w1", "ada@example.com"),
    )
    assert new.key("w2", "ada@example.com") != new.key("w1", "ada@example.com")
    assert (old.rotates, new.rotates) == (False, True)


def test_a_key_is_its_own():
    """A person.updated put back from the dead letters names keys: they stay what they are."""
    keys = AddressKeys("new", ["old"])
    (key,) = keys.keys("w1", ["ada@example.com"])

    assert keys.keys("w1", [key]) == (key,)
    assert keys.every("w1", key) == (key,)
