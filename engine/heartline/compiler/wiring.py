"""From drafts to the machine: who inherits what, what each way exits and enters, and the frame.

Hierarchy ends here. For each leaf the declarations from the leaf outwards are gathered, innermost
first, and each edge becomes one way of that leaf, with the blocks that it passes already listed.
A way to a history state becomes one way for each state that could be remembered, and one for
when nothing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.plan import ChoiceSpec, Leaf, StateInfo, Wiring, event_name, remembering

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heartline.compiler.drafts import Draft
    from heartline.compiler.findings import Findings
    from heartline.compiler.units import Node
    from heartline.expressions import Symbol
    from heartline.plan import Block, Edge

__all__ = ["Arrival", "Wirer", "state_infos"]

Arrival = tuple["Node", "tuple[Symbol, str | None] | None"]


class Wirer:
    """Wires all leaves of a tree."""

    def __init__(
        self,
        root: Node,
        drafts: Mapping[Node, Draft],
        targets: Mapping[int, Node],
        engine: Mapping[str, bool],
        findings: Findings,
    ) -> None:
        self.root = root
        self.drafts = drafts
        self.targets = targets
        self.engine = engine
        self.findings = findings
        self.layout: Mapping[Symbol, int] = {}
        self._arrivals: dict[Node, list[Arrival]] = {}

    # Where a target leads -----------------------------------------------------------------------

    def initial(self, node: Node) -> Node:
        """The leaf that entering a state descends to."""
        while node.kind in ("compound", "root"):
            node = self.first(node)
        return node

    def first(self, node: Node) -> Node:
        """The inner state that a state begins in. Faults have been reported by `check`."""
        unit = node.included or node.unit
        name = unit.file.initial if node.included or node.kind == "root" else node.state.initial
        found = unit.nodes.get(name) if name is not None else None
        if found is None or not node.holds(found) or found.kind == "history":
            found = next(child for child in node.children if child.kind != "history")
        return found

    def check(self, node: Node) -> None:
        """Report an `initial` or `default` that does not lead inwards, here and below."""
        unit = node.included or node.unit
        top = node.included is not None or node.kind == "root"
        name = unit.file.initial if top else node.state.initial
        path = ("initial",) if top else (*node.path, "initial")
        if node.kind in ("compound", "root"):
            found = unit.nodes.get(name) if name is not None else None
            inner = [child.name.removeprefix(unit.prefix) for child in node.children]
            if name is not None and (found is None or not node.holds(found)):
                self.findings.unknown(
                    "HL301", "inner state" if node.name else "state", name, inner, unit, path
                )
            elif found is not None and found.kind == "history":
                self.findings.error(
                    "HL510", f"{name!r} is a history, and nothing begins by being remembered",
                    unit, path, "begin in a state, and let others lead to the history",
                )  # fmt: skip
            elif all(child.kind == "history" for child in node.children):
                self.findings.error(
                    "HL510", f"{node.name or 'the file'!r} holds nothing but histories", unit,
                    (*node.path, "states"), "give it a state to be in", key=True,
                )  # fmt: skip
        if node.kind == "history" and node.state.default is not None and node.parent is not None:
            found = node.unit.nodes.get(node.state.default)
            if found is None or not node.parent.holds(found) or found.kind == "history":
                inner = [
                    child.name.removeprefix(node.unit.prefix)
                    for child in node.parent.children
                    if child is not node
                ]
                self.findings.unknown(
                    "HL301", "state beside this history", node.state.default, inner, node.unit,
                    (*node.path, "default"),
                )  # fmt: skip
        for child in node.children:
            self.check(child)

    def arrivals(self, target: Node) -> list[Arrival]:
        """The leaves that a target can mean, each with the memory that makes it so."""
        if target not in self._arrivals:
            if target.kind != "history":
                self._arrivals[target] = [(self.initial(target), None)]
            else:
                self._arrivals[target] = list(self.remembered(target))
        return self._arrivals[target]

    def remembered(self, history: Node) -> Iterator[Arrival]:
        parent = history.parent
        assert parent is not None
        symbol = ("history", history.name)
        found: dict[Node, None] = {}  # in order, each once
        for leaf in parent.leaves():
            below = next(node for node in leaf.ancestors() if node.parent is parent)
            place = self.place(leaf, history, below)
            if leaf.kind != "final" and place is not None:
                found[place] = None
        for place in found:
            yield self.initial(place), (symbol, place.name)
        yield self.default(history), (symbol, None)

    def default(self, history: Node) -> Node:
        """The leaf that a history leads to while it remembers nothing."""
        parent = history.parent
        assert parent is not None
        default = history.unit.nodes.get(history.state.default or "")
        start = default if default is not None and parent.holds(default) else self.first(parent)
        return self.initial(start)

    def place(self, leaf: Node, history: Node, below: Node) -> Node | None:
        """What a history remembers of a leaf that lies in `below`, a state beside the history:
        the leaf where the history is deep, else `below`. An included file that has ended is not
        come back to where it ended: it begins again."""
        if not history.state.deep:
            return None if below is leaf and leaf.ends is not None else below
        if leaf.ends is None:
            return leaf
        host = leaf.unit.within
        return host if host and history.parent and history.parent.holds(host) else None

    # What a way passes --------------------------------------------------------------------------

    def begin(self) -> tuple[Node, tuple[Block, ...]]:
        """The first leaf, and what is entered on the way to it."""
        leaf = self.initial(self.root)
        return leaf, self.entered(leaf, None)

    def entered(self, leaf: Node, domain: Node | None) -> tuple[Block, ...]:
        passed = []
        for node in leaf.ancestors():
            if node is domain:
                break
            block = self.drafts[node].entry
            if block:
                passed.append(block)
        return tuple(reversed(passed))

    def wire(self, leaf: Node, declaring: Node, event: str, edge: Edge) -> Iterator[Wiring]:
        """The ways of one leaf that one edge becomes."""
        target = self.targets.get(id(edge))
        if target is None:
            yield Wiring(event, leaf.name, None, edge, edge.guard)
            return
        domain = declaring
        while not domain.holds(target):
            assert domain.parent is not None
            domain = domain.parent
        exits: list[Block] = []
        remembers: list[tuple[int, str | None]] = []
        places: dict[Node, Node | None] = {}
        below = leaf
        for node in leaf.ancestors():
            if node is domain:
                break
            for child in node.children:
                if child.kind == "history":
                    place = places[child] = self.place(leaf, child, below)
                    slot = self.layout["history", child.name]
                    remembers.append((slot, place.name if place else None))
            block = self.drafts[node].exit
            if block:
                exits.append(block)
            below = node
        # A way that leaves the parent of the history that it leads to comes back to where it was.
        here = places.get(target, target)
        arrivals = self.arrivals(here) if here else [(self.default(target), None)]
        for arrival, memory in arrivals:
            guard = edge.guard
            history = None
            if memory is not None:
                history = (self.layout[memory[0]], memory[1])
                guard = remembering(history, edge.guard)
            yield Wiring(
                event, leaf.name, arrival.name, edge, guard, history, tuple(remembers),
                tuple(exits), self.entered(arrival, domain),
            )  # fmt: skip

    def leaf(self, node: Node, info: StateInfo) -> tuple[Leaf, list[Wiring]]:
        """A leaf, with all that it has and inherits."""
        leaf = Leaf(info, frozenset(tag for each in node.ancestors() for tag in each.state.tags))
        if node.kind == "final":
            return leaf, []
        wirings: list[Wiring] = []
        choices: dict[str, ChoiceSpec] = {}
        handles: set[str] = set()
        for declaring in node.ancestors():
            draft = self.drafts[declaring]
            for name, spec in draft.choices.items():
                if name not in choices:
                    choices[name] = spec
                    for edge in spec.edges:
                        wirings += self.wire(node, declaring, spec.event, edge)
            for kind, groups in (("event", draft.events), ("after", draft.after)):
                for trigger, edges in groups.items():
                    if kind == "after":
                        handles.add(trigger)
                    for edge in edges:
                        wirings += self.wire(node, declaring, event_name(kind, trigger), edge)
            for edge in draft.always:
                source = node.unit.within if node.ends is not None and declaring is node else None
                wirings += self.wire(node, source or declaring, "always", edge)
                leaf.eventless = True
        leaf.choices = tuple(choices.values())
        leaf.offers = choices
        leaf.engine = tuple(spec for spec in leaf.choices if self.engine[spec.role])
        leaf.handles = frozenset(handles)
        return leaf, wirings


def state_infos(root: Node) -> dict[str, StateInfo]:
    """What is known of every state, outer ones before inner ones, in the order of the file."""
    infos: dict[str, StateInfo] = {}

    def visit(node: Node, path: tuple[str, ...]) -> None:
        if node.name:
            path = (*path, node.name)
            short = node.name.rsplit(".", 1)[-1]
            infos[node.name] = StateInfo(
                node.name,
                node.kind,
                path,
                node.state.title or short.replace("_", " ").capitalize(),
                node.state.tags,
                node.unit.loaded.sources.locate(node.path, key=True),
                node.state.outcome if node.kind == "final" else None,
            )
        for child in node.children:
            visit(child, path)

    visit(root, ())
    return infos
