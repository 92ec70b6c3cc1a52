"""What came of it: how much of each kind was met, what was not, and what each line of a file holds.

    results = gather(outcome.files)          # one Coverage for each scenario that was tested
    results[0].totals()["guards"].percent

What recorders of other processes and other test files of the same scenario saw is added up here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from heartline.decoding import decode
from heartline.errors import HeartlineError
from heartline.files import read_file
from heartline.testing.coverage.points import KINDS, survey_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.loader import Loaded
    from heartline.testing.case import LoadedTests
    from heartline.testing.coverage.points import Point, Survey

__all__ = ["Coverage", "CoverageLost", "Line", "Total", "gather", "sum_of"]

ONCE = ("guards", "clauses")
"""Of these it counts only that they were seen: in how many situations each process finds out by
itself, and what several found does not add up."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many points there are, and how many of them were met."""

    covered: int = 0
    total: int = 0

    @property
    def percent(self) -> float:
        """From 0 to 100; where there is nothing to be met, all of it was."""
        return 100 * self.covered / self.total if self.total else 100.0

    def __add__(self, other: Total) -> Total:
        return Total(self.covered + other.covered, self.total + other.total)


@dataclass(frozen=True, slots=True)
class Line:
    """The points on one line of a file, and how often each was met."""

    points: tuple[tuple[Point, int], ...]

    @property
    def hits(self) -> int:
        """How often anything on it was met."""
        return sum(count for _, count in self.points)

    @property
    def missed(self) -> tuple[Point, ...]:
        """What was not met."""
        return tuple(point for point, count in self.points if not count)


class CoverageLost(HeartlineError):
    """What was seen belongs to another version of the scenario."""


@dataclass(slots=True)
class Coverage:
    """What tests met of one scenario. `counts` says it of each point of the survey, in its order;
    `loaded` is where the scenario was read from."""

    scenario: Scenario
    loaded: Loaded
    survey: Survey = field(init=False)
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.survey = survey_of(self.scenario.machine)
        self.counts = [0] * len(self.survey.points)

    def add(self, data: object) -> None:
        """Add what a recorder of this scenario saw (Recorder.data). Raises CoverageLost."""
        counts = data.get("counts") if isinstance(data, dict) else None
        if not isinstance(counts, list) or len(counts) != len(self.counts):
            raise CoverageLost(
                f"The scenario {self.scenario.id!r} was changed while its tests ran, so what they "
                "covered cannot be told: run them again."
            )
        self.counts = [one + other for one, other in zip(self.counts, counts, strict=True)]
        for number, point in enumerate(self.survey.points):
            if point.kind in ONCE:
                self.counts[number] = min(self.counts[number], 1)

    @property
    def name(self) -> str:
        """What the scenario's file is called."""
        return self.loaded.sources.name

    def totals(self) -> dict[str, Total]:
        """By kind, in the order of KINDS."""
        covered: dict[str, int] = dict.fromkeys(KINDS, 0)
        total: dict[str, int] = dict.fromkeys(KINDS, 0)
        for point, count in zip(self.survey.points, self.counts, strict=True):
            total[point.kind] += 1
            covered[point.kind] += count > 0
        return {kind: Total(covered[kind], total[kind]) for kind in KINDS}

    def points(self) -> list[tuple[Point, int]]:
        """Every point and how often it was met, by kind and then by place."""
        order = {kind: place for place, kind in enumerate(KINDS)}
        found = zip(self.survey.points, self.counts, strict=True)
        return sorted(found, key=lambda each: (order[each[0].kind], each[0].location))

    def missing(self, kind: str) -> list[Point]:
        """What was not met, by place."""
        return [point for point, count in self.points() if point.kind == kind and not count]

    def lines(self) -> dict[str, dict[int, Line]]:
        """By file and line: what stands there. Pairs of transitions are left out, which would
        bury all else."""
        found: dict[str, dict[int, list[tuple[Point, int]]]] = {self.name: {}}
        for point, count in self.points():
            if point.kind != "pairs":
                where = point.location
                found.setdefault(where.file, {}).setdefault(where.line, []).append((point, count))
        return {
            file: {number: Line(tuple(lines[number])) for number in sorted(lines)}
            for file, lines in found.items()
        }

    def path(self, file: str) -> Path | None:
        """Where a file of the scenario lies; None where it was read from a text."""
        if self.loaded.path is None:
            return None
        if file == self.name:
            return self.loaded.path
        inner = PurePosixPath(file).relative_to(PurePosixPath(self.name).parent)
        return self.loaded.path.parent / inner

    def text(self, file: str) -> str:
        """The text of a file of the scenario; empty where it cannot be read any more."""
        if file == self.name:
            return self.loaded.text
        path = self.path(file)
        return "" if path is None else decode(read_file(path).content, file)[0]


def gather(files: Iterable[tuple[LoadedTests, Sequence[object]]]) -> list[Coverage]:
    """Add up what test files met, each given with what its recorders saw: a Coverage for each
    scenario, in the order of the files. Raises CoverageLost."""
    found: dict[object, Coverage] = {}
    for tests, seen in files:
        if tests.scenario is None or tests.scenario_loaded is None or not seen:
            continue
        key = tests.scenario_loaded.path or id(tests.scenario)
        if key not in found:
            found[key] = Coverage(tests.scenario, tests.scenario_loaded)
        for data in seen:
            found[key].add(data)
    return list(found.values())


def sum_of(results: Iterable[Coverage]) -> Mapping[str, Total]:
    """The totals of several scenarios together."""
    totals = dict.fromkeys(KINDS, Total())
    for each in results:
        totals = {kind: totals[kind] + total for kind, total in each.totals().items()}
    return totals
