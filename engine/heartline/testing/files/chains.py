"""Shared beginnings: a test that starts where another ended.

Such a test does first all that the other one does, and what that one starts after before it, with
the seed, the inputs and the draws of the first of them. What those tests expect is not asked
again: they say it themselves. An input that they expect to be refused is left out, since it
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.testing.case import Case, CaseStep
    from heartline.testing.files.faults import Faults, Path
    from heartline.testing.files.form import Test

__all__ = ["chained", "root_of"]

LONGEST_CHAIN = 100
MOST_STEPS = 10_000  # that one test may start after
MOST_TOGETHER = 1_000_000  # of all beginnings of a file
_INHERITED = ("seed", "start", "inputs", "seats", "draw")


@dataclass(frozen=True, slots=True)
class _End:
    """Where a test ends: the case that the chain starts with, and all its acts up to there."""

    first: Case
    acts: tuple[CaseStep, ...]
    length: int


def root_of(name: str, tests: Mapping[str, Test]) -> str:
    """The test with which the chain of a test starts, as far as it can be followed."""
    for _ in range(LONGEST_CHAIN):
        after = tests[name].after
        if after is None or after not in tests:
            break
        name = after
    return name


def chained(
    cases: list[Case], tests: Mapping[str, Test], names: Collection[str], faults: Faults
) -> list[Case]:
    """The cases, each with its beginning. `names` are all tests of the file, those too that could
    not be read. Reports chains that lead nowhere (HL903), and what a test cannot set (HL205)."""
    for name, test in tests.items():
        if test.after is not None:
            _check(name, test, tests, names, faults)
    _check_circles(tests, faults)
    if faults.failed:
        return cases
    ends: dict[str, _End] = {}
    plain = {case.name: case for case in cases}
    together = 0
    for case in cases:
        if case.after is None:
            continue
        for base in _unknown_ends(case.after, tests, ends):
            end = _end(plain[base], ends)
            together += len(end.acts)
            if len(end.acts) > MOST_STEPS or together > MOST_TOGETHER:
                message = f"with all that comes before it, {base!r} has too many steps"
                hint = f"at most {MOST_STEPS:,} steps may stand before a test"
                faults.error("HL903", message, ("tests", base, "after"), hint)
                return cases
            ends[base] = end
    return [_after(case, ends[case.after]) if case.after else case for case in cases]


def _check(
    name: str, test: Test, tests: Mapping[str, Test], names: Collection[str], faults: Faults
) -> None:
    path: Path = ("tests", name)
    after = test.after
    assert after is not None
    if after not in names:
        faults.unknown("HL903", "test of this file", after, names, (*path, "after"))
    elif after in tests and tests[after].cases:
        message = f"{after!r} has a table of cases, so it ends in more than one place"
        hint = "write the beginning as a test of its own, without a table"
        faults.error("HL903", message, (*path, "after"), hint)
    elif after in tests and _refused_at_the_start(tests[after]):
        message = f"{after!r} expects its start to be refused, so nothing comes after it"
        faults.error("HL903", message, (*path, "after"))
    for field in _INHERITED:
        if field in test.model_fields_set:
            message = f"{name!r} starts where {after!r} ended, so it has no {field!r} of its own"
            hint = f"write {field}: in the test that the chain starts with"
            faults.error("HL205", message, (*path, field), hint, key=True)


def _refused_at_the_start(test: Test) -> bool:
    return test.expect is not None and test.expect.error is not None


def _check_circles(tests: Mapping[str, Test], faults: Faults) -> None:
    """Report each circle once, at the first test of the file in it, and chains without an end."""
    done: set[str] = set()
    for start in tests:
        chain: dict[str, None] = {}
        name: str | None = start
        while name is not None and name in tests and name not in done and name not in chain:
            chain[name] = None
            name = tests[name].after
        if name in chain:
            names = list(chain)
            circle = names[names.index(name) :]
            shown = [*circle[:6], *["..."] * (len(circle) > 6), circle[0]]
            message = f"these tests start after each other: {' after '.join(shown)}"
            hint = "one of them starts at the beginning"
            if len(circle) == 1:
                message = f"{circle[0]!r} starts after itself"
                hint = "name the test in whose end it starts, or leave after out"
            faults.error("HL903", message, ("tests", circle[0], "after"), hint)
        done.update(chain)
    lengths: dict[str, int] = {}
    for start in tests:
        if faults.failed:
            return
        waiting = [start]
        while waiting:
            after = tests[waiting[-1]].after
            if after is None or after in lengths:
                name = waiting.pop()
                lengths[name] = lengths[after] + 1 if after is not None else 0
            else:
                waiting.append(after)
        if lengths[start] > LONGEST_CHAIN:
            message = f"{start!r} starts after more than {LONGEST_CHAIN} others, one after another"
            faults.error("HL903", message, ("tests", start, "after"), "make the chain shorter")


def _unknown_ends(name: str, tests: Mapping[str, Test], ends: Mapping[str, _End]) -> list[str]:
    """The tests up to this one whose ends are not known yet, the first of the chain first."""
    found: list[str] = []
    each: str | None = name
    while each is not None and each not in ends:
        found.append(each)
        each = tests[each].after
    return found[::-1]


def _end(case: Case, ends: Mapping[str, _End]) -> _End:
    acts = tuple(
        step
        for step in case.steps
        if step.step.act is not None and not (step.step.expect and step.step.expect.error)
    )
    if case.after is None:
        return _End(case, acts, 1)
    before = ends[case.after]
    return _End(before.first, (*before.acts, *acts), before.length + 1)


def _after(case: Case, end: _End) -> Case:
    """The case, started where another ended. What it expects at its start becomes a step."""
    steps = case.steps
    if case.opening is not None:
        steps = (case.opening, *steps)
    return replace(
        case,
        seed=end.first.seed,
        start=end.first.start,
        inputs=end.first.inputs,
        seats=end.first.seats,
        draws=end.first.draws,
        opening=None,
        beginning=end.acts,
        steps=steps,
    )
