"""A real PostgreSQL server for tests: it is made in a temporary folder and goes with the tests.

    server = postgres.server()          # one for all tests of a process; skips where there is none
    async with open_store(server.url()): ...

It listens on a socket in its folder, so that servers of tests that run beside each other never
meet. Each `url()` names a schema of its own in one database: what one test stores, no other sees.
The folder lies in memory where the machine has room for it there: most of what a test takes here is
to make the files of its tables.
PostgreSQL refuses to run as root, so that root starts it as another user.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from itertools import count, islice
from pathlib import Path
from urllib.parse import quote

USER = "heartline"
GUARDED = "guarded"  # a user whose password is asked for
PASSWORD = "open:sesame/ä"  # noqa: S105 - of a server that nobody else can reach

# A test's data may be lost with the machine, but not with the server.
QUICK = {
    "fsync": "off", "max_connections": "60", "shared_buffers": "64MB", "max_wal_size": "256MB",
}  # fmt: skip

MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it have names that nobody can foresee
ROOM = 2**30  # bytes that are free there, at least; a server of tests takes 300 MB at most

AT_ONCE = 30  # schemas

MISSING = "PostgreSQL's server is not installed: apt-get install postgresql"


def program(name: str) -> str | None:
    """A program of the server. Debian keeps them by version, and not in the path."""
    beside = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4])
    )
    return shutil.which(name) or (str(beside[-1]) if beside else None)


class Server:
    """A server of its own, which can be stopped, killed and started again."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        initdb, postgres = program("initdb"), program("postgres")
        if initdb is None or postgres is None:
            raise FileNotFoundError(MISSING)
        self._postgres = postgres
        self._settings = QUICK if settings is None else settings
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._schemas = count(1)
        self._empty: list[str] = []  # schemas that no test has had
        inside = MEMORY if settings is None and _has_room(MEMORY) else None
        self.folder = Path(tempfile.mkdtemp(prefix="heartline-pg-", dir=inside))
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_owner())
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run(
            initdb, "--pgdata", str(self.folder / "data"), "--username", USER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {GUARDED} scram-sha-256\n" + rules.read_text("utf-8"), "utf-8")
        self.start()
        secret = PASSWORD.replace("'", "''")
        self.sql(f"CREATE USER {GUARDED} PASSWORD '{secret}'")

    def start(self) -> None:
        """Start it, and come back when it answers."""
        options = [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *_as_owner(),
                    self._postgres,
                    "-D",
                    str(self.folder / "data"),
                    "-k",
                    str(self.folder),
                    "-h",
                    "",
                    *options,
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self.folder,
            )
        # Where the tests are ended hard, this pipe closes, and the server and its folder go too.
        self._guard = subprocess.Popen(
            ["sh", "-c", 'read -r _; kill -INT "$0"; sleep 5; rm -rf "$1"',
             str(self._process.pid), str(self.folder)],
            stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text("utf-8")[-2000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it as an operator would: who is connected is sent away."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it and all its workers at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop it, and leave nothing behind."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, options: str = "", *, schema: str | None = None) -> str:
        """A URL of a schema, by default one that is new and empty."""
        if schema is None:
            if not self._empty:  # several at once, since to start psql takes longest
                self._empty = [f"test{number}" for number in islice(self._schemas, AT_ONCE)]
                self.sql(
                    *(
                        f"CREATE SCHEMA {name}; GRANT ALL ON SCHEMA {name} TO {GUARDED}"
                        for name in self._empty
                    )
                )
            schema = self._empty.pop(0)
        more = f"&{options}" if options else ""
        host = quote(str(self.folder), safe="")
        return f"postgresql://{USER}@/postgres?host={host}&search_path={schema}{more}"

    def sql(self, *texts: str) -> str:
        """Carry out statements as the owner, each text for itself; gives what psql prints."""
        return self._run(
            self._beside("psql"), "-h", str(self.folder), "-U", USER, "-d", "postgres",
            "-qAtX", "-v", "ON_ERROR_STOP=1", *[part for text in texts for part in ("-c", text)],
        )  # fmt: skip

    def _answers(self) -> bool:
        done = subprocess.run(
            [self._beside("pg_isready"), "-q", "-h", str(self.folder)], check=False
        )
        return done.returncode == 0

    def _beside(self, name: str) -> str:
        return str(Path(self._postgres).resolve().parent / name)

    def _end(self, how: signal.Signals) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [*_as_owner(), *command], check=False, capture_output=True, text=True, cwd=self.folder
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")
        return done.stdout


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM


def _owner() -> str:
    """Who runs it where we are root."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def _as_owner() -> list[str]:
    """What stands before a command where we are root: another user."""
    if os.geteuid() != 0:
        return []
    owner = pwd.getpwnam(_owner())
    ids = ["--reuid", str(owner.pw_uid), "--regid", str(owner.pw_gid), "--clear-groups"]
    return ["setpriv", *ids]


@cache
def _shared() -> Server | str:
    try:
        server = Server()
    except FileNotFoundError as error:
        return str(error)
    atexit.register(server.remove)
    return server


def server() -> Server:
    """The server that all tests of this process share; without one the test is skipped, but CI
    must have it."""
    import pytest  # late: the benchmarks start a server without it

    found = _shared()
    if isinstance(found, str):
        if "HEARTLINE_CI" in os.environ:
            pytest.fail(found)
        pytest.skip(found)
    return found
