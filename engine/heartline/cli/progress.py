"""How far long work is: a line on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from heartline.cli.screen import columns

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Progress"]

BAR = 30  # characters
_PAUSE = 0.1  # seconds between two looks at it


class Progress:
    """A bar, where it is known how much there is, or else a number; it goes away at the end.

    `what` is what is counted. With `beside`, the result goes to standard output meanwhile, and
    nothing is shown where that is a terminal too: the two would write over each other.
    """

    def __init__(self, what: str, total: int | None = None, *, beside: bool = False) -> None:
        self.done = 0
        self._what = what
        self._total = total
        self._seen = sys.stderr.isatty() and not (beside and sys.stdout.isatty())
        self._shown = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._seen and self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)

    def step(self) -> None:
        """One more is done."""
        self.at(self.done + 1)

    def at(self, done: int) -> None:
        """So many are done."""
        self.done = done
        if not self._seen or time.monotonic() - self._shown < _PAUSE:
            return
        self._shown = time.monotonic()
        text = f"{done:,} {self._what}"
        if self._total:
            full = min(done, self._total) * BAR // self._total
            text = f"[{'#' * full}{'.' * (BAR - full)}] {done:,} of {self._total:,} {self._what}"
        click.echo(f"\r\x1b[K{text[: columns() - 1]}", err=True, nl=False)
