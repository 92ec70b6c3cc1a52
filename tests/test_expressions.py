"""The guard and action language: what may be written, and what it means."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from expression_world import (
    LAYOUT,
    LENGTHS,
    action,
    blame,
    fault,
    frame,
    tree,
    world,
)
from heartline.expressions import (
    BOOL,
    DURATION,
    FUNCTIONS,
    LEAF,
    PROPERTY_FUNCTIONS,
    RESERVED,
    TEXT,
    Assign,
    BoolType,
    Codegen,
    Declaration,
    DurationType,
    EnumType,
    Guard,
    IntType,
    Literal,
    Scope,
    Start,
    Stop,
    assigned,
    constants,
    counts,
    describe,
    evaluate,
    guards_used,
    measure,
    parse_expression,
    parse_property,
    reads,
    saturate,
    walk,
    write,
)
from heartline.expressions.types import clamp, join, lengths_of, quote, snap, times


def holds(source: str, **changes: Any) -> Any:
    """The value of an expression, by the interpreter and by generated code."""
    parsed = tree(source)
    codegen = Codegen(LAYOUT)
    handle = codegen.expression(parsed)
    now = frame(**changes)
    value = evaluate(parsed, now, LAYOUT)
    generated = codegen.finish()[handle](now)
    assert generated == value
    assert type(generated) is type(value)
    return value


# What expressions mean ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("heard >= 2", False),
        ("heard == 1 and trust == 0", True),
        ("0 < heard <= 3", True),
        ("0 < heard < 1 < trust", False),
        ("not regret or repair", False),
        ("6 - leave", 1),
        ("heard * -3 + 1", -2),
        ("-(heard + 1)", -2),
        ("mood == 'sad'", True),
        ('mood in ("angry", "calm")', False),
        ('mood not in ("angry", "calm",)', True),
        ('mood in ("sad")', True),
        ("heard in (1, 2)", True),
        ("break_length in (14d, 28d)", True),
        ("wish != mood", True),
        ('"many" if heard > 2 else "few"', "few"),
        ("min(heard, trust, 5)", 0),
        ("max(heard, trust)", 1),
        ("max(pause, 1h)", timedelta(hours=24)),
        ("how_many(regret, repair, heard == 1)", 2),
        ("how_many(regret)", 1),
        ("running(break)", True),
        ("expired(break)", False),
        ("at(talk) and not at(apart)", True),
        ("at(house)", False),
        ("tag(quiet)", False),
        ("visited(talk) and not visited(space)", True),
        ("chosen(ask_why) and not chosen(threaten)", True),
        ("count(talk) + count(ask_why)", 2),
        ("break_length + 14d == 42d", True),
        ("break_length - 4w", timedelta(0)),
        ("break_length - 30d", timedelta(0)),
        ("2 * pause == pause * 2 == 2d", True),
        ("pause * -1", timedelta(0)),
        ("pause * 0", timedelta(0)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("true and not false and True and not False", True),
        ("regret == true", True),
        ("class == 0", True),
        ('session.mood == "open"', True),
        ("been_heard or break_over", False),
    ],
)
def test_an_expression_has_this_value(source: str, value: object) -> None:
    assert holds(source) == value


def test_a_timer_that_ran_out_is_expired_whether_or_not_it_was_handled() -> None:
    assert [holds("expired(break)", timer__break=state) for state in range(4)] == [
        False, False, True, True,
    ]  # fmt: skip
    assert [holds("running(break)", timer__break=state) for state in range(4)] == [
        False, True, False, False,
    ]  # fmt: skip


def test_durations_end_at_a_hundred_years() -> None:
    assert holds("5000w + 5000w") == timedelta(days=36_525)
    assert holds("1000000 * 5000w") == timedelta(days=36_525)


def test_a_guard_of_many_parts_has_the_same_value_as_a_call() -> None:
    scope = world()
    guards = dict(scope.guards)
    long = " and ".join(["heard >= 0"] * 12)
    guards["long"] = Guard(tree(long, scope, BOOL))
    scope.guards = guards
    codegen = Codegen(LAYOUT)
    one = codegen.expression(tree("long or regret", scope))
    other = codegen.expression(tree("not long", scope))
    functions = codegen.finish()
    assert functions[one](frame()) is True
    assert functions[other](frame()) is False


def test_whitespace_and_line_breaks_mean_nothing() -> None:
    assert tree("  heard\n  >=\t2\r\n ") == tree("heard >= 2")


def test_words_of_python_are_names_like_any_other() -> None:
    scope = Scope(variables={name: Declaration(name, BOOL) for name in ("lambda", "None", "await")})
    assert write(tree("lambda and None or await", scope)) == "lambda and None or await"


def test_spans_point_into_the_source() -> None:
    source = '  not ( mood == "sad"  and 14d <= break_length )'
    found = {source[slice(*node.span)] for node in walk(tree(source))}
    assert found == {
        'not ( mood == "sad"  and 14d <= break_length )',
        'mood == "sad"  and 14d <= break_length',
        'mood == "sad"', "mood", '"sad"', "14d <= break_length", "14d", "break_length",
    }  # fmt: skip


# Included files -------------------------------------------------------------------------------


def test_inside_an_included_file_its_own_names_come_first() -> None:
    inner = world().inside("session.")
    assert write(tree('mood == "open"', inner)) == 'session.mood == "open"'
    assert write(tree("heard >= 1 and running(hour)", inner)) == (
        "heard >= 1 and running(session.hour)"
    )


def test_a_suggestion_is_written_the_way_names_are_written_there() -> None:
    inner = world().inside("session.")
    assert fault(parse_expression("running(hout)", inner)).hint == "did you mean 'hour'?"


# What is expected -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expect", "at"),
    [
        ("heard", BOOL, "heard"),
        ("regret", IntType(0, 9), "regret"),
        ("3", DURATION, "3"),
        ("14d", IntType(0, 9), "14d"),
        ('"clam"', EnumType(("calm", "sad")), '"clam"'),
        ("mood", EnumType(("calm", "sad")), "mood"),
        ('"calm" if regret else "clam"', EnumType(("calm", "sad")), '"clam"'),
        ("3d", DurationType(LENGTHS), "3d"),
        ("14d if regret else 3d", DurationType(LENGTHS), "3d"),
        ("heard", TEXT, "heard"),
    ],
)
def test_a_result_of_the_wrong_type_is_pointed_at(source: str, expect: Any, at: str) -> None:
    assert blame(source, parse_expression(source, world(), expect)) == ("HL403", at)


def test_numbers_and_computed_durations_may_lie_outside_and_saturate() -> None:
    assert tree("heard + 9", None, IntType(0, 3)).type == IntType(9, 12)
    assert tree("break_length + 1d", None, DurationType(LENGTHS)).type == DurationType(
        tuple(length + timedelta(days=1) for length in LENGTHS)
    )
    assert tree('"Sam"', None, TEXT) == Literal((0, 5), TEXT, "Sam")


def test_types_say_what_a_value_can_be() -> None:
    assert tree("heard - trust").type == IntType(-6, 5)
    assert tree("heard * trust").type == IntType(-6, 18)
    assert tree("min(heard, trust)").type == IntType(-2, 3)
    assert tree("max(heard, trust)").type == IntType(0, 6)
    assert tree("heard if regret else 9").type == IntType(0, 9)
    assert tree('mood if regret else "numb"').type == EnumType(("angry", "sad", "calm", "numb"))
    assert tree("2 * break_length").type == lengths_of(2 * length for length in LENGTHS)
    assert tree("how_many(regret, repair)").type == IntType(0, 2)


def test_lengths_that_are_too_many_to_list_are_any_length() -> None:
    scope = world()
    many = tuple(timedelta(seconds=number) for number in range(200))
    scope.variables = {
        "many": Declaration("many", DurationType(many)),
        "any": Declaration("any", DURATION),
        "heard": Declaration("heard", IntType(0, 1000)),
    }
    for source in ("many + many", "many * heard", "any + many", "2 * any", "any if true else many"):
        assert tree(source, scope).type == DURATION
    assert tree("many if true else 3s", scope).type == DurationType(many)


# What a tree is made of -----------------------------------------------------------------------


def test_a_tree_names_all_symbols_that_it_reads_guards_included() -> None:
    found = reads(tree("been_heard and at(talk) or count(talk) > 1 and visited(space)"))
    assert found == {("var", "heard"), LEAF, ("visits", "talk"), ("visits", "space")}
    several = action("start(break, pause)"), action("stop(break)"), action("heard += trust")
    assert reads(*several) == {("var", "pause"), ("var", "heard"), ("var", "trust")}
    assert reads(action("start(break)")) == frozenset()


def test_an_action_names_what_it_changes() -> None:
    assert assigned(action("heard += 1")) == ("var", "heard")
    assert assigned(action("stop(break)")) == ("timer", "break")


def test_a_tree_names_its_guards_and_its_constants() -> None:
    assert guards_used(tree("not been_heard")) == {"been_heard"}
    assert constants(tree('heard > 2 or mood == "sad"')) == {2, "sad"}


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        ("count(talk) >= 2", 2),
        ("count(talk) < 2", 2),
        ("count(talk) > 2", 3),
        ("count(talk) <= 2", 3),
        ("count(talk) == 2", 3),
        ("2 <= count(talk)", 2),
        ("2 < count(talk) < 5", 5),
        ("count(talk) in (2, 4)", 5),
        ("count(talk) >= heard", 3),
        ("count(talk) >= 0", 1),
        ("visited(talk)", 1),
        ("count(talk) > 2 or visited(talk)", 3),
        ("count(talk) + 1 > 3", 9),
        ("count(talk) + 1 > 30", 31),
        ("count(talk) > count(space)", 9),
        ("count(talk)", 9),
        ("count(talk) > 1000000", 1_000_000),
    ],
)
def test_a_counter_stops_where_no_comparison_notices(source: str, bound: int) -> None:
    assert counts(tree(source))["visits", "talk"] == bound


def test_counts_in_actions_count() -> None:
    assert counts(action("heard = count(talk)"), action("stop(break)")) == {("visits", "talk"): 9}


def test_a_tree_is_measured_with_its_guards() -> None:
    assert measure(tree("been_heard")) == (4, 3)
    assert measure(tree("been_heard and regret")) == (6, 4)


@pytest.mark.parametrize(
    "source",
    [
        "not (regret and repair) or heard >= 2",
        "(1 if regret else 2) if repair else 3",
        "(regret if repair else at_fault) and true",
        "heard - (trust - 1) - -2",
        "-(heard + 1) * 2",
        "2 * (pause + 1h)",
        "(heard >= 2) == (trust >= 2)",
        "1 < heard < 3",
        'mood not in ("sad", "calm")',
        "min(heard, 2) + how_many(regret, not repair) + count(talk)",
        "expired(break) or running(break) or visited(talk) or chosen(ask_why)",
        "at(talk) or tag(quiet) or been_heard",
        "-(-2)",
        "false",
        "--heard",
        "2h30m",
    ],
)
def test_what_is_written_out_reads_as_the_same_tree(source: str) -> None:
    assert tree(write(tree(source))) == tree(source)


def test_a_property_is_written_out_too() -> None:
    source = "can_reach(outcome(let_go)) or said(partner)"
    promise = parse_property(source, world()).tree
    assert promise is not None
    assert write(promise) == source


# Types and values -----------------------------------------------------------------------------


def test_types_are_described_in_words() -> None:
    assert describe(BOOL) == "true or false"
    assert describe(IntType(0, 3)) == "a whole number from 0 to 3"
    assert describe(IntType(2, 2)) == "the whole number 2"
    assert describe(EnumType(("a", "b"))) == 'one of "a", "b"'
    assert describe(EnumType(tuple("abcdefghi"))).endswith('"h", ...')
    assert describe(EnumType(("a",))) == 'the value "a"'
    assert describe(DURATION) == "a duration"
    assert describe(TEXT) == "a text"
    assert quote("x" * 100).endswith('..."')


def test_values_saturate_into_a_type() -> None:
    assert saturate(9, IntType(0, 3)) == 3
    assert saturate("sad", EnumType(("sad",))) == "sad"
    assert saturate(timedelta(1), DURATION) == timedelta(1)
    assert clamp(-1, 0, 3) == 0
    assert snap(timedelta(1), LENGTHS) == LENGTHS[0]
    assert times(3, timedelta(1)) == timedelta(3)
    assert join(BOOL, BoolType()) == BOOL
    assert join(BOOL, TEXT) is None


def test_actions_are_values() -> None:
    assert action("start(break)") == Start((0, 0), "break", None)
    assert action("stop(break)") == Stop((0, 0), "break")
    assert isinstance(action("heard = 1"), Assign)


def test_every_function_has_a_line_that_says_what_it_gives() -> None:
    for name, line in {**FUNCTIONS, **PROPERTY_FUNCTIONS}.items():
        assert line.startswith(f"{name}(")
    assert RESERVED.isdisjoint({*FUNCTIONS, *PROPERTY_FUNCTIONS})


def test_the_authors_guide_names_every_function_with_what_it_takes() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "expressions.md").read_text("utf-8")
    for name in {**FUNCTIONS, **PROPERTY_FUNCTIONS}:
        assert f"| `{name}(" in guide or f", `{name}(" in guide
    for code in ("HL401", "HL402", "HL403", "HL404", "HL405", "HL406"):
        assert code in guide
