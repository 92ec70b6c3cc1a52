"""What each state declares, parsed: choices, branches, blocks, before they are wired.

What they are made of is read in `reading`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.compiler.names import type_of
from heartline.compiler.reading import NOWHERE, Reader
from heartline.durations import format_duration, parse_duration
from heartline.expressions import (
    BOOL,
    NUMBER,
    And,
    Assign,
    Happened,
    Literal,
    Not,
    TextType,
    parse_expression,
)
from heartline.plan import Block, ChoiceSpec, Edge, When, event_name
from heartline.scenario import NARRATOR
from heartline.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from heartline.compiler.findings import Findings, Path
    from heartline.compiler.names import Names
    from heartline.compiler.units import Layer, Node, Unit
    from heartline.expressions import Action, Symbol, Tree
    from heartline.scenario import Block as AuthoredBlock
    from heartline.scenario import Branch, Choice

__all__ = ["Draft", "Drafter"]


@dataclass(eq=False)
class Draft:
    """All that one state declares, its layers from the innermost outwards already merged."""

    choices: dict[str, ChoiceSpec] = field(default_factory=dict)
    events: dict[str, list[Edge]] = field(default_factory=dict)
    after: dict[str, list[Edge]] = field(default_factory=dict)
    always: list[Edge] = field(default_factory=list)
    entry: Block = field(default_factory=Block)
    exit: Block = field(default_factory=Block)


class Drafter(Reader):
    """Drafts all states of a tree; keeps their edges, and where these lead."""

    def __init__(self, names: Names, findings: Findings) -> None:
        super().__init__(names, findings)
        self.edges: list[Edge] = []
        self.targets: dict[int, Node] = {}
        self.delays: dict[str, timedelta] = {}
        self.ends: dict[tuple[Node, str], list[Edge]] = {}

    def draft(self, node: Node) -> Draft:
        """Parse what a state declares."""
        draft = Draft()
        for layer in node.layers:
            for name, choice in layer.choices.items():
                if name not in draft.choices:
                    draft.choices[name] = self.choice(node, layer, name, choice)
            for name, branches in layer.events.items():
                draft.events.setdefault(name, []).extend(
                    self.branches("event", name, node, layer, ("events", name), branches)
                )
            for name, branches in layer.after.items():
                self.after(draft, node, layer, name, branches)
            draft.always += self.branches("always", "", node, layer, ("always",), layer.always)
        if node.ends is not None:
            self.done(draft, node)
        self.blocks(draft, node)
        return draft

    # Parts ------------------------------------------------------------------------------------

    def choice(self, node: Node, layer: Layer, name: str, choice: Choice) -> ChoiceSpec:
        unit, path = layer.unit, (*layer.path, "choices", name)
        role = self.role(choice.by, unit, (*path, "by"))
        cause = event_name("choice", name)
        conditions: list[Tree] = []
        if choice.once:
            taken: Symbol = ("taken", name)
            self.counters.setdefault(taken, 1)
            conditions.append(Not(NOWHERE, BOOL, Happened(NOWHERE, BOOL, taken)))
        whole = self.guard(choice.when, unit, (*path, "when"), cause)
        if whole is not None:
            conditions.append(whole.tree)
        texts: list[Text] = []
        spec = ChoiceSpec(
            id=name,
            role=role,
            declared_in=node.name or None,
            label=_in_words(name),
            say=self.said(
                choice.say, unit, (*path, "say"), cause, role, ("taken", name), texts=texts
            ),
            why=self.text(choice.why, unit, (*path, "why")),
            hide=choice.if_closed == "hide",
            once=choice.once,
            tags=choice.tags,
            location=unit.loaded.sources.locate(path, key=True),
            path=path,
            event=cause,
            conditions=tuple(conditions),
        )
        label = self.text(choice.label, unit, (*path, "label"))
        if label is not None:
            spec.label = label
        elif texts:
            spec.label = texts[0]
        if choice.weight is not None:
            parsed = parse_expression(choice.weight, self.names.scopes[unit.prefix], NUMBER)
            spec.weight_tree = self.findings.take(parsed, unit, (*path, "weight"))
            if spec.weight_tree is not None:
                self.patch(spec, "weight", spec.weight_tree)
        acts = self.actions(choice.do, unit, (*path, "do"))
        if choice.branches is None:
            edge = self.edge("choice", name, node, unit, path, choice.to, role, choice.tags)
            edges: list[tuple[Edge, When | None]] = [(edge, None)]
            self.act(edge, acts, choice.do)
        else:
            edges = []
            for index, branch in enumerate(choice.branches):
                here = (*path, "branches", index)
                edge, own, when = self.branch(
                    "choice", name, node, unit, here, branch, role, choice.tags
                )
                self.act(edge, [*acts, *own], (*choice.do, *branch.do))
                edges.append((edge, when))
        spec.edges = tuple(edge for edge, _ in edges)
        spec.branches = tuple(None if when is None else when.tree for _, when in edges)
        for edge, when in edges:
            edge.whens = tuple(each for each in (whole, when) if each is not None)
            edge.opening = spec.say
            guard = None if choice.branches is None else choice.branches[edge.order].when
            edge.when = _written(f"not chosen({name})" if choice.once else None, choice.when, guard)
            self.condition(edge, [*conditions, *([] if when is None else [when.tree])])
        return spec

    def branches(
        self, kind: str, trigger: str, node: Node, layer: Layer, where: Path,
        branches: Sequence[Branch],
    ) -> list[Edge]:  # fmt: skip
        found = []
        for index, branch in enumerate(branches):
            path = (*layer.path, *where, index)
            edge, acts, when = self.branch(kind, trigger, node, layer.unit, path, branch, None, ())
            self.act(edge, acts, branch.do)
            edge.when = branch.when
            self.only(edge, when)
            found.append(edge)
        return found

    def branch(
        self, kind: str, trigger: str, node: Node, unit: Unit, path: Path, branch: Branch,
        role: str | None, tags: tuple[str, ...],
    ) -> tuple[Edge, list[Action], When | None]:  # fmt: skip
        edge = self.edge(kind, trigger, node, unit, path, branch.to, role, tags)
        edge.order = path[-1] if isinstance(path[-1], int) else 0
        when = self.guard(branch.when, unit, (*path, "when"), event_name(kind, trigger))
        edge.closing = self.said(
            branch.say, unit, (*path, "say"), event_name(kind, trigger), NARRATOR,
            ("visits", node.name),
        )  # fmt: skip
        return edge, self.actions(branch.do, unit, (*path, "do")), when

    def after(
        self, draft: Draft, node: Node, layer: Layer, name: str, branches: Sequence[Branch]
    ) -> None:
        unit, path = layer.unit, (*layer.path, "after", name)
        if name[:1].isdigit():
            try:
                length = parse_duration(name)
            except ValueError as error:
                self.findings.error("HL204", str(error), unit, path, key=True)
                return
            timer = f"{node.name}.{format_duration(length)}".lstrip(".")
            self.delays[timer] = length
            if timer not in draft.exit.stops:  # 14d and 2w, or here and in the included file
                draft.entry.starts = (*draft.entry.starts, (timer, length))
                draft.exit.stops = (*draft.exit.stops, timer)
        else:
            timer = self.names.texts[unit.prefix].timer(name) or ""
            if not timer:
                known = [each.removeprefix(unit.prefix) for each in self.names.timers]
                self.findings.unknown("HL304", "timer", name, known, unit, path, key=True)
                return
        draft.after.setdefault(timer, []).extend(
            self.branches("after", timer, node, layer, ("after", name), branches)
        )

    def done(self, draft: Draft, node: Node) -> None:
        """A final state of an included file leads on at once, as the including state says."""
        assert node.unit.within is not None
        host = node.unit.within
        outer = host.layers[-1]
        known = self.ends.get((host, node.ends or ""))
        if known is not None:
            draft.always += known
            return
        branches = host.state.done.get(node.ends or "", ())
        for index, branch in enumerate(branches):
            path = (*outer.path, "done", node.ends or "", index)
            edge, acts, when = self.branch("always", "", host, outer.unit, path, branch, None, ())
            self.act(edge, acts, branch.do)
            edge.when = branch.when
            self.only(edge, when)
            draft.always.append(edge)
        self.ends[host, node.ends or ""] = list(draft.always)

    def blocks(self, draft: Draft, node: Node) -> None:
        unit, state = node.layers[-1].unit, node.state
        first: list[Action] = [] if node.included is None else self.begin_included(node)
        for block, authored, name in (
            (draft.entry, state.entry, "entry"), (draft.exit, state.exit, "exit"),
        ):  # fmt: skip
            self.block(block, authored, node, unit, name, first if name == "entry" else [])
        if node.included is not None:
            inner = node.included
            draft.exit.stops += tuple(inner.qualify(timer) for timer in inner.file.timers)

    def block(
        self, block: Block, authored: AuthoredBlock, node: Node, unit: Unit, name: str,
        first: list[Action],
    ) -> None:  # fmt: skip
        path = (*node.path, name)
        acts = [*first, *self.actions(authored.do, unit, (*path, "do"))]
        if acts:
            block.actions = tuple(acts)
            self.patch(block, "act", block.actions)
        block.lines = self.said(
            authored.say, unit, (*path, "say"), f"{name} {node.name}", NARRATOR,
            ("visits", node.name),
        )  # fmt: skip

    def begin_included(self, node: Node) -> list[Action]:
        """On the way in, an included file's variables get their first values or its parameters."""
        inner, outer = node.included, node.layers[-1].unit
        assert inner is not None
        given = node.state.parameters
        for name in given:
            variable = inner.file.context.get(name)
            path = (*node.path, "with", name)
            inputs = [each for each, declared in inner.file.context.items() if declared.input]
            if variable is None or not variable.input:
                self.findings.unknown(
                    "HL703", "input of the included file", name, inputs, outer, path, key=True
                )
            elif isinstance(type_of(variable), TextType):
                self.findings.error(
                    "HL703", f"{name!r} is a text, and a text cannot be handed on", outer, path,
                    "let the included file's lines use the names of the roles instead", key=True,
                )  # fmt: skip
        acts: list[Action] = []
        for name, variable in inner.file.context.items():
            declaration = self.names.variables[inner.qualify(name)]
            if isinstance(declaration.type, TextType):
                continue
            value: Tree | None = Literal(NOWHERE, declaration.type, variable.initial)
            if name in given and variable.input:
                scope = self.names.scopes[outer.prefix]
                parsed = parse_expression(given[name], scope, declaration.type)
                value = self.findings.take(parsed, outer, (*node.path, "with", name))
            if value is not None:
                acts.append(Assign(NOWHERE, declaration, value))
        return acts

    # Pieces -----------------------------------------------------------------------------------

    def edge(
        self, kind: str, trigger: str, node: Node, unit: Unit, path: Path, to: str | None,
        role: str | None, tags: tuple[str, ...],
    ) -> Edge:  # fmt: skip
        target = None
        if to is not None:
            target = unit.nodes.get(to)
            if target is None:
                self.findings.unknown("HL301", "state", to, unit.nodes, unit, (*path, "to"))
        edge = Edge(
            kind, trigger, node.name or None, None if target is None else target.name, role, None,
            (), tags, unit.loaded.sources.locate(path, key=True), path,
        )  # fmt: skip
        self.edges.append(edge)
        if target is not None:
            self.targets[id(edge)] = target
        return edge

    def act(self, edge: Edge, acts: list[Action], written: Iterable[str]) -> None:
        edge.do = tuple(written)
        if acts:
            edge.actions = tuple(acts)
            self.patch(edge, "act", tuple(acts))

    def condition(self, edge: Edge, conditions: list[Tree]) -> None:
        if len(conditions) == 1:
            edge.condition = conditions[0]
        elif conditions:
            edge.condition = And(NOWHERE, BOOL, tuple(conditions))
        if edge.condition is not None:
            self.patch(edge, "guard", edge.condition)

    def only(self, edge: Edge, when: When | None) -> None:
        """Give an edge that is no choice's its guard."""
        if when is not None:
            edge.whens = (when,)
            self.condition(edge, [when.tree])


def _written(*parts: str | None) -> str | None:
    """Several guards as one, the way an author would write it."""
    given = [part for part in parts if part is not None]
    if len(given) > 1:
        given = [f"({part})" if " or " in part or " if " in part else part for part in given]
    return " and ".join(given) or None


def _in_words(name: str) -> Text:
    words = name.replace("_", " ").capitalize()
    return Text(words, (words,))
