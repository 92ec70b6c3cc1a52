"""`heartline simulate`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heartline.checking.odds.policies import HEAVIEST
from heartline.cli.guard import DONE, FINDINGS, INTERRUPTED
from heartline.cli.names import Number, ScenarioName
from heartline.conversation import load
from heartline.errors import InputError
from heartline.testing.walks.simreport import as_json, as_text, script
from heartline.testing.walks.simulating import simulate
from heartline.testing.walks.walking import Plan, Walker
from heartline.wholefiles import replace_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from heartline.conversation import Scenario
    from heartline.testing.walks.simulating import Tally
    from heartline.testing.walks.walking import Walk

__all__ = ["command"]

MOST_WALKS = 100_000_000
MOST_TURNS = 1_000_000
BAR = 30  # characters of the progress bar


@click.command(
    "simulate",
    epilog="""\b
Examples:
  heartline simulate reconciliation -n 10000 --seed 1
  heartline simulate reconciliation --weight stop=0 --weight let_go=0.1 --vary profile
  heartline simulate my_scenario --script stuck.txt --format json
  heartline simulate my_scenario --seed 1 --play 4711 --script play.txt

The result goes to standard output, a progress bar to standard error where that is a terminal.
Ctrl-C stops, and shows what was played until then. Exit codes: 0 when every play came to an
end; 1 when one got stuck, and for a faulty scenario; 2 for usage; 130 after Ctrl-C.""",
)
@click.argument("scenario", type=ScenarioName())
@click.option(
    "-n", "walks", type=Number(1, MOST_WALKS), default=1000, show_default=True,
    metavar="NUMBER", help="How many plays.",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="NUMBER",
    help="Decides all that is left to chance.",
)  # fmt: skip
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE",
    help="Begin each play with this value of an input. Repeatable.",
)  # fmt: skip
@click.option(
    "--vary", multiple=True, metavar="NAME",
    help="Begin each play with any value of this input, by chance. Repeatable.",
)  # fmt: skip
@click.option(
    "--as", "seats", multiple=True, metavar="ROLE",
    help="Let a person choose for this role, in place of the engine. Repeatable.",
)  # fmt: skip
@click.option(
    "--weight", "weights", multiple=True, metavar="NAME=NUMBER",
    help="How often persons take a choice, against 1 for all others. NAME is a choice, a tag of "
    "choices, an event, a timer that is waited for, or wait for all of these; what weighs 0 is "
    "taken where there is nothing else. Repeatable.",
)  # fmt: skip
@click.option("--events", is_flag=True, help="Send events too, each like a choice.")
@click.option(
    "--most-turns", type=Number(1, MOST_TURNS), default=1000, show_default=True,
    metavar="NUMBER", help="A play that has come to no end after so many turns is stuck.",
)  # fmt: skip
@click.option(
    "--script", "script_file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the first play that gets stuck as a script for heartline play.",
)  # fmt: skip
@click.option(
    "--play", type=Number(0, MOST_WALKS), metavar="NUMBER",
    help="Only make this one of the plays again, and print it, or write it with --script.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="For people or for programs.",
)  # fmt: skip
def command(
    scenario: str,
    walks: int,
    seed: int,
    settings: tuple[str, ...],
    vary: tuple[str, ...],
    seats: tuple[str, ...],
    weights: tuple[str, ...],
    events: bool,
    most_turns: int,
    script_file: Path | None,
    play: int | None,
    form: str,
) -> int:
    """Play a scenario many times at random, and count what happens.

    SCENARIO is the name of one that came along, a folder with a scenario.yaml, or a file. The
    engine's roles draw by weight; persons choose among all that is open, and time goes on to the
    next deadline as often as one of the choices is taken. Prints how often each state and choice
    was met, which never, how plays end and how long they are.
    """
    plan = Plan(
        seed, _settings(settings), vary, seats,
        {name: _weight(name, text) for name, text in _pairs("--weight", weights)},
        events, most_turns,
    )  # fmt: skip
    loaded = load(scenario)
    try:
        walker = Walker(loaded.machine, plan)
    except InputError as refusal:
        raise click.UsageError(str(refusal)) from None
    if play is not None:
        return _one(loaded, walker.walk(play), plan, scenario, script_file)
    with _Interrupted() as interrupted:
        tally = simulate(walker, walks, _reporting(walks, interrupted))
    _clear_bar()
    unfinished = tally.walks < walks
    told = as_json if form == "json" else as_text
    click.echo(told(loaded.machine, plan, tally, unfinished=unfinished), nl=False)
    if script_file is not None:
        _write_stuck(loaded, tally, plan, scenario, script_file)
    if unfinished:
        return INTERRUPTED
    return FINDINGS if tally.first_stuck is not None else DONE


def _one(scenario: Scenario, walk: Walk, plan: Plan, name: str, file: Path | None) -> int:
    text = script(scenario.machine, plan, walk, name)
    if file is None:
        click.echo(text, nl=False)
    else:
        replace_whole(file, text.encode())
        click.echo(f"Play {walk.number} is written to {file}.", err=True)
    return FINDINGS if walk.stuck is not None else DONE


def _write_stuck(scenario: Scenario, tally: Tally, plan: Plan, name: str, file: Path) -> None:
    if tally.first_stuck is None:
        click.echo(f"No play got stuck, so {file} is not written.", err=True)
        return
    text = script(scenario.machine, plan, tally.first_stuck, name)
    replace_whole(file, text.encode())
    click.echo(f"Play {tally.first_stuck.number}, which got stuck, is written to {file}.", err=True)


def _settings(settings: tuple[str, ...]) -> dict[str, object]:
    return dict(_pairs("--set", settings))


def _pairs(option: str, given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            form = "NAME=VALUE" if option == "--set" else "NAME=NUMBER"
            raise click.UsageError(f"{option} takes {form}, and {each[:60]!r} is none.")
        pairs.append((name.strip(), value.strip()))
    return pairs


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= HEAVIEST:
        raise click.UsageError(
            f"--weight {name[:60]} takes a number from 0 to {HEAVIEST}, not {text[:40]!r}."
        )
    return weight


class _Interrupted:
    """Whether Ctrl-C was typed; while it is asked, nothing else comes of that."""

    def __init__(self) -> None:
        self.yes = False
        self._before: Any = None

    def __enter__(self) -> _Interrupted:
        self._before = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.yes = True


def _reporting(walks: int, interrupted: _Interrupted) -> Callable[[Tally], bool]:
    """What the simulation asks now and then: it shows how far it is, and says whether to go on."""
    terminal = sys.stderr.isatty()
    shown = 0.0

    def report(tally: Tally) -> bool:
        nonlocal shown
        if terminal and tally.seconds - shown > 0.1:
            shown = tally.seconds
            done = tally.walks * BAR // walks
            click.echo(
                f"\r[{'#' * done}{'.' * (BAR - done)}] {tally.walks:,} of {walks:,} plays",
                err=True, nl=False,
            )  # fmt: skip
        return not interrupted.yes

    return report


def _clear_bar() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
