"""What running timers allow: the timers' part of a configuration, as one number.

Behind a number stand the statuses of all timers, the order of the pending ones, and a zone: what
is known of how much is left of each running timer. A zone is a difference-bound matrix. Row and
column 0 stand for now, the others for the running timers, in the order of the machine; entry
[i][j] is the most by which i can be due later than j. A bound is a whole number: twice the
microseconds, and one more where the bound itself is possible. Zones are closed (no bound could be
tightened by the others), so that equal sets have equal matrices.

Time in a zone:

 1. A started timer has its whole length left, exactly.
 2. `rest` lets time pass up to the next deadline. All that is left shrinks by the same, unknown
    span, so differences stay, and only what is between two deadlines is forgotten.
 3. A person's answer comes before the next deadline, never at it: `answer` takes away what is due
    now. Without an answer, several deadlines can run out at the same moment.
 4. `fire` takes the moments at which a timer can be the next, and goes there.

Of deadlines that are due together the one that was started first runs out first. Which of two was
first is kept only while they can be due together, so that it does not tell apart what goes on
alike.

Where time only moves from deadline to deadline (`any_time` is False) `rest` lets no time pass, and
all that is left is known exactly.

Everything is done once for each number and then looked up, for whole arrays of numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from heartline.plan import HANDLED, OFF, PENDING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Zone = tuple[tuple[int, ...], ...]
    Work = Callable[["_State"], "_State | None"]

__all__ = ["Clocks", "alike", "only", "picked"]

_BELOW, _AT_MOST = 0, 1  # the bounds "less than nothing" and "nothing at most"
_UNKNOWN, _IMPOSSIBLE = -2, -1  # what a table holds besides numbers


class _State(NamedTuple):
    """What a number stands for.

    `before` are pairs of running timers that can be due together, the one started first in front.
    `waits` says that time passes up to the next deadline, while nobody has answered.
    """

    statuses: tuple[int, ...]
    pending: tuple[int, ...] = ()
    zone: Zone = ((_AT_MOST,),)
    before: frozenset[tuple[int, int]] = frozenset()
    waits: bool = False

    @property
    def running(self) -> tuple[int, ...]:
        return tuple([n for n, status in enumerate(self.statuses) if status == RUNNING])

    @property
    def urgent(self) -> bool:
        return any(row[0] <= _AT_MOST for row in self.zone[1:])


class Clocks:
    """The timers of all configurations, interned; `zero` is the number where all are off.

    `timers` are the machine's, in its order, and are named by their place in it. All operations
    take an array of numbers and give one back, which can be the same array: do not write into it.
    Numbers that are all alike, as in all leaves that no timer runs through, can be a view of one.
    """

    zero = 0

    def __init__(self, timers: Sequence[str], any_time: bool) -> None:
        self.timers = tuple(timers)
        self.any_time = any_time
        self._states: list[_State] = []
        self._numbers: dict[_State, int] = {}
        self._tables: dict[object, Array] = {}
        self._statuses = np.zeros((len(self.timers), 64), dtype=np.int8)
        self._urgent = np.zeros(64, dtype=bool)
        self._intern(_State((OFF,) * len(self.timers)))

    def __len__(self) -> int:
        return len(self._states)

    # What a run does to timers (heartline.run.Run) ------------------------------------------------

    def start(self, ids: Array, timer: int, length: Array | int) -> Array:
        """Start a timer anew; `length` is in microseconds, one for all or one for each."""
        return self._start(ids, timer, length, exactly=True)

    def run(self, ids: Array, timer: int, most: Array | int) -> Array:
        """Take it that a timer runs, with anything left up to `most`, and that it was started
        before or after any other: for conversations of which no more is known."""
        return self._start(ids, timer, most, exactly=False)

    def stop(self, ids: Array, timer: int) -> Array:
        """Put a timer out, whatever it does."""
        return self._look_up(("stop", timer), ids, lambda state: _put(state, timer, OFF))

    def take(self, ids: Array, timer: int) -> Array:
        """Take a pending timer out of the order of those that wait to be handled."""
        return self._look_up(("take", timer), ids, lambda state: _taken(state, timer))

    def handle(self, ids: Array, timer: int) -> Array:
        """Note that a timer, which has expired, is handled."""
        return self._look_up(("handle", timer), ids, lambda state: _put(state, timer, HANDLED))

    def close(self, ids: Array) -> Array:
        """It is over: nothing runs on, and what has expired counts as handled."""
        return self._look_up("close", ids, _closed_down)

    # How time passes ------------------------------------------------------------------------------

    def rest(self, ids: Array) -> Array:
        """Let time pass up to the next deadline, where a person moves next and it is any time."""
        return self._look_up("rest", ids, _rested) if self.any_time else ids

    def answer(self, ids: Array) -> Array:
        """A person does something, or an event comes, before the next deadline."""
        return self._look_up("answer", ids, _answered) if self.any_time else ids

    def fire(self, ids: Array, timer: int) -> tuple[Array, Array]:
        """Whether a timer can be the next to run out, and what is then: it is the last of the
        pending ones, and time has moved to its deadline. Elsewhere the numbers stay."""
        found = self._look_up(("fire", timer), ids, lambda state: _fired(state, timer))
        able = found != _IMPOSSIBLE
        return able, found if able.all() else np.where(able, found, ids)

    # What is so -----------------------------------------------------------------------------------

    def urgent(self, ids: Array) -> Array:
        """Where a deadline is due now, so that no person can do anything before."""
        one = only(ids)
        found: Array = self._urgent[ids] if one is None else np.full(len(ids), self._urgent[one])
        return found

    def status(self, timer: int) -> Array:
        """The statuses of a timer, by number. Ask anew after anything that can make new numbers."""
        return self._statuses[timer, : len(self)]

    def statuses(self, timer: int, ids: Array) -> Array:
        """The statuses of a timer behind these numbers, or the one that it has behind them all."""
        one = only(ids)
        found: Array = self._statuses[timer, ids if one is None else one]
        return found

    def pending(self, id: int) -> tuple[int, ...]:
        """The timers that wait to be handled, in the order in which they ran out."""
        return self._states[id].pending

    def running(self, id: int) -> tuple[int, ...]:
        """The timers that run, in the order of the machine."""
        return self._states[id].running

    def left(self, id: int, timer: int) -> tuple[int, int]:
        """The least and the most that can be left of a running timer, in microseconds. Where a
        bound can only be approached, it is given all the same."""
        state = self._states[id]
        place = state.running.index(timer) + 1
        return -(state.zone[0][place] >> 1), state.zone[place][0] >> 1

    # How it is looked up --------------------------------------------------------------------------

    def _start(self, ids: Array, timer: int, length: Array | int, *, exactly: bool) -> Array:
        if np.size(length) == 0:
            return ids
        low = int(np.min(length))
        if low == int(np.max(length)):
            return self._look_up(
                ("start", timer, low, exactly),
                ids,
                lambda state: _started(state, timer, max(low, 0), exactly=exactly),
            )
        ids, length = np.broadcast_arrays(ids, np.asarray(length))
        found = np.empty(ids.shape, dtype=np.int32)
        for each in np.unique(length).tolist():
            here = length == each
            found[here] = self._start(ids[here], timer, each, exactly=exactly)
        return found

    def _look_up(self, key: object, ids: Array, work: Work) -> Array:
        if ids.size == 0:
            return ids
        table = self._tables.get(key)
        if table is None or len(table) < len(self):
            table = self._tables[key] = _grown(table, 2 * len(self))
        one = only(alike(ids))
        if one is not None:
            if table[one] == _UNKNOWN:
                table[one] = self._work(one, work)
            return ids if table[one] == one else _view(int(table[one]), len(ids))
        found: Array = table[ids]
        if found.min() == _UNKNOWN:
            for each in np.unique(ids[found == _UNKNOWN]).tolist():
                table[each] = self._work(each, work)
            found = table[ids]
        return found

    def _work(self, id: int, work: Work) -> int:
        state = work(self._states[id])
        return _IMPOSSIBLE if state is None else self._intern(state)

    def _intern(self, state: _State) -> int:
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self._states)
            self._states.append(state)
            if number == len(self._urgent):
                self._urgent = np.concatenate((self._urgent, np.zeros_like(self._urgent)))
                self._statuses = np.hstack((self._statuses, np.zeros_like(self._statuses)))
            self._urgent[number] = state.urgent
            self._statuses[:, number] = state.statuses
        return number


# Numbers that are all alike ----------------------------------------------------------------------


def alike(ids: Array) -> Array:
    """The same numbers, as a view of one where they are all alike."""
    if not len(ids) or ids.strides == (0,) or ids[0] != ids[-1] or ids.min() != ids.max():
        return ids
    return _view(int(ids[0]), len(ids))


def only(ids: Array) -> int | None:
    """The number of which these are a view; None where they are not."""
    return int(ids[0]) if ids.strides == (0,) else None


def picked(ids: Array, which: Array) -> Array:
    """The numbers of these rows."""
    return ids[: len(which)] if ids.strides == (0,) else ids.take(which)


def _view(id: int, size: int) -> Array:
    return np.ndarray((size,), np.int32, np.array([id], dtype=np.int32), strides=(0,))


def _grown(table: Array | None, size: int) -> Array:
    grown = np.full(size, _UNKNOWN, dtype=np.int32)
    if table is not None:
        grown[: len(table)] = table
    return grown


# What is done to one state ------------------------------------------------------------------------


def _started(state: _State, timer: int, length: int, *, exactly: bool) -> _State:
    """The timer has its `length` left, exactly or at most."""
    state = _put(_answered(state), timer, OFF)
    running = state.running
    zone, place = state.zone, 1 + sum(other < timer for other in running)
    later = [_sum(2 * length + 1, bound) for bound in zone[0]]  # than each of the others
    later.insert(place, _AT_MOST)
    earlier = 1 - 2 * length if exactly else _AT_MOST
    rows = [list(row) for row in zone]
    for row in rows:
        row.insert(place, _sum(row[0], earlier))
    rows.insert(place, later)
    return _ordered(
        state._replace(
            statuses=_with(state.statuses, timer, RUNNING),
            zone=tuple(map(tuple, rows)),
            before=state.before | {(other, timer) for other in running if exactly},
        )
    )


def _put(state: _State, timer: int, status: int) -> _State:
    """Give a timer, which runs no longer then, a status."""
    if state.statuses[timer] == RUNNING:
        state = _answered(state)
        gone = state.running.index(timer) + 1
        kept = [n for n in range(len(state.zone)) if n != gone]
        state = state._replace(
            zone=_part(state.zone, kept),
            before=frozenset(pair for pair in state.before if timer not in pair),
        )
    elif state.statuses[timer] == PENDING:
        state = _taken(state, timer)
    return state._replace(statuses=_with(state.statuses, timer, status))


def _taken(state: _State, timer: int) -> _State:
    return state._replace(pending=tuple([each for each in state.pending if each != timer]))


def _closed_down(state: _State) -> _State:
    statuses = list(state.statuses)
    for timer in state.running:
        statuses[timer] = OFF
    for timer in state.pending:
        statuses[timer] = HANDLED
    return _State(tuple(statuses))


def _rested(state: _State) -> _State:
    if state.waits or state.urgent or len(state.zone) == 1:
        return state
    # That what is left is not less than nothing is all that holds of each timer by itself; what
    # holds of one because of another comes back as the zone is closed.
    zone = _tightened([(_AT_MOST,) * len(state.zone), *state.zone[1:]])
    assert zone is not None
    return _ordered(state._replace(zone=zone, waits=True))


def _answered(state: _State) -> _State:
    if not state.waits:
        return state
    now = [_AT_MOST, *[min(bound, _BELOW) for bound in state.zone[0][1:]]]
    zone = _tightened([now, *state.zone[1:]])
    assert zone is not None
    return _ordered(state._replace(zone=zone, waits=False))


def _fired(state: _State, timer: int) -> _State | None:
    if state.statuses[timer] != RUNNING:
        return None
    running = state.running
    place = running.index(timer) + 1
    rows = [list(row) for row in state.zone]
    for n, other in enumerate(running, 1):
        first = _BELOW if (other, timer) in state.before else _AT_MOST
        rows[place][n] = min(rows[place][n], first)
    zone = _tightened(rows)
    if zone is None:
        return None
    others = [n for n in range(1, len(zone)) if n != place]
    return _ordered(
        state._replace(
            statuses=_with(state.statuses, timer, PENDING),
            pending=(*state.pending, timer),
            zone=_part(zone, [place, *others]),  # its deadline is now
            before=frozenset(pair for pair in state.before if timer not in pair),
            waits=False,
        )
    )


def _with(statuses: tuple[int, ...], timer: int, status: int) -> tuple[int, ...]:
    return (*statuses[:timer], status, *statuses[timer + 1 :])


def _ordered(state: _State) -> _State:
    """The same, keeping who was started first only of timers that can be due together."""
    place = {timer: n for n, timer in enumerate(state.running, 1)}
    zone = state.zone
    together = [
        (one, other)
        for one, other in state.before
        if min(zone[place[one]][place[other]], zone[place[other]][place[one]]) >= _AT_MOST
    ]
    return state._replace(before=frozenset(together))


# Zones --------------------------------------------------------------------------------------------


def _sum(one: int, other: int) -> int:
    """The bound of a sum: reached only where both are."""
    return one + other - ((one | other) & 1)


def _part(zone: Zone, kept: Sequence[int]) -> Zone:
    return tuple([tuple([zone[n][m] for m in kept]) for n in kept])


def _tightened(rows: Sequence[Sequence[int]]) -> Zone | None:
    """The closed matrix of the same set (Floyd and Warshall), None where the set is empty."""
    zone = [list(row) for row in rows]
    for middle, through in enumerate(zone):
        for row in zone:
            first = row[middle]
            for n, bound in enumerate(through):
                both = first + bound - ((first | bound) & 1)  # _sum, written out
                if both < row[n]:
                    row[n] = both
    if any(row[n] < _AT_MOST for n, row in enumerate(zone)):
        return None
    return tuple(map(tuple, zone))
