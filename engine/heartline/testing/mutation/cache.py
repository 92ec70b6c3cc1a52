"""What is known from earlier runs: verdicts that still hold, kept in a file.

A verdict depends on the scenario with all its files, on the engine, and on the tests. Where the
first two are not what they were, nothing is taken over. Else: what is equivalent or does not
compile stays so; what a test noticed it notices still, while that test is the same; and what tests
did not notice they do not notice now, so that only new and changed tests are played against it.
A file that cannot be read, or holds anything else than this wrote, counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import heartline
from heartline.testing.mutation.mutant import EQUIVALENT, INVALID, KILLED, SURVIVED, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.compiler import Parts
    from heartline.testing.case import Case
    from heartline.testing.mutation.mutant import Mutant

__all__ = ["Known", "usual_file"]

FORMAT = 1


class Known:
    """The verdicts of earlier runs on one scenario with its tests.

    `files` and `tests` are digests of what the scenario is made of and of each test.
    """

    def __init__(self, path: Path | None, parts: Parts, cases: Sequence[Case]) -> None:
        self.path = path
        self.files = _of_files(parts)
        self.scenario = hashlib.sha256(_of_engine() + self.files.encode()).hexdigest()
        self.tests = {case.id: _of_case(case) for case in cases}
        self._before: Mapping[str, Any] = {}
        self._same: frozenset[str] = frozenset()
        self._read()

    def _read(self) -> None:
        if self.path is None:
            return
        try:
            data = json.loads(self.path.read_bytes())
            if data["format"] != FORMAT or data["scenario"] != self.scenario:
                return
            tests: Mapping[str, str] = data["tests"]
            self._same = frozenset(
                test for test, digest in tests.items() if self.tests.get(test) == digest
            )
            self._before = dict(data["mutants"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._before, self._same = {}, frozenset()

    def verdict(self, mutant: Mutant) -> Verdict | None:
        """The verdict that still holds, None where it has to be found."""
        status, how = self._entry(mutant)
        if status in (EQUIVALENT, INVALID) or (status == KILLED and how in self._same):
            return Verdict(status, how)
        return None

    def passed(self, mutant: Mutant) -> frozenset[str]:
        """The tests that are known not to notice it; empty where it has not survived before."""
        return self._same if self._entry(mutant)[0] == SURVIVED else frozenset()

    def survived(self, mutant: Mutant) -> bool:
        """Whether it is known that it cannot be shown to be equivalent."""
        return self._entry(mutant)[0] == SURVIVED

    def _entry(self, mutant: Mutant) -> tuple[str, str]:
        entry = self._before.get(mutant.name)
        if (
            isinstance(entry, list)
            and len(entry) == 2
            and all(isinstance(each, str) for each in entry)
        ):
            return entry[0], entry[1]
        return "", ""

    def keep(self, verdicts: Iterable[tuple[Mutant, Verdict]]) -> None:
        """Write down what is known now. A folder that cannot be written is no fault of anybody."""
        if self.path is None:
            return
        mutants = {mutant.name: [verdict.status, verdict.how] for mutant, verdict in verdicts}
        if self._same == self.tests.keys():  # of a sample before this one, all holds on
            mutants = {**self._before, **mutants}
        data = {
            "format": FORMAT, "scenario": self.scenario, "tests": self.tests, "mutants": mutants,
        }  # fmt: skip
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
            beside.write_text(json.dumps(data), encoding="utf-8")
            beside.replace(self.path)


def usual_file(scenario: Path) -> Path:
    """Where the verdicts on a scenario are kept: in the user's folder for what can be lost."""
    base = os.environ.get("XDG_CACHE_HOME") or (
        os.environ.get("LOCALAPPDATA") if os.name == "nt" else None
    )
    folder = Path(base) if base else Path.home() / ".cache"
    name = hashlib.sha256(str(scenario.resolve()).encode()).hexdigest()[:16]
    return folder / "heartline" / "mutants" / f"{name}.json"


def _of_files(parts: Parts) -> str:
    """A digest of all files that a scenario is made of."""
    digest = hashlib.sha256()
    for unit in parts.units:
        digest.update(f"{unit.prefix}\0{unit.loaded.sources.name}\0{unit.loaded.text}\0".encode())
        support, base = unit.file.support, unit.loaded.base
        if support is not None and base is not None:
            with suppress(OSError):
                digest.update((base / support.file).read_bytes())
    return digest.hexdigest()


@cache
def _of_engine() -> bytes:
    """A digest of the engine that plays it: also where it is at work on, and keeps its version."""
    digest = hashlib.sha256()
    folder = Path(heartline.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def _of_case(case: Case) -> str:
    """A digest of all that a test does and expects."""
    steps = [case.opening, *case.beginning, None, *case.steps]
    written = [None if step is None else step.step for step in steps]
    told = (
        case.seed, case.start.isoformat(), sorted(case.inputs.items()), case.seats, case.draws,
    )  # fmt: skip
    return hashlib.sha256(f"{told!r}{written!r}".encode()).hexdigest()
