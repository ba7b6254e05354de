"""Manual work tried on a real worker: studies set up, people put in, what the board says."""

from typing import Any

from schemas.codec import decode_signal
from tests.cli.acting import typed_json
from tests.process.applying import fetch
from workers.domain.progress import Progress
from workers.domain.setups import World
from workers.domain.simulation import Arrival, Case, settle
from workers.ops import clock
from workers.settings import Settings

BY = ("--by", "u1", "--yes")
DATED = "2026-03-02T08:00:00Z"


def study(study_id: str, type_: str, **more: Any) -> dict[str, Any]:
    """A setup with an incentive and no screener, unless it says otherwise."""
    named = {"id": f"setup:{study_id}", "workspace_id": "w1", "kind": "study.configured"}
    setup = {"type": type_, "screener": False, "incentive": True, "participation_limit": None}
    return named | {"occurred_at": DATED, "study_id": study_id} | setup | more


async def board(settings: Settings, study_id: str) -> dict[str, tuple[str, str]]:
    """person -> (status, stage)"""
    shown = await typed_json(settings, "study", study_id)
    return {one["person_id"]: (one["status"], one["stage"]) for one in shown["participants"]}


async def of_kind(settings: Settings, kind: str) -> list[str]:
    """The ids of signals of a kind that were heard."""
    rows = await fetch(settings, "select id from signals where kind = $1 order by id", kind)
    return [row["id"] for row in rows]


async def progress(settings: Settings, study_id: str) -> Progress:
    """What a study counts, from everybody's signals folded at once."""
    rows = await fetch(settings, "select body, received_at from signals order by log_offset")
    arrivals = tuple(Arrival(decode_signal(r["body"].encode()), r["received_at"]) for r in rows)
    return settle(Case(clock.now(), World(), arrivals)).progress()[study_id]
