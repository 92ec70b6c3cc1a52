"""The compiled machine: a `transitions.Machine` whose extension points are overridden.

How it works. The compiler flattens a scenario into leaf states and ways between them, and hands
them to one `transitions.Machine` per scenario, which every conversation shares: it holds no
conversation (`model=None`), so it is never written to after it is built. The library's own
dispatch spends its time on what a conversation does not need (a partial, an event record, four
lists of callbacks, a search for the model's attributes). It names two places to put something
else, `event_cls` and `transition_cls`; `FastEvent` and `Way` stand there. An event finds the ways
that leave the present leaf by one dictionary look-up and takes the first whose guard holds.

`stock()` builds the same machine from the library's own classes. It is the oracle: a differential
test walks both at random and they never part.

What is passed as the library's `model` is a `Run`, the working copy of one conversation during
one step; it belongs to the runtime. Callbacks are always callables: a string given to the library
would be imported and run.
"""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from transitions.core import Event, Transition
from transitions.core import Machine as LibraryMachine

from heartline.plan import HANDLED, counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from heartline.expressions import Symbol
    from heartline.plan import (
        Act,
        Block,
        Edge,
        Leaf,
        MigrationPlan,
        Part,
        Promise,
        RoleInfo,
        Run,
        Slot,
        StateInfo,
        Test,
        TimerInfo,
        When,
        Wiring,
    )
    from heartline.snapshot import Frame

__all__ = ["FastEvent", "Machine", "Way", "perform"]


class Way(Transition):
    """An edge, as it is taken from one leaf: the library's transition, without its callbacks.

    `history` is (slot, value) where the way stands only while that history slot holds the value.
    """

    # The library's callbacks, of which a way has none.
    conditions: Any = ()
    prepare: Any = ()
    before: Any = ()
    after: Any = ()

    def __init__(
        self, source: str, dest: str | None, *_callbacks: object, wiring: Wiring | None = None
    ) -> None:
        assert wiring is not None
        self.source: str = source
        self.dest: str | None = dest
        self.edge: Edge = wiring.edge
        self.guard: Test | None = wiring.guard
        self.history: tuple[int, str | None] | None = wiring.history
        self.leaving: tuple[Part, ...] = performance(_leaving(wiring))
        self.entering: tuple[Part, ...] = performance(
            part for block in wiring.entries for part in block.parts()
        )

    # What the library calls its event record is a Run here, so its types do not hold.
    def execute(self, event_data: Run) -> bool:  # type: ignore[override]
        """Take this way if its guard holds; say whether it was taken."""
        frame = event_data.frame
        if self.guard is not None and not self.guard(frame):
            return False
        # The loops of perform(), written out: two calls fewer for each dispatch.
        for act, lines in self.leaving:
            if act is not None:
                act(frame, event_data)
            if lines is not None:
                event_data.say(lines)
        if self.dest is not None:
            frame[0] = self.dest
            for act, lines in self.entering:
                if act is not None:
                    act(frame, event_data)
                if lines is not None:
                    event_data.say(lines)
        return True


def perform(parts: Iterable[Part], run: Run) -> None:
    """Act and speak, part by part."""
    for act, lines in parts:
        if act is not None:
            act(run.frame, run)
        if lines is not None:
            run.say(lines)


def performance(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, as few as they can be: empty ones left out, acts without lines drawn together."""
    drawn: list[Part] = []
    for act, lines in parts:
        silent = drawn[-1][0] if drawn and drawn[-1][1] is None else None
        if silent is not None:
            drawn[-1] = (silent if act is None else _both(silent, act), lines)
        elif act is not None or lines is not None:
            drawn.append((act, lines))
    return tuple(drawn)


def _leaving(wiring: Wiring) -> Iterator[Part]:
    """Speak, exit and act: all that comes before the new state."""
    edge = wiring.edge
    if edge.handles is not None:
        yield _putting(edge.handles, HANDLED), None
    yield None, edge.opening
    if edge.counts is not None:
        yield counting(*edge.counts), None
    for slot, state in wiring.remembers:
        yield _putting(slot, state), None
    for block in wiring.exits:
        yield from block.parts()
    yield edge.act, edge.closing


def _both(one: Act, other: Act) -> Act:
    def act(frame: list[Any], run: Run) -> None:
        one(frame, run)
        other(frame, run)

    return act


def _putting(slot: int, value: object) -> Act:
    def act(frame: list[Any], _run: Run) -> None:
        frame[slot] = value

    return act


class FastEvent(Event):
    """The library's event, without its bookkeeping: the first way whose guard holds is taken."""

    # As with Way.execute: the library's model is a Run, and the way says more than a truth value.
    def trigger(self, model: Run) -> Way | None:  # type: ignore[override]
        """Take one way from the present leaf and give it; None where there was none."""
        ways: Sequence[Any] = self.transitions.get(model.frame[0], ())
        for way in ways:
            if way.execute(model):
                taken: Way = way
                return taken
        return None


@dataclass(slots=True)
class Machine:
    """A scenario, compiled. Immutable once built, and shared by all conversations and threads.

    `shown` are the variables that are not hidden: slot, name, title. Where it is `watched`, each
    step notes its moments (heartline.run.Moment), for whoever holds it to its promises. `undo` is
    whether turns can be taken back. `followed` and `looked` are what `heartline.following` keeps.
    """

    id: str
    version: str
    title: str
    language: str
    fingerprint: str
    initial: str
    begin: tuple[Block, ...]
    slots: tuple[Slot, ...]
    layout: Mapping[Symbol, int]
    leaves: Mapping[str, Leaf]
    states: Mapping[str, StateInfo]
    edges: tuple[Edge, ...]
    wirings: tuple[Wiring, ...]
    timers: Mapping[str, TimerInfo]
    roles: Mapping[str, RoleInfo]
    support: Callable[[Sequence[Any]], str] | None
    whens: tuple[When, ...] = ()
    library: Any = None
    events: Mapping[str, Any] = field(default_factory=dict)
    is_stock: bool = False
    promises: tuple[Promise, ...] = ()
    migrations: tuple[MigrationPlan, ...] = ()
    undo: bool = True
    watched: bool = False
    shown: tuple[tuple[int, str, str], ...] = field(init=False)
    followed: dict[Any, Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    looked: dict[Any, Any] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.shown = tuple(
            (index, slot.symbol[1], slot.title or slot.symbol[1])
            for index, slot in enumerate(self.slots)
            if slot.symbol[0] == "var" and not slot.hidden
        )
        if self.is_stock:
            self.library = _stock_library(self.leaves, self.wirings)
        else:
            self.library = _library(self.leaves, self.wirings)
        self.events = self.library.events

    def trigger(self, event: str, run: Run) -> Way | None:
        """Let the library dispatch an event from the present leaf; the way that was taken."""
        found = self.events.get(event)
        if found is None:
            return None
        if self.is_stock:
            notes: list[Way] = []
            found.trigger(run, run, notes)
            return notes[0] if notes else None
        taken: Way | None = found.trigger(run)
        return taken

    def ways(self, leaf: str, event: str) -> Sequence[Way]:
        """The ways that an event has from a leaf, in order of priority."""
        found = self.events.get(event)
        return () if found is None else found.transitions.get(leaf, ())

    def stock(self) -> Machine:
        """The same machine on the library's own classes: slow, and the oracle of this one."""
        return replace(self, is_stock=True)

    def watching(self) -> Machine:
        """The same machine, whose steps note their moments; it shares all parts with this one."""
        if self.watched:
            return self
        other = copy(self)
        other.watched = True
        return other

    def initial_frame(self) -> Frame:
        """The frame before anything has happened, without the leaf."""
        return tuple(slot.initial for slot in self.slots)


def _library(leaves: Iterable[str], wirings: Iterable[Wiring]) -> Any:
    library = _FastLibrary(
        model=None, states=list(leaves), initial=None, auto_transitions=False,
        ignore_invalid_triggers=True,
    )  # fmt: skip
    for wiring in wirings:
        library.add_transition(wiring.event, wiring.source, wiring.dest, wiring=wiring)
    return library


class _FastLibrary(LibraryMachine):
    event_cls = FastEvent
    transition_cls = Way


def _stock_library(leaves: Iterable[str], wirings: Iterable[Wiring]) -> Any:
    # The library warns of every event that the present state does not take; here that is normal.
    logging.getLogger("transitions.core").setLevel(logging.ERROR)
    library = LibraryMachine(
        model=None, states=list(leaves), initial=None, auto_transitions=False,
        ignore_invalid_triggers=True,
    )  # fmt: skip
    for wiring in wirings:
        way = Way(wiring.source, wiring.dest, wiring=wiring)
        library.add_transition(
            wiring.event,
            wiring.source,
            wiring.dest,
            conditions=[_condition(wiring.guard)] if wiring.guard is not None else None,
            before=[_leave(way)],
            after=[_enter(way)] if wiring.dest is not None else None,
        )
    return library


# Callbacks for the library's own classes, which pass on the run and where to note the way.


def _condition(guard: Callable[[Sequence[Any]], Any]) -> Callable[[Run, list[Way]], bool]:
    return lambda run, _notes: bool(guard(run.frame))


def _leave(way: Way) -> Callable[[Run, list[Way]], None]:
    def leave(run: Run, notes: list[Way]) -> None:
        notes.append(way)
        perform(way.leaving, run)

    return leave


def _enter(way: Way) -> Callable[[Run, list[Way]], None]:
    return lambda run, _notes: perform(way.entering, run)
