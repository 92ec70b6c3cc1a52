"""What standard output is: how wide, and whether it shows colours."""

from __future__ import annotations

import os
import shutil
import sys

__all__ = ["columns", "colourful"]


def colourful() -> bool:
    """Whether to colour: only on a terminal that can, and never where NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return False
    if os.name == "nt":
        return "WT_SESSION" in os.environ  # the older console shows escapes as they are
    return os.environ.get("TERM", "dumb") != "dumb"


def columns() -> int:
    """The width in columns; COLUMNS where it is set, 80 where there is no terminal."""
    return shutil.get_terminal_size().columns
