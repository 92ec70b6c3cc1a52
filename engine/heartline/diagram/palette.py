"""The colours of a diagram, each with its partner on a dark ground.

Every pair keeps a contrast of at least 4.5 to 1 with its ground for text and arrows. No meaning
rests on a colour alone: dashes and words say the same.
"""

from __future__ import annotations

__all__ = ["ARROWS", "COVERED", "DARK", "FONT"]

FONT = "Helvetica"  # its widths are built into Graphviz, so the layout needs no fonts

PAPER, INK, SOFT = "#ffffff", "#1b2430", "#4e5a69"
BOX, BOX_LINE = "#f1f4f8", "#7b8794"
INNER, INNER_LINE = "#fafbfd", "#aab4c0"
FINAL, FINAL_LINE = "#e4f1e6", "#2f6b3c"
ANYWHERE, ANYWHERE_LINE = "#fff8e6", "#8a6d1a"
PLAYED, PLAYED_FILL = "#b00040", "#fde7ee"

# What tests have covered: the line and the ground of a box.
COVERED = {
    "met": ("#1f6b34", "#e6f4e9"),
    "partly": ("#7a4f00", "#fff1d6"),
    "missed": ("#a3182b", "#fdeaec"),
}

# Who or what moves: the colour of its arrows, and how they are drawn.
ARROWS = {
    "person": ("#2b3c50", "solid"),
    "engine": ("#0a5ca0", "dashed"),
    "event": ("#0b6e69", "solid"),
    "after": ("#8f4a00", "solid"),
    "always": ("#6a3fa6", "dotted"),
    "many": ("#5f6b7a", "solid"),  # several of these, to or from a box that is not opened here
}

DARK = {
    PAPER: "#12161c",
    INK: "#e9edf2",
    SOFT: "#a9b4c2",
    BOX: "#1e2631",
    BOX_LINE: "#8694a6",
    INNER: "#171c24",
    INNER_LINE: "#4a5768",
    FINAL: "#18301e",
    FINAL_LINE: "#86cf97",
    ANYWHERE: "#2c2613",
    ANYWHERE_LINE: "#d9b84f",
    PLAYED: "#ff85a8",
    PLAYED_FILL: "#3d1522",
    "#1f6b34": "#7fd493",
    "#e6f4e9": "#152b1b",
    "#7a4f00": "#f0bd62",
    "#fff1d6": "#332508",
    "#a3182b": "#ff9aa5",
    "#fdeaec": "#3a151b",
    "#2b3c50": "#c2cfdd",
    "#0a5ca0": "#80c4ff",
    "#0b6e69": "#6fd3cc",
    "#8f4a00": "#f2b469",
    "#6a3fa6": "#c9b2f7",
    "#5f6b7a": "#9aa6b5",
}
