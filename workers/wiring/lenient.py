"""Lets aiokafka read header names that are no UTF-8; never changes a key, a value or an offset.

Its parser raises on them, which would stop every partition of a worker for one foreign record.
Such a name is read with its bytes escaped; everything else goes the quick way as before.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


def install() -> None:
    """Every consumer of this process reads so from now on."""
    fetcher.MemoryRecords = LenientRecords


class LenientRecords:
    """What a fetch returned, batch by batch."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._quick = MemoryRecords(data)
        self._taken = 0

    def has_next(self) -> bool:
        """Whether there is another whole batch."""
        return bool(self._quick.has_next())

    def size_in_bytes(self) -> int:
        """What the fetch weighs."""
        return int(self._quick.size_in_bytes())

    def next_batch(self) -> Any:
        """The next batch."""
        self._taken += 1
        return LenientBatch(self._quick.next_batch(), self._data, self._taken - 1)


class LenientBatch:
    """A batch that goes on by the slow way where the quick one fails."""

    def __init__(self, quick: Any, data: bytes, number: int) -> None:
        self._quick = quick
        self._data = data
        self._number = number

    def __getattr__(self, name: str) -> Any:
        return getattr(self._quick, name)

    def __next__(self) -> Any:
        return next(self._quick)  # of a control batch the client takes the first record alone

    def __iter__(self) -> Iterator[Any]:
        told = 0
        try:
            for record in self._quick:
                yield record
                told += 1
        except UnicodeDecodeError:
            yield from islice(_slowly(self._data, self._number), told, None)


def _slowly(data: bytes, number: int) -> Iterator[Any]:
    records = _MemoryRecordsPy(data)
    for _ in range(number):
        records.next_batch()
    batch = _DefaultRecordBatchPy(records._next_slice)
    batch._maybe_uncompress()
    batch._buffer = _Buffer(batch._buffer)
    return iter(batch)


class _Buffer(bytearray):
    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return _Piece(found) if isinstance(index, slice) else found


class _Piece(bytes):
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")
