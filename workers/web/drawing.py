"""A flow chart as boxes and curves: where each stands, in pixels. Pure; writes no markup.

Stages stand side by side in their order, the exits in a row below them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from schemas.vocabulary import Stage
from schemas.vocabulary import Status as S
from workers.domain import charts
from workers.domain.charts import Arrow, Chart, Way

WIDE, HIGH, GAP_X, GAP_Y = 184, 46, 46, 18
"""Of a box, and between boxes."""
PAD, TITLE = 12, 26
"""Within a stage: around its boxes, and its title above them."""


@dataclass(frozen=True, slots=True)
class Box:
    """A status: its corner above on the left, and how many participants stand on it."""

    status: S
    x: int
    y: int
    count: int


@dataclass(frozen=True, slots=True)
class Room:
    """A stage around its boxes."""

    stage: Stage
    x: int
    y: int
    wide: int
    high: int


@dataclass(frozen=True, slots=True)
class Curve:
    """An arrow: its way, its path in SVG's words, what it says, and whether it leads both ways."""

    way: Way
    path: str
    says: str
    is_double: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to draw."""

    wide: int
    high: int
    rooms: tuple[Room, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    box_wide: int = WIDE
    box_high: int = HIGH


def draw(chart: Chart, counts: Mapping[S, int]) -> Drawing:
    """The chart with its counts, laid out."""
    rooms, boxes = _columns(chart, counts)
    exits = chart.stages.get(Stage.CANCELLED, ())
    bottom = max(room.y + room.high for room in rooms)
    wide = max(rooms[-1].x + rooms[-1].wide, _row_wide(len(exits))) + PAD
    top = bottom + 2 * GAP_Y + 60
    rooms.append(Room(Stage.CANCELLED, PAD, top, wide - 2 * PAD, HIGH + TITLE + 2 * PAD))
    step = (wide - 4 * PAD - WIDE) / max(1, len(exits) - 1)
    for n, status in enumerate(exits):
        x = round(2 * PAD + n * step)
        boxes[status] = Box(status, x, top + TITLE + PAD, counts.get(status, 0))
    by_stage = {room.stage: room for room in rooms}
    curves = tuple(
        replace(_curve(arrow, boxes, by_stage), is_double=is_double)
        for arrow, is_double in charts.merged(chart.arrows)
    )
    high = top + HIGH + TITLE + 3 * PAD
    return Drawing(wide, high, tuple(rooms), tuple(boxes.values()), curves)


def _columns(chart: Chart, counts: Mapping[S, int]) -> tuple[list[Room], dict[S, Box]]:
    rooms: list[Room] = []
    boxes: dict[S, Box] = {}
    x = PAD
    for stage, statuses in chart.stages.items():
        if stage is Stage.CANCELLED:
            continue
        y = PAD + TITLE + PAD
        for status in statuses:
            boxes[status] = Box(status, x + PAD, y, counts.get(status, 0))
            y += HIGH + GAP_Y
        rooms.append(Room(stage, x, PAD, WIDE + 2 * PAD, y - GAP_Y))
        x += WIDE + 2 * PAD + GAP_X
    return rooms, boxes


def _row_wide(number: int) -> int:
    return 4 * PAD + number * (WIDE + GAP_Y)


def _curve(arrow: Arrow, boxes: Mapping[S, Box], rooms: Mapping[Stage, Room]) -> Curve:
    end = boxes[arrow.end]
    if isinstance(arrow.start, Stage):
        path = _down(rooms[arrow.start], end)
    else:
        path = _between(boxes[arrow.start], end)
    says = f"{arrow.start.label} to {arrow.end.label}: {', '.join(arrow.signals)}"
    return Curve(arrow.way, path, says)


def _down(room: Room, box: Box) -> str:
    """From below a stage to above an exit."""
    x0, y0 = room.x + room.wide // 2, room.y + room.high
    x1, y1 = box.x + WIDE // 2, box.y
    bend = (y1 - y0) // 2
    return f"M{x0} {y0} C{x0} {y0 + bend} {x1} {y1 - bend} {x1} {y1}"


def _between(start: Box, end: Box) -> str:
    """Along a column from below, across columns from the side, back around the left."""
    if start.x == end.x:
        return _along(start, end)
    if start.x < end.x and start.y < _exit_row(end):
        x0, y0, x1, y1 = start.x + WIDE, start.y + HIGH // 2, end.x, end.y + HIGH // 2
    else:
        x0, y0, x1, y1 = start.x + WIDE // 2, start.y, end.x + WIDE // 2, end.y + HIGH
        bend = max(40, abs(y0 - y1) // 2)
        return f"M{x0} {y0} C{x0} {y0 - bend} {x1} {y1 + bend} {x1} {y1}"
    bend = max(30, (x1 - x0) // 2)
    return f"M{x0} {y0} C{x0 + bend} {y0} {x1 - bend} {y1} {x1} {y1}"


def _along(start: Box, end: Box) -> str:
    """Neighbours from edge to edge; others in a bow beside what lies between."""
    x = start.x + WIDE // 2
    if end.y - start.y == HIGH + GAP_Y:
        return f"M{x} {start.y + HIGH} L{x} {end.y}"
    side = start.x + WIDE if end.y > start.y else start.x
    bow = side + (30 if end.y > start.y else -30)
    y0, y1 = start.y + HIGH // 2, end.y + HIGH // 2
    return f"M{side} {y0} C{bow} {y0} {bow} {y1} {side} {y1}"


def _exit_row(box: Box) -> int:
    return box.y + 8 * (HIGH + GAP_Y)
