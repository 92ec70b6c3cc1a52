"""What a plain scalar means in the core schema of YAML 1.2: null, truth, number, else a text.

`yes`, `no`, `on`, `off`, `1:30` and `2026-11-20` are texts; `010` is ten, `0o10` is eight. A number
with more than LONGEST_NUMBER characters is not read at all: nothing in a scenario needs one, and
the time that Python takes for its digits grows faster than their number.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["LONGEST_NUMBER", "TOO_LONG", "resolve"]

LONGEST_NUMBER = 18
TOO_LONG = object()  # what `resolve` gives for a number that is not read

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)


def resolve(text: str) -> Any:
    """The value of a plain scalar: None, a truth, a number, TOO_LONG, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    if len(text) > LONGEST_NUMBER:
        return TOO_LONG
    if match["int"]:
        return int(match["int"])
    if match["octal"]:
        return int(match["octal"], 8)
    return int(match["hex"], 16) if match["hex"] else float(text)
