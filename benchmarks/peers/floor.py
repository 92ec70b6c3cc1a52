"""The floor: what a person writes by hand who wants this one machine to be fast in Python.

A dictionary from state to event to branches, and a list that is changed in place. It knows no
text, no hierarchy, no snapshot, no clock and no error but KeyError. What leaving, acting and
entering do is written together in one function per transition, as a compiler would.

The frame is [state, heard, heat, trust, kept, extended, pause].
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.cycle import EVENTS, INITIAL
from benchmarks.harness import Contender

__all__ = ["NAME", "contender", "new_frame", "send"]

NAME = "floor (dict by hand)"

Frame = list[Any]
Guard = Callable[[Frame], bool]
Act = Callable[[Frame], None]

STATE, HEARD, HEAT, TRUST, KEPT, EXTENDED, PAUSE = range(7)


def new_frame() -> Frame:
    """A conversation at its start."""
    return [INITIAL, 0, 1, 2, 0, 0, False]


def hear(f: Frame) -> None:
    if f[HEARD] < 3:
        f[HEARD] += 1


def heat_up(f: Frame) -> None:
    if f[HEAT] < 4:
        f[HEAT] += 1


def calm(f: Frame) -> None:
    if f[HEAT] > 0:
        f[HEAT] -= 1


def trust_more(f: Frame) -> None:
    if f[TRUST] < 6:
        f[TRUST] += 1


def trust_less(f: Frame) -> None:
    if f[TRUST] > 0:
        f[TRUST] -= 1


def flare_up(f: Frame) -> None:
    """Heat rises, and entering the storm costs trust."""
    heat_up(f)
    trust_less(f)


def excuse(f: Frame) -> None:
    f[HEAT] = min(4, f[HEAT] + 2)
    if f[HEARD] > 0:
        f[HEARD] -= 1
    trust_less(f)


def leave_storm_calmer(f: Frame) -> None:
    """Leaving the storm takes one off the heat, cooling down another."""
    f[HEAT] = max(0, f[HEAT] - 2)


def start_pause(f: Frame) -> None:
    f[PAUSE] = True


def end_pause(f: Frame) -> None:
    f[PAUSE] = False
    trust_more(f)


def extend(f: Frame) -> None:
    f[EXTENDED] = 1
    f[PAUSE] = True


def break_promise(f: Frame) -> None:
    f[TRUST] = max(0, f[TRUST] - 2)
    heat_up(f)
    trust_less(f)


def keep(f: Frame) -> None:
    if f[KEPT] < 3:
        f[KEPT] += 1


def start_over(f: Frame) -> None:
    f[HEARD], f[HEAT], f[TRUST], f[KEPT], f[EXTENDED] = 0, 1, 2, 0, 0


def leave_storm(f: Frame) -> None:
    calm(f)


_LEAVE: tuple[tuple[Guard | None, Act | None, str], ...] = ((None, None, "moved_out"),)
_TABLE: dict[str, dict[str, tuple[tuple[Guard | None, Act | None, str], ...]]] = {
    "doorstep": {
        "ask": ((None, hear, "listening"),),
        "blame": ((None, flare_up, "storm"),),
        "move_out": _LEAVE,
    },
    "listening": {
        "nod": ((None, calm, "listening"),),
        "reflect": ((lambda f: f[HEARD] < 3, hear, "listening"),),
        "own_up": ((lambda f: f[HEARD] >= 2, None, "apology"),),
        "defend": ((None, flare_up, "storm"),),
        "move_out": _LEAVE,
    },
    "storm": {
        "shout": ((lambda f: f[HEAT] < 4, heat_up, "storm"),),
        "cool_down": ((None, leave_storm_calmer, "doorstep"),),
        "move_out": ((None, leave_storm, "moved_out"),),
    },
    "apology": {
        "take_responsibility": ((None, calm, "apology"),),
        "but_you": ((None, excuse, "storm"),),
        "ask_for_chance": (
            (lambda f: f[TRUST] >= 3, None, "second_chance"),
            (None, start_pause, "space"),
        ),
        "move_out": _LEAVE,
    },
    "space": {
        "write_anyway": ((lambda f: f[PAUSE] and f[TRUST] >= 1, trust_less, "space"),),
        "pause_over": ((None, end_pause, "review"),),
        "move_out": _LEAVE,
    },
    "review": {
        "come_back": ((lambda f: f[TRUST] >= 2, None, "second_chance"),),
        "extend": ((lambda f: f[EXTENDED] < 1, extend, "space"),),
        "move_out": _LEAVE,
    },
    "second_chance": {
        "keep_promise": ((None, trust_more, "second_chance"),),
        "break_promise": ((None, break_promise, "storm"),),
        "make_plan": ((lambda f: f[TRUST] >= 3, None, "planning"),),
        "move_out": _LEAVE,
    },
    "planning": {
        "agree": ((None, None, "rota"),),
        "quarrel": ((None, flare_up, "storm"),),
        "move_out": _LEAVE,
    },
    "rota": {
        "do_your_share": ((None, keep, "rota"),),
        "visit_friends": ((lambda f: f[KEPT] >= 2, None, "friends"),),
        "move_out": _LEAVE,
    },
    "friends": {
        "remember": ((None, trust_more, "memory"),),
        "change_subject": ((None, None, "home"),),
        "move_out": _LEAVE,
    },
    "memory": {
        "go_home": ((None, None, "home"),),
        "move_out": _LEAVE,
    },
    "home": {
        "begin_again": ((None, start_over, "doorstep"),),
        "move_out": _LEAVE,
    },
    "moved_out": {},
}


def send(frame: Frame, event: str) -> bool:
    """Take the first branch that holds; False where none does. KeyError for an unknown event."""
    for guard, act, target in _TABLE[frame[0]][event]:
        if guard is None or guard(frame):
            if act is not None:
                act(frame)
            frame[0] = target
            return True
    return False


def contender() -> Contender:
    """One frame, driven through `send`."""
    frame = new_frame()

    def play(rounds: int) -> float:
        begun = time.perf_counter()
        for _ in range(rounds):
            for event in EVENTS:
                send(frame, event)
        return time.perf_counter() - begun

    def visit() -> list[str]:
        visited = []
        for event in EVENTS:
            assert send(frame, event), f"{event!r} was not taken in {frame[0]!r}"
            visited.append(frame[0])
        return visited

    return Contender(NAME, play, visit)
