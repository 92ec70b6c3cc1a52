"""A run of test files: found, read, chosen from, played, and told to whoever listens.

`run_files` goes through the files in order and through each file's tests in order, here or in
several processes; what is reported, and in which order, does not depend on where they were played.
A file that cannot be used is a part of the outcome and keeps no other from being run.

An `Instrument` sees what the tests of a file do (coverage is one). It is made anew for each file
in each process, so whatever makes it must be a function of a module; `data` is what it brings
back, as plain values that can be sent between processes and joined.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from heartline.diagnostics import Severity
from heartline.errors import HeartlineError
from heartline.testing.case import ERROR, FAILED, only_wanted
from heartline.testing.files.finding import find_test_files
from heartline.testing.files.loading import Scenarios, load_tests
from heartline.testing.runs.running import run_case
from heartline.testing.suite.selecting import read_target

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from heartline.conversation import Scenario
    from heartline.testing.case import Case, Listener, LoadedTests, Result
    from heartline.testing.suite.selecting import Keyword, Target

__all__ = [
    "FileOutcome",
    "FileRun",
    "Instrument",
    "Options",
    "Outcome",
    "Played",
    "Report",
    "WorkerLost",
    "collect",
    "play_cases",
    "run_files",
    "usable",
]


class Instrument(Protocol):
    """Sees the tests of one file as they are played: on its scenario, by its listener."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def listener(self) -> Listener | None: ...
    def data(self) -> object:
        """What was seen, as plain values."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How tests are run.

    `seed` takes the place of every test's own; `workers` is the number of processes; `instrument`
    makes what sees the tests of a file. `stored` plays each test a second time, through JSON.
    """

    keyword: Keyword | None = None
    fail_fast: bool = False
    seed: int | None = None
    workers: int = 1
    instrument: Callable[[LoadedTests], Instrument] | None = None
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Played:
    """Some cases that were played in one process: their results, and what was seen meanwhile."""

    results: tuple[Result, ...]
    data: object = None


@dataclass(frozen=True, slots=True)
class FileRun:
    """A file, and which of its tests are to be run.

    `left_out` counts those that are not because others of the file say `only`.
    """

    tests: LoadedTests
    cases: tuple[Case, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What came of a file. `results` are those of `run.cases`, fewer where the run stopped early.

    `data` holds what its instruments saw, one for each process that played a part of it.
    """

    run: FileRun
    results: tuple[Result, ...] = ()
    data: tuple[object, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether its tests could be run."""
        return usable(self.run.tests)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all. `problems` are sentences about what was asked for and is not there."""

    files: tuple[FileOutcome, ...]
    problems: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def counts(self) -> Counter[str]:
        """How many tests there are of each status."""
        return Counter(result.status for file in self.files for result in file.results)

    @property
    def unusable(self) -> tuple[FileOutcome, ...]:
        """The files that cannot be run."""
        return tuple(file for file in self.files if not file.usable)

    @property
    def exit_code(self) -> int:
        """0: all passed. 1: some failed. 2: a file, a scenario or a selection cannot be used."""
        counts = self.counts
        if self.problems or self.unusable or counts[ERROR] or not sum(counts.values()):
            return 2
        return 1 if counts[FAILED] else 0


class Report(Protocol):
    """Whoever is told what happens while it happens, in order."""

    def file_began(self, run: FileRun) -> None: ...
    def finished(self, case: Case, result: Result) -> None: ...


class _Nobody:
    def file_began(self, run: FileRun) -> None: ...
    def finished(self, case: Case, result: Result) -> None: ...


def usable(tests: LoadedTests) -> bool:
    """Whether the tests of a file can be run."""
    return tests.scenario is not None and not any(
        found.severity is Severity.ERROR for found in tests.diagnostics
    )


def run_files(
    paths: Sequence[str | Path], options: Options | None = None, report: Report | None = None
) -> Outcome:
    """Run the tests of these files, folders and bundled scenarios; of FILE::NAME that test alone.

    Never raises for what a file holds.
    """
    options, report = options or Options(), report or _Nobody()
    problems: list[str] = []
    files: list[FileOutcome] = []
    stopped = False
    runs = collect(paths, options, problems)
    if options.workers > 1:
        from heartline.testing.suite.workers import played_by_workers as played
    else:
        played = _played_here
    with closing(played(runs, options)) as playing:
        for run, parts in playing:
            report.file_began(run)
            results: list[Result] = []
            data: list[object] = []
            try:
                for result in _until_stopped(parts, data, fail_fast=options.fail_fast):
                    report.finished(run.cases[len(results)], result)
                    results.append(result)
            except WorkerLost as lost:
                problems.append(str(lost))
            stopped = len(results) < len(run.cases) or (options.fail_fast and _bad(results))
            files.append(FileOutcome(run, tuple(results), tuple(data)))
            if stopped:
                break
    if options.keyword is not None and not problems and not files:
        text = options.keyword.text[:100]
        problems.append(f"No test's name fits -k {text!r}; --list shows them all.")
    return Outcome(tuple(files), tuple(problems), stopped)


class WorkerLost(HeartlineError):
    """A process that played tests came to its end before they did."""


def _until_stopped(
    parts: Iterable[Played], data: list[object], *, fail_fast: bool
) -> Iterator[Result]:
    for part in parts:
        if part.data is not None:
            data.append(part.data)
        for result in part.results:
            yield result
            if fail_fast and _bad([result]):
                return


def _bad(results: Sequence[Result]) -> bool:
    return any(result.status in (FAILED, ERROR) for result in results)


def collect(
    paths: Sequence[str | Path], options: Options, problems: list[str]
) -> Iterator[FileRun]:
    """The files, read one by one, and which of their tests are meant.

    What was asked for and is not there is added to `problems`, a sentence each.
    """
    scenarios = Scenarios()
    names: dict[Target, list[str]] = {}
    for path, wanted in _targets(paths, problems).items():
        tests = load_tests(path, scenarios=scenarios)
        if not usable(tests):
            yield FileRun(tests)
            continue
        if not tests.cases:
            problems.append(
                f"There is no test in {tests.path}: a test stands under tests:, with its name."
            )
        for target in wanted:
            names.setdefault(target, []).extend(case.name for case in tests.cases)
        named = [case for case in tests.cases if any(target.fits(case.name) for target in wanted)]
        only = only_wanted(named)
        keyword = options.keyword
        meant = tuple(case for case in only if keyword is None or keyword.fits(case.id))
        if meant:
            yield FileRun(tests, meant, len(named) - len(only))
    problems += [gap for target, known in names.items() if (gap := target.missing(known))]


def _targets(paths: Sequence[str | Path], problems: list[str]) -> dict[Path, list[Target]]:
    """Each file once, in the order of the first argument that leads to it."""
    found: dict[Path, list[Target]] = {}
    for path in paths:
        target = read_target(str(path))
        files = find_test_files([Path(target.path)])
        if not files and not os.access(target.path, os.R_OK | os.X_OK):
            problems.append(
                f"{target.path!r} cannot be read, so no tests were looked for in it: see to its "
                "permissions."
            )
        elif not files:
            problems.append(
                f"There are no tests in {target.path!r}: a test file is called tests.yaml or "
                "NAME.test.yaml, and lies beside its scenario."
            )
        for file in files:
            known = file if Path(target.path).is_absolute() else _below_here(file)
            found.setdefault(known, []).append(target)
    return found


def _below_here(path: Path) -> Path:
    """A path as people write it: a scenario that came along may lie below the present folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def play_cases(
    tests: LoadedTests, cases: Sequence[Case], options: Options
) -> Generator[Played, None, None]:
    """Play cases of a file, in this process: a part for each, and one with what was seen."""
    scenario, listener = tests.scenario, None
    assert scenario is not None
    instrument = options.instrument(tests) if options.instrument else None
    if instrument is not None:
        scenario, listener = instrument.scenario, instrument.listener
    for case in cases:
        result = run_case(
            scenario, case, listener=listener, stored=options.stored, seed=options.seed
        )
        yield Played((result,))
    if instrument is not None:
        yield Played((), instrument.data())


def _played_here(
    runs: Iterator[FileRun], options: Options
) -> Generator[tuple[FileRun, Iterable[Played]], None, None]:
    for run in runs:
        yield run, play_cases(run.tests, run.cases, options) if run.cases else ()
