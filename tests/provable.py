"""Little scenarios with promises, made up by hypothesis, and every play of one beside a Monitor.

The plays are the oracle of proofs: each turn is taken by the runtime, and what the Monitor says of
it counts. Plays that stand alike, with marks that are alike, go on alike, so that these are all.
"""

from __future__ import annotations

import heapq
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

import heartline
from heartline import Choose, ManualClock, Scenario, Send, Tick
from heartline.checking.monitor import Watch
from heartline.checking.space import BEGIN, CHOOSE, DRAW, SEND, Move, Node, Space
from heartline.runtime import Step, start, step
from slowgraph import every_input

NOW = ManualClock().now()

TALK = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast: {you: {name: You}, other: {name: Kim, played_by: engine}}
context:
  words: {type: int, min: 0, max: 1, initial: 0}
states:
  talking:
    choices:
      speak: {do: words += 1, tags: [loud]}
      nod: {to: agreed, say: {other: Good.}}
      shrug: {to: parted}
  agreed: {type: final, outcome: over}
  parted: {type: final, outcome: gone}
"""

STATES = ("s0", "s1", "s2")
PLACES = (*STATES, "theirs", "passage", "over", "gone")
ACTS = ("n += 1", "n = 0", "b = not b", "start(t)", "stop(t)", "b = true")
GUARDS = ("n >= 1", "b", "not b", "n < 2", "expired(t)", "running(t)")
ATOMS = (
    "n >= 1", "n == 2", "b", "at(s0)", "at(s1)", "at(s2)", "at(theirs)", "chosen(c0)",
    "chosen(c1)", "chosen(c2)", "chosen(smile)", "tag(loud)", "tag(warm)", "outcome(over)",
    "outcome(gone)", "said(other)", "running(t)", "expired(t)", "n <= 2",
)  # fmt: skip
INNER = (
    "words == 1", "at(talking)", "at(agreed)", "chosen(speak)", "chosen(nod)", "tag(loud)",
    "outcome(over)", "outcome(gone)", "said(other)",
)  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn, atoms: tuple[str, ...] = ATOMS) -> str:
    one, other = draw(st.sampled_from(atoms)), draw(st.sampled_from(atoms))
    form = draw(st.sampled_from(["{0}", "{0}", "not {0}", "{0} and {1}", "{0} or {1}",
                                 "{0} and not {1}"]))  # fmt: skip
    return form.format(one, other)


@st.composite
def promises(draw: st.DrawFn, atoms: tuple[str, ...] = ATOMS) -> str:
    """A property of any pattern, in any scope, in the form of YAML in one line."""
    condition = conditions(atoms)
    pattern = draw(
        st.sampled_from(["always", "never", "eventually", "whenever", "must", "of", "ends_within"])
    )
    number = st.integers(0, 3)
    fields: dict[str, str | int] = {pattern: 1 + draw(number)}
    if pattern != "ends_within":
        fields[pattern] = draw(condition)
    if pattern == "whenever":
        fields["leads_to"] = draw(condition)
        if draw(st.booleans()):
            fields["within"] = 1 + draw(number)
    if pattern == "of":
        fields["at_most"] = draw(number)
    if draw(st.booleans()):
        fields["after"] = draw(condition)
    if pattern == "must" or draw(st.booleans()):
        fields["before"] = draw(condition)
    return "{" + ", ".join(f"{name}: {part}" for name, part in fields.items()) + "}"


@st.composite
def scenarios(draw: st.DrawFn) -> str:
    """A scenario of a few states, with a role of the engine, a timer, ways that lead on at once and
    an included file (TALK, as talk.yaml beside it)."""
    place = st.sampled_from(PLACES)
    has_talk = draw(st.booleans())

    def branch() -> str:
        parts = [f"to: {draw(place)}"] if draw(st.booleans()) else []
        if draw(st.booleans()):
            parts.append(f"do: {draw(st.sampled_from(ACTS))}")
        if draw(st.integers(0, 2)) == 0:
            parts.append(f"when: {draw(st.sampled_from(GUARDS))}")
        if draw(st.integers(0, 2)) == 0:
            parts.append("say: {other: Well.}")
        elif draw(st.integers(0, 3)) == 0:
            parts.append("say: {other: Hm., when: b}")
        return ", ".join(parts)

    lines = []
    for name in STATES:
        lines.append(f"  {name}:")
        if draw(st.booleans()):
            lines.append("    tags: [warm]")
        if draw(st.booleans()):
            lines.append("    entry: {do: start(t)}")
        lines.append("    choices:")
        for number in range(3 if name == "s2" else draw(st.integers(1, 3))):
            tags = ", tags: [loud]" if draw(st.booleans()) else ""
            lines.append(f"      c{number}: {{{branch() or 'do: b = b'}{tags}}}")
        if has_talk and name == "s0":
            lines.append("      talk: {to: session}")
        if draw(st.booleans()):
            lines.append(f"    after: {{t: {{{branch() or 'do: b = b'}}}}}")
        if draw(st.integers(0, 3)) == 0:
            lines.append(f"    events: {{ring: {{{branch() or 'do: b = b'}}}}}")
    calm = st.sampled_from(STATES)
    inner = []
    if has_talk:
        back = draw(st.sampled_from([*PLACES, "session"]))
        lines.append(
            f"  session: {{include: talk.yaml, done: {{over: {draw(place)}, gone: {back}}}, "
            f"choices: {{leave: {{to: {draw(calm)}}}}}}}"
        )
    header = f"""\
heartline: 1
id: made_up
version: 1.0.0
title: Made up
cast: {{you: {{name: You}}, other: {{name: Kim, played_by: engine}}}}
context:
  n: {{type: int, min: 0, max: 2, initial: 0}}
  b: {{type: bool, initial: false, input: {draw(st.sampled_from(["true", "false"]))}}}
timers: {{t: 1h}}
initial: s0
states:
"""
    inner = [
        "  theirs:",
        "    choices:",
        f"      smile: {{by: other, to: {draw(calm)}, say: {{other: Yes.}}, tags: [warm]}}",
        f"      frown: {{by: other, to: {draw(calm)}, do: n += 1, when: not b}}",
        f"      nothing: {{to: {draw(calm)}}}",
        f"  passage: {{always: [{{when: n >= 1, to: {draw(calm)}}}, {{to: {draw(calm)}}}]}}",
        "  over: {type: final, outcome: over}",
        "  gone: {type: final, outcome: gone}",
    ]
    return header + "\n".join([*lines, *inner]) + "\n"


def loaded(text: str, own: str = "", inner: str = "") -> Scenario:
    """A scenario with the promises of its own file and of the included one."""
    with TemporaryDirectory() as folder:
        talk = TALK + (f"properties:\n{inner}" if inner else "")
        Path(folder, "talk.yaml").write_text(talk, "utf-8")
        text += f"properties:\n{own}" if own else ""
        Path(folder, "scenario.yaml").write_text(text, "utf-8")
        return heartline.load(folder)


class TooLarge(Exception):
    """More plays than the oracle cares to follow, or one that it cannot: a tie, or a loop."""


class Plays:
    """Every play of a scenario. `broken` has for each promise that is broken the fewest moves, the
    beginning not counted, after which it is; `tried` the promises that were put to the test."""

    def __init__(self, watch: Watch, most: int = 1_500) -> None:
        self.watch = watch
        self.machine = watch.scenario.machine
        self.space = Space(self.machine, lines=True)
        self.bare = Watch(watch.scenario)  # looks at moments, not at turns
        self.bare.turning = []
        self.broken: dict[str, int] = {}
        self.tried = 0
        self.most = most
        self._number = count()
        self._waiting: list[tuple[int, int, Node, Any, Step]] = []
        self._seen: set[object] = set()
        self._follow()

    def _follow(self) -> None:
        for inputs in every_input(self.machine):
            for node, draws, _ in self._turns(self.space.opening(inputs)):
                taken = start(self.machine, now=NOW, inputs=inputs, draws=draws)
                self._take(-1, node, self.watch.first, taken)
        while self._waiting:
            moves, _, node, marks, before = heapq.heappop(self._waiting)
            key = (node.position, marks.marks)
            if key in self._seen:
                continue
            self._seen.add(key)
            if len(self._seen) > self.most:
                raise TooLarge
            for first in self.space.moves(node):
                for target, draws, _ in self._turns(first):
                    self._take(moves, target, marks, self._step(first, before, draws))

    def _turns(self, move: Move) -> list[tuple[Node, tuple[str, ...], int]]:
        """All ways through one turn: where it ends, and what was drawn."""
        node = self.space.follow(move)
        drawn = (move.id,) if move.kind == DRAW else ()
        if node.fault is not None:
            raise TooLarge
        dues = [due.due for due in node.deadlines]
        if len(set(dues)) < len(dues):
            raise TooLarge
        if node.offers is None:
            return [(node, drawn, 1)]
        return [
            (end, (*drawn, *draws), length + 1)
            for each in self.space.moves(node)
            for end, draws, length in self._turns(each)
        ]

    def _step(self, move: Move, before: Step, draws: tuple[str, ...]) -> Step:
        snapshot = before.snapshot
        if move.kind == CHOOSE:
            return step(self.machine, snapshot, Choose(move.id), snapshot.time, draws)
        if move.kind == SEND:
            return step(self.machine, snapshot, Send(move.id), snapshot.time, draws)
        assert move.kind != BEGIN
        return step(self.machine, snapshot, Tick(), snapshot.deadlines[0].due, draws)

    def _take(self, moves: int, node: Node, marks: Any, taken: Step) -> None:
        for length in range(1, len(taken.moments) + 1):
            bare = self.bare.monitor()
            bare.marks = marks
            part = taken._replace(moments=taken.moments[:length])
            for violation in bare.stepped(part):
                self._breaks(violation.name, moves + length)
        monitor = self.watch.monitor()
        monitor.marks = marks
        for violation in monitor.stepped(taken):
            self._breaks(violation.name, moves + len(taken.moments))
        self.tried |= monitor.marks.tried
        after = monitor.marks._replace(tried=0)
        there = moves + len(taken.moments)
        assert node.state == taken.snapshot.state
        heapq.heappush(self._waiting, (there, next(self._number), node, after, taken))

    def _breaks(self, name: str, moves: int) -> None:
        self.broken[name] = min(moves, self.broken.get(name, moves))
