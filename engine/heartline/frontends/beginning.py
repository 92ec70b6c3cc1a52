"""What a chat asks before a conversation begins, question by question. Pure.

    beginning = Beginning(scenario, seats=(), clock=clock)
    text, buttons = beginning.asked(capabilities)
    refusal = beginning.take(what_was_typed, what_was_pressed)

until `beginning.is_complete`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import InputError
from heartline.frontends.asking import questions_of
from heartline.frontends.degrading import shortened
from heartline.frontends.protocol import Button

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.clock import Clock
    from heartline.conversation import Scenario
    from heartline.frontends.asking import Question
    from heartline.frontends.protocol import Capabilities

__all__ = ["Beginning", "is_press"]

_PRESS = "q"  # begins what the buttons of a question send
_KEEP = "-"  # keeps the value that the scenario has, where there is no list of them
_BOOL = ("yes", "Yes"), ("no", "No")


def is_press(press: str) -> bool:
    """Whether this was sent by the button of a question."""
    return press.startswith(_PRESS)


class Beginning:
    """A conversation that is about to begin. `answers` are the inputs so far, and `support` is
    where help is found, by those."""

    def __init__(self, scenario: Scenario, seats: Sequence[str], clock: Clock) -> None:
        """`seats` are the roles of the engine that persons take. Raises InputError for others."""
        self.scenario = scenario
        self.seats = tuple(seats)
        self.answers: dict[str, str] = {}
        self.support: str | None = None
        self._clock = clock
        self._questions = list(questions_of(scenario))
        self._try({})

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing more to ask."""
        return not self._questions

    @property
    def left(self) -> int:
        """How many questions there are still."""
        return len(self._questions)

    @property
    def first_seat(self) -> str:
        """The role of whoever begins: the first that a person plays."""
        return next(
            name
            for name, role in self.scenario.machine.roles.items()
            if not role.engine or name in self.seats
        )

    def asked(self, capabilities: Capabilities) -> tuple[str, tuple[Button, ...]]:
        """The question as a message: buttons where they fit, else a list with numbers."""
        question = self._questions[0]
        options = _options(question)
        lines = [line for line in (question.prompt, question.kept_for) if line]
        if capabilities.buttons and len(options) <= capabilities.most_choices:
            if not question.options and question.kind != "bool" and question.wanted:
                lines.append(question.wanted)
            return "\n".join(lines), tuple(
                Button(
                    shortened(label, capabilities.longest_label),
                    f"{_PRESS}{self.left}={number}",
                )
                for number, (_, label) in enumerate(options)
            )
        lines += [f"{number}. {label}" for number, (_, label) in enumerate(question.options, 1)]
        if question.wanted:
            lines.append(question.wanted)
        if options == _kept(question):
            lines.append(f"{_KEEP} {_keeping(question, 'keeps', 'leaves')}.")
        return "\n".join(lines), ()

    def take(self, typed: str, press: str = "") -> str | None:
        """Take an answer. Gives a sentence where it is none; then the same is to be asked again."""
        question = self._questions[0]
        if press:
            number, _, option = press.removeprefix(_PRESS).partition("=")
            options = _options(question)
            if number != str(self.left) or option not in map(str, range(len(options))):
                return "That button belongs to something earlier."
            value = options[int(option)][0]
        elif typed == _KEEP and not question.options:
            value = question.initial
        else:
            value = question.meant(typed)
        answers = {**self.answers, question.name: value}
        try:
            self._try(answers)
        except InputError as refusal:
            return str(refusal) if question.kind == "text" else "That cannot be the answer."
        self.answers = answers
        del self._questions[0]
        return None

    def _try(self, answers: dict[str, str]) -> None:
        begun = self.scenario.start(answers, clock=self._clock, seats=self.seats)
        self.support = begun.turn.support


def _options(question: Question) -> tuple[tuple[str, str], ...]:
    """What a button can answer, each a value and its words."""
    if question.kind == "bool":
        return _BOOL
    return question.options or _kept(question)


def _kept(question: Question) -> tuple[tuple[str, str], ...]:
    return ((question.initial, _keeping(question, "Keep", "Leave")),)


def _keeping(question: Question, keep: str, leave: str) -> str:
    return f"{keep} {question.initial}" if question.initial else f"{leave} it empty"
