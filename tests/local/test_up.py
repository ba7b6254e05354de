"""`pstatus local`: what it keeps, and what it puts right by itself."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.local import talk
from tests.local.conftest import Command, running
from workers.local import infrastructure, ports, state
from workers.local.processes import Process

OFFLINE = ("unshare", "--net", "--")
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))
os.execv(sys.argv[1], sys.argv[1:])
"""
needs_unshare = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode != 0,
    reason="this machine does not let us take the network away",
)


async def test_up_again_finds_what_runs_and_down_keeps_data(home: Path, pstatus: Command):
    """A second `up` starts nothing; after `down` the next one has the same addresses and data."""
    assert pstatus("local", "up").returncode == 0
    first, processes = running(home), state.read(home)
    await talk.make_topic(first["kafka"], "kept")
    await talk.query(first["postgres"], "create table kept as select 7 as n")

    assert pstatus("local", "up").returncode == 0
    assert state.read(home) == processes
    assert pstatus("local", "down").stdout in {
        "stopped kafka and postgres\n",
        "stopped postgres and kafka\n",
    }
    assert running(home) == {}
    assert pstatus("local", "up").returncode == 0

    assert running(home) == first
    assert "kept" in await talk.topics(first["kafka"])
    assert await talk.query(first["postgres"], "select n from kept") == [7]


@needs_unshare
def test_it_needs_no_network_once_everything_is_there(home: Path, pstatus: Command):
    """With nothing but loopback, both start from the jars and wheels at hand."""
    alone = (*OFFLINE, sys.executable, "-c", LOOPBACK_UP)

    done = pstatus("local", "up", before=alone, PSTATUS_LOCAL_BARE="1")

    assert done.returncode == 0, done.stderr
    assert set(running(home)) == {"kafka", "postgres"}


async def test_a_taken_port_is_left_to_who_took_it(home: Path, pstatus: Command):
    """Ports of last time that others listen on are replaced by free ones; the data is the same."""
    pstatus("local", "up")
    before = state.read(home)
    await talk.make_topic(before["kafka"].address, "kept")
    await talk.query(before["postgres"].address, "create table kept as select 7 as n")
    pstatus("local", "down")
    taken = [socket.create_server(("127.0.0.1", p)) for e in before.values() for p in e.ports]

    done = pstatus("local", "up")

    after = state.read(home)
    assert done.returncode == 0, done.stderr
    assert not {p for e in before.values() for p in e.ports} & {
        p for e in after.values() for p in e.ports
    }
    assert "kept" in await talk.topics(after["kafka"].address)
    assert await talk.query(after["postgres"].address, "select n from kept") == [7]
    for holder in taken:
        holder.close()


def test_a_stale_pid_that_a_stranger_has_now_is_not_touched(home: Path, pstatus: Command):
    """After a reboot our pid may be anybody's: it is not taken for ours and not killed."""
    stranger = subprocess.Popen(["sleep", "600"])
    ours = Process(stranger.pid, psutil.Process(stranger.pid).create_time() - 3600)
    state.write(home, {"postgres": state.Entry(ours, (ports.free(),), "nowhere")})

    assert pstatus("local", "status").returncode == 1
    infrastructure.up(home, kafka=False)
    assert infrastructure.down(home) == ["postgres"]

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("server", ["kafka", "postgres"])
def test_a_half_written_data_folder_is_made_anew(home: Path, server: str):
    """Data is made beside its place and moved there whole: half of it never counts."""
    half = home / server / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("1")
    (half / "meta.properties").write_text("clus")
    (home / "state.json").write_text('{"kafka": {"process"')

    infrastructure.up(home, kafka=server == "kafka", postgres=server == "postgres")

    assert set(running(home)) == {server}
    assert not half.exists()


@pytest.mark.parametrize("moment", [0.3, 0.8, 1.5, 2.2])
def test_an_up_killed_at_any_moment_is_finished_by_the_next(
    home: Path, pstatus: Command, moment: float
):
    """kill -9 of the starting process leaves orphans and halves; the next `up` has one of each."""
    start = [sys.executable, "-c", _UP, str(home)]
    first = subprocess.Popen(start, cwd=Path(__file__).parents[2], start_new_session=True)
    time.sleep(moment)
    first.kill()
    first.wait()

    done = pstatus("local", "up")

    assert done.returncode == 0, done.stderr
    assert set(running(home)) == {"kafka", "postgres"}
    assert len(_working_on(home)) == 2


def test_a_lost_state_file_does_not_leave_two_servers_on_one_folder(home: Path):
    """Whoever still works on the data is ended before another one starts."""
    infrastructure.up(home, kafka=False)
    (home / "state.json").unlink()

    infrastructure.up(home, kafka=False)

    assert len(_working_on(home)) == 1


async def test_servers_killed_behind_our_back_come_up_again(home: Path):
    """Also when only the main process was killed and its children are still dying."""
    local = infrastructure.up(home)
    for server in local.servers:
        psutil.Process(server.process.pid).kill()

    again = infrastructure.up(home)

    assert await talk.query(again.database_url, "select 1") == [1]
    assert again.database_url == local.database_url


def test_paused_servers_are_resumed(home: Path):
    """A SIGSTOP left behind by somebody is no reason for another server."""
    local = infrastructure.up(home)
    for server in local.servers:
        server.pause()

    again = infrastructure.up(home)

    assert [s.process for s in again.servers] == [s.process for s in local.servers]
    assert all(server.answers() for server in again.servers)


def test_two_at_once_start_one_of_each(home: Path):
    """The second waits for the first and finds its servers."""
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", _UP, str(home)],
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]

    assert [start.wait() for start in starts] == [0, 0]

    assert len(_working_on(home)) == 2


def test_a_folder_that_is_none_is_told_in_one_line(tmp_path: Path, pstatus: Command):
    """It names the setting."""
    (tmp_path / "file").touch()

    done = pstatus("local", "up", PSTATUS_HOME=str(tmp_path / "file" / "home"))

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "PSTATUS_HOME" in done.stderr


def test_own_servers_replace_local_ones(home: Path, pstatus: Command):
    """With both addresses given nothing is started, and nothing of them is printed."""
    done = pstatus(
        "local",
        "up",
        KAFKA_BOOTSTRAP_SERVERS="broker.example.com:9092",
        DATABASE_URL="postgresql://me:sesame@db.example.com/x",
    )

    assert done.returncode == 0
    assert not (home / "state.json").exists()
    assert "sesame" not in done.stdout + done.stderr


def test_status_and_logs_can_be_read_by_programs_and_people(home: Path, pstatus: Command):
    """--json is JSON; logs show each server's own, and a wrong name is one line and exit code 2."""
    infrastructure.up(home, kafka=False)

    status = pstatus("local", "status", "--json")
    assert json.loads(status.stdout)["kafka"] is None
    assert json.loads(status.stdout)["postgres"].startswith("postgresql+asyncpg://")
    assert "ready to accept connections" in pstatus("local", "logs", "postgres").stdout
    wrong = pstatus("local", "logs", "mysql")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


_UP = """
import pathlib, sys
from workers.local.infrastructure import up
up(pathlib.Path(sys.argv[1]))
"""


def _working_on(home: Path) -> list[psutil.Process]:
    """Main processes of servers on this home's data."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        data, properties = home / "postgres" / "data", home / "kafka" / "server.properties"
        if str(data) in words or ("kafka.Kafka" in words and str(properties) in words):
            found.append(process)
    return found
