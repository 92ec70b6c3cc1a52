"""What a diagram shows, worked out once from a machine: boxes within boxes, and arrows.

Every format draws the same chart. To keep a scenario of sixty states readable,

    what an outer state hands down to the states in it is drawn once, from a box that stands
    for "anywhere in here", and what the whole file hands down from "any state";
    a move that stays where it is stands as a line in its box, as in UML, and is no arrow;
    moves between the same two boxes share an arrow, as long as they are of one kind;
    an arrow to a state that holds others ends at the inner state that is entered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from heartline.diagram.trail import Trail
    from heartline.machine import Machine
    from heartline.plan import Edge

__all__ = ["ANY", "Arrow", "Box", "Chart", "Lead", "Marks", "Move", "chart", "joined"]

ANY = "*"  # the box that stands for a state's inner states is called after it, with this added


@dataclass(frozen=True, slots=True)
class Marks:
    """What tests have covered: each state by its name, each way by the id of its edge.

    A mark is "met" or "missed", and "partly" for several things together.
    """

    states: Mapping[str, str]
    edges: Mapping[int, str]


def joined(marks: Iterable[str]) -> str:
    """The mark of several things together; none where none of them has one."""
    found = {mark for mark in marks if mark}
    return "partly" if len(found) > 1 else next(iter(found), "")


@dataclass(frozen=True, slots=True)
class Move:
    """One way as its author wrote it. `steps` are the steps of the played way that took it, `mark`
    says whether tests did, where that is asked."""

    kind: str  # "choice", "event", "after", "always", or "done" at the end of an included file
    trigger: str
    role: str | None
    engine: bool
    when: str | None
    do: tuple[str, ...]
    steps: tuple[int, ...] = ()
    other_role: bool = False
    mark: str = ""

    @property
    def style(self) -> str:
        """How it is drawn: "person", "engine", "event", "after" or "always"."""
        if self.kind == "choice":
            return "engine" if self.engine else "person"
        return "always" if self.kind == "done" else self.kind

    @property
    def name(self) -> str:
        """What sets it off, in the words of the file."""
        if self.kind == "choice":
            return f"{self.role}: {self.trigger}" if self.other_role else self.trigger
        word = {"event": "on", "after": "after", "always": "always", "done": "done:"}[self.kind]
        return f"{word} {self.trigger}".rstrip()

    def label(self, longest: int = 10_000) -> str:
        """The way in UML's notation, `trigger [guard]`, the guard cut to so many characters."""
        steps = "".join(f"{step}. " for step in self.steps[:4])
        steps += "\u2717 " * (self.mark == "missed")
        guard = "" if self.when is None else f" [{shorten(self.when, longest)}]"
        return steps + self.name + guard


class Lead(NamedTuple):
    """Moves to another box, that are written into their own box and not drawn."""

    title: str
    moves: tuple[Move, ...]


@dataclass(slots=True)
class Box:
    """A state, or what stands for all states in one (`kind` "any"); `inside` are its states.

    In an atlas there are also "closed" boxes, whose states have a picture of their own, and
    "ghost" boxes, which stand for one in another picture; `link` is the id of that picture, and
    `coming` names the pictures from which arrows come in.
    """

    id: str
    title: str
    kind: str  # "leaf", "compound", "final", "history", "any", "closed" or "ghost"
    tags: tuple[str, ...] = ()
    outcome: str | None = None
    stays: list[Move] = field(default_factory=list)
    inside: list[Box] = field(default_factory=list)
    visits: int = 0
    coming: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()
    link: str | None = None
    note: str | None = None
    mark: str = ""

    def walk(self) -> Iterator[Box]:
        """This box and all in it, the outer ones first."""
        yield self
        for box in self.inside:
            yield from box.walk()


@dataclass(frozen=True, slots=True)
class Arrow:
    """Moves of one style from one box to another."""

    source: str
    target: str
    style: str
    moves: tuple[Move, ...]

    @property
    def played(self) -> bool:
        """Whether the played way took it."""
        return any(move.steps for move in self.moves)

    @property
    def mark(self) -> str:
        """Whether tests took its ways, where that is asked."""
        return joined(move.mark for move in self.moves)


@dataclass(frozen=True, slots=True)
class Chart:
    """A scenario, ready to be drawn. `initial` is the leaf that a conversation begins in.

    One chart of an atlas has its own `id`, and an `initial` only if the beginning is in it.
    """

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    initial: str | None
    has_trail: bool
    id: str = ""
    has_marks: bool = False

    def walk(self) -> Iterator[Box]:
        """All boxes, the outer ones first."""
        for box in self.boxes:
            yield from box.walk()

    @property
    def summary(self) -> str:
        """What the picture holds, for people who do not see it."""
        kinds = [box.kind for box in self.walk()]
        ends = [box.outcome or box.id for box in self.walk() if box.kind == "final"]
        titles = {box.id: box.title for box in self.walk()}
        moves = sum(len(arrow.moves) for arrow in self.arrows)
        stays = sum(len(box.stays) for box in self.walk())
        sentences = [
            "A diagram of " + _count(kinds.count("leaf") + kinds.count("final"), "state")
            + f", {_count(moves, 'way')} between them and {_count(stays, 'way')} to stay.",
        ]  # fmt: skip
        if self.initial is not None:
            sentences.append(f"It begins in {titles[self.initial]}.")
        if ends:
            sentences.append(f"It can end in {', '.join(dict.fromkeys(ends))}.")
        if self.has_trail:
            visited = [box.title for box in self.walk() if box.visits and box.kind != "compound"]
            sentences.append(f"A played way is marked; it goes through {', '.join(visited)}.")
        if self.has_marks:
            missed = [box.title for box in self.walk() if box.mark == "missed"]
            came = f"not come to {', '.join(missed)}" if missed else "come to every state"
            sentences.append(f"What tests cover is marked; they have {came}.")
        return " ".join(sentences)


def chart(
    machine: Machine,
    trail: Trail | None = None,
    marks: Marks | None = None,
    seen_by: str | None = None,
) -> Chart:
    """The chart of a machine, with a played way marked in it, or what tests cover. With `seen_by`
    as a player of this role may see it: without guards and actions, which may tell of hidden
    variables, and without the names of what others can choose."""
    return _Charter(machine, trail, marks, seen_by).chart()


def shorten(text: str, longest: int) -> str:
    """The text on one line, cut where it is longer."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "\u2026"


class _Charter:
    """Draws up one chart."""

    def __init__(
        self, machine: Machine, trail: Trail | None, marks: Marks | None, seen_by: str | None
    ) -> None:
        self.machine = machine
        self.seen_by = seen_by
        self.trail = trail
        self.marks = marks or Marks({}, {})
        self.has_marks = marks is not None
        self.first = next(iter(machine.roles), None)
        self.boxes: dict[str, Box] = {}
        self.outermost: list[Box] = []
        self.found: dict[tuple[str, str, str], list[Move]] = {}
        # How the compiler has wired each edge: the leaves that it leaves, the leaf it arrives at.
        self.leaves: dict[int, dict[str, None]] = {}
        self.landings: dict[str, str] = {}
        for wiring in machine.wirings:
            self.leaves.setdefault(id(wiring.edge), {})[wiring.source] = None
            if wiring.edge.target is not None and wiring.dest is not None:
                self.landings[wiring.edge.target] = wiring.dest

    def chart(self) -> Chart:
        for state in self.machine.states.values():
            visits = 0 if self.trail is None else self.trail.visits(state.name)
            box = Box(
                state.name, state.title, state.kind, state.tags, state.outcome, visits=visits,
                mark=self.marks.states.get(state.name, ""),
            )  # fmt: skip
            self.boxes[state.name] = box
            outer = self.boxes[state.path[-2]].inside if len(state.path) > 1 else self.outermost
            outer.append(box)
        for edge in self.machine.edges:
            steps = () if self.trail is None else self.trail.steps(edge)
            move = self.move(edge, steps)
            for source in self.sources(edge):
                self.draw(source, edge, move)
        for leaf, target, edge, step in () if self.trail is None else self.trail.jumps:
            # What is inherited is drawn from the box of those that inherit it: here it was taken.
            if self.sources(edge)[0].kind == "any":
                self.add(leaf, target, self.move(edge, (step,)))
        arrows = (Arrow(*ends, tuple(moves)) for ends, moves in self.found.items())
        return Chart(
            self.machine.title,
            tuple(self.outermost),
            tuple(arrows),
            self.machine.initial,
            self.trail is not None,
            has_marks=self.has_marks,
        )

    def draw(self, source: Box, edge: Edge, move: Move) -> None:
        if edge.target is None:
            source.stays.append(move)
        else:
            self.add(source.id, self.landing(edge.target), move)

    def add(self, source: str, target: str, move: Move) -> None:
        self.found.setdefault((source, target, move.style), []).append(move)

    def landing(self, target: str) -> str:
        """The box that an arrow to a state ends at: down to where that state begins."""
        kind = self.machine.states[target].kind
        return self.landings.get(target, target) if kind == "compound" else target

    def sources(self, edge: Edge) -> list[Box]:
        """The boxes that an edge leaves: its state, or what stands for all states in it."""
        if is_done(edge):
            return [self.boxes[leaf] for leaf in self.leaves.get(id(edge), ())]
        if edge.source is not None and self.boxes[edge.source].kind != "compound":
            return [self.boxes[edge.source]]
        name = (edge.source or "") + ANY
        if name not in self.boxes:
            title, beside = "any state", self.outermost
            if edge.source is not None:
                outer = self.boxes[edge.source]
                title, beside = f"anywhere in {outer.title}", outer.inside
            box = self.boxes[name] = Box(name, title, "any")
            beside.insert(0, box)
        return [self.boxes[name]]

    def move(self, edge: Edge, steps: tuple[int, ...]) -> Move:
        role = self.machine.roles.get(edge.role or "")
        trigger = edge.trigger
        if is_done(edge):
            trigger = str(edge.path[-2])
        elif edge.kind == "after" and self.machine.timers[trigger].local:
            trigger = trigger.rsplit(".", 1)[-1]
        if self.seen_by is not None and edge.role not in (None, self.seen_by):
            trigger = "\u2026"
        return Move(
            kind="done" if is_done(edge) else edge.kind,
            trigger=trigger,
            role=edge.role,
            engine=role is not None and role.engine,
            when=None if self.seen_by is not None else edge.when,
            do=() if self.seen_by is not None else edge.do,
            steps=steps,
            other_role=edge.role is not None and edge.role != self.first,
            mark=self.marks.edges.get(id(edge), ""),
        )


def is_done(edge: Edge) -> bool:
    """Whether it leads on from the end of an included file, by that file's outcome."""
    return edge.kind == "always" and "done" in edge.path[-3:-2]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
