"""Servers of a test session end with it, and PostgreSQL runs as whoever we are."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.local import talk
from workers.local import identity, infrastructure, programs
from workers.local.errors import LocalError
from workers.local.postgres import Postgres
from workers.local.processes import Process, lives
from workers.settings import Settings

CHECKOUT = Path(__file__).parents[2]
PARENT = """
import pathlib, sys, time
from workers.local import infrastructure
folder, cache = map(pathlib.Path, sys.argv[1:])
with infrastructure.throwaway(folder, cache=cache) as local:
    print(*(server.process.pid for server in local.servers), flush=True)
    time.sleep(600)
"""
ORDINARY = """
import asyncio, os, pathlib, sys
from tests.local import talk
from workers.local import infrastructure
assert os.geteuid() != 0
folder, cache = map(pathlib.Path, sys.argv[1:])
with infrastructure.throwaway(folder, cache=cache, bare=True) as local:
    print(asyncio.run(talk.query(local.database_url, "select 40 + 2")))
    print((folder / "postgres" / "runs-as").read_text())
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def test_servers_and_folder_go_with_a_killed_parent(
    tmp_path: Path, cache: Settings, kafka_jars: Path
):
    """kill -9 of the session leaves no process and no data behind."""
    folder = tmp_path / "session"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), str(cache.home)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    servers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    watcher = next(p for p in psutil.Process(parent.pid).children() if p not in servers)
    assert len(servers) == 2

    parent.kill()
    parent.wait()
    parent.stdout.close()

    psutil.wait_procs([watcher], timeout=30, callback=None)
    assert not [process for process in servers if lives(process)]
    assert not folder.exists()


NAMELESS = 54_321


@as_root
@pytest.mark.parametrize(("uid", "way"), [(identity.known_user(), "itself"), (NAMELESS, "unshare")])
def test_an_ordinary_user_needs_no_help(
    tmp_path: Path, cache: Settings, kafka_jars: Path, uid: int, way: str
):
    """Who is not root runs both as himself, with wheels and jars alone, also without a name."""
    become = ["unshare", "--user", f"--map-user={uid}", f"--map-group={uid}", "--"]
    if subprocess.run([*become, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let us become an ordinary user")

    done = subprocess.run(
        [*become, sys.executable, "-c", ORDINARY, str(tmp_path / "own"), str(cache.home)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[42]", way]


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user of this machine can enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def without_unshare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH on which setpriv is found and unshare is not."""
    found = shutil.which("setpriv")
    if found is None:
        pytest.skip("this machine has no setpriv")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("setpriv", "test", "true"):
        (tools / tool).symlink_to(shutil.which(tool) or found)
    monkeypatch.setenv("PATH", str(tools))


@as_root
@pytest.mark.usefixtures("without_unshare")
async def test_root_without_user_namespaces_runs_it_as_nobody(reachable: Path):
    """Where unshare is denied, setpriv does it, and the data belongs to nobody."""
    server = Postgres(reachable / "postgres", programs=programs.postgres())
    try:
        server.start()
    except LocalError as error:
        pytest.skip(f"nobody cannot read PostgreSQL's programs here: {error}")
    try:
        assert (server.folder / identity.MARK).read_text().strip() == "setpriv"
        assert {p.uids().effective for p in server.process.family()} != {0}
        assert await talk.query(server.url("postgres"), "select 1") == [1]
    finally:
        server.kill()


@as_root
@pytest.mark.usefixtures("without_unshare")
def test_a_folder_that_nobody_cannot_reach_is_told_with_what_to_do(tmp_path: Path):
    """The way out stands in the error: another home, or an ordinary user."""
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / "postgres").mkdir()

    with pytest.raises(LocalError, match="set PSTATUS_HOME to a folder outside private ones"):
        identity.prefix(hidden / "postgres")


def test_data_of_an_ordinary_user_is_not_opened_as_another(tmp_path: Path):
    """A data folder belongs to one way for good; a mix would leave files nobody can read."""
    (tmp_path / identity.MARK).write_text("setpriv\n" if os.geteuid() != 0 else "itself\n")

    with pytest.raises(LocalError, match="go on as the same user"):
        identity.prefix(tmp_path)


def test_what_was_not_started_is_not_there(tmp_path: Path, cache: Settings):
    """Asking for a server that was not wanted says so."""
    with (
        infrastructure.throwaway(tmp_path / "x", cache=cache.home, kafka=False) as local,
        pytest.raises(LocalError, match="Kafka was not started here"),
    ):
        _ = local.bootstrap_servers


def test_a_process_is_not_mistaken_for_a_later_one_with_its_pid():
    """Pid and start time together name a process."""
    me = Process.of(os.getpid())

    assert me.find() is not None
    assert Process(me.pid, me.started - 60).find() is None
    assert Process(me.pid, me.started - 60).family() == []
