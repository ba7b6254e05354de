"""A dead letter's own headers: their names, ids and lists of elements; opens no record."""

import re
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID, uuid5

TOPIC = "__dlq.errors.topic"
PARTITION = "__dlq.errors.partition"
OFFSET = "__dlq.errors.offset"
GROUP = "__dlq.errors.group"
MESSAGE = "__dlq.errors.message"
CLASS = "pstatus-dlq-class"
ATTEMPT = "pstatus-dlq-attempt"
FIRST_FAILED_AT = "pstatus-dlq-first-failed-at"
WORKER_VERSION = "pstatus-dlq-worker-version"
RECEIVED_AT = "pstatus-dlq-received-at"
ELEMENT = "pstatus-dlq-element"
ID = "pstatus-dlq-id"
CUT = "pstatus-dlq-cut"
OF = "pstatus-dlq-of"
OURS = ("__dlq.errors.", "pstatus-dlq-")
"""What the names of our headers begin with."""
KEPT = (CLASS, ATTEMPT, FIRST_FAILED_AT, ELEMENT, ID)
"""What a record put back on its topic keeps of its letter; the signals made of it carry it too."""
MAX_MESSAGE = 1024
NAMESPACE = UUID("6a5f9a3e-8c55-5e0c-9f44-0d2f6a5b7c11")
"""Of the ids of dead letters."""
ELEMENTS = re.compile(r"\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*", re.ASCII)
MOST = 1_000_000

Known = Mapping[str, bytes | None]
"""Headers of a record by name; of equal names the last."""


def letter_id(where: str, elements: str, letter: str) -> UUID:
    """The same for the same record, elements and class; `where` is `topic/partition/offset`."""
    return uuid5(NAMESPACE, f"{where}/{elements}:{letter}")


def again_id(known: Known, where: str, elements: str, letter: str) -> UUID:
    """The id of a letter about a record with these headers.

    One that failed before, was put back and fails the same way again keeps its id: its attempt
    tells the two apart. One that fails otherwise gets an id made of the former one.
    """
    before = as_uuid(known.get(ID))
    if before is None:
        return letter_id(where, elements, letter)
    if known.get(ELEMENT) == elements.encode() and known.get(CLASS) == letter.encode():
        return before
    return letter_id(str(before), elements, letter)


def attempt(known: Known) -> int:
    """How often this record has failed before; 0 for one that was never a letter."""
    told = known.get(ATTEMPT) or b""
    return int(told) if told.isdigit() and len(told) < 6 else 0


def elements_text(elements: Iterable[int]) -> str:
    """Elements in their order as `3`, `0-41` or `0-6,9,11-13`."""
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in _runs(elements))


def elements_of(text: str) -> list[int]:
    """The elements that such a text names; none if it is no such text."""
    if not ELEMENTS.fullmatch(text):
        return []
    spans = [part.partition("-") for part in text.split(",")]
    bounds = [(int(first), int(last or first)) for first, _, last in spans]
    if sum(last - first + 1 for first, last in bounds) > MOST:
        return []
    return sorted({one for first, last in bounds for one in range(first, last + 1)})


def as_uuid(told: bytes | None) -> UUID | None:
    """An id as it stands in a header; None if it is none."""
    try:
        return UUID((told or b"").decode())
    except ValueError:
        return None


def is_ours(name: str) -> bool:
    """Whether a header is one of a letter, not of the record in it."""
    return name.startswith(OURS)


def message(reasons: Mapping[str, int]) -> bytes:
    """The reasons of one letter, the most frequent first, within what a letter may say."""
    if len(reasons) == 1:
        said = next(iter(reasons))
    else:
        ranked = sorted(reasons.items(), key=lambda one: -one[1])
        said = "; ".join(f"{reason} ({times} elements)" for reason, times in ranked)
    return said.encode()[:MAX_MESSAGE].decode(errors="ignore").encode()


def _runs(elements: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = -1
    for one in elements:
        if one == last + 1 and first >= 0:
            last = one
            continue
        if first >= 0:
            yield first, last
        first = last = one
    if first >= 0:
        yield first, last
