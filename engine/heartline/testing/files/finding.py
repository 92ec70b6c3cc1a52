"""Which files are test files, and where they are found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from heartline.files import SCENARIO, find_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["TESTS", "find_test_files", "is_test_file"]

TESTS = "tests.yaml"
_ENDING = ".test.yaml"
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


def is_test_file(path: str | Path) -> bool:
    """Whether a path is called as test files are: tests.yaml, or NAME.test.yaml."""
    name = Path(path).name
    return name == TESTS or (name.endswith(_ENDING) and name != _ENDING)


def find_test_files(paths: Iterable[str | Path]) -> list[Path]:
    """The test files that are meant by these paths, each once, in order.

    A file is taken as it is. Of a folder, the test files in it and below, those of hidden folders
    and of other people's packages left out. A scenario's file, or the name of a scenario that came
    along, stands for its folder. A path that is not there is taken as a file: reading it says so.
    """
    found: dict[Path, None] = {}
    for given in paths:
        path = find_scenario(given)
        if path.name == SCENARIO and path.is_file():
            path = path.parent
        found.update(dict.fromkeys(_inside(path) if path.is_dir() else (path,)))
    return list(found)


def _inside(folder: Path) -> Iterator[Path]:
    """The test files of a folder, those that stand directly in it first; no link is followed."""
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _SKIPPED
        )
        yield from (Path(where, name) for name in sorted(files) if is_test_file(name))
