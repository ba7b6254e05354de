"""Apache Kafka's own jars: fetched once with jgo, checked against SHA-256 on every start."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from workers.local import processes, programs
from workers.local.errors import LocalError

VERSION = "4.3.1"
COORDINATES = f"org.apache.kafka:kafka_2.13:{VERSION}+org.slf4j:slf4j-simple:1.7.36@kafka.Kafka"
LIST = Path(__file__).with_name("kafka-jars.sha256")


def ready(cache: Path, bare: bool = False) -> Path:
    """The folder with exactly the listed jars; fetches them (44 MB) if they are not there yet."""
    folder = cache / "kafka-jars" / VERSION
    if not is_intact(folder):
        with _alone(folder.parent):
            if not is_intact(folder):
                _fetch(folder, programs.java(bare))
    return folder


def is_intact(folder: Path) -> bool:
    """Whether every listed jar lies there, byte for byte."""
    return all(_sha256(folder / name) == digest for name, digest in listed().items())


def listed() -> dict[str, str]:
    """File name -> SHA-256, as committed."""
    rows = (line.split() for line in LIST.read_text().splitlines())
    return {name: digest for digest, name in rows}


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path, java: Path) -> None:
    work = folder.with_name("fetching")
    said = _download(work, java)
    found = {jar.name: jar for jar in (work / "repository").rglob("*.jar")}
    wrong = sorted(name for name, sha in listed().items() if _differs(found.get(name), sha))
    if wrong:
        shutil.rmtree(work, ignore_errors=True)
        raise LocalError(_why_not(wrong, said))
    shutil.rmtree(folder, ignore_errors=True)
    staged = work / "jars"
    staged.mkdir(exist_ok=True)
    for name in listed():
        found[name].rename(staged / name)
    staged.rename(folder)
    shutil.rmtree(work, ignore_errors=True)


def _differs(jar: Path | None, digest: str) -> bool:
    return jar is None or _sha256(jar) != digest


def _why_not(wrong: list[str], said: str) -> str:
    last = said.strip().splitlines()[-1:] or ["no message"]
    return (
        f"Could not fetch Apache Kafka {VERSION}: {len(wrong)} of {len(listed())} jars are missing "
        f"or differ from the committed SHA-256 (first: {wrong[0]}); jgo said: {last[0][:300]}. "
        "Check the network and try again, or set KAFKA_BOOTSTRAP_SERVERS to your own Kafka."
    )


def _download(work: Path, java: Path) -> str:
    work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "jgo", "--ignore-config", "--resolver", "python"]
    command += ["--system-java", "--dry-run", "run", COORDINATES]
    log = work / "jgo.log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=_jgo_surroundings(work, java)
        ) as jgo,
    ):
        _show(jgo, work)
    return log.read_text(errors="replace")


def _jgo_surroundings(work: Path, java: Path) -> dict[str, str]:
    return processes.surroundings(
        JGO_CACHE_DIR=str(work / "environment"),
        M2_REPO=str(work / "repository"),
        JGO_TIMEOUT="120",
        PATH=f"{java.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    )


def _show(jgo: "subprocess.Popen[bytes]", work: Path) -> None:
    console = Console(stderr=True)
    title = f"Fetching Apache Kafka {VERSION} (44 MB, once)"
    if not console.is_terminal:
        console.print(title, "...")
        jgo.wait()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(title, total=len(listed()))
        while jgo.poll() is None:
            bar.update(task, completed=sum(1 for _ in (work / "repository").rglob("*.jar")))
            _pause(jgo)
        bar.update(task, completed=len(listed()))


def _pause(jgo: "subprocess.Popen[bytes]") -> None:
    try:
        jgo.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return
