"""Routing: Kafka's own murmur2, pinned, and the keys that it is asked about."""

import pytest
from aiokafka.partitioner import murmur2 as kafkas

from schemas.routing import murmur2, participant_key, person_key, person_of, shard_of, study_key

VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}
"""Of org.apache.kafka.common.utils.UtilsTest, signed as Java says them."""


@pytest.mark.parametrize("key", VECTORS)
def test_murmur2_is_the_one_of_kafkas_own_tests(key: bytes) -> None:
    """Other clients must find the same partition."""
    assert murmur2(key) == VECTORS[key] % 2**32


def test_murmur2_agrees_with_a_client_on_every_length_and_byte() -> None:
    """Tails of 0 to 3 bytes, high bits, and the empty key."""
    for length in range(40):
        for byte in (0, 1, 127, 128, 255):
            key = bytes((byte + 37 * place) % 256 for place in range(length))

            assert murmur2(key) == kafkas(key) % 2**32


@pytest.mark.parametrize("shards", [1, 3, 12, 64])
def test_a_shard_is_the_partition_a_java_producer_takes(shards: int) -> None:
    """toPositive(murmur2(key)) % partitions: the sign is dropped first."""
    for key, java in VECTORS.items():
        assert shard_of(key, shards) == (java & 0x7FFFFFFF) % shards


def test_keys_are_workspace_and_name() -> None:
    """A workspace holds no colon, so no two pairs make one key."""
    assert person_key("w1", "p:1") == b"w1:p:1"
    assert participant_key("w1", "s1/p1") == b"w1:s1/p1"
    assert study_key("w1", "é") == "w1:é".encode()


def test_a_persons_key_says_whose_it_is_and_nothing_else_does() -> None:
    """A person's id may hold a colon, a workspace's may not; bytes that are no key are nobody's."""
    assert person_of(person_key("w1", "p:1")) == ("w1", "p:1")
    for key in (
        None,
        b"",
        b"w1",
        b":p1",
        b"w1:",
        b"w1:s1/p1",
        b"w1:\x00",
        b"\xff:p1",
        b"w:" + b"p" * 201,
    ):
        assert person_of(key) is None, key
