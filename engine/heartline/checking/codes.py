"""The registry of diagnostic codes, and the page that explains each of them.

A code never changes its meaning and is never used again for another. Its title and severity are
here; what it means, an example of the fault and of its cure are on its page, and only there:
docs/diagnostics/HLnnn.md is both the website's page and what `heartline explain` prints. In a
wheel the pages travel as heartline/_diagnostics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from heartline.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

__all__ = ["CODES", "FAMILIES", "Code", "page", "pages_folder", "summary"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "HL0": "Proof: what every way to play shows",
        "HL1": "The text: encoding, size, YAML",
        "HL2": "The shape: fields, types, bounds",
        "HL3": "Names",
        "HL4": "Expressions and texts",
        "HL5": "Flow: what can and cannot happen",
        "HL6": "Timers",
        "HL7": "Included files",
        "HL8": "Properties and migrations",
        "HL9": "Test files",
    }
)


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. `severity` is the usual one; a milder case may be reported milder."""

    code: str
    title: str
    severity: Severity

    @property
    def family(self) -> str:
        """What this and its neighbours are about, as in FAMILIES."""
        return FAMILIES[self.code[:3]]


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
_ALL = (
    Code("HL001", "property broken", _ERROR),
    Code("HL002", "property not decided", _WARNING),
    Code("HL003", "property that is never put to the test", _WARNING),
    Code("HL010", "dead end in a play", _ERROR),
    Code("HL011", "play that never ends", _ERROR),
    Code("HL012", "engine role that draws for ever", _ERROR),
    Code("HL013", "always that goes round for ever", _ERROR),
    Code("HL014", "state that is never reached", _WARNING),
    Code("HL015", "outcome that never comes", _WARNING),
    Code("HL016", "choice that is never possible", _WARNING),
    Code("HL017", "branch that is never taken", _WARNING),
    Code("HL018", "event that nothing takes", _WARNING),
    Code("HL019", "timer that never runs out here", _WARNING),
    Code("HL020", "guard that never holds", _WARNING),
    Code("HL021", "guard that always holds", _WARNING),
    Code("HL022", "branches that can both be taken", _NOTE),
    Code("HL023", "change that changes nothing", _WARNING),
    Code("HL024", "change that is cut at a bound", _NOTE),
    Code("HL025", "engine role with nothing to draw", _NOTE),
    Code("HL026", "outcome that comes only by waiting", _NOTE),
    Code("HL027", "race between a timer and a choice", _NOTE),
    Code("HL040", "best choice by its place", _NOTE),
    Code("HL041", "best choice by its length", _NOTE),
    Code("HL042", "score that is never reached", _NOTE),
    Code("HL043", "choices that make no difference", _NOTE),
    Code("HL101", "text that is not UTF-8", _ERROR),
    Code("HL102", "file too large or too deep", _ERROR),
    Code("HL103", "YAML syntax", _ERROR),
    Code("HL104", "key given twice", _ERROR),
    Code("HL105", "key that is not a text", _ERROR),
    Code("HL106", "file that cannot be read", _ERROR),
    Code("HL107", "YAML feature that is not used here", _ERROR),
    Code("HL201", "unknown field", _ERROR),
    Code("HL202", "missing field", _ERROR),
    Code("HL203", "wrong type", _ERROR),
    Code("HL204", "value out of bounds", _ERROR),
    Code("HL205", "fields that contradict each other", _ERROR),
    Code("HL206", "initial value that the variable cannot have", _ERROR),
    Code("HL207", "malformed name", _ERROR),
    Code("HL208", "unknown version of the format", _ERROR),
    Code("HL209", "text of a person that is kept for nothing", _ERROR),
    Code("HL301", "unknown state", _ERROR),
    Code("HL302", "unknown variable or guard", _ERROR),
    Code("HL304", "unknown timer", _ERROR),
    Code("HL305", "unknown role", _ERROR),
    Code("HL306", "unknown speaker", _ERROR),
    Code("HL307", "unknown placeholder", _ERROR),
    Code("HL308", "name declared twice", _ERROR),
    Code("HL309", "unknown choice", _ERROR),
    Code("HL310", "unknown outcome", _ERROR),
    Code("HL311", "unknown tag", _ERROR),
    Code("HL312", "unknown event", _ERROR),
    Code("HL401", "expression syntax", _ERROR),
    Code("HL402", "not allowed in an expression", _ERROR),
    Code("HL403", "types that do not fit", _ERROR),
    Code("HL404", "not an action", _ERROR),
    Code("HL405", "cannot be assigned", _ERROR),
    Code("HL406", "expression too large", _ERROR),
    Code("HL407", "malformed placeholder", _ERROR),
    Code("HL501", "unreachable state", _WARNING),
    Code("HL502", "dead end", _ERROR),
    Code("HL503", "choices that can all be closed", _WARNING),
    Code("HL504", "always loop", _ERROR),
    Code("HL505", "shadowed branch", _WARNING),
    Code("HL506", "unused variable", _WARNING),
    Code("HL507", "unused guard", _WARNING),
    Code("HL508", "scenario without an end", _WARNING),
    Code("HL509", "engine role that acts for ever", _ERROR),
    Code("HL510", "state with parts of another type", _ERROR),
    Code("HL511", "guard that never holds", _WARNING),
    Code("HL601", "timer that is never started", _WARNING),
    Code("HL602", "timer that nothing waits for", _WARNING),
    Code("HL603", "handler of a timer that is never started", _WARNING),
    Code("HL604", "unused timer", _WARNING),
    Code("HL701", "included file that cannot be used", _ERROR),
    Code("HL702", "files that include each other", _ERROR),
    Code("HL703", "include that does not fit the file", _ERROR),
    Code("HL704", "outcome of an included file that leads nowhere", _ERROR),
    Code("HL801", "malformed property", _ERROR),
    Code("HL802", "malformed migration", _ERROR),
    Code("HL901", "test without an expectation", _ERROR),
    Code("HL902", "scenario of a test file that cannot be used", _ERROR),
    Code("HL903", "beginning of a test that leads nowhere", _ERROR),
    Code("HL904", "table of cases that does not fit", _ERROR),
    Code("HL905", "wait that cannot be", _ERROR),
    Code("HL906", "input to begin with that cannot be", _ERROR),
    Code("HL907", "accepted mutant that is none", _WARNING),
)
CODES: Mapping[str, Code] = MappingProxyType({code.code: code for code in _ALL})

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def pages_folder() -> Path | Traversable:
    """Where the pages are: inside the wheel, or docs/diagnostics in a checkout."""
    packaged = resources.files("heartline") / "_diagnostics"
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[3] / "docs" / "diagnostics"


def page(code: str) -> str:
    """The page of a code as Markdown, for people: without the marks that tests read.

    Raises KeyError where there is no such code.
    """
    text = (pages_folder() / f"{CODES[code].code}.md").read_text(encoding="utf-8")
    return _COMMENT.sub("", text)


def summary(code: str) -> str:
    """What a code means, in one paragraph on one line; raises KeyError for an unknown code."""
    paragraphs = [part for part in page(code).split("\n\n") if part and not part.startswith("#")]
    return " ".join(paragraphs[0].split())
