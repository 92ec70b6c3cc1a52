"""What a simulation came to, for people and for programs; and a walk as a script for the player."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.checking.space import CHOOSE, DRAW, SEND, WAIT
from heartline.durations import format_duration
from heartline.testing.walks.simulating import choice_of, interval, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.checking.space import Move
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec
    from heartline.testing.walks.simulating import Tally
    from heartline.testing.walks.walking import Plan, Walk

__all__ = ["as_json", "as_text", "script"]

MIDDLE = (0.5, 0.05, 0.95)  # the median, and where the middle nine tenths begin and end
DAY = timedelta(days=1)
MOST_DRAWN = 100  # draws that a script says for one turn; beyond it, the seed says them as well


def as_text(machine: Machine, plan: Plan, tally: Tally, *, unfinished: bool = False) -> str:
    """Tables: states with their choices, then ends, lengths, what never happened, what is stuck."""
    parts = [
        _places(machine, plan, tally),
        _never(machine, plan, tally),
        _ends(machine, tally),
        _lengths(tally),
        _stuck(tally),
        [_summary(machine, plan, tally, unfinished=unfinished)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def as_json(machine: Machine, plan: Plan, tally: Tally, *, unfinished: bool = False) -> str:
    """The same as data."""
    walk = tally.first_stuck
    data: dict[str, Any] = {
        "scenario": machine.id,
        "version": machine.version,
        "seed": plan.seed,
        "finished": not unfinished,
        "plays": tally.walks,
        "turns": tally.turns,
        "seconds": round(tally.seconds, 3),
        "turns_per_second": round(_rate(tally)),
        "ends": [
            {"outcome": outcome, "plays": count, "share": _share(count, tally.walks),
             "low": round(low, 6), "high": round(high, 6)}
            for outcome, count, low, high in _outcomes(machine, tally)
        ],
        "turns_of_plays": _spread(tally.turns_of),
        "days_of_plays": {
            name: round(value / DAY, 6)
            for name, value in _named(spread(tally.time_of, MIDDLE)).items()
        },
        "states": [
            {"state": name, "plays": tally.plays[name], "share": _share(tally.plays[name],
             tally.walks), "entered": tally.entered[name]}
            for name in _states(machine)
        ],
        "choices": [
            {"state": spec.declared_in, "choice": spec.id, "role": spec.role,
             "offered": tally.offered[choice_of(spec)], "taken": tally.taken[choice_of(spec)]}
            for spec in _choices(machine)
        ],
        "events": dict(sorted(tally.sent.items())),
        "timers": {name: tally.fired[name] for name in machine.timers},
        "stuck": {
            "plays": sum(tally.stuck.values()),
            **dict(sorted(tally.stuck.items())),
            "first": None if walk is None or walk.stuck is None else {
                "play": walk.number, "seed": walk.seed, "kind": walk.stuck.kind,
                "state": walk.stuck.state, "message": walk.stuck.sentence,
            },
        },
    }  # fmt: skip
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def script(machine: Machine, plan: Plan, walk: Walk, scenario: str) -> str:
    """A walk as lines that `heartline play --script` takes, under a comment that says how."""
    settings = "".join(f" --set {name}={_typed(value)}" for name, value in walk.inputs.items())
    seats = "".join(f" --as {role}" for role in plan.persons)
    simulated = f"{machine.id} {machine.version} (--seed {plan.seed})"
    lines = [
        f"# Play {walk.number} of a simulation of {simulated}; it is played by",
        f"# heartline play {scenario} --seed {walk.seed}{settings}{seats} --script FILE",
    ]
    if walk.stuck is not None:
        lines.append(f"# {walk.stuck.sentence}")
    for move, draws in _turns(walk.moves):
        if draws and move.source is not None and len(draws) <= MOST_DRAWN:
            lines.append(f":draw {' '.join(draw.id for draw in draws)}")
        if move.kind == CHOOSE:
            lines.append(move.id)
        elif move.kind == SEND:
            lines.append(f":event {move.id}")
        elif move.kind == WAIT:
            lines.append(":wait")
    return "\n".join(lines) + "\n"


# For people ---------------------------------------------------------------------------------------


def _places(machine: Machine, plan: Plan, tally: Tally) -> list[str]:
    rows = [("", "plays", "share", "entered", "offered", "taken")]
    for name in _states(machine):
        if not tally.plays[name]:
            continue
        entered = f"{tally.entered[name]:,}" if name in machine.leaves else ""
        indent = "  " * (len(machine.states[name].path) - 1)
        plays = tally.plays[name]
        rows.append((indent + name, f"{plays:,}", _percent(plays, tally.walks), entered, "", ""))
        rows += [
            (f"{indent}  {_called(machine, plan, spec)}", "", "",
             "", f"{tally.offered[choice_of(spec)]:,}", f"{tally.taken[choice_of(spec)]:,}")
            for spec in _choices(machine)
            if spec.declared_in == name and tally.offered[choice_of(spec)]
        ]  # fmt: skip
    everywhere = [spec for spec in _choices(machine) if not spec.declared_in]
    if everywhere:
        rows.append(("everywhere", "", "", "", "", ""))
        rows += [
            (f"  {_called(machine, plan, spec)}", "", "", "",
             f"{tally.offered[choice_of(spec)]:,}", f"{tally.taken[choice_of(spec)]:,}")
            for spec in everywhere
        ]  # fmt: skip
    return _table(rows)


def _never(machine: Machine, plan: Plan, tally: Tally) -> list[str]:
    states = [name for name in _states(machine) if not tally.plays[name]]
    offered = [spec for spec in _choices(machine) if not tally.taken[choice_of(spec)]]
    unseen = [spec for spec in offered if not tally.offered[choice_of(spec)]]
    passed = [spec for spec in offered if tally.offered[choice_of(spec)]]
    here = [spec for spec in unseen if tally.plays[spec.declared_in or ""]]
    lines = []
    if states:
        lines += [f"Never reached ({len(states)} states):", *_wrapped(states)]
    if here:
        lines.append(f"Never open, though their state was reached ({len(here)} choices):")
        lines += _wrapped([_called(machine, plan, spec) for spec in here])
    if passed:
        lines.append(f"Open, and never taken ({len(passed)} choices):")
        lines += _wrapped([_called(machine, plan, spec) for spec in passed])
    return lines


def _ends(machine: Machine, tally: Tally) -> list[str]:
    rows = [("How it ended", "plays", "share", "95 % interval")]
    for outcome, count, low, high in _outcomes(machine, tally):
        between = f"{100 * low:.2f} to {100 * high:.2f} %"
        rows.append((outcome, f"{count:,}", _percent(count, tally.walks), between))
    return _table(rows)


def _lengths(tally: Tally) -> list[str]:
    turns, times = spread(tally.turns_of, MIDDLE), spread(tally.time_of, MIDDLE)
    if not turns:
        return []
    days = [_days(each) for each in times]
    return _table([
        ("How long it was", "median", "5 %", "95 %"),
        ("turns", *[f"{each:,}" for each in turns]),
        ("days", *days),
    ])  # fmt: skip


def _stuck(tally: Tally) -> list[str]:
    walk = tally.first_stuck
    if walk is None or walk.stuck is None:
        return []
    count = sum(tally.stuck.values())
    plays = "1 play got stuck" if count == 1 else f"{count:,} plays got stuck"
    return [f"{plays}, first play {walk.number}: {walk.stuck.sentence}"]


def _summary(machine: Machine, plan: Plan, tally: Tally, *, unfinished: bool) -> str:
    seconds = f"{tally.seconds:.1f} s" if tally.seconds >= 1 else f"{tally.seconds:.2f} s"
    stopped = "Stopped early. " if unfinished else ""
    return (
        f"{stopped}{tally.walks:,} plays of {machine.id} from seed {plan.seed}: {tally.turns:,} "
        f"turns in {seconds}, {_rate(tally):,.0f} turns a second."
    )


def _called(machine: Machine, plan: Plan, spec: ChoiceSpec) -> str:
    """A choice, with its role where the engine takes it."""
    drawn = machine.roles[spec.role].engine and spec.role not in plan.persons
    return f"{spec.id} ({spec.role})" if drawn else spec.id


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows below each other, the first column to the left, the others to the right."""
    if len(rows) < 2:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _wrapped(names: Sequence[str], width: int = 78) -> list[str]:
    import textwrap

    return textwrap.wrap(
        ", ".join(names), width, initial_indent="  ", subsequent_indent="  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.2f} %" if of else ""


def _days(length: timedelta) -> str:
    days = length / DAY
    return f"{days:,.0f}" if days == int(days) or days >= 100 else f"{days:,.2f}"


# What both are made of ----------------------------------------------------------------------------


def _states(machine: Machine) -> list[str]:
    """All states that a play can be in, outer ones first."""
    return [name for name, state in machine.states.items() if state.kind != "history"]


def _choices(machine: Machine) -> list[ChoiceSpec]:
    """All choices, each where it is declared, in the order of the file."""
    found: dict[int, ChoiceSpec] = {}
    for leaf in machine.leaves.values():
        found.update((id(spec), spec) for spec in leaf.choices)
    order = {name: place for place, name in enumerate(machine.states)}
    return sorted(found.values(), key=lambda spec: order.get(spec.declared_in or "", -1))


def _outcomes(machine: Machine, tally: Tally) -> Iterator[tuple[str, int, float, float]]:
    """Each outcome: how many plays had it, and the interval of its share; the stuck ones last."""
    counts: dict[str, int] = {}
    for name, leaf in machine.leaves.items():
        if leaf.final:
            outcome = leaf.outcome or name
            counts[outcome] = counts.get(outcome, 0) + tally.ends[name]
    if tally.stuck:
        counts["(stuck)"] = sum(tally.stuck.values())
    for outcome, count in counts.items():
        yield outcome, count, *interval(count, tally.walks)


def _spread(counts: Mapping[int, int]) -> dict[str, int]:
    return _named(spread(counts, MIDDLE))


def _named(values: list[Any]) -> dict[str, Any]:
    return dict(zip(("median", "low", "high"), values, strict=False))


def _share(count: int, of: int) -> float:
    return round(count / of, 6) if of else 0.0


def _rate(tally: Tally) -> float:
    return tally.turns / tally.seconds if tally.seconds else 0.0


def _turns(moves: Sequence[Move]) -> list[tuple[Move, list[Move]]]:
    """The inputs of a walk, the opening first, each with what was drawn after it."""
    turns: list[tuple[Move, list[Move]]] = []
    for move in moves:
        if move.kind == DRAW:
            turns[-1][1].append(move)
        else:
            turns.append((move, []))
    return turns


def _typed(value: object) -> str:
    """A value of an input as it is typed, quoted for a shell where that is needed."""
    import shlex

    if isinstance(value, bool):
        return str(value).lower()
    return format_duration(value) if isinstance(value, timedelta) else shlex.quote(str(value))
