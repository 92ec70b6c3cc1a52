"""Where people find help: the data file that a scenario's `support` names.

    support: 1
    texts:                        # by language
      en:
        unknown: Call the emergency number of the place you are in.
        kinds: {emergency: In danger now, crisis: When you cannot go on}
    countries:
      gb:
        en:
          - kind: emergency
            name: Police, ambulance and fire
            contact: "999"
            source: gov.uk
            checked: 2026-11-20

The care page of a country that the file does not list shows the general text and never another
country's number. Each entry says where it was found and when it was checked, so that whoever
keeps the file knows what to look at again.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from heartline.decoding import decode
from heartline.diagnostics import Diagnostic, Severity
from heartline.forms import LANGUAGE, Model, Text
from heartline.loader import read_beside
from heartline.shape import read_shape
from heartline.sources import SourceMap
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.loader import Loaded

__all__ = ["Entry", "SupportData", "Words", "load_support", "read_support"]

Country = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Kind = Literal["emergency", "violence", "crisis", "relationship"]


def _date(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{value!r} is not a date: write it as in 2026-11-20") from None


class Entry(Model):
    """One place that helps."""

    kind: Kind = Field(description="What it is for.")
    name: Text = Field(description="What it is called.")
    contact: Text = Field(description="A telephone number or another way to reach it.")
    url: Text | None = Field(None, description="A page on the web.")
    hours: Text | None = Field(None, description="When it can be reached; always, without this.")
    source: Text = Field(description="Where this was found.")
    checked: Annotated[
        date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})
    ] = Field(description="The day on which it was last checked, as in 2026-11-20.")


class Words(Model):
    """What is said in one language."""

    unknown: Text = Field(description="What people read where their country is not listed.")
    kinds: dict[Kind, Text] = Field({}, description="What stands before an entry of each kind.")


def _with_emergency(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    if not any(entry.kind == "emergency" for entry in entries):
        raise PydanticCustomError("HL202", "there is no entry of the kind emergency")
    return entries


Entries = Annotated[
    tuple[Entry, ...],
    AfterValidator(_with_emergency),
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


class SupportData(Model):
    """A whole data file."""

    support: Literal[1] = Field(description="The version of this format.")
    texts: dict[Language, Words] = Field(min_length=1, description="The words, by language.")
    countries: dict[Country, dict[Language, Entries]] = Field(
        description="The entries, by two-letter country and by language."
    )

    def entries(self, country: str, language: str) -> tuple[Entry, ...]:
        """A country's entries in a language, or else in the first that it has; the urgent first."""
        languages = self.countries.get(country, {})
        found = languages.get(language) or next(iter(languages.values()), ())
        return tuple(sorted(found, key=lambda entry: _URGENCY[entry.kind]))

    def text(self, country: str, language: str) -> str:
        """What people read: a line for each entry, or the general text for an unknown country."""
        words = self.texts.get(language) or next(iter(self.texts.values()))
        lines = []
        for entry in self.entries(country, language):
            label = words.kinds.get(entry.kind)
            about = [part for part in (entry.hours, entry.url) if part is not None]
            line = f"{entry.name}: {entry.contact}"
            lines.append(
                (f"{label}: " if label else "") + line + (f" ({', '.join(about)})" if about else "")
            )
        return "\n".join(lines) or words.unknown


_URGENCY = {"emergency": 0, "violence": 1, "crisis": 2, "relationship": 3}


def load_support(
    loaded: Loaded, relative: str, keep: Callable[[str, str], None] | None = None
) -> tuple[SupportData | None, tuple[Diagnostic, ...]]:
    """Read the data file that a scenario names; `keep` is given its path, as Loaded.inside has it,
    and its text.

    A path that leaves the folder or cannot be read is a diagnostic at the place that names it
    (HL106); faults in the data have their places in the data file.
    """
    read = read_beside(loaded, relative)
    if read.content is None:
        where = loaded.sources.locate(("support", "file"))
        return None, (Diagnostic("HL106", Severity.ERROR, read.problem, where, read.hint),)
    if keep is not None:
        keep(read.inside, decode(read.content, relative)[0])
    return read_support(read.content, relative)


def read_support(
    content: bytes | str, name: str
) -> tuple[SupportData | None, tuple[Diagnostic, ...]]:
    """Read support data; there is none where a diagnostic is an error."""
    text, fault = decode(content, name)
    if fault is not None:
        return None, (fault,)
    composed = compose(text, name)
    shaped = read_shape(composed, SupportData, SourceMap(name, text, composed.root))
    faults = (*composed.faults, *shaped.faults)
    return (None if faults else shaped.value), faults
