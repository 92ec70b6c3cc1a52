"""Expressions over columns say what the interpreter says, configuration by configuration."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from expression_world import LAYOUT, START, action, tree, world
from heartline import load
from heartline.checking.exploring.coding import Coding, microseconds
from heartline.checking.exploring.vectors import Vectors
from heartline.expressions import (
    Assign,
    BoolType,
    Declaration,
    DurationType,
    EnumType,
    IntType,
    Scope,
    Start,
    Tree,
    evaluate,
    execute,
    parse_action,
    parse_expression,
    parse_property,
)
from heartline.machine import Machine
from tea import TEA
from test_expressions_generated import ACTIONS, DURATIONS, ENUMS, NUMBERS, TRUTHS

WORLD = world()
LEAVES = ("talk", "space", "review", "both", "decided", *(f"room_{n}" for n in range(12)))
Frames = list[list[Any]]


def coding(scope: Scope = WORLD) -> Coding:
    """The numbers of the world's values, as if a machine were made of it."""
    slots = [
        SimpleNamespace(
            symbol=symbol,
            type=scope.variables[symbol[1]].type if symbol[0] == "var" else None,
            cap=12,
        )
        for symbol in START
    ]
    machine = SimpleNamespace(
        whens=(), edges=(), promises=(), wirings=(), timers={}, slots=slots,
        leaves=dict.fromkeys(LEAVES), states=dict.fromkeys(LEAVES),
    )  # fmt: skip
    return Coding(cast(Machine, machine))


CODING = coding()
VECTORS = Vectors(CODING, LAYOUT, WORLD.timer_lengths)


def number(slot: int, value: Any) -> int:
    return CODING.leaves[value] if slot == 0 else CODING.word(value)


def frames(seed: int, count: int = 40) -> Frames:
    """Frames whose slots hold what their variables can hold."""
    chance = random.Random(seed)

    def held(symbol: tuple[str, ...], start: Any) -> Any:
        kind = symbol[0]
        type_ = WORLD.variables[symbol[1]].type if kind == "var" else None
        if isinstance(type_, IntType):
            return chance.randint(type_.low, type_.high)
        if isinstance(type_, EnumType | DurationType):
            return chance.choice(type_.values or ())
        if kind == "leaf":
            return chance.choice(LEAVES)
        if kind == "timer":
            return chance.randrange(4)
        if kind in ("visits", "taken"):
            return chance.randrange(13)
        return chance.choice((False, True)) if isinstance(start, bool) else start

    return [[held(symbol, start) for symbol, start in START.items()] for _ in range(count)]


def columns(frames: Frames, seed: int = 0) -> Callable[[int], Any]:
    """The frames as columns of numbers; of 8 bits where they fit, now and then."""
    chance = random.Random(seed)
    made: dict[int, Any] = {}
    for slot, symbol in enumerate(START):
        numbers = [number(slot, frame[slot]) for frame in frames]
        is_bool = isinstance(frames[0][slot], bool)
        fit: list[Any] = [np.int64, np.int32] if max(numbers, default=0) < 2**31 else [np.int64]
        if is_bool:
            fit = [np.bool_, np.int8]
        elif symbol[0] in ("timer", "leaf"):
            fit = [np.int8, np.int16, np.int64]
        made[slot] = np.array(numbers, dtype=chance.choice(fit))
        made[slot].flags.writeable = False
    return made.__getitem__


def spread(found: Any, count: int) -> list[Any]:
    """What a function gave, as one value for each configuration."""
    if isinstance(found, bool | int):
        return [found] * count
    assert found.shape == (count,)
    listed: list[Any] = found.tolist()
    return listed


def read(source: str, parse: Any = parse_expression) -> Any:
    parsed = parse(source, WORLD)
    assume(all(problem.code != "HL406" for problem in parsed.problems))
    assert parsed.problems == ()
    return parsed.tree


def same(tree: Tree, frames: Frames, seed: int) -> None:
    """Hold what the columns give to what the interpreter gives."""
    found = VECTORS.expression(tree)(columns(frames, seed))
    wanted = [evaluate(tree, frame, LAYOUT) for frame in frames]
    if isinstance(tree.type, BoolType):
        assert isinstance(found, bool) or found.dtype == np.bool_
    assert spread(found, len(frames)) == [CODING.word(value) for value in wanted]


SEEDS = st.integers(0, 10_000)


@given(st.one_of(TRUTHS, NUMBERS, DURATIONS, ENUMS), SEEDS)
def test_columns_give_what_the_interpreter_gives(source: str, seed: int) -> None:
    same(read(source), frames(seed), seed)


@given(st.lists(st.one_of(TRUTHS, NUMBERS, DURATIONS), min_size=1, max_size=5), SEEDS)
def test_several_trees_together_give_what_each_gives(sources: list[str], seed: int) -> None:
    trees = [read(source) for source in sources]
    held = frames(seed)
    found = VECTORS.together(trees)(columns(held, seed))
    for one, given_ in zip(trees, found, strict=True):
        alone = VECTORS.expression(one)(columns(held, seed))
        assert spread(given_, len(held)) == spread(alone, len(held))


@given(ACTIONS, SEEDS)
def test_actions_over_columns_do_what_the_interpreter_does(source: str, seed: int) -> None:
    made, held = read(source, parse_action), frames(seed)
    get = columns(held, seed)
    told: list[timedelta] = []
    timers = SimpleNamespace(
        start=lambda _timer, length: told.append(length), stop=lambda _timer: None
    )
    after = [list(frame) for frame in held]
    for frame in after:
        execute([made], frame, LAYOUT, timers, WORLD.timer_lengths)
    if isinstance(made, Start):
        found = VECTORS.length(made)(get)
        assert spread(found, len(held)) == [microseconds(length) for length in told]
    if isinstance(made, Assign):
        done = VECTORS.assignment(made)
        assert done.slot == LAYOUT["var", made.target.name]
        wanted = [number(done.slot, frame[done.slot]) for frame in after]
        assert spread(done.value(get), len(held)) == wanted
        stopped = [outside(made, frame) for frame in held]
        if done.stopped is None:
            assert not any(stopped)
        else:
            assert spread(done.stopped(get), len(held)) == stopped


def outside(made: Assign, frame: Sequence[Any]) -> bool:
    value, target = evaluate(made.value, frame, LAYOUT), made.target.type
    if isinstance(target, IntType):
        return not target.low <= value <= target.high
    if isinstance(target, DurationType) and target.values is not None:
        return bool(value < target.values[0] or value > target.values[-1])
    return False


CASES = (
    "at(talk)", "at(apart)", "at(house)", "tag(quiet)", "not at(house)", "at(both) or at(space)",
    "heard in (0, 1, 2, 3, 4, 5, 6)", "trust not in (-2, 0, 1, 3, 4, 6)", "heard in (leave, 1)",
    "2 in (heard, leave)", "2 in (heard, 2)", "2 not in (heard, 2)", "mood == wish",
    'mood in ("angry", "calm")', "regret == repair == forced", "0 <= heard <= leave < 5 <= 6",
    "(regret if true else repair) and not (repair if false else forced)",
    "break_length * 1000000", "1000000 * 500000 * pause", "(heard - 5) * break_length",
    "break_length * (heard - 3)", "pause - break_length", "break_length + 5217w",
    "count(talk) * 1000000 - count(ask_why) * 999999", "heard * 1000000 * 100000",
    "-(heard * 1000000) * 100000", "max(heard * 1000000 * 1000, 7)", "min(2, 1, heard, leave, 3)",
    "how_many(regret, true, repair, false, at(talk))", "how_many(regret)", "how_many(true, true)",
    "how_many(regret, regret, regret)", "-heard", "min(20m, 14d) == 20m", "-(3) + 2 * 5",
    "3 * 14d - 2w", "true and regret", "false or regret", "false and regret", "true or regret",
    "not (true or regret)", "how_many(true or regret, repair)", "max(1 if true else heard, 0)",
    "running(break) or expired(session.hour)", "been_heard and been_heard and not unsure",
    "(14d if regret else 20m) + (14d if regret else 20m)", "(1 if regret else 2) * trust",
    "(1000000 if regret else heard) * 3000",
)  # fmt: skip


@pytest.mark.parametrize("source", CASES)
def test_cases_that_chance_may_miss(source: str) -> None:
    for seed in range(5):
        same(tree(source, WORLD), frames(seed), seed)


@pytest.mark.parametrize("source", ["tag(tier_a)", "outcome(let_go)", "chosen(ask_why)",
                                    "said(partner) and not outcome(let_go)"])  # fmt: skip
def test_what_happens_in_a_moment_is_a_column_like_any_other(source: str) -> None:
    parsed = parse_property(source, WORLD)
    assert parsed.tree is not None
    same(parsed.tree, frames(1), 1)


def test_what_lies_ahead_is_refused_with_a_sentence() -> None:
    parsed = parse_property("not can_reach(at(talk))", WORLD)
    assert parsed.tree is not None
    with pytest.raises(ValueError, match="can_reach has no value in one configuration"):
        VECTORS.expression(parsed.tree)


def test_each_column_and_each_guard_is_read_once() -> None:
    read_: list[int] = []
    get = columns(frames(3))

    def counting(slot: int) -> Any:
        read_.append(slot)
        return get(slot)

    source = "been_heard and (heard > 2 or not been_heard) and heard in (heard, leave)"
    VECTORS.expression(tree(source, WORLD))(counting)
    assert sorted(read_) == sorted({LAYOUT["var", "heard"], LAYOUT["var", "leave"]})


def test_what_never_changes_is_a_plain_value() -> None:
    get = columns(frames(4))
    for source, value in (("true or regret", True), ("2 + 3 * 4", 14), ("1h", 3_600_000_000),
                          ("not (regret or true)", False)):  # fmt: skip
        found = VECTORS.expression(tree(source, WORLD))(get)
        assert found == value
        assert type(found) is type(value)


def test_no_configurations_are_no_trouble() -> None:
    for source in (*CASES[:12], "break_length * heard"):
        found = VECTORS.expression(tree(source, WORLD))(lambda _slot: np.zeros(0, dtype=np.int64))
        assert isinstance(found, bool | int) or found.shape == (0,)


@pytest.mark.parametrize(
    ("source", "heard", "value", "is_stopped"),
    [
        ("heard += 2", (0, 1, 2, 3), (2, 3, 3, 3), (False, False, True, True)),
        ("heard -= 2", (0, 1, 2, 3), (0, 0, 0, 1), (True, True, False, False)),
        ("heard = heard * 3 - 3", (0, 1, 2, 3), (0, 0, 3, 3), (True, False, False, True)),
    ],
)
def test_it_is_said_where_an_assignment_stops_at_a_bound(
    source: str, heard: Sequence[int], value: Sequence[int], is_stopped: Sequence[bool]
) -> None:
    made = action(source, WORLD)
    assert isinstance(made, Assign)
    done = VECTORS.assignment(made)
    assert done.stopped is not None
    assert done.value(lambda _slot: np.array(heard)).tolist() == list(value)
    assert done.stopped(lambda _slot: np.array(heard)).tolist() == list(is_stopped)


def test_an_assignment_that_cannot_stop_has_nothing_to_say() -> None:
    for source in ("heard = 3", "heard = min(heard, 2)", 'mood = "sad"', "regret = not regret"):
        made = action(source, WORLD)
        assert isinstance(made, Assign)
        assert VECTORS.assignment(made).stopped is None


def test_a_length_that_is_none_of_the_variables_becomes_one_as_the_runtime_says() -> None:
    for target in (timedelta(days=14), timedelta(days=42)):
        made = Assign(
            (0, 0),
            Declaration("break_length", DurationType((timedelta(days=20), timedelta(days=40)))),
            tree("14d" if target == timedelta(days=14) else "6w", WORLD),
        )
        done = VECTORS.assignment(made)
        assert done.stopped is not None
        assert done.stopped(columns(frames(0))) is True
        low_or_high = 20 if target == timedelta(days=14) else 40
        assert done.value(columns(frames(0))) == microseconds(timedelta(days=low_or_high))


def test_the_guards_of_a_scenario_hold_where_its_machine_says(tmp_path: Any) -> None:
    """Over real slots, with the lengths that the machine knows."""
    path = tmp_path / "tea.yaml"
    path.write_text(TEA, encoding="utf-8")
    machine = load(path).machine
    numbers = Coding(machine)
    vectors = Vectors(numbers, machine.layout)
    chance = random.Random(7)
    rows = [[chance.choice(domain or (0,)) for domain in numbers.domains] for _ in range(200)]
    held = [[numbers.value(n, each) if numbers.domains[n] else "" for n, each in enumerate(row)]
            for row in rows]  # fmt: skip
    get = [np.array(column) for column in zip(*rows, strict=True)].__getitem__
    guards = [(edge.condition, edge.guard) for edge in machine.edges if edge.guard is not None]
    assert guards
    for condition, guard in guards:
        if condition is not None:
            found = spread(vectors.expression(condition)(get), len(rows))
            assert found == [bool(guard(tuple(frame))) for frame in held]
    for timer in machine.timers.values():
        if timer.tree is not None and timer.length is not None:
            length = spread(vectors.length(Start((0, 0), timer.name, None))(get), len(rows))
            assert length == [microseconds(timer.length(tuple(frame))) for frame in held]
