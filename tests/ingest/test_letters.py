"""A dead letter's headers: the record's first, then ours; the same letter has the same id."""

from datetime import UTC, datetime
from types import SimpleNamespace

from schemas.vocabulary import DeadLetterClass
from workers.ingest.letters import Postmark, headers_of
from workers.providers.outcomes import Dead

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY = Postmark(group="g", version="1")
DEAD = Dead(DeadLetterClass.POISON, "not JSON")


def headers(
    *own: tuple[str, bytes | None], element: int = 0, dead: Dead = DEAD, now: datetime = NOW
) -> list[tuple[str, bytes]]:
    """Of a letter about a record with these headers."""
    record = SimpleNamespace(topic="t", partition=1, offset=2, headers=own)
    return headers_of(record, element, dead, received_at=NOW, now=now, by=BY)


def test_the_id_names_origin_element_and_class_only():
    """Written again later it is the same; another element or class is another letter."""
    first = dict(headers())["pstatus-dlq-id"]
    other = Dead(DeadLetterClass.BUG, "not JSON")

    assert dict(headers(now=datetime(2027, 1, 1, tzinfo=UTC)))["pstatus-dlq-id"] == first
    assert dict(headers(element=1))["pstatus-dlq-id"] != first
    assert dict(headers(dead=other))["pstatus-dlq-id"] != first


def test_a_letter_put_back_counts_its_attempts():
    """Its first failure stays its first; the second time is attempt 2."""
    again = headers(*headers(), now=datetime(2027, 1, 1, tzinfo=UTC))

    ours = dict(again[len(headers()) :])
    assert ours["pstatus-dlq-attempt"] == b"2"
    assert ours["pstatus-dlq-first-failed-at"] == b"2026-03-02T09:00:00.000000Z"


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
