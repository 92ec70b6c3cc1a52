"""SPIN: the same models as Promela, and what its exhaustive search takes for them.

One process, one choice one step, with all that settles after it, so that a state of SPIN is a
configuration and nothing else: no channel, no local variable, no place between two choices. Each
leaf is a place of the process where it can stand, with one `do` for its choices, so that SPIN asks
the guards of no other leaf; a single `do`, with the leaf in a variable, took it a quarter longer.
Where nothing has to settle, a choice is a `d_step`; else `atomic`, which may jump.

How it is run, and why so:

 - `-DSAFETY`: only what safety needs; no second search, and a smaller stack.
 - `-DNOREDUCE`: no partial order reduction. There is one process, so there would be none to make.
 - `-DNOBOUNDCHECK`, `-DNOFAIR`: nothing is checked that we do not check.
 - no bitstate, no hash compaction, no collapse: all states, each kept in full, as ours are.
 - `-w`: the hash table has a place for each state from the beginning, so that it never grows; `-m`:
   the stack is as deep as the states are many and a little more, so that nothing is cut off (this
   is checked) and little is set aside for nothing.
 - depth first, as it does by itself; breadth first (`-DBFS`) took twice as long.

The time is that of the search, without making and compiling it, in seconds of the processor: it is
one thread's work, as ours is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.harness import Missing
from benchmarks.models import Change, Choice, Leaf, Model, Test

__all__ = ["FLAGS", "Search", "Spin", "promela", "versions"]

FLAGS = ("-O2", "-DSAFETY", "-DNOREDUCE", "-DNOBOUNDCHECK", "-DNOFAIR", "-DMEMLIM=16000")


@dataclass(frozen=True)
class Search:
    """What SPIN found, and what it took."""

    states: int
    transitions: int
    seconds: float
    megabytes: float


class Spin:
    """A Promela program of about so many states, compiled; `files` lie beside it.

    Raises Missing where SPIN or a C compiler is not installed.
    """

    def __init__(
        self,
        source: str,
        states: int,
        files: Mapping[str, bytes] | None = None,
        flags: Sequence[str] = FLAGS,
    ) -> None:
        for command in ("spin", "gcc"):
            if shutil.which(command) is None:
                raise Missing(f"SPIN is left out: {command} is not installed.")
        self._holder = tempfile.TemporaryDirectory(prefix="heartline-spin-")
        self._folder = Path(self._holder.name)
        self._bounds = (f"-w{max(16, states.bit_length())}", f"-m{states * 6 // 5 + 1_000}")
        (self._folder / "model.pml").write_text(source, "utf-8")
        for each, content in (files or {}).items():
            (self._folder / each).write_bytes(content)
        self._run(60, "spin", "-a", "model.pml")
        self._run(300, "gcc", *flags, "-o", "pan", "pan.c")

    def search(self, most_seconds: float = 300) -> Search:
        """Visit all states. Raises Missing where that takes longer."""
        before = _processor()
        said = self._run(most_seconds, "./pan", *self._bounds)
        seconds = _processor() - before
        if "errors: 0" not in said or "max search depth too small" in said:
            raise RuntimeError(f"SPIN did not search all of it:\n{said[:2000]}")
        return Search(
            int(_number(r"(\S+) states, stored", said)),
            int(_number(r"(\S+) transitions", said)),
            seconds,
            _number(r"(\S+)\s+total actual memory usage", said),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.cleanup()

    def _run(self, most_seconds: float, *command: str) -> str:
        try:
            done = subprocess.run(
                command, cwd=self._folder, capture_output=True, text=True, timeout=most_seconds
            )
        except subprocess.TimeoutExpired as slow:
            raise Missing(f"SPIN was stopped after {most_seconds:g} seconds.") from slow
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[:2000]}")
        return done.stdout


def versions() -> dict[str, str]:
    """The version of SPIN, where it is installed."""
    if shutil.which("spin") is None:
        return {}
    done = subprocess.run(["spin", "-V"], capture_output=True, text=True, timeout=60)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return {} if found is None else {"spin": found[0]}


def _processor() -> float:
    """What all processes that were waited for have taken."""
    times = os.times()
    return times.children_user + times.children_system


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"SPIN said nothing like {pattern!r}:\n{text[:2000]}")
    return float(found[1])


# The program ------------------------------------------------------------------------------------


def promela(model: Model) -> str:
    """The model as a Promela program."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: Model) -> Iterator[str]:
    for number in model.numbers:
        kind = "bit" if number.top == 1 else "byte"
        yield f"{kind} {number.name} = {number.initial};"
    yield "active proctype conversation() {"
    # A label that begins with "end" says that a conversation may stay here: no deadlock.
    for leaf in model.leaves:
        if leaf.final:
            yield f"end_{leaf.name}: do :: false od;"
        elif leaf.rests:
            yield f"end_{leaf.name}: do"
            yield from (f"  :: {_step(model, leaf, choice)}" for choice in leaf.choices)
            yield "od;"
    yield "}"


def _step(model: Model, leaf: Leaf, choice: Choice) -> str:
    """A choice as one step; nothing is stored before it has arrived."""
    guard = " && ".join(_open(leaf, choice)) or "true"
    done, arriving = _do(model, choice.do), _arrive(model, choice.to)
    if len(arriving) == 1 and arriving[0].startswith("goto"):
        return f"d_step {{ {'; '.join([guard, *done, 'skip'])} }}; {arriving[0]}"
    return f"atomic {{ {'; '.join([guard, *done, *arriving])} }}"


def _open(leaf: Leaf, choice: Choice) -> list[str]:
    """When a choice can be taken: a person's only where the engine has none to draw."""
    tests = [_test(test) for test in choice.when]
    drawn = [each for each in leaf.choices if each.engine and each.weight > 0]
    if choice.engine or not drawn:
        return tests
    either = " || ".join("(" + (_all(each.when) or "true") + ")" for each in drawn)
    return [*tests, f"!({either})"]


def _arrive(model: Model, name: str) -> list[str]:
    """What settles when a leaf is entered, and where that ends."""
    leaf = next(each for each in model.leaves if each.name == name)
    if leaf.final:  # of an end nothing counts but where it is
        return [*(f"{number.name} = 0" for number in model.numbers), f"goto end_{name}"]
    here = [f"goto end_{name}"]
    for way in reversed(leaf.always):
        taken = [*_do(model, way.do), *_arrive(model, way.to)]
        if not way.when:
            here = taken
            continue
        here = [f"if :: {_all(way.when)} -> {'; '.join(taken)} :: else -> {'; '.join(here)} fi"]
    return here


def _all(tests: tuple[Test, ...]) -> str:
    return " && ".join(map(_test, tests))


def _test(test: Test) -> str:
    return f"{test.name} {test.op} {test.value}"


def _do(model: Model, changes: tuple[Change, ...]) -> list[str]:
    return [_change(model, change) for change in changes]


def _change(model: Model, change: Change) -> str:
    name, by, top = change.name, change.value, model.number(change.name).top
    if change.op == "+=":
        return f"{name} = ({name} > {top - by} -> {top} : {name} + {by})"
    if change.op == "-=":
        return f"{name} = ({name} < {by} -> 0 : {name} - {by})"
    return f"{name} = {by}"
