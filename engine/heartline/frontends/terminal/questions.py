"""What a scenario asks before it begins: its visible inputs that have a prompt.

Pure, like the session: lines in, outputs out. An empty line keeps what the file gives. Whether an
answer can be is decided by trying to start with it, so there is one rule for what is typed here,
given with --set, or passed by a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import InputError
from heartline.frontends.asking import questions_on
from heartline.frontends.terminal.output import Footer, Leave, Output, Page, Row, Sentence
from heartline.frontends.terminal.words import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from heartline.frontends.asking import Question
    from heartline.scenario import Variable

__all__ = ["Questions"]


class Questions:
    """The questions that are still open; `answers` holds all values that are set so far."""

    def __init__(
        self,
        variables: Mapping[str, Variable],
        presets: Mapping[str, str],
        accept: Callable[[Mapping[str, str]], object],
        support: str | None = None,
    ) -> None:
        """`accept` raises InputError for values that the scenario cannot begin with."""
        self.answers = dict(presets)
        self._accept = accept
        self._support = support
        self._open = list(questions_on(variables, presets))

    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._open

    def ask(self) -> list[Output]:
        """The present question, with what can be answered."""
        question = self._open[0]
        rows = [Row(f"{number}.", text) for number, text in enumerate(_options(question), 1)]
        page = Page("question", question.prompt, tuple(rows), question.how)
        return [page, Footer(self._support is not None, False)]

    def feed(self, line: str) -> list[Output]:
        """Take an answer; a refusal is an output, and the question stays."""
        typed = clean(line)
        question = self._open[0]
        if typed in (":quit", ":q"):
            return [Leave()]
        if typed.startswith(":c"):
            text = self._support or "This scenario brings no list of places that help."
            return [Page("care", "Support", (Row("", text),)), *self.ask()]
        if typed.startswith(":"):
            return [
                Sentence("note", "help", "Answer the question, or press Enter alone to keep "
                         "what is given; :quit stops here."),
                *self.ask(),
            ]  # fmt: skip
        if typed:
            value = question.meant(typed)
            try:
                self._accept({**self.answers, question.name: value})
            except InputError as refusal:
                text = question.wanted or str(refusal)
                return [Sentence("refused", "input_error", text), *self.ask()]
            self.answers[question.name] = value
        self._open.pop(0)
        return [] if self.done() else self.ask()


def _options(question: Question) -> list[str]:
    return [
        f"{label} (Enter keeps this)" if value == question.initial else label
        for value, label in question.options
    ]
