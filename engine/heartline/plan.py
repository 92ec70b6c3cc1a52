"""What a machine is made of: slots, edges, choices, states and lines, ready to be dispatched.

The compiler fills these, the machine is built of them, and whoever wants to know a scenario
(diagrams, lint, the checker) reads them. They hold both what the author wrote (sources, places in
the file, trees) and what is made of it (functions, slots of the frame).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from heartline.expressions import BOOL, And, Literal, Or

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from heartline.diagnostics import Location
    from heartline.expressions import Action, Symbol, Tree, Type
    from heartline.text import Text
    from heartline.turn import Choice, Said

__all__ = [
    "OFF", "RUNNING", "PENDING", "HANDLED",
    "Block", "ChoiceSpec", "Edge", "Leaf", "Lines", "MigrationPlan", "Promise", "RoleInfo", "Run",
    "Slot", "SpokenLine", "StateInfo", "TimerInfo", "Wiring", "counting", "event_name",
]  # fmt: skip

OFF, RUNNING, PENDING, HANDLED = range(4)  # what a timer's slot holds; `expired` is >= PENDING


class Run(Protocol):
    """What a way works on: the runtime's working copy of one conversation."""

    frame: list[Any]

    def start(self, timer: str, length: timedelta) -> None: ...
    def stop(self, timer: str) -> None: ...
    def say(self, lines: Lines) -> None: ...


if TYPE_CHECKING:
    Test = Callable[[Sequence[Any]], Any]
    Act = Callable[[list[Any], Run], None]
    Part = tuple[Act | None, "Lines | None"]  # first acts, then speaks


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of the frame: what it is, what it may hold, and what it holds at first."""

    symbol: Symbol
    type: Type | None
    initial: Any
    hidden: bool = False
    title: str | None = None
    input: bool = False
    cap: int = 0
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A condition as its author wrote it, in one place: a `when`, or a named guard.

    `owner` says whose it is, for people: "guard heard_out", "choice ask", "after break", "a line
    of partner". `path` leads to it in its file; a named guard has a `name` under which others use
    it.
    """

    owner: str
    tree: Tree
    location: Location
    path: tuple[str | int, ...]
    name: str | None = None


@dataclass(slots=True)
class SpokenLine:
    """A line, ready to be said: `number` is its place in the scenario, for the draw of a text.

    `path` leads to it in its file, and `places` are those of its texts. `when` is what the author
    asks for; the guard, and the `condition` that it is made of, hold `visit` too. `said` is the
    line as it is said, where that is the same in every conversation; all of them share it. It is
    made when it is first said (heartline.rendering).
    """

    speaker: str
    texts: tuple[Text, ...]
    guard: Test | None
    only_to: str | None
    number: int
    path: tuple[str | int, ...]
    places: tuple[Location, ...]
    when: When | None = None
    said: Said | None = None
    condition: Tree | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that are said together, and what makes them be said."""

    cause: str
    lines: tuple[SpokenLine, ...]


@dataclass(slots=True)
class Block:
    """What happens on the way into or out of one state."""

    visits: tuple[int, int] | None = None
    starts: tuple[tuple[str, timedelta], ...] = ()
    stops: tuple[str, ...] = ()
    act: Act | None = None
    lines: Lines | None = None
    actions: tuple[Action, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.visits or self.starts or self.stops or self.act or self.lines)

    def parts(self) -> Iterator[Part]:
        """Count the visit, start or stop the state's own delays, act, speak: in this order."""
        if self.visits is not None:
            yield counting(*self.visits), None
        if self.starts or self.stops:
            yield self._delays, None
        yield self.act, self.lines

    def _delays(self, _frame: list[Any], run: Run) -> None:
        for timer, length in self.starts:
            run.start(timer, length)
        for timer in self.stops:
            run.stop(timer)


@dataclass(slots=True)
class Edge:
    """One branch as the author wrote it, and what it does wherever it is inherited.

    `source` is the state that declares it, None for the whole file; `target` the state it names,
    None where it stays. `kind` is "choice", "event", "after" or "always"; `trigger` the id of the
    choice, event or timer ("" for always). `path` leads to it in its file. `whens` are what must
    hold, in the order in which it is asked; `condition` is all of it, with a choice's `once`.
    """

    kind: str
    trigger: str
    source: str | None
    target: str | None
    role: str | None
    when: str | None
    do: tuple[str, ...]
    tags: tuple[str, ...]
    location: Location
    path: tuple[str | int, ...]
    condition: Tree | None = None
    actions: tuple[Action, ...] = ()
    guard: Test | None = None
    counts: tuple[int, int] | None = None
    handles: int | None = None
    opening: Lines | None = None
    act: Act | None = None
    closing: Lines | None = None
    order: int = 0
    whens: tuple[When, ...] = ()

    @property
    def line(self) -> int:
        """The line of the file that it begins at."""
        return self.location.line


@dataclass(slots=True)
class Wiring:
    """How one way is wired: its leaves, its edge, and what is exited and entered on it."""

    event: str
    source: str
    dest: str | None
    edge: Edge
    guard: Test | None = None
    history: tuple[int, str | None] | None = None
    remembers: tuple[tuple[int, str | None], ...] = ()
    exits: tuple[Block, ...] = ()
    entries: tuple[Block, ...] = ()


@dataclass(slots=True)
class ChoiceSpec:
    """A choice as declared in one state, shared by all leaves that inherit it.

    `whys` are the sentences of its named guards that differ from one conversation to another;
    `timely` says that one of them speaks of more than variables, such as dates, so that its reason
    is not remembered.
    `reads` are the slots that its guards and these sentences read; `reasons` remembers, for values
    of these, why it was closed (heartline.reasons). `shown` is the open choice as it is shown,
    where its words are the same in every conversation (heartline.rendering).
    """

    id: str
    role: str
    declared_in: str | None
    label: Text
    say: Lines | None
    why: Text | None
    hide: bool
    once: bool
    tags: tuple[str, ...]
    location: Location
    path: tuple[str | int, ...]
    event: str
    conditions: tuple[Tree, ...] = ()
    branches: tuple[Tree | None, ...] = ()
    guards: tuple[Test | None, ...] = ()
    weight_tree: Tree | None = None
    weight: Test | None = None
    edges: tuple[Edge, ...] = ()
    whys: tuple[tuple[str, Text], ...] = ()
    timely: bool = False
    reads: tuple[int, ...] = ()
    reasons: dict[tuple[Any, ...], str] = field(default_factory=dict)
    shown: Choice | None = None

    @property
    def needs(self) -> Tree:
        """All that must hold for it to be enabled, as one expression."""
        branches = [when for when in self.branches if when is not None]
        needs = list(self.conditions)
        if branches and len(branches) == len(self.branches):
            needs.append(branches[0] if len(branches) == 1 else Or((0, 0), BOOL, tuple(branches)))
        if len(needs) == 1:
            return needs[0]
        return And((0, 0), BOOL, tuple(needs)) if needs else Literal((0, 0), BOOL, value=True)

    @property
    def speaks_of_time(self) -> bool:
        """Whether it may be shown in other words at the next moment."""
        return self.timely or self.label.timely or (self.why is not None and self.why.timely)

    def enabled(self, frame: Sequence[Any]) -> bool:
        """Whether one of its branches can be taken."""
        for guard in self.guards:  # noqa: SIM110  # a generator costs more than most guards
            if guard is None or guard(frame):
                return True
        return False


@dataclass(slots=True)
class StateInfo:
    """A state of any kind. `path` goes from the outermost state to this one, which is included."""

    name: str
    kind: str  # "leaf", "compound", "final" or "history"
    path: tuple[str, ...]
    title: str
    tags: tuple[str, ...]
    location: Location
    outcome: str | None = None


@dataclass(slots=True)
class Leaf:
    """A state that a conversation can be in. `choices` are its own and the inherited ones, and
    `offers` the same by their ids."""

    state: StateInfo
    tags: frozenset[str] = frozenset()
    choices: tuple[ChoiceSpec, ...] = ()
    offers: Mapping[str, ChoiceSpec] = field(default_factory=dict)
    engine: tuple[ChoiceSpec, ...] = ()
    handles: frozenset[str] = frozenset()
    eventless: bool = False
    final: bool = field(init=False)

    def __post_init__(self) -> None:
        self.final = self.state.kind == "final"

    @property
    def name(self) -> str:
        return self.state.name

    @property
    def path(self) -> tuple[str, ...]:
        return self.state.path

    @property
    def outcome(self) -> str | None:
        return self.state.outcome


@dataclass(slots=True)
class TimerInfo:
    """A timer. `local` ones belong to a state's literal delay and have no name in expressions.

    `length` is made of `tree`: how long it runs where it is started without a length.
    """

    name: str
    slot: int
    title: str
    local: bool
    length: Test | None = None
    tree: Tree | None = None


@dataclass(slots=True)
class RoleInfo:
    """A role: its name and pronouns are texts, since they may depend on variables."""

    id: str
    name: Text
    engine: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """A property of the file: what it says, with its expressions parsed, and where.

    `pattern` is one of scenario.Property.PATTERNS, `trees` and `numbers` hold its fields that are
    expressions and bounds. `endings` says for each outcome of its file in which leaves that file
    has ended so; `host` is the state that includes the file, None for the outermost.
    """

    name: str
    about: str | None
    pattern: str
    trees: Mapping[str, Tree]
    numbers: Mapping[str, int]
    endings: Mapping[str, frozenset[str]]
    host: str | None
    location: Location


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """How conversations of an earlier version go on in this one: what it calls things that the
    earlier one called otherwise, and what some variables become, over the others after renaming."""

    version: str
    states: Mapping[str, str]
    variables: Mapping[str, str]
    timers: Mapping[str, str]
    choices: Mapping[str, str]
    sets: Mapping[str, Tree]


def event_name(kind: str, trigger: str) -> str:
    """The name under which the library knows a choice, an event, a timer or `always`."""
    return f"{kind} {trigger}" if trigger else kind


def remembering(history: tuple[int, str | None], guard: Test | None) -> Test:
    """The guard of a way that stands only while a history slot holds a value."""
    slot, value = history
    if guard is None:
        return lambda frame: frame[slot] == value
    return lambda frame: frame[slot] == value and guard(frame)


def counting(slot: int, cap: int) -> Act:
    """An act that counts up to a bound."""

    def act(frame: list[Any], _run: Run) -> None:
        if frame[slot] < cap:
            frame[slot] += 1

    return act
