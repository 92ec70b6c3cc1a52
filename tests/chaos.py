"""Workers that are killed at random moments, and what must hold when they have been.

Two workers are fed the same inputs, in the same order, while their timers run and their parcels are
delivered. A process of its own forks them, so that a new one costs no start of Python and is killed
by who knows that it is its own. Each notes how far it has come; after a kill the next one repeats
some of what its predecessor had answers to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import IO

from heartline import Choose, loads
from heartline.errors import Contended, StoreUnavailable
from heartline.host import Host, Parcel, delivering, open_store

ROOT = Path(__file__).parents[1]
TIMERS = ("bell", "horn", "gong", "drum")
WORKERS = 2
CHUNK = 20  # inputs that are under way at once
REPEATED = 40  # inputs that are sent once more after a kill, though they had an answer

MILL = dedent(
    """\
    heartline: 1
    id: mill
    version: 1.0.0
    title: A mill
    cast:
      you: {name: You}
      mo: {name: Mo, played_by: engine}
    context:
      ground: {type: int, min: 0, max: 99, initial: 0}
      rung: {type: int, min: 0, max: 9, initial: 0}
      luck: {type: int, min: 0, max: 99, initial: 0}
    timers:
      bell: {length: 1s}
      gong: {length: 1s}
      horn: {length: 2s}
      drum: {length: 2s}
    states:
      mill:
        choices:
          grind: {say: "Sack {ground}.", do: ground += 1, to: asked}
          bell: {say: Wind the bell., do: start(bell)}
          gong: {say: Wind the gong., do: start(gong)}
          horn: {say: Wind the horn., do: start(horn)}
          drum: {say: Wind the drum., do: start(drum)}
        after:
          bell: {say: Ding., do: rung += 1}
          gong: {say: Dong., do: rung += 1}
          horn: {say: Toot., do: rung += 1}
          drum: {say: Boom., do: rung += 1}
      asked:
        choices:
          fine: {by: mo, say: [Fine flour., Finest flour.], weight: 3, do: luck += 1, to: mill}
          coarse: {by: mo, say: Coarse flour., weight: 2, to: mill}
    """
)


@dataclass(frozen=True)
class Plan:
    """How much is to happen: conversations, and inputs to each, the opening among them and those
    that start its timers."""

    conversations: int
    inputs: int
    timers: int

    @property
    def total(self) -> int:
        return self.conversations * self.inputs

    @property
    def ground(self) -> int:
        return self.inputs - 1 - self.timers

    def choices(self, conversation: int) -> list[str]:
        """What is chosen in a conversation, in this order."""
        found = ["grind"] * self.ground + list(TIMERS[: self.timers])
        random.Random(f"mill {conversation}").shuffle(found)
        return found


# A worker ---------------------------------------------------------------------------------------


async def send(host: Host, plan: Plan, number: int) -> None:
    """One input, until there is an answer to it."""
    place, conversation = divmod(number, plan.conversations)
    reference, key = f"c{conversation}", f"i{place}"
    while True:
        try:
            if place == 0:
                await host.open(reference, "mill", tell={"mo": f"r{conversation}"}, key=key)
            else:
                choice = plan.choices(conversation)[place - 1]
                await host.submit(reference, Choose(choice), key=key)
            return
        except (StoreUnavailable, Contended):
            await asyncio.sleep(0.02)


async def feed(host: Host, plan: Plan, progress: Path) -> None:
    """All inputs, beginning a little before where the last worker was ended."""
    done = come(progress)
    for first in range(max(done - REPEATED, 0) // CHUNK * CHUNK, plan.total, CHUNK):
        last = min(first + CHUNK, plan.total)
        async with asyncio.TaskGroup() as group:
            for number in range(first, last):
                group.create_task(send(host, plan, number))
        if last > done:
            new = progress.with_suffix(".new")
            new.write_text(str(last))
            new.replace(progress)


def come(progress: Path) -> int:
    """How far a worker has come."""
    try:
        return int(progress.read_text())
    except FileNotFoundError:
        return 0


async def work(url: str, folder: Path, number: int, plan: Plan) -> None:
    """A worker's life: it feeds a host and runs it, and when all is fed it runs on."""
    arrived = os.open(folder / "arrived", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def deliver(reference: str, parcel: Parcel) -> None:
        line = [parcel.id, reference, parcel.payload]
        os.write(arrived, json.dumps(line).encode() + b"\n")

    async def orphaned(parent: int) -> None:
        while os.getppid() == parent:
            await asyncio.sleep(0.5)
        os._exit(0)

    delivering._LEASE = 2.0  # what a killed worker had claimed is soon free again
    host = Host(url, [loads(MILL)], deliver=deliver)
    host.running.lease = 2.0
    host.running.look = 0.2
    while True:
        try:
            await host.__aenter__()
            break
        except StoreUnavailable:
            await asyncio.sleep(0.05)
    async with asyncio.TaskGroup() as group:
        group.create_task(orphaned(os.getppid()))
        group.create_task(host.run())
        await feed(host, plan, folder / f"progress-{number}")


def main(url: str, folder: Path, plan: Plan) -> None:
    """Fork and kill workers as stdin says, until it ends."""
    open_store(url)  # what a store needs is imported here, and not by each worker
    children: dict[int, int] = {}
    try:
        for line in sys.stdin:
            word, number = line.split()[0], int(line.split()[1])
            if word == "start":
                pid = os.fork()
                if pid == 0:
                    try:
                        asyncio.run(work(url, folder, number, plan))
                    except BaseException:  # noqa: BLE001 - the test shows it
                        new = folder / f"errors-{number}"
                        new.write_text(traceback.format_exc())
                        new.replace(folder / "errors")
                    finally:
                        os._exit(1)
                children[number] = pid
                print("started", flush=True)
            else:
                pid = children.pop(number)
                os.kill(pid, signal.SIGKILL)  # it is ours, and nobody has waited for it yet
                _, status = os.waitpid(pid, 0)
                print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)
    finally:
        for pid in children.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


# Whoever kills them -----------------------------------------------------------------------------


class Workers:
    """The workers, as the test sees them."""

    def __init__(self, url: str, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.kills = 0
        environment = {
            # What is measured here is what the killed leave behind, and not the lines they run.
            name: value
            for name, value in os.environ.items()
            if not name.startswith("COVERAGE_")
        }
        environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT / "engine", ROOT / "tests")))
        self._process = subprocess.Popen(
            [
                sys.executable, __file__, url, str(folder), str(plan.conversations),
                str(plan.inputs), str(plan.timers),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        for number in range(WORKERS):
            self._ask("start", number)

    def again(self, number: int) -> None:
        """Kill a worker, and start another in its place."""
        told = self._ask("kill", number)
        errors = self.folder / "errors"
        assert told == "killed", errors.read_text() if errors.exists() else told
        self.kills += 1
        self._ask("start", number)

    def come(self) -> list[int]:
        """How far each has come."""
        return [come(self.folder / f"progress-{number}") for number in range(WORKERS)]

    def end(self) -> None:
        """Kill them all."""
        with self._process:
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                pipe.close()

    def _ask(self, word: str, number: int) -> str:
        pipes: tuple[IO[str] | None, IO[str] | None] = self._process.stdin, self._process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        pipes[0].write(f"{word} {number}\n")
        pipes[0].flush()
        return pipes[1].readline().strip()


class TooLong(AssertionError):
    """It did not come to its end in time."""


def torment(
    url: str, folder: Path, plan: Plan, kills: int, *, limit: float, server: object = None,
    server_kills: int = 0,
) -> int:  # fmt: skip
    """Let the workers do all of it while they are killed; gives how many kills there were.

    Kills come when the workers have come so far, at random, and some milliseconds later; some come
    at once after another, when the next worker has hardly begun. Raises TooLong.
    """
    until = time.monotonic() + limit
    moments = random.Random(f"{url[:6]} {kills}")
    places = sorted(moments.randrange(WORKERS * plan.total) for _ in range(kills))
    killed_with = {kills * (each + 1) // (server_kills + 1) for each in range(server_kills)}
    workers = Workers(url, folder, plan)
    try:
        for number, place in enumerate(places):
            while sum(workers.come()) < place:
                _soon(until, workers)
            if number in killed_with:
                restart(server)
            early = moments.random() < 0.2  # hardly has it begun
            time.sleep(moments.random() * (0.01 if early else 0.05))
            workers.again(moments.randrange(WORKERS))
        while min(workers.come()) < plan.total:
            _soon(until, workers)
        asyncio.run(_quiet(url, until, workers))
    finally:
        workers.end()
    return workers.kills


def _soon(until: float, workers: Workers) -> None:
    errors = workers.folder / "errors"
    assert not errors.exists(), errors.read_text()
    if time.monotonic() > until:
        raise TooLong(f"They had come to {workers.come()} after {workers.kills} kills.")
    time.sleep(0.005)


async def _quiet(url: str, until: float, workers: Workers) -> None:
    """Wait until no timer runs and nothing is to be delivered."""
    async with open_store(url) as store:
        while (counts := await store.counts()).timers or counts.parcels:
            _soon(until, workers)
            await asyncio.sleep(0.1)


def restart(server: object) -> None:
    """End a PostgreSQL server hard, and start it again, as soon as what it left behind is gone."""
    for _ in range(50):
        server.kill()  # type: ignore[attr-defined]
        with contextlib.suppress(RuntimeError):
            server.start()  # type: ignore[attr-defined]
            return
        time.sleep(0.1)
    raise TooLong("The server did not start again.")


# What must hold ---------------------------------------------------------------------------------


async def check(url: str, folder: Path, plan: Plan) -> None:
    """Everything has happened once, the logs lead to what is stored, and all was delivered."""
    told: dict[str, str] = {}  # by the id of a parcel: to whom it was to come
    async with Host(url, [loads(MILL)]) as host:
        counts = await host.store.counts()
        assert (counts.conversations, counts.timers, counts.parcels, counts.parked) == (
            plan.conversations, 0, 0, 0,
        )  # fmt: skip
        for number in range(plan.conversations):
            reference = f"c{number}"
            record = await host.store.find(reference)
            assert record is not None
            entries = await host.store.log(record.id)
            kinds = Counter(entry.kind for entry in entries)
            assert (kinds["opened"], kinds["chose"]) == (1, plan.inputs - 1)
            keys = [entry.key for entry in entries if entry.kind != "fired"]
            assert sorted(map(str, keys)) == sorted(f"i{place}" for place in range(plan.inputs))
            fired = [each[0] for entry in entries for each in entry.data.get("timers", ())]
            assert sorted(fired) == sorted(TIMERS[: plan.timers])
            variables = json.loads(record.snapshot)["context"]
            assert variables["ground"] == plan.ground
            assert variables["rung"] == plan.timers
            assert await host.verify(reference) is None
            told |= {f"{record.id}:{entry.sequence}:0": f"r{number}" for entry in entries}
            await _repeat(host, plan, number, {entry.key: entry.sequence for entry in entries})
    _delivered(folder, told)


async def _repeat(
    host: Host, plan: Plan, conversation: int, sequences: dict[str | None, int]
) -> None:
    """One of the inputs once more: its answer is the first one."""
    place = 1 + conversation % (plan.inputs - 1)
    choice = Choose(plan.choices(conversation)[place - 1])
    again = await host.submit(f"c{conversation}", choice, key=f"i{place}")
    assert (again.repeated, again.sequence) == (True, sequences[f"i{place}"])


def _delivered(folder: Path, told: dict[str, str]) -> None:
    """All parcels have come, to the right reference and in their order; a repeat is the same."""
    came: dict[str, object] = {}
    latest: Counter[str] = Counter()
    for line in (folder / "arrived").read_text("utf-8").splitlines():
        name, reference, payload = json.loads(line)
        assert told[name] == reference
        if name in came:
            assert came[name] == payload
        else:
            came[name] = payload
            assert payload["sequence"] == latest[reference] + 1
            latest[reference] = payload["sequence"]
    assert came.keys() == told.keys()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Plan(*map(int, sys.argv[3:6])))
