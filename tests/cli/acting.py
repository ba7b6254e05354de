"""Commands typed at a real worker, broker and database, and people to try them on."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from tests.process import applying, wire
from tests.process.applying import told
from tests.process.worker import environment
from workers.settings import Settings

SIGNED = {"provider": b"standard", "workspace-id": b"w1"}


def run(settings: Settings, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    more = {"COLUMNS": "200", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "workers", *words],
        input=stdin, capture_output=True, check=False, text=True,
        env=os.environ | environment(settings) | more,
    )  # fmt: skip


async def typed(settings: Settings, *words: str, stdin: str = "") -> str:
    """What a command that must succeed says."""
    done = await asyncio.to_thread(run, settings, *words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def typed_json(settings: Settings, *words: str, stdin: str = "") -> Any:
    """The same with --json."""
    return json.loads(await typed(settings, *words, "--json", stdin=stdin))


async def heard(settings: Settings, signals: list[dict[str, Any]]) -> None:
    """Signals, setups and policies put in at the one door, and applied."""
    body = json.dumps(signals).encode()
    await wire.put(settings, "webhooks.product", wire.Put(body, list(SIGNED.items()), None, 0))
    ids = sorted(one["id"] for one in signals)
    listed = ",".join(f"'{one}'" for one in ids)

    async def arrived() -> bool:
        rows = await applying.fetch(
            settings,
            f"select id from signals where id in ({listed}) union all"
            f" select id from configurations where id in ({listed})",
        )
        return len(rows) == len(ids)

    await applying.eventually(arrived)


def added(*people: str, study: str = "s1") -> list[dict[str, Any]]:
    """People put into a study."""
    return [told("participant.added", person, study) for person in people]
