"""`heartline --help` loads nothing that it does not need. How long it takes is in benchmarks/."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import heartline
from heartline.cli.group import COMMANDS

ENGINE = Path(heartline.__file__).parents[1]
HEAVY = {"pydantic", "yaml", "transitions", "rich", "asyncio", "numpy"}
LIGHT = {"heartline.cli", "heartline.cli.group", "heartline.cli.guard", "heartline.errors"}


def modules_after(*arguments: str, **variables: str) -> set[str]:
    """The modules that are loaded once a command line has been run."""
    code = (
        "import sys; from heartline.cli import run; run(sys.argv[1:]); "
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ENGINE), *sys.path]), **variables},
    )
    return set(done.stdout.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["--no-such-option"], []])
def test_the_front_page_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(*arguments)
    assert {name for name in loaded if name.startswith("heartline.")} <= LIGHT
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_the_first_sentence_of_each_command_is_the_one_on_the_front_page(name: str) -> None:
    command = import_module(f"heartline.cli.commands.{name}").command
    assert command.name == name
    assert (command.help or "").split("\n\n")[0].strip() == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_has_an_example_and_its_exit_codes(name: str) -> None:
    command = import_module(f"heartline.cli.commands.{name}").command
    assert f"heartline {name}" in (command.epilog or "")
    assert "Exit code" in (command.epilog or "")


def test_completing_the_name_of_a_command_loads_none_of_them() -> None:
    loaded = modules_after(
        _HEARTLINE_COMPLETE="bash_complete", COMP_WORDS="heartline p", COMP_CWORD="1"
    )
    assert not {name for name in loaded if name.startswith("heartline.cli.commands.")}
