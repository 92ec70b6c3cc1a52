"""How fast everything is found that can happen, beside SPIN and XState's shortest paths.

The models are generated (benchmarks/models.py), the same for all; before anything is compared, all
must have found the same number of configurations. SPIN and the exploration take turns. Seconds are
those of the processor: each of them is one thread's work.

What is compared is finding every configuration, breadth first. Ours asks in passing what its proof
needs to know (which guards were seen to hold and to fail, which changes were stopped at a bound);
SPIN checks for deadlocks in passing, and XState makes a path to each state.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import heartline
from benchmarks.harness import Missing
from benchmarks.models import SIZES, Model, model
from benchmarks.peers.paths import shortest_paths
from benchmarks.peers.spin import Spin, promela
from benchmarks.targets import Finding

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Graph

__all__ = ["findings"]

_ROOT = Path(__file__).resolve().parent.parent
_ROUNDS = {100_000: 7, 1_000_000: 3}  # of the largest model one: SPIN takes half a minute
_PATHS = (10_000, 100_000)
_MOST_SECONDS = 300  # for one search, whoever makes it
_MARKS, _SEARCHES = 4, 5  # which promises are searched for a play that breaks them, and how many
_MOST_MEMORY = 4 << 30  # bytes, for the flagship's graph

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Explored:
    configurations: int
    transitions: int
    seconds: float


def findings(flagship: Path | None, *, quick: bool, say: Say) -> list[Finding]:
    """What is promised of proofs; `say` is told who could not take part, and what was counted."""
    sizes = SIZES[:1] if quick else SIZES
    found: list[Finding] = []
    explored: dict[int, _Explored] = {}
    _explored(model(1_000))  # the first one loads numpy
    for size in sizes:
        _progress(f"beside SPIN, {_power(size)}")
        some, explored[size] = _beside_spin(model(size), _ROUNDS.get(size, 1), say)
        found += some
    if not quick:
        small, big = explored[SIZES[-2]], explored[SIZES[-1]]
        growth = (big.seconds / big.transitions) / (small.seconds / small.transitions)
        found.append(
            Finding(f"time per transition at {_power(SIZES[-1])} / at {_power(SIZES[-2])}",
                    growth, "x", at_most=1.5)
        )  # fmt: skip
    found.append(_with_moves(model(sizes[:2][-1])))
    found += _memory(sizes[-1], promised=not quick, say=say)
    for size in _PATHS[:1] if quick else _PATHS:
        _progress(f"beside XState, {_power(size)}")
        found += _beside_xstate(model(size), promised=size == _PATHS[-1], say=say)
    if flagship is not None and not quick:
        _progress("the flagship")
        found += _flagship(flagship, say)
    return found


def _progress(words: str) -> None:
    """Some of it takes minutes."""
    print(f"proofs: {words} ...", file=sys.stderr, flush=True)


def _power(size: int) -> str:
    return f"10^{len(str(size)) - 1}"


def _explored(given: Model, *, moves: bool = False) -> _Explored:
    from heartline.checking.exploring.explorer import Limits, explore

    machine = heartline.loads(given.yaml()).machine
    gc.collect()
    begun = time.process_time()
    graph = explore(machine, moves=moves, limits=Limits(seconds=_MOST_SECONDS))
    seconds = time.process_time() - begun
    assert graph.is_whole, f"The model of {given.size:,} was not explored to its end."
    return _Explored(len(graph), graph.transitions, seconds)


def _with_moves(given: Model) -> Finding:
    """What it takes to keep all moves too, as a proof of properties needs them."""
    ratios = [_explored(given, moves=True).seconds / _explored(given).seconds for _ in range(3)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    what = f"exploration that keeps the moves / without, {_power(given.size)}"
    return Finding(what, middle, "x", spread=(low, high))


# Beside others ----------------------------------------------------------------------------------


def _beside_spin(given: Model, rounds: int, say: Say) -> tuple[list[Finding], _Explored]:
    ours = [_explored(given)]
    count = ours[0].configurations
    ratios: list[float] = []
    try:
        with Spin(promela(given), count) as spin:
            for n in range(rounds):
                search = spin.search(_MOST_SECONDS)
                assert search.states == count, (
                    f"SPIN stores {search.states:,} states where {count:,} configurations were "
                    f"found in the model of {given.size:,}."
                )
                ours += [_explored(given)] if n or rounds == 1 else []
                ratios.append(search.seconds / ours[-1].seconds)
    except Missing as missing:
        say(str(missing))
    median = statistics.median(each.seconds for each in ours)
    explored = _Explored(count, ours[0].transitions, median)
    what = f"{count:,} configurations"
    found = [Finding(f"explore {what}", median, " s")]
    if ratios:
        low, middle, high = (
            statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        )
        found.append(
            Finding(f"SPIN / exploration, {what}", middle, "x",
                    at_least=8 if given.size == SIZES[-1] else None,
                    spread=(low, high) if len(ratios) > 1 else None)
        )  # fmt: skip
        say(
            f"SPIN stored {count:,} states of the model of {_power(given.size)}, as many as were "
            f"explored, in {search.megabytes:,.0f} MB, and took {search.transitions:,} transitions "
            f"(explored: {explored.transitions:,}; SPIN counts the way to the first state, too)."
        )
    return found, explored


def _beside_xstate(given: Model, *, promised: bool, say: Say) -> list[Finding]:
    ours = _explored(given)
    try:
        paths = shortest_paths(given, most_seconds=_MOST_SECONDS)
    except Missing as missing:
        say(str(missing))
        return []
    assert paths.states == ours.configurations, (
        f"XState finds {paths.states:,} states where {ours.configurations:,} configurations were "
        f"found in the model of {given.size:,}."
    )
    again = _explored(given)
    times = paths.seconds / min(ours.seconds, again.seconds)
    what = f"XState's shortest paths / exploration, {_power(given.size)}"
    return [Finding(what, times, "x", at_least=200 if promised else None)]


# In processes of their own ----------------------------------------------------------------------


def _memory(size: int, *, promised: bool, say: Say) -> list[Finding]:
    told = _child(say, "memory", str(size))
    if told is None:
        return []
    bound = 16 if promised else None
    what = f"a configuration of {told['configurations']:,}"
    return [
        Finding(f"peak memory for {what}", told["peak"] / told["configurations"], " B",
                at_most=bound),
        Finding(f"kept for {what}", told["kept"] / told["configurations"], " B", at_most=bound),
    ]  # fmt: skip


def _flagship(folder: Path, say: Say) -> list[Finding]:
    told = _child(say, "flagship", str(folder))
    if told is None:
        return []
    end = "all" if told["stopped"] is None else f"stopped by the limit of {told['stopped']}"
    say(
        f"The flagship, of every profile and input: {told['configurations']:,} configurations, "
        f"{told['transitions']:,} transitions ({end}), {told['proved']} of {told['properties']} "
        "properties proved."
    )
    share = 100 * told["proved"] / max(1, told["properties"])
    found = [Finding("properties of the flagship that are proved", share, " %", at_least=100)]
    if told["stopped"] is not None:
        return found
    found += [
        Finding("prove the flagship", told["waited"], " s", at_most=60),
        Finding("... of it exploration", told["took"], " s"),
        Finding("a full search for witnesses / exploration", told["searched"] / told["explored"],
                "x", at_most=1),
    ]  # fmt: skip
    if told.get("walked") is not None:
        say(
            f"SPIN stored {told['stored']:,} states on its walk along the flagship's graph, as "
            "many as were explored. It has no guards and no actions to work out there: it only "
            "keeps the set of numbers that it has met."
        )
        found.append(
            Finding("SPIN's bare walk along its graph / exploration",
                    told["walked"] / told["took"], "x")
        )  # fmt: skip
    elif told.get("missing"):
        say(told["missing"])
    return found


def _child(say: Say, *arguments: str) -> dict[str, Any] | None:
    """What a fresh process tells of its measuring; None where it could not."""
    command = [sys.executable, "-m", "benchmarks.proofs", *arguments]
    try:
        done = subprocess.run(
            command, cwd=_ROOT, capture_output=True, text=True, timeout=3 * _MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        say(f"Measuring {arguments[0]} was stopped after {3 * _MOST_SECONDS} seconds.")
        return None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        say(f"Measuring {arguments[0]} failed: {lines[-1][:300] if lines else 'no word'}")
        return None
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _tell_memory(size: int) -> dict[str, Any]:
    """The most that an exploration needed beyond what was there before it, and what it kept."""
    from heartline.checking.exploring.explorer import explore

    machine = heartline.loads(model(size).yaml()).machine
    explore(heartline.loads(model(1_000).yaml()).machine, moves=False)
    gc.collect()
    # Only Linux can be asked to measure the peak anew.
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = _peak()
    graph = explore(machine, moves=False)
    return {"configurations": len(graph), "peak": _peak() - before, "kept": graph.memory}


def _peak() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def _tell_flagship(folder: str) -> dict[str, Any]:
    """The proof of all that the flagship promises, and SPIN on its graph."""
    from benchmarks.peers.spinwalk import walk
    from heartline.checking.exploring.explorer import Limits
    from heartline.checking.proving.exploring import explored
    from heartline.checking.proving.outcome import judge
    from heartline.checking.proving.promises import PROVED

    scenario = heartline.load(folder)
    waited, worked = time.perf_counter(), time.process_time()
    graph, sliced = explored(scenario, None, (), Limits(memory=_MOST_MEMORY))
    took, exploring = time.perf_counter() - waited, time.process_time() - worked
    outcome = judge(scenario, graph, sliced=sliced)
    verdicts = [each.verdict for each in outcome.promises if each.verdict is not None]
    told: dict[str, Any] = {
        "waited": time.perf_counter() - waited,
        "took": took,
        "explored": exploring,
        "configurations": len(graph),
        "transitions": graph.transitions,
        "stopped": graph.stopped,
        "properties": len(verdicts),
        "proved": sum(verdict.verdict == PROVED for verdict in verdicts),
    }
    if not graph.is_whole:
        return told
    told["searched"] = _full_search(graph)
    try:
        search = walk(graph)
    except Missing as missing:
        return {**told, "missing": str(missing)}
    assert search.states == len(graph), f"SPIN's walk stores {search.states:,} states."
    return {**told, "walked": search.seconds, "stored": search.states}


def _full_search(graph: Graph) -> float:
    """How long it takes, in seconds of the processor, to follow every play for a promise that none
    breaks: the longest search that there is for a play that does. It is the longest of some
    promises with few marks; one that counts hundreds of turns takes many times as long."""
    from heartline.checking.patterns import is_monitored
    from heartline.checking.proving.atoms import Moments
    from heartline.checking.proving.marks import Standings
    from heartline.checking.proving.parts import Part
    from heartline.checking.proving.spreading import at_length, at_once

    moments = Moments(graph)
    found: list[float] = []
    for promise in filter(is_monitored, graph.machine.promises):
        begun = time.process_time()
        part = Part(moments, promise)
        table = Standings(promise, part.events)
        if len(table.marks) <= _MARKS and at_once(graph, part, table) is None:
            assert at_length(graph, part, table).broken is None
            found.append(time.process_time() - begun)
            if len(found) == _SEARCHES:
                break
    return max(found)


if __name__ == "__main__":
    tell, argument = sys.argv[1:]
    print(json.dumps(_tell_memory(int(argument)) if tell == "memory" else _tell_flagship(argument)))
