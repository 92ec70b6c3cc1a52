"""What never happens in any play: states, outcomes, choices, branches, events, handlers, guards.

Nothing is called impossible on a graph that is not whole, nor what lint reports without looking at
values. What follows from another finding is not reported beside it: of lost states the first is,
and the choices that lead only there are named with it.

What may be because a role of the engine is in its own seat is a note at most: a choice of weight 0
is there for a person, and so is what lies behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.checking.exploring.graph import parts
from heartline.checking.proving.facts import finding, listed
from heartline.diagnostics import Severity
from heartline.expressions import Assign, GuardUse, Start, walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from heartline.checking.proving.facts import Facts, Finding
    from heartline.diagnostics import Location
    from heartline.expressions import Tree
    from heartline.plan import ChoiceSpec, Edge, When, Wiring

__all__ = ["impossible"]

_NEVER, _EVER = (False, True), (True, False)


def impossible(facts: Facts) -> Iterator[Finding]:
    """HL014 to HL021; nothing where the graph is not whole."""
    if facts.graph.is_whole:
        yield from _Search(facts).findings()


class _Search:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.machine = facts.machine
        self.lost = facts.flow.reached - facts.reached
        self.candidates: dict[int, list[Wiring]] = {}
        for wiring in self.machine.wirings:
            if wiring.source in facts.reached:
                self.candidates.setdefault(id(wiring.edge), []).append(wiring)
        self.specs = {
            id(edge): spec
            for leaf in self.machine.leaves.values()
            for spec in leaf.choices
            for edge in spec.edges
        }
        self.used = {id(edge): _used(edge) for edge in self.machine.edges}
        self.exempt = {id(edge) for spec in facts.for_persons.values() for edge in spec.edges}

    def findings(self) -> Iterator[Finding]:
        guards = yield from self.guards()
        yield from self.states()
        yield from self.branches(guards)

    def severity(self, leaves: Iterable[str]) -> Severity:
        """How bad it is that nothing comes of something in all of these leaves."""
        may_be = not self.facts.behind_persons.isdisjoint(leaves)
        return Severity.NOTE if may_be else Severity.WARNING

    # States and outcomes ------------------------------------------------------------------------

    def states(self) -> Iterator[Finding]:
        leaves, reached = self.machine.leaves, self.facts.reached
        found = {state for name in reached for state in (*leaves[name].path, name)}
        group = {
            name: next(state for state in (*leaves[name].path, name) if state not in found)
            for name in leaves
            if name in self.lost
        }
        outcomes = {leaves[name].outcome for name in reached if leaves[name].final}
        told: set[str] = set()
        places = {self.machine.states[name].location for name in found}
        for state in dict.fromkeys(group.values()):
            members = [name for name, outer in group.items() if outer == state]
            entries = [
                wiring.edge
                for wiring in self.machine.wirings
                if wiring.source in reached and wiring.dest in members
            ]
            if not entries or self.machine.states[state].location in places:
                continue  # it lies behind another, or its file is played elsewhere too
            places.add(self.machine.states[state].location)
            behind = self._behind(members)
            ended = [leaves[name].outcome for name in leaves if name in behind]
            never = dict.fromkeys(
                each for each in ended if each and each not in outcomes and each not in told
            )
            told.update(never)
            yield self._lost(state, members, entries, tuple(never))

    def _behind(self, leaves: Iterable[str]) -> set[str]:
        """The lost leaves that these lead to, and themselves."""
        waiting, found = list(leaves), set[str]()
        while waiting:
            name = waiting.pop()
            if name in self.lost and name not in found:
                found.add(name)
                waiting += self.facts.flow.onward[name]
        return found

    def _lost(
        self, state: str, members: list[str], entries: list[Edge], never: tuple[str, ...]
    ) -> Finding:
        info = self.machine.states[state]
        causes = dict.fromkeys(f"{self._named(edge)} on line {edge.line}" for edge in entries)
        why = " and ".join(list(causes)[:3]) + (" and others" if len(causes) > 3 else "")
        hint = f"what leads there never happens: {why}"
        message = f"the state {state!r} is never reached"
        name, kind, code = state, "state", "HL014"
        if never and info.kind == "final":
            name, kind, code = never[0], "outcome", "HL015"
            message = f"the outcome {name!r} never comes: no play reaches {state!r}"
            never = never[1:]
        if never:
            many = len(never) > 1
            message += f", and with it the outcome{'s' if many else ''} {listed(never)} "
            message += "never come" if many else "never comes"
        severity = self.severity(members)
        if severity is Severity.NOTE:
            message += " while the engine plays its roles"
        return finding(
            kind, name, code, severity, message, info.location, hint,
            places=[self.machine.states[each].location for each in info.path],
        )  # fmt: skip

    def _named(self, edge: Edge) -> str:
        if edge.kind == "choice":
            return f"the choice {edge.trigger!r}"
        if edge.kind == "event":
            return f"the event {edge.trigger!r}"
        if edge.kind == "after":
            return f"the timer {edge.trigger!r}"
        return "'always'"

    # Choices, branches, events and timers -------------------------------------------------------

    def branches(self, guards: set[str]) -> Iterator[Finding]:
        """Edges that were never taken; where all of a choice, event or timer were not, that."""
        groups: dict[tuple[str, object], list[Edge]] = {}
        told: set[Location] = set()  # a file may be included more than once
        for edge in self.machine.edges:
            if id(edge) not in self.candidates or id(edge) in self.exempt:
                continue
            if edge.kind == "choice":
                owner: object = id(self.specs.get(id(edge)))
            elif edge.kind == "always":
                owner = id(edge)
            else:
                owner = (edge.trigger, edge.source)
            groups.setdefault((edge.kind, owner), []).append(edge)
        for (kind, _), edges in groups.items():
            if edges[0].location in told:
                continue
            told.add(edges[0].location)
            never = [edge for edge in edges if edge.location not in self.facts.places]
            if len(never) == len(edges) and kind != "always":
                if not self._follows(never, guards):
                    yield self._whole(kind, edges)
                continue
            for edge in never:
                if not self._follows([edge], guards):
                    yield self._branch(edge)

    def _follows(self, edges: list[Edge], guards: set[str]) -> bool:
        """Whether they lead only to lost states, or are closed by a guard, that is reported."""
        return all(
            all((wiring.dest or wiring.source) in self.lost for wiring in self.candidates[id(edge)])
            or not guards.isdisjoint(self.used[id(edge)])
            for edge in edges
        )

    def _leaves(self, edges: Iterable[Edge]) -> list[str]:
        return [wiring.source for edge in edges for wiring in self.candidates[id(edge)]]

    def _whole(self, kind: str, edges: list[Edge]) -> Finding:
        edge = edges[0]
        spec = self.specs.get(id(edge))
        severity = self.severity(self._leaves(edges))
        where = "" if edge.source is None else f" in {edge.source!r}"
        places = [each.location for each in edges]
        if kind == "choice":
            assert spec is not None
            return finding(
                "choice", edge.trigger, "HL016", severity,
                f"the choice {edge.trigger!r}{where} can never be {self._done(spec)}",
                spec.location, self._why(edges), places=places,
            )  # fmt: skip
        if kind == "event":
            return finding(
                "event", edge.trigger, "HL018", severity,
                f"nothing ever takes the event {edge.trigger!r}{where}",
                edge.location, self._why(edges), places=places,
            )  # fmt: skip
        return finding(
            "timer", edge.trigger, "HL019", severity,
            f"what should follow the timer {edge.trigger!r}{where} never happens",
            edge.location, self._why(edges) or "start it on the way here, or take this out",
            places=places,
        )  # fmt: skip

    def _done(self, spec: ChoiceSpec) -> str:
        engine = self.machine.roles[spec.role].engine and spec.role not in self.facts.graph.persons
        return "drawn" if engine else "taken"

    def _branch(self, edge: Edge) -> Finding:
        where = "" if edge.source is None else f" of {edge.source!r}"
        spec = self.specs.get(id(edge))
        return finding(
            "branch", f"{edge.kind} {edge.trigger}".strip(), "HL017",
            self.severity(self._leaves([edge])),
            f"this branch of {self._named(edge)}{where} is never taken",
            edge.location, self._why([edge]) or "one before it is always taken first",
            places=[] if spec is None else [spec.location],
        )  # fmt: skip

    def _why(self, edges: Iterable[Edge]) -> str | None:
        """Which guard keeps them from happening."""
        held = self.facts.held
        closed = [
            when for edge in edges for when in edge.whens if held.get(when.location) == _NEVER
        ]
        if not closed:
            return None
        return f"in no play does the guard on line {closed[0].location.line} hold here"

    # Guards -------------------------------------------------------------------------------------

    def guards(self) -> Generator[Finding, None, set[str]]:
        """Guards that never hold, or always do; gives back the names of those that never do."""
        held = self.facts.held
        never: set[str] = set()
        told: set[Location] = set()
        elsewhere = self._elsewhere()
        for when in self.machine.whens:
            seen = held.get(when.location)
            if when.name is None or when.name in elsewhere or seen not in (_NEVER, _EVER):
                continue
            users = [edge for edge in self.machine.edges if when.name in self.used[id(edge)]]
            leaves = self._leaves(edge for edge in users if id(edge) in self.candidates)
            severity = self.severity(leaves)
            if seen == _NEVER:
                never.add(when.name)
            if when.location in told:
                continue
            told.add(when.location)
            if seen == _NEVER:
                yield _guard(when, "HL020", severity, "never holds where it is asked")
            else:
                yield _guard(when, "HL021", severity, "always holds where it is asked")
        for edge in self.machine.edges:
            if id(edge) not in self.candidates or id(edge) in self.exempt or _is_rest(edge):
                continue
            for when in edge.whens:
                if (
                    held.get(when.location) == _EVER
                    and not _is_guard(when)
                    and when.location not in told
                ):
                    told.add(when.location)
                    severity = self.severity(self._leaves([edge]))
                    yield _guard(when, "HL021", severity, "always holds where it is asked")
        return never

    def _elsewhere(self) -> set[str]:
        """The named guards that are asked by more than what leads on: by lines, or for a weight."""
        machine = self.machine
        leading = {id(when) for edge in machine.edges for when in edge.whens}
        trees = [
            when.tree for when in machine.whens if when.name is None and id(when) not in leading
        ]
        trees += [spec.weight_tree for spec in self.specs.values() if spec.weight_tree is not None]
        trees += [timer.tree for timer in machine.timers.values() if timer.tree is not None]
        for action in parts(machine)[1].values():
            if isinstance(action, Assign):
                trees.append(action.value)
            elif isinstance(action, Start) and action.length is not None:
                trees.append(action.length)
        return {name for tree in trees for name in _named(tree)}


def _guard(when: When, code: str, severity: Severity, message: str) -> Finding:
    what = f"the guard {when.name!r}" if when.name else f"this guard ({when.owner})"
    hint = "take it out, or look at what can make it hold"
    if code == "HL021":
        hint = "take it out, or look at what should make it fail"
    name = when.name or when.owner
    return finding("guard", name, code, severity, f"{what} {message}", when.location, hint)


def _used(edge: Edge) -> set[str]:
    """The named guards that an edge asks."""
    return {name for when in edge.whens for name in _named(when.tree)}


def _named(tree: Tree) -> Iterator[str]:
    return (node.name for node in walk(tree) if isinstance(node, GuardUse))


def _is_guard(when: When) -> bool:
    """Whether a condition is one named guard, of which is told where it is declared."""
    return isinstance(when.tree, GuardUse)


def _is_rest(edge: Edge) -> bool:
    """Whether an edge stands after others, and says in its guard what these leave."""
    return edge.order > 0
