"""Slices decide as the whole does: what they prove is proved, what they break is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness import story
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.patterns import is_monitored
from heartline.checking.proving.exploring import explored
from heartline.checking.proving.outcome import judge
from heartline.checking.proving.promises import decide, wanted, wanted_at
from heartline.checking.proving.slices import decide_by_slices
from heartline.checking.proving.witness import replay
from heartline.errors import ScenarioError
from provable import loaded, promises, scenarios

if TYPE_CHECKING:
    from heartline import Scenario

# Whether the threat is forgiven hangs on `fear` alone; what else is counted has no part in it.
FORGIVEN = """
cast: {you: {name: You}, sam: {name: Sam, played_by: engine}}
context:
  fear: {type: bool, initial: false}
  mood: {type: int, min: 0, max: 9, initial: 0}
  told: {type: int, min: 0, max: 9, initial: 0}
states:
  talk:
    choices:
      threaten: {do: fear = true, tags: threat}
      tell: {do: told += 1}
      cheer: {when: mood < 9, do: mood += 1}
      ask: {when: told >= 3, to: answer}
      leave: {to: apart}
  answer:
    choices:
      stay: {by: sam, when: GUARD, to: together}
      go: {by: sam, to: apart}
  together: {type: final, outcome: together}
  apart: {type: final, outcome: apart}
properties:
  never_pays: {after: tag(threat), never: outcome(together)}
"""


def forgiven(guard: str) -> Scenario:
    head, _, rest = FORGIVEN.partition("context:")
    return story("context:" + rest.replace("GUARD", guard), _HEAD + head)


_HEAD = "heartline: 1\nid: forgiven\nversion: 1.0.0\ntitle: Forgiven\n"


def test_what_has_no_part_in_a_promise_is_not_told_apart() -> None:
    scenario = forgiven("not fear")
    sliced = decide_by_slices(scenario, scenario.machine.promises)["never_pays"]
    assert sliced.verdict.verdict == "proved"
    mood = scenario.machine.layout["var", "mood"]
    assert all(mood not in slots for slots in sliced.graph.kept.values())
    assert len(sliced.graph) < len(explore(scenario.machine, keep=frozenset([mood])))


def test_a_play_of_a_slice_is_believed_once_the_runtime_has_played_it() -> None:
    scenario = forgiven("mood >= 4")
    sliced = decide_by_slices(scenario, scenario.machine.promises)["never_pays"]
    assert sliced.verdict.verdict == "violated"
    assert sliced.verdict.path is not None
    witness = replay(scenario, sliced.graph, sliced.verdict.path)
    told = [turn.happenings[0].label.id for turn in witness.turns]
    assert told.count("tell") >= 3  # what a slice that guesses does not know it needs
    assert told.count("cheer") >= 4


def test_nothing_is_said_of_what_no_slice_within_the_limits_decides() -> None:
    scenario = forgiven("not fear")
    assert not decide_by_slices(
        scenario, scenario.machine.promises, limits=Limits(configurations=2)
    )


@given(scenarios(), st.lists(promises(), min_size=1, max_size=3))
def test_slices_decide_as_the_whole_does(text: str, own: list[str]) -> None:
    lines = "".join(f"  p{n}: {promise}\n" for n, promise in enumerate(own))
    try:
        scenario = loaded(text, lines)
    except ScenarioError:
        assume(False)
    machine = scenario.machine
    _, speakers = wanted(machine)
    whole = explore(machine, keep=wanted_at(machine), speakers=speakers)
    assume(whole.is_whole and not whole.notes.loops)
    said = {verdict.promise.name: verdict for verdict in decide(whole)}
    sliced = decide_by_slices(scenario, machine.promises)
    for name, each in sliced.items():
        assert each.verdict.verdict == said[name].verdict
        assert said[name].vacuous or not each.verdict.vacuous
        if each.verdict.path is not None:
            assert len(each.verdict.path) >= len(said[name].path or ())
    open_ = {each.name for each in machine.promises if is_monitored(each)} - set(sliced)
    # What slices leave open is what they would have to guess for ever, and that is rare.
    assert all(said[name].verdict == "violated" for name in open_)


def test_a_large_scenario_is_explored_whole_and_that_decides_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.checking.proving.exploring.FEW", 20)
    graph, sliced = explored(forgiven("not fear"), None, (), Limits())
    assert graph.is_whole
    assert not sliced


@pytest.mark.parametrize(("some", "limits"), [(True, Limits()), (False, Limits(seconds=60))])
def test_slices_try_first_where_few_promises_or_seconds_are_asked_for(
    some: bool, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heartline.checking.proving.exploring.FEW", 20)
    scenario = forgiven("not fear")
    only = scenario.machine.promises if some else None
    graph, sliced = explored(scenario, only, (), limits)
    assert graph.is_slice == some
    assert graph.is_whole
    assert [each.verdict.verdict for each in sliced.values()] == ["proved"]


def test_what_is_too_large_as_a_whole_is_decided_by_slices_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.checking.proving.exploring.FEW", 5)
    monkeypatch.setattr("heartline.checking.proving.exploring.SHORTLY", 0.0)
    scenario = forgiven("not fear")
    graph, sliced = explored(scenario, None, (), Limits(configurations=150))
    assert graph.stopped == "configurations"
    assert [each.verdict.verdict for each in sliced.values()] == ["proved"]


def test_promises_of_a_large_graph_are_decided_in_two_halves_as_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = story(
        """
    context:
      told: {type: int, min: 0, max: 3, initial: 0}
    states:
      a:
        choices:
          tell: {do: told += 1, to: a}
          go: {to: end}
      end: {type: final, outcome: done}
    properties:
      an_end: {always: can_reach(at(end))}
      never_much: {never: told > 2}
      told_first: {before: at(end), must: chosen(tell)}
      it_ends: {always: told >= 0}
    """
    )
    graph = explore(scenario.machine, keep=wanted_at(scenario.machine))
    whole = judge(scenario, graph)
    monkeypatch.setattr("heartline.checking.proving.outcome.MANY", 1)
    halves = judge(scenario, graph)
    assert [each.verdict for each in halves.promises] == [each.verdict for each in whole.promises]
    assert {each.verdict.verdict for each in halves.promises if each.verdict} == {
        "proved", "violated",
    }  # fmt: skip
