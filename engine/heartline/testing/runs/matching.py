"""What a test expects, held against what came.

`plan_check` makes probes of an expectation, once; `Check.held` asks them all, fast, and
`Check.mismatches` says of those that fail what was expected and what came, in words for authors,
each with its own place in the test file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.errors import (
    ChoiceClosed,
    ConversationOver,
    DrawImpossible,
    InputError,
    NothingToUndo,
    StaleTurn,
    UndoForbidden,
    UnknownChoice,
    UnknownEvent,
)
from heartline.testing.case import Mismatch
from heartline.testing.runs.probe import with_note
from heartline.testing.runs.probe_choices import choice_probes
from heartline.testing.runs.probe_lines import line_probes
from heartline.testing.runs.probe_state import (
    context_probes,
    expression_probes,
    state_probes,
    timer_probes,
)
from heartline.testing.runs.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.diagnostics import Location
    from heartline.errors import HeartlineError
    from heartline.machine import Machine
    from heartline.testing.case import CaseStep
    from heartline.testing.files.form import ErrorExpected, Expect
    from heartline.testing.runs.probe import Path, Probe, Told
    from heartline.testing.runs.scene import Scene

__all__ = ["REFUSALS", "Check", "kind_of", "place_of", "plan_check", "plan_refusal"]

REFUSALS: dict[str, type[HeartlineError]] = {
    "input": InputError, "unknown_choice": UnknownChoice, "closed": ChoiceClosed,
    "unknown_event": UnknownEvent, "stale_turn": StaleTurn, "over": ConversationOver,
    "nothing_to_undo": NothingToUndo, "undo_forbidden": UndoForbidden, "draw": DrawImpossible,
}  # fmt: skip
"""The kinds of `error` in a test file, and what is raised for each."""


@dataclass(frozen=True, slots=True)
class Check:
    """All that one step expects."""

    probes: tuple[Probe, ...]
    step: CaseStep

    def held(self, scene: Scene) -> bool:
        """Whether all of it came."""
        for probe in self.probes:  # noqa: SIM110  # a generator costs more than most probes
            if not probe.holds(scene):
                return False
        return True

    def mismatches(self, scene: Scene) -> tuple[Mismatch, ...]:
        """What did not come, in the order of the format."""
        return tuple(
            Mismatch(probe.field, self.place(probe.path), *probe.told(scene))
            for probe in self.probes
            if not probe.holds(scene)
        )

    def place(self, path: Path) -> Location:
        """Where an expectation stands in the test file."""
        return place_of(self.step, path)


def place_of(step: CaseStep, path: Path) -> Location:
    """Where a field of what a step expects stands in its test file."""
    if step.sources is None:
        return step.location
    return step.sources.locate((*step.path, "expect", *path))


def plan_check(machine: Machine, expect: Expect, step: CaseStep) -> Check:
    """Make probes of what a step expects."""
    probes = (
        *state_probes(machine, expect),
        *line_probes(expect),
        *choice_probes(expect),
        *context_probes(machine, expect),
        *expression_probes(machine, step.holds),
        *timer_probes(expect),
    )
    return Check(probes, step)


def kind_of(refusal: HeartlineError) -> str:
    """The kind of a refusal, as a test file names it."""
    return next((kind for kind, raised in REFUSALS.items() if type(refusal) is raised), "other")


def plan_refusal(expected: ErrorExpected) -> Callable[[HeartlineError | None], list[Told]]:
    """What asks of a refusal, or of None where nothing was refused, how it is not as expected."""
    raised = REFUSALS[expected.kind]
    says = Wording.of(expected.says) if expected.says is not None else None

    def differs(refusal: HeartlineError | None) -> list[Told]:
        if refusal is None:
            return [(f"it is refused, as {expected.kind}", "it was taken")]
        if type(refusal) is not raised:
            kind = kind_of(refusal)
            return [(f"it is refused, as {expected.kind}", f"refused, as {kind}: {refusal}")]
        if says is not None and not says.matches(str(refusal)):
            return [(str(says), with_note(f'"{refusal}"', says.difference(str(refusal))))]
        return []

    return differs
