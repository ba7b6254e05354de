"""`pstatus demo` as a process, without a terminal: what it shows is true, nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import RAW
from schemas.vocabulary import Stage
from tests.cli.telling import heard, settled
from tests.process.worker import environment
from workers.cli._demo.story import INTERVIEWS, PROTOTYPE, STUDIES, SURVEY
from workers.domain.simulation import Arrival
from workers.ingest.records import broker_time, webhook_of
from workers.ops import clock
from workers.providers.outcomes import Dead
from workers.settings import Settings

PSTATUS = [sys.executable, "-m", "workers"]
PATIENCE = 120
Board = Mapping[str, Mapping[str, tuple[str, str]]]


@pytest.fixture
def own_home(tmp_path: Path, cache: Settings) -> Iterator[Path]:
    """A folder for servers of the demo's own, with Kafka's jars already there if they are here."""
    home = tmp_path / "local"
    home.mkdir()
    if (cache.home / "kafka-jars").exists():
        (home / "kafka-jars").symlink_to(cache.home.resolve() / "kafka-jars")
    yield home
    env = os.environ | {"PSTATUS_HOME": str(home)}
    subprocess.run([*PSTATUS, "local", "down"], env=env, check=False, capture_output=True)


def begin(env: Mapping[str, str], *words: str) -> "subprocess.Popen[str]":
    """A demo whose output can be read."""
    return subprocess.Popen(
        [*PSTATUS, "demo", *words],
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def begun(env: Mapping[str, str]) -> tuple["subprocess.Popen[str]", list[psutil.Process]]:
    """A demo in the middle of its story, and every process that it has started."""
    demo = begin(env, "--seconds", "300")
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if "participant.added" in line:
            return demo, psutil.Process(demo.pid).children(recursive=True)
    raise AssertionError(f"it ended: {''.join(said)}")


async def told(settings: Settings) -> Board:
    """Where everybody should stand, by the raw records that are really in the topics."""
    arrivals: list[Arrival] = []
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        for topic in RAW:
            name = settings.topic_prefix + topic.name
            places = [TopicPartition(name, n) for n in range(topic.partitions(settings.shards))]
            ends = await consumer.end_offsets(places)
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            for place in places:
                while await consumer.position(place) < ends[place]:
                    for record in (await consumer.getmany(place, timeout_ms=500)).get(place, ()):
                        webhook = webhook_of(record)
                        assert not isinstance(webhook, Dead)
                        arrivals += heard(webhook, broker_time(record))[0]
    finally:
        await consumer.stop()
    return settled(arrivals, clock.now() + timedelta(seconds=1))


def looked_up(env: Mapping[str, str], study_id: str) -> dict[str, tuple[str, str]]:
    """What `pstatus study` says afterwards."""
    done = subprocess.run(
        [*PSTATUS, "study", study_id, "--json"],
        env=os.environ | env,
        check=True,
        capture_output=True,
        text=True,
    )
    people = json.loads(done.stdout)["participants"]
    return {one["person_id"]: (one["status"], one["stage"]) for one in people}


def shown(output: str, study_id: str) -> list[int]:
    """The seven counts of the last table that was printed."""
    rows = re.findall(rf"^ *{study_id}((?: +(?:\d+|·)){{7}}) *$", output, re.MULTILINE)
    return [0 if word == "·" else int(word) for word in rows[-1].split()]


async def test_the_board_ends_where_the_domain_says(settings: Settings) -> None:
    """On the topics and tables alike everybody stands where their raw webhooks put them."""
    env = environment(settings) | {"NO_COLOR": "1"}

    demo = begin(env, "--seconds", "8")
    output, _ = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 0, output
    expected = await told(settings)
    assert set(expected) == {INTERVIEWS, SURVEY, PROTOTYPE} == set(STUDIES)
    for study_id, people in expected.items():
        assert looked_up(env, study_id) == people
        stages = [stage for _, stage in people.values()]
        assert shown(output, study_id) == [stages.count(stage) for stage in Stage]
    assert "4 dead letters" in output
    assert output.count("CORRECTION") >= 1
    assert "\x1b" not in output


@pytest.mark.parametrize(
    ("sign", "code"),
    [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_nothing_that_it_started_outlives_it(own_home: Path, sign: int, code: int) -> None:
    """Stopped in order or killed: Kafka, PostgreSQL, the worker and the watcher are gone."""
    demo, started = begun({"PSTATUS_HOME": str(own_home)})
    names = " ".join(" ".join(process.cmdline()) for process in started)
    assert all(word in names for word in ("kafka.Kafka", "postgres", "workers run", "watcher"))

    demo.send_signal(sign)
    demo.communicate(timeout=PATIENCE)

    assert demo.returncode == code
    _, alive = psutil.wait_procs(started, timeout=PATIENCE)
    assert alive == []


def test_what_ran_before_goes_on_running(own_home: Path) -> None:
    """Servers started with `pstatus local up` are used, and Ctrl-C leaves them as they were."""
    env = {"PSTATUS_HOME": str(own_home)}
    local = [*PSTATUS, "local"]
    subprocess.run([*local, "up"], env=os.environ | env, check=True, capture_output=True)

    demo, started = begun(env)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=PATIENCE)

    assert psutil.wait_procs(started, timeout=PATIENCE)[1] == []
    status = subprocess.run([*local, "status"], env=os.environ | env, check=False)
    assert status.returncode == 0
