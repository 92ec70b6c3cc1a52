"""The options of a command that can say what tests cover, and what is printed for them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.testing.coverage.wanted import CoverageWanted
    from heartline.testing.suite.session import Outcome

__all__ = ["coverage_options", "tell_coverage"]

_OPTIONS = (
    click.option("--cov", is_flag=True, help="Print what the tests cover, and what they do not."),
    click.option(
        "--cov-report", multiple=True, metavar="KIND:PATH",
        help="Write a report of coverage: html:DIR, lcov:FILE or json:FILE; can be repeated.",
    ),
    click.option(
        "--cov-fail-under", metavar="N",
        help="Fail where less is covered: 90 for every kind, or states=100,guards=90.",
    ),
)  # fmt: skip


def coverage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options; it gets what they ask for as `coverage`."""

    @wraps(command)
    def with_coverage(
        *args: Any, cov: bool, cov_report: tuple[str, ...], cov_fail_under: str | None, **more: Any
    ) -> Any:
        return command(*args, coverage=_wanted(cov, cov_report, cov_fail_under), **more)

    for option in reversed(_OPTIONS):
        with_coverage = option(with_coverage)
    return with_coverage


def _wanted(table: bool, reports: tuple[str, ...], floor: str | None) -> CoverageWanted | None:
    """What is asked for, None where nothing is."""
    if not (table or reports or floor is not None):
        return None
    from heartline.testing.coverage.wanted import (
        CoverageWanted,
        NotWanted,
        read_floor,
        read_report,
    )

    try:
        return CoverageWanted(
            table,
            tuple(read_report(each) for each in reports),
            () if floor is None else read_floor(floor),
        )
    except NotWanted as wrong:
        raise click.UsageError(str(wrong)) from None


def tell_coverage(wanted: CoverageWanted, outcome: Outcome) -> bool:
    """Print and write what is wanted; whether enough is covered. Raises CoverageLost, OSError."""
    from heartline.testing.coverage.results import gather
    from heartline.testing.coverage.table import as_text

    results = gather((file.run.tests, file.data) for file in outcome.files)
    for coverage in results if wanted.table else ():
        click.echo("\n" + as_text(coverage), nl=False)
    if results:
        wanted.write(results)
        for form, path in wanted.reports:
            what = path / "index.html" if form == "html" else path
            click.echo(f"Coverage as {form} is written to {what}.", err=True)
    short = list(wanted.too_little(results))
    for sentence in short:
        click.echo(sentence, err=True)
    if not results:
        click.echo("No test was run, so there is nothing to say of coverage.", err=True)
    return not short
