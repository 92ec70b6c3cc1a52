"""`heartline studio`."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING

import click

from heartline.cli.beginnings import lasting, moment, pairs, seated_and_dated
from heartline.cli.guard import DONE
from heartline.cli.names import ScenarioName
from heartline.errors import InputError
from heartline.frontends.terminal.beginning import begin
from heartline.frontends.terminal.record import Beginning
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from heartline.conversation import Scenario
    from heartline.frontends.studio.app import Studio

__all__ = ["command"]


@click.command(
    "studio",
    epilog="""\b
Examples:
  heartline studio my_scenario
  heartline studio reconciliation --seed 7 --start 2026-01-05T19:10 --set partner_name=Kim

Edit the file beside it: each time it is saved the conversation goes on in it. Every key is shown;
? lists them all. Exit codes: 0 when you leave; 1 where there is no such scenario; 2 for usage, also
where there is no terminal, or Textual is not installed (pip install 'heartline[studio]').""",
)
@click.argument("scenario", type=ScenarioName())
@click.option(
    "--seed",
    type=int,
    metavar="NUMBER",
    help="Decides every draw; a fresh one, without it.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Give an input of the scenario a value. Repeatable.",
)
@seated_and_dated
def command(
    scenario: str,
    seed: int | None,
    settings: tuple[str, ...],
    seats: tuple[str, ...],
    start: str | None,
) -> int:
    """Play and look into a scenario full screen, while you write it.

    SCENARIO is the name of one that came with Heartline (heartline scenarios lists them), a
    folder with a scenario.yaml, or a file. What is played is not kept, unless :save is typed.
    """
    if seed is None:
        seed = secrets.randbelow(1_000_000)
    beginning = Beginning(seed, moment(start), pairs(settings), seats)
    path = find_scenario(scenario)
    _at_a_terminal()
    studio_class = _studio()
    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.reading import File

    file = File(path)
    reading = file.read()
    if reading.scenario is not None:
        _can_begin(reading.scenario, beginning)
    elif not path.exists():
        assert reading.fault is not None
        raise reading.fault
    studio = studio_class(Bench(beginning, path=lasting(scenario)), file, reading)
    studio.run()
    if studio.fault is not None:
        raise studio.fault
    return DONE


def _at_a_terminal() -> None:
    """Refuse to draw where nobody would see it."""
    steered = os.environ.get("TERM", "") not in ("", "dumb", "unknown") or os.name == "nt"
    if not (sys.stdin.isatty() and sys.stdout.isatty() and steered):
        raise click.UsageError(
            "The studio fills a terminal, and this is none that it can fill. Without one, use "
            "heartline play, which goes line by line."
        )


def _studio() -> type[Studio]:
    try:
        from heartline.frontends.studio.app import Studio
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] not in ("textual", "rich"):
            raise
        raise click.UsageError(
            "The studio needs Textual, which is not installed: pip install 'heartline[studio]'."
        ) from None
    return Studio


def _can_begin(scenario: Scenario, beginning: Beginning) -> None:
    """Refuse inputs that it cannot begin with, before anything is drawn."""
    try:
        begin(scenario, beginning)
    except InputError as refusal:
        raise click.UsageError(str(refusal)) from None
