"""Actions, the code that is generated for them, and the conditions of properties."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from expression_world import (
    LAYOUT,
    action,
    blame,
    fault,
    frame,
    tree,
    world,
)
from heartline.expressions import (
    BOOL,
    CanReach,
    Codegen,
    Happens,
    evaluate,
    execute,
    parse_action,
    parse_property,
    reads,
)

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
        ("strt(break)", "HL404", "strt", "did you mean 'start'?"),
        ("stopp(break)", "HL404", "stopp", "did you mean 'stop'?"),
        ("visited(hall)", "HL404", "visited(hall)", "start(timer)"),
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
