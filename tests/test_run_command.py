"""`heartline run`: a worker lets timers fire until it is told to end, and says what it sees."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

import heartline
import postgres
from heartline import Choose
from heartline.cli import demonstrating, run
from heartline.cli.demonstrating import running_clock
from heartline.clock import FastClock, SystemClock
from heartline.errors import CallerError
from heartline.host import Host, open_store
from hosting import INN, inn
from operated import Inn, changed, place

__all__ = ["place"]

# What stands in texts, references and ids of conversations, and so in no line.
PLANTED = ("Zanzibar", "marzipan", "tea!", "rains")


class Worker:
    """A worker in a process of its own, with what it says."""

    def __init__(self, folder: Path, *arguments: str, command: str = "run") -> None:
        engine = str(Path(heartline.__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "heartline", command, *arguments],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=folder,
            env={**os.environ, "PYTHONPATH": engine},
        )  # fmt: skip
        self.said = ""

    def wait_for(self, words: str, seconds: float = 30) -> None:
        """Read until these words have come."""
        until = time.monotonic() + seconds
        assert self.process.stderr is not None
        while words not in self.said:
            left = max(until - time.monotonic(), 0)
            ready = select.select([self.process.stderr], [], [], left)[0]
            read = os.read(self.process.stderr.fileno(), 65_536) if ready else b""
            assert read, f"{words!r} did not come:\n{self.said}"
            self.said += read.decode()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end; gives its exit code."""
        self.process.send_signal(how)
        _, rest = self.process.communicate(timeout=30)
        self.said += rest.decode()
        return self.process.returncode


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(*arguments: str) -> Worker:
        workers.append(Worker(tmp_path, *arguments))
        return workers[-1]

    yield start
    for each in workers:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def let_wait(place: Inn, url: str = "") -> None:
    """A conversation of long ago whose timers are due."""

    async def play(host: Host) -> None:
        await host.open("Zanzibar", "inn", {"nick": "marzipan"})
        await host.submit("Zanzibar", Choose("take"))

    place.played(play, url)


def test_it_fires_what_is_due_and_ends_in_order(
    place: Inn,
    worker: Callable[..., Worker],
) -> None:
    let_wait(place)
    found = worker("--store", place.url)
    found.wait_for("timers fired")
    assert found.end() == 0
    first, second, third, *happened, last = found.said.splitlines()
    assert first == f"Serving the versions of scenarios that it keeps in {place.url}."
    assert second.startswith("3 conversations are live; the next timer is due on 2026-01-05 at ")
    assert third == "Timers fire from now on. Nothing is delivered. Ctrl-C ends it."
    assert last == "Stopped."
    for line in happened:
        assert " timers fired count=" in line
    ids = [record.id for record in place.records()]
    assert not [word for word in (*PLANTED, *ids) if word in found.said]
    assert [each.reference for each in place.records() if each.status == "live"] == ["desk"]


def test_ctrl_c_ends_it_in_order_too_and_programs_get_json(
    place: Inn,
    worker: Callable[..., Worker],
) -> None:
    let_wait(place)
    found = worker("--store", place.url, "--log", "json")
    found.wait_for('"timers fired"')
    assert found.end(signal.SIGINT) == 0
    lines = [json.loads(line) for line in found.said.splitlines()]
    assert {"at", "level", "logger", "message"} <= set(lines[0])
    [fired, *_] = [line for line in lines if line["message"] == "timers fired"]
    assert fired["late"] > 1_000
    assert lines[-1]["message"] == "Stopped."
    assert not [word for word in PLANTED if word in found.said]


def test_what_does_not_load_and_what_is_stuck_is_told_and_the_others_go_on(
    place: Inn,
    worker: Callable[..., Worker],
) -> None:
    let_wait(place)
    (place.folder / "broken.yaml").write_text(INN.replace("to: gone}", "to: nowhere}"))
    (place.folder / "other.yaml").write_text(INN.replace("id: inn", "id: other"))
    changed(place, "DELETE FROM scenarios")
    found = worker("broken.yaml", "other.yaml", "--store", place.url)
    found.wait_for("error: timers stuck scenario=inn error=ScenarioUnavailable")
    assert found.end() == 0
    assert "Serving other 1.0.0 in " in found.said
    assert "The scenario inn does not load, so that no conversation begins in it" in found.said
    assert "Live conversations of inn in its version 1.0.0: 3. Version 1.0.0 of" in found.said
    assert found.said.count("is not in the store, so that its conversations wait") == 1


def test_a_new_version_is_told(place: Inn, worker: Callable[..., Worker]) -> None:
    (place.folder / "new.yaml").write_text(INN.replace("1.0.0", "1.1.0").replace("asked", "were"))
    found = worker("new.yaml", "--store", place.url)
    found.wait_for("Ctrl-C ends it.")
    assert found.end() == 0
    assert "Live conversations of inn in its version 1.0.0: 2. They go on in it:" in found.said


@pytest.mark.slow  # a server of its own, which is asked ever more rarely while it is away
def test_a_server_that_goes_away_and_comes_back(
    place: Inn,
    worker: Callable[..., Worker],
) -> None:
    if postgres.program("initdb") is None:
        pytest.skip(postgres.MISSING)
    server = postgres.Server()
    try:
        url = server.url()
        let_wait(place, url)
        found = worker("--store", url)
        found.wait_for("timers fired")
        server.stop()
        found.wait_for("error: store unavailable error=StoreUnavailable")
        server.start()
        fired = found.said.count("timers fired")
        place.clock.advance(timedelta(days=1))

        async def again(host: Host) -> None:
            await host.open("marzipan", "inn")
            await host.submit("marzipan", Choose("take"))

        place.played(again, url)
        until = time.monotonic() + 30
        while found.said.count("timers fired") == fired and time.monotonic() < until:
            found.said, kept = "", found.said
            found.wait_for("timers fired")
            found.said = kept + found.said
        assert found.end() == 0
        assert found.said.count("timers fired") > fired
        assert not [word for word in PLANTED if word in found.said]
    finally:
        server.remove()


def test_prometheus_can_read_what_is_counted(place: Inn, worker: Callable[..., Worker]) -> None:
    let_wait(place)
    found = worker("--store", place.url, "--metrics", "0")
    found.wait_for("timers fired")
    found.wait_for("Ctrl-C ends it.")
    [address] = re.findall(r"Metrics are at (http://127\.0\.0\.1:\d+/metrics)\.", found.said)
    until = time.monotonic() + 30
    page = ""
    while "heartline_held" not in page:
        assert time.monotonic() < until, page
        page = urlopen(address, timeout=10).read().decode()  # noqa: S310
    assert re.search(r"^heartline_timers_fired_total [1-9]", page, re.MULTILINE)
    assert not [word for word in PLANTED if word in page]
    port = address.split(":")[2].split("/")[0]
    other = worker("--store", place.url, "--metrics", port)
    other.wait_for(f"Metrics cannot be served on port {port} of 127.0.0.1: address already in use")
    assert other.process.wait(30) == 1
    assert found.end() == 0


def test_metrics_without_their_package_say_what_to_install(
    place: Inn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert run(["run", "--store", place.url, "--metrics", "0"]) == 1
    assert "Metrics need prometheus-client: pip install 'heartline[watch]'." in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Say which store"),
        (["--store", "nope:x"], 2, "There is no store 'nope:x'"),
        (["--store", "memory:"], 2, "memory: is a store inside of one program"),
        (["--store", "sqlite:///none.db"], 1, "There is no file none.db"),
        (["nowhere", "--store", "sqlite:///none.db"], 1, "there is no file 'nowhere'"),
        (["--store", "sqlite:///none.db", "--speed", "0"], 2, "'0' is no speed: write a number"),
        (["--store", "sqlite:///none.db", "--speed", "inf"], 2, "'inf' is no speed"),
        (["--store", "sqlite:///none.db", "--metrics", "http"], 2, "'http' is no port: write a"),
        (["--store", "sqlite:///none.db", "--metrics", "70000"], 2, "'70000' is no port"),
        (["--store", "sqlite:///none.db", "--log", "xml"], 2, "'xml' is not one of"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], code: int, words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEARTLINE_STORE", raising=False)
    assert run(["run", *arguments]) == code
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "a name that was mistyped leaves no file"


def test_a_store_of_a_newer_program_is_refused(
    place: Inn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with contextlib.closing(sqlite3.connect(place.folder / "heartline.db")) as db:
        db.execute("PRAGMA user_version = 999")
    assert run(["run", "--store", place.url]) == 1
    assert "are of version 999" in capsys.readouterr().err


def test_a_scenario_makes_the_file_that_is_not_there(
    tmp_path: Path, worker: Callable[..., Worker]
) -> None:
    (tmp_path / "inn.yaml").write_text(INN)
    found = worker("inn.yaml", "--store", "sqlite:///new.db", "--speed", "86400")
    found.wait_for("This is a demonstration: a day of its time takes one second.")
    found.wait_for("Ctrl-C ends it.")
    assert found.end() == 0
    assert "0 conversations are live." in found.said


class TestDemonstrations:
    @pytest.fixture(autouse=True)
    def state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def clocks(self, url: str, *speeds: float | None) -> list[Any]:
        """The clocks of programs that run beside each other, and what they show at once."""

        async def main() -> list[Any]:
            async with contextlib.AsyncExitStack() as stack:
                found = []
                for speed in speeds:
                    clock = running_clock(lambda: open_store(url), speed)
                    found.append(await stack.enter_async_context(clock))
                    await asyncio.sleep(0.02)
                return [(clock, clock.now()) for clock in found]

        return asyncio.run(main())

    def test_without_a_speed_time_is_the_machines(self, place: Inn) -> None:
        [(clock, _)] = self.clocks(place.url, None)
        assert type(clock) is SystemClock

    def test_it_begins_where_the_last_one_ended_and_not_in_the_past(
        self,
        place: Inn,
    ) -> None:
        now = SystemClock().now()
        [(_, first)] = self.clocks(place.url, 86_400)
        assert now <= first < now + timedelta(days=300)
        place.clock.set(now + timedelta(days=4_000))
        let_wait(place)
        [(_, second)] = self.clocks(place.url, 86_400)
        assert timedelta(days=4_000) <= second - now < timedelta(days=4_300)

    def test_all_that_take_part_in_one_agree(self, place: Inn) -> None:
        (_, first), (_, second), (_, third) = self.clocks(place.url, 86_400, 86_400, 86_400)
        assert max(first, second, third) - min(first, second, third) < timedelta(hours=12)
        with pytest.raises(CallerError, match="is running at --speed 86400: take the same one"):
            self.clocks(place.url, 86_400, 3_600)
        self.clocks(place.url, 3_600)

    def test_where_no_file_can_be_kept_each_has_its_own(
        self,
        place: Inn,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
        [(clock, _)] = self.clocks(place.url, 86_400)
        assert type(clock) is FastClock

    def test_what_is_said_of_it(self) -> None:
        said = demonstrating.told
        assert said(SystemClock()) is None
        assert "a day of its time takes one second." in (said(FastClock(86_400)) or "")
        assert "3,600 seconds of its time take one second." in (said(FastClock(3_600)) or "")


def test_timers_fire_quickly_in_a_demonstration(
    tmp_path: Path, worker: Callable[..., Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    url = f"sqlite:///{tmp_path / 'a.db'}?synchronous=OFF"

    async def play() -> None:
        async with Host(url, [inn()]) as host:
            await host.open("Zanzibar", "inn")
            await host.submit("Zanzibar", Choose("take"))

    asyncio.run(play())
    found = worker("--store", url, "--speed", "86400")
    found.wait_for("timers fired")
    found.end()
