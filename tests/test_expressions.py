"""The guard and action language: what may be written, what it means, what is refused and how."""

from __future__ import annotations

import ast
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
    CanReach,
    Codegen,
    Declaration,
    DurationType,
    EnumType,
    Guard,
    Happens,
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
    execute,
    explain,
    guards_used,
    measure,
    parse_action,
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


# What is wrong with the text ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "at", "hint"),
    [
        ("", "", None),
        ("   ", "   ", None),
        ("heard >=", ">=", None),
        (">= 2", ">=", None),
        ("heard >= and 2", ">= and", None),
        ("(heard >= 2", "(", None),
        ("heard >= 2)", ")", None),
        ("()", "()", None),
        ("(heard >= ) and regret", ">= )", None),
        ("heard 2", "heard 2", "put an operator between them"),
        ("2 (heard)", "2 (", "put an operator between them"),
        ("heard = 2", "=", "write =="),
        ("heard += 2", "+=", None),
        ("heard, 2", ",", None),
        ("heard is 2", "is", "write =="),
        ("NOT regret", "NOT", "write not"),
        ("regret AND repair", "AND", "write and"),
        ("regret && repair", "&&", "write and"),
        ("!regret", "!", "write not"),
        ("heard => 2", "=>", "write >="),
        ("heard ++", "++", "+= 1"),
        ("regret == not repair", "not", "(not ...)"),
        ("1 if regret", "if", "else"),
        ("1 else 2", "else", "else"),
        ("mood == 'sad", "'sad", None),
        ("mood == “sad”", "“", "straight quotes"),
        ('mood == ""', '""', None),
        ("break_length == 14 days", "14 days", "write 14d"),
        ("break_length == 2 months", "2 months", "weeks"),
        ("pause == 3x", "3x", None),
        ("break_length == 99999w", "99999w", None),
        ("a.b. c", ".", None),
        ("mood in wish", "wish", 'as in ("calm", "sad")'),
    ],
)
def test_a_fault_of_syntax_is_pointed_at(source: str, at: str, hint: str | None) -> None:
    parsed = parse_expression(source, world())
    assert blame(source, parsed) == ("HL401", at)
    assert (hint or "") in (fault(parsed).hint or "")


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("heard / 2", "/"),
        ("heard ** 2", "**"),
        ("heard % 2", "%"),
        ("heard >= 1.5", "1."),
        ("[heard]", "["),
        ("{heard}", "{"),
        ("heard; trust", ";"),
        ("heard # really", "#"),
        ("heard \\ 2", "\\"),
        ("lambda: 0", ":"),
        ("(heard := 2)", ":="),
        ("é", "é"),
        ("heard\u00a0>= 2", "\u00a0"),
        ("heard\u200b>= 2", "\u200b"),
        ('mood == "sa\u200bd"', '"sa\u200bd"'),
        ("f(heard)", "f"),
        ("__import__('os')", "__import__"),
        ("eval('1')", "eval"),
        ("start(break)", "start"),
        ("outcome(let_go)", "outcome"),
        ("min(heard)", "min(heard)"),
        ("expired()", "expired()"),
        ("at(talk, space)", "at(talk, space)"),
        ("expired(heard >= 2)", "heard >= 2"),
        ("expired('break')", "'break'"),
        ("count(both)", "count(both)"),
        ("tag(tier_a)", "tag(tier_a)"),
        ("(heard, 2)", "(heard, 2)"),
        ("(heard in (1, 2) in (true, false))", "heard in (1, 2) in (true, false)"),
        ("min", "min"),
    ],
)
def test_what_the_language_does_not_have_is_refused(source: str, at: str) -> None:
    assert blame(source, parse_expression(source, world())) == ("HL402", at)


@pytest.mark.parametrize(
    ("source", "code", "at", "hint"),
    [
        ("hear >= 2", "HL302", "hear", "did you mean 'heard'?"),
        ("zzz", "HL302", "zzz", None),
        ("heard.real >= 2", "HL302", "heard.real", "did you mean 'heard'?"),
        ("mood == sad", "HL302", "sad", 'put it in quotes: "sad"'),
        ("profile == decided", "HL302", "decided", 'put it in quotes: "decided"'),
        ("expired(brake)", "HL304", "brake", "did you mean 'break'?"),
        ("at(talc)", "HL301", "talc", "did you mean 'talk'?"),
        ("visited(talc)", "HL301", "talc", "did you mean 'talk'?"),
        ("chosen(ask)", "HL309", "ask", "did you mean 'ask_why'?"),
        ("count(ask)", "HL301", "ask", "did you mean 'ask_why'?"),
        ("tag(quite)", "HL311", "quite", "did you mean 'quiet'?"),
        ("break", "HL403", "break", "ask expired(break) or running(break)"),
        ("talk", "HL403", "talk", "at(talk)"),
        ("threaten", "HL403", "threaten", "chosen(threaten)"),
    ],
)
def test_an_unknown_name_gets_the_nearest_or_says_what_it_is(
    source: str, code: str, at: str, hint: str | None
) -> None:
    parsed = parse_expression(source, world())
    assert blame(source, parsed) == (code, at)
    found = fault(parsed).hint
    assert (found is None) if hint is None else (hint in (found or ""))


@pytest.mark.parametrize(
    ("source", "at", "hint"),
    [
        ("heard and regret", "heard", "heard >= 1"),
        ("not mood", "mood", 'mood == "angry"'),
        ("regret or pause", "pause", "pause >= 14d"),
        ("3 or regret", "3", None),
        ("mood == 3", "3", None),
        ("3 == mood", "3", None),
        ("heard == wish", "wish", None),
        ("heard >= 14d", "14d", None),
        ("pause >= 14", "14", "a duration has a unit"),
        ('mood == "happy"', '"happy"', None),
        ('mood == "clam"', '"clam"', "did you mean 'calm'?"),
        ('mood in ("angry", "clam")', '"clam"', "did you mean 'calm'?"),
        ("profile == mood", "profile == mood", None),
        ("mood < wish", "mood < wish", "use == or !="),
        ("regret < repair", "regret < repair", "use == or !="),
        ("regret + repair", "regret", "how_many"),
        ("heard + mood", "mood", None),
        ("pause * pause", "pause * pause", "multiply one by a number"),
        ("pause + 3", "3", "a duration has a unit"),
        ("3 - pause", "3", "a duration has a unit"),
        ("-mood", "mood", None),
        ("-pause", "pause", None),
        ("min(mood, wish)", "mood", None),
        ("max(heard, pause)", "pause", None),
        ("1 if regret else pause", "pause", None),
        ("1 if heard else 2", "heard", "heard >= 1"),
        ("nickname", "nickname", "{nickname}"),
        ('nickname == "Sam"', "nickname", "{nickname}"),
    ],
)
def test_a_fault_of_type_is_pointed_at(source: str, at: str, hint: str | None) -> None:
    parsed = parse_expression(source, world())
    assert blame(source, parsed) == ("HL403", at)
    assert (hint or "") in (fault(parsed).hint or "")


def test_all_faults_of_an_expression_are_found_at_once_and_each_is_told_once() -> None:
    source = 'hear >= 2 and mood == "clam" and min(a, b) > how_many(heard) and not c'
    parsed = parse_expression(source, world(), BOOL)
    found = [source[problem.start : problem.end] for problem in parsed.problems]
    assert found == ["hear", '"clam"', "a", "b", "heard", "c"]
    assert parsed.tree is None


@pytest.mark.parametrize(
    "source",
    ["a + b", "-a", "a if b else c", "a == b", "a in (b, 1)", "max(a, 1)", "expired(a)", "tag(a)",
     "count(a)", "chosen(a)", "visited(a)"],
)  # fmt: skip
def test_what_follows_from_a_fault_is_not_told(source: str) -> None:
    parsed = parse_expression(source, world(), BOOL)
    assert parsed.tree is None
    assert all(problem.end - problem.start == 1 for problem in parsed.problems)


def test_a_long_piece_of_source_is_cut_in_a_message() -> None:
    source = "(" + " + ".join(["heard"] * 20) + ") and regret"
    assert "...`" in fault(parse_expression(source, world())).message


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


# Bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "9" * 900,
        "x" * 900,
        "<".join(["1"] * 300),
        "1000001",
        "heard " * 300,
        "(" * 40 + "heard" + ")" * 40,
        "not " * 40 + "regret",
        "- " * 40 + "heard",
        " + ".join(["heard"] * 60),
        " and ".join(["heard>0"] * 90),
        "1 if regret else " * 40 + "2",
        "1000000 * 1000000 * heard",
    ],
)
def test_what_is_too_large_is_refused(source: str) -> None:
    assert fault(parse_expression(source, world())).code == "HL406"


def test_guards_in_guards_cannot_grow_without_end() -> None:
    scope = world()
    guards = {"g0": Guard(tree("heard >= 1", scope))}
    scope.guards = guards
    for number in range(1, 40):
        parsed = parse_expression(f"g{number - 1} and g{number - 1}", scope)
        if parsed.tree is None:
            break
        guards[f"g{number}"] = Guard(parsed.tree)
    assert fault(parsed).code == "HL406"
    assert len(guards) < 10


@pytest.mark.parametrize("raised", [SyntaxError, ValueError, RecursionError, MemoryError])
def test_whatever_the_parser_of_python_raises_is_a_problem(
    raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise raised

    scope = world()
    monkeypatch.setattr(ast, "parse", fail)
    assert blame("heard >= 2", parse_expression("heard >= 2", scope)) == ("HL401", "heard >= 2")


def test_the_parser_of_python_sees_no_name_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    scope, parse = world(), ast.parse

    def spy(source: str, *args: Any, **options: Any) -> Any:
        seen.append(source)
        return parse(source, *args, **options)

    monkeypatch.setattr(ast, "parse", spy)
    tree("mood == 'sad' and how_many(regret, heard >= 2) > 1 and pause < 2h30m", scope)
    assert seen == ["____ ==  ___  and ________(______, _____ >= _) > _ and _____ < _____"]


# Actions --------------------------------------------------------------------------------------


class Recorder:
    """Timers that only remember what they were told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def start(self, timer: str, length: timedelta) -> None:
        self.told.append(("start", timer, length))

    def stop(self, timer: str) -> None:
        self.told.append(("stop", timer))


def after(*sources: str, **changes: Any) -> tuple[dict[str, Any], list[tuple[object, ...]]]:
    """The variables and what the timers were told, by the interpreter and by generated code."""
    scope = world()
    actions = [action(source, scope) for source in sources]
    codegen = Codegen(LAYOUT, scope.timer_lengths)
    handle = codegen.actions(actions)
    plain, generated = frame(**changes), frame(**changes)
    one, other = Recorder(), Recorder()
    execute(actions, plain, LAYOUT, one, scope.timer_lengths)
    codegen.finish()[handle](generated, other)
    assert plain == generated
    assert one.told == other.told
    return {symbol[1]: plain[at] for symbol, at in LAYOUT.items() if symbol[0] == "var"}, one.told


def test_numbers_stop_at_their_bounds() -> None:
    assert after("heard += 9")[0]["heard"] == 3
    assert after("heard -= 9")[0]["heard"] == 0
    assert after("heard = trust * 2", trust=-2)[0]["heard"] == 0
    assert after("heard = trust * 2", trust=6)[0]["heard"] == 3
    assert after("heard = trust * 2", trust=1)[0]["heard"] == 2
    assert after("trust = heard")[0]["trust"] == 1


def test_durations_stop_at_the_nearest_declared_length_below() -> None:
    assert after("break_length += 20d")[0]["break_length"] == timedelta(days=42)
    assert after("break_length -= 1d")[0]["break_length"] == timedelta(days=14)
    assert after("break_length -= 27d")[0]["break_length"] == timedelta(days=14)
    assert after("break_length = max(14d, 28d)")[0]["break_length"] == timedelta(days=28)
    assert after("break_length = 2 * (pause * 400)")[0]["break_length"] == timedelta(days=42)


def test_actions_are_carried_out_in_order() -> None:
    assert after("heard = 2", "trust = heard", "mood = 'calm'", "regret = heard > 1")[0] == {
        **after()[0], "heard": 2, "trust": 2, "mood": "calm", "regret": True,
    }  # fmt: skip


def test_timers_start_with_their_own_length_or_another_and_stop() -> None:
    told = after("start(break)", "start(break, 7d)", "stop(break)", "start(session.hour)")[1]
    assert told == [
        ("start", "break", timedelta(days=28)),
        ("start", "break", timedelta(days=7)),
        ("stop", "break"),
        ("start", "session.hour", timedelta(hours=1)),
    ]


@pytest.mark.parametrize(
    ("source", "code", "at", "hint"),
    [
        ("", "HL404", "", "start(timer)"),
        ("heard", "HL404", "heard", "write heard += 1"),
        ("heard == 2", "HL404", "heard == 2", "write heard = ..."),
        ("heard >= 2 = 3", "HL404", "heard >= 2 = 3", None),
        ("2 = heard", "HL404", "2 = heard", None),
        ("heard++", "HL401", "++", "write += 1"),
        ("heard =+ 1", "HL401", "=+", "did you mean heard += ...?"),
        ("heard = * 2", "HL401", "= *", None),
        ("heard *= 2", "HL402", "*=", None),
        ("heard =", "HL401", "=", None),
        ("heard = 1 = 2", "HL401", "=", "write =="),
        ("heard = hear", "HL302", "hear", "did you mean 'heard'?"),
        ("hear = 1", "HL302", "hear", "did you mean 'heard'?"),
        ("hear += 1", "HL302", "hear", "did you mean 'heard'?"),
        ("break = 14d", "HL405", "break", "start(break)"),
        ("been_heard = true", "HL405", "been_heard", "variables"),
        ('nickname = "Sam"', "HL405", "nickname", None),
        ("heard = 14d", "HL403", "14d", None),
        ("heard += 14d", "HL403", "14d", None),
        ("mood += 1", "HL403", "mood", None),
        ('mood = "clam"', "HL403", '"clam"', "did you mean 'calm'?"),
        ("regret = heard", "HL403", "heard", "heard >= 1"),
        ("break_length = 3d", "HL403", "3d", None),
        ("pause = 14", "HL403", "14", "a unit"),
        ("start(brake)", "HL304", "brake", "did you mean 'break'?"),
        ("start()", "HL404", "start()", "start(timer, 7d)"),
        ("start(break", "HL404", "start(break", None),
        ("stop(7d)", "HL404", "stop(7d)", "write stop(timer)"),
        ("stop(break, 7d)", "HL401", ", 7d)", None),
        ("start(break 7d)", "HL401", "7d)", None),
        ("start(break,)", "HL401", ",)", None),
        ("start(break, 7)", "HL403", "7", "a unit"),
        ("start(break, hear)", "HL302", "hear", None),
        ("start(break, )7d)", "HL401", ")", None),
        ("start(break) and regret", "HL404", "start(break) and regret", None),
    ],
)
def test_a_faulty_action_is_pointed_at(source: str, code: str, at: str, hint: str | None) -> None:
    parsed = parse_action(source, world())
    found = fault(parsed)
    assert (found.code, source[found.start : found.end].replace(" ", "")) == (
        code, at.replace(" ", ""),
    )  # fmt: skip
    assert (hint or "") in (found.hint or "")


def test_both_sides_of_a_faulty_assignment_are_told() -> None:
    parsed = parse_action("hear = trus", world())
    assert [problem.code for problem in parsed.problems] == ["HL302", "HL302"]


def test_equal_code_is_written_once() -> None:
    scope = world()
    codegen = Codegen(LAYOUT, scope.timer_lengths)
    assert codegen.expression(tree("heard >= 2")) == codegen.expression(tree("heard  >=  2"))
    assert codegen.actions([action("heard += 1")]) == codegen.actions([action("heard  += 1")])
    assert codegen.actions([]) != codegen.expression(tree("heard"))
    assert len(codegen.finish()) == 4


def test_nothing_of_python_is_within_reach_of_generated_code() -> None:
    codegen = Codegen(LAYOUT)
    codegen.expression(tree("heard >= 2"))
    (function,) = codegen.finish()
    assert function.__globals__["__builtins__"] == {}


# Properties -----------------------------------------------------------------------------------


def test_properties_have_functions_of_their_own() -> None:
    parsed = parse_property("tag(tier_a) or chosen(ask_why)", world())
    assert parsed.problems == ()
    assert parsed.tree is not None
    assert reads(parsed.tree) == {("now", "tag", "tier_a"), ("now", "chosen", "ask_why")}
    other = parse_property("outcome(let_go) and said(partner)", world()).tree
    assert other is not None
    codegen = Codegen(LAYOUT)
    handle = codegen.expression(other)
    assert codegen.finish()[handle](frame()) is evaluate(other, frame(), LAYOUT) is True


def test_whether_something_can_be_reached_is_for_a_checker_to_say() -> None:
    promise = parse_property("can_reach(outcome(let_go))", world()).tree
    assert promise == CanReach((0, 0), BOOL, Happens((0, 0), BOOL, "outcome", "let_go"))
    assert promise is not None
    with pytest.raises(TypeError, match="checker"):
        evaluate(promise, frame(), LAYOUT)
    with pytest.raises(TypeError, match="checker"):
        Codegen(LAYOUT).expression(promise)


@pytest.mark.parametrize(
    ("source", "code", "at"),
    [
        ("tag(tier_b)", "HL311", "tier_b"),
        ("outcome(lost)", "HL310", "lost"),
        ("chosen(ask)", "HL309", "ask"),
        ("said(narrator)", "HL305", "narrator"),
        ("can_reach(heard)", "HL403", "heard"),
        ("heard", "HL403", "heard"),
        ("heard >=", "HL401", ">="),
        ("hear", "HL302", "hear"),
    ],
)
def test_a_faulty_property_is_pointed_at(source: str, code: str, at: str) -> None:
    assert blame(source, parse_property(source, world())) == (code, at)


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


def test_a_file_whose_every_name_is_wrong_is_not_waited_for() -> None:
    scope = world()
    scope.variables = {
        f"variable_{number}": Declaration(f"variable_{number}", BOOL) for number in range(5000)
    }
    parsed = [parse_expression(f"varaible_{number}", scope) for number in range(500)]
    hints = [fault(each).hint for each in parsed]
    assert hints[0] == "did you mean 'variable_0'?"
    assert hints[-1] is None
    assert parse_expression("varaible_0", scope) == parsed[0]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 31 + "regret" + ")" * 31,
        "not " * 30 + "regret",
        "(not " * 15 + "regret" + ")" * 15,
        "(regret or (repair and " * 14 + "regret" + "))" * 14,
        "(repair if regret else " * 30 + "regret" + ")" * 30,
        "min(heard, " * 30 + "1" + ")" * 30,
        "max(pause, 2 * (1d - " * 10 + "pause" + "))" * 10,
        "how_many(regret, heard > " * 14 + "1" + ")" * 14 + " > 0",
        " - ".join(["heard"] * 31),
        "heard - (" * 30 + "1" + ")" * 30,
        "(regret == " * 30 + "repair" + ")" * 30,
        " < ".join(["1"] * 190),
        " and ".join(["1<2"] * 60),
        "how_many(" + ", ".join(["regret"] * 64) + ")",
    ],
)
def test_what_is_as_large_as_allowed_is_read_run_explained_and_written(source: str) -> None:
    parsed = tree(source)
    codegen = Codegen(LAYOUT)
    handle = codegen.expression(parsed)
    assert codegen.finish()[handle](frame()) == evaluate(parsed, frame(), LAYOUT)
    assert tree(write(parsed)) == parsed
    if parsed.type == BOOL:
        assert explain(parsed, frame(), LAYOUT).text


def test_a_chain_of_guards_as_long_as_allowed_is_run_and_explained() -> None:
    scope = world()
    guards = {"g0": Guard(tree("heard >= 2", scope))}
    scope.guards = guards
    for number in range(1, 80):
        parsed = parse_expression(f"not g{number - 1}", scope, BOOL)
        if parsed.tree is None:
            break
        guards[f"g{number}"] = Guard(parsed.tree)
    for guard in guards.values():
        codegen = Codegen(LAYOUT)
        handle = codegen.expression(guard.tree)
        assert codegen.finish()[handle](frame()) is evaluate(guard.tree, frame(), LAYOUT)
        assert explain(guard.tree, frame(), LAYOUT).text
    assert 20 < len(guards) < 64
