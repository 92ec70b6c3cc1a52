"""The studio as a program: one screen, its look, and how it ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.app import App, SystemCommand

from heartline.frontends.studio.screen import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from textual.screen import Screen

    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.reading import File, Reading

__all__ = ["Studio"]


class Studio(App[None]):
    """The studio. `fault` is what ended it, where that was a fault of its own."""

    TITLE = "heartline studio"
    CSS_PATH = "studio.tcss"

    def __init__(self, bench: Bench, file: File, reading: Reading) -> None:
        """`reading` is what the file was when the studio was opened."""
        # Without colours the library makes greys of them, unless they are the terminal's own.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.animation_level = "none"  # what moves says nothing here
        self.fault: Exception | None = None
        self._workshop = Workshop(bench, file, reading)

    def get_default_screen(self) -> Screen[Any]:
        return self._workshop

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: what every key does, and two things of the library's own."""
        if isinstance(screen, Workshop):
            yield from screen.commands()
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def _fatal_error(self) -> None:
        """The library would show a traceback here; whoever started the studio says a sentence."""
        self.fault = self._exception
        self._close_messages_no_wait()
