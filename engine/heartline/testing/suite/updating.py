"""Expectations of lines, brought up to what is said now: `heartline test --update`.

Only words are rewritten: `lines`, and `said_by` with its speakers, of the steps where they failed.
What else a test expects (a state, a choice, a timer) says what the scenario is for, and so does
`not_said`: those stay, and so does their failure.

A line that is still said keeps its expectation. Of the others, each takes the words of a line that
was said in its place, by the same speaker and as like as can be; `contains` and `like` keep their
form, with the whole text. Where nothing is left for an expectation it is taken out, and where the
test lets nothing more be said, what is said beside it is put in.

Nothing is written here: `propose` gives the new text of a file, to be looked at and agreed to.
"""

from __future__ import annotations

import codecs
import difflib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from heartline.decoding import decode
from heartline.testing.case import FAILED
from heartline.testing.runs.planning import plan_case
from heartline.testing.runs.running import run_plan
from heartline.testing.runs.wording import Wording
from heartline.testing.suite.rewriting import Keep, NotRewritten, Rewriting
from heartline.wholefiles import replace_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.testing.case import Case, CaseStep, LoadedTests, Mismatch
    from heartline.testing.files.form import Expect, LineExpected
    from heartline.testing.runs.matching import Check
    from heartline.testing.runs.scene import Scene
    from heartline.testing.suite.session import FileOutcome
    from heartline.turn import Said
    from heartline.yamltext import Node

__all__ = ["Proposal", "propose", "write"]

WORDS = frozenset({"lines", "said_by", "nothing_more_said"})  # fields that may be rewritten
_FORMS = ("exact", "contains", "like")
_Expected = TypeVar("_Expected")
_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Proposal:
    """The new text of a test file, and sentences about what is left to do by hand."""

    tests: LoadedTests
    text: str
    left: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to rewrite."""
        return self.text != self.tests.text

    def difference(self) -> list[str]:
        """The lines that change, as `diff -u` shows them."""
        return list(
            difflib.unified_diff(
                self.tests.text.splitlines(),
                self.text.splitlines(),
                self.tests.path,
                f"{self.tests.path} (updated)",
                lineterm="",
                n=2,
            )
        )


def propose(outcome: FileOutcome) -> Proposal:
    """Rewrite what the failed tests of a file expect to be said into what is said now."""
    tests, run = outcome.run.tests, outcome.run
    root = tests.sources.root
    assert tests.scenario is not None
    assert root is not None
    left: list[str] = []
    text = tests.text
    rewriting = Rewriting(tests.path, text, root)
    for case, result in zip(run.cases, outcome.results, strict=False):
        if result.status != FAILED:
            continue
        for note in _notes(tests, case):
            try:
                attempt = rewriting.copy()
                _rewrite(attempt, note)
                text = attempt.text()
                rewriting = attempt
            except NotRewritten as refused:
                left.append(f"{note.step.location}: left as it is, since {refused}.")
    return Proposal(tests, text, tuple(left))


def write(proposal: Proposal) -> None:
    """Put the new text into the file: whole or not at all, with the line ends that it had.

    Raises NotRewritten where the file is no longer as it was read, and OSError.
    """
    path = Path(proposal.tests.path)
    content = path.read_bytes()
    text, _ = decode(content, str(path))
    if text != proposal.tests.text:
        raise NotRewritten(f"{path} was changed meanwhile and stays as it is: run it again.")
    new = proposal.text
    if b"\r" in content:
        if content.count(b"\r\n") != content.count(b"\r") or text.count("\n") != content.count(
            b"\r"
        ):
            raise NotRewritten(f"{path} has line ends of several kinds: let it have one first.")
        new = new.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    replace_whole(path, mark + new.encode())


# What is said now ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Note:
    """A step whose words did not come, and what was said in their place."""

    step: CaseStep
    expect: Expect
    said: tuple[Said, ...]


class _Noting:
    """Stands in for what a step expects: notes words that differ, and lets the test go on."""

    def __init__(self, check: Check, step: CaseStep, notes: list[_Note]) -> None:
        self.check = check
        self.step = step
        self.notes = notes

    def held(self, scene: Scene) -> bool:
        failed = {probe.field for probe in self.check.probes if not probe.holds(scene)}
        if failed & WORDS and self.step.step.expect is not None:
            self.notes.append(_Note(self.step, self.step.step.expect, scene.lines))
        return not failed - WORDS

    def mismatches(self, scene: Scene) -> tuple[Mismatch, ...]:
        return self.check.mismatches(scene)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.check, name)


def _notes(tests: LoadedTests, case: Case) -> list[_Note]:
    """All the steps of a case whose words did not come, as far as the case can be played."""
    assert tests.scenario is not None
    notes: list[_Note] = []
    plan = plan_case(tests.scenario, case)
    steps = tuple(
        replace(step, check=cast("Any", _Noting(step.check, step.case, notes)))
        if step.check is not None and not step.beginning
        else step
        for step in plan.steps
    )
    opening = plan.opening
    if opening is not None and opening.check is not None:
        noting = _Noting(opening.check, opening.case, notes)
        opening = replace(opening, check=cast("Any", noting))
    run_plan(replace(plan, opening=opening, steps=steps), stored=False, told=False)
    return notes


# What is to be written ----------------------------------------------------------------------------


def _rewrite(rewriting: Rewriting, note: _Note) -> None:
    expect, said = note.expect, note.said
    if expect.said_by is not None:
        _rewrite_speakers(rewriting, note, expect.said_by, [line.speaker for line in said])
    if expect.lines is None:
        return
    pairs = _paired(expect.lines, said, _matches, _likeness)
    node = _node(note.step, "lines")
    items = node.children if isinstance(node.children, list) else [node]
    taken = {index for _, index in pairs}
    fresh = [index for index in range(len(said)) if index not in taken]
    if not expect.nothing_more_said:
        fresh = []
    if not pairs and not said:
        raise NotRewritten("nothing is said there any more: is this expectation still wanted?")
    for number, index in pairs:
        if not _matches(expect.lines[number], said[index]):
            _put_words(rewriting, items[number], expect.lines[number], said[index])
    if fresh or len(pairs) < len(items):
        if not isinstance(node.children, list):
            raise NotRewritten(
                "more is said there now, and one line alone is written: make it a list"
            )
        change: list[tuple[int, Keep | Any]] = [(index, Keep(number)) for number, index in pairs]
        change += [(index, {said[index].speaker: said[index].text}) for index in fresh]
        rewriting.relist(node, [each for _, each in sorted(change, key=lambda each: each[0])])


def _put_words(rewriting: Rewriting, node: Node, line: LineExpected, said: Said) -> None:
    """Let one expectation have the words, and where it names one, the speaker of a line."""
    children = node.children
    if not isinstance(children, dict):
        rewriting.put(node, said.text)
        return
    fits = Wording.of(line).matches(said.text)
    if children.keys() <= {*_FORMS, "speaker"}:
        if "speaker" in children and line.speaker != said.speaker:
            rewriting.put(children["speaker"], said.speaker)
        words = next(children[form] for form in _FORMS if form in children)
    else:  # {partner: a text}, or {partner: {contains: a part}}
        ((speaker, words),) = children.items()
        if speaker != said.speaker:
            rewriting.rename(node, speaker, said.speaker)
        if isinstance(words.children, dict):
            words = next(iter(words.children.values()))
    if not fits:
        rewriting.put(words, said.text)


def _rewrite_speakers(
    rewriting: Rewriting, note: _Note, expected: Sequence[str], speakers: Sequence[str]
) -> None:
    if list(expected) == list(speakers):
        return
    node = _node(note.step, "said_by")
    if not speakers:
        raise NotRewritten("nobody says anything there any more: is this still wanted?")
    if not isinstance(node.children, list):
        rewriting.put(node, speakers[0] if len(speakers) == 1 else list(speakers))
        return
    pairs = _paired(expected, speakers, lambda one, other: one == other, lambda _, __: 1.0)
    for number, index in pairs:
        if expected[number] != speakers[index]:
            rewriting.put(node.children[number], speakers[index])
    taken = {index for _, index in pairs}
    change: list[tuple[int, Keep | Any]] = [(index, Keep(number)) for number, index in pairs]
    change += [(index, name) for index, name in enumerate(speakers) if index not in taken]
    if len(change) > len(pairs) or len(pairs) < len(expected):
        rewriting.relist(node, [each for _, each in sorted(change, key=lambda each: each[0])])


def _node(step: CaseStep, field: str) -> Node:
    node = step.sources.node((*step.path, "expect", field)) if step.sources else None
    if node is None:
        raise NotRewritten("its place in the file is not known")
    return node


def _matches(line: LineExpected, said: Said) -> bool:
    return line.speaker in (None, said.speaker) and Wording.of(line).matches(said.text)


def _likeness(line: LineExpected, said: Said) -> float:
    """How likely an expectation was meant for a line, above 0: by its speaker first of all."""
    near = Wording.of(line).nearness(said.text)
    return 0.2 + near if line.speaker in (None, said.speaker) else 0.01 + near / 10


def _paired(
    expected: Sequence[_Expected],
    said: Sequence[_Said],
    matches: Callable[[_Expected, _Said], bool],
    likeness: Callable[[_Expected, _Said], float],
) -> list[tuple[int, int]]:
    """Which expectation goes with which line, both in order: first of all as many as match, then
    those that are most alike, all in all."""

    @cache
    def worth(number: int, index: int) -> float:
        if matches(expected[number], said[index]):
            return 10_000.0  # more than all likenesses of a turn together
        return likeness(expected[number], said[index])

    # best[i][j]: the most that the expectations from i and the lines from j are worth together.
    best = [[0.0] * (len(said) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(said))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], worth(i, j) + best[i + 1][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(expected) and j < len(said):
        if best[i][j] == worth(i, j) + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
