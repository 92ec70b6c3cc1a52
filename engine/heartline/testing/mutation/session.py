"""A whole run: which mutants, judged here or in several processes, and what is known already.

What comes out does not depend on the number of processes: each mutant is judged on its own, and
verdicts are told in the order of the files. Each process reads the files itself.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING

from heartline.diagnostics import Diagnostic, Severity
from heartline.errors import HeartlineError
from heartline.files import SCENARIO, bundled_scenarios, find_scenario
from heartline.testing.case import only_wanted
from heartline.testing.files.finding import find_test_files
from heartline.testing.files.loading import Scenarios, load_tests
from heartline.testing.mutation.cache import Known
from heartline.testing.mutation.judging import Court
from heartline.testing.mutation.mutant import EQUIVALENT, INVALID, KILLED, SURVIVED
from heartline.testing.suite.session import WorkerLost, usable
from heartline.testing.suite.workers import deaf_to_interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from heartline.testing.case import Case, LoadedTests
    from heartline.testing.mutation.mutant import Mutant, Verdict

__all__ = ["NotUsable", "Outcome", "Wanted", "mutate"]

BATCH = 16  # mutants that a process is given at a time

Judged = list[tuple[int, "Verdict"]]


class NotUsable(HeartlineError):
    """The scenario or its tests cannot be used; `diagnostics` say why, where they can."""

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the tests' files, which mutants, in how many processes.

    `only` are operators, all of them where it is empty. `limit` mutants are drawn by `seed`, as
    many of each operator as there are of it, in proportion. `cache` keeps verdicts between runs.
    """

    tests: tuple[Path, ...]
    only: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0
    workers: int = 1
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. `made` counts all mutants that there are, `asked` those that were asked
    for, and `judged` holds these, or a sample of them, in order. `accepted` are the reasons that
    the test files give, by mutant.
    """

    scenario: str
    made: int
    asked: int
    judged: tuple[tuple[Mutant, Verdict], ...]
    accepted: dict[str, str]
    warnings: tuple[Diagnostic, ...]
    tests: int
    seconds: float

    def those(self, status: str) -> list[tuple[Mutant, Verdict]]:
        """The mutants of one status; accepted ones are among the survivors."""
        return [each for each in self.judged if each[1].status == status]

    @property
    def sample(self) -> bool:
        """Whether only some of those that were asked for were judged."""
        return len(self.judged) < self.asked

    @property
    def survivors(self) -> list[tuple[Mutant, Verdict]]:
        """What no test notices, and no reason accepts."""
        return [each for each in self.those(SURVIVED) if each[0].name not in self.accepted]

    @property
    def score(self) -> float:
        """Which part of the mutants that somebody could notice is noticed, from 0 to 1. Accepting
        one does not raise it."""
        killed = len(self.those(KILLED))
        return killed / (killed + len(self.those(SURVIVED))) if self.counted else 1.0

    @property
    def score_with_accepted(self) -> float:
        """The same, where accepted mutants count for nothing."""
        killed, survivors = len(self.those(KILLED)), len(self.survivors)
        return killed / (killed + survivors) if killed + survivors else 1.0

    @property
    def counted(self) -> int:
        """How many mutants the score is made of."""
        return sum(each[1].status in (KILLED, SURVIVED) for each in self.judged)

    @property
    def left_out(self) -> tuple[int, int]:
        """How many are equivalent, and how many do not compile."""
        return len(self.those(EQUIVALENT)), len(self.those(INVALID))


def mutate(
    scenario: str, wanted: Wanted, progress: Callable[[int, int], None] | None = None
) -> Outcome:
    """Make the mutants of a scenario, a path or a name, and judge them by its tests.

    `progress` is told how many of how many are done. Raises NotUsable, TestsFail and WorkerLost.
    """
    began = time.perf_counter()
    loaded = _tests(scenario, wanted.tests)
    court = _court(loaded)
    mutants = court.mutants
    numbers = _chosen(mutants, wanted)
    known = Known(wanted.cache, court.workshop.parts, court.cases)
    found: dict[int, Verdict] = {}
    waiting: list[int] = []
    for number in numbers:
        verdict = known.verdict(mutants[number])
        if verdict is None:
            waiting.append(number)
        else:
            found[number] = verdict
    tell = progress or _nobody
    tell(len(found), len(numbers))
    for judged in _judge(court, waiting, known, loaded, wanted.workers):
        found.update(judged)
        tell(len(found), len(numbers))
    judged_all = tuple((mutants[number], found[number]) for number in numbers)
    known.keep(judged_all)
    accepted = {
        each.mutant: each.because
        for tests in loaded if tests.file is not None for each in tests.file.accepted
    }  # fmt: skip
    return Outcome(
        loaded[0].scenario_loaded.sources.name if loaded[0].scenario_loaded else scenario,
        len(mutants),
        sum(not wanted.only or mutant.operator in wanted.only for mutant in mutants),
        judged_all,
        accepted,
        tuple(_accepted_in_vain(loaded, mutants, judged_all)),
        len(court.cases),
        time.perf_counter() - began,
    )


def _nobody(_done: int, _of: int) -> None:
    """Nobody watches."""


# What is tested ---------------------------------------------------------------------------------


def _tests(scenario: str, files: Sequence[Path]) -> list[LoadedTests]:
    """The test files of a scenario; those beside it, where none are named."""
    path = find_scenario(scenario)
    path = path / SCENARIO if path.is_dir() else path
    if not path.is_file():
        names = ", ".join(sorted(bundled_scenarios()))
        raise NotUsable(
            f"There is no scenario {scenario!r}: give a file, a folder, or the name of one that "
            f"came along ({names})."
        )
    beside = not files
    if beside:
        files = [file for file in find_test_files([path.parent]) if file.parent == path.parent]
    loading, found = Scenarios(), []
    for file in files:
        tests = load_tests(file, scenarios=loading)
        about = tests.scenario_loaded.path if tests.scenario_loaded is not None else None
        if beside and usable(tests) and about != path.resolve():
            continue  # those of another scenario in this folder
        if not usable(tests):
            raise NotUsable(f"{tests.path} cannot be used.", tests.diagnostics)
        if about != path.resolve():
            raise NotUsable(f"{tests.path} tests another scenario than {path}.")
        found.append(tests)
    if not any(case.skip is None for tests in found for case in tests.cases):
        raise NotUsable(
            f"{path} has no tests to judge its mutants by: write {path.parent / 'tests.yaml'}, or "
            "name a file with --tests."
        )
    return found


def _court(loaded: Sequence[LoadedTests]) -> Court:
    scenario = loaded[0].scenario_loaded
    assert scenario is not None
    cases: list[Case] = []
    for tests in loaded:
        cases += only_wanted(tests.cases)
    return Court(scenario, cases)


def _chosen(mutants: Sequence[Mutant], wanted: Wanted) -> list[int]:
    """The numbers of the mutants that are asked for, in order."""
    numbers = [
        number for number, mutant in enumerate(mutants)
        if not wanted.only or mutant.operator in wanted.only
    ]  # fmt: skip
    if wanted.limit is None or len(numbers) <= wanted.limit:
        return numbers
    chance = random.Random(wanted.seed)  # noqa: S311  # a sample, no secret
    groups: dict[str, list[int]] = defaultdict(list)
    for number in numbers:
        groups[mutants[number].operator].append(number)
    ranked: list[tuple[float, int]] = []
    for operator in sorted(groups):
        group = groups[operator]
        chance.shuffle(group)
        # Each group is spread evenly over the whole, so that any beginning holds its share.
        ranked += [((place + 0.5) / len(group), number) for place, number in enumerate(group)]
    ranked.sort()
    return sorted(number for _, number in ranked[: wanted.limit])


def _accepted_in_vain(
    loaded: Sequence[LoadedTests], mutants: Sequence[Mutant],
    judged: Sequence[tuple[Mutant, Verdict]],
) -> Iterator[Diagnostic]:  # fmt: skip
    names = {mutant.name for mutant in mutants}
    verdicts = {mutant.name: verdict for mutant, verdict in judged}
    for tests in loaded:
        for index, entry in enumerate(tests.file.accepted if tests.file is not None else ()):
            verdict = verdicts.get(entry.mutant)
            if entry.mutant not in names:
                message, hint = "the scenario has no such mutant", "delete the entry, or rename it"
            elif verdict is None or verdict.status == SURVIVED:
                continue
            elif verdict.status == KILLED:
                message = f"the tests notice this mutant: {verdict.how} fails"
                hint = "delete the entry"
            else:
                message, hint = "this mutant counts for nothing anyway", "delete the entry"
            place = tests.sources.locate(("accepted", index, "mutant"))
            yield Diagnostic("HL907", Severity.WARNING, message, place, hint)


# Judging ----------------------------------------------------------------------------------------


def _judge(
    court: Court, waiting: list[int], known: Known, loaded: Sequence[LoadedTests], workers: int
) -> Iterator[Judged]:
    """Judge mutants by their numbers; what comes comes in any order."""
    tasks = [
        (number, known.passed(court.mutants[number]), known.survived(court.mutants[number]))
        for number in waiting
    ]
    if workers <= 1 or len(tasks) <= BATCH:
        for task in tasks:
            yield _of_batch(court, [task])
        return
    batches = [tasks[at : at + BATCH] for at in range(0, len(tasks), BATCH)]
    paths = [tests.path for tests in loaded]
    others = active_children()
    pool = ProcessPoolExecutor(
        min(workers, len(batches)), get_context("spawn"), _begin, (paths, known.files, known.tests)
    )
    try:
        with deaf_to_interrupts():
            futures = [pool.submit(_in_worker, batch) for batch in batches]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise WorkerLost(
            "A process that judged mutants was ended from outside, perhaps for want of memory: "
            "run it with fewer of them, as in -n 1."
        ) from None
    except BaseException:  # Ctrl-C: what is still being judged is not waited for
        for process in active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


Task = tuple[int, frozenset[str], bool]


def _of_batch(court: Court, tasks: Sequence[Task]) -> Judged:
    return [
        (number, court.judge(court.mutants[number], passed=passed, prove=not survived))
        for number, passed, survived in tasks
    ]


_HERE: list[Court] = []  # in a process of the pool: its court


def _begin(paths: Sequence[str], files: str, tests: dict[str, str]) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process answers Ctrl-C for all
    known = Scenarios()
    loaded = [load_tests(Path(path), scenarios=known) for path in paths]
    if all(map(usable, loaded)):
        court = _court(loaded)
        here = Known(None, court.workshop.parts, court.cases)
        if (here.files, here.tests) == (files, tests):
            _HERE.append(court)


def _in_worker(tasks: Sequence[Task]) -> Judged:
    if not _HERE:
        raise WorkerLost("A file was changed while its mutants were judged: run it again.")
    return _of_batch(_HERE[0], tasks)
