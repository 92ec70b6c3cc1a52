"""The chances of a scenario for people and for programs."""

from __future__ import annotations

import json
from datetime import timedelta
from math import isinf
from typing import TYPE_CHECKING, Any

from heartline.checking.odds.chances import ENDLESS, STUCK, UNSEEN
from heartline.durations import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.checking.odds.deciding import Decision, Plan
    from heartline.checking.odds.odds import Odds, Row

__all__ = ["as_json", "as_text", "is_clean"]

NOTHING = "-"
LIMITS = {
    "configurations": "the limit of configurations",
    "seconds": "the limit of seconds",
    "memory": "the limit of memory",
    "interrupt": "Ctrl-C",
}


def is_clean(odds: Odds) -> bool:
    """Whether all was looked at, and every play comes to an end."""
    bad = (STUCK, ENDLESS, UNSEEN)
    return (
        odds.graph.is_whole
        and not odds.graph.notes.loops
        and not any(row.played.of.get(name, 0.0) > 0 for row in odds.rows for name in bad)
    )


def as_text(odds: Odds) -> str:
    """A table for each beginning, the policies that were asked for, and what it was made of."""
    parts = []
    for row in odds.rows:
        heading = [f"With {_beginning(row.inputs)}:"] if row.inputs else []
        parts.append([*heading, *_chances(row)])
        parts += [_plan(plan) for plan in row.plans]
        parts.append(_remarks(row))
    parts.append(_loops(odds))
    parts.append(_summary(odds))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def as_json(odds: Odds) -> str:
    """The same as data. What is infinite is null."""
    graph, policy = odds.graph, odds.policy
    data: dict[str, Any] = {
        "scenario": graph.machine.id,
        "version": graph.machine.version,
        "configurations": len(graph),
        "transitions": int(graph.transitions),
        "seconds": round(graph.seconds, 3),
        "whole": graph.is_whole,
        "stopped": graph.stopped,
        "loops": sorted({str(edge.location) for edge, _ in graph.notes.loops}),
        "persons": list(graph.persons),
        "events": policy.events,
        "weights": dict(policy.weights),
        "rules": len(policy.rules),
        "beginnings": [_row(row) for row in odds.rows],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    played = row.played
    return {
        "inputs": {name: _plain(value) for name, value in row.inputs.items()},
        "turns": _finite(played.turns),
        "days": _finite(played.days),
        "bound": played.bound,
        "outcomes": [
            {"outcome": name, "chance": chance, "turns": played.turns_of.get(name),
             "days": played.days_of.get(name), "worst": row.worst.get(name),
             "best": row.best.get(name)}
            for name, chance in played.of.items()
        ],
        "policies": [
            {
                "outcome": plan.outcome,
                "kind": "best" if plan.largest else "worst",
                "chance": plan.chance,
                "turns": _finite(plan.played.turns),
                "days": _finite(plan.played.days),
                "outcomes": dict(plan.played.of),
                "decisions": [
                    {"state": each.state, "where": list(each.where), "do": each.action,
                     "configurations": each.configurations, "exact": each.exact,
                     "visits": each.visits}
                    for each in plan.decisions
                ],
            }
            for plan in row.plans
        ],
    }  # fmt: skip


# For people ---------------------------------------------------------------------------------------


def _chances(row: Row) -> list[str]:
    played = row.played
    head = ["How it ends", "chance", "turns", "days"]
    extremes = bool(row.best)
    rows = [head + ["worst", "best"] * extremes]
    for name, chance in played.of.items():
        cells = [name, percent(chance), _number(played.turns_of.get(name)),
                 _number(played.days_of.get(name))]  # fmt: skip
        if extremes:
            cells += [percent(each[name]) if name in each else NOTHING
                      for each in (row.worst, row.best)]  # fmt: skip
        rows.append(cells)
    rows.append(
        ["all plays", "", _number(played.turns), _number(played.days)] + ["", ""] * extremes
    )
    return _table(rows)


def _plan(plan: Plan) -> list[str]:
    kind = "best" if plan.largest else "worst"
    rows: list[Sequence[str]] = [("state", "where", "what to do", "configurations", "a play")]
    before = ""
    for each in plan.decisions:
        state = each.state if each.state != before else ""
        before = each.state
        where = " and ".join(each.where)
        rows.append((state, where, _done(each), f"{each.configurations:,}", _number(each.visits)))
    others = ", ".join(
        f"{name} {percent(chance)}"
        for name, chance in plan.played.of.items()
        if name != plan.outcome and chance > 0
    )
    lines = [
        f"The {kind} for {plan.outcome}: {percent(plan.chance)}"
        + (f", with {others}" if others else "")
        + f"; {_number(plan.played.turns)} turns, {_number(plan.played.days)} days."
    ]
    if len(rows) > 1:
        lines += _table(rows, left=3)
    return lines


def _done(each: Decision) -> str:
    if each.exact == each.configurations:
        return each.action
    return f"mostly {each.action} ({_percent_of(each.exact, each.configurations)})"


def _remarks(row: Row) -> list[str]:
    of, lines = row.played.of, []
    if of.get(STUCK, 0.0) > 0:
        lines.append(
            "Some plays get stuck: nothing can be chosen and nothing runs out, or the scenario "
            "loops. heartline simulate --script FILE shows such a play."
        )
    if isinf(row.played.turns):
        lines.append(
            "Some plays never end, so there is no mean number of turns; those of single outcomes "
            "are of the plays that end so."
        )
    if of.get(UNSEEN, 0.0) > 0:
        lines.append(
            "A chance can be higher by as much as was not looked at; the worst and the best are "
            "known only where all was."
        )
    return lines


def _loops(odds: Odds) -> list[str]:
    places = sorted({str(edge.location) for edge, _ in odds.graph.notes.loops})
    if not places:
        return []
    sentence = (
        f"The scenario loops ({', '.join(places[:3])}): what leads there is left out, so the "
        "chances are those of plays that do not come to it. Mend the loop first."
    )
    return [sentence]


def _summary(odds: Odds) -> list[str]:
    graph = odds.graph
    bound = max((row.played.bound for row in odds.rows), default=0.0)
    how = "by the policy" if odds.policy.rules or odds.policy.weights else "all that is open alike"
    stopped = ""
    if not graph.is_whole:
        stopped = f"Stopped by {LIMITS.get(graph.stopped or '', 'a limit')}. "
    sentence = (
        f"{stopped}{len(graph):,} configurations of {graph.machine.id}, {graph.transitions:,} "
        f"moves. Draws fall by weight; persons take {how}. No chance is off by more than "
        f"{max(bound, 1e-15):.0e}."
    )
    return [sentence]


def _beginning(inputs: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {_plain(value)}" for name, value in inputs.items())


def _plain(value: object) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    return value


def percent(chance: float) -> str:
    """A chance in per cent: two decimals, and where that would hide it, three digits."""
    share = 100 * chance
    if share == 0 or share == 100:
        return f"{share:.0f} %"
    if share < 0.01:
        return f"{share:.3g} %"
    if share > 99.995:
        return f"100 - {100 - share:.2g} %"
    return f"{share:.2f} %"


def _percent_of(part: int, whole: int) -> str:
    return f"{min(100 * part / whole, 99.9):.0f} %"


def _number(value: float | None) -> str:
    if value is None:
        return NOTHING
    if isinf(value):
        return "endless"
    if 0 < value < 0.005:
        return f"{value:.2g}"
    return f"{value:,.2f}" if value < 100 else f"{value:,.1f}"


def _finite(value: float) -> float | None:
    return None if isinf(value) else value


def _table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows below each other, the first columns to the left, the others to the right."""
    return list(_lines(rows, left))


def _lines(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
