"""Findings about flow, names and timers in a scenario that compiles (HL5xx and HL6xx).

Each finding is certain in what it says: what is called unreachable is reached in no play, what is
called shadowed is taken in none. What cannot be decided over the declared values is left to the
exhaustive checker. A consequence of another finding is not reported beside it: states behind an
unreachable one, and faults inside it, come to light when that is mended.

The work is linear in the size of the compiled machine; see `guards` for the bound on the rest.
"""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from heartline.checking.branches import dead_branches
from heartline.checking.flow import Flow, components
from heartline.checking.guards import Answer, Guards
from heartline.checking.loops import always_circles, engine_habits, engine_traps
from heartline.checking.usage import includes_of, unused
from heartline.compiler import compile_scenario
from heartline.diagnostics import Diagnostic, Location, Severity, sort_key
from heartline.loader import load_file, load_include

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from heartline.compiler import Compiled
    from heartline.loader import Loaded
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec, Edge, Leaf, StateInfo, Wiring
    from heartline.scenario import ScenarioFile
    from heartline.sources import SourceMap

__all__ = ["check", "lint"]


def check(path: Path) -> tuple[Diagnostic, ...]:
    """All that is wrong with a scenario file, or the scenario.yaml of a folder.

    Loads, compiles and lints; nothing raises for what the file holds. The first cause comes
    first: what keeps a file from being read, then from being compiled, then the rest, each by
    its place.
    """
    loaded = load_file(path)
    if loaded.file is None:
        return loaded.diagnostics
    compiled = compile_scenario(loaded)
    faults = sorted(set(compiled.diagnostics), key=lambda found: (_stage(found), sort_key(found)))
    return (*faults, *lint(compiled))


def _stage(found: Diagnostic) -> bool:
    """Whether a file was read well: what is wrong with its names may follow from what was not."""
    return found.code[:3] not in ("HL1", "HL2", "HL7")


def lint(compiled: Compiled) -> tuple[Diagnostic, ...]:
    """The findings HL5xx and HL6xx, by place; none where the scenario did not compile."""
    if compiled.machine is None:
        return ()
    # The collector of cycles would walk the whole machine again and again and find nothing.
    running = gc.isenabled()
    gc.disable()
    try:
        return _lint(compiled, compiled.machine)
    finally:
        if running:
            gc.enable()


def _lint(compiled: Compiled, machine: Machine) -> tuple[Diagnostic, ...]:
    linter = _Linter(machine)
    findings = [*linter.findings()]
    file, sources = compiled.loaded.file, compiled.loaded.sources
    assert file is not None
    if not linter.can_end:
        findings.append(linter.no_end(sources.locate(("states",), key=True)))
    files = _files(compiled.loaded)
    for each, places in files:
        findings += unused(each, places, [other for other, _ in files if other is not each])
    return tuple(sorted(set(findings), key=sort_key))


def _files(loaded: Loaded) -> list[tuple[ScenarioFile, SourceMap]]:
    """A file, those that it includes, and those that they include, each once."""
    found: dict[Path | None, tuple[ScenarioFile, SourceMap]] = {}
    waiting = [loaded]
    while waiting:
        outer = waiting.pop()
        if outer.file is not None and outer.path not in found:
            found[outer.path] = (outer.file, outer.sources)
            waiting += [load_include(outer, name) for name in includes_of(outer.file)]
    return list(found.values())


class _Linter:
    """One machine, and what has been found out about it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.flow = Flow(machine)
        self.guards = Guards(machine)
        self.reached = [leaf for name, leaf in machine.leaves.items() if name in self.flow.reached]
        self.can_end = bool(self.flow.ending)

    def findings(self) -> Iterator[Diagnostic]:
        yield from self.unreachable()
        circles: set[str] = set()
        for circle in always_circles(self.flow, self.guards):
            circles.update(circle.leaves)
            yield _circle(circle.leaves, circle.edge, sure=circle.sure)
        if self.can_end:
            yield from self.dead_ends(circles)
        yield from self.closed_choices()
        yield from self.engine()
        yield from dead_branches(self.flow, self.guards)

    # HL501, HL502, HL508 ------------------------------------------------------------------------

    def unreachable(self) -> Iterator[Diagnostic]:
        """The states that nothing leads to; not those that only they lead to."""
        leaves = self.machine.leaves
        lost = [name for name in leaves if name not in self.flow.reached]
        found = {state for name in self.flow.reached for state in leaves[name].path}
        group = {  # the outermost state that is lost as a whole
            name: next(state for state in (*leaves[name].path, name) if state not in found)
            for name in lost
        }
        onward: dict[str, dict[str, None]] = {state: {} for state in group.values()}
        for name in lost:
            onward[group[name]].update(
                (group[dest], None) for dest in self.flow.onward[name] if dest in group
            )
        order = {state: place for place, state in enumerate(onward)}
        for component, behind in _sources(onward):
            state = self.machine.states[min(component, key=order.__getitem__)]
            hint = "let a choice, an event or a timer lead here, or take it out"
            if behind:
                states = "state is" if behind == 1 else "states are"
                hint += f"; {behind} more {states} reached only from here"
            yield _warning("HL501", f"nothing leads to the state {state.name!r}", state, hint)
        targets = {edge.target for edge in self.machine.edges}
        for state in self.machine.states.values():
            if state.kind == "history" and state.name not in targets and found & {*state.path[:-1]}:
                hint = "let a choice lead here, or take it out"
                yield _warning("HL501", f"nothing leads to the history {state.name!r}", state, hint)

    def dead_ends(self, circles: set[str]) -> Iterator[Diagnostic]:
        """States from which no end can be reached: of these, the ones that lead nowhere else.

        Not those that `always` drives round in a circle: that is reported, and comes first.
        """
        doomed = [leaf.name for leaf in self.reached if leaf.name not in self.flow.ending]
        for component in components(doomed, self.flow.onward):
            members = set(component)
            onward = (dest for name in component for dest in self.flow.onward[name])
            if members <= circles or any(dest not in members for dest in onward):
                continue
            leaf = self.flow.first(component)
            others = sorted(members - {leaf.name}, key=self.flow.order.__getitem__)
            if others:
                message = f"from {leaf.name!r} no end can be reached: it leads only to " + _listed(
                    others
                )
                hint = "add a way out of this circle of states"
            else:
                message = f"nothing leads out of the state {leaf.name!r}, and it is not final"
                hint = "add a way on; or, if this is an end, type: final and an outcome"
            yield Diagnostic("HL502", Severity.ERROR, message, leaf.state.location, hint)

    def no_end(self, place: Location) -> Diagnostic:
        """The finding for a scenario that never ends."""
        stuck = [leaf.name for leaf in self.reached if not self.flow.onward[leaf.name]]
        hint = "give the last state type: final and an outcome"
        if stuck:
            hint += f"; nothing leads on from {_listed(stuck)}"
        return Diagnostic(
            "HL508", Severity.WARNING, "this scenario never ends: no final state can be reached",
            place, hint,
        )  # fmt: skip

    # HL503 --------------------------------------------------------------------------------------

    def closed_choices(self) -> Iterator[Diagnostic]:
        """States in which everything can be closed at once, and nothing else leads on."""
        for leaf in self.reached:
            ways = self.flow.ways[leaf.name]
            waits_for_more = any(
                way.edge.kind not in ("choice", "always")
                for group in ways.values()
                for way in group
            )
            always = self.flow.always(leaf.name)
            if waits_for_more or not self._can_all_be_closed(leaf, always):
                continue
            if leaf.choices:
                message = f"all choices of {leaf.name!r} are guarded or once, and when they are "
                message += "closed nothing leads on"
                hint = "add a choice without a guard, an 'always' or an 'after'"
            elif always:
                message = (
                    f"only 'always' leads on from {leaf.name!r}, and it may be that none holds"
                )
                hint = "end it with a branch without a guard, or add a choice or an 'after'"
            else:
                continue  # a final state, or a dead end
            yield _warning("HL503", message, leaf.state, hint)

    def _can_all_be_closed(self, leaf: Leaf, always: Sequence[Wiring]) -> bool:
        choices = leaf.choices
        guards = [way.guard for way in always]
        if any(_always_open(choice) for choice in choices) or None in guards:
            return False

        def closed(frame: Sequence[Any]) -> bool:
            return not any(choice.enabled(frame) for choice in choices) and not any(
                guard(frame) for guard in guards if guard is not None
            )

        key = ("all closed", *map(id, choices), *map(id, guards))
        return self.guards.possible(closed, leaf, key) is Answer.YES

    # HL509 --------------------------------------------------------------------------------------

    def engine(self) -> Iterator[Diagnostic]:
        """Engine roles that never leave the word to anybody else."""
        hint = "make the choice once, guard it, or lead it to where a person is asked"
        for names, choice in engine_traps(self.flow, self.guards):
            yield Diagnostic(
                "HL509", Severity.ERROR,
                f"the role {choice.role!r} always has an open choice in {_listed(names)} and "
                "none that leads away, so that it acts for ever",
                choice.location, hint,
            )  # fmt: skip
        told = set()
        for leaf, choice in engine_habits(self.flow, self.guards):
            if id(choice) not in told:
                told.add(id(choice))
                yield Diagnostic(
                    "HL509", Severity.WARNING,
                    f"once this choice of {choice.role!r} is open in {leaf.name!r}, nothing there "
                    "closes it or leads away, so that the role acts for ever",
                    choice.location, hint,
                )  # fmt: skip


def _always_open(choice: ChoiceSpec) -> bool:
    return not choice.once and any(guard is None for guard in choice.guards)


def _sources(onward: dict[str, dict[str, None]]) -> Iterator[tuple[list[str], int]]:
    """The components that no other leads to, and how many nodes only they lead to in turn."""
    found = components(onward, onward)
    home = {name: place for place, component in enumerate(found) for name in component}
    entered = {
        home[dest] for name, dests in onward.items() for dest in dests if home[dest] != home[name]
    }
    sources = [place for place in range(len(found)) if place not in entered]
    reach: Counter[str] = Counter()
    behind: dict[int, set[str]] = defaultdict(set)
    if len(sources) <= MOST_COUNTED:  # counting what lies behind each costs a walk for each
        for place in sources:
            waiting = list(found[place])
            while waiting:
                name = waiting.pop()
                if name not in behind[place]:
                    behind[place].add(name)
                    reach[name] += 1
                    waiting.extend(onward[name])
    for place in reversed(sources):
        own = set(found[place])
        yield found[place], sum(reach[name] == 1 for name in behind[place] - own)


MOST_COUNTED = 20


def _circle(names: Sequence[str], edge: Edge, *, sure: bool) -> Diagnostic:
    if len(names) == 1:
        where = f"'always' leads from {names[0]!r} back to itself"
    else:
        where = f"'always' leads in a circle through {_listed(names)}"
    if sure:
        return Diagnostic(
            "HL504", Severity.ERROR, f"{where} without end", edge.location,
            "let one of these states wait for a choice or a timer",
        )  # fmt: skip
    return Diagnostic(
        "HL504", Severity.WARNING,
        f"{where} without end once its guard holds, since nothing on the way changes that",
        edge.location, "change on the way what the guard looks at, or lead on to another state",
    )  # fmt: skip


def _warning(code: str, message: str, state: StateInfo, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, state.location, hint)


def _listed(names: Iterable[str]) -> str:
    """Names in quotation marks, the first few of them: 'a', 'b' and 3 more."""
    quoted = [repr(name) for name in names]
    if len(quoted) > 4:
        quoted = [*quoted[:3], f"{len(quoted) - 3} more"]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
