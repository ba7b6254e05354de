"""`make bench`: throughput and latency on real Kafka and PostgreSQL, printed as tables."""

import argparse
import asyncio
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import counting, load, measure, resolving, standing
from tests.benchmarks.counting import Counted
from tests.benchmarks.measure import CHANGES_TOPIC, SIGNALS_TOPIC, Latency, Throughput
from tests.benchmarks.standing import Drained, Ended
from workers.local import infrastructure
from workers.local.infrastructure import Local
from workers.ops import clock
from workers.settings import Settings

OUT = Console()
MEASUREMENTS = ("stages", "late", "all", "split", "latency", "policy", "cooldowns", "timers",
                "progress", "resolving")  # fmt: skip

ENDS_A_SECOND = 100


def main() -> None:
    """Runs the measurements and prints what came out."""
    options = _options()
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        servers = infrastructure.throwaway(
            Path(folder) / "servers",
            cache=settings.home,
            bare=settings.local_bare,
            durable=True,
        )
        with servers as local:
            log = Path(folder) / "worker.log"
            throughputs, latencies = asyncio.run(_all(local, options, log))
            drained, ended = asyncio.run(_standings(local, options, log))
            counted = asyncio.run(_counted(local, options))
            resolved = asyncio.run(_resolved(local, options, log))
    if options.json:
        found = (*throughputs, *latencies, *drained, *ended, *counted, *resolved)
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    OUT.print(*filter(None, (
        throughputs and _throughput_table(throughputs), latencies and _latency_table(latencies),
        drained and _drained_table(drained), ended and _ended_table(ended),
        counted and _counted_table(counted), resolved and _resolved_table(resolved),
    )))  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="raw records a run")
    parser.add_argument("--rate", type=int, default=1_000, help="raw records/s for latency")
    parser.add_argument("--seconds", type=int, default=20, help="how long at that rate")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--only", choices=MEASUREMENTS)
    parser.add_argument("--people", type=int, default=100_000, help="people a policy reaches")
    parser.add_argument("--live", type=int, default=300, help="raw records/s meanwhile")
    parser.add_argument("--ends", type=int, default=50_000, help="cooldowns of one second")
    parser.add_argument("--participants", type=int, default=1_000_000, help="in one study")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser.parse_args()


async def _all(
    local: Local, options: argparse.Namespace, log: Path
) -> tuple[list[Throughput], list[Latency]]:
    throughputs: list[Throughput] = []
    latencies: list[Latency] = []
    wanted = _wanted(options)
    if "stages" in wanted:
        throughputs += await _stages(local, options, log)
    if "late" in wanted:
        throughputs.append(await _late(local, options, log))
    if "all" in wanted:
        throughputs.append(await _whole(local, options, log, "whole way, one process", ["all"]))
    if "split" in wanted:
        roles = ["ingest", "apply"]
        throughputs.append(await _whole(local, options, log, "whole way, two processes", roles))
    if "latency" in wanted:
        on = await measure.stand(local, options.shards)
        with _status(f"{options.rate} records/s for {options.seconds} s"):
            latencies.append(
                await measure.latency(on, options.rate, options.seconds, role="all", log=log)
            )
    return throughputs, latencies


async def _standings(
    local: Local, options: argparse.Namespace, log: Path
) -> tuple[list[Drained], list[Ended]]:
    drained: list[Drained] = []
    ended: list[Ended] = []
    if "policy" in _wanted(options):
        on = await measure.stand(local, options.shards)
        with _status(f"a policy over {options.people} people"):
            drained.append(
                await standing.policy(on, options.people, options.live, role="all", log=log)
            )
    if "cooldowns" in _wanted(options):
        on = await measure.stand(local, options.shards)
        with _status(f"{options.ends} cooldowns that end in one second"):
            ended.append(await standing.cooldowns(on, options.ends, role="all", log=log))
    if "timers" in _wanted(options):
        on = await measure.stand(local, options.shards)
        with _status(f"{ENDS_A_SECOND} cooldowns that end each second"):
            ended.append(
                await standing.steadily(on, ENDS_A_SECOND, options.live, role="all", log=log)
            )
    return drained, ended


async def _counted(local: Local, options: argparse.Namespace) -> list[Counted]:
    counted: list[Counted] = []
    if "progress" in _wanted(options):
        for participants in (10, options.participants):
            on = await measure.stand(local, options.shards)
            with _status(f"a study of {participants} participants"):
                counted.append(await counting.progress(on, participants))
    return counted


async def _resolved(local: Local, options: argparse.Namespace, log: Path) -> list[Throughput]:
    if "resolving" not in _wanted(options):
        return []
    on = await measure.stand(local, options.shards)
    with _status(f"finding people by metadata, links, addresses: {options.records} records each"):
        return await resolving.cases(on, options.records, log=log)


def _wanted(options: argparse.Namespace) -> set[str]:
    return {options.only} if options.only else set(MEASUREMENTS)


def _status(text: str) -> object:
    return OUT.status(text) if OUT.is_terminal else Console(stderr=True).status(text)


async def _stages(local: Local, options: argparse.Namespace, log: Path) -> list[Throughput]:
    """Ingest alone on raw records, then apply and relay alone on the signals that came of it."""
    on = await measure.stand(local, options.shards)
    sent = await on.put(load.records(options.records, load.beginning(clock.now())))
    ingest = await measure.throughput(
        on, "ingest alone", ["ingest"], sent, into=SIGNALS_TOPIC, log=log
    )
    apply = await measure.throughput(
        on, "apply and relay alone", ["apply"], sent, into=CHANGES_TOPIC, log=log
    )
    return [ingest, apply]


async def _late(local: Local, options: argparse.Namespace, log: Path) -> Throughput:
    """Apply alone when signals come in no order: most of them fold a history afresh."""
    on = await measure.stand(local, options.shards)
    raws = load.shuffled(load.records(options.records, load.beginning(clock.now())))
    sent = await on.put(raws)
    await measure.throughput(on, "", ["ingest"], sent, into=SIGNALS_TOPIC, log=log)
    name = "apply and relay, all shuffled"
    return await measure.throughput(on, name, ["apply"], sent, into=CHANGES_TOPIC, log=log)


async def _whole(
    local: Local, options: argparse.Namespace, log: Path, name: str, roles: list[str]
) -> Throughput:
    on = await measure.stand(local, options.shards)
    sent = await on.put(load.records(options.records, load.beginning(clock.now())))
    return await measure.throughput(on, name, roles, sent, into=CHANGES_TOPIC, log=log)


def _throughput_table(rows: list[Throughput]) -> Table:
    table = Table(title="Throughput (a raw record is one webhook with one event)")
    for name in ("", "records", "records/s", "came out"):
        table.add_column(name, justify="right" if name else "left")
    for name in ("worker", "broker", "database", "all"):
        table.add_column(f"{name}\nCPU us/record", justify="right")
    for row in rows:
        cpu = (row.cpu.workers, row.cpu.broker, row.cpu.database)
        shares = [f"{row.microseconds(used):.0f}" for used in (*cpu, sum(cpu))]
        table.add_row(
            row.stage, f"{row.records:,}", f"{row.per_second:,.0f}", f"{row.changes:,}", *shares
        )
    return table


def _latency_table(rows: list[Latency]) -> Table:
    table = Table(title="Latency: webhook on its topic -> change readable (read_committed)")
    for name in ("records/s", "changes", "p50 ms", "p95 ms", "p99 ms", "most ms", "worker CPU"):
        table.add_column(name, justify="right")
    for row in rows:
        times = [f"{ms:.0f}" for ms in (row.p50, row.p95, row.p99, row.most)]
        table.add_row(f"{row.rate:,}", f"{row.changes:,}", *times, f"{row.cpu:.0%}")
    return table


def _drained_table(rows: list[Drained]) -> Table:
    table = Table(title="A policy reaches everybody, while webhooks come in")
    for name in ("people", "people/s", "live/s", "p50 ms before", "p99 ms before",
                 "p50 ms meanwhile", "p99 ms meanwhile"):  # fmt: skip
        table.add_column(name, justify="right")
    for row in rows:
        times = (row.before_p50, row.before_p99, row.during_p50, row.during_p99)
        table.add_row(
            f"{row.people:,}", f"{row.per_second:,.0f}", f"{row.rate:,}",
            *(f"{ms:.0f}" for ms in times),
        )  # fmt: skip
    return table


def _ended_table(rows: list[Ended]) -> Table:
    table = Table(title="Cooldowns end: each one's moment -> change readable")
    for name in ("", "people", "p50 s", "p99 s", "most s", "early"):
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        times = [f"{seconds:.2f}" for seconds in (row.p50, row.p99, row.most)]
        table.add_row(row.how, f"{row.people:,}", *times, str(row.early))
    return table


def _resolved_table(rows: list[Throughput]) -> Table:
    table = Table(title="Ingest alone, by how the person is found")
    for name in ("", "records/s", "records/s per core"):
        table.add_column(name, justify="right" if name else "left")
    for told in resolving.summary(rows):
        table.add_row(*told)
    return table


def _counted_table(rows: list[Counted]) -> Table:
    table = Table(title="A study's progress, by its size")
    for name in ("participants", "ms a turn that counts", "ms a look that sums"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(f"{row.participants:,}", f"{row.count_ms:.2f}", f"{row.look_ms:.2f}")
    return table


if __name__ == "__main__":
    main()
