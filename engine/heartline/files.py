"""Finding and reading files: a scenario by its path or name, and the files that it names.

A scenario may name files of its own folder and no others: a relative path without `..` that
stays, links followed, inside. What cannot be read is a sentence, never an exception.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from heartline.decoding import LONGEST_FILE
from heartline.diagnostics import did_you_mean

__all__ = ["SCENARIO", "FileRead", "bundled_scenarios", "find_scenario", "path_beside", "read_file"]

SCENARIO = "scenario.yaml"  # the file of a folder that is a scenario
MOST_NEIGHBOURS = 1000  # more files than this of a folder are not compared with a missing one


class FileRead(NamedTuple):
    """The bytes of a file and its path with links followed, or why it cannot be read."""

    content: bytes = b""
    path: Path | None = None
    problem: str = ""
    hint: str | None = None


def read_file(path: Path) -> FileRead:
    """Read a file, a little past the bound on its size at most; folders and devices are refused."""
    try:
        resolved = path.resolve()
        if not resolved.exists():
            return FileRead(problem=f"there is no file {str(path)!r}", hint=_nearest(path))
        if not resolved.is_file():
            return FileRead(problem=f"{str(path)!r} is not a file")
        with resolved.open("rb") as stream:
            return FileRead(stream.read(4 * LONGEST_FILE + 1), resolved)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "that is not the path of a file"
        return FileRead(problem=f"{str(path)[:200]!r} cannot be read: {reason}")


def _nearest(path: Path) -> str | None:
    """A hint for a file that is not there: the nearest one in its folder.

    A bare name may also have been meant as a scenario that came with Heartline.
    """
    if path.parent != Path():
        if not path.parent.is_dir():
            return None
        beside = islice(path.parent.iterdir(), MOST_NEIGHBOURS)
        return did_you_mean(path.name, [each.name for each in beside if each.is_file()])
    known = sorted(bundled_scenarios())
    if not known:
        return None
    return did_you_mean(path.name, known) or f"scenarios that came along: {', '.join(known)}"


def path_beside(base: Path | None, relative: str) -> tuple[Path | None, str]:
    """The path of a file that a scenario in folder `base` names, or None and why not."""
    if base is None:
        return None, "this scenario was read from a text, so there is no folder to read files from"
    windows = PureWindowsPath(relative)
    if windows.drive or windows.root or "\\" in relative or ".." in windows.parts:
        rule = "write a path inside the scenario's folder, with / and without .."
        return None, f"{relative[:80]!r} leaves the scenario's folder: {rule}"
    try:
        path = (base / relative).resolve()
        inside = path.is_relative_to(base.resolve())
    except (OSError, ValueError, RuntimeError):
        return None, f"{relative[:80]!r} is not the path of a file"
    if not inside:
        return None, f"{relative[:80]!r} is a link that leaves the scenario's folder"
    return path, ""


def bundled_scenarios() -> dict[str, Path]:
    """The scenarios that came with Heartline: name -> folder."""
    here = Path(__file__).parent
    for folder in (here / "_scenarios", here.parents[1] / "scenarios"):
        if folder.is_dir():
            found = sorted(folder.glob(f"*/{SCENARIO}"))
            return {path.parent.name: path.parent for path in found}
    return {}


def find_scenario(name_or_path: str | Path) -> Path:
    """The path of a scenario: one that exists, else the folder of the bundled one of that name.

    Where there is neither, the path comes back as it is, and reading it says so.
    """
    path = Path(name_or_path)
    bundled = bundled_scenarios().get(str(name_or_path))
    if bundled is None or path.is_file() or (path / SCENARIO).is_file():
        return path
    return bundled
