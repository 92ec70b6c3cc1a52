"""The screen of the studio. It shows a bench, and turns keys and clicks into its verbs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, OptionList, Static, Tab, Tabs

from heartline.frontends.studio import looks, panes
from heartline.frontends.studio.dialogs import Anew, Keys
from heartline.frontends.studio.layout import PANES, TALK, arrangement, shown
from heartline.frontends.studio.talk import entry_lines, output_lines, record_lines
from heartline.frontends.terminal.output import Began, Leave, Restarted, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import ComposeResult
    from textual.events import Key

    from heartline.diagnostics import Diagnostic
    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.reading import File, Reading
    from heartline.frontends.studio.talk import Line
    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.record import Beginning

__all__ = ["Workshop"]

BETWEEN_LOOKS = 0.5  # seconds between two looks at the file
_WIDEST = 100  # columns of a page in the talk
_MOST_DIGITS = 3
_ANOTHER_TALK = {"jumped", "played_again", "undone"}  # sentences after which it is told anew


def _key(key: str, action: str, name: str, about: str, *, show: bool = False) -> Binding:
    """A key, the word for the row of keys, and the sentence for the list of all of them."""
    display = {"colon": ":", "question_mark": "?", "pageup": "PgUp", "pagedown": "PgDn"}.get(key)
    return Binding(key, action, name, show=show, key_display=display, tooltip=about)


class Workshop(Screen[None]):
    """All panes, a line to type in, and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *[
            _key(key, f"pane('{name}')", title, f"To the pane {title}")
            for name, (key, title) in PANES.items()
        ],
        _key("escape", "talk", "Choices", "Back to the choices"),
        _key("u", "step(-1)", "Back", "Back to the step before", show=True),
        _key("y", "step(1)", "Forward", "Forward again, after going back", show=True),
        _key("n", "typed(':wait')", "Next due", "Let time pass until something is due", show=True),
        _key("w", "ask(':wait ')", "Wait", "Let time pass, as long as you type", show=True),
        _key("r", "typed(':restart')", "Anew", "Begin anew, with the same seed", show=True),
        _key("a", "again", "Again", "Begin anew and go the same way, in the file as it is now"),
        _key("b", "begin", "Begin", "Begin anew, with another seed or other inputs"),
        _key("e", "ask(':event ')", "Event", "Report an event"),
        _key("colon", "ask(':')", "Type", "Type whatever heartline play takes", show=True),
        _key("p", "typed(':care')", "Support", "Where help is found", show=True),
        _key("pageup", "scroll(-1)", "Up", "Scroll the talk up"),
        _key("pagedown", "scroll(1)", "Down", "Scroll the talk down"),
        _key("l", "light", "Light", "Light or dark"),
        _key("question_mark", "keys", "Keys", "All keys", show=True),
        _key("q", "app.quit", "Quit", "Leave the studio", show=True),
    ]

    def __init__(self, bench: Bench, file: File, reading: Reading) -> None:
        super().__init__()
        self.bench = bench
        self.file = file
        self.chosen = TALK
        self._reading = reading
        self._digits = ""
        self._told = 0  # turns of the transcript that the talk shows
        self._busy = False  # whether the file is being read

    def compose(self) -> ComposeResult:
        yield Static(id="bar", markup=False)
        tabs = [Tab(f"{key} {title}", id=f"tab-{name}") for name, (key, title) in PANES.items()]
        yield Tabs(*tabs, id="tabs")
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
            id="line", classes="closed", compact=True, select_on_focus=False,
            placeholder="a choice, or :help",
        )  # fmt: skip
        yield Footer(compact=True, show_command_palette=False)

    async def on_mount(self) -> None:
        self.query_one("#tabs", Tabs).can_focus = False  # each tab has a key
        await self._take_up(self._reading)
        self.action_pane(TALK if self.bench.session is not None else "file")
        self.set_interval(BETWEEN_LOOKS, self._look)

    # What is shown

    async def _show(self, outputs: list[Output]) -> None:
        """Show what came of something, in every pane."""
        self._digits = ""
        if any(isinstance(output, Leave) for output in outputs):
            self.app.exit()
            return
        talk = self.query_one(panes.Talk)
        told = output_lines(outputs, max(min(talk.size.width - 4, _WIDEST), 20))
        anew = any(_tells_anew(output) for output in outputs)
        await talk.add([*self._new(anew=anew), *told], anew=anew)
        for pane in self.query(panes.Pane):
            if pane.display:
                pane.show(self.bench)
        self._mark()

    def _new(self, *, anew: bool) -> list[list[Line]]:
        """The turns that the talk does not show yet, or all of them."""
        session = self.bench.session
        if session is None:
            return []
        transcript = session.record.transcript
        told, self._told = self._told, len(transcript)
        if anew:
            return record_lines(session)
        return [
            entry_lines(transcript[number], transcript[number - 1] if number else None, session)
            for number in range(told, len(transcript))
        ]

    def _mark(self) -> None:
        """The first line, and what the tab of the file says."""
        mark = looks.file_mark(self.bench)
        self.query_one("#bar", Static).update(looks.standing(self.bench))
        key, title = PANES["file"]
        label = f"{key} {title}" + (f": {mark}" if mark else "")
        self.query_one("#tab-file", Tab).label = label
        self.query_one(panes.File).border_title = label

    # The file

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
        """A digit takes a choice; where it could begin a longer number, another digit or Enter
        decides."""
        digit = event.character or ""
        session = self.bench.session
        if session is None or not (digit.isascii() and digit.isdigit()):
            return
        number = int(self._digits + digit)
        if 0 < number * 10 <= len(session.turn.choices) and len(self._digits) < _MOST_DIGITS:
            self.action_talk()
            self._digits = str(number)
            self.query_one(panes.Talk).point(number)
            self.query_one("#bar", Static).update(f"{number}: Enter takes it, or another digit")
        elif number:
            await self._show(self.bench.feed(str(number)))

    def action_pane(self, name: str) -> None:
        """Show a pane and let the keyboard be there."""
        self._digits = ""
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
        session, known = self.bench.session, list[str]()
        if session is not None:
            known = [*session.words(), *(f":event {name}" for name in looks.events(session))]
        line = self.query_one("#line", Input)
        line.suggester = SuggestFromList(known)
        line.remove_class("closed")
        line.value = words
        line.focus()
        line.action_end()

    async def action_step(self, by: int) -> None:
        """To the step before, or to the one ahead after going back."""
        await self._show(self.bench.jump(self.bench.here + by))

    async def action_again(self) -> None:
        """The same way from the beginning, in the file as it is now."""
        await self._show(self.bench.again())

    async def action_begin(self) -> None:
        """Ask with which seed and inputs to begin anew."""
        if self.bench.scenario is not None:
            dialog = Anew(self.bench.scenario, self.bench.beginning)
            await self.app.push_screen(dialog, self._begun)

    async def _begun(self, beginning: Beginning | None) -> None:
        if beginning is not None:
            await self._show(self.bench.begin(beginning))

    def action_scroll(self, pages: int) -> None:
        """Move the talk by a page."""
        said = self.query_one("#said")
        said.scroll_relative(y=pages * max(said.size.height - 2, 1), animate=False)

    def action_light(self) -> None:
        """Light on dark, or dark on light."""
        dark = self.app.current_theme.dark
        self.app.theme = "textual-light" if dark else "textual-dark"

    async def action_keys(self) -> None:
        """All keys and what they do."""
        to_panes = " ".join(key for key, _ in PANES.values())
        rows = [
            ("1 2 3 ...", "Take a choice by its number"),
            ("Enter", "Take what is marked"),
            ("Tab", "From one part to the next"),
            (to_panes, "To a pane: " + ", ".join(title for _, title in PANES.values())),
            *[
                (_shown(binding), binding.tooltip)
                for binding in _bindings()
                if not binding.action.startswith("pane(")
            ],
            ("Ctrl+P", "Search in all of this"),
        ]
        await self.app.push_screen(Keys(rows))

    def commands(self) -> Iterable[SystemCommand]:
        """What every key does, for the palette."""
        for binding in _bindings():
            run = partial(self.app.run_action, binding.action, self)
            yield SystemCommand(binding.tooltip, f"Key {_shown(binding)}", run)

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
        tab = event.tab.id or ""
        name = tab.removeprefix("tab-")
        # The message may come late, when a key has chosen another one already.
        if tab == event.tabs.active and name != self.chosen:
            self.action_pane(name)

    # How it is laid out

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        columns, rows = self.app.size
        kind = arrangement(columns, rows)
        seen = shown(columns, rows, self.chosen)
        for name in ("one", "two", "all"):
            self.set_class(kind == name, name)
        for pane in self.query(panes.Pane):
            if pane.id in seen and not pane.display:
                pane.show(self.bench)  # it was not kept up while nobody saw it
            pane.display = pane.id in seen
        for name in ("#first", "#second", "#side"):
            box = self.query_one(name)
            box.display = any(pane.display for pane in box.query(panes.Pane))


def _bindings() -> Iterator[Binding]:
    for binding in Workshop.BINDINGS:
        assert isinstance(binding, Binding)
        yield binding


def _shown(binding: Binding) -> str:
    """A key as it stands on a keyboard."""
    name = binding.key_display or binding.key
    return name if len(name) == 1 or name.startswith("Pg") else name.capitalize()


def _tells_anew(output: Output) -> bool:
    """Whether the talk is another one now, though it may be as long."""
    if isinstance(output, Sentence):
        return output.code in _ANOTHER_TALK
    return isinstance(output, Began | Restarted)
