"""`heartline test --generate`: tests made of a scenario, written into a file or printed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heartline.cli.guard import DONE, FINDINGS
from heartline.cli.names import Number
from heartline.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.testing.making.reaching import Found

__all__ = ["GeneratingCommand", "GenerationWanted", "generate_tests", "generation_options"]

KINDS = ("transitions", "pairs")
MOST_SECONDS, MOST_CONFIGURATIONS = 86_400, 10_000_000


@dataclass(frozen=True, slots=True)
class GenerationWanted:
    """What is to be made, and how far to look for it."""

    kind: str
    file: Path | None
    seconds: float
    configurations: int


class GeneratingCommand(click.Command):
    """A command with these options, where --generate alone means the transitions.

    click would take any word that follows it as its value: also the scenario's name.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--generate" in args:
            after = args.index("--generate") + 1
            word = args[after] if after < len(args) else "-"
            misspelled = did_you_mean(word, KINDS) is not None and not Path(word).exists()
            if word not in KINDS and not misspelled:
                args = [*args[:after], KINDS[0], *args[after:]]
        return super().parse_args(ctx, args)


def generation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which then gets `generation`: GenerationWanted or None."""

    @wraps(command)
    def with_generation(
        *args: Any,
        generate: str | None,
        output: Path | None,
        max_seconds: float,
        max_configurations: int,
        **more: Any,
    ) -> Any:
        wanted = None
        if generate is not None:
            wanted = GenerationWanted(generate, output, max_seconds, max_configurations)
        elif output is not None:
            raise click.UsageError("-o says where --generate writes: give --generate too.")
        return command(*args, generation=wanted, **more)

    for option in reversed(_OPTIONS):
        with_generation = option(with_generation)
    return with_generation


_OPTIONS = (
    click.option(
        "--generate", type=click.Choice(KINDS),
        help="Run nothing: make tests of the scenario PATH, as few as can be found, that take "
        "every transition, as without a word here, or every pair of them.",
    ),
    click.option(
        "-o", "output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
        help="With --generate: write the tests to this new file beside the scenario, called "
        "NAME.test.yaml; they are printed without it.",
    ),
    click.option(
        "--max-seconds", type=click.FloatRange(0.1, MOST_SECONDS), default=60.0,
        show_default=True, metavar="N", help="With --generate: how long to look for ways.",
    ),
    click.option(
        "--max-configurations", type=Number(10, MOST_CONFIGURATIONS), default=100_000,
        show_default=True, metavar="N", help="With --generate: how many configurations to keep.",
    ),
)  # fmt: skip


def generate_tests(paths: tuple[str, ...], wanted: GenerationWanted) -> int:
    """Make the tests, and print them, or write and run them."""
    from heartline.conversation import load
    from heartline.files import SCENARIO
    from heartline.loader import find_scenario
    from heartline.testing.making.adding import check_place, scenario_from
    from heartline.testing.making.generating import generate, summary
    from heartline.testing.making.reaching import Bounds
    from heartline.wholefiles import replace_whole

    if len(paths) != 1:
        raise click.UsageError("--generate takes one scenario, as in: heartline test my_scenario "
                               "--generate")  # fmt: skip
    place = find_scenario(paths[0])
    if place.is_dir():
        place /= SCENARIO
    beside = place.name
    if wanted.file is not None:
        if wanted.file.exists():
            raise click.UsageError(f"{wanted.file} is there already: name a new file.")
        check_place(wanted.file, place)
        beside = scenario_from(wanted.file, place)
    scenario = load(paths[0])
    bounds = Bounds(wanted.seconds, wanted.configurations)
    made = generate(scenario, wanted.kind, bounds=bounds, beside=beside, report=_reporting(wanted))
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    for sentence in summary(wanted.kind, made.found, made.chosen, made.missing):
        click.echo(sentence, err=True)
    for each in made.missing:
        click.echo(f"  {each}", err=True)
    if wanted.file is None:
        click.echo(made.text, nl=False)
        return DONE
    replace_whole(wanted.file, made.text.encode())
    failed = _failed(wanted.file)
    if failed:
        click.echo(
            f"Written to {wanted.file}; {failed} of them fail at once, since a promise of the "
            f"scenario is broken on their way: heartline test {wanted.file} shows which.",
            err=True,
        )
        return FINDINGS
    click.echo(f"Written to {wanted.file}; they pass. Read them before you keep them.", err=True)
    return DONE


def _failed(file: Path) -> int:
    """How many of the tests in a file do not pass."""
    from heartline.testing.case import PASSED
    from heartline.testing.files.loading import load_tests
    from heartline.testing.runs.running import run_case

    loaded = load_tests(file)
    assert loaded.scenario is not None
    return sum(run_case(loaded.scenario, case).status != PASSED for case in loaded.cases)


def _reporting(wanted: GenerationWanted) -> Callable[[Found], bool]:
    terminal = sys.stderr.isatty()

    def report(found: Found) -> bool:
        if terminal:
            click.echo(
                f"\r{len(found.reached)} of {len(found.wanted)} {wanted.kind}, "
                f"{len(found.situations):,} configurations",
                err=True, nl=False,
            )  # fmt: skip
        return True

    return report
