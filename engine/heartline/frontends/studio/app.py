"""The screen of the studio. It shows a bench, and turns keys and clicks into its verbs."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, OptionList, Static, Tab, Tabs

from heartline.frontends.studio import looks, panes
from heartline.frontends.studio.dialogs import Anew, Keys
from heartline.frontends.studio.layout import PANES, TALK, arrangement, shown
from heartline.frontends.studio.talk import entry_lines, output_lines, record_lines
from heartline.frontends.terminal.output import Leave, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from textual.app import ComposeResult
    from textual.events import Key
    from textual.screen import Screen

    from heartline.diagnostics import Diagnostic
    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.reading import File, Reading
    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.record import Beginning

__all__ = ["Studio"]

BETWEEN_LOOKS = 0.5  # seconds between two looks at the file
_WIDEST = 100  # columns of a page in the talk


class Studio(App[None]):
    """The studio. `fault` is what ended it, where that was a fault of its own."""

    TITLE = "heartline studio"
    CSS_PATH = "studio.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *[
            Binding(key, f"pane('{name}')", title, show=False, tooltip=f"To the pane {title}")
            for name, (key, title) in PANES.items()
        ],
        Binding("escape", "talk", "Choices", show=False, tooltip="Back to the choices"),
        Binding("u", "step_back", "Back", tooltip="Back to the step before"),
        Binding("y", "step_forward", "Forward", tooltip="Forward again, after going back"),
        Binding("n", "typed(':wait')", "Next due", tooltip="Let time pass until something is due"),
        Binding("w", "ask(':wait ')", "Wait", tooltip="Let time pass, as long as you type"),
        Binding("r", "typed(':restart')", "Anew", tooltip="Begin anew, with the same seed"),
        Binding(
            "a",
            "again",
            "Again",
            show=False,
            tooltip="Begin anew and go the same way, in the file as it is now",
        ),
        Binding("b", "begin", "Begin", show=False, tooltip="Begin anew with other inputs"),
        Binding("e", "ask(':event ')", "Event", show=False, tooltip="Report an event"),
        Binding("colon", "ask(':')", "Type", key_display=":", tooltip="Type what play takes"),
        Binding("pageup", "scroll(-1)", "Up", show=False, tooltip="Scroll the talk up"),
        Binding("pagedown", "scroll(1)", "Down", show=False, tooltip="Scroll the talk down"),
        Binding("l", "light", "Light", show=False, tooltip="Light or dark"),
        Binding("question_mark", "keys", "Keys", key_display="?", tooltip="All keys"),
        Binding("q", "quit", "Quit", tooltip="Leave the studio"),
    ]

    def __init__(self, bench: Bench, file: File, reading: Reading) -> None:
        """`reading` is what the file was when the studio was opened."""
        # Without colours the library makes greys of them, unless they are the terminal's own.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.bench = bench
        self.file = file
        self.chosen = TALK
        self.fault: Exception | None = None
        self._reading = reading
        self._digits = ""
        self._told = 0  # turns of the transcript that the talk shows
        self._busy = False

    def compose(self) -> ComposeResult:
        yield Static(id="bar", markup=False)
        yield Tabs(*[Tab(f"{key} {title}", id=f"tab-{name}") for name, (key, title) in
                     PANES.items()], id="tabs")  # fmt: skip
        with Horizontal(id="body"):
            yield panes.Talk()
            with Horizontal(id="side"):
                with Vertical(id="first"):
                    yield panes.States()
                    yield panes.Time()
                with Vertical(id="second"):
                    yield panes.Variables()
                    yield panes.History()
                    yield panes.File()
        yield Input(
            id="line",
            placeholder="a choice, or :help",
            classes="closed",
            compact=True,
            select_on_focus=False,
        )
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self.query_one("#tabs", Tabs).can_focus = False
        await self._take_up(self._reading)
        self._arrange()
        self.action_pane(TALK if self.bench.session is not None else "file")
        self.set_interval(BETWEEN_LOOKS, self._look)

    # What happens

    async def _show(self, outputs: list[Output]) -> None:
        """Show what came of something, in every pane."""
        self._digits = ""
        if any(isinstance(output, Leave) for output in outputs):
            self.exit()
            return
        session, talk = self.bench.session, self.query_one(panes.Talk)
        told = output_lines(outputs, max(min(talk.size.width - 4, _WIDEST), 20))
        blocks = []
        if session is not None:
            transcript = session.record.transcript
            anew = len(transcript) < self._told or _starts_over(outputs)
            if anew:
                blocks = record_lines(session)
            else:
                for number in range(self._told, len(transcript)):
                    before = transcript[number - 1] if number else None
                    blocks.append(entry_lines(transcript[number], before, session))
            self._told = len(transcript)
            await talk.add([*blocks, *told], anew=anew)
        else:
            await talk.add(told)
        for pane in self.query(panes.Pane):
            pane.show(self.bench)
        self._mark()

    def _mark(self) -> None:
        """The first line, and what the tab of the file says."""
        mark = looks.file_mark(self.bench)
        self.query_one("#bar", Static).update(looks.standing(self.bench))
        key, title = PANES["file"]
        label = f"{key} {title}" + (f": {mark}" if mark else "")
        self.query_one("#tab-file", Tab).label = label
        self.query_one(panes.File).border_title = label

    async def _take_up(self, reading: Reading) -> None:
        await self._show(self.bench.take_up(reading))
        self._busy = True
        self._find()

    def _look(self) -> None:
        if not self._busy and self.file.changed():
            self._busy = True
            self._read()

    @work
    async def _read(self) -> None:
        await self._take_up(await asyncio.to_thread(self.file.read))

    @work
    async def _find(self) -> None:
        self._found(await asyncio.to_thread(self.file.findings))

    def _found(self, findings: tuple[Diagnostic, ...]) -> None:
        self._busy = False
        self.bench.findings = findings
        self.query_one(panes.File).show(self.bench)
        self._mark()

    # Keys

    async def on_key(self, event: Key) -> None:
        """A digit takes a choice; where it could begin a longer number, Enter or another digit
        decides."""
        digit = event.character or ""
        if not (digit.isascii() and digit.isdigit()) or self.bench.session is None:
            return
        event.stop()
        number = int(self._digits + digit)
        count = len(self.bench.session.turn.choices)
        if not number:
            return
        if number * 10 <= count and len(self._digits) < 3:
            self._digits = str(number)
            self.query_one(panes.Talk).point(number)
            self.action_talk()
            self.query_one("#bar", Static).update(f"{number}: Enter takes it, or another digit")
            return
        await self._show(self.bench.feed(str(number)))

    def action_pane(self, name: str) -> None:
        """Show a pane and let the keyboard be there."""
        self.chosen = name
        self.query_one("#tabs", Tabs).active = f"tab-{name}"
        self._arrange()
        self.query_one(f"#{name}", panes.Pane).enter()

    def action_talk(self) -> None:
        """Close what is typed, and go to the choices."""
        self.query_one("#line", Input).add_class("closed")
        self.action_pane(TALK)

    async def action_typed(self, words: str) -> None:
        """What a key stands for, as if it had been typed."""
        await self._show(self.bench.feed(words))

    def action_ask(self, words: str) -> None:
        """Open the line to type in, with a beginning."""
        session = self.bench.session
        box = self.query_one("#line", Input)
        known = (
            [*session.words(), *(f":event {e}" for e in looks.events(session))] if session else []
        )
        box.suggester = SuggestFromList(known)
        box.remove_class("closed")
        box.value = words
        box.focus()
        box.action_end()

    async def action_step_back(self) -> None:
        """To the step before."""
        await self._show(self.bench.jump(self.bench.here - 1))

    async def action_step_forward(self) -> None:
        """To the step ahead, after going back."""
        await self._show(self.bench.jump(self.bench.here + 1))

    async def action_again(self) -> None:
        """The same way from the beginning, in the file as it is now."""
        await self._show(self.bench.again())

    async def action_begin(self) -> None:
        """Ask with which seed and inputs to begin anew."""
        if self.bench.scenario is not None:
            await self.push_screen(Anew(self.bench.scenario, self.bench.beginning), self._begun)

    async def _begun(self, beginning: Beginning | None) -> None:
        if beginning is not None:
            self._told = 0
            await self._show(self.bench.begin(beginning))

    def action_scroll(self, pages: int) -> None:
        """Move the talk by a page."""
        said = self.query_one("#said")
        said.scroll_relative(y=pages * max(said.size.height - 2, 1), animate=False)

    def action_light(self) -> None:
        """Light on dark, or dark on light."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    async def action_keys(self) -> None:
        """All keys and what they do."""
        panes_keys = " ".join(key for key, _ in PANES.values())
        rows = [
            ("1 2 3 ...", "Take a choice by its number"),
            ("Enter", "Take what is marked"),
            ("Tab", "From one part to the next"),
            (panes_keys, "To a pane: " + ", ".join(title for _, title in PANES.values())),
        ]
        rows += [
            (_key(binding), binding.tooltip)
            for binding in self.BINDINGS
            if isinstance(binding, Binding) and not binding.action.startswith("pane(")
        ]
        await self.push_screen(Keys([*rows, ("Ctrl+P", "Search in all of this")]))

    # What was picked or typed

    @on(OptionList.OptionSelected, "#choices")
    async def _choice(self, event: OptionList.OptionSelected) -> None:
        chosen = self.query_one(panes.Talk).chosen(event.option_index)
        if chosen is not None:
            await self._show(self.bench.choose(*chosen))

    @on(OptionList.OptionSelected, "#offers")
    async def _offer(self, event: OptionList.OptionSelected) -> None:
        await self._show(self.bench.feed(self.query_one(panes.Time).typed(event.option_index)))

    @on(OptionList.OptionSelected, "#steps")
    async def _step(self, event: OptionList.OptionSelected) -> None:
        await self._show(self.bench.jump(event.option_index))

    @on(Input.Submitted, "#line")
    async def _line(self, event: Input.Submitted) -> None:
        self.action_talk()
        if event.value.strip() not in ("", ":"):
            await self._show(self.bench.feed(event.value))

    @on(Tabs.TabActivated, "#tabs")
    def _tab(self, event: Tabs.TabActivated) -> None:
        name = (event.tab.id or "").removeprefix("tab-")
        if name in PANES and name != self.chosen:
            self.action_pane(name)

    # How it is laid out

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        columns, rows = self.size
        kind = arrangement(columns, rows)
        seen = shown(columns, rows, self.chosen)
        for name in ("one", "two", "all"):
            self.screen.set_class(kind == name, name)
        for pane in self.query(panes.Pane):
            pane.display = pane.id in seen
        for box in ("#first", "#second", "#side"):
            within = self.query_one(box)
            within.display = any(pane.display for pane in within.query(panes.Pane))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: every key's action, and the library's own."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.key != "escape":
                yield SystemCommand(
                    binding.tooltip, f"Key {_key(binding)}",
                    self._runs(binding.action),
                )  # fmt: skip
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def _runs(self, action: str) -> Callable[[], Any]:
        return lambda: self.run_action(action)

    def _fatal_error(self) -> None:
        """The library would show a traceback here; whoever started the studio says a sentence."""
        self.fault = self._exception
        self._close_messages_no_wait()


def _key(binding: Binding) -> str:
    """A key as it stands on a keyboard."""
    name = binding.key_display or binding.key
    return name if len(name) == 1 else name.capitalize()


def _starts_over(outputs: list[Output]) -> bool:
    """Whether the talk is another one now, though it may be as long."""
    anew = {"jumped", "played_again", "undone"}
    return any(
        (isinstance(output, Sentence) and output.code in anew)
        or type(output).__name__ == "Restarted"
        for output in outputs
    )
