"""One PostgreSQL server on loopback; trusts this machine, so never for data of real people."""

import shutil
import signal
from pathlib import Path

import psutil

from workers.local import identity, ports, processes
from workers.local.errors import LocalError
from workers.local.server import Server

THROWAWAY = ("fsync=off", "full_page_writes=off")  # a kill -9 keeps commits, a power cut not
USER = "postgres"
DATABASE = "pstatus"


class Postgres(Server):
    """`programs` is the folder with initdb and postgres; `settings` are name=value pairs."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        port: int = 0,
        *,
        programs: Path,
        settings: tuple[str, ...] = (),
    ) -> None:
        super().__init__(folder, port)
        self._programs = programs
        self._settings = settings

    @property
    def address(self) -> str:
        return self.url()

    def url(self, database: str = DATABASE) -> str:
        """The address of one of its databases, as SQLAlchemy with asyncpg wants it."""
        return f"postgresql+asyncpg://{USER}@{ports.LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        if self.data.exists():
            return
        shutil.rmtree(self.unfinished, ignore_errors=True)
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        done = self._run("initdb", "-D", str(self.unfinished), *options)
        if done.returncode != 0:
            raise LocalError(f"PostgreSQL could not make its data: {done.stderr.strip()[-500:]}")
        self.unfinished.rename(self.data)

    def before_each_start(self) -> None:
        """A lock file of a killed server may name a stranger's pid by now; ours does not run."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        fixed = (f"listen_addresses={ports.LOOPBACK}", f"port={self.port}")
        options = [*fixed, "unix_socket_directories=", "max_connections=200", *self._settings]
        flags = [part for option in options for part in ("-c", option)]
        return [*self._as(), str(self._programs / "postgres"), "-D", str(self.data), *flags]

    def answers(self) -> bool:
        return self._run("pg_isready", "-q", *self._address()).returncode == 0

    def is_ours(self, process: psutil.Process) -> bool:
        if process.name() == "initdb":
            return str(self.unfinished) in process.cmdline()
        return process.name() == "postgres" and process.cwd() in {
            str(self.data),
            str(self.unfinished),
        }

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, where wanted as a copy of `template`; returns its address."""
        copied = ["-T", template] if template else []
        done = self._run("createdb", *self._address(), *copied, name)
        if done.returncode != 0 and "already exists" not in done.stderr:
            raise LocalError(f"Could not make the database {name}: {done.stderr.strip()}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run("dropdb", *self._address(), "--if-exists", "--force", name)

    def _address(self) -> list[str]:
        return ["-h", ports.LOOPBACK, "-p", str(self.port), "-U", USER]

    def _as(self) -> list[str]:
        return identity.prefix(self.folder)

    def _run(self, program: str, *arguments: str) -> processes.Done:
        own = self._as() if program == "initdb" else []
        return processes.run([*own, str(self._programs / program), *arguments])
