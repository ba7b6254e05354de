"""What to try when the story is told: commands with ids that are really there."""

import sys
from json import dumps
from pathlib import Path
from shutil import which

from schemas.fields import format_instant
from workers.cli._demo.seen import Seen
from workers.cli._demo.story import INTERVIEWS, PROTOTYPE, SURVEY
from workers.ops import clock


def looks(seen: Seen, *, is_only: bool) -> list[str]:
    """Commands that look something up; `is_only`: the workspace need not be named."""
    pstatus = program()
    named = "" if is_only else f" -w {seen.workspace_id}"
    corrected = seen.corrected[-1] if seen.corrected else "p01"
    return [
        f"{pstatus} study {INTERVIEWS}{named}",
        f"{pstatus} study {SURVEY} --stage cancelled{named}",
        f"{pstatus} person {corrected}{named}",
    ]


def invitation(seen: Seen, folder: Path) -> list[str]:
    """A command that sends a signal by hand, from a file written now: its change can be watched."""
    study_id, person_id = seen.somebody("not_contacted") or (PROTOTYPE, "p01")
    told = {
        "id": "try:1",
        "kind": "status.set",
        "occurred_at": format_instant(clock.now()),
        "person_id": person_id,
        "study_id": study_id,
        "status": "test_invited",
        "by": "me",
    }
    file = folder / "try.json"
    file.write_text(dumps(told, indent=2) + "\n")
    sends = f"{program()} send webhooks.product {_near(file)} -p standard -w {seen.workspace_id}"
    return [f"{sends}   # moves {person_id}"]


def program() -> str:
    """How this very command is called from here."""
    return "pstatus" if which("pstatus") else _near(Path(sys.argv[0]).absolute())


def _near(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
