"""A test file becomes cases, or sentences about what is wrong with it.

Nothing here raises for what a file holds. All faults come out of one pass, each at its place:

    the text     encoding, size, YAML (HL1xx), as of a scenario
    the tables   each row put in place (HL904, in `table`)
    the shape    fields, types, bounds (HL2xx, by the models of `form`)
    the scenario that is tested: where it cannot be used (HL902), its own faults stand beside
    the names    states, choices, variables ..., held against the scenario (in `checks`)
    the chains   what a test starts after (HL903, in `chains`)

What stands on something that has a fault already is not complained of again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pydantic import ValidationError

from heartline.clock import STORY_START
from heartline.compiler import compile_scenario
from heartline.conversation import Scenario
from heartline.decoding import decode
from heartline.diagnostics import Diagnostic, Location, Severity, did_you_mean
from heartline.files import SCENARIO, path_beside, read_file
from heartline.loader import load_file
from heartline.shape import read_shape
from heartline.sources import SourceMap
from heartline.testing.case import Case, CaseStep, LoadedTests
from heartline.testing.files.chains import chained
from heartline.testing.files.checks import Checks
from heartline.testing.files.faults import Faults
from heartline.testing.files.finding import TESTS, is_test_file
from heartline.testing.files.form import Step, Test, TestFile
from heartline.testing.files.table import spell_out
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.compiler import Compiled
    from heartline.testing.files.table import Round
    from heartline.yamltext import Composition

__all__ = ["Scenarios", "load_tests"]

_Path = tuple["str | int", ...]
_EMPTY = {  # what to write in a field that has no value
    "only": "write why only this test is run, or leave the line out",
    "skip": "write why the test is skipped, or leave the line out",
    "expect": "write what is expected, as in state: NAME, or leave the line out",
}


@dataclass(slots=True)
class Scenarios:
    """The scenarios that test files are about, each loaded once, however many files test it."""

    _known: dict[Path, Compiled] = field(default_factory=dict)

    def compiled(self, path: Path, name: str) -> Compiled:
        """The scenario in a file, which is called `name` in diagnostics."""
        if path not in self._known:
            self._known[path] = compile_scenario(load_file(path, name))
        return self._known[path]


def load_tests(
    path: Path, name: str | None = None, scenarios: Scenarios | None = None
) -> LoadedTests:
    """Read a test file, or the tests.yaml of a folder, with the scenario that it tests.

    `name` is what diagnostics call the file: the path as it was given. Whoever loads several files
    hands the same `scenarios` to all of them.
    """
    try:
        if path.is_dir():
            path /= TESTS
    except (OSError, ValueError):
        pass  # reading it says what is wrong
    name = name or str(path)
    read = read_file(path)
    if read.path is None:
        fault = Diagnostic("HL106", Severity.ERROR, read.problem, Location(name), read.hint)
        return _unread(name, "", fault)
    text, wrong = decode(read.content, name)
    if wrong is not None:
        return _unread(name, text, wrong)
    composed = compose(text, name, _EMPTY)
    root = composed.root
    if root is None or root.data is None:
        hint = "it begins with heartline_tests: 1"
        empty = Diagnostic("HL202", Severity.ERROR, "the file is empty", Location(name), hint)
        return _unread(name, text, *(composed.faults or [empty]))
    return _Loading(name, text, composed, read.path.parent, scenarios or Scenarios()).run()


def _unread(name: str, text: str, *faults: Diagnostic) -> LoadedTests:
    return LoadedTests(name, None, SourceMap(name, text), text, None, None, (), faults)


class _Loading:
    """One file on its way to cases."""

    def __init__(
        self, name: str, text: str, composed: Composition, folder: Path, scenarios: Scenarios
    ) -> None:
        self.name = name
        self.text = text
        self.composed = composed
        self.folder = folder
        self.scenarios = scenarios
        self.sources = SourceMap(name, text, composed.root)
        self.faults = Faults(self.sources)
        self.beside: tuple[Diagnostic, ...] = ()  # the scenario's own faults

    def run(self) -> LoadedTests:
        self.faults.add(self.composed.faults)
        compiled = self.scenario()
        file: TestFile | None = None
        cases: list[Case] = []
        checks = None
        if compiled is not None and compiled.machine is not None and compiled.scope is not None:
            checks = Checks(compiled.machine, compiled.scope, self.faults)
        for number, spelled in enumerate(spell_out(self.composed, self.faults)):
            sources = SourceMap(self.name, self.text, spelled.composed.root)
            self.faults.sources = sources
            shaped = read_shape(spelled.composed, TestFile, sources, independent=True)
            self.faults.add(shaped.faults)
            if shaped.value is None:
                continue
            if number == 0:
                file = shaped.value
                if checks is not None:
                    checks.start(file.defaults, ("defaults",))
            if file is None or self.composed.stopped:
                continue
            spoiled = {path[1] for path in shaped.pruned if path[:1] == ("tests",) and path[1:]}
            for name, test in shaped.value.tests.items():
                if checks is not None:
                    steps = self.steps(name, test, shaped.pruned, sources)
                    checks.test(name, test, steps, file, whole=name not in spoiled)
                cases.append(self.case(name, test, file, spelled, sources, checks))
        self.faults.sources = self.sources
        if file is not None:
            places = {name: number for number, name in enumerate(file.tests)}
            cases.sort(key=lambda case: places[case.name.partition("[")[0]])
        if file is not None and not self.composed.stopped:
            cases = chained(cases, file.tests, self.names(), self.faults)
        usable = compiled is not None and compiled.machine is not None
        failed = self.faults.failed or not usable
        return LoadedTests(
            self.name,
            file,
            self.sources,
            self.text,
            _scenario(compiled),
            compiled.loaded if compiled is not None else None,
            () if failed else tuple(cases),
            (*self.faults.ordered(), *self.beside),
        )

    def steps(
        self, name: str, test: Test, pruned: Collection[_Path], sources: SourceMap
    ) -> Mapping[int, Step]:
        """The steps of a test by their places; of a list with a fault those that have none."""
        path = ("tests", name, "steps")
        node = sources.node(path)
        if test.steps or node is None or all(each[:3] != path for each in pruned):
            return dict(enumerate(test.steps))
        found = {}
        for number, item in enumerate(node.data if isinstance(node.data, list) else ()):
            try:
                found[number] = Step.model_validate(item)
            except ValidationError:
                continue  # it was said what is wrong with it
        return found

    def names(self) -> Collection[str]:
        """All tests of the file, those too that could not be read."""
        node = self.sources.node(("tests",))
        return node.keys or () if node is not None else ()

    def scenario(self) -> Compiled | None:
        """The scenario that the file names, compiled; a fault where it cannot be used."""
        assert self.composed.root is not None
        data = self.composed.root.data
        relative = data.get("scenario", SCENARIO) if isinstance(data, dict) else None
        if not isinstance(relative, str):
            return None
        path, problem = path_beside(self.folder, relative)
        if path is None:
            self.faults.error("HL902", problem, ("scenario",))
            return None
        compiled = self.scenarios.compiled(path, str(PurePath(self.name).parent / relative))
        if compiled.machine is None:
            wrong = tuple(
                found for found in compiled.diagnostics if found.severity is Severity.ERROR
            )
            missing = compiled.loaded.path is None
            message = f"the scenario {relative!r} cannot be used"
            if missing:
                message += f": {wrong[0].message.replace(str(path), wrong[0].location.file)}"
            else:
                self.beside = wrong
            hint: str | None = None  # its faults stand beside this one
            if missing:
                hint = wrong[0].hint if relative == SCENARIO else self.another(path)
            self.faults.error("HL902", message, ("scenario",), hint)
        return compiled

    def another(self, path: Path) -> str:
        """What to write instead of a scenario that is not there."""
        try:
            names = [each.name for each in path.parent.glob("*.yaml") if not is_test_file(each)]
        except OSError:
            names = []
        return did_you_mean(path.name, names) or "name the scenario's file, beside this one"

    def case(
        self,
        name: str,
        test: Test,
        file: TestFile,
        spelled: Round,
        sources: SourceMap,
        checks: Checks | None,
    ) -> Case:
        """One test, or one row of it, as if it started at the beginning."""
        path: _Path = ("tests", name)
        row = spelled.rows.get(name)
        where = self.sources.locate((*path, "cases", row) if row else path, key=True)
        own, usual = test.model_fields_set, file.defaults

        def step(step: Step, place: _Path) -> CaseStep:
            holds = checks.trees(step.expect) if checks and step.expect else ()
            return CaseStep(step, place, sources.locate(place), holds, sources)

        opening = None
        if test.expect is not None:
            opening = step(Step.model_validate({"expect": test.expect}), path)
        whole = f"{name}[{row}]" if row else name
        return Case(
            id=f"{self.name}::{whole}",
            name=whole,
            location=where,
            about=test.about,
            seed=next((seed for seed in (test.seed, usual.seed) if seed is not None), 0),
            start=test.start or usual.start or STORY_START,
            inputs={**usual.inputs, **test.inputs},
            seats=test.seats if "seats" in own else usual.seats,
            draws=test.draw,
            opening=opening,
            beginning=(),
            steps=tuple(
                step(each, (*path, "steps", number)) for number, each in enumerate(test.steps)
            ),
            skip=test.skip,
            only=test.only,
            after=test.after,
            scenario=self.played(file.scenario),
        )

    def played(self, relative: str) -> str:
        """What `heartline play` takes for the scenario, as the test file's name was given."""
        folder = PurePath(self.name).parent
        return str(folder if relative == SCENARIO else folder / relative)


def _scenario(compiled: Compiled | None) -> Scenario | None:
    file = None if compiled is None else compiled.loaded.file
    if compiled is None or compiled.machine is None or file is None:
        return None
    main = compiled.loaded.inside
    return Scenario(file, compiled.machine, compiled.diagnostics, compiled.files, main)
