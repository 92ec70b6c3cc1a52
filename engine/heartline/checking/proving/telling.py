"""A way that was played, for people: who says what, what changes, where time passes, and why.

`story` tells it in lines, `script` in words that `heartline play --script` takes, `as_data` for
programs. What scenarios wrote is shown without anything that would steer a terminal.
"""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.checking.exploring.graph import BEGIN, CHOOSE, DRAW, SEND, WAIT
from heartline.durations import format_duration
from heartline.expressions import TextType, reads, write
from heartline.expressions.types import describe_value
from heartline.plan import RUNNING
from heartline.rendering import render
from heartline.words import humanise_date, humanise_duration
from heartline.wrapping import plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.checking.proving.witness import Happening, Turn, Witness
    from heartline.expressions import Tree
    from heartline.turn import Said

__all__ = ["NoScript", "as_data", "command", "script", "story"]

NARROWEST, WIDEST = 40, 100  # columns; longer lines are hard to read
MOST_VALUES = 6  # of variables that a condition reads


class NoScript(ValueError):
    """A script cannot hold this way."""


def story(witness: Witness, *, width: int = 80) -> list[str]:
    """The way in lines of `width` columns."""
    width = min(max(width, NARROWEST), WIDEST)
    lines: list[str] = []
    told = 0
    for number, turn in enumerate(witness.turns, 1):
        if turn.waited and turn.label.kind != WAIT:
            lines += _fill(f"{_after(turn)}, on {_moment(turn)}:", width, "  ")
        for place, happening in enumerate(turn.happenings):
            if told == witness.length + 1:
                lines += _fill("(There it is. The turn goes on, as it may:)", width, "     ")
            told += 1
            head = f"  {number}. " if not place else "     "
            lines += _fill(_what(witness, turn, happening, first=not place), width, head, "     ")
            lines += _details(witness, turn, happening, width)
    return lines


def _what(witness: Witness, turn: Turn, happening: Happening, *, first: bool) -> str:
    label = happening.label
    if label.kind == BEGIN:
        values = [f"{name} = {_value(value)}" for name, value in witness.inputs.items()]
        return f"start{', with ' + ', '.join(values) if values else ''}"
    if label.kind == CHOOSE:
        return f"choose {label.id}{_as(witness, label.role)}"
    if label.kind == SEND:
        return f"send {label.id}"
    if label.kind == DRAW:
        return f"drawn for {label.role}: {label.id}"
    if first:
        return f"wait {humanise_duration(turn.waited)}, to {_moment(turn)}: {label.id} runs out"
    return f"at the same moment {label.id} runs out"


def _as(witness: Witness, role: str | None) -> str:
    """Who chooses, where it could be another."""
    roles = witness.scenario.machine.roles
    persons = [name for name in roles if name in witness.persons or not roles[name].engine]
    return f" as {role}" if len(persons) > 1 else ""


def _after(turn: Turn) -> str:
    said = humanise_duration(turn.waited) if turn.waited >= _SECOND else "a moment"
    return f"{said[:1].upper()}{said[1:]} later"


_SECOND = timedelta(seconds=1)


def _moment(turn: Turn) -> str:
    return f"{humanise_date(turn.time)}, {turn.time:%H:%M}"


def _details(witness: Witness, turn: Turn, happening: Happening, width: int) -> Iterator[str]:
    machine = witness.scenario.machine
    for reason in reasons(witness, happening):
        yield from _fill(f"since {reason}", width, "       ", "         ")
    for said in _said(witness, turn, happening):
        paragraphs = [part for part in said.text.split("\n") if part.strip()] or [""]
        for number, paragraph in enumerate(paragraphs):
            only = f" (to {said.only_to} only)" if said.only_to else ""
            who = f"{said.name}{only}: " if said.name and not number else ""
            yield from _fill(f"{who}{paragraph}", width, "       ", "         ")
    changes = _changes(witness, turn, happening)
    if changes:
        yield from _fill(f"[{'; '.join(changes)}]", width, "       ", "        ")
    name = happening.after[0]
    if name != happening.before[0] or happening.label.kind == BEGIN:
        leaf = machine.leaves[name]
        end = f", which is the end: {leaf.outcome}" if leaf.final else ""
        yield from _fill(f"now at {name}{end}", width, "       ", "         ")


def _said(witness: Witness, turn: Turn, happening: Happening) -> tuple[Said, ...]:
    first, last = happening.said
    step = turn.step._replace(said=turn.step.said[first:last])
    return render(witness.scenario.machine, step)


def reasons(witness: Witness, happening: Happening) -> list[str]:
    """The conditions that held, of the transitions that were taken; of the first with the values
    that they read, since those of the others may have changed on the way to them."""
    found: list[str] = []
    for place, way in enumerate(happening.label.ways):
        for when in way.edge.whens:
            name = f"{when.name}: " if when.name else ""
            said = f"{name}{write(when.tree)}"
            values = _values(witness, when.tree, happening) if not place else []
            found.append(f"{said} ({', '.join(values)})" if values else said)
    return list(dict.fromkeys(found))


def _values(witness: Witness, tree: Tree, happening: Happening) -> list[str]:
    machine = witness.scenario.machine
    symbols = sorted(symbol for symbol in reads(tree) if symbol[0] == "var")
    return [
        f"{symbol[1]} is {describe_value(happening.before[machine.layout[symbol]])}"
        for symbol in symbols[:MOST_VALUES]
    ]


def _changes(witness: Witness, turn: Turn, happening: Happening) -> list[str]:
    """The variables that have other values than before, and the timers that begin or stop."""
    machine = witness.scenario.machine
    left = {due.timer: due.due - turn.time for due in turn.step.snapshot.deadlines}
    found = []
    for slot, before, after in zip(machine.slots, happening.before, happening.after, strict=True):
        if before == after or isinstance(slot.type, TextType):
            continue
        kind, name = slot.symbol[0], slot.symbol[-1]
        if kind == "var":
            found.append(f"{name}: {_value(before)} to {_value(after)}")
        elif kind == "timer" and after == RUNNING:
            length = f", {humanise_duration(left[name])}" if name in left else ""
            found.append(f"{name} begins to run{length}")
        elif kind == "timer" and before == RUNNING and happening.label.id != name:
            found.append(f"{name} is stopped")
    return found


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        return format_duration(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return wrapped(plain(text), width, first, first if rest is None else rest)


# To play it -------------------------------------------------------------------------------------


def command(witness: Witness, scenario: str, file: str) -> str:
    """The command that plays the script in a file, for a shell."""
    words = ["heartline", "play", scenario]
    if witness.seed is not None:
        words += ["--seed", str(witness.seed)]
    for name, value in witness.inputs.items():
        words += ["--set", f"{name}={_value(value)}"]
    for role in witness.persons:
        words += ["--as", role]
    words += ["--start", f"{witness.start:%Y-%m-%dT%H:%M}", "--script", file]
    return shlex.join(words)


def script(witness: Witness, scenario: str, file: str, about: Sequence[str] = ()) -> str:
    """The way as lines that `heartline play --script` takes, under a comment that says how.

    Raises NoScript where no script can hold it.
    """
    if not witness.is_whole:
        raise NoScript("it needs waits of less than a second, and a script waits for whole ones")
    if witness.seed is None:
        raise NoScript("no seed was found that draws what is drawn at its beginning")
    lines = [f"# {' '.join(plain(each).split())}" for each in about]
    lines += ["# It is played by", f"# {plain(command(witness, scenario, file))}"]
    for move in witness.moves:
        if "draws" in move:
            lines.append(f":draw {' '.join(move['draws'])}")
        if "choose" in move:
            lines.append(move["choose"])
        elif "event" in move:
            lines.append(f":event {move['event']}")
        else:
            lines.append(f":wait {format_duration(timedelta(seconds=move['wait']))}")
    return "\n".join(lines) + "\n"


def as_data(witness: Witness) -> dict[str, Any]:
    """The way for programs: how it begins, and what happens, move by move."""
    machine = witness.scenario.machine
    return {
        "inputs": {name: _plain(value) for name, value in witness.inputs.items()},
        "persons": list(witness.persons),
        "seed": witness.seed,
        "start": witness.start.isoformat(),
        "moves": len(witness.happenings) - 1,
        "steps": [
            {
                "turn": number,
                "kind": happening.label.kind,
                "id": happening.label.id,
                "role": happening.label.role,
                "time": turn.time.isoformat(),
                "because": reasons(witness, happening),
                "lines": [
                    {"speaker": said.speaker, "name": said.name, "text": said.text}
                    for said in _said(witness, turn, happening)
                ],
                "changes": [
                    {"name": slot.symbol[1], "before": _plain(before), "after": _plain(after)}
                    for slot, before, after in zip(
                        machine.slots, happening.before, happening.after, strict=True
                    )
                    if slot.symbol[0] == "var" and before != after
                ],
                "state": happening.after[0],
                "outcome": machine.leaves[happening.after[0]].outcome,
            }
            for number, turn in enumerate(witness.turns, 1)
            for happening in turn.happenings
        ],
    }


def _plain(value: object) -> object:
    return format_duration(value) if isinstance(value, timedelta) else value
