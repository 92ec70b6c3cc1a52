"""`heartline mutate`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from heartline.cli.guard import DONE, FINDINGS, USAGE
from heartline.cli.names import Number, ScenarioName
from heartline.loader import find_scenario
from heartline.testing.mutation.cache import usual_file
from heartline.testing.mutation.judging import TestsFail
from heartline.testing.mutation.mutant import OPERATORS
from heartline.testing.mutation.session import NotUsable, Outcome, Wanted, mutate
from heartline.testing.mutation.telling import as_json, as_text
from heartline.testing.suite.session import WorkerLost
from heartline.testing.suite.workers import how_many

__all__ = ["command"]

MOST_WORKERS = 64


@click.command(
    "mutate",
    epilog="""\b
Examples:
  heartline mutate my_scenario
  heartline mutate my_scenario --only negate --only boundary
  heartline mutate reconciliation --limit 300 --seed 1 -n 2
  heartline mutate my_scenario --fail-under 90 --strict

What came of it goes to standard output, progress and warnings to standard error. Exit codes: 0;
1 where the score is below --fail-under, or with --strict where a mutant is neither noticed nor
accepted; 2 for a scenario or tests that cannot be used, for tests that fail, and for usage; 130
after Ctrl-C, which says how many were judged until then.""",
)
@click.argument("scenario", type=ScenarioName())
@click.option(
    "--tests", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", multiple=True,
    help="The test file to judge by; several times for several. Those beside it, without.",
)  # fmt: skip
@click.option(
    "-n", "workers", default="auto", metavar="N|auto", show_default=True,
    help="Judge in so many processes; auto takes one for each processor.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="For people, or for programs.",
)  # fmt: skip
@click.option(
    "--only", type=click.Choice(list(OPERATORS)), multiple=True, metavar="OPERATOR",
    help="Only mistakes of this kind; several times for several.",
)  # fmt: skip
@click.option("--limit", type=Number(min=1), metavar="N", help="Judge a sample of so many mutants.")
@click.option(
    "--seed", type=int, default=0, metavar="NUMBER", help="With --limit: which sample it is."
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit with 1 where the score is lower.",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True, help="Exit with 1 where a survivor has no reason under accepted."
)
@click.option("-v", "--verbose", is_flag=True, help="Show also what was noticed, and by what.")
@click.option(
    "--cache", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Keep verdicts between runs in this file, not in the user's folder for such things.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Judge all anew, and keep nothing.")
def command(
    scenario: str,
    tests: tuple[Path, ...],
    workers: str,
    form: str,
    only: tuple[str, ...],
    limit: int | None,
    seed: int,
    fail_under: float | None,
    strict: bool,
    verbose: bool,
    cache: Path | None,
    no_cache: bool,
) -> int:
    """Find out whether the tests of a scenario would notice a mistake in it.

    Makes small mistakes in SCENARIO, one at a time, and plays its tests against each. A mistake
    that no test notices is printed, with its place and what would notice it.
    """
    if no_cache and cache is not None:
        raise click.UsageError("--cache and --no-cache contradict each other: give one of them.")
    kept = None if no_cache else cache or usual_file(find_scenario(scenario))
    wanted = Wanted(tests, only, limit, seed, _workers(workers), kept)
    try:
        outcome = _run(scenario, wanted)
    except (NotUsable, TestsFail, WorkerLost) as fault:
        for diagnostic in getattr(fault, "diagnostics", ()):
            click.echo(str(diagnostic), err=True)
        click.echo(str(fault), err=True)
        return USAGE
    for warning in outcome.warnings:
        click.echo(str(warning), err=True)
    shown = as_json(outcome) if form == "json" else as_text(outcome, everything=verbose)
    click.echo(shown, nl=False)
    if fail_under is not None and outcome.score * 100 < fail_under:
        click.echo(f"The score is below {fail_under:g} %.", err=True)
        return FINDINGS
    return FINDINGS if strict and outcome.survivors else DONE


def _run(scenario: str, wanted: Wanted) -> Outcome:
    """Judge, with a bar on standard error where that is a terminal; Ctrl-C says how far it came."""
    judged, asked = 0, 0

    def note(done: int, of: int) -> None:
        nonlocal judged, asked
        judged, asked = done, of

    try:
        if not sys.stderr.isatty():
            return mutate(scenario, wanted, note)
        with click.progressbar(length=1, label="Judging mutants", file=sys.stderr) as bar:

            def progress(done: int, of: int) -> None:
                note(done, of)
                bar.length = max(of, 1)
                bar.update(done - bar.pos)

            return mutate(scenario, wanted, progress)
    except KeyboardInterrupt:
        click.echo(f"Stopped: {judged} of {asked} mutants were judged until then.", err=True)
        raise


def _workers(text: str) -> int:
    if text == "auto":
        return min(how_many(), MOST_WORKERS)
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_WORKERS:
        raise click.UsageError(f"-n takes a number from 1 to {MOST_WORKERS}, or auto.")
    return int(text)
