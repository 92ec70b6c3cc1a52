"""Scenario -> machine. All faults of names, expressions and structure come out of one pass.

    units      the file and those that it includes, as one tree of states
    names      what each name means
    reading    pieces of a state: guards, actions, texts, lines
    drafts     what each state declares, made of them
    wiring     who inherits what, and what each way passes
    promises   properties and migrations

A scenario with an error has no machine; a warning does not keep it from being played. What can
and cannot happen in a machine that exists is not asked here but in `heartline.checking`.
"""

from __future__ import annotations

import gc
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heartline.compiler.drafts import Drafter
from heartline.compiler.findings import Findings
from heartline.compiler.names import declare, type_of
from heartline.compiler.promises import check_migrations, check_promises, openings
from heartline.compiler.units import expand
from heartline.compiler.wiring import Wirer, state_infos
from heartline.expressions import (
    Assign,
    Codegen,
    IntType,
    Start,
    TextType,
    guards_used,
    reads,
    write,
)
from heartline.loader import load_include
from heartline.machine import Machine
from heartline.plan import Block, ChoiceSpec, RoleInfo, Slot, TimerInfo
from heartline.scenario import TextVariable
from heartline.support import load_support
from heartline.text import parse_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from heartline.compiler.drafts import Draft
    from heartline.compiler.names import Names
    from heartline.compiler.units import Node, ReadInclude, Unit
    from heartline.diagnostics import Diagnostic
    from heartline.expressions import Action, Scope, Symbol
    from heartline.loader import Loaded
    from heartline.plan import Leaf
    from heartline.scenario import ScenarioFile

__all__ = ["Compiled", "Parts", "compile_scenario", "settle_choice"]

LEAF: Symbol = ("leaf",)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a file: a machine, or None where there are errors; and all findings.

    `scope` is how the outermost file sees names: for expressions about it that stand elsewhere,
    as in its tests. It is not part of the machine, which would carry it for nothing. `files` are
    the texts that it was made of, as `heartline.loader.load_texts` takes them; there are none
    where there is no machine, or where two files have one path, which takes links.
    """

    machine: Machine | None
    diagnostics: tuple[Diagnostic, ...]
    loaded: Loaded
    scope: Scope | None = None
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a machine was made of, for whoever changes one part and has only that made anew."""

    root: Node
    units: Sequence[Unit]
    names: Names
    drafter: Drafter
    drafts: Mapping[Node, Draft]
    wirer: Wirer


def compile_scenario(
    loaded: Loaded,
    *,
    read: ReadInclude = load_include,
    keep: Callable[[Parts], None] | None = None,
) -> Compiled:
    """Compile what was loaded. Never raises for what a file says.

    `read` reads the files that it includes; `keep` is given what a machine was made of.
    """
    findings = Findings()
    findings.all.extend(loaded.diagnostics)
    if loaded.file is None:
        return Compiled(None, tuple(findings.all), loaded)
    files = _Files()
    with _collector_at_rest():
        machine, scope = _compile(loaded, loaded.file, findings, read, keep, files)
    if findings.failed or machine is None:
        return Compiled(None, tuple(findings.all), loaded, scope)
    return Compiled(machine, tuple(findings.all), loaded, scope, {} if files.clash else files.texts)


class _Files:
    """The files that were read, by their paths as Loaded.inside has them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.clash = False

    def keep(self, inside: str, text: str) -> None:
        self.clash |= self.texts.setdefault(inside, text) != text


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the cyclic collector from walking the machine again and again while it grows.

    Nothing of it is garbage; with 10,000 states the walks would take half of the time.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _compile(
    loaded: Loaded,
    file: ScenarioFile,
    findings: Findings,
    read: ReadInclude,
    keep: Callable[[Parts], None] | None,
    files: _Files,
) -> tuple[Machine | None, Scope]:
    root, units = expand(loaded, file, findings, read)
    for unit in units:
        files.keep(unit.loaded.inside, unit.loaded.text)
    names = declare(root, units, findings)
    drafter = Drafter(names, findings)
    nodes = [root, *(node for unit in units for node in unit.nodes.values())]
    drafts = {node: drafter.draft(node) for node in nodes}
    engine = {role: authored.played_by == "engine" for role, authored in file.cast.items()}
    wirer = Wirer(root, drafts, drafter.targets, engine, findings)
    wirer.check(root)
    roles = _roles(units[0], names, engine, findings)
    support = _support(units[0], names, findings, files)
    promises = check_promises(units, names, drafter, findings, openings(root, drafts))
    migrations = check_migrations(units[0], names, drafter, findings)
    scope = names.scopes[""]
    if findings.failed:
        return None, scope

    slots = _slots(names, drafter, nodes)
    layout = {slot.symbol: index for index, slot in enumerate(slots)}
    for node in nodes:
        symbol: Symbol = ("visits", node.name)
        if symbol in layout:
            drafts[node].entry.visits = (layout[symbol], slots[layout[symbol]].cap)
    for edge in drafter.edges:
        if edge.kind == "choice" and (symbol := ("taken", edge.trigger)) in layout:
            edge.counts = (layout[symbol], slots[layout[symbol]].cap)
        if edge.kind == "after":
            edge.handles = layout["timer", edge.trigger]
    lengths = _generate(names, drafter, layout)
    wirer.layout = layout
    infos = state_infos(root)
    leaves, wirings = {}, []
    for node in nodes:
        if node.kind in ("leaf", "final"):
            leaves[node.name], wired = wirer.leaf(node, infos[node.name])
            wirings += wired
    for node in nodes:
        for spec in drafts[node].choices.values():
            settle_choice(spec, names, layout)
    first, begin = wirer.begin()
    timers = {
        name: TimerInfo(
            name, layout["timer", name], names.timer_titles.get(name, ""),
            name in drafter.delays, lengths.get(name), names.timers.get(name),
        )
        for name in (*names.timers, *drafter.delays)
    }  # fmt: skip
    machine = Machine(
        id=file.id,
        version=file.version,
        title=file.title,
        language=file.language,
        fingerprint=_fingerprint(file.id, slots, leaves, drafter, drafts, wirer, roles),
        initial=first.name,
        begin=begin,
        slots=slots,
        layout=layout,
        leaves=leaves,
        states=infos,
        edges=tuple(drafter.edges),
        wirings=tuple(wirings),
        timers=timers,
        roles=roles,
        support=support(layout) if support is not None else None,
        whens=(*names.whens, *drafter.whens),
        promises=promises,
        migrations=migrations,
        undo=file.undo,
    )
    if keep is not None:
        keep(Parts(root, units, names, drafter, drafts, wirer))
    return machine, scope


def settle_choice(spec: ChoiceSpec, names: Names, layout: Mapping[Symbol, int]) -> None:
    """Fill in what follows from the branches of a choice, once these have their guards."""
    spec.guards = tuple(edge.guard for edge in spec.edges)
    needs = spec.needs
    spec.whys = tuple(
        (name, names.whys[name]) for name in sorted(guards_used(needs))
        if name in names.whys and names.whys[name].fixed != names.whys[name].source
    )  # fmt: skip
    spec.timely = any(why.timely or "{support" in why.source.lower() for _, why in spec.whys)
    symbols = reads(needs).union(*(why.symbols for _, why in spec.whys))
    spec.reads = tuple(sorted(layout[symbol] for symbol in symbols))


def _roles(
    unit: Unit, names: Names, engine: Mapping[str, bool], findings: Findings
) -> dict[str, RoleInfo]:
    roles = {}
    for role, authored in unit.file.cast.items():
        parsed = parse_name(authored.name, names.texts[unit.prefix])
        name = findings.take(parsed, unit, ("cast", role, "name"))
        if name is not None:
            roles[role] = RoleInfo(role, name, engine[role])
    return roles


def _support(
    unit: Unit, names: Names, findings: Findings, files: _Files
) -> Callable[[Mapping[Symbol, int]], Callable[[Sequence[Any]], str]] | None:
    """Read the support data; what is returned waits for the layout."""
    authored = unit.file.support
    if authored is None:
        return None
    declared = names.variables.get(authored.country)
    if declared is None:
        findings.unknown(
            "HL302", "variable", authored.country, names.variables, unit, ("support", "country")
        )
    data, found = load_support(unit.loaded, authored.file, files.keep)
    findings.all.extend(found)
    if data is None:
        return None
    symbol, language = ("var", authored.country), unit.file.language

    def of_country(layout: Mapping[Symbol, int]) -> Callable[[Sequence[Any]], str]:
        slot = layout[symbol]
        texts: dict[str, str] = {}

        def text(frame: Sequence[Any]) -> str:
            country = str(frame[slot])
            if country not in texts:
                texts[country] = data.text(country, language)
            return texts[country]

        return text

    return of_country


def _slots(names: Names, drafter: Drafter, nodes: Sequence[Node]) -> tuple[Slot, ...]:
    """The frame: the leaf, the variables, the timers, the counters that are read, the histories."""
    slots = [Slot(LEAF, None, None)]
    for name, variable in names.authored.items():
        outermost = "." not in name
        slots.append(
            Slot(
                ("var", name),
                type_of(variable),
                variable.initial,
                hidden=variable.hidden,
                title=variable.title,
                input=variable.input and outermost,
                cap=variable.max_length if isinstance(variable, TextVariable) else 0,
                prompt=variable.prompt,
            )
        )
    slots += [Slot(("timer", name), IntType(0, 3), 0) for name in names.timers]
    slots += [Slot(("timer", name), IntType(0, 3), 0) for name in drafter.delays]
    slots += [
        Slot(symbol, IntType(0, bound), 0, cap=bound)
        for symbol, bound in sorted(drafter.counters.items())
    ]
    slots += [Slot(("history", node.name), None, None) for node in nodes if node.kind == "history"]
    return tuple(slots)


def _generate(
    names: Names, drafter: Drafter, layout: Mapping[Symbol, int]
) -> dict[str, Callable[[Sequence[Any]], Any]]:
    """Make functions of all trees, in one go, and put each where it belongs."""
    codegen = Codegen(layout, names.scopes[""].timer_lengths)
    handles = [
        codegen.actions(patch.code) if isinstance(patch.code, tuple)
        else codegen.expression(patch.code)
        for patch in drafter.patches
    ]  # fmt: skip
    lengths = {
        name: codegen.expression(tree) for name, tree in names.timers.items() if tree is not None
    }
    functions = codegen.finish()
    for patch, handle in zip(drafter.patches, handles, strict=True):
        setattr(patch.part, patch.attribute, functions[handle])
    return {name: functions[handle] for name, handle in lengths.items()}


def _fingerprint(
    scenario: str,
    slots: Sequence[Slot],
    leaves: Mapping[str, Leaf],
    drafter: Drafter,
    drafts: Mapping[Node, Draft],
    wirer: Wirer,
    roles: Mapping[str, RoleInfo],
) -> str:
    """A digest of all that decides what can happen in which scenario; its words are not part of
    it, nor how its expressions are laid out."""
    digest = hashlib.sha256()

    def add(*parts: object) -> None:
        # Not repr, which escapes what the Unicode of this Python does not know.
        digest.update(ascii(parts).encode())

    add(scenario)  # the same story in another language may have the same structure
    for slot in slots:
        add(slot.symbol, slot.type, slot.initial)
        if isinstance(slot.type, TextType):
            add(slot.cap)
    for role in roles.values():
        add(role.id, role.engine)
    for name, guard in drafter.names.guards.items():
        add(name, write(guard.tree))
    for name, length in drafter.names.timers.items():
        add(name, length and write(length))
    for timer, delay in drafter.delays.items():
        add(timer, delay)
    owners: dict[int, tuple[str, str]] = {}
    for node, draft in drafts.items():
        if node.kind in ("root", "compound", "history"):
            arrivals = wirer.arrivals(node)
            add(node.name, [(leaf.name, memory and memory[1]) for leaf, memory in arrivals])
        owners[id(draft.entry)] = (node.name, "entry")
        owners[id(draft.exit)] = (node.name, "exit")
    for leaf in leaves.values():
        add(leaf.name, leaf.path, leaf.outcome, sorted(leaf.tags))
        add([(spec.id, spec.declared_in) for spec in leaf.choices])
    for edge in drafter.edges:
        add(edge.kind, edge.trigger, edge.source, edge.target, edge.role)
        add(edge.condition and write(edge.condition), [_written(act) for act in edge.actions])
    for patch in drafter.patches:
        if isinstance(patch.part, Block) and isinstance(patch.code, tuple):
            add(owners[id(patch.part)], [_written(act) for act in patch.code])
        elif isinstance(patch.part, ChoiceSpec) and not isinstance(patch.code, tuple):
            add(patch.part.id, patch.part.declared_in, write(patch.code))
    return digest.hexdigest()[:16]


def _written(action: Action) -> tuple[str, ...]:
    if isinstance(action, Assign):
        return ("set", action.target.name, write(action.value))
    if isinstance(action, Start):
        return ("start", action.timer, write(action.length) if action.length else "")
    return ("stop", action.timer)
