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
        Binding("escape,q,question_mark,enter", "dismiss", "Close"),
    ]

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self._rows = [("1 2 3 ...", "Take a choice by its number")]
        self._rows += [("Enter", "Take what is marked"), ("Tab", "From pane to pane")]
        self._rows += [
            (binding.key_display or binding.key, binding.description)
            for binding in bindings
            if isinstance(binding, Binding)
        ]
        self._rows += [("ctrl+p", "All of this to search in")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog"):
            yield Label("Keys", classes="heading")
            text = "\n".join(f"{key:<10} {about}" for key, about in self._rows)
            yield Static(text, markup=False)
            yield Label("Escape closes this.", classes="hint")


class Anew(ModalScreen[Beginning | None]):
    """With which seed and inputs to begin anew; gives None where it is not to be."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave it")]

    def __init__(self, scenario: Scenario, beginning: Beginning) -> None:
        super().__init__()
        self._scenario = scenario
        self._beginning = beginning

    def compose(self) -> ComposeResult:
        given = dict(self._beginning.inputs)
        with VerticalScroll(classes="dialog"):
            yield Label("Begin anew", classes="heading")
            yield Label("seed, which decides every draw")
            yield Input(str(self._beginning.seed), id="seed", compact=True)
            for name in self._scenario.inputs:
                variable = self._scenario.file.context[name]
                yield Label(plain(f"{name}: {_about(variable)}"), markup=False)
                yield Input(given.get(name, ""), name=name, classes="input", compact=True,
                            placeholder=_initial(variable))  # fmt: skip
            yield Static("", id="refusal", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Begin (Enter)", id="begin", variant="primary", compact=True)
                yield Button("Leave it (Escape)", id="leave", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#begin")
    def _begin(self) -> None:
        seed = self.query_one("#seed", Input).value.strip()
        if not _SEED.fullmatch(seed):
            self.query_one("#refusal", Static).update("The seed is a whole number.")
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
            self.query_one("#refusal", Static).update(f"Not done: {refusal}")
            return
        _ = self.dismiss(beginning)  # which may not be awaited by the screen that goes

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
