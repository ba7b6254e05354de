"""Which partition a key belongs to: a pinned murmur2, since other clients hash otherwise."""

import re

SEED = 0x9747B28C
MIX = 0x5BD1E995
MASK = 0xFFFFFFFF
PERSON = re.compile(r"([^\x00-\x1f\x7f-\x9f/:]{1,200}):([^\x00-\x1f\x7f-\x9f/]{1,200})")
"""A workspace has no colon, so the first one parts them."""


def person_key(workspace_id: str, person_id: str) -> bytes:
    """The key of everything about one person."""
    return f"{workspace_id}:{person_id}".encode()


def person_of(key: bytes | None) -> tuple[str, str] | None:
    """(workspace, person) of such a key; None for what is none."""
    try:
        found = PERSON.fullmatch((key or b"").decode())
    except UnicodeDecodeError:
        return None
    return (found[1], found[2]) if found else None


def participant_key(workspace_id: str, participant_id: str) -> bytes:
    """The key of one participant's state."""
    return f"{workspace_id}:{participant_id}".encode()


def study_key(workspace_id: str, study_id: str) -> bytes:
    """The key of one study's progress."""
    return f"{workspace_id}:{study_id}".encode()


def shard_of(key: bytes, shards: int) -> int:
    """The shard, which is the partition, of a key."""
    return (murmur2(key) & 0x7FFFFFFF) % shards


def murmur2(key: bytes) -> int:
    """Kafka's own 32-bit murmur2 (org.apache.kafka.common.utils.Utils), unsigned."""
    h = (SEED ^ len(key)) & MASK
    whole = len(key) & ~3
    for i in range(0, whole, 4):
        k = (int.from_bytes(key[i : i + 4], "little") * MIX) & MASK
        k = ((k ^ (k >> 24)) * MIX) & MASK
        h = ((h * MIX) & MASK) ^ k
    if tail := key[whole:]:
        h = ((h ^ int.from_bytes(tail, "little")) * MIX) & MASK
    h = ((h ^ (h >> 13)) * MIX) & MASK
    return h ^ (h >> 15)
