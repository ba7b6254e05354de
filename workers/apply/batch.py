"""One batch of signals, one transaction: lock, record, load, fold, save, advance."""

from collections.abc import Iterable, Sequence

from schemas.codec import Refused
from schemas.vocabulary import DeadLetterClass, SignalOutcome
from workers.apply.incoming import Incoming
from workers.apply.letters import letter
from workers.apply.member import Broke, History, Told
from workers.apply.outbox import quoted
from workers.apply.turn import Turn
from workers.domain.tracking import HistoryNeeded
from workers.store.shard import PersonKey

BUG = Refused(DeadLetterClass.BUG, "hearing this signal raised an error in the worker")


async def apply(turn: Turn, batch: Sequence[Incoming]) -> None:
    """Everything that a batch comes to; `batch` has rising offsets and erases nobody."""
    sound = [incoming for incoming in batch if incoming.refused is None]
    fresh = await _record(turn, sound)
    turn.steps.done("apply.record")
    heard = [i for i in fresh if i.signal is not None and not i.signal.inert]
    turn.outcomes[SignalOutcome.NO_CHANGE] += len(fresh) - len(heard)
    people = _by_person(heard)
    if people:
        await turn.load(list(people), _studies(heard))
    turn.steps.done("apply.load")
    told = await _listen(turn, people)
    _publish(turn, told, [incoming for incoming in batch if incoming.refused])
    await turn.finish(batch[-1].offset + 1)


async def _record(turn: Turn, sound: Sequence[Incoming]) -> list[Incoming]:
    if not sound:
        return []
    fresh, gone = await turn.rows.record(_signals(sound), turn.now)
    turn.outcomes[SignalOutcome.IGNORED] += len(gone)
    turn.outcomes[SignalOutcome.DUPLICATE] += len(sound) - len(fresh) - len(gone)
    return [incoming for incoming in sound if incoming.offset in fresh]


async def _listen(turn: Turn, people: dict[PersonKey, list[Incoming]]) -> list[Told]:
    told: list[Told] = []
    late: list[PersonKey] = []
    for key, incomings in people.items():
        if turn.members[key].broken_by is not None:
            turn.outcomes[SignalOutcome.NO_CHANGE] += len(incomings)
            continue
        try:
            told += await _listen_to(turn, key, incomings, None)
        except HistoryNeeded:
            late.append(key)
    if late:
        for key, history in (await turn.histories(late)).items():
            told += await _listen_to(turn, key, people[key], history)
    return told


async def _listen_to(
    turn: Turn, key: PersonKey, incomings: Sequence[Incoming], history: History | None
) -> list[Told]:
    member = turn.members[key]
    told: list[Told] = []
    try:
        for one in member.listen(incomings, turn.now, history):
            told.append(one)
            await turn.breathe()
            turn.refolds(one.refolded)
    except Broke as broke:
        member.set_aside(turn.tools.version)
        _bury(turn, broke.incoming, BUG)
        turn.outcomes[SignalOutcome.NO_CHANGE] += len(incomings) - 1
        return []
    return told


def _publish(turn: Turn, told: list[Told], refused: Sequence[Incoming]) -> None:
    """Number the changes in the order in which the signals arrived."""
    for incoming in refused:
        if incoming.refused is not None:
            _bury(turn, incoming, incoming.refused)
    for one in sorted(told, key=lambda one: one.incoming.offset):
        turn.publish(one.heard.changes)
        applied = one.heard.applied
        turn.outcomes[SignalOutcome.APPLIED if applied else SignalOutcome.NO_CHANGE] += 1


def _bury(turn: Turn, incoming: Incoming, refused: Refused) -> None:
    group = turn.tools.settings.apply_group
    version = turn.tools.version
    turn.bury(incoming, letter(incoming, refused, group=group, version=version, now=turn.now))
    turn.outcomes[SignalOutcome.DEAD] += 1


def _by_person(heard: Iterable[Incoming]) -> dict[PersonKey, list[Incoming]]:
    people: dict[PersonKey, list[Incoming]] = {}
    for incoming in heard:
        if incoming.person is not None:
            people.setdefault(incoming.person, []).append(incoming)
    return people


def _studies(heard: Iterable[Incoming]) -> set[PersonKey]:
    return {
        (incoming.signal.workspace_id, study_id)
        for incoming in heard
        if incoming.signal and (study_id := getattr(incoming.signal, "study_id", None))
    }


def _signals(sound: Iterable[Incoming]) -> str:
    """The parameter of RECORD: bodies stand in it byte for byte."""
    return "[" + ",".join(map(_signal, sound)) + "]"


def _signal(incoming: Incoming) -> str:
    signal, text = incoming.signal, quoted
    if signal is None:
        raise TypeError("a refused record is no signal")
    kind = str(signal.kind)  # type: ignore[attr-defined]
    return (
        f'{{"o":{incoming.offset},"w":{text(signal.workspace_id)},"p":{text(signal.person_id)},'
        f'"i":{text(signal.id)},"k":"{kind}","t":"{signal.occurred_at.isoformat()}",'
        f'"r":"{incoming.received_at.isoformat()}","g":{text(incoming.origin)},'
        f'"b":{incoming.record.value.decode()}}}'
    )
