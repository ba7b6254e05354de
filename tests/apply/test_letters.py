"""Apply's dead letters carry the headers of ingest's: tools treat all alike."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from schemas.codec import Refused
from schemas.letters import KEPT
from schemas.vocabulary import DeadLetterClass
from workers.apply.incoming import Incoming
from workers.apply.letters import letter, unheard
from workers.ingest.letters import Grave, Postmark, headers_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BROKEN = Refused(DeadLetterClass.BUG, "hearing this signal raised an error in the worker")


def told(*own: tuple[str, bytes], offset: int = 2) -> dict[str, Any]:
    """Our headers of a letter about a signal with these of its own."""
    record = SimpleNamespace(
        topic="signals", partition=1, offset=offset, key=b"w1:p1", value=b"{}", headers=own
    )
    made = letter(Incoming(record, NOW, None, None), BROKEN, group="g", version="1", now=NOW)
    assert made.headers[: len(own)] == own
    return dict(made.headers)


def test_the_headers_are_those_of_ingest():
    """The same names in the same order, an id among them."""
    record = SimpleNamespace(topic="t", partition=1, offset=2, headers=())
    grave = Grave(record, DeadLetterClass.BUG, NOW, NOW, elements=[0])
    theirs = headers_of(grave, Postmark("g", "1"))

    assert list(told()) == [name for name, _ in theirs]


def test_the_id_is_of_the_record_however_often_it_is_made():
    """Another record has another one."""
    assert told()["pstatus-dlq-id"] == told()["pstatus-dlq-id"]
    assert told()["pstatus-dlq-id"] != told(offset=3)["pstatus-dlq-id"]


def test_a_signal_put_back_that_breaks_again_keeps_its_id():
    """The second letter is attempt 2 of the same one, though it stands elsewhere."""
    first = told()

    again = told(*((name, first[name]) for name in KEPT), offset=90)

    assert again["pstatus-dlq-id"] == first["pstatus-dlq-id"]
    assert again["pstatus-dlq-attempt"] == b"2"


def test_a_letter_about_a_person_has_an_id_too():
    """One for each time that somebody was set aside."""
    made = [
        dict(unheard(("w1", person), "why", version="1", now=now).headers)["pstatus-dlq-id"]
        for person, now in (("p1", NOW), ("p1", NOW), ("p2", NOW), ("p1", NOW.replace(hour=10)))
    ]

    assert made[0] == made[1]
    assert len(set(made)) == 3
