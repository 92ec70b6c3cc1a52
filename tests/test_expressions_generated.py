"""What must hold of every expression and of every text, searched with hypothesis."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from expression_world import LAYOUT, LENGTHS, MOODS, START, world
from heartline.expressions import (
    BOOL,
    Action,
    Assign,
    Codegen,
    DurationType,
    EnumType,
    IntType,
    Problem,
    counts,
    evaluate,
    execute,
    explain,
    parse_action,
    parse_expression,
    parse_property,
    write,
)

WORLD = world()

# Typed expressions, as text: what is generated here is sound by construction ------------------

Text = st.SearchStrategy[str]


def _numbers(truths: Text, numbers: Text) -> Text:
    return st.one_of(
        st.builds("({} {} {})".format, numbers, st.sampled_from("+-*"), numbers),
        st.builds("-{}".format, numbers),
        st.builds("{}({}, {})".format, st.sampled_from(("min", "max")), numbers, numbers),
        st.builds("how_many({}, {})".format, truths, truths),
        st.builds("({} if {} else {})".format, numbers, truths, numbers),
    )


def _lengths(truths: Text, numbers: Text, lengths: Text) -> Text:
    return st.one_of(
        st.builds("({} {} {})".format, lengths, st.sampled_from("+-"), lengths),
        st.builds("({} * {})".format, numbers, lengths),
        st.builds("({} * {})".format, lengths, numbers),
        st.builds("{}({}, {})".format, st.sampled_from(("min", "max")), lengths, lengths),
        st.builds("({} if {} else {})".format, lengths, truths, lengths),
    )


SIGNS = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))
EQUALS = st.sampled_from(("==", "!="))


def _truths(truths: Text, numbers: Text, lengths: Text, moods: Text) -> Text:
    return st.one_of(
        st.builds("({} {} {})".format, numbers, SIGNS, numbers),
        st.builds("({} {} {} {} {})".format, numbers, SIGNS, numbers, SIGNS, numbers),
        st.builds("({} {} {})".format, lengths, SIGNS, lengths),
        st.builds("(mood {} {})".format, EQUALS, moods),
        st.builds("({} {} {})".format, truths, EQUALS, truths),
        st.builds("(mood {} ({}, {}))".format, st.sampled_from(("in", "not in")), moods, moods),
        st.builds("({} in ({}, {}))".format, numbers, numbers, numbers),
        st.builds("({} {} {})".format, truths, st.sampled_from(("and", "or")), truths),
        st.builds("(not {})".format, truths),
        st.builds("({} if {} else {})".format, truths, truths, truths),
    )


def _grown(depth: int) -> tuple[Text, Text, Text, Text]:
    """Expressions of each type, up to a depth: truths, numbers, lengths, moods."""
    truths: Text = st.sampled_from(
        (
            "regret", "repair", "forced", "been_heard", "break_over", "unsure", "true", "false",
            "expired(break)", "running(break)", "at(talk)", "at(house)", "at(apart)", "tag(quiet)",
            "visited(space)", "chosen(threaten)", "decided_now",
        )
    )  # fmt: skip
    numbers: Text = st.one_of(
        st.integers(0, 9).map(str),
        st.sampled_from(("heard", "trust", "leave", "count(talk)", "count(ask_why)")),
    )
    lengths: Text = st.sampled_from(("break_length", "pause", "14d", "20m", "1w2d", "0s"))
    moods: Text = st.sampled_from(tuple(f'"{mood}"' for mood in MOODS))
    for _ in range(depth):
        truths, numbers, lengths = (
            st.one_of(truths, _truths(truths, numbers, lengths, moods)),
            st.one_of(numbers, _numbers(truths, numbers)),
            st.one_of(lengths, _lengths(truths, numbers, lengths)),
        )
    return truths, numbers, lengths, moods


TRUTHS, NUMBERS, DURATIONS, ENUMS = _grown(3)
ACTIONS = st.one_of(
    st.builds("heard {} {}".format, st.sampled_from(("=", "+=", "-=")), NUMBERS),
    st.builds("trust = {}".format, NUMBERS),
    st.builds("mood = {}".format, ENUMS),
    st.builds("regret = {}".format, TRUTHS),
    st.builds("break_length {} {}".format, st.sampled_from(("+=", "-=")), DURATIONS),
    st.builds("break_length = max(pause, {})".format, DURATIONS),
    st.builds("start(break, {})".format, DURATIONS),
    st.sampled_from(("start(break)", "stop(session.hour)")),
)

COUNTERS = {symbol: st.integers(0, 12) for symbol in START if symbol[0] in ("visits", "taken")}


@st.composite
def frames(draw: st.DrawFn) -> list[Any]:
    """A frame whose slots hold what their variables can hold."""
    held: list[Any] = []
    for symbol, start in START.items():
        if symbol[0] == "var":
            type_ = WORLD.variables[symbol[1]].type
            if isinstance(type_, IntType):
                held.append(draw(st.integers(type_.low, type_.high)))
            elif isinstance(type_, EnumType | DurationType):
                held.append(draw(st.sampled_from(type_.values or ())))
            else:
                held.append(draw(st.booleans()))
        elif symbol[0] == "timer":
            held.append(draw(st.integers(0, 3)))
        elif symbol in COUNTERS:
            held.append(draw(COUNTERS[symbol]))
        elif symbol == ("leaf",):
            held.append(draw(st.sampled_from(("talk", "space", "review", "room_3"))))
        else:
            held.append(start)
    return held


def _read(source: str) -> Any:
    """The tree of a generated expression; those that grew too large are left out."""
    parsed = parse_expression(source, WORLD)
    assume(all(problem.code != "HL406" for problem in parsed.problems))
    assert parsed.problems == ()
    return parsed.tree


@given(st.one_of(TRUTHS, NUMBERS, DURATIONS), frames())
def test_generated_code_gives_what_the_interpreter_gives(source: str, frame: list[Any]) -> None:
    tree = _read(source)
    codegen = Codegen(LAYOUT, WORLD.timer_lengths)
    handle = codegen.expression(tree)
    value = evaluate(tree, frame, LAYOUT)
    generated = codegen.finish()[handle](tuple(frame))
    assert generated == value
    assert type(generated) is type(value)


@given(NUMBERS, frames())
def test_a_number_never_leaves_the_bounds_of_its_type(source: str, frame: list[Any]) -> None:
    tree = _read(source)
    assert tree.type.low <= evaluate(tree, frame, LAYOUT) <= tree.type.high


@given(DURATIONS, frames())
def test_a_length_is_always_among_those_of_its_type(source: str, frame: list[Any]) -> None:
    tree = _read(source)
    value = evaluate(tree, frame, LAYOUT)
    assert timedelta(0) <= value <= timedelta(days=36_525)
    assert tree.type.values is None or value in tree.type.values


class Recorder:
    """Timers that only remember what they were told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def start(self, timer: str, length: timedelta) -> None:
        self.told.append((timer, length))

    def stop(self, timer: str) -> None:
        self.told.append((timer,))


@given(st.lists(ACTIONS, min_size=1, max_size=4), frames())
def test_generated_actions_do_what_the_interpreter_does_and_keep_all_bounds(
    sources: list[str], frame: list[Any]
) -> None:
    actions: list[Action] = []
    for source in sources:
        parsed = parse_action(source, WORLD)
        assume(all(problem.code != "HL406" for problem in parsed.problems))
        assert parsed.tree is not None
        actions.append(parsed.tree)
    codegen = Codegen(LAYOUT, WORLD.timer_lengths)
    handle = codegen.actions(actions)
    plain, generated, one, other = list(frame), list(frame), Recorder(), Recorder()
    execute(actions, plain, LAYOUT, one, WORLD.timer_lengths)
    codegen.finish()[handle](generated, other)
    assert plain == generated
    assert one.told == other.told
    for action in actions:
        if isinstance(action, Assign):
            held, type_ = plain[LAYOUT["var", action.target.name]], action.target.type
            if isinstance(type_, IntType):
                assert type_.low <= held <= type_.high
            elif isinstance(type_, DurationType):
                assert held in LENGTHS


@given(st.one_of(TRUTHS, NUMBERS, DURATIONS))
def test_what_is_written_out_reads_as_the_same_tree(source: str) -> None:
    tree = _read(source)
    again = parse_expression(write(tree), WORLD)
    assume(all(problem.code != "HL406" for problem in again.problems))
    assert again.tree == tree


@given(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(("count(talk)", "count(talk) + count(ask_why)", "count(talk) * 1")),
        SIGNS,
        st.one_of(st.integers(0, 8).map(str), st.just("heard"), st.just("heard * 2 + 1")),
    ),
    frames(),
)
def test_a_counter_that_stops_at_its_bound_is_not_noticed(source: str, frame: list[Any]) -> None:
    tree = _read(source)
    stopped = list(frame)
    for symbol, bound in counts(tree).items():
        stopped[LAYOUT[symbol]] = min(frame[LAYOUT[symbol]], bound)
    assert evaluate(tree, stopped, LAYOUT) == evaluate(tree, frame, LAYOUT)


# Explanations ---------------------------------------------------------------------------------


@given(TRUTHS, frames(), st.booleans())
def test_an_explanation_never_fails_and_agrees_with_the_guard(
    source: str, frame: list[Any], reveal: bool
) -> None:
    tree = _read(source)
    explanation = explain(tree, frame, LAYOUT, reveal_hidden=reveal)
    assert explanation.holds is bool(evaluate(tree, frame, LAYOUT))
    assert explanation.text
    assert explanation.exact


HIDDEN = [LAYOUT["var", name] for name, each in WORLD.variables.items() if each.hidden]


@given(TRUTHS, frames(), frames())
def test_an_explanation_tells_nothing_of_what_hidden_variables_hold(
    source: str, frame: list[Any], elsewhere: list[Any]
) -> None:
    assume("decided_now" not in source)  # its author wrote a sentence, and so speaks of it
    tree = _read(source)
    other = [elsewhere[at] if at in HIDDEN else held for at, held in enumerate(frame)]
    one, two = explain(tree, frame, LAYOUT), explain(tree, other, LAYOUT)
    assert one.holds != two.holds or one == two
    for said in (one, two):
        if not said.holds:
            assert "leave" not in said.text + said.exact
            assert "forced" not in said.text + said.exact


# Any text at all ------------------------------------------------------------------------------

PIECES = st.lists(
    st.sampled_from(
        (
            "heard", "trust", "mood", "regret", "break", "talk", "14d", "2", '"sad"', "'", '"', "(",
            ")", ",", "and", "or", "not", "in", "if", "else", "==", "<", "=", "+=", "+", "-", "*",
            "expired", "how_many", "min", "start", "stop", " ", "  ", "\n", ".", "_", "lambda",
            "is", "tag", "can_reach", "outcome", "let_go", "[", "#", "\\", ":", "0x", "1.5",
            "\u00a0", "é", "\ud800", "\0", "None", "class", "true",
        )
    ),
    max_size=40,
).map(" ".join)  # fmt: skip


@given(st.one_of(PIECES, st.text(max_size=300), PIECES.map(lambda text: text.replace(" ", ""))))
@example("(" * 1000)
@example("-" * 1000)
@example("not " * 250)
@example("9" * 1000)
@example("a" * 1000)
@example("1 if a else " * 80 + "1")
@example("f(" * 400)
@example("x" * 1_000_000)
@example("((((((((1 in (1)) in (1)) in (1))")
@example("'\ud800'")
@example("heard\u202e >= 2")
@example("𝕙𝕖𝕒𝕣𝕕 >= 2")
def test_any_text_is_read_or_refused_with_problems_inside_it_and_at_once(source: str) -> None:
    begin = time.process_time()
    for parsed in (
        parse_expression(source, WORLD, BOOL),
        parse_action(source, WORLD),
        parse_property(source, WORLD),
    ):
        assert (parsed.tree is None) == bool(parsed.problems)
        for problem in parsed.problems:
            assert isinstance(problem, Problem)
            assert 0 <= problem.start <= problem.end <= len(source)
            assert problem.message
            assert len(problem.message) < 600
    assert time.process_time() - begin < 1
