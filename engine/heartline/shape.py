"""Plain data of a file -> a model, with every fault of the shape, and what can be saved of it.

A file with a fault in its shape is not played, but its other faults should show in the same pass:
a misspelt field in one choice must not hide an unknown state in another. So what is at fault is
taken out and the rest is read again. That is done only where nothing is lost that the rest of the
file refers to (a state, a variable, a tag ...): otherwise the faults that follow from it would
drown the cause, and there is no model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from heartline.shapefaults import MOST_SAVED, explain_shape

if TYPE_CHECKING:
    from heartline.diagnostics import Diagnostic
    from heartline.sources import SourceMap
    from heartline.yamltext import Composition, Node

__all__ = ["Shaped", "read_shape"]

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)

KEY = "[key]"  # the models' last step of a path to a key, not to its value
# Sections whose entries are referred to by name from elsewhere.
_SECTIONS = frozenset({"cast", "context", "timers", "guards", "states", "choices"})
# Fields that others refer to, or without which others make no sense.
_LEANED_ON = _SECTIONS | {
    "tags", "type", "outcome", "values", "include", "with", "as", "done", "support",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shaped(Generic[M]):
    """The model (None where too little could be saved), the faults, and what was taken out."""

    value: M | None
    faults: list[Diagnostic] = field(default_factory=list)
    pruned: frozenset[Path] = frozenset()


def read_shape(
    composed: Composition, model: type[M], sources: SourceMap, *, independent: bool = False
) -> Shaped[M]:
    """Read the data of a text (with a root) as a model. Changes the data where it has faults.

    `independent` says that no part of the file leans on another, so that any can be left out.
    """
    root = composed.root
    if root is None or id(root) in composed.broken:
        return Shaped(None)
    spoiled = _spoiled(root, composed) if composed.broken else []
    whole = _prune(root.data, spoiled) or independent
    for path in spoiled:
        composed.lossy.add(id(sources.node(path[:-1])))
    try:
        value = model.model_validate(root.data)
    except ValidationError as error:
        found, paths = explain_shape(error, model, sources, composed)
    else:
        return Shaped(value if whole else None, [], frozenset(spoiled))
    saved = None
    if whole and len(paths) <= MOST_SAVED and (_prune(root.data, paths) or independent):
        try:
            saved = model.model_validate(root.data)
        except ValidationError:
            saved = None
    return Shaped(saved, found, frozenset([*spoiled, *paths]))


def _spoiled(root: Node, composed: Composition) -> list[Path]:
    """The paths of values that have a fault already, those inside a list left out."""
    found: list[Path] = []
    waiting: list[tuple[Path, Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if id(node) in composed.broken:
            found.append(path)
        elif isinstance(node.children, dict):
            waiting += [((*path, key), child) for key, child in node.children.items()]
    return found


def _prune(data: Any, paths: list[Path]) -> bool:
    """Take what is at these paths out of the data, lists as a whole; say if that is safe.

    It is not safe where the rest of the file may lean on it.
    """
    safe = True
    for keys in {_keys(path) for path in paths}:
        misnamed = keys[-1:] == (KEY,)
        *before, last = keys[:-1] if misnamed else keys or ("",)
        inside = data
        for key in before:
            inside = inside.get(key) if isinstance(inside, dict) else None
        if not isinstance(inside, dict) or last not in inside:
            safe = False
            continue
        value = inside.pop(last)
        leaned_on = last in _LEANED_ON or (before and before[-1] in _SECTIONS)
        simple = bool(before) and not misnamed and not isinstance(value, dict)
        safe = safe and simple and not leaned_on
    return safe


def _keys(path: Path) -> tuple[str, ...]:
    """The keys of a path up to the first list."""
    keys = []
    for part in path:
        if isinstance(part, int):
            break
        keys.append(part)
    return tuple(keys)
