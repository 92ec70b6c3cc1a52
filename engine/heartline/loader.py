"""Text -> a scenario file in its authored shape, with its places and its faults.

Nothing here raises for what a file holds, and nothing here resolves a name: the compiler does.
All faults of a file come out of one pass, the first cause first:

1. the text: encoding, size, YAML (HL1xx, in yamltext);
2. the shape: fields, types, bounds (HL2xx, in shape). What already has a fault of the first kind
   is not complained of again.

Files are read from one folder only: an include or a data file is a relative path without `..`
that stays, links followed, inside the folder of the file that names it. Or they are read from no
folder at all but from the texts of a scenario's files, which were kept (`load_texts`).
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from heartline.contradictions import contradictions
from heartline.decoding import decode
from heartline.diagnostics import Diagnostic, Location, Severity, did_you_mean
from heartline.files import SCENARIO, bundled_scenarios, find_scenario, path_beside, read_file
from heartline.scenario import ScenarioFile
from heartline.shape import read_shape
from heartline.sources import SourceMap
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "Beside",
    "Loaded",
    "SourceMap",
    "bundled_scenarios",
    "find_scenario",
    "load_file",
    "load_include",
    "load_text",
    "load_texts",
    "read_beside",
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
    inside: str = SCENARIO  # its path as the outermost file's folder knows it, links not followed
    texts: Mapping[str, str] | None = None  # all files by such paths, in place of a folder


def load_text(text: str | bytes, name: str = SCENARIO, base: Path | None = None) -> Loaded:
    """Read a scenario out of a text; `name` is what diagnostics call it."""
    with _collection_paused():
        return _load(text, name, base)


def load_texts(texts: Mapping[str, str], main: str = SCENARIO) -> Loaded:
    """Read a scenario whose files are all here, by their paths in its folder; `main` is the one to
    begin with. Nothing is read from the disk."""
    text = texts.get(main)
    if text is None:
        hint = did_you_mean(main, list(texts))
        fault = Diagnostic(
            "HL106", Severity.ERROR, f"there is no file {main[:80]!r}", Location(main), hint
        )
        return Loaded(None, SourceMap(main), (fault,))
    return replace(load_text(text, main), inside=main, texts=texts)


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
    if _is_folder(path):
        path /= SCENARIO
    name = name or str(path)
    read = read_file(path)
    if read.path is None:
        fault = Diagnostic("HL106", Severity.ERROR, read.problem, Location(name), read.hint)
        return Loaded(None, SourceMap(name), (fault,))
    loaded = load_text(read.content, name, read.path.parent)
    return replace(loaded, path=read.path, inside=path.name)


def load_include(loaded: Loaded, relative: str, where: Location | None = None) -> Loaded:
    """Read a file that `loaded` includes; `where` is the place that names it.

    A path that leaves the folder, or cannot be read, is a diagnostic there (HL701). Faults in the
    included file have their places in that file, called by its path from the outer one.
    """
    read = read_beside(loaded, relative, folder=True)
    if read.content is None:
        where = where or Location(loaded.sources.name)
        fault = Diagnostic("HL701", Severity.ERROR, read.problem, where, read.hint)
        return Loaded(None, SourceMap(loaded.sources.name), (fault,))
    name = str(PurePosixPath(loaded.sources.name).parent / relative)
    inner = load_text(read.content, name, None if read.path is None else read.path.parent)
    return replace(inner, path=read.path, inside=read.inside, texts=loaded.texts)


class Beside(NamedTuple):
    """A file that another names: what it holds, or None and why it cannot be read."""

    content: bytes | str | None
    inside: str  # as Loaded.inside
    path: Path | None = None
    problem: str = ""
    hint: str | None = None


def read_beside(loaded: Loaded, relative: str, *, folder: bool = False) -> Beside:
    """Read a file that `loaded` names; with `folder`, a folder stands for its scenario.yaml."""
    inside = str(PurePosixPath(loaded.inside).parent / relative)
    problem = f"{relative[:80]!r} is not a file that can be read"
    if loaded.texts is not None:
        if inside in loaded.texts:
            return Beside(loaded.texts[inside], inside)
        if folder and f"{inside}/{SCENARIO}" in loaded.texts:
            return read_beside(loaded, f"{relative}/{SCENARIO}")
        return Beside(None, inside, None, problem, did_you_mean(inside, list(loaded.texts)))
    path, refused = path_beside(loaded.base, relative)
    if path is None:
        return Beside(None, inside, None, refused)
    if folder and _is_folder(path):
        return read_beside(loaded, f"{relative}/{SCENARIO}")
    read = read_file(path)
    if read.path is None:
        return Beside(None, inside, None, problem, read.hint)
    return Beside(read.content, inside, read.path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False  # reading it says what is wrong
