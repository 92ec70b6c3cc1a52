"""Tests out of sessions: `:record FILE`, and `play --record FILE`.

FILE is a test file, one that is there or a new one; FILE::NAME also names the test.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from heartline.conversation import load
from heartline.errors import HeartlineError
from heartline.files import SCENARIO, find_scenario
from heartline.testing.making.adding import NotAdded, add_test, check_place
from heartline.testing.making.recording import Played, name_for, record

if TYPE_CHECKING:
    from heartline.frontends.terminal.session import Session
    from heartline.testing.making.writing import Plain

__all__ = ["Recorded", "Recorder"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,89}")
_HEAD = "Played by hand and written down. Read what it expects: that is what came, right or wrong."


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the test was written, what it is called, and a sentence that says so."""

    file: str
    name: str
    sentence: str


class Recorder:
    """Records sessions of one scenario into one file."""

    def __init__(self, wanted: str, scenario: str) -> None:
        """`wanted` is FILE or FILE::NAME, `scenario` the one that is played, by its name or path.

        Raises NotAdded where no test of this scenario could be written there.
        """
        file, _, self.name = wanted.partition("::")
        if self.name and not _NAME.fullmatch(self.name):
            raise NotAdded(
                f"{self.name[:60]!r} cannot be a test's name: write small letters, digits and _."
            )
        if not scenario:
            raise NotAdded("This scenario was not read from a file, so no test file can name it.")
        try:
            self.path = Path(file).expanduser()
            if self.path.is_dir():
                self.path /= "tests.yaml"
            found = find_scenario(scenario)
            self.scenario = found / SCENARIO if found.is_dir() else found
            check_place(self.path, self.scenario)
        except (OSError, ValueError, RuntimeError) as fault:
            raise NotAdded(f"{file[:200]!r} cannot be a test file: {fault}.") from None

    def write(self, session: Session) -> Recorded:
        """Make a test of what was played; raises NotRecorded, and NotAdded.

        It is made on the scenario's file as it is now, since that is what the test will be run on.
        """
        try:
            scenario = load(self.scenario)
        except HeartlineError:  # it is being edited, and has faults just now
            scenario = session.scenario
        beginning = session.beginning
        played = Played(
            beginning.seed,
            datetime.fromisoformat(beginning.start),
            dict(beginning.inputs),
            beginning.persons,
            beginning.draws,
            tuple(session.record.way),
        )

        def made(defaults: Plain) -> Plain:
            return record(scenario, played, defaults=defaults)

        name = self.name or name_for(made({}))
        added = add_test(self.path, name, made, scenario=self.scenario, head=_HEAD)
        run = f"heartline test {shlex.quote(f'{added.path}::{added.name}')}"
        return Recorded(
            str(added.path),
            added.name,
            f"Recorded as the test {added.name} in {added.path}. To run it: {run}",
        )
