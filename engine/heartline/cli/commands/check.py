"""`heartline check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.checking.lint import check
from heartline.checking.report import as_json, as_sarif, as_text, read_sources
from heartline.cli.group import version
from heartline.cli.guard import DONE, FINDINGS
from heartline.cli.names import Number, ScenarioName, Size
from heartline.cli.screen import colourful, columns
from heartline.loader import find_scenario
from heartline.testing.files.finding import is_test_file

if TYPE_CHECKING:
    from heartline.diagnostics import Diagnostic

__all__ = ["command"]

MOST_CONFIGURATIONS = 10**12


@click.command(
    "check",
    epilog="""\b
Examples:
  heartline check my_scenario
  heartline check my_scenario/tests.yaml
  heartline check scenarios/*/scenario.yaml --format sarif > findings.sarif
  heartline check my_scenario --prove
  heartline check my_scenario --prove --only nobody_is_lost --write shown
  heartline check --diff my_scenario@v1 my_scenario
  heartline check --migrate my_scenario@v1 my_scenario

The findings go to standard output, progress to standard error where that is a terminal.
Exit codes: 0 when there are no findings, 1 when there are some (warnings too), 2 for usage.
heartline explain CODE says more about one.

Of a proof: 0 when all was explored, every property is proved, and no finding is an error or a
warning; 1 otherwise, also where a limit was reached; 130 after Ctrl-C, which shows what was
found until then.""",
)
@click.argument("paths", metavar="PATH...", type=ScenarioName(), nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text",
    show_default=True, help="For people, for programs, or for code hosts and editors.",
)  # fmt: skip
@click.option(
    "--prove", is_flag=True,
    help="Explore everything that can happen in one scenario, and prove its properties or show "
    "how they are broken. Needs the extra: pip install 'heartline[prove]'.",
)  # fmt: skip
@click.option(
    "--only", multiple=True, metavar="PROPERTY",
    help="With --prove: decide this property alone, and look for nothing else. Repeatable.",
)  # fmt: skip
@click.option(
    "--persons", multiple=True, metavar="ROLE|all",
    help="With --prove: a person takes the seat of this role of the engine, or of all of them. "
    "Repeatable.",
)  # fmt: skip
@click.option(
    "--write", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="With --prove: write each play that shows something as a test, and as a script for "
    "heartline play.",
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
    "--diff", type=ScenarioName(), nargs=2, metavar="OLD NEW",
    help="Show which conversations are possible in one of two versions only.",
)  # fmt: skip
@click.option(
    "--migrate", type=ScenarioName(), nargs=2, metavar="OLD NEW",
    help="Prove that each conversation of an older version can go on in a newer one.",
)  # fmt: skip
def command(
    paths: tuple[str, ...],
    form: str,
    prove: bool,
    only: tuple[str, ...],
    persons: tuple[str, ...],
    write: Path | None,
    most: int | None,
    seconds: float | None,
    memory: int | None,
    diff: tuple[str, str] | None,
    migrate: tuple[str, str] | None,
) -> int:
    """Find the faults of scenario files.

    PATH is a file, a folder with a scenario.yaml, or the name of a scenario that came along. A
    file called tests.yaml or NAME.test.yaml is checked as a test file, with the scenario it tests.
    """
    jobs = [name for name, wanted in (("--prove", prove), ("--diff", diff), ("--migrate", migrate))
            if wanted]  # fmt: skip
    if len(jobs) > 1:
        raise click.UsageError(f"{jobs[0]} and {jobs[1]} are asked for one at a time.")
    _fits(jobs, only, persons, write, (most, seconds, memory))
    versions = diff or migrate
    if versions is not None:
        if paths:
            raise click.UsageError(f"{jobs[0]} takes two versions, OLD and NEW, and no other PATH.")
        from heartline.cli import comparing
        from heartline.cli.proving import Asked, limits, needs_arrays

        needs_arrays()
        compare = comparing.difference if diff else comparing.migration
        return compare(*versions, form, limits(Asked("", form, most, seconds, memory)))
    if not paths:
        raise click.UsageError("Missing argument 'PATH...'.")
    if prove:
        if len(set(paths)) != 1 or is_test_file(paths[0]):
            raise click.UsageError(
                "--prove takes one scenario, as in: heartline check NAME --prove"
            )
        from heartline.cli import proving

        return proving.prove(
            proving.Asked(paths[0], form, most, seconds, memory, persons, only, write)
        )
    return _check(paths, form)


def _fits(
    jobs: list[str],
    only: tuple[str, ...],
    persons: tuple[str, ...],
    write: Path | None,
    limits: tuple[object, ...],
) -> None:
    """Refuse options that would do nothing."""
    if "--prove" not in jobs:
        for name, value in (("--only", only), ("--persons", persons), ("--write", write)):
            if value:
                raise click.UsageError(f"{name} is about a proof: add --prove.")
    if not jobs and any(limit is not None for limit in limits):
        raise click.UsageError("The --max- options limit a proof: add --prove.")


def _check(paths: tuple[str, ...], form: str) -> int:
    findings: list[Diagnostic] = []
    for path in dict.fromkeys(paths):
        findings += _tests(path) if is_test_file(path) else check(find_scenario(Path(path)))
    if form == "json":
        click.echo(as_json(findings), nl=False)
    elif form == "sarif":
        click.echo(as_sarif(findings, version()), nl=False)
    else:
        colour = colourful()
        sources = read_sources(findings)
        text = as_text(findings, sources, colour=colour, width=columns())
        click.echo(text, nl=False, color=colour)
    return FINDINGS if findings else DONE


def _tests(path: str) -> tuple[Diagnostic, ...]:
    from heartline.testing.files.loading import load_tests

    return load_tests(Path(path)).diagnostics
