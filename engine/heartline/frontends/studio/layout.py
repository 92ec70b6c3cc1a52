"""Which panes a window has room for.

one      the one that was chosen, under a row of tabs
two      the talk, and beside it the chosen one, with the states above it where it is tall
all      every pane at once
"""

from __future__ import annotations

__all__ = ["PANES", "TALK", "arrangement", "shown"]

TALK = "talk"
# name: its key and its title
PANES = {
    TALK: ("c", "Talk"),
    "states": ("s", "States"),
    "variables": ("v", "Variables"),
    "time": ("t", "Time"),
    "history": ("h", "History"),
    "file": ("f", "File"),
}
_BESIDE, _ALL = 104, 160  # columns
_TALL, _ALL_TALL = 34, 40  # rows


def arrangement(columns: int, rows: int) -> str:
    """ "one", "two" or "all"."""
    if columns < _BESIDE:
        return "one"
    return "all" if columns >= _ALL and rows >= _ALL_TALL else "two"


def shown(columns: int, rows: int, chosen: str) -> frozenset[str]:
    """The panes to show, where this one was chosen last."""
    kind = arrangement(columns, rows)
    if kind == "one":
        return frozenset({chosen})
    if kind == "all":
        return frozenset(PANES)
    beside = "variables" if chosen == TALK else chosen
    more = {"states"} if rows >= _TALL or chosen == "states" else set()
    if chosen == "states" and rows >= _TALL:
        more.add("variables")
    return frozenset({TALK, beside} | more)
