"""`heartline odds`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.checking.odds.policies import HEAVIEST, Policy, read_rules, weights
from heartline.cli.guard import DONE, FINDINGS, INTERRUPTED
from heartline.cli.names import Number, ScenarioName, Size
from heartline.cli.proving import Asked, clear, limits, needs_arrays, reporting
from heartline.conversation import load
from heartline.diagnostics import did_you_mean
from heartline.errors import InputError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.checking.exploring.graph import Graph
    from heartline.checking.odds.policies import Rule
    from heartline.machine import Machine

__all__ = ["command"]

MOST_CONFIGURATIONS = 10**12
MOST_BEGINNINGS = 1_000
MOST_BYTES = 1_000_000  # of a policy file


@click.command(
    "odds",
    epilog="""\b
Examples:
  heartline odds breaking_bad_news
  heartline odds breaking_bad_news --by wants --best informed
  heartline odds my_scenario --policy polite.txt --weight wait=0.1
  heartline odds my_scenario --max-seconds 60 --format json

A policy file has rules such as "kitchen: sweeten 2, drink": what persons do in a state. The result
goes to standard output, progress to standard error where that is a terminal. Exit codes: 0 when
all was looked at and every play comes to an end; 1 when plays can get stuck or never end, when a
limit was reached, and for a faulty scenario; 2 for usage; 130 after Ctrl-C.""",
)
@click.argument("scenario", type=ScenarioName())
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help="Begin with this value of an input. Repeatable.",
)  # fmt: skip
@click.option(
    "--by", multiple=True, metavar="NAME",
    help="A table for each value of this input. Repeatable.",
)  # fmt: skip
@click.option(
    "--as", "seats", multiple=True, metavar="ROLE",
    help="Let a person choose for this role, in place of the engine. Repeatable.",
)  # fmt: skip
@click.option(
    "--weight", "weighed", multiple=True, metavar="NAME=NUMBER",
    help="How often persons take a choice, against 1 for all others. NAME is a choice, a tag of "
    "choices, an event, a timer that is waited for, or wait for all of these; what weighs 0 is "
    "taken where there is nothing else. Repeatable.",
)  # fmt: skip
@click.option(
    "--policy", "policy_file", metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Play by the rules of this file where it has one.",
)  # fmt: skip
@click.option("--events", is_flag=True, help="Send events too, each like a choice.")
@click.option(
    "--best", multiple=True, metavar="OUTCOME",
    help="Show what persons do who make this outcome as likely as can be. Repeatable.",
)  # fmt: skip
@click.option(
    "--worst", multiple=True, metavar="OUTCOME",
    help="Show what persons do who make it as unlikely as can be. Repeatable.",
)  # fmt: skip
@click.option(
    "--max-configurations", "most", type=Number(1, MOST_CONFIGURATIONS), metavar="NUMBER",
    help="Stop exploring at so many configurations.",
)  # fmt: skip
@click.option(
    "--max-seconds", "seconds", type=click.FloatRange(min=0), metavar="SECONDS",
    help="Stop exploring after so long.",
)  # fmt: skip
@click.option(
    "--max-memory", "memory", type=Size(), metavar="SIZE",
    help="Stop exploring at this size, as in 2GB; without it, at half of what is free.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="For people or for programs.",
)  # fmt: skip
def command(
    scenario: str,
    settings: tuple[str, ...],
    by: tuple[str, ...],
    seats: tuple[str, ...],
    weighed: tuple[str, ...],
    policy_file: Path | None,
    events: bool,
    best: tuple[str, ...],
    worst: tuple[str, ...],
    most: int | None,
    seconds: float | None,
    memory: int | None,
    form: str,
) -> int:
    """Work out exactly how plays of a scenario end.

    SCENARIO is the name of one that came along, a folder with a scenario.yaml, or a file. Prints
    the chance of each outcome, where the engine's roles draw by weight and persons take anything
    that is open, time included, as often as anything else, or follow a policy; how many turns and
    days it takes; and the worst and the best that persons can do for each outcome.
    """
    needs_arrays("Exact chances need")
    from heartline.checking.odds.odds import beginnings, odds_of
    from heartline.checking.odds.oddsreport import as_json, as_text, is_clean

    machine = load(scenario).machine
    wanted = [(name, largest) for names, largest in ((best, True), (worst, False))
              for name in _outcomes(machine, names)]  # fmt: skip
    try:
        policy = Policy(
            weights(machine, _weights(weighed)),
            _rules(machine, policy_file),
            events,
        )
        begins = beginnings(machine, dict(_pairs("--set", settings)), tuple(dict.fromkeys(by)))
        if len(begins) > MOST_BEGINNINGS:
            raise InputError(
                f"These are {len(begins):,} beginnings; {MOST_BEGINNINGS:,} can be told together."
            )
        graph = _explored(
            machine, [inputs for _, inputs in begins], seats,
            Asked(scenario, form, most, seconds, memory),
        )  # fmt: skip
    except InputError as refusal:
        raise click.UsageError(str(refusal)) from None
    if graph.begun is None:
        if graph.stopped == "interrupt":
            return INTERRUPTED
        raise ScenarioError(
            f"{machine.id} was stopped before it began: allow it more."
            if graph.stopped
            else f"{machine.id} loops before anybody can move; heartline check says where."
        )
    if (graph.begun < 0).any():
        raise ScenarioError(f"{machine.id} loops before anybody can move, for some inputs.")
    told = [(told, int(node)) for (told, _), node in zip(begins, graph.begun, strict=True)]
    odds = odds_of(graph, told, policy, wanted)
    click.echo((as_json if form == "json" else as_text)(odds), nl=False)
    if graph.stopped == "interrupt":
        return INTERRUPTED
    return DONE if is_clean(odds) else FINDINGS


def _explored(
    machine: Machine, inputs: Sequence[Mapping[str, object]], seats: Sequence[str], asked: Asked
) -> Graph:
    from heartline.checking.exploring.coding import Coding
    from heartline.checking.exploring.explorer import explore
    from heartline.checking.odds.odds import columns_of

    columns = columns_of(machine, Coding(machine), inputs)
    graph = explore(
        machine, persons=seats, any_time=False, inputs=columns, limits=limits(asked),
        progress=reporting(),
    )  # fmt: skip
    clear()
    return graph


def _rules(machine: Machine, file: Path | None) -> tuple[Rule, ...]:
    if file is None:
        return ()
    with file.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(f"{file} is too long for a policy: more than {MOST_BYTES:,} bytes.")
    try:
        return read_rules(machine, data.decode("utf-8-sig"), str(file))
    except UnicodeDecodeError:
        raise InputError(f"{file} is not written in UTF-8.") from None


def _outcomes(machine: Machine, names: Sequence[str]) -> list[str]:
    known = {leaf.outcome or name: 0 for name, leaf in machine.leaves.items() if leaf.final}
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise click.UsageError(
                f"{machine.id} has no outcome {name[:60]!r}"
                + (f"; {hint}" if hint else f"; it has {', '.join(known) or 'none'}.")
            )
    return list(names)


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            form = "NAME=VALUE" if option == "--set" else "NAME=NUMBER"
            raise click.UsageError(f"{option} takes {form}, and {each[:60]!r} is none.")
        pairs.append((name.strip(), value.strip()))
    return pairs


def _weights(given: Sequence[str]) -> dict[str, float]:
    found = {}
    for name, text in _pairs("--weight", given):
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not 0 <= weight <= HEAVIEST:
            raise click.UsageError(
                f"--weight {name[:60]} takes a number from 0 to {HEAVIEST}, not {text[:40]!r}."
            )
        found[name] = weight
    return found
