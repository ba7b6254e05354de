"""Other versions of the program as processes run them: a broken one, by name and by behaviour."""

import os
from pathlib import Path

BROKEN = "0.0.1.broken"
BREAKS = '''
"""Makes this version fail on SendGrid's webhooks."""

import sys
from types import SimpleNamespace

if any(word == "workers" for word in sys.orig_argv):
    from workers.providers import sendgrid

    def read(webhook):
        raise RuntimeError("a mistake of this version")

    sendgrid.PROVIDER = SimpleNamespace(name="sendgrid", read=read)
'''
METADATA = "Metadata-Version: 2.1\nName: participant-status\nVersion: {version}\n"


def broken(folder: Path) -> dict[str, str]:
    """The environment in which a process is that version; the code is this checkout's."""
    about = folder / f"participant_status-{BROKEN}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(METADATA.format(version=BROKEN))
    (folder / "sitecustomize.py").write_text(BREAKS)
    found = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), found]))}
