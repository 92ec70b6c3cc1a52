"""From a file and those that it includes to one tree of states with names that are unique.

A `Unit` is one file in its place: the outermost, or one included in a state, whose names then
carry that state's name and a dot in front. A `Node` is one state. A state that includes a file
holds that file's states as its inner ones; a final state of the file becomes a leaf that leads
at once to where the including state's `done` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from heartline.loader import load_include
from heartline.scenario import ScenarioFile, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heartline.compiler.findings import Findings, Path
    from heartline.diagnostics import Location
    from heartline.loader import Loaded
    from heartline.scenario import Branch, Choice

__all__ = ["Layer", "Node", "ReadInclude", "Unit", "expand"]

ReadInclude = Callable[["Loaded", str, "Location | None"], "Loaded"]

MOST_INCLUDES = 64
DEEPEST = 24


@dataclass(eq=False)
class Unit:
    """One file in its place. `roles` maps its roles to those of the outermost file."""

    prefix: str
    loaded: Loaded
    file: ScenarioFile
    roles: Mapping[str, str]
    outer: Unit | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    within: Node | None = None

    def qualify(self, name: str) -> str:
        """The name under which the whole scenario knows a name of this file."""
        return self.prefix + name


@dataclass(frozen=True, eq=False)
class Layer:
    """What one file declares at one state. `path` leads to the declaring mapping."""

    unit: Unit
    path: Path
    choices: Mapping[str, Choice]
    events: Mapping[str, tuple[Branch, ...]]
    after: Mapping[str, tuple[Branch, ...]]
    always: tuple[Branch, ...] = ()


@dataclass(eq=False)
class Node:
    """A state in the tree. The root, which holds all, has the name ""."""

    name: str
    unit: Unit
    path: Path
    state: State
    kind: Literal["leaf", "compound", "final", "history", "root"]
    parent: Node | None
    depth: int
    layers: tuple[Layer, ...] = ()
    children: list[Node] = field(default_factory=list)
    included: Unit | None = None
    ends: str | None = None  # the outcome of an included file that being here means

    def ancestors(self) -> Iterator[Node]:
        """This node, then outwards to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def leaves(self) -> Iterator[Node]:
        """The states below that a conversation can be in, or this one; not the root's recursion."""
        if self.kind in ("leaf", "final"):
            yield self
        for child in self.children:
            yield from child.leaves()

    def holds(self, other: Node) -> bool:
        """Whether `other` lies strictly inside this node."""
        while other.depth > self.depth and other.parent is not None:
            other = other.parent
            if other is self:
                return True
        return False


def expand(
    loaded: Loaded, file: ScenarioFile, findings: Findings, read: ReadInclude = load_include
) -> tuple[Node, list[Unit]]:
    """The tree of all states and the units, the outermost first. Faults go to `findings`.

    `read` reads the files that are included.
    """
    unit = Unit("", loaded, file, {role: role for role in file.cast})
    whole = State.model_construct(initial=file.initial, states=file.states)
    root = Node("", unit, (), whole, "root", None, 0)
    root.layers = (Layer(unit, (), file.choices, file.events, file.after),)
    units = [unit]
    _Expander(findings, units, read).children(root, unit, ("states",), [_identity(loaded)])
    return root, units


class _Expander:
    def __init__(self, findings: Findings, units: list[Unit], read: ReadInclude) -> None:
        self.findings = findings
        self.units = units
        self.read = read

    def children(self, parent: Node, unit: Unit, path: Path, chain: list[str]) -> None:
        states = unit.file.states if path == ("states",) else parent.state.states
        if parent.depth >= DEEPEST:
            self.findings.error(
                "HL102", f"states are nested more than {DEEPEST} deep", unit, path[:-1],
                "flatten them, or put a part into a file of its own", key=True,
            )  # fmt: skip
            return
        for name, state in states.items():
            here = (*path, name)
            node = Node(
                unit.qualify(name), unit, here, state, _kind(state), parent, parent.depth + 1
            )
            if name in unit.nodes:
                first = unit.loaded.sources.locate(unit.nodes[name].path, key=True)
                self.findings.error(
                    "HL308", f"there are two states called {name!r}; the first is on line "
                    f"{first.line}", unit, here,
                    "give each state of a file a name of its own, also inside other states",
                    key=True,
                )  # fmt: skip
            else:
                unit.nodes[name] = node
            parent.children.append(node)  # so that what it holds is known, and not missed too
            if unit.within is not None and node.kind == "final":
                node.kind, node.ends = "leaf", state.outcome
            node.layers = (
                Layer(unit, here, state.choices, state.events, state.after, state.always),
            )
            if state.include is not None:
                self.include(node, unit, state.include, chain)
            else:
                self.children(node, unit, (*here, "states"), chain)

    def include(self, node: Node, unit: Unit, name: str, chain: list[str]) -> None:
        path = (*node.path, "include")
        loaded = self.read(unit.loaded, name, unit.loaded.sources.locate(path))
        if loaded.file is None:
            self.findings.all.extend(loaded.diagnostics)
            return
        identity = _identity(loaded)
        if identity in chain:
            self.findings.error(
                "HL702", f"{name} is already being included here, so it would hold itself", unit,
                path, "a file can include others, but none that includes it",
            )  # fmt: skip
            return
        if len(self.units) > MOST_INCLUDES:
            self.findings.error(
                "HL702", f"more than {MOST_INCLUDES} files are included", unit, path
            )
            return
        self.findings.all.extend(loaded.diagnostics)
        inner = Unit(
            f"{node.name}.", loaded, loaded.file, self.roles(node, unit, loaded.file), unit
        )
        inner.within = node
        self.units.append(inner)
        node.kind, node.included = "compound", inner
        file = loaded.file
        node.layers = (Layer(inner, (), file.choices, file.events, file.after), *node.layers)
        self.children(node, inner, ("states",), [*chain, identity])
        self.outcomes(node, unit, inner)

    def roles(self, node: Node, unit: Unit, file: ScenarioFile) -> dict[str, str]:
        """Who plays each role of an included file: as mapped, or the role of the same name."""
        mapped, path = node.state.roles, (*node.path, "as")
        for role in mapped:
            if role not in file.cast:
                self.findings.unknown(
                    "HL703", "role of the included file", role, file.cast, unit, (*path, role),
                    key=True,
                )  # fmt: skip
        roles = {}
        for role in file.cast:
            outer = mapped.get(role, role)
            if outer in unit.roles:
                roles[role] = unit.roles[outer]
            elif role in mapped:
                self.findings.unknown("HL305", "role", outer, unit.roles, unit, (*path, role))
            else:
                self.findings.error(
                    "HL703", f"the included file has a role {role!r} that nobody here plays", unit,
                    (*node.path, "include"),
                    f"say who plays it: as: {{{role}: {next(iter(unit.roles))}}}",
                )  # fmt: skip
            roles.setdefault(role, next(iter(unit.roles.values())))
        return roles

    def outcomes(self, node: Node, unit: Unit, inner: Unit) -> None:
        reached = {leaf.ends for leaf in node.leaves() if leaf.ends and leaf.unit is inner}
        misspelt = set(node.state.done) - reached
        missing = reached - set(node.state.done) if not misspelt else ()  # one of them is meant
        for outcome in sorted(missing):
            self.findings.error(
                "HL704", f"the included file can end with {outcome!r}, and 'done' does not say "
                "where that leads", unit, (*node.path, "done"), f"add {outcome}: STATE under done",
            )  # fmt: skip
        for outcome, branches in node.state.done.items():
            if all(branch.when is not None for branch in branches):
                self.findings.error(
                    "HL704", f"all branches for the outcome {outcome!r} have a guard, and where "
                    "none of them holds the included file could not be left", unit,
                    (*node.path, "done", outcome), "add a last branch without 'when'", key=True,
                )  # fmt: skip
            if outcome in misspelt:
                self.findings.unknown(
                    "HL310", "outcome of the included file", outcome, reached, unit,
                    (*node.path, "done", outcome), key=True,
                )  # fmt: skip


def _kind(state: State) -> Literal["leaf", "compound", "final", "history"]:
    if state.type is not None:
        return state.type
    return "compound" if state.states else "leaf"


def _identity(loaded: Loaded) -> str:
    return str(loaded.path or loaded.inside)
