"""Where things stand in a file: from a path in the data to a line and a column.

A path is what the models are walked by: `("states", "talk", "choices", "ask", "when")`. The file
may hold a short form in that place (a bare target for a branch, one line for a list of lines), so
a walk goes as far as the file has nodes and stays there. `offset` goes on into a text: the tenth
character of an expression has a place of its own even in a folded block.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heartline.diagnostics import Location

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from heartline.yamltext import Mark, Node

__all__ = ["SourceMap"]

_ALIASES = {"parameters": "with", "roles": "as", "from_version": "from"}
_BESIDE_SPEAKER = frozenset({"when", "visit", "only_to"})


class SourceMap:
    """The places of one file. `name` is how the file is called in diagnostics."""

    __slots__ = ("name", "root", "text")

    def __init__(self, name: str, text: str = "", root: Node | None = None) -> None:
        self.name: str = name
        self.text: str = text
        self.root: Node | None = root

    def locate(self, path: Sequence[str | int], *, key: bool = False) -> Location:
        """The place of a value, or of its key; of the innermost one that the file has."""
        found = self._walk(path)
        if found is None:
            return Location(self.name)
        node, at = found
        mark = at if key else node.start
        return Location(self.name, mark.line + 1, mark.column + 1)

    def offset(self, path: Sequence[str | int], start: int) -> Location:
        """The place of the character `start` (from 0) of the text at `path`."""
        node = self.node(path)
        if node is None:
            return Location(self.name)
        line, column = node.start.line, node.start.column
        if isinstance(node.data, str):
            source = self.text[node.start.index : node.end.index]
            before = source[: _index_in_source(source, node, start)]
            line += before.count("\n")
            column = len(before) - before.rfind("\n") - 1 + (0 if "\n" in before else column)
        return Location(self.name, line + 1, column + 1)

    def node(self, path: Sequence[str | int]) -> Node | None:
        """The innermost node of the file on the way along a path."""
        found = self._walk(path)
        return found[0] if found is not None else None

    def _walk(self, path: Sequence[str | int]) -> tuple[Node, Mark] | None:
        """The innermost node and the place of its key, or of itself where it has none."""
        node = self.root
        if node is None:
            return None
        at = node.start
        for part in path:
            children, keys = node.children, node.keys
            if isinstance(children, list):
                if not isinstance(part, int) or not 0 <= part < len(children):
                    break
                node = children[part]
                at = node.start
            elif children is not None and keys is not None:
                name = _name_in_file(part, keys)
                if name is not None:
                    node, at = children[name], keys[name]
                elif part != 0:
                    break
        return node, at


def _name_in_file(part: str | int, keys: Collection[str]) -> str | None:
    """The key that stands for a part of a path: itself, its other name, or a line's speaker."""
    if isinstance(part, int):
        return None
    if part in keys:
        return part
    if part in ("texts", "speaker"):
        speakers = [key for key in keys if key not in _BESIDE_SPEAKER]
        return speakers[0] if len(speakers) == 1 else None
    other = _ALIASES.get(part)
    return other if other in keys else None


def _index_in_source(source: str, node: Node, start: int) -> int:
    """Where in the source of a scalar its character `start` comes from."""
    if node.style in ("|", ">"):
        indices = _in_block(source, node.data)
    else:
        indices = _in_flow(source, _FLOW[node.style])
    if start < len(indices):
        return indices[max(start, 0)]
    return indices[-1] + 1 if indices else len(node.style)


# The pieces that the source of a scalar is made of. A group says what a piece stands for:
# `fold` (a break with the blanks around it) for a blank or some line feeds, `none` for nothing.
_FOLD = r"(?P<fold>[ \t]*\n[ \t\n]*)"
_FLOW = {
    "": re.compile(rf"(?P<none>\A(?!.))|{_FOLD}|."),
    "'": re.compile(rf"(?P<none>\A'|'\Z)|{_FOLD}|''|."),
    '"': re.compile(rf"""(?P<none>\A"|"\Z|\\\n[ \t]*)|{_FOLD}|\\x..|\\u.{{4}}|\\U.{{8}}|\\.|."""),
}


def _in_flow(source: str, pieces: re.Pattern[str]) -> list[int]:
    indices: list[int] = []
    for piece in pieces.finditer(source):
        if piece.lastgroup == "fold":
            breaks = piece.group().count("\n")
            indices += [piece.start()] * max(breaks - 1, 1)
        elif piece.lastgroup is None:
            indices.append(piece.start())
    return indices


def _in_block(source: str, value: str) -> list[int]:
    """Find each line of the source in the value; what stands between two of them is the break."""
    header, *lines = source.split("\n")
    indent = min((_blanks(line) for line in lines if line.strip()), default=0)
    indent -= min((_blanks(line) for line in value.split("\n") if line.strip()), default=0)
    indices: list[int] = []
    line_start = len(header) + 1
    for line in lines:
        content = line[indent:]
        found = value.find(content, len(indices)) if content else -1
        if found >= 0:
            indices += [line_start - 1] * (found - len(indices))
            indices += range(line_start + indent, line_start + len(line))
        line_start += len(line) + 1
    return indices


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
