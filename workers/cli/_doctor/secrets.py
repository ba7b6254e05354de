"""Checks of the secrets' folder: readable, for nobody else, every file with a secret in it.

Names of workspaces and providers are shown, what a file holds never.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_IROTH, S_IWOTH, S_IXOTH
from urllib.parse import unquote

from workers.cli._doctor.findings import Finding, error, listed, note, ok, warning
from workers.cli._doctor.patient import Patient


async def secrets(patient: Patient) -> list[Finding]:
    """The folder that PSTATUS_SECRETS names."""
    folder = patient.settings.secrets
    if folder is None:
        return [note("PSTATUS_SECRETS is not set: no provider's signature is checked.",
                     "See docs/signatures.md.")]  # fmt: skip
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return [error("The folder that PSTATUS_SECRETS names is missing, or can't be read.",
                      "Mount it where the workers run, readable for their user.")]  # fmt: skip
    read = [*_unread(folder), *_open(folder), *_files(folder)]
    return read or [ok(f"{len(_configured(folder))} files of secrets, each readable.")]


def _configured(folder: Path) -> list[tuple[str, str, int]]:
    import structlog

    from workers.ingest.secret_files import SecretFiles

    with structlog.testing.capture_logs():  # what it would log is a finding here
        return list(SecretFiles(folder).configured())


def _unread(folder: Path) -> Iterator[Finding]:
    """Folders that no workspace's records ever look into."""
    from workers.ingest.secret_files import folder_name

    strange = [
        one.name
        for one in sorted(folder.iterdir())
        if one.is_dir() and not one.name.startswith(".")
        if folder_name(unquote(one.name)) != one.name
    ]
    if strange:
        yield warning(f"Folders of secrets that no workspace has: {listed(strange)}.",
                      "A folder's name is the workspace's id, percent-encoded.")  # fmt: skip


def _open(folder: Path) -> Iterator[Finding]:
    """Whom else the system would let read or change them."""
    if not folder.stat().st_mode & S_IXOTH:
        return
    places = [f for one in folder.iterdir() if one.is_dir() and one.stat().st_mode & S_IXOTH
              for f in one.iterdir() if f.is_file()]  # fmt: skip
    shared = [f for f in sorted(places) if f.stat().st_mode & (S_IROTH | S_IWOTH)]
    if shared:
        names = [f"{unquote(f.parent.name)}/{f.name}" for f in shared]
        yield warning(f"Every user of this machine may read or change: {listed(names)}.",
                      "Take the rights of others away: chmod -R o-rwx.")  # fmt: skip


def _files(folder: Path) -> Iterator[Finding]:
    from workers.providers.redirect import PROVIDER as REDIRECT
    from workers.providers.signing.table import SIGNED

    told = _configured(folder)
    empty = [f"{workspace}/{provider}" for workspace, provider, number in told if not number]
    if empty:
        yield error(f"Files without a secret that can be read: {listed(empty)}; what these"
                    " providers send becomes dead letters of class bad_signature.",
                    "Put a secret in, one a line, or take the file away.")  # fmt: skip
    idle = [f"{workspace}/{provider}" for workspace, provider, _ in told
            if provider not in SIGNED and provider != REDIRECT.name]  # fmt: skip
    if idle:
        yield warning(f"Secrets of providers that are unknown or sign nothing: {listed(idle)}.",
                      "See docs/signatures.md for the names.")  # fmt: skip
