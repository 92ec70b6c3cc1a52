"""The same machine in python-statemachine: a `StateMachine` class, driven through `send`.

Written as its documentation shows: states and transitions declared in the class, guards and
actions as methods found by name. It knows no text; the week's end is an event, because its own
delays wait in real time.
"""

# mypy: disable-error-code="import-not-found,import-untyped,misc,no-any-unimported"

from __future__ import annotations

from typing import Any

from benchmarks.harness import Contender, Missing, loop

__all__ = ["contender"]


def _build() -> Any:
    try:
        from statemachine import State, StateMachine
    except ImportError as missing:
        raise Missing("python-statemachine is not installed.") from missing

    class Flatmates(StateMachine):
        doorstep = State(initial=True)
        listening = State()
        storm = State(enter="trust_less", exit="calm")
        apology = State()
        space = State(enter="start_pause")
        review = State()
        second_chance = State()
        planning = State()
        rota = State()
        friends = State()
        memory = State()
        home = State()
        moved_out = State(final=True)

        ask = doorstep.to(listening, on="hear")
        blame = doorstep.to(storm, on="heat_up")
        nod = listening.to.itself(internal=True, on="calm")
        reflect = listening.to.itself(cond="can_reflect", on="hear")
        own_up = listening.to(apology, cond="was_heard")
        defend = listening.to(storm, on="heat_up")
        shout = storm.to.itself(internal=True, cond="can_shout", on="heat_up")
        cool_down = storm.to(doorstep, on="calm")
        take_responsibility = apology.to.itself(internal=True, on="calm")
        but_you = apology.to(storm, on="excuse")
        ask_for_chance = apology.to(second_chance, cond="trusts_you") | apology.to(space)
        write_anyway = space.to.itself(internal=True, cond="can_write", on="trust_less")
        pause_over = space.to(review, on="end_pause")
        come_back = review.to(second_chance, cond="trusts_a_little")
        extend = review.to(space, cond="can_extend", on="extend_once")
        keep_promise = second_chance.to.itself(on="trust_more")
        break_promise = second_chance.to(storm, on="slip")
        make_plan = second_chance.to(planning, cond="trusts_you")
        agree = planning.to(rota)
        quarrel = planning.to(storm, on="heat_up")
        do_your_share = rota.to.itself(on="keep")
        visit_friends = rota.to(friends, cond="did_share")
        remember = friends.to(memory, on="trust_more")
        change_subject = friends.to(home)
        go_home = memory.to(home)
        begin_again = home.to(doorstep, on="start_over")
        move_out = moved_out.from_(
            doorstep, listening, storm, apology, space, review, second_chance, planning, rota,
            friends, memory, home,
        )  # fmt: skip

        def __init__(self) -> None:
            self.heard, self.heat, self.trust = 0, 1, 2
            self.kept, self.extended, self.pause = 0, 0, False
            super().__init__()

        def hear(self) -> None:
            self.heard = min(3, self.heard + 1)

        def heat_up(self) -> None:
            self.heat = min(4, self.heat + 1)

        def calm(self) -> None:
            self.heat = max(0, self.heat - 1)

        def trust_more(self) -> None:
            self.trust = min(6, self.trust + 1)

        def trust_less(self) -> None:
            self.trust = max(0, self.trust - 1)

        def excuse(self) -> None:
            self.heat = min(4, self.heat + 2)
            self.heard = max(0, self.heard - 1)

        def slip(self) -> None:
            self.trust = max(0, self.trust - 2)
            self.heat_up()

        def keep(self) -> None:
            self.kept = min(3, self.kept + 1)

        def extend_once(self) -> None:
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

    return Flatmates()


def contender() -> Contender:
    """One conversation, driven through `send`."""
    machine = _build()

    def state() -> str:
        (present,) = machine.configuration
        return str(present.id)

    return loop("python-statemachine", machine.send, state)
