"""What researchers tell of a study's participants by hand: reviewed, told, waited for, shown."""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from schemas.signals import OfParticipant
from workers.cli import _acting
from workers.cli._acting import How, Plan, signal_id
from workers.cli._follows import Told, said
from workers.cli._people import asked, scene
from workers.cli._reading import answered, hint
from workers.cli._whom import Whom, found
from workers.cli.errors import USER, UserError
from workers.cli.options import connected
from workers.domain.person import Participant
from workers.domain.setups import Setup
from workers.domain.stages import stage
from workers.domain.standing import Shown

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from workers.cli._people import Scene
    from workers.store.contacts import Place

ALONE = "Nobody can be asked here: add --yes (or --dry-run, to look only)."
Study = Annotated[str, typer.Option("--study", help="In which study.", show_default=False)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", "--preview", help="Only review what would happen.")
]


@dataclass(frozen=True, slots=True)
class Case:
    """One person as they are now, in the study that is meant."""

    workspace_id: str
    person_id: str
    study_id: str
    participant: Participant | None
    """None: not in the study yet."""
    shown: Shown | None
    """As the board shows them."""
    setup: Setup
    now: datetime


@dataclass(frozen=True, slots=True)
class Tell:
    """A signal to tell: its kind and own fields; `id` and `occurred_at` only if not the usual."""

    kind: type[OfParticipant]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing to tell of somebody, and why; `is_mistake`: what was asked for can't be."""

    why: str
    is_mistake: bool = False


Decide = Callable[[Case], Tell | Leave]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is told in one study: decided person by person."""

    study_id: str
    decide: Decide
    check: Callable[[Setup], None] = lambda setup: None
    """Raises UserError where the study's setup has no place for it."""
    stages: Sequence[str] = ()
    """Only who is in these stages, where people are not named."""
    may_join: bool = True
    """Whether somebody who is not in the study may be told of."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What JSON says besides."""


@dataclass(frozen=True, slots=True)
class Review:
    """Of everybody meant: what would be told, or why nothing is."""

    workspace_id: str
    study_id: str
    told: Mapping[str, Told]
    left: Mapping[str, Leave]
    stood: Mapping[str, str]
    """The status of those who are left, as the table shows it."""
    plan: Plan

    @property
    def mistakes(self) -> list[str]:
        """Why somebody could not be told of."""
        return [left.why for left in self.left.values() if left.is_mistake]


def update(what: Update, whom: Whom, how: How) -> None:
    """Review, ask, tell, wait until all is applied, and show what happened."""
    from workers.cli import _review

    if not (how.is_sure or how.only_preview) and (how.as_json or whom.from_input):
        raise UserError(ALONE)
    settings = connected(how.workspace)
    review = answered(settings, lambda c, name: _reviewed(c, name, what, whom, how))
    if not how.as_json:
        _review.show(review)
    changes: list[dict[str, Any]] = []
    if review.plan.signals and not how.only_preview:
        if not how.is_sure:
            if not sys.stdin.isatty():
                raise UserError(ALONE)
            _acting.confirm(len(review.plan.signals))
        changes = asyncio.run(_acting.tell(settings, review.plan, how.within))
    _review.report(review, changes, how, what.more)
    if review.mistakes:
        raise typer.Exit(USER)


async def _reviewed(
    connection: "AsyncConnection", workspace_id: str, what: Update, whom: Whom, how: How
) -> Review:
    from workers.store.contacts import Place

    place = await Place.of(connection, workspace_id)
    seen = await scene(place)
    await is_known(place, what.study_id)
    setup = seen.world.setup(what.study_id)
    what.check(setup)
    people = await found(place, _in_stages(whom, what.stages, setup)) if _names(whom) else []
    with _acting.progress("looking", len(people)) as bar:
        cases = await asked(seen, people, _asker(seen, what, how), bar)
    told = {t.signal.person_id: t for t, _ in cases if isinstance(t, Told)}
    left = {case.person_id: why for why, case in cases if isinstance(why, Leave)}
    stood = {case.person_id: said(case.shown) for _, case in cases}
    plan = Plan(
        workspace_id,
        tuple(one.signal for one in told.values()),
        tuple(one.effect for one in told.values()),
        len(left),
        len(people) - len(cases),
    )
    return Review(workspace_id, what.study_id, told, left, stood, plan)


def _names(whom: Whom) -> bool:
    return bool(whom.people or whom.study_id)


def _asker(seen: "Scene", what: Update, how: How) -> Any:
    from workers.domain.foretelling import foretell, present
    from workers.domain.standing import assess

    now, world, workspace_id = seen.now, seen.world, seen.place.workspace_id
    setup = world.setup(what.study_id)

    def ask(person_id: str, tracked: Any, history: Any) -> tuple[Told | Leave, Case]:
        person = present(
            tracked, workspace_id=workspace_id, person_id=person_id, now=now, world=world,
            history=history,
        ).person  # fmt: skip
        shown = assess(person, world, now).participants.get(what.study_id)
        participant = person.participants.get(what.study_id)
        case = Case(workspace_id, person_id, what.study_id, participant, shown, setup, now)
        decided = _decided(what, case)
        if isinstance(decided, Leave):
            return decided, case
        signal = _signal(decided, case, tracked.person.key, how)
        _acting.checked(signal)
        effect = foretell(tracked, signal, now=now, world=world, history=history)
        if effect.is_felt:
            return Told(signal, effect, setup, now), case
        return Leave(_unfelt(signal, case)), case

    return ask


def _decided(what: Update, case: Case) -> Tell | Leave:
    if case.participant is None and not what.may_join:
        return Leave("not in the study", is_mistake=True)
    return what.decide(case)


def _signal(tell: Tell, case: Case, last: Any, how: How) -> OfParticipant:
    names = {one.name for one in fields(tell.kind)}
    ids = {"workspace_id": case.workspace_id, "person_id": case.person_id}
    about: dict[str, Any] = {"study_id": case.study_id, **tell.fields, **ids}
    if "by" in names and "by" not in about:
        about["by"] = how.by
    about.setdefault("id", signal_id(tell.kind, about, last))
    about.setdefault("occurred_at", case.now)
    return tell.kind(**about, note=how.note)


def _unfelt(signal: OfParticipant, case: Case) -> str:
    """Why a signal would do nothing: already so, or no row of the table begins here."""
    from workers.domain.transitions import ROWS

    status = case.participant.status if case.participant else None
    starts = [row.start for row in ROWS.get(type(signal), ())]
    if status is None or any(status in start for start in starts):
        return "stays as it is: nothing to tell"
    return f"nothing to tell: it moves nobody who is {status}"


def _in_stages(whom: Whom, stages: Sequence[str], setup: Setup) -> Whom:
    """The same people, a stage put as the statuses that the newest setup seats there."""
    from schemas.vocabulary import Status

    if not stages:
        return whom
    seated = [str(status) for status in Status if stage(status, setup) in stages]
    wanted = [one for one in seated if not whom.statuses or one in whom.statuses]
    if not wanted:
        raise UserError("No status is in such a stage: nothing was sent.")
    return Whom(whom.people, whom.study_id, tuple(wanted), whom.from_input)


async def is_known(place: "Place", study_id: str) -> None:
    """UserError, with the near ones, for a study that there is not."""
    from workers.store import reading

    known = await reading.studies(place.connection, place.workspace_id)
    if study_id not in known:
        told = f"There is no study {study_id!r} in {place.workspace_id}"
        raise UserError(told + hint(study_id, known))
