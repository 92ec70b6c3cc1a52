"""The panes of the screen: widgets that show lines, and lists to pick from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static, Tree
from textual.widgets.option_list import Option

from heartline.frontends.studio import looks
from heartline.frontends.studio.layout import PANES
from heartline.frontends.studio.talk import line
from heartline.wrapping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.widgets.tree import TreeNode

    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.talk import Line
    from heartline.frontends.terminal.session import Session
    from heartline.machine import Machine

__all__ = [
    "STYLES", "File", "History", "Pane", "Picks", "States", "Talk", "Time", "Variables", "content",
]  # fmt: skip

STYLES = {
    "title": "bold",
    "name": "bold $text-secondary",
    "player": "bold $text-primary",
    "dim": "$foreground 75%",
    "mark": "bold $text-secondary",
    "warning": "bold $text-error",
}
_MOST_BLOCKS = 200  # of the talk; History has the others


def content(lines: Iterable[Line]) -> Content:
    """Lines as what Textual shows; nothing in them is read as markup."""
    found = [
        Content.assemble(*[(text, STYLES.get(style, "")) for text, style in each.pieces])
        for each in lines
    ]
    return Content("\n").join(found)


class Picks(OptionList):
    """A list to pick from by arrows and Enter, or the mouse. Page keys are left to the talk."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Up", show=False),
        Binding("down", "cursor_down", "Down", show=False),
        Binding("enter", "select", "Take it", show=False),
    ]

    def __init__(self, *, id: str, hang: int = 0) -> None:
        """`hang` is how far the further lines of an entry are moved in."""
        super().__init__(id=id, markup=False)
        self._hang = hang
        self._entries: Sequence[tuple[Line, bool]] = ()

    def fill(self, entries: Sequence[tuple[Line, bool]], *, at: int | None = None) -> None:
        """Show these lines, each with whether it can be picked; `at` is the one to stand on."""
        self._entries = entries
        width = self.scrollable_content_region.width
        self.set_options(
            [
                Option(self._hung(content([each]), width), disabled=not enabled)
                for each, enabled in entries
            ]
        )
        self.highlighted = at

    def on_resize(self) -> None:
        self.fill(self._entries, at=self.highlighted)

    def _hung(self, entry: Content, width: int) -> Content:
        if entry.cell_length <= width or width <= 2 * self._hang:
            return entry
        first = entry.wrap(width)[0]
        start = len(first)
        while start < len(entry.plain) and entry.plain[start].isspace():
            start += 1
        rest = entry[start:].wrap(width - self._hang)
        return Content("\n").join([first, *(each.pad_left(self._hang) for each in rest)])


class Pane(Vertical):
    """One pane, with its key in its title."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name, classes="pane")
        key, title = PANES[name]
        self.border_title = f"{key} {title}"

    def show(self, bench: Bench) -> None:
        """Show what there is to show now."""

    def enter(self) -> None:
        """Let the keyboard be here."""


class _Lines(Pane):
    """A pane that is nothing but lines."""

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(markup=False)

    def put(self, lines: Iterable[Line]) -> None:
        self.query_one(Static).update(content(lines))

    def enter(self) -> None:
        self.query_one(VerticalScroll).focus()


class Talk(Pane):
    """The conversation, and below it what can be chosen."""

    def __init__(self) -> None:
        super().__init__("talk")
        self._choices: list[tuple[str, str] | None] = []

    def compose(self) -> ComposeResult:
        yield VerticalScroll(id="said")
        yield Picks(id="choices", hang=4)

    async def add(self, blocks: Sequence[Sequence[Line]], *, anew: bool = False) -> None:
        """Show more of the talk, or all of it anew."""
        said = self.query_one("#said", VerticalScroll)
        if anew:
            await said.remove_children()
        shown = [Static(content(block), markup=False) for block in blocks[-_MOST_BLOCKS:]]
        await said.mount_all(shown)
        for old in list(said.children)[:-_MOST_BLOCKS]:
            await old.remove()
        said.scroll_end(animate=False)

    def show(self, bench: Bench) -> None:
        picks = self.query_one("#choices", Picks)
        rows, self._choices = looks.choice_rows(bench.session)
        first = next((n for n, (_, enabled) in enumerate(rows) if enabled), None)
        picks.fill(rows, at=first)

    def chosen(self, row: int) -> tuple[str, str] | None:
        """The choice of a row, and its role."""
        return self._choices[row] if 0 <= row < len(self._choices) else None

    def point(self, number: int) -> None:
        """Stand on the choice of this number."""
        rows = [row for row, choice in enumerate(self._choices) if choice is not None]
        if 0 < number <= len(rows):
            self.query_one("#choices", Picks).highlighted = rows[number - 1]

    def enter(self) -> None:
        self.query_one("#choices", Picks).focus()


class States(Pane):
    """All states as a tree, where the conversation stands in it, and what leads on from there."""

    def __init__(self) -> None:
        super().__init__("states")
        self._machine: Machine | None = None
        self._rows: dict[str, TreeNode[str]] = {}

    def compose(self) -> ComposeResult:
        tree: Tree[str] = Tree("", id="tree")
        tree.show_root = False
        tree.guide_depth = 2
        yield tree
        with VerticalScroll(id="ways"):
            yield Static(markup=False)

    def show(self, bench: Bench) -> None:
        session = bench.session
        if session is None:
            return
        if session.scenario.machine is not self._machine:
            self._machine = session.scenario.machine
            self._build(session)
        marks = looks.state_marks(session)
        for name, node in self._rows.items():
            mark = marks.get(name, "")
            node.set_label(_label(session.scenario.machine.states[name].title, mark))
            if mark == "in it":
                node.expand()
        here = self._rows.get(session.turn.state)
        if here is not None:
            tree = self.query_one("#tree", Tree)
            tree.call_after_refresh(tree.move_cursor, here)
            tree.call_after_refresh(tree.scroll_to_node, here, animate=False)
        lines = [line("Ways from here", "title"), *looks.way_lines(session)]
        self.query_one("#ways Static", Static).update(content(lines))

    def _build(self, session: Session) -> None:
        tree = self.query_one("#tree", Tree)
        tree.clear()
        self._rows = {}
        for name, state in session.scenario.machine.states.items():
            if state.kind == "history":
                continue
            outer = self._rows[state.path[-2]] if len(state.path) > 1 else tree.root
            inside = state.kind == "compound"
            self._rows[name] = outer.add(plain(state.title), data=name, allow_expand=inside)
        tree.root.expand()

    def enter(self) -> None:
        self.query_one("#tree", Tree).focus()


def _label(title: str, mark: str) -> Text:
    sign = {"here": "\N{BLACK CIRCLE} ", "been": "\N{CHECK MARK} "}.get(mark, "")
    told = {"here": "  (you are here)", "in it": "  (you are in it)"}.get(mark, "")
    style = "bold" if mark == "here" else ""
    return Text.assemble((sign + plain(title), style), told)


class Variables(_Lines):
    """Every variable, and what the last step changed."""

    def __init__(self) -> None:
        super().__init__("variables")

    def show(self, bench: Bench) -> None:
        self.put(looks.variable_lines(bench))


class Time(Pane):
    """The story's time, its timers, and ways to move the clock."""

    def __init__(self) -> None:
        super().__init__("time")
        self._offers: list[looks.Offer] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(markup=False)
        yield Static("Move the clock (w: by any length)", classes="heading", markup=False)
        yield Picks(id="offers")

    def show(self, bench: Bench) -> None:
        session = bench.session
        if session is None:
            return
        self.query_one("VerticalScroll Static", Static).update(content(looks.time_lines(session)))
        self._offers = looks.offers(session)
        rows = [(line(offer.text), True) for offer in self._offers]
        self.query_one("#offers", Picks).fill(rows, at=0)

    def typed(self, row: int) -> str:
        """The line that a row stands for."""
        return self._offers[row].typed

    def enter(self) -> None:
        self.query_one("#offers", Picks).focus()


class History(Pane):
    """The steps that were gone, to jump back into."""

    def __init__(self) -> None:
        super().__init__("history")

    def compose(self) -> ComposeResult:
        yield Picks(id="steps", hang=5)

    def show(self, bench: Bench) -> None:
        rows = [(step, True) for step in looks.step_lines(bench.history())]
        self.query_one("#steps", Picks).fill(rows, at=bench.here if rows else None)

    def enter(self) -> None:
        self.query_one("#steps", Picks).focus()


class File(_Lines):
    """What is wrong with the file, and what it promises."""

    def __init__(self) -> None:
        super().__init__("file")

    def show(self, bench: Bench) -> None:
        self.put(looks.file_lines(bench))
