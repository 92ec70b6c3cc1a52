"""What running timers allow, as the explorer knows it: heartline.checking.exploring.clocks.

The oracle goes through all moments one by one. Lengths are multiples of a step that is fine enough
for everything that a short play can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import story
from heartline.checking.exploring.clocks import Clocks
from heartline.clock import STORY_START
from heartline.plan import HANDLED, OFF, PENDING, RUNNING
from heartline.run import Run
from heartline.runtime import start as begin

DAY = 86_400_000_000
FIRST, SECOND = range(2)


class Play:
    """One play of timers, named by their letters, told as the explorer would ask for it."""

    def __init__(self, timers: str, *, any_time: bool = True) -> None:
        self.clocks = Clocks(list(timers), any_time)
        self.timers = timers
        self.at = np.array([Clocks.zero], dtype=np.int32)

    def start(self, timer: str, length: int) -> Play:
        self.at = self.clocks.start(self.at, self.timers.index(timer), length)
        return self

    def stop(self, timer: str) -> Play:
        self.at = self.clocks.stop(self.at, self.timers.index(timer))
        return self

    def answer(self) -> Play:
        """All has settled, and after a while a person answers."""
        assert not self.urgent
        self.at = self.clocks.answer(self.clocks.rest(self.at))
        return self

    def fire(self, timer: str) -> Play:
        able, self.at = self.clocks.fire(self.clocks.rest(self.at), self.timers.index(timer))
        assert able.all(), f"{timer} is not the next"
        return self

    @property
    def next(self) -> str:
        """The timers that can be the next to run out."""
        rested = self.clocks.rest(self.at)
        able = [self.clocks.fire(rested, n)[0].all() for n in range(len(self.timers))]
        return "".join(timer for timer, can in zip(self.timers, able, strict=True) if can)

    @property
    def urgent(self) -> bool:
        return bool(self.clocks.urgent(self.at)[0])

    @property
    def pending(self) -> str:
        return "".join(self.timers[n] for n in self.clocks.pending(int(self.at[0])))

    def left(self, timer: str) -> tuple[int, int]:
        return self.clocks.left(int(self.at[0]), self.timers.index(timer))


# Examples -----------------------------------------------------------------------------------------


def test_of_two_timers_started_together_the_shorter_one_is_the_next() -> None:
    assert Play("ab").start("a", 14 * DAY).start("b", 7 * DAY).next == "b"
    assert Play("ab").start("b", 7 * DAY).start("a", 14 * DAY).next == "b"


def test_where_a_person_waits_before_the_second_either_can_be_the_next() -> None:
    play = Play("ab").start("a", 14 * DAY).answer().start("b", 7 * DAY)
    assert play.next == "ab"
    assert play.left("a") == (0, 14 * DAY)
    assert play.left("b") == (7 * DAY, 7 * DAY)


def test_the_longer_one_cannot_be_the_next_however_long_a_person_waits() -> None:
    assert Play("ab").start("a", 7 * DAY).answer().start("b", 14 * DAY).next == "a"


def test_what_is_left_is_bounded_by_what_has_run_out() -> None:
    play = Play("ab").start("a", 14 * DAY).start("b", 5 * DAY).answer().fire("b")
    assert play.left("a") == (9 * DAY, 9 * DAY)
    assert play.answer().left("a") == (0, 9 * DAY)


def test_of_deadlines_at_the_same_moment_the_one_started_first_is_the_next() -> None:
    assert Play("ab").start("a", 7).start("b", 7).next == "a"
    assert Play("ab").start("b", 7).start("a", 7).next == "b"
    assert Play("ab").start("a", 7).start("b", 7).fire("a").urgent
    assert Play("ab").start("a", 7).start("b", 7).fire("a").fire("b").pending == "ab"


def test_a_restart_is_a_start_anew() -> None:
    play = Play("ab").start("a", 7).start("b", 7)
    assert play.start("a", 7).next == "b"
    play = Play("ab").start("a", 7).answer().start("b", 3).start("a", 7)
    assert play.left("a") == (7, 7)
    assert play.next == "b"


def test_who_was_started_first_is_forgotten_where_it_makes_no_difference() -> None:
    one, other = Play("ab"), Play("ab")
    other.clocks = one.clocks
    assert one.start("a", 7).start("b", 8).at == other.start("b", 8).start("a", 7).at


def test_a_timer_of_no_length_is_urgent_until_it_has_run_out() -> None:
    play = Play("ab").start("a", 7).answer().start("b", 0)
    assert play.urgent
    assert play.clocks.rest(play.at) is play.at
    assert play.next == "b"  # the other one is due later, since a person could still answer
    assert not play.fire("b").urgent
    assert Play("a").start("a", -5).urgent


def test_urgent_timers_run_out_in_the_order_of_their_start() -> None:
    play = Play("abc").start("c", 0).start("a", 0).start("b", 1)
    assert play.fire("c").urgent
    assert play.fire("a").pending == "ca"
    assert not play.urgent


def test_a_deadline_can_come_at_the_very_moment_of_another_or_after_it() -> None:
    play = Play("ab").start("a", 4).answer().start("b", 2).fire("a")
    assert play.left("b") == (0, 2)
    assert not play.urgent  # a person can answer between the two
    assert play.answer().next == "b"


def test_a_person_who_answers_parts_two_deadlines() -> None:
    """Due together, in the order t, j, i, m, n: m was started before n. A person who answers
    between t and j puts all that j starts off, so that n is due before m."""
    play = Play("tjimn").start("t", 4).answer().start("j", 2).fire("t").start("i", 1)
    together = play.at
    assert play.fire("j").start("m", 3).fire("i").start("n", 2).next == "mn"
    play.at = together
    assert play.answer().fire("j").start("m", 3).fire("i").start("n", 2).next == "n"


def test_a_timer_that_ran_out_waits_until_it_is_handled() -> None:
    clocks = Clocks(["a", "b"], any_time=True)
    ids = clocks.start(np.zeros(1, dtype=np.int32), FIRST, 3)
    assert clocks.running(int(ids[0])) == (FIRST,)
    _, ids = clocks.fire(clocks.rest(ids), FIRST)
    assert clocks.status(FIRST)[ids].tolist() == [PENDING]
    assert clocks.pending(int(ids[0])) == (FIRST,)
    taken = clocks.take(ids, FIRST)
    assert clocks.status(FIRST)[taken].tolist() == [PENDING]
    assert clocks.pending(int(taken[0])) == ()
    handled = clocks.handle(taken, FIRST)
    assert clocks.status(FIRST)[handled].tolist() == [HANDLED]
    assert clocks.stop(ids, FIRST).tolist() == [Clocks.zero]
    assert clocks.stop(handled, FIRST).tolist() == [Clocks.zero]


def test_of_a_timer_that_is_only_known_to_run_anything_up_to_its_length_is_left() -> None:
    play = Play("ab")
    play.at = play.clocks.run(play.at, FIRST, 14)
    play.at = play.clocks.run(play.at, SECOND, np.array([7]))
    assert play.next == "ab"
    assert play.left("a") == (0, 14)
    assert play.left("b") == (0, 7)
    assert play.fire("b").left("a") == (0, 14)
    assert play.start("b", 14).next == "a"


def test_an_answer_that_starts_nothing_leads_back() -> None:
    play = Play("ab").start("a", 14).answer().start("b", 7)
    rested = play.clocks.rest(play.at)
    assert play.clocks.rest(rested) is rested
    assert play.clocks.answer(rested) != rested
    assert play.clocks.rest(play.clocks.answer(rested)) == rested


def test_over_means_that_nothing_runs_and_nothing_waits() -> None:
    play = Play("abc").start("a", 1).start("b", 2).fire("a")
    closed = play.clocks.close(play.at)
    assert [int(play.clocks.status(n)[closed][0]) for n in range(3)] == [HANDLED, OFF, OFF]
    assert play.clocks.pending(int(closed[0])) == play.clocks.running(int(closed[0])) == ()


# Arrays -------------------------------------------------------------------------------------------


def test_many_are_looked_up_at_once() -> None:
    clocks = Clocks(["a", "b"], any_time=True)
    ids = np.zeros(6, dtype=np.int32)
    ids = clocks.start(ids, FIRST, np.array([3, 5, 3, 5, 0, 0]))
    assert len(set(ids.tolist())) == 3
    assert clocks.urgent(ids).tolist() == [False] * 4 + [True] * 2
    ids[2:] = clocks.start(ids[2:], SECOND, 3)
    able, then = clocks.fire(clocks.rest(ids), SECOND)
    assert able.tolist() == [False, False, False, True, False, False]
    assert then[~able].tolist() == clocks.rest(ids)[~able].tolist()
    assert then.dtype == np.int32
    assert clocks.start(ids[:0], FIRST, 3).tolist() == []
    assert clocks.start(ids[:0], FIRST, ids[:0]).tolist() == []


def test_nothing_changes_hands_where_no_timer_runs() -> None:
    clocks = Clocks([], any_time=True)
    ids = np.zeros(9, dtype=np.int32)
    assert clocks.rest(ids) is ids
    assert clocks.close(ids) is ids
    assert len(clocks) == 1


def test_tables_grow_with_the_numbers() -> None:
    clocks = Clocks(["a", "b"], any_time=False)
    ids = np.zeros(1, dtype=np.int32)
    for length in range(1, 200):
        ids = np.append(ids, clocks.start(ids[:1], FIRST, length))
    assert len(clocks) == 200
    assert clocks.status(FIRST)[ids].tolist() == [OFF] + [RUNNING] * 199
    both = clocks.start(ids, SECOND, 100)
    able, _ = clocks.fire(both, SECOND)
    assert able.tolist() == [length == 0 or length > 100 for length in range(200)]


# The oracle ---------------------------------------------------------------------------------------

UNIT = 8  # moments in the shortest length: as many waits in a row can be told apart


@dataclass(frozen=True)
class Concrete:
    """What exactly is left of each timer (None where it does not run), and all else."""

    left: tuple[int | None, ...]
    started: tuple[int, ...] = ()  # the running ones, in the order of their start
    pending: tuple[int, ...] = ()
    statuses: tuple[int, ...] = ()

    def put(self, timer: int, status: int) -> Concrete:
        return Concrete(
            _set(self.left, timer, None),
            tuple(each for each in self.started if each != timer),
            tuple(each for each in self.pending if each != timer),
            _set(self.statuses, timer, status),
        )

    def start(self, timer: int, length: int) -> Concrete:
        new = self.put(timer, RUNNING)
        return replace(new, left=_set(new.left, timer, length), started=(*new.started, timer))

    def take(self, timer: int) -> Concrete:
        return replace(self, pending=tuple(each for each in self.pending if each != timer))

    def close(self) -> Concrete:
        new = self
        for timer in self.started:
            new = new.put(timer, OFF)
        for timer in self.pending:
            new = new.put(timer, HANDLED)
        return new

    def later(self, by: int) -> Concrete:
        return replace(self, left=tuple(None if n is None else n - by for n in self.left))

    def answers(self) -> Iterable[Concrete]:
        if not self.started:
            return [self]
        soonest = min(n for n in self.left if n is not None)
        return [self.later(by) for by in range(soonest)]

    def fire(self, timer: int) -> Iterable[Concrete]:
        order = sorted(self.started, key=lambda each: (self.left[each], self.started.index(each)))
        if not order or order[0] != timer:
            return []
        new = self.later(self.left[timer] or 0).put(timer, PENDING)
        return [replace(new, pending=(*self.pending, timer))]


def _set(values: tuple, place: int, value: object) -> tuple:
    return (*values[:place], value, *values[place + 1 :])


timers = st.integers(0, 2)
moves = st.one_of(
    st.tuples(st.just("start"), timers, st.integers(0, 3)),
    st.tuples(st.just("start"), timers, st.integers(0, 3)),
    st.tuples(st.just("answer")),
    st.tuples(st.just("answer")),
    st.tuples(st.just("fire"), timers),
    st.tuples(st.just("fire"), timers),
    st.tuples(st.just("stop"), timers),
    st.tuples(st.just("handle"), timers),
    st.tuples(st.just("take"), timers),
    st.tuples(st.just("close")),
)


@given(st.lists(moves, max_size=14))
def test_what_can_happen_is_what_happens_at_some_moments(play: list[tuple]) -> None:
    clocks = Clocks(["a", "b", "c"], any_time=True)
    at = np.zeros(1, dtype=np.int32)
    all_: set[Concrete] = {Concrete((None,) * 3, statuses=(OFF,) * 3)}
    for name, *arguments in play:
        timer = arguments[0] if arguments else -1
        if name == "start":
            length = arguments[1] * UNIT
            at = clocks.start(at, timer, length)
            all_ = {each.start(timer, length) for each in all_}
        elif name == "stop":
            at = clocks.stop(at, timer)
            all_ = {each.put(timer, OFF) for each in all_}
        elif name == "take":
            at = clocks.take(at, timer)
            all_ = {each.take(timer) for each in all_}
        elif name == "handle":
            at = clocks.handle(at, timer)
            all_ = {each.put(timer, HANDLED) for each in all_}
        elif name == "close":
            at = clocks.close(at)
            all_ = {each.close() for each in all_}
        elif name == "answer":
            can = {after for each in all_ for after in each.answers()}
            assert bool(clocks.urgent(at)[0]) == (not can)
            if can:
                at, all_ = clocks.answer(clocks.rest(at)), can
        else:
            able, then = clocks.fire(clocks.rest(at), timer)
            can = {after for each in all_ for after in each.fire(timer)}
            assert bool(able[0]) == bool(can)
            if can:
                at, all_ = then, can
        holds(clocks, int(at[0]), all_)


def holds(clocks: Clocks, number: int, all_: set[Concrete]) -> None:
    """All that is concrete lies in the zone, and reaches each of its bounds, or comes near it."""
    state = clocks._states[number]
    for each in all_:
        assert each.statuses == state.statuses
        assert each.pending == state.pending
    left = np.array([[0, *[each.left[n] for n in state.running]] for each in all_])
    most = (left[:, :, None] - left[:, None, :]).max(axis=0)
    bounds = np.array(state.zone)
    closed = bounds % 2 == 1
    bounds //= 2
    assert (most[closed] == bounds[closed]).all()
    assert (most[~closed] < bounds[~closed]).all()
    assert (most[~closed] > bounds[~closed] - UNIT).all()
    assert state.before == {
        (one, other)
        for each in all_
        for one, other in combinations(each.started, 2)
        if each.left[one] == each.left[other]
    }


# The runtime --------------------------------------------------------------------------------------


LETTERS = """
    timers: {a: {length: 1s}, b: {length: 1s}, c: {length: 1s}}
    initial: deaf
    states:
      deaf: {events: {hear: hearing}}
      hearing:
        after: {a: {do: stop(b)}, b: {}, c: {}}
        choices: {end: {to: over}}
      over: {type: final, outcome: over}
    """
MACHINE = story(LETTERS).machine


@given(st.lists(moves, max_size=20))
def test_from_deadline_to_deadline_it_is_as_the_runtime_has_it(play: list[tuple]) -> None:
    run = Run(MACHINE, begin(MACHINE, now=STORY_START).snapshot)
    clocks = Clocks(list(MACHINE.timers), any_time=False)
    at = np.zeros(1, dtype=np.int32)
    names = list(MACHINE.timers)
    for name, *arguments in play:
        timer = arguments[0] if arguments else -1
        if name == "start":
            run.start(names[timer], timedelta(seconds=arguments[1]))
            at = clocks.start(at, timer, arguments[1] * 1_000_000)
        elif name == "stop":
            run.stop(names[timer])
            at = clocks.stop(at, timer)
        elif name == "take":  # all that is pending is handled, in its order
            run.frame[0] = "hearing"
            run.settle()
            run.frame[0] = "deaf"
            while waiting := clocks.pending(int(at[0])):
                at = clocks.handle(clocks.take(at, waiting[0]), waiting[0])
                if waiting[0] == FIRST:
                    at = clocks.stop(at, SECOND)
        elif name == "close":
            run.close()
            at = clocks.close(at)
        elif name == "fire":
            able = [bool(clocks.fire(at, n)[0][0]) for n in range(3)]
            assert able == [bool(run.deadlines) and run.deadlines[0].timer == n for n in names]
            if run.deadlines:
                at = clocks.fire(clocks.rest(at), able.index(True))[1]
                run.time = due = run.deadlines[0].due
                timer, run.deadlines = run.deadlines[0].timer, run.deadlines[1:]
                run.frame[MACHINE.timers[timer].slot] = PENDING
                run.pending = (*run.pending, timer)
        number = int(at[0])
        assert [names[n] for n in clocks.pending(number)] == list(run.pending)
        for n, timer in enumerate(names):
            assert clocks.status(n)[number] == run.frame[MACHINE.timers[timer].slot]
        for due in run.deadlines:
            left = (due.due - run.time) // timedelta(microseconds=1)
            assert clocks.left(number, names.index(due.timer)) == (left, left)
        assert bool(clocks.urgent(at)[0]) == any(due.due <= run.time for due in run.deadlines)


# How many there are -------------------------------------------------------------------------------


@pytest.mark.parametrize(("lengths", "any_time"), [
    ((1, 1), True), ((2, 3), True), ((14, 7), True), ((1, 1, 2), True), ((2, 3, 4), False),
])  # fmt: skip
def test_there_are_only_so_many(lengths: tuple[int, ...], any_time: bool) -> None:
    clocks = Clocks([str(n) for n in range(len(lengths))], any_time)
    done: set[int] = set()
    waiting = np.zeros(1, dtype=np.int32)
    while waiting.size:
        done |= set(waiting.tolist())
        rested = clocks.rest(waiting)
        found = [rested, clocks.answer(rested)]
        for timer, length in enumerate(lengths):
            able, then = clocks.fire(rested, timer)
            found += [clocks.start(waiting, timer, length * DAY), clocks.stop(waiting, timer)]
            found += [clocks.stop(then[able], timer)]
        waiting = np.array(sorted({int(n) for each in found for n in each} - done), dtype=np.int32)
    assert len(done) < 1_000
