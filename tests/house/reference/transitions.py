"""docs/transitions.md: the table that decides statuses, and where each status is shown."""

from collections.abc import Callable, Iterator
from itertools import groupby

from schemas.signals import kind_of
from schemas.vocabulary import Status, StudyType
from tests.house.reference.markdown import NOTE, code, codes, first_line, joined, table
from workers.domain import transitions as domain
from workers.domain.setups import Setup
from workers.domain.stages import offered, stage
from workers.domain.transitions import TABLE, Row

GROUPS = (
    "FRESH",
    "INVITED",
    "SCREENING",
    "UNDERWAY",
    "FINISHED",
    "REWARD",
    "LOST",
    "MISSED",
    "EARLY",
    "STARTED",
    "REFUSABLE",
)
LARGE = 12
"""Statuses of a group that is only named where it stands alone."""
INTRO = """# How statuses move

The one table that moves a participant's status (`workers/domain/transitions.py`), as the program
reads it. A signal without a fitting row moves nothing: it is recorded, never an error. No two rows
fit one signal and status."""
NEW = """A person's first signal that names a study makes a participant there: `not_contacted`,
unless a row says more. Opens and clicks make nobody a participant. `not_eligible` is no state: it
is how `not_contacted` looks while the person may not be contacted."""


def page() -> str:
    """The whole page."""
    return joined(
        NOTE,
        INTRO,
        NEW,
        "## The table",
        table(("signal", "when", "from", "to"), _rows()),
        "## Names of groups in it",
        table(("group", "statuses"), map(_group, GROUPS)),
        "## Stages",
        "A stage is computed from the status and the study's newest setup.",
        table(("status", "label", "stage"), map(_seat, Status)),
        "## Statuses offered",
        "What charts, lists and commands offer by a study's setup; a signal may reach any status.",
        table(("study", "statuses"), _offers()),
    )


def _rows() -> Iterator[tuple[str, str, str, str]]:
    """The table's rows; several kinds of signal with the same row share one line."""
    for cells, alike in groupby(TABLE, key=_cells):
        yield codes(kind_of(row.on) for row in alike), *cells


def _cells(row: Row) -> tuple[str, str, str]:
    landing = code(row.end) if row.end else "the status that it names"
    if row.unless:
        landing += f", unless {first_line(row.unless)}"
    if row.every_study:
        landing += ", in every study that the person is in by then"
    when = "; ".join(first_line(claim) for claim in row.when)
    return when, _from(row.start), landing


def _from(start: frozenset[Status]) -> str:
    """The shorter of what is in it and what is not."""
    if start == domain.ANY:
        return "any"
    inside, outside = _names(start), _names(domain.ANY - start)
    shorter = len(outside.split()) < len(inside.split())
    return f"any but {outside}" if shorter else inside


def _names(statuses: frozenset[Status]) -> str:
    """A group's own name, or the groups that it is made of, largest first, and what is left."""
    names: list[str] = []
    for name in sorted(GROUPS, key=lambda name: -len(getattr(domain, name))):
        group = getattr(domain, name)
        if group == statuses or (1 < len(group) < LARGE and group <= statuses):
            names.append(name)
            statuses = statuses - group
    return " ".join([*names, *(code(status) for status in Status if status in statuses)])


def _group(name: str) -> tuple[str, str]:
    statuses = getattr(domain, name)
    return name, codes(status for status in Status if status in statuses)


def _seat(status: Status) -> tuple[str, str, str]:
    return code(status), status.label, _stage(status)


def _stage(status: Status) -> str:
    plain = stage(status, _setup())
    for word, setup in (
        ("a screener", _setup(screener=True)),
        ("an incentive", _setup(incentive=True)),
    ):
        if (other := stage(status, setup)) is not plain:
            return f"{code(other)} in a study with {word}, else {code(plain)}"
    return code(plain)


def _setup(
    type: StudyType | None = None, *, screener: bool = False, incentive: bool = False
) -> Setup:
    return Setup(type=type, screener=screener, incentive=incentive, participation_limit=None)


def _offers() -> Iterator[tuple[str, str]]:
    always = offered(_setup())
    yield "always", codes(always)
    more: tuple[tuple[str, Callable[[], Setup]], ...] = (
        ("with a screener", lambda: _setup(screener=True)),
        *((f"of type {code(kind)}", lambda kind=kind: _setup(kind)) for kind in StudyType),
        ("with an incentive", lambda: _setup(incentive=True)),
    )
    for name, setup in more:
        yield name, codes(status for status in offered(setup()) if status not in always)
