"""Tests that are played in several processes, and told in the order of the file all the same.

Each process reads a file itself: a compiled scenario is shared by all that is in one process, and
cannot be sent to another. Processes are started afresh (spawned), so that nothing depends on what
this one was doing. A file is cut into parts where it has enough tests for that to be worth it.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from itertools import islice
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import TYPE_CHECKING

from heartline.testing.case import ERROR, Failure, Result
from heartline.testing.files.loading import Scenarios, load_tests
from heartline.testing.suite.session import Played, WorkerLost, play_cases, usable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from heartline.testing.case import Case, LoadedTests
    from heartline.testing.suite.session import FileRun, Options

__all__ = ["deaf_to_interrupts", "how_many", "played_by_workers"]

FEWEST = 40  # tests of a part: reading a large scenario takes as long as a hundred short tests
PARTS = 3  # for each process, so that a slow part keeps nobody waiting for long


def how_many() -> int:
    """As many processes as this one may use processors."""
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, len(affinity(0)) if affinity else os.cpu_count() or 1)


def played_by_workers(
    runs: Iterator[FileRun], options: Options
) -> Generator[tuple[FileRun, Iterable[Played]], None, None]:
    """Play the tests of files in `options.workers` processes; the parts of a file come in order.

    Raises WorkerLost where a process comes to its end before its tests.
    """
    others = active_children()
    pool = ProcessPoolExecutor(options.workers, get_context("spawn"), _begin)
    ahead: deque[tuple[FileRun, list[Future[Played]]]] = deque()
    here = replace(options, workers=1, keyword=None)
    try:
        while True:
            for run in islice(runs, options.workers + 1 - len(ahead)):
                parts = _cut(run.cases, options.workers)
                with deaf_to_interrupts():
                    futures = [pool.submit(_play, run.tests.path, part, here) for part in parts]
                ahead.append((run, futures))
            if not ahead:
                return
            run, futures = ahead.popleft()
            yield run, _in_order(futures)
    except BaseException:  # Ctrl-C, or nobody wants the rest: what still plays is not waited for
        for process in active_children():
            if process not in others:
                process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(futures: Sequence[Future[Played]]) -> Iterator[Played]:
    for future in futures:
        try:
            yield future.result()
        except BrokenProcessPool:
            raise WorkerLost(
                "A process that played tests was ended from outside, perhaps for want of memory: "
                "run it with fewer of them, as in -n 1."
            ) from None


def _cut(cases: Sequence[Case], workers: int) -> list[tuple[str, ...]]:
    """The ids of the cases, in parts of about the same size."""
    size = max(FEWEST, -(-len(cases) // (workers * PARTS)))
    ids = [case.id for case in cases]
    return [tuple(ids[at : at + size]) for at in range(0, len(ids), size)]


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, not even before they have begun; it reaches this
    one a little later then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Ctrl-C reaches every process of a terminal; only the first one answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@cache
def _scenarios() -> Scenarios:
    return Scenarios()


@lru_cache(maxsize=4)
def _read(path: str) -> LoadedTests:
    return load_tests(Path(path), scenarios=_scenarios())


def _play(path: str, ids: Sequence[str], options: Options) -> Played:
    """In a process of the pool: play these cases of a file."""
    tests = _read(path)
    cases = {case.id: case for case in tests.cases} if usable(tests) else {}
    if not cases.keys() >= set(ids):
        return Played(tuple(_vanished(tests, each) for each in ids))
    results: list[Result] = []
    data: object = None
    for part in play_cases(tests, [cases[each] for each in ids], options):
        results += part.results
        data = part.data if part.data is not None else data
    return Played(tuple(results), data)


def _vanished(tests: LoadedTests, case: str) -> Result:
    place = tests.sources.locate(())
    message = "The file was changed while its tests were run: run them again."
    return Result(case, ERROR, place, failure=Failure(message, place, -1, "live"))
