"""Findings, written for people and for tools.

`as_text` shows each with the line of the file that it points at and a caret underneath; `as_json`
and `as_sarif` hold the same for programs. All are pure: whoever calls them says what the files
hold (`read_sources` reads them), and prints.

What a file holds is not trusted. A line of it is shown without control characters, so that no
file can move the cursor or recolour the terminal of the person who checks it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from heartline.checking.codes import CODES, page, summary
from heartline.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.diagnostics import Diagnostic, Location

__all__ = ["as_json", "as_sarif", "as_text", "read_sources", "tally"]

LARGEST_SOURCE = 4_000_000  # bytes; a larger file was refused, and nobody needs a line of it
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"  # its name, as the standard has it
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_TOKEN = re.compile(r"\{[\w.]+\}|\w+|[^\w\s]")  # a placeholder, a word, or a sign
_TAB = "    "


def read_sources(findings: Iterable[Diagnostic]) -> dict[str, list[str]]:
    """The lines of each file that the findings point at; a file that cannot be read has none."""
    sources: dict[str, list[str]] = {}
    for name in {finding.location.file for finding in findings}:
        try:
            path = Path(name)
            if path.is_file() and path.stat().st_size <= LARGEST_SOURCE:
                text = path.read_bytes().decode("utf-8-sig", "replace")
                sources[name] = re.split(r"\r\n|\r|\n", text)
        except (OSError, ValueError):  # gone in the meantime, or a name that no file can have
            continue
    return sources


def tally(findings: Sequence[Diagnostic]) -> str:
    """How many there are of each severity: `2 errors, 1 warning`, or `no findings`."""
    counts = Counter(finding.severity for finding in findings)
    parts = [
        f"{counts[severity]} {severity.value}{'' if counts[severity] == 1 else 's'}"
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(parts) or "no findings"


def as_text(
    findings: Sequence[Diagnostic],
    sources: Mapping[str, Sequence[str]] | None = None,
    *,
    colour: bool = False,
    width: int = 100,
) -> str:
    """The findings for a person, a paragraph each, and a last line that counts them.

    `sources` gives the lines of the files, by the names in the locations; `width` is that of the
    terminal, in columns. The text ends with a newline.
    """
    known = sources or {}
    paragraphs = [
        _paragraph(finding, known.get(finding.location.file, ()), colour, max(width, 40))
        for finding in findings
    ]
    return "\n".join([*paragraphs, f"{tally(findings)}\n"])


def _paragraph(finding: Diagnostic, source: Sequence[str], colour: bool, width: int) -> str:
    severity = finding.severity.value
    head = f"{_clean(str(finding.location))}: "
    name = f"{severity} {finding.code}"
    if colour:
        name = f"\x1b[1;{_COLOURS[finding.severity]}m{name}\x1b[0m"
    parts = [f"{head}{name}: {_clean(finding.message)}"]
    parts += _excerpt(finding.location, source, colour, width)
    if finding.hint:
        parts.append(f"  {_clean(finding.hint)}")
    return "\n".join(parts) + "\n"


def _excerpt(place: Location, source: Sequence[str], colour: bool, width: int) -> list[str]:
    """The line, and a caret under the word that is meant."""
    if not 1 <= place.line <= len(source):
        return []
    line = source[place.line - 1]
    start = min(place.column - 1, len(line))
    token = _TOKEN.match(line, start)
    end = token.end() if token else start + 1
    gutter = f"{place.line:>5} | "
    room = width - len(gutter)
    before, word, after = (_clean(part) for part in (line[:start], line[start:end], line[end:]))
    if _columns(before) > room * 2 // 3:  # a long line: show the part around the caret
        before = "…" + _last(before, room // 3)
    carets = "^" * max(1, min(_columns(word), room - _columns(before)))
    shown = _first(before + word + after, room)
    pointer = " " * _columns(before) + carets
    if colour:
        pointer = f"\x1b[1m{pointer}\x1b[0m"
    return [f"{gutter}{shown}".rstrip(), f"{'':>5} | {pointer}"]


def _clean(text: str) -> str:
    """The text as it can be shown: tabs as spaces, what is invisible or steers as a mark."""
    text = text.replace("\t", _TAB)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in _UNSEEN else sign
        for sign in text
    )


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _column(sign: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in ("W", "F") else 1


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_column, text))


def _first(text: str, room: int) -> str:
    if _columns(text) <= room:
        return text
    return text[: sum(taken < room for taken in accumulate(map(_column, text)))] + "…"


def _last(text: str, room: int) -> str:
    kept = sum(taken <= room for taken in accumulate(map(_column, reversed(text))))
    return text[len(text) - kept :]


def as_json(findings: Sequence[Diagnostic]) -> str:
    """The findings for programs: one object, `format` 1. Lines and columns count from 1."""
    counts = Counter(finding.severity.value for finding in findings)
    return _dump(
        {
            "format": 1,
            "counts": {severity.value: counts[severity.value] for severity in Severity},
            "findings": [
                {
                    "code": finding.code,
                    "title": CODES[finding.code].title if finding.code in CODES else None,
                    "severity": finding.severity.value,
                    "message": finding.message,
                    "hint": finding.hint,
                    "file": finding.location.file,
                    "line": finding.location.line,
                    "column": finding.location.column,
                }
                for finding in findings
            ],
        }
    )


def as_sarif(findings: Sequence[Diagnostic], version: str) -> str:
    """The findings as SARIF 2.1.0 (OASIS, 2020), which code hosts and editors read.

    `version` is Heartline's. Only the rules that were broken are described.
    """
    broken = sorted({finding.code for finding in findings})
    driver = {
        "name": "heartline",
        "version": version,
        "rules": [_rule(code) for code in broken],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, broken.index(finding.code)) for finding in findings],
    }
    return _dump({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, object]:
    if code not in CODES:
        return {"id": code}
    known = CODES[code]
    return {
        "id": code,
        "name": "".join(re.findall(r"\w+", known.title.title())),
        "shortDescription": {"text": known.title[0].upper() + known.title[1:] + "."},
        "fullDescription": {"text": summary(code)},
        "help": {"text": page(code), "markdown": page(code)},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
    }


def _result(finding: Diagnostic, rule: int) -> dict[str, object]:
    hint = f" ({finding.hint})" if finding.hint else ""
    region = {"startLine": finding.location.line, "startColumn": finding.location.column}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message + hint},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.location.file)},
                    "region": region,
                }
            }
        ],
    }


def _uri(name: str) -> str:
    """A file's name as SARIF wants it: relative with slashes, or a whole file URI."""
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _dump(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
