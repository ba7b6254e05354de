"""A fetch is read whole and in order, whatever its header names are."""

from typing import Any

import pytest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from workers.wiring.lenient import LenientRecords

PLAIN, GZIP, ZSTD = 0, 1, 4
BAD = 2


class NotText(str):
    """A header's name as clients of other languages may write it."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        """No UTF-8."""
        return b"\xff"


def batch(codec: int, bad: int | None) -> bytes:
    """Five records; the header of one may have a bad name."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 16384)
    for n in range(5):
        name = NotText("n") if n == bad else "name"
        builder.append(
            n, 1000 + n, b"k%d" % n, b"\xffvalue%d" % n * 50, [(name, b"v"), ("e", None)]
        )
    return bytes(builder.build())


@pytest.mark.parametrize("codec", [PLAIN, GZIP, ZSTD])
def test_every_record_comes_once_and_in_order(codec: int):
    """Also those before and behind the one with the bad name, and the batches around it."""
    records = LenientRecords(batch(codec, None) + batch(codec, BAD) + batch(codec, None))

    batches = []
    while records.has_next():
        one = records.next_batch()
        assert one.validate_crc()
        batches.append([(r.offset, r.timestamp, r.key, r.value, r.headers) for r in one])

    whole, odd, last = batches
    assert whole == last
    assert [r[:4] for r in odd] == [r[:4] for r in whole]
    assert [r[0] for r in odd] == [0, 1, 2, 3, 4]
    assert odd[BAD][4] == [("\\xff", b"v"), ("e", None)]
    assert odd[BAD + 1 :] == whole[BAD + 1 :]


def test_the_first_record_can_be_taken_alone():
    """So the client looks whether a control batch aborts a transaction."""
    batch_of_five = LenientRecords(batch(PLAIN, None)).next_batch()

    assert next(batch_of_five).key == b"k0"
