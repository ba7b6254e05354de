"""What another policy would do to a whole workspace: everybody assessed under both; only reads."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.vocabulary import ContactStatus
from workers.domain.foretelling import present
from workers.domain.setups import Policy, World
from workers.domain.standing import Contact, assess
from workers.domain.tracking import History, Tracked

if TYPE_CHECKING:
    from collections.abc import Callable

    from workers.cli._people import Scene

SAMPLE = 5
MOST = 500


@dataclass(slots=True)
class Tally:
    """How many people, and some of them."""

    before: int = 0
    after: int = 0
    sample: list[str] = field(default_factory=list)

    def add(self, person_id: str, was: bool, is_now: bool) -> None:
        """One person whom it was, is, or both; who is new to it (or leaves it) is the example."""
        self.before += was
        self.after += is_now
        if was is not is_now and len(self.sample) < SAMPLE:
            self.sample.append(person_id)


@dataclass(slots=True)
class Trial:
    """What came out: by contact status, by rule, and who would go from where to where."""

    people: int = 0
    set_aside: int = 0
    statuses: dict[ContactStatus, Tally] = field(
        default_factory=lambda: {status: Tally() for status in ContactStatus}
    )
    rules: dict[str, Tally] = field(default_factory=dict)
    moves: Counter[tuple[ContactStatus, ContactStatus]] = field(default_factory=Counter)
    samples: dict[tuple[ContactStatus, ContactStatus], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, person_id: str, before: Contact, after: Contact) -> None:
        """One person under both policies."""
        self.people += 1
        for status in {before.status, after.status}:
            tally = self.statuses[status]
            tally.add(person_id, before.status is status, after.status is status)
        held, holds = _rules(before), _rules(after)
        for rule_id in held | holds:
            tally = self.rules.setdefault(rule_id, Tally())
            tally.add(person_id, rule_id in held, rule_id in holds)
        if before.status is not after.status:
            move = (before.status, after.status)
            self.moves[move] += 1
            if len(self.samples[move]) < SAMPLE:
                self.samples[move].append(person_id)


def _rules(contact: Contact) -> set[str]:
    return {reason.rule_id for reason in contact.reasons if reason.rule_id}


async def trial(scene: "Scene", policy: Policy, seen: "Callable[[int], None]") -> Trial:
    """Everybody of the workspace, shard by shard in the order of their ids."""
    from workers.cli._people import each

    found, world = Trial(), World(scene.world.setups, policy)
    rules = (*scene.world.policy.rules, *policy.rules)
    found.rules = {rule.id: Tally() for rule in rules}

    def ask(person_id: str, tracked: Tracked, history: History | None) -> tuple[Contact, Contact]:
        person = _now(scene, person_id, tracked, history)
        before = assess(person, scene.world, scene.now).contact
        return before, assess(person, world, scene.now).contact

    for shard in range(scene.place.shards):
        after = ""
        while rows := await scene.place.next_people(shard, after, MOST):
            after = rows[-1].person_id
            whole = [(row.person_id, row.document) for row in rows if not row.is_broken]
            found.set_aside += len(rows) - len(whole)
            async for person_id, (before, then) in each(scene, whole, ask):
                found.add(person_id, before, then)
            seen(len(rows))
    return found


def _now(scene: "Scene", person_id: str, tracked: Tracked, history: History | None) -> Any:
    """The person as of now; time has nothing for most."""
    if tracked.due_at is None or tracked.due_at > scene.now:
        return tracked.person
    ids = {"workspace_id": scene.place.workspace_id, "person_id": person_id}
    return present(tracked, now=scene.now, world=scene.world, history=history, **ids).person
