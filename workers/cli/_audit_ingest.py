"""Ingest's ledger, counted anew: what became of each element of each raw record."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.letters import elements_of
from schemas.signals import PolicyConfigured, StudyConfigured
from schemas.vocabulary import IngestOutcome
from workers.cli._letters import Letter
from workers.ingest.records import webhook_of
from workers.providers.outcomes import Dead, Element, Ready, Unused

if TYPE_CHECKING:
    from workers.ingest.verify import Studies

SIGNAL, CONFIGURED, UNUSED, PARKED, DEAD = 1, 2, 4, 8, 16
ORDER = (
    (PARKED, IngestOutcome.PARKED), (CONFIGURED, IngestOutcome.CONFIGURED),
    (SIGNAL, IngestOutcome.SIGNAL), (DEAD, IngestOutcome.DEAD), (UNUSED, IngestOutcome.UNUSED),
)  # fmt: skip
"""An element counts once, as the first of these that it came to."""
WRITTEN = SIGNAL | CONFIGURED | DEAD
ENDS = {"resolved": SIGNAL | DEAD, "expired": DEAD}
"""What must be there of a parked element that has ended so."""

Place = tuple[str, int]
"""(topic without prefix, partition)"""


@dataclass(slots=True)
class Records:
    """The elements of one partition's records, from its first offset to where ingest has come."""

    first: int
    end: int
    starts: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("l"))
    flags: bytearray = field(default_factory=bytearray)

    def add(self, offset: int, flags: Iterable[int]) -> None:
        """The next record, with what each element comes to by itself; holes stay empty."""
        while len(self.starts) <= offset - self.first:
            self.starts.append(len(self.flags))
            self.sizes.append(0)
        self.flags.extend(flags)
        self.sizes[-1] = len(self.flags) - self.starts[-1]

    def of(self, offset: int) -> range | None:
        """Where a record's elements stand; None for one that is not there."""
        index = offset - self.first
        if not 0 <= index < len(self.starts) or not self.sizes[index]:
            return None
        return range(self.starts[index], self.starts[index] + self.sizes[index])

    def shrink(self, offset: int, size: int) -> None:
        """The version that gave the record up saw only so many elements in it.

        Unless something came of the others: then another version read it too, and saw them all.
        """
        where = self.of(offset)
        if where is None:
            return
        beyond = self.flags[where.start + size : where.stop]
        if not any(flags & ~UNUSED for flags in beyond):
            self.sizes[offset - self.first] = min(len(where), size)

    def told(self) -> Iterator[tuple[int, int, int]]:
        """(offset, element, flags) of every element."""
        for index, (start, size) in enumerate(zip(self.starts, self.sizes, strict=True)):
            for element in range(size):
                yield self.first + index, element, self.flags[start + element]


class IngestLedger:
    """Fill it with records first, then with what they came to."""

    def __init__(self, bounds: Mapping[Place, tuple[int, int]]) -> None:
        self._places = {place: Records(*span) for place, span in bounds.items()}
        self._ended: list[tuple[Place, int, int, str]] = []
        self._seen: dict[tuple[Place, int], int] = {}
        self.strangers: list[str] = []
        self.setups: list[tuple[Place, int, int, tuple[str, str]]] = []
        """Elements that are a setup or policy: (place, offset, element, (workspace, id))."""
        self.waiting = self.older = 0
        """Outcomes of records not yet committed, and of records that retention has removed."""

    def record(self, place: Place, record: Any, studies: "Studies") -> None:
        """A raw record: how many elements it has, and which of them are of no use."""
        from workers.ingest.verify import OPEN  # with it comes the database's library

        records = self._places[place]
        if not records.first <= record.offset < records.end:
            return
        webhook = webhook_of(record)
        elements: tuple[Element, ...] = (webhook,) if isinstance(webhook, Dead) else OPEN.elements(
            webhook, studies, Counter()
        )  # fmt: skip
        records.add(record.offset, [UNUSED * isinstance(one, Unused) for one in elements])
        for number, one in enumerate(elements):
            if isinstance(one, Ready) and isinstance(
                one.signal, StudyConfigured | PolicyConfigured
            ):
                named = (one.signal.workspace_id, one.signal.id)
                self.setups.append((place, record.offset, number, named))

    def signal(self, origin: str) -> None:
        """A record of `signals` came from there."""
        topic, *numbers = origin.rsplit("/", 3)
        if len(numbers) == 3 and all(n.isascii() and n.isdigit() for n in numbers):
            partition, offset, element = map(int, numbers)
            self.mark((topic, partition), offset, [element], SIGNAL)

    def letter(self, letter: Letter, of: int) -> None:
        """A dead letter is about that; `of`: how many elements its record had, 0 if unknown."""
        place = (letter.topic, letter.partition)
        if of and place in self._places:
            self._seen[place, letter.offset] = max(of, self._seen.get((place, letter.offset), 0))
        self.mark(place, letter.offset, elements_of(letter.elements), DEAD)

    def parked(self, place: Place, offset: int, element: int, ended: str | None) -> None:
        """Somebody had to wait; how it ended."""
        if self.mark(place, offset, [element], PARKED):
            self._ended.append((place, offset, element, ended or "waiting"))

    def mark(self, place: Place, offset: int, elements: Iterable[int], flag: int) -> bool:
        """These elements came to that; a stranger if there are none such."""
        records = self._places.get(place)
        if records is None or offset < records.first:
            self.older += 1
            return False
        if offset >= records.end:
            self.waiting += 1
            return False
        where = records.of(offset)
        for element in elements:
            if where is None or element >= len(where):
                self.strangers.append(f"{place[0]}/{place[1]}/{offset}/{element}")
                return False
            records.flags[where[element]] |= flag
        return True

    def report(self) -> dict[str, Any]:
        """Per topic: elements, what they came to, what is missing, what was told twice."""
        for (place, offset), size in self._seen.items():
            self._places[place].shrink(offset, size)
        topics: dict[str, Counter[str]] = {}
        missing: list[str] = []
        for (topic, partition), records in sorted(self._places.items()):
            counts = topics.setdefault(topic, Counter())
            counts["records"] += sum(1 for size in records.sizes if size)
            for offset, element, flags in records.told():
                counts["elements"] += 1
                word = next((word for bit, word in ORDER if flags & bit), None)
                counts[str(word) if word else "missing"] += 1
                counts["twice"] += (flags & WRITTEN).bit_count() > 1 and not flags & PARKED
                if word is None:
                    missing.append(f"{topic}/{partition}/{offset}/{element}")
        ends, unkept = self._ends()
        words = [str(word) for word in IngestOutcome]
        names = ("records", "elements", *words, "missing", "twice")
        return {
            "topics": {t: {name: c[name] for name in names} for t, c in sorted(topics.items())},
            "parked": ends, "missing": missing, "strangers": self.strangers, "unkept": unkept,
            "waiting": self.waiting, "older": self.older,
        }  # fmt: skip

    def _ends(self) -> tuple[dict[str, int], list[str]]:
        ends = Counter(ended for *_, ended in self._ended)
        unkept = []
        for place, offset, element, ended in self._ended:
            where = self._places[place].of(offset)
            flags = self._places[place].flags[where[element]] if where else 0
            if ended in ENDS and not flags & ENDS[ended]:
                unkept.append(f"{place[0]}/{place[1]}/{offset}/{element}")
        return {word: ends[word] for word in ("waiting", "resolved", "expired", "dropped")}, unkept
