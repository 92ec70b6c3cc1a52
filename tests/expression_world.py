"""A small scenario as expressions see it, for the tests of the language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from heartline.expressions import (
    BOOL,
    TEXT,
    Action,
    Declaration,
    DurationType,
    EnumType,
    Guard,
    IntType,
    Parsed,
    Problem,
    Scope,
    Symbol,
    Tree,
    Type,
    parse_action,
    parse_expression,
)

LENGTHS = tuple(timedelta(days=days) for days in (14, 28, 42))
MOODS = ("angry", "sad", "calm")


def world() -> Scope:
    """Variables of every type, hidden and titled ones, guards, timers, states, choices, tags."""
    declared = (
        Declaration("heard", IntType(0, 3)),
        Declaration("trust", IntType(-2, 6), title="their trust"),
        Declaration("leave", IntType(0, 6), hidden=True),
        Declaration("at_fault", BOOL),
        Declaration("regret", BOOL),
        Declaration("repair", BOOL, title="making it good"),
        Declaration("forced", BOOL, hidden=True),
        Declaration("mood", EnumType(MOODS), labels=(("sad", "very sad"),)),
        Declaration("wish", EnumType(("calm", "space"))),
        Declaration("profile", EnumType(("ambivalent", "decided")), hidden=True),
        Declaration("break_length", DurationType(LENGTHS)),
        Declaration("pause", DurationType((timedelta(minutes=20), timedelta(hours=24)))),
        Declaration("nickname", TEXT),
        Declaration("session.mood", EnumType(("open", "closed"))),
        Declaration("class", IntType(0, 1)),
    )
    scope = Scope(
        variables={each.name: each for each in declared},
        timers=("break", "session.hour"),
        states={
            "talk": frozenset({"talk"}),
            "apart": frozenset({"space", "review"}),
            "space": frozenset({"space"}),
            "review": frozenset({"review"}),
            "house": frozenset(f"room_{number}" for number in range(12)),
            "both": frozenset({"both"}),
            "decided": frozenset({"decided"}),
        },
        choices=("ask_why", "threaten", "both"),
        tags={"quiet": frozenset({"space", "review"}), "tier_a": frozenset()},
        outcomes=("let_go", "reconciled"),
        roles=("you", "partner"),
    )
    guards: dict[str, Guard] = {}
    scope.guards = guards
    for name, source, why in (
        ("been_heard", "heard >= 2", "They need to feel heard first."),
        ("break_over", "expired(break)", None),
        ("decided_now", "leave >= 4", "They have made up their mind."),
        ("unsure", "leave < 4", None),
    ):
        guards[name] = Guard(tree(source, scope, BOOL), why)
    scope.timer_lengths = {"break": tree("break_length", scope), "session.hour": tree("1h", scope)}
    return scope


def tree(source: str, scope: Scope | None = None, expect: Type | None = None) -> Tree:
    """The tree of a sound expression."""
    parsed = parse_expression(source, scope or world(), expect)
    assert parsed.problems == ()
    assert parsed.tree is not None
    return parsed.tree


def action(source: str, scope: Scope | None = None) -> Action:
    """A sound action."""
    parsed = parse_action(source, scope or world())
    assert parsed.problems == ()
    assert parsed.tree is not None
    return parsed.tree


def fault(parsed: Parsed[Any]) -> Problem:
    """The one thing that is wrong."""
    assert parsed.tree is None
    (problem,) = parsed.problems
    return problem


def blame(source: str, parsed: Parsed[Any]) -> tuple[str, str]:
    """The code of the one problem, and the piece of the source that it points at."""
    problem = fault(parsed)
    assert 0 <= problem.start <= problem.end <= len(source)
    return problem.code, source[problem.start : problem.end]


START: dict[Symbol, Any] = {
    ("leaf",): "talk",
    ("var", "heard"): 1,
    ("var", "trust"): 0,
    ("var", "leave"): 5,
    ("var", "at_fault"): True,
    ("var", "regret"): True,
    ("var", "repair"): False,
    ("var", "forced"): False,
    ("var", "mood"): "sad",
    ("var", "wish"): "calm",
    ("var", "profile"): "decided",
    ("var", "break_length"): timedelta(days=28),
    ("var", "pause"): timedelta(hours=24),
    ("var", "session.mood"): "open",
    ("var", "class"): 0,
    ("timer", "break"): 1,
    ("timer", "session.hour"): 0,
    ("visits", "talk"): 1,
    ("visits", "space"): 0,
    ("visits", "house"): 0,
    ("taken", "ask_why"): 1,
    ("taken", "threaten"): 0,
    ("now", "tag", "tier_a"): False,
    ("now", "outcome", "let_go"): True,
    ("now", "chosen", "ask_why"): False,
    ("now", "said", "partner"): True,
}
LAYOUT: dict[Symbol, int] = {symbol: place for place, symbol in enumerate(START)}


def frame(**changes: Any) -> list[Any]:
    """The frame at the start, with some variables changed (`break_` and so on for timers)."""
    values = dict(START)
    for name, value in changes.items():
        kind, _, rest = name.partition("__")
        values[(kind, rest) if rest else ("leaf",) if name == "leaf" else ("var", name)] = value
    return list(values.values())
