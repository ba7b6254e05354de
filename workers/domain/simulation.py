"""One workspace played through in memory: signals arriving one by one, or all folded at once.

`play` goes step by step, as the live worker does, and collects what it would publish; `settle`
folds everything at once. Their ends are equal.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.changes import Cause, PersonChange
from schemas.signals import Key, PersonErased, PolicyConfigured, Signal, StudyConfigured
from workers.domain import tracking
from workers.domain.history import fold
from workers.domain.past import Past
from workers.domain.person import Person
from workers.domain.progress import Progress, counts, progress
from workers.domain.setups import Policy, Setup, World
from workers.domain.standing import Standing, assess
from workers.domain.tracking import NOBODY, Tracked


@dataclass(frozen=True, slots=True)
class Arrival:
    """One signal that was accepted, and when it was received."""

    signal: Signal
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """What was configured before the first signal, the signals as they arrived, and now."""

    now: datetime
    world: World
    arrivals: tuple[Arrival, ...]

    def known(self) -> list[Arrival]:
        """What had been received by now; the first copy of every id."""
        seen: set[tuple[str | None, str]] = set()
        arrivals = []
        for arrival in self.arrivals:
            name = (person_of(arrival.signal), arrival.signal.id)
            if arrival.received_at <= self.now and name not in seen:
                seen.add(name)
                arrivals.append(arrival)
        return arrivals


@dataclass(frozen=True, slots=True)
class Ending:
    """Everybody known at the end, and what was published on the way."""

    world: World
    people: Mapping[str, tuple[Person, Standing]]
    changes: tuple[PersonChange, ...] = ()

    def progress(self) -> dict[str, Progress]:
        """The progress of every study that is configured or has participants."""
        added = defaultdict(list)
        for person, standing in self.people.values():
            for study_id, shown in standing.participants.items():
                added[study_id].append(counts(person.participants[study_id], shown.status))
        studies = sorted(added.keys() | self.world.setups.keys())
        return {s: progress(self.world.setup(s), added.get(s, [])) for s in studies}


def person_of(signal: Signal) -> str | None:
    """Whom a signal names; None for setups and policies."""
    return getattr(signal, "person_id", None)


def settle(case: Case) -> Ending:
    """Everything known, folded at once."""
    known = [arrival.signal for arrival in case.known()]
    world = configured(case.world, known)
    histories: dict[str, list[Signal]] = defaultdict(list)
    for signal in known:
        if (person_id := person_of(signal)) is not None:
            histories[person_id].append(signal)
    folded = {person_id: fold(signals, case.now) for person_id, signals in histories.items()}
    return Ending(world, _standing(folded, world, case.now))


def configured(world: World, signals: Iterable[Signal]) -> World:
    """The world with the newest setups and policy among the signals."""
    for signal in sorted(signals, key=lambda signal: signal.key):
        world = _with(world, signal)
    return world


def _with(world: World, signal: Signal) -> World:
    if isinstance(signal, StudyConfigured):
        return replace(world, setups={**world.setups, signal.study_id: Setup.of(signal)})
    if isinstance(signal, PolicyConfigured):
        return replace(world, policy=Policy.of(signal))
    return world


def _standing(
    people: Mapping[str, Person], world: World, now: datetime
) -> dict[str, tuple[Person, Standing]]:
    return {
        person_id: (person, assess(person, world, now))
        for person_id, person in sorted(people.items())
        if person.key is not None
    }


def play(case: Case) -> Ending:
    """Signal by signal, the clock stopping wherever time alone changes something."""
    stage = _Play(case.world)
    for arrival in case.known():
        stage.pass_time(arrival.received_at)
        stage.tell(arrival)
    stage.pass_time(case.now)
    people = {person_id: tracked.person for person_id, tracked in stage.people.items()}
    standing = _standing(people, stage.world, case.now)
    return Ending(stage.world, standing, tuple(stage.changes))


@dataclass(slots=True)
class _Play:
    """The running state of one play."""

    world: World
    clock: datetime | None = None
    people: dict[str, Tracked] = field(default_factory=dict)
    histories: dict[str, Past] = field(default_factory=lambda: defaultdict(lambda: Past.of(())))
    erased: set[str] = field(default_factory=set)
    newest: dict[str, Key] = field(default_factory=dict)
    changes: list[PersonChange] = field(default_factory=list)
    workspace_id: str = ""

    def pass_time(self, now: datetime) -> None:
        """Everything that time does up to `now`; the clock never falls."""
        self.clock = max(self.clock, now) if self.clock else now
        while due := min(((t.due_at, p) for p, t in self.people.items() if t.due_at), default=None):
            moment, person_id = due
            if moment > self.clock:
                return
            heard = tracking.advance(
                self.people[person_id],
                workspace_id=self.workspace_id,
                person_id=person_id,
                now=moment,
                world=self.world,
                history=self.histories[person_id],
            )
            self._keep(person_id, heard)

    def tell(self, arrival: Arrival) -> None:
        """One signal counts."""
        self.workspace_id = arrival.signal.workspace_id
        person_id = person_of(arrival.signal)
        if person_id is None:
            self._configure(arrival.signal)
        elif person_id not in self.erased:
            self._hear(person_id, arrival)

    def _hear(self, person_id: str, arrival: Arrival) -> None:
        assert self.clock is not None  # noqa: S101  pass_time came first
        heard = tracking.hear(
            self.people.get(person_id, NOBODY),
            arrival.signal,
            received_at=arrival.received_at,
            now=self.clock,
            world=self.world,
            history=self.histories[person_id],
        )
        self._keep(person_id, heard)
        self.histories[person_id] = self.histories[person_id].told(arrival.signal)
        if isinstance(arrival.signal, PersonErased):
            self.erased.add(person_id)
            del self.people[person_id]

    def _configure(self, signal: Signal) -> None:
        scope = getattr(signal, "study_id", "")
        if scope in self.newest and signal.key < self.newest[scope]:
            return
        self.newest[scope] = signal.key
        self.world = _with(self.world, signal)
        for person_id in sorted(self.people):
            self._reassess(person_id, signal)

    def _reassess(self, person_id: str, signal: Signal) -> None:
        assert self.clock is not None  # noqa: S101  pass_time came first
        heard = tracking.reassess(
            self.people[person_id],
            workspace_id=self.workspace_id,
            person_id=person_id,
            now=self.clock,
            world=self.world,
            cause=Cause(signal_id=signal.id, kind=tracking.kind_of(signal)),
            occurred_at=signal.occurred_at,
            history=self.histories[person_id],
        )
        self._keep(person_id, heard)

    def _keep(self, person_id: str, heard: tracking.Heard) -> None:
        self.people[person_id] = heard.tracked
        self.changes.extend(heard.changes)
