"""What somebody wants to know of coverage: which reports, and how much of it is enough."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import HeartlineError
from heartline.testing.coverage.points import KINDS
from heartline.testing.coverage.table import as_percent
from heartline.wholefiles import replace_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.testing.coverage.results import Coverage

__all__ = ["FORMS", "CoverageWanted", "NotWanted", "read_floor", "read_report"]

FORMS = ("html", "lcov", "json")


class NotWanted(HeartlineError):
    """A wish that cannot be read; the message says what can be wished for."""


@dataclass(frozen=True, slots=True)
class CoverageWanted:
    """`table`: print it. `reports` are (form, path). `floor` is the least percentage by kind."""

    table: bool = False
    reports: tuple[tuple[str, Path], ...] = ()
    floor: tuple[tuple[str, float], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.table or self.reports or self.floor)

    def too_little(self, results: Sequence[Coverage]) -> Iterator[str]:
        """A sentence for each kind of each scenario of which too little was covered."""
        for coverage in results:
            totals = coverage.totals()
            for kind, least in self.floor:
                total = totals[kind]
                if total.covered * 100 < least * total.total:
                    share = f"{as_percent(total)} % ({total.covered} of {total.total})"
                    yield (
                        f"Of the {kind} of {coverage.scenario.id} {share} are covered, which is "
                        f"less than {least:g} %."
                    )

    def write(self, results: Sequence[Coverage]) -> None:
        """Write the reports; raises OSError."""
        for form, path in self.reports:
            if form == "html":
                from heartline.testing.coverage.pages import pages

                files = pages(results)  # all of it is made before any of it is written
                path.mkdir(parents=True, exist_ok=True)
                for name, text in files.items():
                    replace_whole(path / name, text.encode())
            elif form == "lcov":
                from heartline.testing.coverage.lcov import as_lcov

                replace_whole(path, as_lcov(results).encode())
            else:
                from heartline.testing.coverage.data import as_json

                replace_whole(path, as_json(results).encode())


def read_report(text: str) -> tuple[str, Path]:
    """What `html:DIR`, `lcov:FILE` or `json:FILE` asks for; raises NotWanted."""
    form, _, path = text.partition(":")
    if form not in FORMS or not path:
        hint = None if form in FORMS else did_you_mean(form, FORMS)
        hint = hint or "write html:DIR, lcov:FILE or json:FILE"
        raise NotWanted(f"{text[:60]!r} is not a report of coverage; {hint}")
    wanted = Path(path).expanduser()
    if form == "html":
        if wanted.exists() and not wanted.is_dir():
            raise NotWanted(f"html:DIR writes a folder, and {path!r} is a file.")
    elif wanted.is_dir():
        raise NotWanted(f"{form}:FILE writes a file, and {path!r} is a folder.")
    elif not wanted.absolute().parent.is_dir():
        raise NotWanted(f"{form}:{path} cannot be written: there is no folder {wanted.parent}.")
    return form, wanted


def read_floor(text: str) -> tuple[tuple[str, float], ...]:
    """The least percentages that `90`, `states=100,guards=90` or `90,pairs=20` asks for: a number
    alone is for every kind, and a kind by name goes before it. Raises NotWanted."""
    floor: dict[str, float] = {}
    named: dict[str, float] = {}
    for part in text.split(","):
        kind, sign, number = part.strip().rpartition("=")
        least = _percentage(number.strip(), text)
        kind = kind.strip()
        if not sign:
            floor = dict.fromkeys(KINDS, least)
        elif kind in KINDS:
            named[kind] = least
        else:
            hint = did_you_mean(kind, KINDS) or f"they are {', '.join(KINDS)}"
            raise NotWanted(f"There is no kind of coverage {kind[:40]!r}; {hint}")
    return tuple((floor | named).items())


def _percentage(text: str, whole: str) -> float:
    try:
        number = float(text) if text[:1].isdigit() else -1.0
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise NotWanted(
            f"{whole[:60]!r} does not say how much is enough: write a number from 0 to 100, or "
            "some by kind, as in states=100,guards=90."
        )
    return number
