"""Tests that are made of a scenario alone: walks that reach all of it, and what came of each step.

    generated = generate(scenario, "transitions")
    generated.text        the test file

Each walk is played in the runtime, with its draws said. What is pinned is structure, never words:
the state, who speaks, all the choices that can be taken, the variables that changed, the timers
that run, the outcome. What a line should say nobody can know but its author; and what is pinned is
what the scenario does now, which somebody has to read before it is what it should do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.checking.space import CHOOSE, DRAW, SEND, WAIT
from heartline.clock import STORY_START
from heartline.durations import format_duration
from heartline.errors import RunawayError
from heartline.expressions import TextType
from heartline.rendering import look, render
from heartline.runtime import start, step
from heartline.snapshot import Choose, Send, Tick
from heartline.testing.making.choosing import Chosen, Path, choose
from heartline.testing.making.reaching import Bounds, Search
from heartline.testing.making.writing import write_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heartline.checking.space import Move
    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.runtime import Step
    from heartline.snapshot import Snapshot
    from heartline.testing.making.reaching import Edge, Found
    from heartline.testing.making.writing import Plain

__all__ = ["Generated", "generate"]

MOST_DRAWS = 100  # one after the other, to come to where a walk rests
SHOWN = 12  # goals that were not reached, as the head of a file names them


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made: the tests by their names, the text of the file, and sentences about it."""

    tests: dict[str, Plain]
    text: str
    found: Found
    chosen: Chosen
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all is reached, or what is not is proved to be out of reach."""
        return not self.missing or self.found.whole


def generate(
    scenario: Scenario,
    kind: str,
    *,
    bounds: Bounds | None = None,
    beside: str = "scenario.yaml",
    report: Callable[[Found], bool] | None = None,
) -> Generated:
    """Make tests that reach all transitions, or pairs of them, that can be reached.

    `beside` is the name of the scenario's file, as the test file is to name it.
    """
    machine = scenario.machine
    search = Search(machine, kind, bounds or Bounds(), ()).run(report)
    chosen, walks = _without_loops(machine, search, choose(machine, search))
    reached = {goal for path in chosen.paths for goal in path.goals}
    points = search.found.survey.points
    missing = tuple(
        f"{points[goal].subject} ({points[goal].location.line}) {points[goal].missing}"
        for goal in sorted(search.found.wanted - reached)
    )
    tests: dict[str, Plain] = {}
    comments: dict[str, str] = {}
    new = set(reached)
    for path, (test, end) in zip(chosen.paths, walks, strict=True):
        name = _name(end, tests)
        tests[name] = test
        mine = len(new & path.goals.keys())
        new -= path.goals.keys()
        thing = kind if mine != 1 else kind.removesuffix("s")
        comments[name] = f"Takes {mine} {thing} that no test before it takes."
    head = "\n".join(_head(scenario, kind, search.found, chosen, missing))
    text = write_tests(tests, scenario=beside, head=head, comments=comments)
    return Generated(tests, text, search.found, chosen, missing)


def summary(kind: str, found: Found, chosen: Chosen, missing: Sequence[str]) -> list[str]:
    """What was reached and by how many walks, as sentences."""
    total, count = len(found.wanted), len(chosen.paths)
    tests = "1 test takes" if count == 1 else f"{count} tests take"
    said = [f"{tests} {total - len(missing)} of {total} {kind}."]
    if chosen.proved:
        said.append("No fewer would do: each of them ends in another way.")
    else:
        said.append(
            f"At least {chosen.least} are needed; whether fewer than {count} would do is open."
        )
    if missing and found.whole and not found.faults:
        others = "the other one" if len(missing) == 1 else "the others"
        said.append(f"All that can happen was looked at: {others} cannot be taken.")
    elif missing:
        one = len(missing) == 1
        said.append(
            f"{'The other one was' if one else 'The others were'} not reached in "
            f"{len(found.situations):,} configurations; that does not say that "
            f"{'it' if one else 'they'} cannot be taken."
        )
    said += [f"Left out, since it loops: {fault}" for fault in sorted(found.faults)]
    return said


def _head(
    scenario: Scenario, kind: str, found: Found, chosen: Chosen, missing: Sequence[str]
) -> list[str]:
    lines = [
        f"Made by: heartline test --generate {kind}, of {scenario.id} {scenario.version}.",
        "They hold what the scenario does, not what it should do: read them before you rely on",
        "them. No words are held; add those that matter.",
        "",
        *summary(kind, found, chosen, missing),
    ]
    if missing:
        lines += ["", "Not taken:", *[f"  {each}" for each in missing[:SHOWN]]]
        if len(missing) > SHOWN:
            lines.append(f"  and {len(missing) - SHOWN} more")
    return lines


# One walk -----------------------------------------------------------------------------------------


def _without_loops(
    machine: Machine, search: Search, chosen: Chosen
) -> tuple[Chosen, list[tuple[Plain, Snapshot]]]:
    """The walks as they can be played, each with its test and where it ends.

    A walk may end where the engine has to draw, and what it draws may loop; so may draws that only
    all together are too many. Such a walk is drawn on to where it rests, or ends a turn earlier.
    """
    paths: list[Path] = []
    walks: list[tuple[Plain, Snapshot]] = []
    for path in chosen.paths:
        edges = path.edges
        while edges:
            found = _played_out(machine, search, Path(path.inputs, edges))
            if found is not None:
                paths.append(found[0])
                walks.append(found[1])
                break
            edges = _a_turn_less(edges)
    lost = {goal for path in chosen.paths for goal in path.goals}
    lost -= {goal for path in paths for goal in path.goals}
    if not lost:
        return Chosen(tuple(paths), chosen.least), walks
    search.found.whole = False  # by another way they might be taken
    return Chosen(tuple(paths), 1 if paths else 0), walks


def _played_out(
    machine: Machine, search: Search, path: Path
) -> tuple[Path, tuple[Plain, Snapshot]] | None:
    """A walk with its test, as it is or drawn on; None where the runtime says that it loops."""
    for each in (path, _drawn_on(search, path)):
        try:
            return each, _test(machine, each)
        except RunawayError as error:
            search.found.faults.add(str(error))
    return None


def _drawn_on(search: Search, path: Path) -> Path:
    """A walk that ends where the engine draws, gone on with to where it does not."""
    edges = list(path.edges)
    for _ in range(MOST_DRAWS):
        end = search.found.situations[edges[-1].target]
        onward = search.look(edges[-1].target) if end.node.offers is not None else []
        if not onward:
            break
        edges.append(onward[0])
    return Path(path.inputs, tuple(edges))


def _a_turn_less(edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    end = len(edges) - 1
    while end > 0 and edges[end].move.kind == DRAW:
        end -= 1
    return edges[:end]


def _test(machine: Machine, path: Path) -> tuple[Plain, Snapshot]:
    """The test of a walk, and where it ends."""
    (_, drawn), *turns = _turns([edge.move for edge in path.edges])
    happened = start(machine, now=STORY_START, inputs=path.inputs, draws=drawn)
    test: Plain = {
        "inputs": {name: _plain(value) for name, value in path.inputs.items()},
        "draw": list(drawn),
        "expect": _expected(machine, happened),
    }
    steps = []
    for move, draws in turns:
        before = happened.snapshot
        happened = _played(machine, before, move, draws)
        act = {"draw": list(draws), "expect": _expected(machine, happened), **_act(move)}
        steps.append({field: value for field, value in act.items() if value})
    test["steps"] = steps
    return {field: value for field, value in test.items() if value}, happened.snapshot


def _turns(moves: Sequence[Move]) -> list[tuple[Move, tuple[str, ...]]]:
    """The inputs of a walk, the opening first, each with what is drawn in answer."""
    turns: list[tuple[Move, tuple[str, ...]]] = []
    for move in moves:
        if move.kind == DRAW:
            before, draws = turns.pop()
            turns.append((before, (*draws, move.id)))
        else:
            turns.append((move, ()))
    return turns


def _played(machine: Machine, before: Snapshot, move: Move, draws: tuple[str, ...]) -> Step:
    if move.kind == CHOOSE:
        return step(machine, before, Choose(move.id, role=move.role), before.time, draws)
    if move.kind == SEND:
        return step(machine, before, Send(move.id), before.time, draws)
    return step(machine, before, Tick(), before.deadlines[0].due, draws)


def _act(move: Move) -> Plain:
    if move.kind == CHOOSE:
        return {"choose": move.id}
    if move.kind == SEND:
        return {"send": move.id}
    assert move.kind == WAIT
    return {"wait_until": move.id}


def _expected(machine: Machine, happened: Step) -> Plain:
    """What a step led to, without its words."""
    turn = look(machine, happened.snapshot)
    speakers = [line.speaker for line in render(machine, happened)]
    expect: Plain = {"state": turn.state, "said_by": speakers or None}
    expect["context"] = _changed(machine, happened) or None
    if turn.outcome is not None:
        expect["outcome"] = turn.outcome
    else:
        expect["only_offered"] = [choice.id for choice in turn.choices if choice.enabled]
        left = {due.timer: format_duration(due.left) for due in turn.deadlines}
        if left:
            expect["timers"] = left
        elif happened.before is not None and happened.before.deadlines and not turn.deadlines:
            expect["running"] = []
    return {field: value for field, value in expect.items() if value is not None}


def _changed(machine: Machine, happened: Step) -> dict[str, object]:
    """The variables that hold something else than before; at the start, than at first."""
    before = machine.initial_frame() if happened.before is None else happened.before.frame
    return {
        slot.symbol[1]: _plain(now)
        for slot, was, now in zip(machine.slots, before, happened.snapshot.frame, strict=True)
        if slot.symbol[0] == "var" and now != was and not isinstance(slot.type, TextType)
    }


def _plain(value: Any) -> object:
    """A value as a file writes it."""
    return format_duration(value) if isinstance(value, timedelta) else value


def _name(end: Snapshot, taken: dict[str, Plain]) -> str:
    """A name after where the walk ends."""
    base = "to_" + end.state.lower().replace(".", "_")[:80]
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name
