"""The same machine in stock transitions: its own `Machine`, `Event` and `Transition`.

Written the fast way that its documentation allows: callables instead of names, no automatic
transitions, no queue, one model. Guards and actions are methods of the model; entry and exit
actions are callbacks of the state. It knows no text, no bounds (each action keeps its own) and
no clock: the week's end is an event.
"""

from __future__ import annotations

from typing import Any

from benchmarks.cycle import INITIAL
from benchmarks.harness import Contender, loop

__all__ = ["contender"]


class _Flatmates:
    """The model: the numbers, and what guards and actions do with them."""

    state: str
    trigger: Any

    def __init__(self) -> None:
        self.heard, self.heat, self.trust = 0, 1, 2
        self.kept, self.extended, self.pause = 0, 0, False

    def hear(self) -> None:
        self.heard = min(3, self.heard + 1)

    def hear_less(self) -> None:
        self.heard = max(0, self.heard - 1)

    def heat_up(self) -> None:
        self.heat = min(4, self.heat + 1)

    def calm(self) -> None:
        self.heat = max(0, self.heat - 1)

    def trust_more(self) -> None:
        self.trust = min(6, self.trust + 1)

    def trust_less(self) -> None:
        self.trust = max(0, self.trust - 1)

    def keep(self) -> None:
        self.kept = min(3, self.kept + 1)

    def extend(self) -> None:
        self.extended = min(1, self.extended + 1)

    def start_pause(self) -> None:
        self.pause = True

    def end_pause(self) -> None:
        self.pause = False
        self.trust_more()

    def start_over(self) -> None:
        self.heard, self.heat, self.trust, self.kept, self.extended = 0, 1, 2, 0, 0

    def can_reflect(self) -> bool:
        return self.heard < 3

    def was_heard(self) -> bool:
        return self.heard >= 2

    def can_shout(self) -> bool:
        return self.heat < 4

    def trusts_you(self) -> bool:
        return self.trust >= 3

    def trusts_a_little(self) -> bool:
        return self.trust >= 2

    def can_write(self) -> bool:
        return self.pause and self.trust >= 1

    def can_extend(self) -> bool:
        return self.extended < 1

    def did_share(self) -> bool:
        return self.kept >= 2


def _machine(model: _Flatmates) -> Any:
    from transitions import Machine

    m = model
    states = [
        "doorstep", "listening",
        {"name": "storm", "on_enter": m.trust_less, "on_exit": m.calm},
        "apology", {"name": "space", "on_enter": m.start_pause}, "review", "second_chance",
        "planning", "rota", "friends", "memory", "home", "moved_out",
    ]  # fmt: skip
    machine = Machine(
        m, states=states, initial=INITIAL, auto_transitions=False, send_event=False, queued=False
    )
    way = machine.add_transition
    way("ask", "doorstep", "listening", before=m.hear)
    way("blame", "doorstep", "storm", before=m.heat_up)
    way("nod", "listening", None, before=m.calm)
    way("reflect", "listening", "listening", conditions=m.can_reflect, before=m.hear)
    way("own_up", "listening", "apology", conditions=m.was_heard)
    way("defend", "listening", "storm", before=m.heat_up)
    way("shout", "storm", None, conditions=m.can_shout, before=m.heat_up)
    way("cool_down", "storm", "doorstep", before=m.calm)
    way("take_responsibility", "apology", None, before=m.calm)
    way("but_you", "apology", "storm", before=[m.heat_up, m.heat_up, m.hear_less])
    way("ask_for_chance", "apology", "second_chance", conditions=m.trusts_you)
    way("ask_for_chance", "apology", "space")
    way("write_anyway", "space", None, conditions=m.can_write, before=m.trust_less)
    way("pause_over", "space", "review", before=m.end_pause)
    way("come_back", "review", "second_chance", conditions=m.trusts_a_little)
    way("extend", "review", "space", conditions=m.can_extend, before=m.extend)
    way("keep_promise", "second_chance", "second_chance", before=m.trust_more)
    way("break_promise", "second_chance", "storm", before=[m.trust_less, m.trust_less, m.heat_up])
    way("make_plan", "second_chance", "planning", conditions=m.trusts_you)
    way("agree", "planning", "rota")
    way("quarrel", "planning", "storm", before=m.heat_up)
    way("do_your_share", "rota", "rota", before=m.keep)
    way("visit_friends", "rota", "friends", conditions=m.did_share)
    way("remember", "friends", "memory", before=m.trust_more)
    way("change_subject", "friends", "home")
    way("go_home", "memory", "home")
    way("begin_again", "home", "doorstep", before=m.start_over)
    for state in machine.states:
        if state != "moved_out":
            way("move_out", state, "moved_out")
    return machine


def contender() -> Contender:
    """One conversation on a stock machine, driven through `model.trigger`."""
    model = _Flatmates()
    machine = _machine(model)
    return loop("transitions (stock)", model.trigger, lambda: model.state, keep=machine)
