"""One test, ready to be run, and what came of it: values that all of testing shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from heartline.conversation import Conversation, Scenario
    from heartline.diagnostics import Diagnostic, Location
    from heartline.expressions import Tree
    from heartline.loader import Loaded
    from heartline.runtime import Step as RuntimeStep
    from heartline.sources import SourceMap
    from heartline.testing.files.form import Expect, Step, TestFile

__all__ = [
    "ERROR", "FAILED", "PASSED", "SKIPPED",
    "Case", "CaseStep", "Entry", "Failure", "Listener", "LoadedTests", "Mismatch", "Result",
]  # fmt: skip

PASSED, FAILED, ERROR, SKIPPED = "passed", "failed", "error", "skipped"


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a case. `path` leads to it in the test file; `holds` are the parsed trees of
    `expect.holds`. `sources` gives places in the file: of `(*path, "expect", "state")`, say, which
    in a table's row is the place of the cell."""

    step: Step
    path: tuple[str | int, ...]
    location: Location
    holds: tuple[Tree, ...] = ()
    sources: SourceMap | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One test, or one row of its table.

    `id` is "FILE::NAME" or "FILE::NAME[ROW]", `name` the same without the file. `beginning` are the
    steps of the tests that this one starts after, whose expectations are not held here. `opening`
    is what is expected at the start, as a step without an act; None where there is none.
    `scenario` is what `heartline play` takes to play it by hand.
    """

    id: str
    name: str
    location: Location
    about: str | None
    seed: int
    start: datetime
    inputs: Mapping[str, object]
    seats: tuple[str, ...]
    draws: tuple[str, ...]
    opening: CaseStep | None
    beginning: tuple[CaseStep, ...]
    steps: tuple[CaseStep, ...]
    skip: str | None = None
    only: str | None = None
    after: str | None = None
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class LoadedTests:
    """A test file that was read. Where `diagnostics` holds an error, nothing of it is run.

    `scenario` is what its tests are played on, `scenario_loaded` where that was read from.
    """

    path: str
    file: TestFile | None
    sources: SourceMap
    text: str
    scenario: Scenario | None
    scenario_loaded: Loaded | None
    cases: tuple[Case, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not hold: which, where, what was expected and what came.

    `field` is the field of `expect`; `expected` and `came` are for people, a line or several.
    """

    field: str
    location: Location
    expected: str
    came: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a transcript.

    `kind` is "act", "line", "draw", "state", "outcome" or "refused".
    """

    kind: str
    text: str
    who: str = ""
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case did not pass. `step` counts the steps of the case from 0, the beginning's first;
    -1 is the start. `mode` is "live" or "stored": through JSON after every turn. `seed` is set
    where another one was asked for than the case has. `loop` says where the scenario loops, if
    that is why."""

    message: str
    location: Location
    step: int
    mode: str
    mismatches: tuple[Mismatch, ...] = ()
    transcript: tuple[Entry, ...] = ()
    seed: int | None = None
    loop: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case. `seconds` is how long it took; `turns` how many were played."""

    id: str
    status: str
    location: Location
    seconds: float = 0.0
    turns: int = 0
    failure: Failure | None = None
    reason: str | None = None
    notes: tuple[str, ...] = field(default=())


class Listener(Protocol):
    """Whoever wants to see what a case does as it is played live: coverage, recording, monitors.

    `stepped` is called for the start and for each step of the runtime that changed something.
    """

    def began(self, case: Case, conversation: Conversation) -> None: ...
    def stepped(self, step: RuntimeStep) -> None: ...
    def ended(self, case: Case, result: Result) -> None: ...


def only_wanted(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Those with `only` where any has it, else all."""
    marked = tuple(case for case in cases if case.only is not None)
    return marked or tuple(cases)


def expectations(step: CaseStep) -> Expect | None:
    """What a step expects, None where it expects nothing."""
    return step.step.expect
