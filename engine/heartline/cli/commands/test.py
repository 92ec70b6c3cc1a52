"""`heartline test`."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.core import ParameterSource

from heartline.cli.coverage import coverage_options, tell_coverage
from heartline.cli.generation import GeneratingCommand, generate_tests, generation_options
from heartline.cli.guard import DONE, FINDINGS, USAGE
from heartline.cli.names import ScenarioName
from heartline.cli.screen import colourful, columns
from heartline.frontends.terminal.watching import Files
from heartline.testing.coverage.recorder import record
from heartline.testing.files.finding import find_test_files
from heartline.testing.suite.selecting import NotSelectable, read_keyword, read_target
from heartline.testing.suite.session import Options, collect, run_files, usable
from heartline.testing.suite.telling import Teller, findings_text

if TYPE_CHECKING:
    from heartline.cli.generation import GenerationWanted
    from heartline.testing.case import Case, Result
    from heartline.testing.coverage.wanted import CoverageWanted
    from heartline.testing.suite.selecting import Keyword
    from heartline.testing.suite.session import FileRun, Outcome

__all__ = ["command"]

PAUSE = 0.3  # seconds between two looks at the files that are watched
MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for beside which tests to run, as the options below describe it."""

    paths: tuple[str, ...]
    options: Options
    junit: Path | None
    quiet: bool
    coverage: CoverageWanted | None = None


@click.command(
    "test",
    cls=GeneratingCommand,
    epilog="""\b
Examples:
  heartline test scenarios
  heartline test tests.yaml::the_break_ends -k "early or late"
  heartline test my_scenario --watch
  heartline test scenarios -n auto --junit report.xml
  heartline test my_scenario --cov --cov-report html:coverage --cov-fail-under 90
  heartline test my_scenario --generate -o my_scenario/walks.test.yaml

What came of the tests goes to standard output. Exit codes: 0 when all passed; 1 when some
failed, or too little is covered; 2 for a test file or a scenario that cannot be used (the others
are run all the same), for no test at all, and for usage; 130 after Ctrl-C.""",
)
@click.argument("paths", metavar="[PATH]...", type=ScenarioName(), nargs=-1)
@click.option(
    "-k",
    "keyword",
    metavar="EXPR",
    help="Run the tests whose names fit: parts of names, joined by and, or, not and brackets.",
)
@click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first test that fails.")
@click.option(
    "--seed",
    type=int,
    metavar="NUMBER",
    help="Play every test with this seed, in place of its own.",
)
@click.option(
    "-n",
    "workers",
    default="1",
    metavar="N|auto",
    help="Play in so many processes; auto takes one for each processor.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write what came of it as JUnit XML, for build servers.",
)
@click.option(
    "--update",
    is_flag=True,
    help="Rewrite the lines that tests expect into those that are said now, after asking.",
)
@click.option("--yes", is_flag=True, help="With --update: rewrite them without asking.")
@click.option(
    "--watch", is_flag=True, help="Run them again whenever a file of theirs changes, until Ctrl-C."
)
@click.option("--list", "listing", is_flag=True, help="Only list the tests, an id on each line.")
@click.option("-q", "--quiet", is_flag=True, help="Show only what went wrong, and the last line.")
@generation_options
@coverage_options
def command(
    paths: tuple[str, ...],
    keyword: str | None,
    fail_fast: bool,
    seed: int | None,
    workers: str,
    junit: Path | None,
    update: bool,
    yes: bool,
    watch: bool,
    listing: bool,
    quiet: bool,
    coverage: CoverageWanted | None,
    generation: GenerationWanted | None,
) -> int:
    """Run the tests of scenarios.

    PATH is a test file (tests.yaml or NAME.test.yaml), a folder, which is searched for them, or the
    name of a scenario that came along; the present folder without any. FILE::NAME is one test.
    """
    if generation is not None:
        _check_generation()
        return generate_tests(paths, generation)
    if yes and not update:
        raise click.UsageError("--yes answers what --update asks: give --update too.")
    if junit is not None and not junit.absolute().parent.is_dir():
        raise click.UsageError(f"--junit cannot write {junit}: there is no folder {junit.parent}.")
    seen = None if coverage is None else record
    options = Options(_keyword(keyword), fail_fast, seed, _workers(workers), seen)
    wanted = Wanted(paths or (".",), options, junit, quiet, coverage)
    if update:
        _check_update(wanted, yes=yes, watch=watch)
    if listing:
        return _list(wanted)
    if watch:
        _watch(wanted)
    outcome = run(wanted)
    code = _update(wanted, outcome, yes=yes) if update else outcome.exit_code
    if coverage is not None and not tell_coverage(coverage, outcome):
        return code or FINDINGS
    return code


def _keyword(text: str | None) -> Keyword | None:
    try:
        return None if text is None else read_keyword(text)
    except NotSelectable as wrong:
        raise click.UsageError(str(wrong)) from None


def _workers(text: str) -> int:
    if text == "auto":
        from heartline.testing.suite.workers import how_many

        return how_many()
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_WORKERS:
        raise click.UsageError(
            f"-n takes a number from 1 to {MOST_WORKERS}, or auto; {text[:40]!r} is neither."
        )
    return int(text)


def run(wanted: Wanted) -> Outcome:
    """Run the tests once and print what came of them."""
    colour, width = colourful(), columns()
    began, started = datetime.now(UTC), time.monotonic()
    teller = Teller(colour=colour, width=width, quiet=wanted.quiet)
    outcome = run_files(wanted.paths, wanted.options, _Printer(teller))
    seconds = time.monotonic() - started
    details = list(teller.details(outcome))
    for text in details:
        _print(f"\n{text}", colour)
    if details or not wanted.quiet:
        _print("", colour)
    for remark in teller.remarks(outcome):
        _print(remark, colour)
    _print(teller.summary(outcome, seconds), colour)
    if wanted.junit is not None:
        _write_junit(wanted.junit, outcome, began)
    return outcome


def _list(wanted: Wanted) -> int:
    """Print the id of each test that would be run; what keeps others from it goes to stderr."""
    problems: list[str] = []
    known = 0
    for found in collect(wanted.paths, wanted.options, problems):
        for case in found.cases:
            _print(f"{case.id} (skipped: {case.skip})" if case.skip else case.id, colour=False)
        known += len(found.cases)
        if not usable(found.tests):
            problems.append(findings_text(found.tests, colour=False, width=columns()).rstrip())
    for problem in problems:
        click.echo(problem, err=True)
    if not known and not problems:
        click.echo("There is no such test.", err=True)
    return USAGE if problems or not known else DONE


def _watch(wanted: Wanted) -> NoReturn:
    """Run the tests, and again after each change of a file, until Ctrl-C."""
    while True:
        given = [Path(read_target(path).path) for path in wanted.paths]
        watched = {path if path.is_dir() else path.parent: path for path in given}
        for path in find_test_files(given):
            watched[path.parent] = path
        files = [Files(path) for path in watched.values()]
        outcome = run(wanted)
        if wanted.coverage is not None:
            tell_coverage(wanted.coverage, outcome)
        click.echo("Waiting for a change; Ctrl-C leaves.", err=True)
        while not (changed := next(filter(None, (each.changed() for each in files)), None)):
            time.sleep(PAUSE)
        _print(f"\n{changed} has changed:\n", colour=False)


def _check_generation() -> None:
    """Refuse options about running tests beside --generate, which runs none."""
    context = click.get_current_context()
    own = {"paths", "generate", "output", "max_seconds", "max_configurations"}
    for parameter in context.command.params:
        name = parameter.name
        if name in own:
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--generate makes tests and runs none that are there: leave {parameter.opts[-1]} "
                "out."
            )


def _check_update(wanted: Wanted, *, yes: bool, watch: bool) -> None:
    """Refuse --update before any test is run, where it could not end well."""
    if watch:
        raise click.UsageError("--update asks before it writes: leave --watch out.")
    if wanted.options.seed is not None:
        raise click.UsageError(
            "--update rewrites what tests expect with their own seeds: leave --seed out."
        )
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(
            "--update asks before it writes, and nobody can answer here: look at what it would "
            "do at a terminal, or give --yes."
        )


def _update(wanted: Wanted, outcome: Outcome, *, yes: bool) -> int:
    """Show what would be rewritten, ask, rewrite it, and run the tests again."""
    from heartline.testing.suite.updating import propose, write

    colour = colourful()
    proposals = [propose(file) for file in outcome.files if file.usable]
    changed = [proposal for proposal in proposals if proposal.changed]
    _print("", colour)
    for proposal in proposals:
        for sentence in proposal.left:
            _print(sentence, colour)
        for line in proposal.difference():
            _print(_coloured(line, colour), colour)
    if not changed:
        _print("There are no words to rewrite.", colour)
        return outcome.exit_code
    files = "1 file" if len(changed) == 1 else f"{len(changed)} files"
    if not yes and not click.confirm(f"\nWrite this into {files}?"):
        _print("Nothing was written.", colour)
        return outcome.exit_code
    for proposal in changed:
        write(proposal)
    _print(f"Rewrote {files}; running the tests again.\n", colour)
    return run(wanted).exit_code


def _coloured(line: str, colour: bool) -> str:
    """A line of a difference, in red where it goes and in green where it comes."""
    code = {"-": "31", "+": "32", "@": "36"}.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if colour and code else line


class _Printer:
    """Prints the lines of tests as they come."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

    def file_began(self, run: FileRun) -> None:
        self._line(self.teller.file_line(run))
        if not usable(run.tests):
            self._line(self.teller.unusable_line(run))

    def finished(self, case: Case, result: Result) -> None:
        self._line(self.teller.test_line(case, result))

    def _line(self, line: str | None) -> None:
        if line is not None:
            _print(line, self.teller.colour)


def _print(text: str, colour: bool) -> None:
    click.echo(text, color=colour)


def _write_junit(path: Path, outcome: Outcome, began: datetime) -> None:
    from heartline.testing.suite.junit import junit_text
    from heartline.wholefiles import replace_whole

    replace_whole(path, junit_text(outcome, began=began).encode())
