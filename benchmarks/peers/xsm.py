"""The same machine in xstate-statemachine: XState's JSON, with guards and actions in Python.

The JSON is the file that XState itself plays (peers/xstate.mjs). Driven through `send` of the
synchronous interpreter with its simulated clock, so the week's end is its own `after`. It knows
no text.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-any-unimported"

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cycle import WAIT, WEEK
from benchmarks.harness import Contender, Missing, loop

__all__ = ["contender"]

Context = dict[str, Any]


def _add(name: str, amount: int, low: int, high: int) -> Callable[[Context], None]:
    def act(context: Context) -> None:
        context[name] = max(low, min(high, context[name] + amount))

    return act


def _put(**values: object) -> Callable[[Context], None]:
    def act(context: Context) -> None:
        context.update(values)

    return act


_ACTIONS: dict[str, tuple[Callable[[Context], None], ...]] = {
    "hear": (_add("heard", 1, 0, 3),),
    "heat_up": (_add("heat", 1, 0, 4),),
    "calm": (_add("heat", -1, 0, 4),),
    "trust_more": (_add("trust", 1, 0, 6),),
    "trust_less": (_add("trust", -1, 0, 6),),
    "excuse": (_add("heat", 2, 0, 4), _add("heard", -1, 0, 3)),
    "slip": (_add("trust", -2, 0, 6), _add("heat", 1, 0, 4)),
    "keep": (_add("kept", 1, 0, 3),),
    "extend_once": (_add("extended", 1, 0, 1),),
    "start_pause": (_put(pause=True),),
    "end_pause": (_put(pause=False), _add("trust", 1, 0, 6)),
    "start_over": (_put(heard=0, heat=1, trust=2, kept=0, extended=0),),
}
_GUARDS: dict[str, Callable[[Context, Any], bool]] = {
    "can_reflect": lambda c, _: c["heard"] < 3,
    "was_heard": lambda c, _: c["heard"] >= 2,
    "can_shout": lambda c, _: c["heat"] < 4,
    "trusts_you": lambda c, _: c["trust"] >= 3,
    "trusts_a_little": lambda c, _: c["trust"] >= 2,
    "can_write": lambda c, _: c["pause"] and c["trust"] >= 1,
    "can_extend": lambda c, _: c["extended"] < 1,
    "did_share": lambda c, _: c["kept"] >= 2,
}


def _action(parts: tuple[Callable[[Context], None], ...]) -> Callable[..., None]:
    if len(parts) == 1:
        (only,) = parts

        def act_once(_interpreter: Any, context: Context, _event: Any, _action: Any) -> None:
            only(context)

        return act_once

    def act(_interpreter: Any, context: Context, _event: Any, _action: Any) -> None:
        for part in parts:
            part(context)

    return act


def contender() -> Contender:
    """One conversation on the synchronous interpreter."""
    try:
        import xstate_statemachine as xsm
    except ImportError as missing:
        raise Missing("xstate-statemachine is not installed.") from missing
    logging.getLogger("xstate_statemachine").setLevel(logging.ERROR)
    logic = xsm.MachineLogic(
        actions={name: _action(parts) for name, parts in _ACTIONS.items()}, guards=dict(_GUARDS)
    )
    text = Path(__file__).with_name("flatmates.xstate.json").read_text("utf-8")
    machine = xsm.create_machine(json.loads(text), logic=logic)
    clock = xsm.SimulatedClock()
    interpreter = xsm.SyncInterpreter(machine, clock=clock).start()
    week = WEEK.total_seconds() * 1000  # this clock counts milliseconds

    def send(event: str) -> None:
        if event == WAIT:
            clock.increment(week)
        else:
            interpreter.send(event)

    def state() -> str:
        (leaf,) = (name for name in interpreter.current_state_ids if name != "flat")
        return str(leaf).removeprefix("flat.")

    return loop("xstate-statemachine", send, state)
