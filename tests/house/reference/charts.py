"""docs/charts.md: the flow chart of each study type, drawn from the transition table."""

from collections.abc import Iterator

from tests.house.reference.markdown import NOTE, joined
from workers.domain.charts import SETUPS, chart, mermaid
from workers.domain.setups import Setup

INTRO = """# Flow charts

How participants move through a study of each type, with and without a screener, drawn from
[the transition table](transitions.md) and the statuses that the study's setup offers. All six have
an incentive; without one, a study ends where somebody completes it.

**Bold** is the usual way, thin solid arrows are side ways and exits (an exit is drawn from a whole
stage), dotted ones lead back or repeat. A step that only skips others is not drawn, though the
table allows it: a signal that was lost stops nobody. What a researcher sets by hand may lead
anywhere and is not drawn.

`pstatus charts` prints them for any setup, and with `--study` with the number of participants on
each status."""


def page() -> str:
    """The whole page."""
    return joined(NOTE, INTRO, *_charts())


def _charts() -> Iterator[str]:
    for setup in SETUPS:
        yield f"## {title(setup)}"
        yield f"```mermaid\n{mermaid(chart(setup))}\n```"


def title(setup: Setup) -> str:
    """A setup as a heading."""
    name = setup.type.label if setup.type else "No type"
    return f"{name}, {'with' if setup.screener else 'without'} a screener"
