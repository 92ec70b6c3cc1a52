"""Text -> a scenario file in its authored shape, with its places and its faults.

Nothing here raises for what a file holds, and nothing here resolves a name: the compiler does.
All faults of a file come out of one pass, the first cause first:

1. the text: encoding, size, YAML (HL1xx, in yamltext);
2. the shape: fields, types, bounds (HL2xx, in shape). What already has a fault of the first kind
   is not complained of again.

Files are read from one folder only: an include or a data file is a relative path without `..`
that stays, links followed, inside the folder of the file that names it.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from heartline.contradictions import contradictions
from heartline.decoding import decode
from heartline.diagnostics import Diagnostic, Location, Severity
from heartline.files import SCENARIO, bundled_scenarios, find_scenario, path_beside, read_file
from heartline.scenario import ScenarioFile
from heartline.shape import read_shape
from heartline.sources import SourceMap
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Loaded",
    "SourceMap",
    "bundled_scenarios",
    "find_scenario",
    "load_file",
    "load_include",
    "load_text",
]

MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that was read: its shape, places and faults.

    Where `diagnostics` holds an error, the file cannot be played. `file` may still be there,
    without what is at fault, so that the faults of the rest can be found in the same pass.
    """

    file: ScenarioFile | None
    sources: SourceMap
    diagnostics: tuple[Diagnostic, ...]
    base: Path | None = None  # the folder that includes and data files are read from
    path: Path | None = None  # the file itself, links followed: two Loaded of one file agree
    text: str = ""  # as read, line ends made line feeds: for excerpts


def load_text(text: str | bytes, name: str = SCENARIO, base: Path | None = None) -> Loaded:
    """Read a scenario out of a text; `name` is what diagnostics call it."""
    with _collection_paused():
        return _load(text, name, base)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Keep the collector of cycles from walking a large tree again and again while it grows.

    What loading makes is bounded by the bounds of the text and is kept anyway; this takes 40 % off
    the time for a file of 10,000 states.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(text: str | bytes, name: str, base: Path | None) -> Loaded:
    text, fault = decode(text, name)
    if fault is not None:
        return Loaded(None, SourceMap(name), (fault,), base)
    composed = compose(text, name)
    sources = SourceMap(name, text, composed.root)
    faults = list(composed.faults)
    if composed.root is None or composed.root.data is None:
        if not faults:
            faults.append(_empty(name))
        return Loaded(None, sources, tuple(faults), base, None, text)
    shaped = read_shape(composed, ScenarioFile, sources)
    faults += shaped.faults
    if shaped.value is not None:
        faults += contradictions(shaped.value, sources, shaped.pruned)
    return Loaded(shaped.value, sources, tuple(faults[:MOST_FAULTS]), base, None, text)


def _empty(name: str) -> Diagnostic:
    hint = "it begins with heartline: 1"
    return Diagnostic("HL202", Severity.ERROR, "the file is empty", Location(name), hint)


def load_file(path: Path, name: str | None = None) -> Loaded:
    """Read a scenario file, or the scenario.yaml of a folder.

    A file that cannot be read is a diagnostic (HL106). `name` is what diagnostics call the file;
    the path as it was given.
    """
    try:
        if path.is_dir():
            path /= SCENARIO
    except (OSError, ValueError):
        pass  # reading it says what is wrong
    name = name or str(path)
    read = read_file(path)
    if read.path is None:
        fault = Diagnostic("HL106", Severity.ERROR, read.problem, Location(name), read.hint)
        return Loaded(None, SourceMap(name), (fault,))
    return replace(load_text(read.content, name, read.path.parent), path=read.path)


def load_include(loaded: Loaded, relative: str, where: Location | None = None) -> Loaded:
    """Read a file that `loaded` includes; `where` is the place that names it.

    A path that leaves the folder, or cannot be read, is a diagnostic there (HL701). Faults in the
    included file have their places in that file, called by its path from the outer one.
    """
    path, problem = path_beside(loaded.base, relative)
    hint = None
    if path is not None:
        name = str(PurePosixPath(loaded.sources.name).parent / relative)
        inner = load_file(path, name)
        if inner.path is not None:
            return inner
        problem = f"{relative[:80]!r} is not a file that can be read"
        hint = inner.diagnostics[0].hint
    where = where or Location(loaded.sources.name)
    fault = Diagnostic("HL701", Severity.ERROR, problem, where, hint)
    return Loaded(None, SourceMap(loaded.sources.name), (fault,))
