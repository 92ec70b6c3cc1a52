"""The file as it is now: whether it can be played, and all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.checking.lint import check
from heartline.errors import HeartlineError, ScenarioError
from heartline.frontends.terminal.watching import Watch
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from heartline.conversation import Scenario
    from heartline.diagnostics import Diagnostic

__all__ = ["File", "Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the file: a scenario, or the `fault` for which there is none."""

    scenario: Scenario | None
    fault: HeartlineError | None = None


class File:
    """A scenario's file on the disk. Its methods take as long as loading does, and change nothing
    that is shown, so that they can run beside the screen."""

    def __init__(self, path: Path) -> None:
        """`path` is the file, or its folder."""
        self.path = path
        self._watch = Watch(path)

    def changed(self) -> bool:
        """Whether it has been saved since it was read last."""
        return self._watch.changed()

    def read(self) -> Reading:
        """Load it as it is now."""
        try:
            return Reading(self._watch.fresh())
        except HeartlineError as fault:
            return Reading(None, fault)
        except OSError as fault:
            reason = (fault.strerror or str(fault)).rstrip(".")
            return Reading(None, HeartlineError(f"{self.path} cannot be read: {reason}."))

    def findings(self) -> tuple[Diagnostic, ...]:
        """All that `heartline check` says of it; empty where it cannot be looked at."""
        try:
            return check(find_scenario(self.path))
        except ScenarioError as fault:
            return fault.diagnostics
        except (HeartlineError, OSError):
            return ()
