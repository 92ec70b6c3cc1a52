"""Values in the text of a YAML file, exchanged in place: comments and layout stay as they are.

A `Rewriting` collects what is to become of values, each named by its node, and `text` carries it
out: on the characters of those values and on no others. What comes out is read back; where it
does not say exactly what was meant, NotRewritten is raised and nothing is lost. A text keeps its
quotation marks where it can, and is folded where it grows too long for a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heartline.errors import HeartlineError
from heartline.testing.making.yamlout import block, inline, scalar
from heartline.yamltext import compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.yamltext import Node

__all__ = ["Keep", "NotRewritten", "Rewriting"]

_GAP = re.compile(r"(?:[ \t\n,]|(?<![^ \t\n])#[^\n]*)*")  # what may stand before a closing bracket
_PLAIN_END = re.compile(r"[\"'\\]")


class NotRewritten(HeartlineError):
    """The change cannot be made in this text without touching what it is not about."""


@dataclass(frozen=True, slots=True)
class Keep:
    """In a list that changes: the item that stands at this place now."""

    index: int


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands: in which one, under which key, and whether inside of brackets."""

    node: Node
    parent: Node | None
    key: str | int
    flow: bool


@dataclass(slots=True)
class Rewriting:
    """What is to become of values of one file. A node is known by where it begins."""

    file: str
    source: str
    root: Node
    _values: dict[int, Any] = field(default_factory=dict)
    _keys: dict[int, tuple[str, str]] = field(default_factory=dict)
    _lists: dict[int, tuple[Keep | Any, ...]] = field(default_factory=dict)
    _places: dict[tuple[int, bool], _Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place in _walk(self.root, None, "", flow=False):
            self._places.setdefault(_name(place.node), place)

    def __bool__(self) -> bool:
        return bool(self._values or self._keys or self._lists)

    def copy(self) -> Rewriting:
        """Another one with the same changes, to try more of them."""
        other = Rewriting(self.file, self.source, self.root)
        other._values.update(self._values)
        other._keys.update(self._keys)
        other._lists.update(self._lists)
        return other

    def put(self, node: Node, value: Any) -> None:
        """Let a scalar become another one, or a list in brackets. Raises NotRewritten where
        another value was put there before."""
        self._once(self._values, node.start.index, value)

    def rename(self, mapping: Node, key: str, name: str) -> None:
        """Let a key of a mapping have another name."""
        assert mapping.keys is not None
        self._once(self._keys, mapping.keys[key].index, (key, name))

    def relist(self, items: Node, change: Sequence[Keep | Any]) -> None:
        """Let a list hold these: items that it has, in their order, and new values between."""
        self._once(self._lists, items.start.index, tuple(change))

    def _once(self, known: dict[int, Any], at: int, value: Any) -> None:
        if known.setdefault(at, value) != value:
            raise NotRewritten("two tests want different words at the same place")

    def text(self) -> str:
        """The file with all changes; raises NotRewritten where they cannot be made in place."""
        changes: list[tuple[int, int, str]] = []
        for at, value in self._values.items():
            place = self._places[at, True]
            start, end = at, self._end(place.node)
            changes.append((start, end, self._written(place, value)))
        for at, (key, name) in self._keys.items():
            if not self.source.startswith(key, at):
                raise NotRewritten(f"the name {key!r} is written in another way")
            changes.append((at, at + len(key), scalar(name, flow=True)))
        for at, change in self._lists.items():
            changes += self._relisted(self._places[at, False], change)
        changed = self.source
        for start, end, new in sorted(changes, reverse=True):
            changed = changed[:start] + new + changed[end:]
        composed = compose(changed, self.file)
        if composed.faults or composed.root is None or composed.root.data != self._meant(self.root):
            raise NotRewritten("the file is written in a way that this cannot be changed in place")
        return changed

    def _end(self, node: Node) -> int:
        """Where the source of a node ends."""
        if node.children is None:
            return node.start.index + len(self.source[node.start.index : node.end.index].rstrip())
        inner = list(node.children.values() if isinstance(node.children, dict) else node.children)
        end = self._end(inner[-1]) if inner else node.start.index + 1
        if not node.style:
            return end
        gap = _GAP.match(self.source, end)
        end = gap.end() if gap else end
        if self.source[end : end + 1] not in ("}", "]"):
            raise NotRewritten("the file is written in a way that this cannot be changed in place")
        return end + 1

    def _written(self, place: _Place, value: Any) -> str:
        """The source of a new value, in the manner of the old one."""
        if isinstance(value, list):
            return inline(value, flow=place.flow)
        style = place.node.style
        text = str(value)
        if place.flow or place.parent is None:
            return _quoted_alike(scalar(text, flow=place.flow), style)
        column = place.parent.start.column
        holder: Any = [text] if isinstance(place.key, int) else {place.key: text}
        lines = block(holder, column)
        head = column + (2 if isinstance(place.key, int) else len(scalar(place.key, flow=True)) + 2)
        if len(lines) == 1:
            return _quoted_alike(lines[0][head:], style)
        end = self._end(place.node)
        if self.source[end:].partition("\n")[0].strip():
            return scalar(text)  # a comment follows, which no block of lines could keep
        return "\n".join([lines[0][head:], *lines[1:]])

    def _relisted(
        self, place: _Place, change: Sequence[Keep | Any]
    ) -> Iterator[tuple[int, int, str]]:
        """The pieces that turn a list into its new self; items that stay are not touched."""
        items = place.node.children
        assert isinstance(items, list)
        kept = [each.index for each in change if isinstance(each, Keep)]
        if not kept:
            raise NotRewritten("nothing of the list stays as it is")
        add = self._add_in_flow if place.node.style else self._add_in_block
        drop = self._drop_in_flow if place.node.style else self._drop_in_block
        for index in range(len(items)):
            if index not in kept:
                yield drop(items, index, kept)
        before: int | None = None
        fresh: list[Any] = []
        for each in [*change, None]:
            if each is not None and not isinstance(each, Keep):
                fresh.append(each)
                continue
            if fresh:
                yield add(place.node, items, fresh, before)
                fresh = []
            before = each.index if each is not None else before

    def _add_in_flow(
        self, _node: Node, items: list[Node], fresh: list[Any], after: int | None
    ) -> tuple[int, int, str]:
        written = [inline(each, flow=True) for each in fresh]
        if after is None:
            at = items[0].start.index
            return at, at, "".join(f"{each}, " for each in written)
        at = self._end(items[after])
        return at, at, "".join(f", {each}" for each in written)

    def _drop_in_flow(self, items: list[Node], index: int, kept: list[int]) -> tuple[int, int, str]:
        if index < max(kept):
            return items[index].start.index, items[index + 1].start.index, ""
        return self._end(items[index - 1]), self._end(items[index]), ""

    def _add_in_block(
        self, node: Node, items: list[Node], fresh: list[Any], after: int | None
    ) -> tuple[int, int, str]:
        text = "".join(f"{line}\n" for line in block(fresh, node.start.column))
        at = self._line(items[0]) if after is None else self._line_after(items[after])
        if at and self.source[at - 1] != "\n":  # the file's last line has no end
            text = "\n" + text.removesuffix("\n")
        return at, at, text

    def _drop_in_block(
        self, items: list[Node], index: int, _kept: list[int]
    ) -> tuple[int, int, str]:
        start = self._line(items[index])
        last = index + 1 == len(items)
        return start, self._line_after(items[index]) if last else self._line(items[index + 1]), ""

    def _line(self, item: Node) -> int:
        """Where the line of an item of a block begins; its dash must be the first thing there."""
        start = self.source.rfind("\n", 0, item.start.index) + 1
        if not re.fullmatch(r" *- +(?:&\S+ +)?", self.source[start : item.start.index]):
            raise NotRewritten("the list is written in a way that it cannot be changed in place")
        return start

    def _line_after(self, item: Node) -> int:
        end = self.source.find("\n", self._end(item))
        return len(self.source) if end < 0 else end + 1

    def _meant(self, node: Node) -> Any:
        """What the file is to say."""
        at, leaf = _name(node)
        if leaf:
            return self._values.get(at, node.data)
        children = node.children
        if isinstance(children, dict):
            names: Mapping[str, Any] = node.keys or {}
            return {
                self._keys.get(names[key].index, (key, key))[1]: self._meant(child)
                for key, child in children.items()
            }
        items = [self._meant(child) for child in children or ()]
        change = self._lists.get(at)
        if change is None:
            return items
        return [items[each.index] if isinstance(each, Keep) else each for each in change]


def _name(node: Node) -> tuple[int, bool]:
    """What a node is known by: two nodes that begin at the same place differ in kind."""
    return node.start.index, node.children is None


def _walk(node: Node, parent: Node | None, key: str | int, *, flow: bool) -> Iterator[_Place]:
    yield _Place(node, parent, key, flow)
    flow = flow or node.style in ("{", "[")
    if isinstance(node.children, dict):
        for name, child in node.children.items():
            yield from _walk(child, node, name, flow=flow)
    else:
        for index, child in enumerate(node.children or ()):
            yield from _walk(child, node, index, flow=flow)


def _quoted_alike(written: str, style: str) -> str:
    """In the quotation marks that the old value had, where the new one needs none."""
    if style in ("'", '"') and written[:1] not in ("'", '"') and not _PLAIN_END.search(written):
        return f"{style}{written}{style}"
    return written
