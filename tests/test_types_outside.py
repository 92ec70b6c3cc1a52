"""Whoever uses Heartline has its types: mypy and pyright check a program of somebody else against
it, from outside of the checkout, and no public name leaves them anything to guess."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import heartline
import heartline.frontends
import heartline.frontends.contract
import heartline.host
import heartline.testing

PROGRAM = Path(__file__).parent / "outside"
ENGINE = Path(heartline.__file__).parent
CONTRACT = heartline.frontends.contract
PACKAGES = heartline, heartline.host, heartline.frontends, heartline.testing
WRONG = """\
from heartline import load


def wrong() -> int:
    return load("reconciliation").start().turn.title
"""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """The program, in a folder of its own."""
    shutil.copytree(PROGRAM, tmp_path, dirs_exist_ok=True)
    strict = '[tool.basedpyright]\ntypeCheckingMode = "strict"\n'
    (tmp_path / "pyproject.toml").write_text(strict, "utf-8")
    return tmp_path


def ran(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """What a checker of types says there; skips where it is not installed."""
    if find_spec(arguments[0]) is None:
        pytest.skip(f"{arguments[0]} is not installed: it is in the group lint of pyproject.toml")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder, env={**kept, **environment}, capture_output=True, encoding="utf-8",
        timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_program_outside_uses_every_public_name() -> None:
    used = {
        f"{node.module}.{alias.name}"
        for path in PROGRAM.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    packages = *PACKAGES, CONTRACT
    public = {f"{package.__name__}.{name}" for package in packages for name in package.__all__}
    assert not public - used


@pytest.mark.slow
def test_mypy_finds_nothing_in_it_and_finds_what_is_wrong(outside: Path) -> None:
    strict = "mypy", "--strict", "--cache-dir", str(outside / ".cache"), "rowing"
    code, said = ran(outside, *strict)
    assert code == 0, said
    (outside / "rowing" / "wrong.py").write_text(WRONG, "utf-8")
    code, said = ran(outside, *strict)
    assert "wrong.py:5: error: Incompatible return value type" in said
    assert code == 1


@pytest.mark.slow
def test_pyright_finds_nothing_in_it_and_finds_what_is_wrong(outside: Path) -> None:
    strict = "basedpyright", "--pythonpath", sys.executable, "rowing"
    code, said = ran(outside, *strict)
    assert code == 0, said
    (outside / "rowing" / "wrong.py").write_text(WRONG, "utf-8")
    code, said = ran(outside, *strict)
    assert "wrong.py:5:12 - error" in said
    assert code == 1


@pytest.mark.slow
def test_the_types_of_all_public_names_are_known_to_whoever_guesses_nothing(tmp_path: Path) -> None:
    # The checker looks for packages where Python does. A link to this one, since the installed one
    # is but its data; one to the library below it, whose types are not read in a hidden folder.
    (tmp_path / "heartline").symlink_to(ENGINE)
    library = find_spec("transitions")
    assert library is not None
    assert library.origin is not None
    (tmp_path / "transitions").symlink_to(Path(library.origin).parent)
    _, said = ran(
        tmp_path, "basedpyright", "--pythonpath", sys.executable, "--verifytypes", "heartline",
        "--ignoreexternal", "--outputjson", PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    found = json.loads(said)["typeCompleteness"]
    assert found["pyTypedPath"], "py.typed is missing"
    names = tuple(
        f"{package.__name__}.{room}.{name}"
        for package in PACKAGES
        for name, room in vars(package)["_HOME"].items()
    )
    contract = vars(CONTRACT)
    names += tuple(f"{contract[name].__module__}.{name}" for name in CONTRACT.__all__)
    symbols = [each for each in found["symbols"] if is_part(each["name"], names)]
    assert {each["name"] for each in symbols} >= set(names)
    guessed = [each for each in symbols if each["isTypeAmbiguous"] or not each["isTypeKnown"]]
    assert not guessed, "\n".join(map(told, guessed))


def is_part(name: str, names: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in names)


def told(symbol: dict[str, Any]) -> str:
    why = "; ".join(each["message"] for each in symbol["diagnostics"])
    return f"{symbol['name']}: {why or 'a part of it is not known'}"
