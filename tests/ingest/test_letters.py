"""A dead letter's headers: the record's first, then ours; the same letter has the same id."""

from datetime import UTC, datetime
from types import SimpleNamespace

from schemas.letters import KEPT
from schemas.vocabulary import DeadLetterClass
from workers.ingest.letters import Grave, Postmark, headers_of
from workers.providers.outcomes import Dead

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY = Postmark(group="g", version="1")
DEAD = Dead(DeadLetterClass.POISON, "not JSON")


def headers(
    *own: tuple[str, bytes | None], elements: tuple[int, ...] = (0,), dead: Dead = DEAD,
    now: datetime = NOW, offset: int = 2,
) -> list[tuple[str, bytes]]:  # fmt: skip
    """Of a letter about a record with these headers."""
    record = SimpleNamespace(topic="t", partition=1, offset=offset, headers=own)
    grave = Grave(record, dead.letter, NOW, now)
    for element in elements:
        grave.add(element, dead)
    return headers_of(grave, BY)


def test_the_id_names_origin_element_and_class_only():
    """Written again later it is the same; another element or class is another letter."""
    first = dict(headers())["pstatus-dlq-id"]
    other = Dead(DeadLetterClass.BUG, "not JSON")

    assert dict(headers(now=datetime(2027, 1, 1, tzinfo=UTC)))["pstatus-dlq-id"] == first
    assert dict(headers(elements=(1,)))["pstatus-dlq-id"] != first
    assert dict(headers(dead=other))["pstatus-dlq-id"] != first


def test_a_letter_put_back_counts_its_attempts():
    """Its first failure stays its first; the second time is attempt 2."""
    again = headers(*headers(), now=datetime(2027, 1, 1, tzinfo=UTC))

    ours = dict(again[len(headers()) :])
    assert ours["pstatus-dlq-attempt"] == b"2"
    assert ours["pstatus-dlq-first-failed-at"] == b"2026-03-02T09:00:00.000000Z"


def test_a_letter_put_back_that_fails_again_keeps_its_id():
    """Its attempt tells the two apart, wherever it stands now; failing otherwise is another one."""
    first = dict(headers(elements=(1, 2)))
    kept = [(name, first[name]) for name in KEPT]
    other = Dead(DeadLetterClass.BUG, "not JSON")

    again = dict(headers(*kept, elements=(1, 2), offset=99))
    fewer = dict(headers(*kept, elements=(2,), offset=99))
    others = dict(headers(*kept, elements=(1, 2), offset=99, dead=other))

    assert again["pstatus-dlq-id"] == first["pstatus-dlq-id"]
    assert {one["pstatus-dlq-attempt"] for one in (again, fewer, others)} == {b"2"}
    ids = {one["pstatus-dlq-id"] for one in (first, fewer, others)}
    assert len(ids) == 3
    assert dict(headers(*kept, elements=(2,), offset=7))["pstatus-dlq-id"] in ids


def test_the_reasons_of_many_elements_are_told_by_how_often():
    """The most frequent first, without which element had which."""
    record = SimpleNamespace(topic="t", partition=1, offset=2, headers=())
    grave = Grave(record, DeadLetterClass.INVALID_SCHEMA, NOW, NOW)
    for element in range(5):
        reason = "id: missing" if element == 1 else "event: missing"
        grave.add(element, Dead(DeadLetterClass.INVALID_SCHEMA, reason))

    told = dict(headers_of(grave, BY))["__dlq.errors.message"]

    assert told == b"event: missing (4 elements); id: missing (1 elements)"


def test_a_count_that_is_none_is_not_believed():
    """Whatever stands in that header, a letter is written."""
    for odd in (b"many", b"", None, b"9" * 5000, "²".encode()):
        assert dict(headers(("pstatus-dlq-attempt", odd))[1:])["pstatus-dlq-attempt"] == b"1"


def test_a_reason_has_at_most_a_kibibyte():
    """Also when it would be cut within a character."""
    long = Dead(DeadLetterClass.POISON, "ü" * 1000)

    told = dict(headers(dead=long))["__dlq.errors.message"]

    assert len(told) <= 1024
    assert set(told.decode()) == {"ü"}
