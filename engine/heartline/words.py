"""Words for things that are not words: lengths of time, dates, pronouns, yes and no.

All that depends on a language is in one `Language` value; English is the one that is written.
Another language is another value in LANGUAGES, and no code, as long as it has at most two plural
forms and the order of its dates can be written as a pattern.

Lengths of time are rounded to what a person would say. From a week on they are in whole days
(whole weeks as weeks), below in at most two units: "six days and four hours", "20 minutes".
Numbers up to twelve are written out unless a larger one stands in the same phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, timedelta

__all__ = [
    "ENGLISH",
    "FORMS",
    "LANGUAGES",
    "PRONOUNS",
    "Language",
    "Pronouns",
    "humanise_date",
    "humanise_duration",
    "language",
]

FORMS = ("they", "them", "their", "theirs", "themself")  # the names of the forms in placeholders
PRONOUNS = ("they", "she", "he", "it")  # the sets that a scenario may name

_SECONDS = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


@dataclass(frozen=True, slots=True)
class Pronouns:
    """One set of pronouns, its forms in the order of FORMS, and whether its verbs are plural."""

    forms: tuple[str, str, str, str, str]
    plural: bool


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that the engine itself says in one language."""

    numbers: tuple[str, ...]  # zero, one, two, ...: as far as they are written out
    units: Mapping[str, tuple[str, str]]  # one, and more than one
    two_parts: str
    no_time: str
    no_date: str
    date: str
    weekdays: tuple[str, ...]  # from Monday
    months: tuple[str, ...]
    yes: str
    no: str
    pronouns: Mapping[str, Pronouns]


ENGLISH = Language(
    numbers=(
        *("zero", "one", "two", "three", "four", "five", "six"),
        *("seven", "eight", "nine", "ten", "eleven", "twelve"),
    ),
    units={
        "week": ("week", "weeks"),
        "day": ("day", "days"),
        "hour": ("hour", "hours"),
        "minute": ("minute", "minutes"),
        "second": ("second", "seconds"),
    },
    two_parts="{} and {}",
    no_time="no time",
    no_date="a day not yet set",
    date="{weekday} {day} {month} {year}",
    weekdays=(
        *("Monday", "Tuesday", "Wednesday", "Thursday"),
        *("Friday", "Saturday", "Sunday"),
    ),
    months=(
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    yes="yes",
    no="no",
    pronouns={
        "they": Pronouns(("they", "them", "their", "theirs", "themself"), plural=True),
        "she": Pronouns(("she", "her", "her", "hers", "herself"), plural=False),
        "he": Pronouns(("he", "him", "his", "his", "himself"), plural=False),
        "it": Pronouns(("it", "it", "its", "its", "itself"), plural=False),
    },
)

LANGUAGES: Mapping[str, Language] = {"en": ENGLISH}


def language(tag: str) -> Language:
    """The words for a BCP 47 tag such as `en-GB`; English where there are none of its own."""
    return LANGUAGES.get(tag) or LANGUAGES.get(tag.split("-")[0]) or ENGLISH


def humanise_duration(duration: timedelta, words: Language = ENGLISH) -> str:
    """A length of time as it is said: "two weeks", "2 hours and 30 minutes", "no time"."""
    seconds = _rounded(round(duration.total_seconds()))
    if seconds <= 0:
        return words.no_time
    if seconds % _SECONDS["week"] == 0:
        parts = [("week", seconds // _SECONDS["week"])]
    else:
        parts = []
        for unit in ("day", "hour", "minute", "second"):
            count, seconds = divmod(seconds, _SECONDS[unit])
            if count:
                parts.append((unit, count))
    written_out = all(count < len(words.numbers) for _, count in parts)
    said = [
        f"{words.numbers[count] if written_out else count} {words.units[unit][count != 1]}"
        for unit, count in parts
    ]
    return said[0] if len(said) == 1 else words.two_parts.format(*said)


def _rounded(seconds: int) -> int:
    """Round to the finer of the two units that are said; rounding up may make both coarser."""
    for threshold, unit in (("hour", "minute"), ("day", "hour"), ("week", "day")):
        if seconds >= _SECONDS[threshold]:
            size = _SECONDS[unit]
            seconds = (seconds + size // 2) // size * size
    return seconds


def humanise_date(day: date, words: Language = ENGLISH) -> str:
    """A date as it is said: "Sunday 20 December 2026". A datetime is taken in its own zone."""
    return words.date.format(
        weekday=words.weekdays[day.weekday()],
        day=day.day,
        month=words.months[day.month - 1],
        year=day.year,
    )
