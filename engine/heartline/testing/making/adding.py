"""A test into a file: a new test file, or a new test at the end of one that is there.

Of a file that is there each character stays as it is; the new test stands after the last one, as
far indented as they are, and with the same line ends. What came out is read again before it is
written: it must hold all that was there, and the new test. A name that is taken gets a number. A
file that is no test file, or has faults, is refused and left alone, and nothing is written by
halves (`wholefiles`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.decoding import decode
from heartline.errors import HeartlineError
from heartline.files import SCENARIO, path_beside, read_file
from heartline.testing.files.finding import is_test_file
from heartline.testing.making.writing import lines_of_test, write_tests
from heartline.testing.making.yamlout import Unwritable
from heartline.wholefiles import replace_whole
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from heartline.testing.making.writing import Plain
    from heartline.yamltext import Node

__all__ = ["Added", "NotAdded", "add_test", "check_place", "scenario_from", "with_test"]

MARK = "heartline_tests"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
LONGEST_NAME = 100  # characters


class NotAdded(HeartlineError):
    """The test could not be written; what was there before is as it was."""


@dataclass(frozen=True, slots=True)
class Added:
    """Where a test was written, and under which name. `fresh`: the file is new."""

    path: Path
    name: str
    fresh: bool


def check_place(path: Path, scenario: Path) -> None:
    """Whether a test of this scenario could be written into this file; raises NotAdded if not.

    `scenario` is the scenario's file.
    """
    if not is_test_file(path):
        stem = path.name.partition(".")[0] or "my"
        raise NotAdded(
            f"{path} is not called as test files are, so that no run would find it: call it "
            f"tests.yaml or {stem}.test.yaml."
        )
    if path.exists():
        _Existing(path).check(scenario)
    else:
        scenario_from(path, scenario)


def add_test(
    path: Path,
    name: str,
    test: Plain | Callable[[Plain], Plain],
    *,
    scenario: Path,
    head: str = "",
) -> Added:
    """Write a test into a file; raises NotAdded, changing nothing.

    `test` may be a function that makes the test from the file's `defaults`. `head` is a comment
    for the top of a new file. The folder must exist.
    """
    check_place(path, scenario)
    try:
        if path.exists():
            existing = _Existing(path)
            made = test(existing.defaults) if callable(test) else test
            content, name = with_test(existing.content, name, made, str(path))
            replace_whole(path, content)
            return Added(path, name, fresh=False)
        made = test({}) if callable(test) else test
        text = write_tests({name: made}, scenario=scenario_from(path, scenario), head=head)
        replace_whole(path, text.encode())
    except (OSError, RuntimeError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise NotAdded(
            f"The test could not be written to {path} ({reason[:1].lower()}{reason[1:]}). What was "
            "there before is untouched; write it somewhere else, or make room and try again."
        ) from fault
    except Unwritable as fault:
        raise NotAdded(str(fault)) from None
    return Added(path, name, fresh=True)


def with_test(content: bytes, name: str, test: Plain, file: str) -> tuple[bytes, str]:
    """The content of a test file with one more test, and the name that it got.

    `file` is what sentences call it. Raises NotAdded.
    """
    before, root = _read(content, file)
    name = _free(name, before.get("tests", {}))
    lines = _LINE.findall(content.decode())[:-1]
    wanted = compose("\n".join(lines_of_test(name, test)) + "\n", file)
    assert wanted.root is not None
    expected = {**before, "tests": {**before.get("tests", {}), **wanted.root.data}}
    for candidate in _candidates(lines, root, name, test):
        text, fault = decode("".join(candidate).encode(), file)
        after = compose(text, file)
        if fault is None and not after.faults and after.root is not None:
            data = after.root.data
            if data == expected and list(data["tests"]) == list(expected["tests"]):
                return "".join(candidate).encode(), name
    raise NotAdded(
        f"{file} is written in a way that no test can be added to (its tests stand in braces, it "
        "may be): give each of its tests lines of its own, or take another file. It stays as it is."
    )


class _Existing:
    """A test file that is there."""

    def __init__(self, path: Path) -> None:
        read = read_file(path)
        if read.path is None:
            raise NotAdded(f"{read.problem[:1].upper()}{read.problem[1:]}.")
        self.path = path
        self.folder = read.path.parent
        self.content = read.content
        self.data, _ = _read(read.content, str(path))

    @property
    def defaults(self) -> Plain:
        found = self.data.get("defaults", {})
        return found if isinstance(found, dict) else {}

    def check(self, scenario: Path) -> None:
        """That it tests this scenario, and no other."""
        named = self.data.get("scenario", SCENARIO)
        tested, _ = path_beside(self.folder, named) if isinstance(named, str) else (None, "")
        if tested is None or tested != scenario.resolve():
            raise NotAdded(
                f"{self.path} tests {named if isinstance(named, str) else 'another scenario'}, and "
                f"what was played is {scenario}: take another file. It stays as it is."
            )


def _read(content: bytes, file: str) -> tuple[Plain, Node]:
    """What a test file holds; raises NotAdded for what is none, or has faults."""
    text, fault = decode(content, file)
    composed = compose(text, file)
    root = composed.root
    is_one = root is not None and isinstance(root.data, dict) and MARK in root.data
    if fault is None and composed.faults:
        fault = composed.faults[0]
    if fault is not None and MARK.encode() in content[:4000]:
        raise NotAdded(f"{file} has a fault, so it stays as it is; mend it first: {fault}")
    if root is None or not is_one:
        raise NotAdded(
            f"{file} exists and is not a test file (it would begin with heartline_tests: 1), so it "
            "stays as it is: take another name."
        )
    if not isinstance(root.data.get("tests", {}), dict):
        raise NotAdded(f"{file} has no mapping of tests, so it stays as it is; mend it first.")
    return root.data, root


def _free(name: str, taken: Plain) -> str:
    """The name, or the name with the first number that is free."""
    name = name[: LONGEST_NAME - 8]
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _candidates(lines: list[str], root: Node, name: str, test: Plain) -> Iterator[list[str]]:
    """The file with the test in it, in the places where it could stand, the best first."""
    assert root.keys is not None
    assert isinstance(root.children, dict)
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    lines = [*lines[:-1], lines[-1] if lines[-1].endswith(("\n", "\r")) else lines[-1] + end]

    def at(place: int, added: list[str]) -> list[str]:
        blank = [end] if place and lines[place - 1].strip() else []
        after = [end] if place < len(lines) and lines[place].strip() else []
        return [*lines[:place], *blank, *(line + end for line in added), *after, *lines[place:]]

    tests = root.children.get("tests")
    if tests is None:
        for place in _places(lines, len(lines)):
            yield at(place, ["tests:", *lines_of_test(name, test)])
        return
    begins = root.keys["tests"].line
    boundary = min(
        (mark.line for mark in root.keys.values() if mark.line > begins), default=len(lines)
    )
    if not tests.keys:
        line = tests.start.line
        emptied = re.sub(r"\s*\{\s*\}", "", lines[line], count=1)
        yield [*lines[:line], emptied, *(each + end for each in lines_of_test(name, test)),
               *lines[line + 1 :]]  # fmt: skip
        return
    indent = min(mark.column for mark in tests.keys.values())
    for place in _places(lines, boundary):
        yield at(place, lines_of_test(name, test, indent=indent))


def _places(lines: list[str], boundary: int) -> Iterator[int]:
    """Before the blank lines and comments that lead over to what comes next, or after them."""
    place = boundary
    while place and (not lines[place - 1].strip() or lines[place - 1].startswith(("#", "..."))):
        place -= 1
    yield place
    yield from range(place + 1, min(boundary, place + 50) + 1)


def scenario_from(path: Path, scenario: Path) -> str:
    """How a new test file names the scenario; raises NotAdded where it cannot."""
    folder = path.parent.resolve()
    target = scenario.resolve()
    if not folder.is_dir():
        raise NotAdded(f"There is no folder {path.parent} for {path.name}: make it first.")
    if not target.is_relative_to(folder):
        beside = scenario.parent / path.name
        raise NotAdded(f"A test file lies beside its scenario: {path} would have to be {beside}.")
    return target.relative_to(folder).as_posix()
