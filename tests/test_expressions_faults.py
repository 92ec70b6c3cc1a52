"""What the language refuses: each fault has a code, a place in the text, and a hint."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from expression_world import (
    LAYOUT,
    blame,
    fault,
    frame,
    tree,
    world,
)
from heartline.expressions import (
    BOOL,
    Codegen,
    Declaration,
    Guard,
    evaluate,
    explain,
    parse_expression,
    write,
)

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
    assert "...'" in fault(parse_expression(source, world())).message


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
