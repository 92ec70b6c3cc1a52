"""Watching a scenario's files while it is played, for authors who edit and try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.conversation import load
from heartline.errors import HeartlineError, ScenarioError
from heartline.frontends.terminal.output import Sentence

if TYPE_CHECKING:
    from pathlib import Path

    from heartline.conversation import Scenario
    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.session import Session

__all__ = ["Files", "Watch", "refused"]

MOST_FILES = 500  # a scenario has a handful; this bounds a look into a folder that is not one


class Files:
    """The YAML files beside a file, and in the folders next to it, as they were last."""

    def __init__(self, path: Path) -> None:
        """`path` is the file, or its folder."""
        self._folder = path if path.is_dir() else path.parent
        self._seen = self._look()

    def changed(self) -> str | None:
        """A file that has been written, added or taken away since; None where there is none."""
        now = self._look()
        differing = sorted(now.items() ^ self._seen.items())
        return differing[0][0] if differing else None

    def take(self) -> None:
        """Let the files as they are now be those that are known."""
        self._seen = self._look()

    def _look(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        try:
            for pattern in ("*.y*ml", "*/*.y*ml"):
                for path in self._folder.glob(pattern):
                    state = path.stat()
                    found[str(path)] = (state.st_mtime_ns, state.st_size)
                    if len(found) >= MOST_FILES:
                        return found
        except OSError:  # a file vanished between the two calls: an editor at work
            return found
        return found


class Watch:
    """Looks at the files of a scenario, and loads them anew."""

    def __init__(self, path: Path) -> None:
        """`path` is the scenario's file or folder."""
        self._path = path
        self._files = Files(path)

    def changed(self) -> bool:
        """Whether a file has been written, added or taken away since it was loaded last."""
        return self._files.changed() is not None

    def fresh(self) -> Scenario:
        """The scenario as its files are now. Raises HeartlineError."""
        self._files.take()
        return load(self._path)

    def reload(self, session: Session) -> list[Output]:
        """Load the files as they are now and let the session go on in them, or say why not."""
        try:
            return session.adopt(self.fresh())
        except HeartlineError as fault:
            return [refused(fault)]


def refused(fault: HeartlineError) -> Sentence:
    """What is told of files that were edited and cannot be played now."""
    findings = fault.diagnostics if isinstance(fault, ScenarioError) else ()
    first = findings[0] if findings else fault
    return Sentence(
        "warning",
        "edited_with_faults",
        f"The file was edited, but cannot be played now: {first} "
        "The conversation goes on as the file was before.",
    )
