"""The pins: complete, with hashes, and without any address."""

from __future__ import annotations

import itertools
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = (ROOT / ".ci" / "constraints.txt").read_text("utf-8")
GROUPS = PROJECT["dependency-groups"]
EXTRAS = {
    name: wanted
    for name, wanted in PROJECT["project"]["optional-dependencies"].items()
    if name != "all"
}
tool = runpy.run_path(str(ROOT / ".ci" / "pins.py"))


def normal(requirement: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[ ><=!~;\[]", requirement)[0]).lower()


def test_every_declared_package_is_pinned_with_hashes() -> None:
    declared = [*PROJECT["project"]["dependencies"], *itertools.chain(*GROUPS.values())]
    pins = tool["read"](PINS)
    for requirement in declared:
        pinned, _ = pins[normal(requirement)]
        assert "==" in pinned
        assert "--hash=sha256:" in pinned


def test_the_pins_name_no_address() -> None:
    assert not re.search(r"https?:|file:|git\+|--(extra-)?index-url|--find-links", PINS)


@pytest.mark.parametrize("group", [None, *GROUPS])
def test_a_group_needs_what_it_declares_and_what_that_needs(group: str | None) -> None:
    chosen = tool["select"](tool["read"](PINS), [group] if group else [])
    names = {line.split("==")[0] for line in chosen}
    wanted = PROJECT["project"]["dependencies"] + (GROUPS[group] if group else [])
    assert {normal(requirement) for requirement in wanted} <= names
    assert "typing-extensions" in names  # which pydantic needs


def test_a_group_that_is_not_pinned_is_refused_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "pins.py"), "sauna"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "run make pins" in done.stderr


def test_what_development_needs_never_reaches_a_wheel() -> None:
    base = {normal(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert base == {"transitions", "pydantic", "click", "pyyaml"}


def test_what_an_extra_brings_is_tested() -> None:
    assert set(itertools.chain(*EXTRAS.values())) <= set(GROUPS["test"])


def test_the_extra_all_brings_all_that_people_use() -> None:
    (everything,) = PROJECT["project"]["optional-dependencies"]["all"]
    named = set(everything.removeprefix("heartline[").removesuffix("]").split(","))
    assert named == EXTRAS.keys() - {"test"}


def test_the_benchmarks_peers_are_the_pinned_ones() -> None:
    asked = (ROOT / "benchmarks" / "requirements.txt").read_text("utf-8")
    named = re.findall(r"^[a-z].*==.*$", asked, re.MULTILINE)
    pinned = [line.removesuffix(" \\") for line in PINS.splitlines()]
    assert set(named) <= set(pinned)
    assert {normal(name) for name in named} == {normal(name) for name in GROUPS["bench"]}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is missing; install it")
@pytest.mark.parametrize(("left_with", "complaint"), [(0, ""), (130, ""), (1, "Error 1")])
def test_make_play_complains_of_a_failure_and_not_of_ctrl_c(
    tmp_path: Path, left_with: int, complaint: str
) -> None:
    player = tmp_path / "bin" / "heartline"
    player.parent.mkdir()
    player.write_text(f"#!/bin/sh\nexit {left_with}\n")
    player.chmod(0o755)
    for stamp in (".pip", ".play"):  # as if all had been set up
        (tmp_path / stamp).touch()
    done = subprocess.run(
        ["make", "play", f"VENV={tmp_path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert complaint in done.stderr
    assert bool(done.stderr) == bool(complaint)
