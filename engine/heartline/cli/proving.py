"""Proofs on the command line: limits, progress, what is written. A part of `heartline check`.

Whatever needs numpy is imported when a proof is asked for, so that nothing else pays for it.
"""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.checking.lint import check
from heartline.checking.report import read_sources
from heartline.cli.group import version
from heartline.cli.guard import DONE, FINDINGS, INTERRUPTED
from heartline.cli.screen import colourful, columns
from heartline.conversation import load
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.checking.exploring.explorer import Limits, Progress
    from heartline.checking.proving.outcome import Outcome
    from heartline.conversation import Scenario
    from heartline.plan import Promise

__all__ = ["Asked", "clear", "limits", "needs_arrays", "persons_of", "prove", "reporting", "size"]

EVERYBODY = "all"
LEAST_MEMORY = 256 << 20  # bytes; with less than that nothing can be said
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]?)i?b?\Z", re.IGNORECASE)


# Seconds after which a thread leaves the interpreter to another: what arrays do is short, and who
# comes back from it should not have to wait long.
_SWITCH = 0.0005


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as the options describe it."""

    scenario: str
    form: str = "text"
    most: int | None = None
    seconds: float | None = None
    memory: int | None = None
    persons: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    write: Path | None = None


def prove(asked: Asked) -> int:
    """Explore a scenario, decide what it promises, say what came of it; gives the exit code."""
    needs_arrays()
    from heartline.checking.proving.exploring import explored
    from heartline.checking.proving.outcome import judge

    begun = time.monotonic()
    sys.setswitchinterval(_SWITCH)
    linted = check(find_scenario(Path(asked.scenario)))
    scenario = load(asked.scenario)  # raises where lint found errors
    only = _promises(scenario, asked.only)
    report = reporting()
    bounds = limits(asked)
    graph, sliced = explored(scenario, only, persons_of(scenario, asked.persons), bounds, report)
    clear()
    outcome = judge(scenario, graph, only=only, linted=linted, sliced=sliced)
    outcome = outcome.after(time.monotonic() - begun)
    _print(outcome, asked)
    if asked.write is not None:
        from heartline.cli.counterexamples import write

        for sentence in write(outcome, asked.scenario, asked.write):
            click.echo(sentence, err=True)
    if graph.stopped == "interrupt":
        return INTERRUPTED
    return DONE if outcome.is_good else FINDINGS


def _print(outcome: Outcome, asked: Asked) -> None:
    from heartline.checking.proving import summary

    if asked.form == "json":
        click.echo(summary.as_json(outcome), nl=False)
    elif asked.form == "sarif":
        click.echo(summary.as_sarif(outcome, version()), nl=False)
    else:
        colour = colourful()
        hint = ""
        if asked.write is None:
            hint = (
                "With --write FOLDER each of these plays is written as a test, and as a script "
                "for heartline play."
            )
        text = summary.as_text(
            outcome, read_sources(outcome.diagnostics), colour=colour, width=columns(), play=hint
        )
        click.echo(text, nl=False, color=colour)


def needs_arrays(what: str = "A proof needs") -> None:
    """Refuse, with a sentence, where numpy or scipy is not installed."""
    missing = [name for name in ("numpy", "scipy") if find_spec(name) is None]
    if missing:
        raise click.UsageError(
            f"{what} {' and '.join(missing)}, which this Python does not have: "
            "pip install 'heartline[prove]'"
        )


def _promises(scenario: Scenario, names: Sequence[str]) -> tuple[Promise, ...] | None:
    """The promises with these names; None where none are named."""
    known = {promise.name: promise for promise in scenario.machine.promises}
    for name in names:
        if name not in known:
            from heartline.diagnostics import did_you_mean

            hint = did_you_mean(name, known)
            rest = f"; {hint}" if hint else f"; it has {', '.join(known) or 'none'}."
            raise click.UsageError(f"There is no property {name[:60]!r} in {scenario.id}{rest}")
    return tuple(known[name] for name in dict.fromkeys(names)) or None


def persons_of(scenario: Scenario, asked: Sequence[str]) -> tuple[str, ...]:
    """The roles of the engine whose seats persons take."""
    roles = scenario.machine.roles
    if EVERYBODY in asked and EVERYBODY not in roles:
        return tuple(role for role in roles if roles[role].engine)
    return tuple(asked)


# Limits -----------------------------------------------------------------------------------------


def limits(asked: Asked) -> Limits:
    """Where to stop; without a limit of memory, at half of what the machine has free."""
    from heartline.checking.exploring.explorer import Limits

    memory = asked.memory
    if memory is None:
        free = _free_memory()
        memory = None if free is None else max(free // 2, LEAST_MEMORY)
    return Limits(asked.most, asked.seconds, memory)


def _free_memory() -> int | None:
    """How many bytes programs can still get without harm; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        import os

        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def size(text: str) -> int:
    """A size such as 2GB or 512MB, in bytes; raises ValueError with a sentence."""
    found = _SIZE.match(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a size: write a number and a unit, as in 2GB.")
    return int(float(found[1]) * _UNITS[found[2].lower()])


# Progress ---------------------------------------------------------------------------------------


def reporting() -> Callable[[Progress], None] | None:
    """What shows how far an exploration is: nothing, where nobody looks."""
    if not sys.stderr.isatty():
        return None
    shown = 0.0

    def report(progress: Progress) -> None:
        nonlocal shown
        if progress.seconds - shown < 0.1:
            return
        shown = progress.seconds
        rate = progress.configurations / progress.seconds
        text = (
            f"{progress.configurations:,} configurations, {rate:,.0f} a second, "
            f"{progress.depth:,} moves deep"
        )
        click.echo(f"\r\x1b[K{text[: columns() - 1]}", err=True, nl=False)

    return report


def clear() -> None:
    """Take the line of progress away."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
