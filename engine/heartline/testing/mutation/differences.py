"""Where a living mutant differs from the scenario that it was made of, place by place.

A mutant that was changed in place shares its machine with the original, whose functions are kept
by `Original`; one that was compiled anew has a machine of its own, with its places in the same
order. Both come out as the same `Difference`: pairs of what was and what is, for each place where
they are not equal.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from heartline.testing.mutation.reach import Places, lines_of, outcome_of

if TYPE_CHECKING:
    from typing import Any

    from heartline.machine import Machine, Way
    from heartline.plan import Block, ChoiceSpec, Edge, Lines, SpokenLine
    from heartline.testing.mutation.reach import Met, Watch
    from heartline.testing.mutation.workshop import Living

__all__ = ["Difference", "Original"]

Test = "Callable[[Sequence[Any]], Any] | None"


@dataclass(slots=True)
class Difference:
    """Pairs (number, what was, what is) of the places that differ.

    `ways` are those that may do something else when they are taken, `leads` whether one of them
    leads elsewhere. `everywhere` says that more differs than places can tell: the frame itself.
    """

    edges: list[tuple[int, Edge, Edge]] = field(default_factory=list)
    specs: list[tuple[int, ChoiceSpec, ChoiceSpec]] = field(default_factory=list)
    lines: list[tuple[int, SpokenLine, SpokenLine]] = field(default_factory=list)
    blocks: list[tuple[int, Block, Block]] = field(default_factory=list)
    everywhere: bool = False


class Original:
    """The scenario as it is: copies of all its parts, which no mutant changes."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.slots = machine.slots
        self.places = Places(machine)
        self.edges = [copy(edge) for edge in self.places.edges]
        self.specs = [copy(spec) for spec in self.places.specs]
        self.blocks = [copy(block) for block in self.places.blocks]
        self.ways = {place: self.places.way(*place) for place in self.places.ways}
        self.timers = {name: timer.slot for name, timer in machine.timers.items()}
        self._spec_numbers = {id(spec): n for n, spec in enumerate(self.places.specs)}
        self._edge_numbers = {id(edge): n for n, edge in enumerate(self.places.edges)}
        self._block_numbers = {id(block): n for n, block in enumerate(self.places.blocks)}

    def difference(self, living: Living) -> Difference:
        """What differs in a living mutant."""
        found = Difference()
        assert living.scenario is not None
        machine = living.scenario.machine
        if living.parts is None:
            self._anew(machine, found)
        elif not living.parts:
            found.everywhere = True
        for part in living.parts or ():
            made = part.made
            if isinstance(made, tuple):
                numbers = [self._edge_numbers[id(edge)] for edge in made]
            elif id(made) in self._block_numbers:
                number = self._block_numbers[id(made)]
                self._block(number, self.places.blocks[number], found)
                continue
            elif id(made) in self._spec_numbers:
                number = self._spec_numbers[id(made)]
                self._spec(number, self.places.specs[number], found)
                numbers = [self._edge_numbers[id(edge)] for edge in self.places.specs[number].edges]
            else:
                continue  # nobody can come there: every leaf has another in front of it
            for number in numbers:
                self._edge(number, self.places.edges[number], found)
        return found

    def _anew(self, machine: Machine, found: Difference) -> None:
        places = Places(machine)
        same = (
            [slot.symbol for slot in machine.slots] == [slot.symbol for slot in self.slots]
            and [slot.cap for slot in machine.slots] == [slot.cap for slot in self.slots]
            and [slot.initial for slot in machine.slots] == [slot.initial for slot in self.slots]
            and [each.tree for each in machine.timers.values()]
            == [each.tree for each in self.machine.timers.values()]
            and machine.promises == self.machine.promises
            and places.ways == self.places.ways
            and len(places.edges) == len(self.edges)
            and len(places.specs) == len(self.specs)
            and list(map(_told, places.blocks)) == list(map(_told, self.blocks))
        )
        if not same:
            found.everywhere = True
            return
        for number, edge in enumerate(places.edges):
            self._edge(number, edge, found)
        for number, spec in enumerate(places.specs):
            self._spec(number, spec, found)
        for number, block in enumerate(places.blocks):
            self._block(number, block, found)

    def _edge(self, number: int, now: Edge, found: Difference) -> None:
        was = self.edges[number]
        if (was.condition, was.actions, was.target) != (now.condition, now.actions, now.target):
            found.edges.append((number, was, now))
        self._lines(was.closing, now.closing, found)

    def _spec(self, number: int, now: ChoiceSpec, found: Difference) -> None:
        was = self.specs[number]
        if (
            was.weight_tree != now.weight_tree or was.hide != now.hide
            or was.label.source != now.label.source or was.needs != now.needs
        ):  # fmt: skip
            found.specs.append((number, was, now))
        self._lines(was.say, now.say, found)

    def _block(self, number: int, now: Block, found: Difference) -> None:
        was = self.blocks[number]
        if was.actions != now.actions:
            found.blocks.append((number, was, now))
        self._lines(was.lines, now.lines, found)

    def _lines(self, was: Lines | None, now: Lines | None, found: Difference) -> None:
        for one, other in zip(lines_of(was), lines_of(now), strict=True):
            if (
                one.speaker != other.speaker
                or one.condition != other.condition
            ):  # fmt: skip
                found.lines.append((one.number, one, other))

    # Who is concerned -----------------------------------------------------------------------------

    def concerned(
        self, living: Living, found: Difference, watch: Watch, all_: int
    ) -> tuple[int, int]:
        """The tests that come to where it differs, and those for which it makes a difference."""
        if found.everywhere:
            return all_, all_
        assert living.scenario is not None
        machine = living.scenario.machine
        reached = differs = 0
        for number, was, now in found.edges:
            if was.condition != now.condition:
                one, other = _split(watch.asked.get(number, {}), was.guard, now.guard, True)
                reached, differs = reached | one, differs | other
        for number, spec, new in found.specs:
            if spec.weight_tree != new.weight_tree:
                one, other = _split(watch.weighed.get(number, {}), spec.weight, new.weight, 1)
                reached, differs = reached | one, differs | other
            if self._is_shown(spec, watch) and (
                spec.hide != new.hide or (spec.needs != new.needs and not (new.hide or new.why))
            ):
                # Where it stays closed, it may be hidden, or the reason why read otherwise.
                for frame, tests in watch.asked.get(self._edge_number(spec.edges[0]), {}).items():
                    if not spec.enabled(frame):
                        reached, differs = reached | tests, differs | tests
        for line_number, line, new_line in found.lines:
            met = watch.said.get(line_number, {})
            if line.speaker != new_line.speaker:
                reached, differs = reached | _tests(met), differs | _tests(met)
            else:
                one, other = _split(met, line.guard, new_line.guard, True)
                reached, differs = reached | one, differs | other
        one, other = self._on_the_way(machine, found, watch)
        at_first = {line.number for block in machine.begin for line in lines_of(block.lines)}
        if any(now is block for _, _, now in found.blocks for block in machine.begin) or any(
            number in at_first for number, _, _ in found.lines
        ):
            one = other = all_
        return reached | one, differs | other

    def _is_shown(self, spec: ChoiceSpec, watch: Watch) -> bool:
        """Whether a person is ever shown the choice in a test."""
        return spec.role in watch.seats or not self.machine.roles[spec.role].engine

    def _edge_number(self, edge: Edge) -> int:
        return self._edge_numbers[id(edge)]

    def _on_the_way(self, machine: Machine, found: Difference, watch: Watch) -> tuple[int, int]:
        """The tests that take a way which does something else now."""
        edges = {
            number for number, was, now in found.edges
            if was.actions != now.actions or was.target != now.target
        }  # fmt: skip
        led = {number for number, was, now in found.edges if was.target != now.target}
        blocks = {id(self.places.blocks[number]) for number, _, _ in found.blocks}
        if not edges and not blocks:
            return 0, 0
        reached = differs = 0
        for wiring, place in self._wirings():
            number = self._edge_number(wiring.edge)
            passes = any(id(block) in blocks for block in (*wiring.exits, *wiring.entries))
            if number not in edges and not passes:
                continue
            met = watch.taken.get(place, {})
            reached |= _tests(met)
            if number in led:
                differs |= _tests(met)
                continue
            before = self.ways[place]
            event, source, index = place
            after: Way = machine.events[event].transitions[source][index]
            for frame, tests in met.items():
                if tests & ~differs and outcome_of(before, frame, self.timers) != outcome_of(
                    after, frame, self.timers
                ):
                    differs |= tests
        return reached, differs

    def _wirings(self) -> Any:
        """The wirings, each with the place of its way."""
        if not hasattr(self, "_placed"):
            counts: dict[tuple[str, str], int] = {}
            self._placed = []
            for wiring in self.machine.wirings:
                key = (wiring.event, wiring.source)
                index = counts.get(key, 0)
                counts[key] = index + 1
                self._placed.append((wiring, (*key, index)))
        return self._placed


def _told(block: Block) -> list[int]:
    """The lines of a block, by their numbers. Where ways lead elsewhere, blocks may be met in
    another order; those that do not say the same lines are not the same block."""
    return [line.number for line in lines_of(block.lines)]


def _tests(met: Met) -> int:
    found = 0
    for tests in met.values():
        found |= tests
    return found


def _split(met: Met, was: Any, now: Any, otherwise: object) -> tuple[int, int]:
    """The tests that ask, and those that are answered differently now."""
    reached = differs = 0
    for frame, tests in met.items():
        reached |= tests
        if tests & ~differs:
            one = otherwise if was is None else was(frame)
            other = otherwise if now is None else now(frame)
            if one != other:
                differs |= tests
    return reached, differs
