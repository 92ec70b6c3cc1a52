"""The plug-in for pytest: test files are collected beside tests in Python, and two fixtures.

    pytest scenarios/                        runs each test of each tests.yaml and NAME.test.yaml
    pytest scenarios/tea/tests.yaml::spilt   that test

A file is taken where it is called so and is one of ours: it has the key `heartline_tests`, or lies
beside a scenario. A file that cannot be used is an error of collection that holds its findings; a
failure reads as `heartline test` shows it. `skip` skips, and what is not run because others say
`only` is counted as deselected.

pytest imports this room at every start, in every project of whoever has Heartline installed: all
that is heavy is imported where it is needed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartline.clock import ManualClock
    from heartline.conversation import Conversation, Scenario
    from heartline.testing.case import Case, LoadedTests, Result
    from heartline.testing.files.loading import Scenarios

__all__ = ["CaseItem", "TestsFile", "conversation", "manual_clock"]

LOOKED_AT = 64 * 1024  # bytes of a file that are looked at for its key
# Compiled when the first file is looked at, and not at every start of pytest.
_OURS = rb"(?m)^(?:\xef\xbb\xbf)?heartline_tests[ \t]*:"
_SCENARIO = rb"(?m)^(?:\xef\xbb\xbf)?heartline[ \t]*:"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> TestsFile | None:
    """Take a file that is called as test files are, and is one of ours."""
    name = file_path.name
    if name != "tests.yaml" and not name.endswith(".test.yaml"):
        return None
    if not _has(file_path, _OURS) and not _has(file_path.with_name("scenario.yaml"), _SCENARIO):
        return None
    return TestsFile.from_parent(parent, path=file_path)


def _has(path: Path, key: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return re.search(key, file.read(LOOKED_AT)) is not None
    except OSError:
        return False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not run because other tests of the same file say `only`."""
    of_file: defaultdict[TestsFile, list[CaseItem]] = defaultdict(list)
    for item in items:
        if isinstance(item, CaseItem) and isinstance(item.parent, TestsFile):
            of_file[item.parent].append(item)
    left_out: set[pytest.Item] = set()
    for cases in of_file.values():
        if any(item.case.only is not None for item in cases):
            left_out.update(item for item in cases if item.case.only is None)
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


class TestsFile(pytest.File):
    """A test file."""

    __test__ = False
    tests: LoadedTests

    def collect(self) -> Iterator[CaseItem]:
        from heartline.testing.files.loading import load_tests
        from heartline.testing.suite.session import usable
        from heartline.testing.suite.telling import findings_text

        name = _shown(self.path, self.config)
        self.tests = load_tests(self.path, name, _scenarios(self.config))
        if not usable(self.tests):
            raise self.CollectError(findings_text(self.tests, colour=False, width=100))
        if not self.tests.cases:
            raise self.CollectError(f"{name} holds no test: a test stands under tests:.")
        for case in self.tests.cases:
            yield CaseItem.from_parent(self, name=case.name, case=case)


def _shown(path: Path, config: pytest.Config) -> str:
    """How a file is called: from where pytest was started, if it lies below that."""
    here = config.invocation_params.dir
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


_KNOWN = pytest.StashKey[Any]()
_LOADED = pytest.StashKey[Any]()


def _scenarios(config: pytest.Config) -> Scenarios:
    """The scenarios that were loaded in this run: each once, however many files test it."""
    from heartline.testing.files.loading import Scenarios

    known: Scenarios = config.stash.setdefault(_KNOWN, Scenarios())
    return known


class CaseItem(pytest.Item):
    """One test of a file, or one row of its table."""

    def __init__(self, *, case: Case, **given: Any) -> None:
        super().__init__(**given)
        self.case = case
        if case.skip is not None:
            self.add_marker(pytest.mark.skip(reason=case.skip))

    def runtest(self) -> None:
        from heartline.testing.case import PASSED
        from heartline.testing.runs.running import run_case

        assert isinstance(self.parent, TestsFile)
        scenario = self.parent.tests.scenario
        assert scenario is not None
        result = run_case(scenario, self.case)
        if result.status != PASSED:
            raise CaseFailed(self.case, result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A failure as `heartline test` shows it; any other exception with its traceback."""
        if isinstance(excinfo.value, CaseFailed):
            return excinfo.value
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The place of the test in its file, the line from 0."""
        return self.path, self.case.location.line - 1, self.case.name


class _Crash(NamedTuple):
    """What pytest shows of a failure in its short summary and as the message in JUnit XML."""

    path: str
    lineno: int
    message: str


class CaseFailed(Exception):
    """A test did not pass. pytest writes it by `toterminal`, or takes its text."""

    def __init__(self, case: Case, result: Result) -> None:
        super().__init__(case.id, result.status)
        self.case = case
        self.result = result

    @property
    def reprcrash(self) -> _Crash:
        """Where it failed and why, in one sentence."""
        failure = self.result.failure
        place = failure.location if failure else self.case.location
        return _Crash(place.file, place.line, failure.message if failure else self.result.status)

    def toterminal(self, terminal: Any) -> None:
        """Write it, in colours where the terminal has them."""
        width = terminal.fullwidth
        terminal.write(self._text(colour=terminal.hasmarkup, width=width).rstrip() + "\n")

    def __str__(self) -> str:
        return self._text(colour=False, width=100)

    def _text(self, *, colour: bool, width: int) -> str:
        from heartline.testing.runs.failures import failure_text

        if self.result.failure is None:
            return self.result.status
        return failure_text(self.case, self.result.failure, colour=colour, width=width)


@pytest.fixture
def manual_clock() -> ManualClock:
    """A clock that stands still until it is moved, at 2026-01-05T09:00:00Z."""
    from heartline.clock import ManualClock

    return ManualClock()


@pytest.fixture
def conversation(
    request: pytest.FixtureRequest, manual_clock: ManualClock
) -> Callable[..., Conversation]:
    """Begin conversations: `conversation("reconciliation", seed=7, profile="decided")`.

    The scenario is a bundled name, a path (beside the test's file, or from where pytest runs), or
    a Scenario; a file is loaded once in a run. The rest is as for `Scenario.start`, and the clock
    is `manual_clock`, so that `wait` works.
    """
    config, beside = request.config, request.path.parent

    def begin(scenario: str | Path | Scenario, /, **given: Any) -> Conversation:
        found = _loaded(scenario, beside, config) if isinstance(scenario, str | Path) else scenario
        return found.start(**{"clock": manual_clock, **given})

    return begin


def _loaded(name: str | Path, beside: Path, config: pytest.Config) -> Scenario:
    from heartline.conversation import load
    from heartline.files import SCENARIO, find_scenario

    near = beside / name
    path = (near if near.exists() else find_scenario(name)).resolve()
    path = path / SCENARIO if path.is_dir() else path
    loaded: dict[Path, Scenario] = config.stash.setdefault(_LOADED, {})
    if path not in loaded:
        loaded[path] = load(path)
    return loaded[path]
