"""What counters hold of people whose documents can't be read: found by counting all the others."""

from collections import Counter
from collections.abc import Iterable, Mapping

from workers.apply.recounting import contributions
from workers.apply.tally import By, Tally
from workers.apply.turn import Turn, decoded
from workers.store.progress import StudyKey

MOST = 1000


async def take_out(turn: Turn, studies: Iterable[StudyKey], by: By) -> None:
    """Take out of this shard's counters whatever nobody stands for who can be read.

    To be called before the turn writes. If several can't be read, all of theirs goes: it comes
    back with each of them who is read again.
    """
    for workspace_id, study_id in sorted(studies):
        kept = await turn.rows.kept(workspace_id, study_id)
        readable = await _readable(turn, workspace_id, study_id)
        moved = {name: readable[name] - kept.get(name, 0) for name in kept.keys() | readable.keys()}
        tally = Tally()
        tally.correct(study_id, moved, by, turn.now)
        turn.forgotten.append((workspace_id, tally))


async def _readable(turn: Turn, workspace_id: str, study_id: str) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    after = ""
    while rows := await turn.rows.participants_of(workspace_id, study_id, after, MOST):
        after = rows[-1].person_id
        for row in rows:
            if tracked := decoded(row.document):
                for study, counted in contributions(tracked):
                    if study == study_id:
                        total.update(counted)
        await turn.breathe()
    return total
