"""The same machine in sismic: a statechart in YAML, driven through `queue` and `execute_once`.

Its clock is the simulated one, so the week's end is its own `after` guard. Contracts are off.
It knows no text. Each input is one call of `execute_once`, without its search for a further step.
"""

# mypy: disable-error-code="import-not-found,import-untyped,no-any-unimported"

from __future__ import annotations

from pathlib import Path

from benchmarks.cycle import WAIT, WEEK
from benchmarks.harness import Contender, Missing, loop

__all__ = ["contender"]


def contender() -> Contender:
    """One conversation on an interpreter."""
    try:
        from sismic.interpreter import Interpreter
        from sismic.io import import_from_yaml
    except ImportError as missing:
        raise Missing("sismic is not installed.") from missing
    chart = import_from_yaml(Path(__file__).with_name("flatmates.sismic.yaml").read_text("utf-8"))
    interpreter = Interpreter(chart, ignore_contract=True)
    interpreter.execute()
    week = WEEK.total_seconds()
    clock, queue, execute = interpreter.clock, interpreter.queue, interpreter.execute_once

    def send(event: str) -> None:
        if event == WAIT:
            clock.time += week
        else:
            queue(event)
        execute()

    def state() -> str:
        return str(max(interpreter.configuration, key=lambda name: name != "flat"))

    return loop("sismic", send, state)
