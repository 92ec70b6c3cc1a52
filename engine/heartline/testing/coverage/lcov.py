"""Coverage in the format of lcov, which editors and build servers read.

A state is a function, a guard's two outcomes, a clause's, and whether a timer fired or was beaten
are branches, and a line of the file is hit as often as anything on it was met. The format is told
in geninfo(1), in the section on files.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.testing.coverage.results import Coverage, Line

__all__ = ["as_lcov"]

BRANCHES = ("guards", "clauses", "timers")


def as_lcov(results: Sequence[Coverage]) -> str:
    """A tracefile: a record for each file of each scenario."""
    return "".join(
        f"{line}\n"
        for coverage in results
        for file, lines in coverage.lines().items()
        for line in _record(coverage, file, lines)
    )


def _record(coverage: Coverage, file: str, lines: dict[int, Line]) -> Iterator[str]:
    yield f"TN:{''.join(each if each.isalnum() else '_' for each in coverage.scenario.id)}"
    yield f"SF:{_name(coverage, file)}"
    functions = {
        (number, point.key): (point.subject.split("'")[1], count)
        for number, line in lines.items()
        for point, count in line.points
        if point.kind == "states"
    }
    for (number, _), (name, _) in functions.items():
        yield f"FN:{number},{name}"
    for name, count in functions.values():
        yield f"FNDA:{count},{name}"
    yield f"FNF:{len(functions)}"
    yield f"FNH:{sum(count > 0 for _, count in functions.values())}"
    found = hit = 0
    for number, line in lines.items():
        executed = line.hits > 0
        blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
        for point, count in line.points:
            if point.kind in BRANCHES:
                kind = "timers" if point.kind == "timers" else "guards"
                blocks[kind, str(point.location)].append(count)
        for block, counts in enumerate(blocks.values()):
            for branch, count in enumerate(counts):
                yield f"BRDA:{number},{block},{branch},{count if executed else '-'}"
                found, hit = found + 1, hit + (count > 0)
    yield f"BRF:{found}"
    yield f"BRH:{hit}"
    for number, line in lines.items():
        yield f"DA:{number},{line.hits}"
    yield f"LF:{len(lines)}"
    yield f"LH:{sum(line.hits > 0 for line in lines.values())}"
    yield "end_of_record"


def _name(coverage: Coverage, file: str) -> str:
    """The path of a file, from the present folder where it lies below it."""
    path = coverage.path(file)
    if path is None:
        return file
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
