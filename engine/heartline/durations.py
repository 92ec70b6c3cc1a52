"""Durations as authors write them: `14d`, `2h30m`, `1w`.

Units: w, d, h, m, s, each at most once, from large to small. Months and years are left out on
purpose: their length depends on the date, and a break that is agreed must end on one certain day.
"""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["LONGEST", "PATTERN", "format_duration", "parse_duration"]

LONGEST = timedelta(days=36_525)  # a hundred years: no date arithmetic overflows below it
PATTERN = r"(?=\d)(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?"
_UNITS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_DURATION = re.compile(PATTERN + r"\Z")


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `14d` or `2h30m`; raises ValueError with a sentence otherwise."""
    if len(text) > 40 or not text.isascii() or not _DURATION.match(text):
        raise ValueError(
            f"{text[:40]!r} is not a duration: write a number and a unit, as in 14d, 2h30m or 1w"
        )
    seconds = sum(int(n) * dict(_UNITS)[unit] for n, unit in re.findall(r"(\d+)([wdhms])", text))
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text} is longer than the longest duration, a hundred years")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration the way authors do, in days and smaller: `14d`, `2h30m`, `0s`."""
    rest = int(duration.total_seconds())
    parts = []
    for unit, seconds in _UNITS[1:]:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
