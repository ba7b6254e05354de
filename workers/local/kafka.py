"""One Apache Kafka node (KRaft, broker and controller in one JVM) on loopback."""

import base64
import shutil
import socket
import struct
from pathlib import Path

import psutil

from workers.local import ports, processes
from workers.local.errors import LocalError
from workers.local.server import Server
from workers.ops import clock

MAIN_CLASSES = {"kafka.Kafka", "kafka.tools.StorageTool"}
JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.min.session.timeout.ms=500
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=16777216
log.segment.delete.delay.ms=1000
num.network.threads=2
num.io.threads=2
"""


class Kafka(Server):
    """`jars` is the folder of its jars, `java` the program. Topics must be made explicitly."""

    name = "Kafka"

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        java: Path,
        jars: Path,
    ) -> None:
        super().__init__(folder, port)
        self.controller_port = 0
        self._java = [str(java), *JAVA_OPTIONS, "-cp", f"{jars}/*"]

    @property
    def address(self) -> str:
        """host:port, for clients."""
        return f"{ports.LOOPBACK}:{self.port}"

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port, self.controller_port)

    def prepare(self) -> None:
        if self.data.exists():
            return
        shutil.rmtree(self.unfinished, ignore_errors=True)
        self.choose_ports()  # the quorum's first voter is written into the data folder
        config = self._write_properties("format.properties", self.unfinished)
        storage = [*self._java, "kafka.tools.StorageTool", "format", "--standalone"]
        done = processes.run([*storage, f"--cluster-id={_cluster_id()}", "-c", str(config)])
        if done.returncode != 0:
            raise LocalError(f"Kafka could not make its data folder: {done.stderr.strip()[-500:]}")
        self.unfinished.rename(self.data)

    def choose_ports(self) -> None:
        super().choose_ports()
        if not self.controller_port or not ports.is_free(self.controller_port):
            self.controller_port = ports.free()

    def take_ports(self, known: tuple[int, ...]) -> None:
        self.port, self.controller_port = known

    def is_ours(self, process: psutil.Process) -> bool:
        words = process.cmdline()
        own = {str(self.folder / name) for name in ("server.properties", "format.properties")}
        return MAIN_CLASSES & set(words) != set() and own & set(words) != set()

    def before_each_start(self) -> None:
        self._write_properties("server.properties", self.data)

    def command(self) -> list[str]:
        return [*self._java, "kafka.Kafka", str(self.folder / "server.properties")]

    def answers(self) -> bool:
        return has_brokers(self.port)

    def _write_properties(self, name: str, data: Path) -> Path:
        path = self.folder / name
        path.write_text(
            PROPERTIES.format(port=self.port, controller_port=self.controller_port, data=data)
        )
        return path


def has_brokers(port: int) -> bool:
    """Whether who listens there answers a Kafka metadata request with at least one broker."""
    request = struct.pack(">hhih", 3, 1, 7, -1) + struct.pack(">i", 0)  # Metadata v1, no topics
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=2) as link:
            link.sendall(struct.pack(">i", len(request)) + request)
            answer = link.recv(12)
    except OSError:
        return False
    return len(answer) == 12 and struct.unpack(">iii", answer)[1:] >= (7, 1)


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(clock.fresh_id().bytes).decode().rstrip("=")
