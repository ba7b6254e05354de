"""Apply's ledger, counted anew: what became of each record of `signals`."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.codec import Refused, decode_signal
from schemas.signals import OfPerson
from schemas.vocabulary import SignalOutcome
from workers.cli._letters import Letter

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

KEPT, APPLIED, DEAD, SEEN = 1, 2, 4, 8
TOGETHER = 5000


class ApplyLedger:
    """Fill it with the tables' and the letters' coordinates first, then with the records."""

    def __init__(self, bounds: Mapping[int, tuple[int, int]]) -> None:
        self._bounds = bounds
        self._flags = {shard: bytearray(end - first) for shard, (first, end) in bounds.items()}
        self._unkept: list[tuple[int, int, tuple[str, str, str]]] = []
        self.outcomes: Counter[str] = Counter()
        self.missing: list[str] = []
        self.records = 0

    async def load(self, database: "AsyncEngine") -> None:
        """Where every signal stood that the database has."""
        from workers.store import auditing

        for shard in self._bounds:
            async for offset, applied in auditing.recorded(database, shard):
                self._mark(shard, offset, APPLIED | KEPT if applied else KEPT)

    def letter(self, letter: Letter) -> None:
        """A dead letter about a record of `signals`."""
        self._mark(letter.partition, letter.offset, DEAD)

    async def record(self, database: "AsyncEngine", record: Any) -> None:
        """A record of `signals`; what lies ahead of the shard's position still waits."""
        first, end = self._bounds.get(record.partition, (0, 0))
        if not first <= record.offset < end:
            return
        self.records += 1
        index = record.offset - first
        flags = self._flags[record.partition][index]
        self._flags[record.partition][index] |= SEEN
        if flags & DEAD:
            self.outcomes[SignalOutcome.DEAD] += 1
        elif flags & KEPT:
            applied = SignalOutcome.APPLIED if flags & APPLIED else SignalOutcome.NO_CHANGE
            self.outcomes[applied] += 1
        else:
            self._remember(record)
            if len(self._unkept) >= TOGETHER:
                await self.settle(database)

    async def settle(self, database: "AsyncEngine") -> None:
        """What is neither kept nor dead must be a copy, or of somebody forgotten."""
        from workers.store import auditing

        for shard in {shard for shard, *_ in self._unkept}:
            mine = [(offset, ids) for place, offset, ids in self._unkept if place == shard]
            known = await auditing.known(database, shard, [ids for _, ids in mine])
            for n, (offset, _) in enumerate(mine):
                if n in known:
                    self.outcomes[known[n]] += 1
                else:
                    self.missing.append(f"signals/{shard}/{offset}")
        self._unkept.clear()

    def report(self) -> dict[str, Any]:
        """Records, the five outcomes, what is missing, and what the tables have from nowhere."""
        strangers = [
            f"signals/{shard}/{self._bounds[shard][0] + index}"
            for shard, flags in self._flags.items()
            for index, flag in enumerate(flags)
            if flag and not flag & SEEN
        ]
        return {
            "records": self.records,
            **{str(word): self.outcomes[word] for word in SignalOutcome},
            "missing": self.missing, "strangers": strangers,
        }  # fmt: skip

    def _mark(self, shard: int, offset: int, flag: int) -> None:
        first, end = self._bounds.get(shard, (0, 0))
        if first <= offset < end:
            self._flags[shard][offset - first] |= flag

    def _remember(self, record: Any) -> None:
        try:
            signal = decode_signal(record.value or b"")
        except Refused:
            signal = None
        if isinstance(signal, OfPerson):
            ids = (signal.workspace_id, signal.person_id, signal.id)
            self._unkept.append((record.partition, record.offset, ids))
        else:
            self.missing.append(f"signals/{record.partition}/{record.offset}")
