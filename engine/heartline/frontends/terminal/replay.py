"""A test, played before a person's eyes: its acts up to a step, as if they had been typed.

Its expectations are not held here: whoever looks at a test that fails wants to see what comes of
it. What is refused is shown refused, and the next act is tried all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from heartline.durations import format_duration
from heartline.frontends.terminal.output import Output, Sentence
from heartline.frontends.terminal.record import Beginning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.frontends.terminal.session import Session
    from heartline.testing.case import Case
    from heartline.testing.files.form import Step

__all__ = ["Acted", "Replay"]


class Acted(NamedTuple):
    """What is shown as typed (None where nothing is), and what came of it."""

    typed: str | None
    outputs: list[Output]


class Replay:
    """A case and how far to play it: `to` counts its steps from 1, those of the tests that it
    starts after among them; None means to its end."""

    def __init__(self, case: Case, to: int | None = None) -> None:
        self.case = case
        self.steps = tuple(each.step for each in (*case.beginning, *case.steps))
        self.to = len(self.steps) if to is None else min(to, len(self.steps))

    @property
    def beginning(self) -> Beginning:
        """How its conversation begins."""
        case = self.case
        inputs = tuple((name, _typed(value)) for name, value in case.inputs.items())
        return Beginning(case.seed, case.start.isoformat(), inputs, case.seats, case.draws)

    def play(self, session: Session) -> Iterator[Acted]:
        """The acts, each done when it is asked for."""
        for step in self.steps[: self.to]:
            if step.draw:
                line = f":draw {' '.join(step.draw)}"
                yield Acted(line, session.feed(line))
            yield from _acts(step, session)
            if step.draw:
                session.feed(":draw")  # what was not drawn in this step is not drawn in the next
        where = f"step {self.to} of {len(self.steps)}" if self.to else "its start"
        text = f"Here stands the test {self.case.name}, after {where}. What comes now is yours."
        yield Acted(None, [Sentence("note", "replayed", text)])


def _acts(step: Step, session: Session) -> Iterator[Acted]:
    if step.choose is not None:
        yield Acted(step.choose, session.take(step.choose, step.role, step.turn))
    elif step.send is not None:
        yield Acted(f":event {step.send}", session.report(step.send, step.turn))
    elif step.wait is not None:
        yield Acted(f":wait {step.wait}", session.feed(f":wait {step.wait}"))
    elif step.wait_until is not None:
        yield _wait_until(step.wait_until, session)
    elif step.undo is not None:
        for _ in range(step.undo):
            yield Acted(":undo", session.feed(":undo"))
    elif step.resume:
        text = "Here the test stores the conversation and goes on with what was stored."
        yield Acted(None, [Sentence("note", "stored", text)])


def _wait_until(timer: str, session: Session) -> Acted:
    deadlines = session.turn.deadlines
    due = next((each.due for each in deadlines if each.timer == timer), None)
    if due is None:
        text = f"The test waits until {timer} runs out, and it does not run here."
        return Acted(None, [Sentence("refused", "timer_off", text)])
    line = ":wait" if due == deadlines[0].due else f":wait {format_duration(due - session.now)}"
    return Acted(line, session.feed(line))


def _typed(value: object) -> str:
    """The value of an input as a person would type it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
