"""Whether the tests notice a mutant: each is played against those that it makes a difference to.

    court = Court(loaded, cases)
    for mutant in court.mutants:
        verdict = court.judge(mutant)

The cheapest tests come first, and the first that fails ends it. A mutant that loops, or that the
engine cannot play, is noticed. What no test notices is looked at once more: where it can be shown
that nobody could (see `equivalence`), it counts for nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from heartline.checking.monitor import Watch as Promises
from heartline.errors import HeartlineError
from heartline.testing.case import PASSED
from heartline.testing.mutation.differences import Original
from heartline.testing.mutation.equivalence import Proofs
from heartline.testing.mutation.mutant import EQUIVALENT, INVALID, KILLED, SURVIVED, Verdict
from heartline.testing.mutation.operators import mutants_of
from heartline.testing.mutation.reach import Watch
from heartline.testing.mutation.workshop import Workshop
from heartline.testing.runs.planning import plan_case
from heartline.testing.runs.running import run_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.conversation import Scenario
    from heartline.loader import Loaded
    from heartline.testing.case import Case, Result
    from heartline.testing.mutation.mutant import Mutant
    from heartline.testing.runs.planning import Plan

__all__ = ["Court", "TestsFail"]


class TestsFail(HeartlineError):
    """Tests fail on the scenario as it is, so they cannot judge mutants of it."""

    __test__ = False  # not a test class, whatever its name says

    def __init__(self, results: Sequence[Result]) -> None:
        shown = ", ".join(result.id for result in results[:3])
        more = f" and {len(results) - 3} more" if len(results) > 3 else ""
        super().__init__(
            f"{len(results)} of the tests fail without any mutant ({shown}{more}): mend them "
            "first; heartline test says what is wrong."
        )
        self.results = tuple(results)


class Court:
    """A scenario, its tests, and what these come by. Raises TestsFail."""

    def __init__(self, loaded: Loaded, cases: Sequence[Case]) -> None:
        self.workshop = Workshop(loaded)
        self.mutants = mutants_of(self.workshop.parts)
        self.cases = tuple(case for case in cases if case.skip is None)
        scenario = self.workshop.scenario
        promises = _promises(scenario)
        self.plans = [plan_case(scenario, case, promises) for case in self.cases]
        self.original = Original(self.workshop.machine)
        self.watch = Watch(
            self.workshop.machine, {seat for case in self.cases for seat in case.seats}
        )
        results: list[Result] = self.watch.watching([partial(_run, plan) for plan in self.plans])
        failed = [result for result in results if result.status != PASSED]
        if failed:
            raise TestsFail(failed)
        turns = [result.turns for result in results]
        self.order = sorted(range(len(self.cases)), key=lambda number: (turns[number], number))
        self.proofs = Proofs(self.original, lambda: Workshop(loaded).machine)

    def judge(
        self, mutant: Mutant, *, passed: frozenset[str] = frozenset(), prove: bool = True
    ) -> Verdict:
        """What becomes of a mutant. `passed` are ids of tests that are known not to notice it;
        `prove` says whether to look for a proof that nobody could."""
        with self.workshop.alive(mutant) as living:
            if living.scenario is None:
                return Verdict(INVALID, living.why)
            difference = self.original.difference(living)
            everyone = (1 << len(self.cases)) - 1
            reached, differs = self.original.concerned(living, difference, self.watch, everyone)
            concerned = self._ids(reached), self._ids(differs), difference.everywhere
            anew = living.parts is None and differs
            promises = _promises(living.scenario) if anew else None
            for number in self.order:
                test = self.cases[number].id
                if test in passed or not differs >> number & 1:
                    continue
                plan = self.plans[number]
                if anew:
                    plan = plan_case(living.scenario, self.cases[number], promises)
                if _notices(plan):
                    return Verdict(KILLED, test, *concerned)
            how = self.proofs.shown(living, difference) if prove else None
            if how is not None:
                return Verdict(EQUIVALENT, how, *concerned)
            return Verdict(SURVIVED, "", *concerned)

    def _ids(self, tests: int) -> tuple[str, ...]:
        return tuple(self._members(tests))

    def _members(self, tests: int) -> Iterator[str]:
        for number, case in enumerate(self.cases):
            if tests >> number & 1:
                yield case.id


def _promises(scenario: Scenario) -> Promises | None:
    """What holds a scenario to its promises beside its tests; None where it makes none."""
    return Promises(scenario) if scenario.machine.promises else None


def _notices(plan: Plan) -> bool:
    try:
        return _run(plan).status != PASSED
    except Exception:  # noqa: BLE001  # a mutant that cannot even be played is noticed
        return True


def _run(plan: Plan) -> Result:
    return run_plan(plan, stored=False, told=False)
