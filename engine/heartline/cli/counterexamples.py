"""Plays that a proof found, written into a folder: as tests, and as scripts for the player."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heartline.checking.proving.telling import NoScript, command, script
from heartline.cli.beginnings import lasting
from heartline.files import SCENARIO
from heartline.loader import find_scenario
from heartline.testing.making.adding import NotAdded, scenario_from
from heartline.testing.making.recording import NotRecorded, Played, record
from heartline.testing.making.writing import write_tests
from heartline.testing.making.yamlout import Unwritable
from heartline.wholefiles import replace_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heartline.checking.proving.outcome import Outcome, Shown
    from heartline.checking.proving.witness import Witness
    from heartline.testing.making.writing import Plain

__all__ = ["as_test", "write"]

TESTS, SCRIPTS = "proof.test.yaml", "proof"
_FIRST = "# Written by heartline check --prove"
_HEAD = (
    f"{_FIRST[2:]}, and written anew by each proof. Each test is a play that shows a fault: one of "
    "a broken property fails until the scenario is mended."
)
_OTHER = re.compile(r"[^a-z0-9]+")
LONGEST_NAME = 80


def write(outcome: Outcome, scenario: str, folder: Path) -> Iterator[str]:
    """Write what shows something; gives sentences that say what was written, and what was not."""
    shown = list(_named(outcome))
    if not shown:
        yield f"No play shows anything, so nothing is written to {folder}."
        return
    scripts = folder / SCRIPTS
    scripts.mkdir(parents=True, exist_ok=True)
    yield from _write_tests(shown, scenario, folder / TESTS)
    for name, each in shown:
        file = scripts / f"{name}.txt"
        try:
            text = script(_witness(each), lasting(scenario), str(file), [_about(each)])
        except NoScript as reason:
            yield f"{name} is not written as a script: {reason}."
            continue
        replace_whole(file, text.encode())
        yield f"To play {name}: {command(_witness(each), lasting(scenario), str(file))}"


def _write_tests(shown: list[tuple[str, Shown]], scenario: str, path: Path) -> Iterator[str]:
    if path.exists() and not path.read_bytes().startswith(_FIRST.encode()):
        raise NotAdded(
            f"{path} was not written by a proof, so it stays as it is: name another folder."
        )
    found = find_scenario(scenario)
    tests: dict[str, Plain] = {}
    about: dict[str, str] = {}
    for name, each in shown:
        try:
            tests[name] = as_test(_witness(each))
            about[name] = _about(each)
        except NotRecorded as reason:
            yield f"{name} is not written as a test: {reason}"
    try:
        named = scenario_from(path, found / SCENARIO if found.is_dir() else found)
        text = write_tests(tests, scenario=named, head=_HEAD, comments=about)
    except (NotAdded, Unwritable) as reason:
        yield f"No tests are written. {reason}"
        return
    replace_whole(path, text.encode())
    yield f"To run them as tests: heartline test {path}"


def _witness(shown: Shown) -> Witness:
    assert shown.witness is not None
    return shown.witness


def _about(shown: Shown) -> str:
    assert shown.diagnostic is not None
    return f"{shown.diagnostic.code}: {shown.diagnostic.message}"


def as_test(witness: Witness) -> Plain:
    """A play as a test; raises NotRecorded where no test file could hold it."""
    if not witness.is_whole:
        raise NotRecorded("it needs waits of less than a second, and a test waits for whole ones.")
    played = Played(
        witness.seed or 0, witness.start, witness.inputs, witness.persons, witness.draws,
        witness.moves,
    )  # fmt: skip
    return record(witness.scenario, played)


def _named(outcome: Outcome) -> Iterator[tuple[str, Shown]]:
    """Each thing that a play shows, under a name that files and tests can have."""
    taken: set[str] = set()
    for each in outcome.shown:
        if each.witness is None or each.diagnostic is None:
            continue
        name = _OTHER.sub("_", each.name.lower()).strip("_")[:LONGEST_NAME] or "play"
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        yield free, each
