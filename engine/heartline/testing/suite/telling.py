"""A run of tests, told to a person: a line for each test, and what went wrong below them.

All of it is text that somebody else prints. Colours say nothing that the words do not say too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.checking.report import as_text, read_sources
from heartline.testing.case import ERROR, FAILED, PASSED, SKIPPED
from heartline.testing.runs.failures import failure_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.testing.case import Case, LoadedTests, Result
    from heartline.testing.suite.session import FileRun, Outcome

__all__ = ["Teller", "findings_text"]

SLOW = 0.5  # seconds; a test that takes less says nothing about its time
_WORDS = {PASSED: "passed", FAILED: "FAILED", ERROR: "ERROR", SKIPPED: "skipped"}
_COLOURS = {PASSED: "32", FAILED: "1;31", ERROR: "1;31", SKIPPED: "33"}


class Teller:
    """Makes the lines of one run. `quiet` leaves out those of tests that passed."""

    def __init__(self, *, colour: bool, width: int, quiet: bool = False) -> None:
        self.colour = colour
        self.width = width
        self.quiet = quiet

    def file_line(self, run: FileRun) -> str | None:
        """The line over the tests of a file."""
        return None if self.quiet else self._painted(run.tests.path, "1")

    def test_line(self, case: Case, result: Result) -> str | None:
        """The line of one test."""
        if self.quiet and result.status in (PASSED, SKIPPED):
            return None
        word = self._painted(f"{_WORDS[result.status]:<7}", _COLOURS[result.status])
        more = f" ({result.reason})" if result.reason else ""
        if result.seconds >= SLOW:
            more += f" {result.seconds:.1f} s"
        return f"  {word} {case.id if self.quiet else case.name}{more}"

    def unusable_line(self, file: FileRun) -> str:
        """The line of a file whose tests cannot be run."""
        what = f" {file.tests.path}" if self.quiet else ""
        return f"  {self._painted('ERROR  ', _COLOURS[ERROR])}{what} The file cannot be used."

    def details(self, outcome: Outcome) -> Iterator[str]:
        """What is wrong with files, and why tests failed: a paragraph each, in order. A loop of the
        scenario is told with the first test that runs into it; the others refer to that one."""
        loops: dict[str, str] = {}
        for file in outcome.files:
            if file.run.tests.diagnostics:
                text = findings_text(file.run.tests, colour=self.colour, width=self.width)
                yield text.rstrip()
            for case, result in zip(file.run.cases, file.results, strict=False):
                if result.failure is not None:
                    heading = self._painted(f"{_WORDS[result.status]} {case.id}", _COLOURS[FAILED])
                    loop = result.failure.loop
                    known = case.id if loop is None else loops.setdefault(loop, case.id)
                    if known != case.id:
                        yield f"{heading}\n  It runs into the same loop as {known}."
                        continue
                    text = failure_text(case, result.failure, colour=self.colour, width=self.width)
                    yield f"{heading}\n{text.rstrip()}"

    def remarks(self, outcome: Outcome) -> Iterator[str]:
        """Sentences about what was not run."""
        for file in outcome.files:
            left_out = file.run.left_out
            if left_out:
                reasons = dict.fromkeys(case.only for case in file.run.cases if case.only)
                yield (
                    f"{file.run.tests.path}: {_tests(left_out)} not run, since others say only "
                    f"({'; '.join(map(str, reasons))})."
                )
        yield from outcome.problems
        if outcome.stopped and not outcome.problems:
            yield "Stopped at the first failure: the tests after it were not run."

    def summary(self, outcome: Outcome, seconds: float) -> str:
        """The last line: how many tests of each status, and how long they took."""
        counts = outcome.counts
        words = {FAILED: "failed", ERROR: "with an error", PASSED: "passed", SKIPPED: "skipped"}
        parts = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
        if broken := len(outcome.unusable):
            parts.append(f"{broken} file{'' if broken == 1 else 's'} that cannot be used")
        line = f"{', '.join(parts) or 'no test was run'} in {seconds:.2f} s"
        return self._painted(line, "32" if outcome.exit_code == 0 else "1;31")

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour else text


def _tests(number: int) -> str:
    return "1 test was" if number == 1 else f"{number} tests were"


def findings_text(tests: LoadedTests, *, colour: bool, width: int) -> str:
    """What is wrong with a test file or its scenario, as `heartline check` shows it."""
    findings = tests.diagnostics
    return as_text(findings, read_sources(findings), colour=colour, width=width)
