"""Turns of conversations that are stored, beside the bare INSERT;COMMIT in the same file or server.

What a turn does: look up, check for a repeat, step, render, append to the log, store the snapshot,
commit. The bare program puts one short row into a table of its own. Both take turns, for half a
second each, with as many callers at once on either side. Rates of one machine say little: what is
promised are the ratios, and turns in a second of the processor, which others cannot take away.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bulk import copies
from benchmarks.targets import Finding
from heartline import Choose, ManualClock, Scenario, loads
from heartline.host import Host

__all__ = ["findings"]

CONNECTIONS = 16
TEMPLATES = 8
_ROOT = Path(__file__).resolve().parent.parent
_ROW = "x" * 100

LETTERS = """\
heartline: 1
id: letters
version: 1.0.0
title: Letters
cast:
  you: {name: You}
  mo: {name: Mo, played_by: engine}
context:
  letters: {type: int, min: 0, max: 99, initial: 0}
timers:
  spring: {length: 90d}
states:
  begin:
    entry: {do: start(spring)}
    choices: {write: {say: "Dear Mo, here I am.", to: home}}
  home:
    choices:
      write: {say: "This is the letter after {letters} others.", do: letters += 1, to: sent}
      leave: {to: gone}
    after: {spring: {say: [{mo: It is spring.}], to: gone}}
  sent:
    choices:
      write: {say: [{mo: "Thank you, I have them all."}], to: home}
    after: {spring: {say: [{mo: It is spring.}], to: gone}}
  gone: {type: final, outcome: gone}
"""

Rate = Callable[[float], Awaitable[float]]


class Place(NamedTuple):
    """Where conversations are kept: the URL of the host's store, and a bare program beside it."""

    name: str
    url: str
    bare: Callable[[float, int], Awaitable[float]]


def findings(*, quick: bool, million: bool, say: Callable[[str], None]) -> list[Finding]:
    """All of it; where there is no PostgreSQL, `say` is told so and it is left out."""
    results = _ROOT / "benchmarks" / "results"  # on a disk, as conversations are
    results.mkdir(exist_ok=True)
    found: list[Finding] = []
    with tempfile.TemporaryDirectory(dir=results) as folder:
        for safety in ("FULL", "NORMAL"):
            place = _sqlite(Path(folder), safety)
            found += asyncio.run(_beside(place, quick, 1, 0.7 if safety == "FULL" else 0.25))
            found += asyncio.run(_beside(place, quick, CONNECTIONS, None))
        found.append(
            asyncio.run(_timers([_sqlite(Path(folder), "NORMAL") for _ in range(3)], quick))
        )
        found.append(_together([_sqlite(Path(folder), "NORMAL") for _ in range(3)], quick))
        if million:
            found += asyncio.run(
                _million(_sqlite(Path(folder), "NORMAL"), _sqlite(Path(folder), "NORMAL"), quick)
            )
    try:
        server = _server()
    except (ImportError, FileNotFoundError) as error:
        say(f"PostgreSQL is left out: {error}")
        return found
    try:
        found += asyncio.run(_beside(_postgres(server), quick, CONNECTIONS, 0.4))
        found.append(asyncio.run(_timers([_postgres(server) for _ in range(3)], quick)))
        found.append(_together([_postgres(server) for _ in range(3)], quick))
        if million:
            found += asyncio.run(_million(_postgres(server), _postgres(server), quick))
    finally:
        server.remove()
    return found


# Places -------------------------------------------------------------------------------------------


def _sqlite(folder: Path, safety: str) -> Place:
    path = Path(tempfile.mkdtemp(dir=folder)) / "heartline.db"

    async def bare(seconds: float, _callers: int) -> float:
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute(f"PRAGMA synchronous = {safety}")
            db.execute("CREATE TABLE IF NOT EXISTS bare (number INTEGER PRIMARY KEY, data TEXT)")
            many, began = 0, time.perf_counter()
            while time.perf_counter() - began < seconds:
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO bare (data) VALUES (?)", (_ROW,))
                db.execute("COMMIT")
                many += 1
            return many / (time.perf_counter() - began)
        finally:
            db.close()

    return Place(f"SQLite {safety}", f"sqlite:///{path}?synchronous={safety}", bare)


def _postgres(server: Any) -> Place:
    url = server.url(f"pool={CONNECTIONS}")

    async def bare(seconds: float, callers: int) -> float:
        import asyncpg

        where = url.replace(f"&pool={CONNECTIONS}", "")
        connections = [await asyncpg.connect(where) for _ in range(callers)]
        await connections[0].execute(
            "CREATE TABLE IF NOT EXISTS bare (number bigserial PRIMARY KEY, data text)"
        )
        inserts = [
            await each.prepare("INSERT INTO bare (data) VALUES ($1)") for each in connections
        ]

        async def insert(statement: Any) -> int:
            many = 0
            while time.perf_counter() - began < seconds:
                await statement.fetch(_ROW)
                many += 1
            return many

        began = time.perf_counter()
        many = sum(await asyncio.gather(*map(insert, inserts)))
        elapsed = time.perf_counter() - began
        for each in connections:
            await each.close()
        return many / elapsed

    return Place("PostgreSQL", url, bare)


def _server() -> Any:
    """A server of its own, as the tests have theirs, but one that keeps a commit through a power
    cut. Raises FileNotFoundError where its programs are not installed."""
    sys.path.insert(0, str(_ROOT / "tests"))
    import importlib

    return importlib.import_module("postgres").Server(
        {"max_connections": "60", "shared_buffers": "256MB", "max_wal_size": "4GB"}
    )


# Turns --------------------------------------------------------------------------------------------


def _scenario() -> Scenario:
    return loads(LETTERS)


def _turns(host: Host, names: Sequence[str], callers: int) -> Rate:
    """Turns in a second, for some seconds: each caller has its own conversations, drawn at
    random."""

    async def rate(seconds: float) -> float:
        async def call(part: Sequence[str], drawn: random.Random) -> int:
            many = 0
            while time.perf_counter() - began < seconds:
                await host.submit(drawn.choice(part), Choose("write"))
                many += 1
            return many

        began = time.perf_counter()
        calls = [call(names[each::callers], random.Random(each)) for each in range(callers)]
        return sum(await asyncio.gather(*calls)) / (time.perf_counter() - began)

    return rate


async def _beside(place: Place, quick: bool, callers: int, promise: float | None) -> list[Finding]:
    """Turns beside bare commits: their ratio, and turns in a second."""
    rounds, seconds = (3, 0.2) if quick else (11, 0.5)
    async with Host(place.url, [_scenario()], clock=ManualClock()) as host:
        names = [f"{callers}-{number}" for number in range(1000)]
        for name in names:
            await host.open(name, "letters", seed=7)
        rate = _turns(host, names, callers)
        await rate(seconds)
        await place.bare(seconds, callers)
        ratios, turns, processor = [], [], []
        for _ in range(rounds):
            cpu = time.process_time()
            turns.append(await rate(seconds))
            processor.append(turns[-1] * seconds / (time.process_time() - cpu))
            ratios.append(turns[-1] / await place.bare(seconds, callers))
    who = place.name + (f", {callers} at once" if callers > 1 else "")
    found = [
        _finding(f"{who}: turns / bare commits", ratios, "x", at_least=promise),
        _finding(f"{who}: turns", turns, "/s"),
    ]
    if place.url.startswith("sqlite"):
        least = 10_000 if "NORMAL" in place.name else None
        found.append(_finding(f"{who}: turns of a core", processor, "/s", at_least=least))
    return found


def _finding(what: str, measured: list[float], unit: str, **promised: Any) -> Finding:
    low, median, high = statistics.quantiles(measured, n=4, method="inclusive")
    return Finding(what, median, unit, spread=(low, high), **promised)


# Many conversations -------------------------------------------------------------------------------


async def _filled(place: Place, many: int) -> list[str]:
    """Conversations with a timer each, copied from a few that were played."""
    clock = ManualClock()
    async with Host(place.url, [_scenario()], clock=clock) as host:
        templates = []
        for number in range(TEMPLATES):
            answer = await host.open(f"template-{number}", "letters", seed=number)
            templates.append(answer.conversation)
            for _ in range(number % 4 + 1):
                await host.submit(answer.conversation, Choose("write"))
    return await copies(place.url, templates, many)


async def _timers(places: Sequence[Place], quick: bool) -> Finding:
    """Timers that fire as sets, all of them due; in a new store each time."""
    many = 2_000 if quick else 20_000
    rates = []
    for place in places:
        await _filled(place, many)
        clock = ManualClock()
        async with Host(place.url, [_scenario()], clock=clock) as host:
            clock.advance(timedelta(days=91))
            fired, began = 0, time.perf_counter()
            while now := await host.fire_due(1000):
                fired += now
            rates.append(fired / (time.perf_counter() - began))
            assert fired >= many
    name = places[0].name.split()[0]
    return _finding(f"{name}: timers fired", rates, "/s", at_least=20_000)


def _together(places: Sequence[Place], quick: bool) -> Finding:
    """The same with two workers, each a process of its own."""
    rates = []
    for place in places:
        asyncio.run(_filled(place, 2_000 if quick else 20_000))
        command = [sys.executable, "-m", "benchmarks.durable", "fire", place.url]
        workers = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
            )
            for _ in range(2)
        ]
        for each in workers:
            _heard(each)  # it is ready
        began = time.perf_counter()
        for each in workers:
            _begin(each)
        fired = sum(int(_heard(each)) for each in workers)
        rates.append(fired / (time.perf_counter() - began))
        for each in workers:
            each.communicate()
    name = places[0].name.split()[0]
    return _finding(f"{name}: timers fired by two workers", rates, "/s")


def _heard(worker: subprocess.Popen[str]) -> str:
    """The next line that a worker says."""
    assert worker.stdout is not None
    return worker.stdout.readline()


def _begin(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None
    worker.stdin.write("\n")
    worker.stdin.flush()


async def _fire(url: str) -> None:
    """A worker: when it is told to, it lets all timers fire."""
    clock = ManualClock()
    async with Host(url, [_scenario()], clock=clock) as host:
        clock.advance(timedelta(days=91))
        print("ready", flush=True)
        sys.stdin.readline()
        fired = 0
        while now := await host.fire_due(1000):
            fired += now
        print(fired, flush=True)


async def _million(place: Place, beside: Place, quick: bool) -> list[Finding]:
    """A million conversations beside a thousand."""
    many = 20_000 if quick else 1_000_000
    rounds, seconds = (3, 0.3) if quick else (7, 1.0)
    callers = 1 if "SQLite" in place.name else CONNECTIONS
    names = await _filled(place, many)
    few = await _filled(beside, 1000)
    clock = ManualClock()
    async with (
        Host(place.url, [_scenario()], clock=clock) as large,
        Host(beside.url, [_scenario()], clock=clock) as small,
    ):
        rates = _turns(small, few, callers), _turns(large, names[:1000], callers)
        every = _turns(large, names, callers)
        for rate in (*rates, every):
            await rate(seconds)
        same, any_of_them = [], []
        for _ in range(rounds):
            base = await rates[0](seconds)
            same.append(await rates[1](seconds) / base)
            any_of_them.append(await every(seconds) / base)
    worker = _worker(place.url, seconds * 10)
    who = f"{place.name}, {many:,} conversations"
    return [
        _finding(f"{who}: turns in 1,000 of them / alone", same, "x", at_least=0.7),
        _finding(f"{who}: turns in any / in 1,000 alone", any_of_them, "x"),
        Finding(f"{who}: start of a worker", worker["start"], " s", at_most=5),
        Finding(f"{who}: memory of a worker", worker["memory"], " MB", at_most=300),
    ]


def _worker(url: str, seconds: float) -> dict[str, float]:
    """How a worker of its own begins, and how large it gets."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.durable", url, str(seconds)],
        check=True, capture_output=True, text=True, cwd=_ROOT,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


async def _work(url: str, seconds: float) -> None:
    """A worker: it starts, runs, and answers in any conversation for a while."""
    began = time.perf_counter()
    async with Host(url, [_scenario()], clock=ManualClock()) as host:
        start = time.perf_counter() - began
        running = asyncio.create_task(host.run())
        names = []
        async for record in host.store.records(_live()):
            names.append(record.id)
            if len(names) == 50_000:
                break
        await _turns(host, names, CONNECTIONS)(seconds)
        running.cancel()
        await asyncio.wait([running])
    print(json.dumps({"start": start, "memory": _peak()}))


def _peak() -> float:
    """The most memory that this program had, in MB. What `getrusage` says begins with that of the
    program that started it, so it is asked for only where there is nothing better."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _live() -> Any:
    from heartline.host.values import LIVE, Filter

    return Filter(status=LIVE)


if __name__ == "__main__":
    if sys.argv[1] == "fire":
        asyncio.run(_fire(sys.argv[2]))
    else:
        asyncio.run(_work(sys.argv[1], float(sys.argv[2])))
