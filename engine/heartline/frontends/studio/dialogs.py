"""What the studio asks and tells above its panes: how to begin anew, and all keys."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from heartline.errors import HeartlineError
from heartline.frontends.terminal.beginning import begin
from heartline.frontends.terminal.record import Beginning
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from heartline.conversation import Scenario
    from heartline.scenario import Variable

__all__ = ["Anew", "Keys"]

_SEED = re.compile(r"-?[0-9]{1,18}")


class Keys(ModalScreen[None]):
    """All keys, each with what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "close", "Close"),
    ]

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield Label("Keys (Escape closes this)", classes="heading")
            width = max(len(key) for key, _ in self._rows) + 2
            text = "\n".join(f"{key:<{width}}{about}" for key, about in self._rows)
            yield Static(text, markup=False)

    def action_close(self) -> None:
        """Back to the panes."""
        _ = self.dismiss(None)  # which may not be awaited by the screen that goes


class Anew(ModalScreen[Beginning | None]):
    """With which seed and inputs to begin anew; gives None where it is not to be."""

    AUTO_FOCUS = "#seed"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave it")]

    def __init__(self, scenario: Scenario, beginning: Beginning) -> None:
        super().__init__()
        self._scenario = scenario
        self._beginning = beginning

    def compose(self) -> ComposeResult:
        given = dict(self._beginning.inputs)
        with VerticalScroll(classes="dialog", can_focus=False):
            yield Label("Begin anew (Enter begins, Escape leaves it)", classes="heading")
            yield Static("", id="refusal", markup=False)
            yield Label("seed, which decides every draw")
            yield Input(str(self._beginning.seed), id="seed", compact=True)
            for name in self._scenario.inputs:
                variable = self._scenario.file.context[name]
                yield Label(plain(f"{name}: {_about(variable)}"), markup=False)
                yield Input(given.get(name, ""), name=name, classes="input", compact=True,
                            placeholder=_initial(variable))  # fmt: skip
            with Horizontal(classes="buttons"):
                yield Button("Begin", id="begin", variant="primary", compact=True)
                yield Button("Leave it", id="leave", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    def _begin(self) -> None:
        seed = self.query_one("#seed", Input).value.strip()
        if not _SEED.fullmatch(seed):
            self._refuse("The seed is a whole number.")
            return
        inputs = tuple(
            (box.name or "", box.value.strip())
            for box in self.query(Input)
            if box.has_class("input") and box.value.strip()
        )
        beginning = replace(self._beginning, seed=int(seed), inputs=inputs, draws=())
        try:
            begin(self._scenario, beginning)
        except HeartlineError as refusal:
            self._refuse(str(refusal))
            return
        _ = self.dismiss(beginning)

    def _refuse(self, why: str) -> None:
        self.query_one("#refusal", Static).update(f"Not done: {plain(why)}")
        self.query_one(".dialog").scroll_home(animate=False)

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Go on with the conversation as it is."""
        _ = self.dismiss(None)


def _about(variable: Variable) -> str:
    words = [variable.prompt or variable.title or variable.about or variable.type]
    values = getattr(variable, "values", ())
    if values:
        words.append("(" + ", ".join(_typed(value) for value in values) + ")")
    if variable.hidden:
        words.append("(hidden from players)")
    return " ".join(words)


def _initial(variable: Variable) -> str:
    return _typed(variable.initial) or "empty"


def _typed(value: object) -> str:
    from datetime import timedelta

    from heartline.durations import format_duration

    if isinstance(value, timedelta):
        return format_duration(value)
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
