"""Brings mutants to life: on the compiled machine where that is exact, else by compiling anew.

    workshop = Workshop(loaded)
    with workshop.alive(mutant) as scenario:      # None where it does not compile
        run_case(scenario, case)

How it works. The compiler hands over what it made the machine of (`compiler.Parts`). A mutant that
lies in one choice, one branch or one block has that part drafted anew by the compiler itself, from
the changed shape; what comes out is put into the parts that the machine holds, the ways that pass
there are wired anew by the compiler's own wirer, and all is put back in the end. That takes less
than a millisecond, where compiling takes two hundred.

A part is exact on its own only while it counts the same visits and choices, since these decide
what the frame holds. Whatever else reaches further (named guards, the lengths of timers, what an
included file begins with) is compiled anew. A test holds both ways against each other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from heartline.compiler import compile_scenario, settle_choice
from heartline.compiler.findings import Findings
from heartline.conversation import Scenario
from heartline.expressions import Codegen
from heartline.loader import load_include
from heartline.machine import Way
from heartline.plan import Block
from heartline.testing.mutation.mutant import Edit, edited

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from heartline.compiler import Parts
    from heartline.compiler.units import Layer, Node, Unit
    from heartline.diagnostics import Location
    from heartline.expressions import Symbol
    from heartline.loader import Loaded
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec, Edge, Wiring
    from heartline.scenario import ScenarioFile
    from heartline.testing.mutation.mutant import Mutant, Path

    Made = ChoiceSpec | tuple[Edge, ...] | Block
    Undo = list[Callable[[], None]]

__all__ = ["Living", "Part", "Workshop"]

_SECTIONS = {"choices", "events", "after", "always", "entry", "exit"}
_LINKS = {"counts", "handles"}  # of an edge: set by the compiler once it knows the frame


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a state that can be drafted on its own: where it stands, and what it became.

    `made` is what the machine holds of it: a choice, the edges of a branch list, or a block.
    """

    unit: Unit
    node: Node
    layer: Layer
    path: Path
    made: Made


@dataclass(frozen=True, slots=True)
class Living:
    """A mutant that can be played. `parts` are what was changed in place, None where it was
    compiled anew; `scenario` is None where it does not compile, and `why` says why."""

    scenario: Scenario | None
    parts: tuple[Part, ...] | None = None
    why: str = ""


class _Further(Exception):
    """The change reaches further than its part, so all is compiled anew."""


class Workshop:
    """One scenario, compiled once, in which mutants are made one at a time."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._included: dict[tuple[str, str], Loaded] = {}
        kept: list[Parts] = []
        compiled = compile_scenario(loaded, read=self._read, keep=kept.append)
        if compiled.machine is None or loaded.file is None:
            raise ValueError("a scenario that cannot be played has no mutants")
        self.parts = kept[0]
        self.machine: Machine = compiled.machine.watching()  # so that promises can be held
        self.scenario = Scenario(loaded.file, self.machine, compiled.diagnostics)
        self._declaring = _declaring(self.parts)
        self._leaves = {node.name: node for node in self.parts.drafts}
        self._of_edge: dict[int, list[Wiring]] = {}
        self._of_block: dict[int, list[Wiring]] = {}
        for wiring in self.machine.wirings:
            self._of_edge.setdefault(id(wiring.edge), []).append(wiring)
            for block in (*wiring.exits, *wiring.entries):
                self._of_block.setdefault(id(block), []).append(wiring)
        self._at: dict[tuple[str, str], list[Wiring]] = {}
        for wiring in self.machine.wirings:
            self._at.setdefault((wiring.event, wiring.source), []).append(wiring)
        self._counted: dict[tuple[int, Path], dict[Symbol, int]] = {}

    @contextmanager
    def alive(self, mutant: Mutant, *, anew: bool = False) -> Iterator[Living]:
        """The mutant, to be played while the block runs; `anew` compiles it in any case."""
        undo: Undo = []
        try:
            living: Living | None = None
            if not anew:
                try:
                    living = self._patched(mutant, undo)
                except _Further:
                    for each in reversed(undo):
                        each()
                    undo.clear()
            yield living if living is not None else self._compiled(mutant)
        finally:
            for each in reversed(undo):
                each()

    # Compiled anew ------------------------------------------------------------------------------

    def _read(self, loaded: Loaded, name: str, where: Location | None) -> Loaded:
        key = (str(loaded.path), name)
        if key not in self._included:
            self._included[key] = load_include(loaded, name, where)
        return self._included[key]

    def _compiled(self, mutant: Mutant) -> Living:
        def changed(loaded: Loaded) -> Loaded:
            if loaded.file is None or loaded.sources.name != mutant.file:
                return loaded
            return replace(loaded, file=_edited(loaded.file, mutant.edits))

        compiled = compile_scenario(
            changed(self.loaded),
            read=lambda loaded, name, where: changed(self._read(loaded, name, where)),
        )
        if compiled.machine is None or self.loaded.file is None:
            errors = [found for found in compiled.diagnostics if found.severity.value == "error"]
            return Living(None, None, errors[0].message if errors else "it does not compile")
        return Living(Scenario(self.loaded.file, compiled.machine, compiled.diagnostics))

    # Changed in place ---------------------------------------------------------------------------

    def _patched(self, mutant: Mutant, undo: Undo) -> Living:
        units = [unit for unit in self.parts.units if unit.loaded.sources.name == mutant.file]
        first = mutant.edits[0].path
        if first[0] == "context" and first[2] == "initial":
            self._initial(units, mutant.edits[0], undo)
            return Living(self.scenario, ())
        found: list[Part] = []
        for unit in units:
            part, edits = self.part(unit, mutant.edits)
            self._remake(part, edits, undo)
            found.append(part)
        return Living(self.scenario, tuple(found))

    def _initial(self, units: list[Unit], edit: Edit, undo: Undo) -> None:
        """Another first value: a slot of the frame. An included file sets its own on entry."""
        if len(units) != 1 or units[0].prefix:
            raise _Further
        machine, before = self.machine, self.machine.slots
        index = machine.layout["var", str(edit.path[1])]
        slots = list(before)
        slots[index] = replace(slots[index], initial=edit.value)
        _set(machine, "slots", tuple(slots), undo)

    def part(self, unit: Unit, edits: Sequence[Edit]) -> tuple[Part, tuple[Edit, ...]]:
        """The part that edits lie in, and the edits as they are seen from it."""
        path = edits[0].path
        node = self.parts.root if unit.within is None else unit.within
        layer = node.layers[0]
        depth = 0
        while path[depth] == "states":
            name = str(path[depth + 1])
            node = unit.nodes[name]
            layer = node.layers[-1]
            depth += 2
        section = path[depth]
        if section not in _SECTIONS or layer.unit is not unit:
            raise _Further
        wide = 1 if section in ("always", "entry", "exit") else 2
        here = path[: depth + wide]
        if len(path) <= depth + wide and wide == 2:  # the section as a whole, as for a delay
            raise _Further
        made = self._made(node, section, here)
        inner = tuple(Edit(edit.path[depth + wide :], edit.value) for edit in edits)
        return Part(unit, node, layer, here, made), inner

    def _made(self, node: Node, section: str | int, here: Path) -> Made:
        draft = self.parts.drafts[node]
        if section == "choices":
            spec = draft.choices[str(here[-1])]
            if spec.path != here or len(node.layers) > 1:
                raise _Further  # another file's choice of that name stands in front
            return spec
        if section in ("entry", "exit"):
            return draft.entry if section == "entry" else draft.exit
        groups: Mapping[str, list[Edge]] = draft.events if section == "events" else draft.after
        edges = draft.always if section == "always" else [e for g in groups.values() for e in g]
        made = tuple(
            edge for edge in edges
            if edge.path[: len(here)] == here and self._declaring.get(id(edge)) is node
        )  # fmt: skip
        if not made or len(node.layers) > 1:
            raise _Further
        return made

    def _remake(self, part: Part, edits: Sequence[Edit], undo: Undo) -> None:
        old = self._authored(part)
        new = old
        for edit in edits:
            new = edited(new, edit.path, edit.value)
        if self._counters(part, None) != self._counters(part, new):
            raise _Further
        made, targets = self._drafted(part, new)
        if isinstance(part.made, Block):
            assert isinstance(made, Block)
            for attribute in ("act", "lines", "actions"):
                _set(part.made, attribute, getattr(made, attribute), undo)
            self._pass_anew(part.made, undo)
            return
        if isinstance(part.made, tuple):
            assert isinstance(made, tuple)
            self._exchange(part.made, made, targets, undo)
            return
        assert not isinstance(made, tuple | Block)
        self._exchange(part.made.edges, made.edges, targets, undo)
        made.edges = part.made.edges
        settle_choice(made, self.parts.names, self.machine.layout)
        _put(part.made, made, undo)

    def _exchange(
        self, old: Sequence[Edge], new: Sequence[Edge], leading: Mapping[int, Node], undo: Undo
    ) -> None:
        """Put new edges into the places of old ones, and wire them."""
        targets = self.parts.drafter.targets
        for before, after in zip(old, new, strict=True):
            _put(before, after, undo, besides=_LINKS)
            was = targets.pop(id(before), None)
            undo.append(partial(_lead, targets, id(before), was))
            _lead(targets, id(before), leading.get(id(after)))
        for edge in old:
            self._wire_anew(edge, undo)

    def _wire_anew(self, edge: Edge, undo: Undo) -> None:
        """Have the compiler's wirer make the ways of an edge, leaf by leaf."""
        declaring = self._declaring[id(edge)]
        wired = self._of_edge.get(id(edge), [])
        for source in dict.fromkeys(wiring.source for wiring in wired):
            event = wired[0].event
            leaf = self._leaves[source]
            made = [
                Way(wiring.source, wiring.dest, wiring=wiring)
                for wiring in self.parts.wirer.wire(leaf, declaring, event, edge)
            ]
            ways: list[Any] = self.machine.events[event].transitions[source]
            before = list(ways)
            start = next(index for index, way in enumerate(ways) if way.edge is edge)
            count = sum(way.edge is edge for way in ways)
            ways[start : start + count] = made
            undo.append(partial(ways.__setitem__, slice(None), before))

    def _pass_anew(self, block: Block, undo: Undo) -> None:
        """Have the ways that pass a block do so as it is now."""
        places = dict.fromkeys(
            (wiring.event, wiring.source) for wiring in self._of_block.get(id(block), ())
        )
        for event, source in places:
            ways: list[Any] = self.machine.events[event].transitions[source]
            before = list(ways)
            ways[:] = [
                Way(wiring.source, wiring.dest, wiring=wiring) for wiring in self._at[event, source]
            ]
            undo.append(partial(ways.__setitem__, slice(None), before))

    # Drafting a part ----------------------------------------------------------------------------

    def _authored(self, part: Part) -> Any:
        """The authored shape of a part."""
        value: Any = part.unit.file
        for each in part.path:
            value = value[each] if isinstance(value, dict) else getattr(value, str(each))
        return value

    def _counters(self, part: Part, changed: Any) -> dict[Symbol, int]:
        """What a part counts, on its own; None stands for the part as it is."""
        key = (id(part.unit), part.path)
        if changed is None:
            if key not in self._counted:
                self._counted[key] = self._counts_of(part, self._authored(part))
            return self._counted[key]
        return self._counts_of(part, changed)

    def _counts_of(self, part: Part, authored: Any) -> dict[Symbol, int]:
        with self._drafting(part):
            self._draft(part, authored)
            return dict(self.parts.drafter.counters)

    def _drafted(self, part: Part, authored: Any) -> tuple[Made, Mapping[int, Node]]:
        """The part, drafted from another shape, with its functions, and where its edges lead."""
        drafter = self.parts.drafter
        with self._drafting(part):
            made = self._draft(part, authored)
            if drafter.findings.failed:
                raise _Further  # compiling it says what is wrong
            codegen = Codegen(self.machine.layout, self.parts.names.scopes[""].timer_lengths)
            handles = [
                codegen.actions(patch.code) if isinstance(patch.code, tuple)
                else codegen.expression(patch.code)
                for patch in drafter.patches
            ]  # fmt: skip
            functions = codegen.finish()
            for patch, handle in zip(drafter.patches, handles, strict=True):
                setattr(patch.part, patch.attribute, functions[handle])
            return made, drafter.targets

    @contextmanager
    def _drafting(self, part: Part) -> Iterator[None]:
        """The compiler's drafter, as it stood when it came to this part; then as it was."""
        drafter = self.parts.drafter
        fresh: dict[str, Any] = {
            "findings": Findings(), "patches": [], "edges": [], "targets": {}, "counters": {},
            "whens": [], "lines": min(_numbers(part.made), default=1) - 1,
        }  # fmt: skip
        kept = {name: getattr(drafter, name) for name in fresh}
        try:
            for name, value in fresh.items():
                setattr(drafter, name, value)
            yield
        finally:
            for name, value in kept.items():
                setattr(drafter, name, value)

    def _draft(self, part: Part, authored: Any) -> Made:
        drafter, node, layer, unit = self.parts.drafter, part.node, part.layer, part.unit
        if isinstance(part.made, Block):
            section, block = part.path[-1], Block()
            first = (
                drafter.begin_included(node)
                if node.included is not None and section == "entry" else []
            )  # fmt: skip
            drafter.block(block, authored, node, unit, str(section), first)
            return block
        if not isinstance(part.made, tuple):
            return drafter.choice(node, layer, part.made.id, authored)
        edge = part.made[0]
        where = part.path[len(layer.path) :]
        return tuple(drafter.branches(edge.kind, edge.trigger, node, layer, where, authored))


def _set(thing: Any, attribute: str, value: Any, undo: Undo) -> None:
    undo.append(partial(setattr, thing, attribute, getattr(thing, attribute)))
    setattr(thing, attribute, value)


def _put(old: Any, new: Any, undo: Undo, besides: Collection[str] = ()) -> None:
    """Make one part of a machine equal to another of its kind."""
    for each in fields(old):
        if each.name not in besides:
            _set(old, each.name, getattr(new, each.name), undo)


def _lead(targets: dict[int, Node], edge: int, target: Node | None) -> None:
    if target is None:
        targets.pop(edge, None)
    else:
        targets[edge] = target


def _edited(file: ScenarioFile, edits: Sequence[Edit]) -> ScenarioFile:
    for edit in edits:
        file = edited(file, edit.path, edit.value)
    return file


def _numbers(made: Made) -> Iterator[int]:
    """The numbers of the lines of a part; they decide which of several texts is said."""
    if isinstance(made, Block):
        groups = [made.lines]
    elif isinstance(made, tuple):
        groups = [edge.closing for edge in made]
    else:
        groups = [made.say, *(edge.closing for edge in made.edges)]
    for group in groups:
        for line in group.lines if group is not None else ():
            yield line.number


def _declaring(parts: Parts) -> dict[int, Node]:
    """The state that each edge is wired from: the one that declares it."""
    found: dict[int, Node] = {}
    for node, draft in parts.drafts.items():
        for spec in draft.choices.values():
            for edge in spec.edges:
                found[id(edge)] = node
        for groups in (draft.events, draft.after):
            for edges in groups.values():
                for edge in edges:
                    found[id(edge)] = node
        for edge in draft.always:
            ended = node.ends is not None and node.unit.within is not None
            found[id(edge)] = node.unit.within or node if ended else node
    return found
