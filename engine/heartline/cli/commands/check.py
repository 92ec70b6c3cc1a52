"""`heartline check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heartline.checking.lint import check
from heartline.checking.report import as_json, as_sarif, as_text, read_sources
from heartline.cli.group import version
from heartline.cli.guard import DONE, FINDINGS
from heartline.cli.names import ScenarioName
from heartline.cli.screen import colourful, columns
from heartline.loader import find_scenario
from heartline.testing.files.finding import is_test_file

if TYPE_CHECKING:
    from heartline.diagnostics import Diagnostic

__all__ = ["command"]


@click.command(
    "check",
    epilog="""\b
Examples:
  heartline check my_scenario
  heartline check my_scenario/tests.yaml
  heartline check scenarios/*/scenario.yaml --format sarif > findings.sarif

The findings go to standard output. Exit codes: 0 when there are none, 1 when there are some
(warnings too), 2 for usage. heartline explain CODE says more about one.""",
)
@click.argument("paths", metavar="PATH...", type=ScenarioName(), nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text",
    show_default=True, help="For people, for programs, or for code hosts and editors.",
)  # fmt: skip
def command(paths: tuple[str, ...], form: str) -> int:
    """Find the faults of scenario files.

    PATH is a file, a folder with a scenario.yaml, or the name of a scenario that came along. A
    file called tests.yaml or NAME.test.yaml is checked as a test file, with the scenario it tests.
    """
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
