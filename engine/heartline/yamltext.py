"""The text of a file -> a tree of nodes that know their places. The only room that imports yaml.

`compose` reads one document of YAML 1.2's core schema out of PyYAML's events and gives back plain
data (dict, list, str, int, float, bool, None) with the place of every key and value, and all the
faults it met. It never raises for what a text holds, and its work is bounded:

1. at most LONGEST_TEXT characters, DEEPEST levels, MOST_NODES nodes, aliases counted in full;
2. tags, merge keys, directives and a second document are refused, so nothing in a file can name
   a type or run anything;
3. keys are texts, and each stands once in its mapping; `yes`, `no`, `on`, `off` are texts;
4. there are no empty values: a field that has nothing to say is left out;
5. a fault in the syntax ends the reading: one fault, one diagnostic. Other faults are collected.

A value that a fault was reported for is in `broken`: later rooms say nothing more about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast

import yaml

from heartline.decoding import CONTROL, LONGEST_FILE, too_long
from heartline.diagnostics import Diagnostic, Location, Severity
from heartline.scalars import TOO_LONG, resolve
from heartline.yamlfaults import LastEvent, explain_syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LONGEST_TEXT", "Composition", "Node", "compose"]

FAST = bool(yaml.__with_libyaml__)
LONGEST_TEXT = LONGEST_FILE if FAST else 250_000  # without libyaml it is sixteen times slower
MOST_NODES = 400_000
DEEPEST = 64
MOST_FAULTS = 100
_PARSER: Any = yaml.CSafeLoader if FAST else yaml.SafeLoader  # only its events are asked for

Data = Any  # dict[str, Data] | list[Data] | str | int | float | bool | None

_START = yaml.Mark("", 0, 0, 0, "", 0)


class Mark(Protocol):
    """A place in the text: line and column from 0, and the index of the character."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def index(self) -> int: ...


class Node:
    """A value of the file: its data, its place, and for a mapping or list its children.

    `style` is, of a scalar, its quote, | or >, or empty; of the others { or [ or empty. The end of
    a mapping or list is not kept: `end` is its start.
    """

    __slots__ = ("children", "data", "end", "keys", "start", "style")

    def __init__(self, data: Data, style: str, start: Mark, end: Mark) -> None:
        self.data: Data = data
        self.style: str = style
        self.start: Mark = start
        self.end: Mark = end
        self.children: dict[str, Node] | list[Node] | None = None
        self.keys: dict[str, Mark] | None = None


class _Anchored(NamedTuple):
    node: Node
    size: int | None  # nodes in it, aliases in full; None while it is still being read


@dataclass(slots=True)
class Composition:
    """What `compose` found: the root (None for an empty or unreadable text) and the faults."""

    root: Node | None = None
    faults: list[Diagnostic] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)  # id() of nodes that have a fault already
    lossy: set[int] = field(default_factory=set)  # id() of mappings that lost a key to a fault
    stopped: bool = False  # reading ended early: the root is not whole


class _Stop(Exception):
    """Reading cannot go on: the last fault says why."""


def _error(code: str, message: str, where: Location, hint: str | None = None) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, where, hint)


def compose(text: str, name: str, empty: Mapping[str, str] | None = None) -> Composition:
    """Read one document out of a text from `decode`. Time grows linearly with the text.

    `empty` are hints for fields that have no value, by name, where they are better than the usual.
    """
    result = Composition()
    if len(text) > LONGEST_TEXT:
        result.faults.append(too_long(name, LONGEST_TEXT))
        result.stopped = True
        return result
    composer = _Composer(name, result, empty or {})
    try:
        composer.run(_PARSER(text))
        result.root = composer.root
    except yaml.MarkedYAMLError as error:
        fault = explain_syntax(error, text, name, composer.last_event())
        result.faults = [
            one for one in result.faults if not composer.may_follow_from(one, fault.location)
        ] + [fault]
        result.stopped = True
    except _Stop:
        result.stopped = True
    return result


class _Composer:
    """Builds the tree, event by event, without recursion."""

    def __init__(self, name: str, result: Composition, empty: Mapping[str, str]) -> None:
        self.name = name
        self.hints = empty
        self.result = result
        self.root: Node | None = None
        self.emptied: set[int] = set()  # id() of mappings in braces with a field without a value
        self.last: Any = None  # the last event that was read
        self.count = 0
        self.anchors: dict[str, _Anchored] = {}
        self.heights: dict[int, int] = {}
        self.muted = DEEPEST  # the depth of a container that stands where a key should
        self.top = Node([], "[", _START, _START)  # the container that is open
        self.top.children = []
        # The key that waits for its value: None where a key comes next, False where the value
        # is to be dropped.
        self.key: str | Literal[False] | None = None
        # For each open container: what was open around it, the key to go on with there, the
        # anchor it carries, and the count before it.
        self.stack: list[tuple[Node, Literal[False] | None, str | None, int]] = []

    def run(self, parser: Any) -> None:
        """Take every event of the parser."""
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        mapping, sequence = yaml.MappingStartEvent, yaml.SequenceStartEvent
        mapping_end, sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
        documents = 0
        next_event = parser.get_event
        while (event := next_event()) is not None:
            self.last = event
            kind = event.__class__
            if kind is scalar:
                self.scalar(event)
            elif kind is mapping or kind is sequence:
                self.start(event, kind is mapping)
            elif kind is mapping_end or kind is sequence_end:
                self.finish()
            elif kind is alias:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                self.document(event, documents)

    def last_event(self) -> LastEvent:
        """What was read before the parser failed, for the sentence about it."""
        event = self.last
        start, end = event.start_mark, event.end_mark
        style = getattr(event, "style", None) or ""
        if not style and end.index > start.index and isinstance(event, yaml.CollectionEndEvent):
            style = "{"  # the end of a collection in block style has no characters of its own
        return LastEvent(style, (start.line, start.column), (end.line, end.column))

    def document(self, event: Any, number: int) -> None:
        if number > 1:
            hint = "delete this line, or put what follows into a file of its own"
            self.fault("HL107", "a second document begins here: a file holds one", event, hint)
            raise _Stop
        if event.tags:
            self.fault("HL107", "the %TAG directive is not allowed", event, "delete it")

    def scalar(self, event: Any) -> None:
        if self.count >= MOST_NODES:
            self.bump(event, 1)
        self.count += 1
        text: str = event.value
        style: str = event.style or ""
        data: Data = text
        broken = False
        if event.tag is not None:
            self.tag(event)
            broken = True
        elif not style:
            data = resolve(text)
            if data is TOO_LONG:
                hint = "if it is a text, write it in quotes"
                self.fault("HL204", f"the number {text[:12]}... is too long", event, hint)
                broken = True
        elif style == '"' and CONTROL.search(text):
            hint = "of these only \\n and \\t are allowed"
            self.fault("HL101", "this text holds a control character", event, hint)
            broken = True
        if self.key is None and self.top.keys is not None:
            self.key = False if broken else self.take_key(data, event, self.top.keys)
            if not self.key:
                self.result.lossy.add(id(self.top))
            return
        if data is None:
            self.empty(event)
            broken = True
        node = Node(data, style, event.start_mark, event.end_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(node, 1)
        if broken:
            self.result.broken.add(id(node))
        self.attach(node)

    def empty(self, event: Any) -> None:
        """Report a value that is missing or null; one that is to be dropped needs no report."""
        keys = self.top.keys
        if keys is None:
            if self.stack:
                self.fault("HL203", "this item is empty", event, "write a value, or delete the -")
        elif self.key:
            if id(self.top) in self.emptied:
                return  # in {Well, I know, I think} one pair of quotes is missing, not two values
            hint = "write a value, or leave the line out; {} is an empty mapping"
            if self.top.style:
                self.emptied.add(id(self.top))
                hint = _why_empty(self.key, first=len(keys) == 1)
            hint = self.hints.get(self.key, hint)
            message = f"'{self.key[:80]}' has no value"
            self.fault("HL203", message, event, hint, keys[self.key])

    def may_follow_from(self, fault: Diagnostic, syntax: Location) -> bool:
        """Whether a fault may only be there because of one in the syntax that ended the reading:

        a field without a value on its line, as in `{name} said`, or in brackets still open.
        """
        opened = (one for one in (*(outer for outer, *_ in self.stack), self.top) if one.style)
        line = next((one.start.line + 1 for one in opened if one.start is not _START), syntax.line)
        return fault.code == "HL203" and fault.location.line >= min(line, syntax.line)

    def take_key(self, data: Data, event: Any, keys: dict[str, Mark]) -> str | Literal[False]:
        """The key to attach the next value to, or False (and a fault) to drop that value."""
        if event.anchor is not None:
            self.fault("HL107", "a key cannot carry an anchor", event, "put it on the value")
        elif not isinstance(data, str):
            written = event.value
            message = f"a key must be a text, and {written or 'nothing'} is not one"
            hint = f"write it in quotes: '{written}'" if written else "write a name before the :"
            self.fault("HL105", message, event, hint)
        elif data == "<<" and not event.style:
            hint = "write the fields out, or name a whole value with & and *"
            self.fault("HL107", "merge keys (<<) are not allowed", event, hint)
        elif data in keys:
            message = f"'{data[:80]}' stands twice here, first on line {keys[data].line + 1}"
            self.fault("HL104", message, event, "rename one or join the two")
        else:
            keys[data] = event.start_mark
            return data
        return False

    def start(self, event: Any, is_mapping: bool) -> None:
        self.bump(event, 1)
        if len(self.stack) >= DEEPEST:
            self.too_deep(event)
        node = Node({} if is_mapping else [], "", event.start_mark, event.start_mark)
        if event.flow_style:
            node.style = "{" if is_mapping else "["
        if is_mapping:
            node.children, node.keys = {}, {}
        else:
            node.children = []
        if event.tag is not None:
            self.tag(event)
            self.result.broken.add(id(node))
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(node, None)
        after: Literal[False] | None = None
        if self.key is None and self.top.keys is not None:
            hint = "a text that begins with { or [ stands in quotes"
            self.fault("HL105", "a key must be a text, not a list or a mapping", event, hint)
            self.result.lossy.add(id(self.top))
            self.muted = min(self.muted, len(self.stack))
            after = False
        else:
            self.attach(node)
        self.stack.append((self.top, after, event.anchor, self.count))
        self.top, self.key = node, None

    def finish(self) -> None:
        node = self.top
        self.top, self.key, anchor, count = self.stack.pop()
        if len(self.stack) == self.muted:
            self.muted = DEEPEST
        if anchor is not None and self.anchors[anchor].node is node:
            self.anchors[anchor] = _Anchored(node, self.count - count + 1)

    def alias(self, event: Any) -> None:
        anchored = self.anchors.get(event.anchor)
        if self.key is None and self.top.keys is not None:
            self.bump(event, 1)
            self.fault("HL105", f"*{event.anchor} cannot be a key", event, _STAR)
            self.result.lossy.add(id(self.top))
            self.key = False
        elif anchored is None:
            self.bump(event, 1)
            message = f"*{event.anchor} refers to &{event.anchor}, which does not stand before it"
            self.fault("HL103", message, event, _STAR)
            self.attach(self.blank(event))
        elif anchored.size is None:
            self.bump(event, 1)
            self.fault("HL107", f"&{event.anchor} holds itself", event, "write it out")
            self.attach(self.blank(event))
        else:
            self.bump(event, anchored.size)
            if len(self.stack) + self.height(anchored.node) > DEEPEST:
                self.too_deep(event)
            self.attach(anchored.node)

    def blank(self, event: Any) -> Node:
        """A node in place of one that cannot be had."""
        node = Node(None, "", event.start_mark, event.end_mark)
        self.result.broken.add(id(node))
        return node

    def attach(self, node: Node) -> None:
        """Put a finished scalar or a new container where it belongs."""
        children, data = self.top.children, self.top.data
        if isinstance(children, list):
            children.append(node)
            data.append(node.data)
            self.root = self.root or node
            return
        if isinstance(self.key, str):
            cast("dict[str, Node]", children)[self.key] = node
            data[self.key] = node.data
        self.key = None

    def height(self, node: Node) -> int:
        """How many levels of containers a node holds, itself counted."""
        if node.children is None:
            return 0
        known = self.heights.get(id(node))
        if known is None:
            inner = node.children.values() if isinstance(node.children, dict) else node.children
            known = 1 + max((self.height(child) for child in inner), default=0)
            self.heights[id(node)] = known
        return known

    def bump(self, event: Any, nodes: int) -> None:
        """Count nodes; reading stops where there are too many."""
        self.count += nodes
        if self.count > MOST_NODES:
            message = f"the file holds more than {MOST_NODES:,} values, aliases counted in full"
            self.fault("HL102", message, event, "split it: a state can include another file")
            raise _Stop

    def too_deep(self, event: Any) -> None:
        message = f"here more than {DEEPEST} lists and mappings are nested"
        self.fault("HL102", message, event, "nest less deeply")
        raise _Stop

    def tag(self, event: Any) -> None:
        message = f"tags such as {event.tag[:40]!r} are not allowed"
        self.fault("HL107", message, event, "a text that begins with ! stands in quotes")

    def fault(
        self, code: str, message: str, event: Any, hint: str, mark: Mark | None = None
    ) -> None:
        """Report a fault at the event, or at another place; none inside what is dropped."""
        if len(self.stack) > self.muted:
            return
        mark = mark or event.start_mark
        where = Location(self.name, mark.line + 1, mark.column + 1)
        self.result.faults.append(_error(code, message, where, hint))
        if len(self.result.faults) >= MOST_FAULTS:
            raise _Stop


def _why_empty(key: str, *, first: bool) -> str:
    """What to do about a field in braces that has no value: most are pieces of a text."""
    if re.match(r"\w+ [\"']", key):
        return "write a colon after the name"
    if ":" in key:
        return "write a space after the colon"
    if first:
        return "a text that begins with { stands in quotes"
    return "if it belongs to the text before the comma, put the whole text in quotes"


_STAR = "a text that begins with * stands in quotes"
