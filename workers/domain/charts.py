"""A study's flow chart, read off the transition table: the usual way, side ways, exits and returns.

Only what the setup offers is drawn. A step that merely skips others which the table also allows
is left out: whoever may go from A over B to C is not drawn from A to C. What a researcher sets by
hand may lead anywhere and is not drawn at all.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from schemas.signals import StatusSet, kind_of
from schemas.vocabulary import Stage, StudyType
from schemas.vocabulary import Status as S
from workers.domain.setups import Setup
from workers.domain.stages import offered, stage
from workers.domain.transitions import TABLE


class Way(StrEnum):
    """How an arrow is drawn."""

    USUAL = "usual"
    """One after the other, as a study goes well."""
    SIDE = "side"
    """Forward, beside the usual way."""
    BACK = "back"
    """Again, or back from an exit."""
    EXIT = "exit"
    """Out of the study; drawn from a whole stage."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a status (of an exit: a stage) to a status, and the kinds of signal that lead there."""

    start: S | Stage
    end: S
    way: Way
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn for one setup: each stage with its statuses, and the arrows."""

    setup: Setup
    stages: Mapping[Stage, tuple[S, ...]]
    arrows: tuple[Arrow, ...]


LEVELS: tuple[frozenset[S], ...] = (
    frozenset({S.NOT_CONTACTED}),
    frozenset({S.STUDY_INVITED}),
    frozenset({S.SCREENER_STARTED}),
    frozenset({S.SCREENER_QUALIFIED, S.SCREENER_NOT_QUALIFIED, S.SCREENER_COMPLETED}),
    frozenset({S.INTERVIEW_INVITED, S.TEST_INVITED}),
    frozenset({S.INTERVIEW_SCHEDULED, S.TEST_STARTED, S.SURVEY_STARTED}),
    frozenset({S.INTERVIEW_COMPLETED, S.TEST_COMPLETED, S.SURVEY_COMPLETED}),
    frozenset({S.INCENTIVE_NOT_SENT}),
    frozenset({S.INCENTIVE_SENT}),
    frozenset({S.INCENTIVE_CLAIMED}),
)
"""How far along a status is; whoever is in none of them has left."""
LEVEL = {status: n for n, level in enumerate(LEVELS) for status in level}
OUTSIDE = -1
ASIDE = frozenset({S.SCREENER_NOT_QUALIFIED, S.SCREENER_COMPLETED, S.INCENTIVE_NOT_SENT})
"""Statuses that the usual way passes by."""

Steps = Mapping[tuple[S, S], tuple[str, ...]]
SETUPS = tuple(
    Setup(type=type_, screener=screener, incentive=True)
    for type_ in StudyType
    for screener in (True, False)
)
"""The six charts of the docs: each study type with and without a screener."""


def chart(setup: Setup) -> Chart:
    """The flow chart of studies with this setup."""
    statuses = tuple(s for s in offered(setup) if s is not S.NOT_ELIGIBLE)
    steps = _steps(frozenset(statuses))
    usual = usual_way(setup)
    stages: dict[Stage, list[S]] = defaultdict(list)
    for status in statuses:
        stages[stage(status, setup)].append(status)
    on_the_way = set(pairwise(usual))
    kept = {step: kinds for step, kinds in steps.items() if _is_drawn(step, steps, on_the_way)}
    arrows = [
        Arrow(start, end, Way.USUAL if (start, end) in on_the_way else _way(start, end), kinds)
        for (start, end), kinds in kept.items()
    ]
    return Chart(
        setup,
        {column: tuple(stages[column]) for column in Stage if column in stages},
        (*arrows, *_exits(steps, setup)),
    )


def usual_way(setup: Setup) -> tuple[S, ...]:
    """The statuses of somebody with whom everything goes well, in order."""
    offers = set(offered(setup)) - ASIDE
    return tuple(s for level in LEVELS for s in S if s in level and s in offers)


def _steps(statuses: frozenset[S]) -> Steps:
    """Every step that the table allows between these statuses, and by which signals."""
    found: dict[tuple[S, S], dict[str, None]] = defaultdict(dict)
    for row in TABLE:
        if row.on is StatusSet or row.end is None or row.end not in statuses:
            continue
        for start in row.start & statuses - {row.end}:
            found[start, row.end][kind_of(row.on)] = None
    order = list(S)
    ordered = sorted(found, key=lambda step: (order.index(step[0]), order.index(step[1])))
    return {step: tuple(found[step]) for step in ordered}


def _is_drawn(step: tuple[S, S], steps: Steps, usual: set[tuple[S, S]]) -> bool:
    """Whether it is the usual way, or skips nothing; exits are drawn by stage."""
    start, end = step
    if step in usual:
        return True
    if end not in LEVEL:
        return False
    here, there = LEVEL.get(start, OUTSIDE), LEVEL[end]
    between = [s for s, level in LEVEL.items() if here < level < there]
    return not any((start, s) in steps and (s, end) in steps for s in between)


def _way(start: S, end: S) -> Way:
    return Way.SIDE if LEVEL[end] > LEVEL.get(start, len(LEVELS)) else Way.BACK


def _exits(steps: Steps, setup: Setup) -> list[Arrow]:
    """One arrow from a stage to each exit that any of its statuses has."""
    found: dict[tuple[Stage, S], dict[str, None]] = defaultdict(dict)
    for (start, end), kinds in steps.items():
        if end not in LEVEL and start in LEVEL:
            found[stage(start, setup), end].update(dict.fromkeys(kinds))
    return [Arrow(start, end, Way.EXIT, tuple(kinds)) for (start, end), kinds in found.items()]


STROKES = {Way.USUAL: "==>", Way.SIDE: "-->", Way.BACK: "-.->", Way.EXIT: "-->"}
BOTH_WAYS = "<-.->"
BOLD, THIN = "stroke-width:4px", "stroke-width:1px,stroke-opacity:0.45"
STYLES = {Way.USUAL: BOLD, Way.BACK: THIN, Way.EXIT: THIN}


def mermaid(drawn: Chart, counts: Mapping[S, int] | None = None) -> str:
    """The chart as Mermaid text, with the number of participants on each status if given."""
    lines = ["flowchart LR"]
    for column, statuses in drawn.stages.items():
        lines.append(f'  subgraph {_node(column)}["{column.label}"]')
        lines += [f'    {_node(s)}["{_title(s, counts)}"]' for s in statuses]
        lines.append("  end")
    styled: dict[str, list[str]] = defaultdict(list)
    for number, (arrow, is_double) in enumerate(merged(drawn.arrows)):
        stroke = BOTH_WAYS if is_double else STROKES[arrow.way]
        lines.append(f"  {_node(arrow.start)} {stroke} {_node(arrow.end)}")
        styled[STYLES.get(arrow.way, "")].append(str(number))
    lines += [f"  linkStyle {','.join(numbers)} {s}" for s, numbers in styled.items() if s]
    return "\n".join(lines)


def merged(arrows: tuple[Arrow, ...]) -> Iterator[tuple[Arrow, bool]]:
    """Each arrow, and whether it leads both ways: two that lead back and forth are one."""
    back = {(arrow.start, arrow.end) for arrow in arrows if arrow.way is Way.BACK}
    for arrow in arrows:
        is_pair = arrow.way is Way.BACK and (arrow.end, arrow.start) in back
        if not is_pair or arrow.start < arrow.end:
            yield arrow, is_pair


def _node(what: S | Stage) -> str:
    return f"stage_{what}" if isinstance(what, Stage) else str(what)


def _title(status: S, counts: Mapping[S, int] | None) -> str:
    return status.label if counts is None else f"{status.label}: {counts.get(status, 0):,}"
