"""Promises, decided over every way to play. The oracle is each play beside a Monitor (provable.py),
and the tables of docs/properties.md."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path as Folder

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import heartline
from harness import story
from heartline import Choose, ManualClock, Scenario, Send, Tick
from heartline.checking.exploring.explorer import explore
from heartline.checking.exploring.graph import DRAW, SEND, WAIT, Graph
from heartline.checking.monitor import Watch
from heartline.checking.proving.paths import Path
from heartline.checking.proving.promises import Verdict, decide, wanted, wanted_at
from heartline.errors import ScenarioError
from heartline.runtime import Step, start, step
from provable import INNER, Plays, TooLarge, loaded, promises, scenarios
from slowgraph import slow_graph
from test_diagnostics_pages import example
from test_monitor import ROWS, VISIT, included, promising

NOW = ManualClock().now()


def whole(scenario: Scenario) -> Graph:
    """All of a scenario, nothing left out."""
    machine = scenario.machine
    every = frozenset(range(1, len(machine.slots)))
    return slow_graph(machine, keep=every, speakers=frozenset(machine.roles))


def decided(body: str, promise: str) -> tuple[Verdict, Graph]:
    """What becomes of one promise of a scenario of a few lines."""
    graph = whole(story(f"{body}properties:\n  it: {{{promise}}}\n"))
    (verdict,) = decide(graph)
    return verdict, graph


def way(verdict: Verdict, graph: Graph) -> str:
    """What happens on the way that breaks a promise."""
    assert verdict.path is not None
    return " ".join(label.id for label in verdict.path.labels(graph)[1:])


def replayed(watch: Watch, graph: Graph, path: Path) -> list[list[str]]:
    """The promises that each turn of a path breaks, where the runtime plays it."""
    root, labels = graph.roots[path.root], path.labels(graph)
    turns: list[list[int]] = [[0]]
    for n, label in enumerate(labels[1:], 1):
        if label.kind == DRAW:
            turns[-1].append(n)
        else:
            turns.append([n])
    monitor, broken = watch.monitor(), []
    machine = watch.scenario.machine
    now: Step | None = None
    for turn in turns:
        first = labels[turn[0]]
        draws = tuple(labels[n].id for n in turn[1:])
        if now is None:
            now = start(machine, now=NOW, inputs=root.inputs, draws=draws)
            broken.append([violation.name for violation in monitor.began(now)])
            continue
        snapshot = now.snapshot
        if first.kind == WAIT:
            now = step(machine, snapshot, Tick(), snapshot.deadlines[0].due, draws)
        else:
            kind = Send if first.kind == SEND else Choose
            now = step(machine, snapshot, kind(first.id), snapshot.time, draws)
        broken.append([violation.name for violation in monitor.stepped(now)])
    return broken


# The page ---------------------------------------------------------------------------------------


@cache
def page() -> tuple[Watch, Graph, dict[str, Plays], dict[str, Verdict]]:
    """Every property of docs/properties.md, decided for its scenario."""
    assert VISIT
    texts = dict.fromkeys(promise for promise, _, _ in ROWS)
    lines = "".join(f"  p{n}: {{{text}}}\n" for n, text in enumerate(texts))
    watch = promising(VISIT[1], lines)
    graph = whole(watch.scenario)
    verdicts = dict(zip(texts, decide(graph), strict=True))
    single = {}
    for text in texts:  # one by one, so that there are fewer plays to tell apart
        single[text] = Plays(promising(VISIT[1], f"  it: {{{text}}}\n"))
    return watch, graph, single, verdicts


@pytest.mark.parametrize(("promise", "play", "result"), ROWS, ids=str)
def test_what_the_page_says_of_a_play_bears_on_the_proof(
    promise: str, play: str, result: str
) -> None:
    verdict = page()[3][promise]
    if result.startswith("broken"):
        assert verdict.verdict == "violated"
        assert verdict.path is not None
        assert len(verdict.path) <= len(play.split())
    if result == "kept" and verdict.verdict == "proved":
        assert not verdict.vacuous


@pytest.mark.parametrize("promise", dict.fromkeys(promise for promise, _, _ in ROWS))
def test_the_proof_of_a_property_of_the_page_finds_what_all_plays_show(promise: str) -> None:
    watch, graph, single, verdicts = page()
    verdict, plays = verdicts[promise], single[promise]
    if verdict.verdict == "proved":
        assert not plays.broken
        assert verdict.vacuous == (plays.tried == 0)
        return
    assert verdict.path is not None
    assert len(verdict.path) == plays.broken["it"]
    turns = replayed(watch, graph, verdict.path)
    assert verdict.promise.name in turns[-1]
    assert all(verdict.promise.name not in turn for turn in turns[:-1])


# Whatever is promised ---------------------------------------------------------------------------


@given(
    scenarios(), st.lists(promises(), min_size=1, max_size=2), st.lists(promises(INNER), max_size=1)
)
def test_a_promise_is_violated_where_some_play_breaks_it_and_by_a_shortest_one(
    text: str, own: list[str], inner: list[str]
) -> None:
    watch, plays = followed(text, own, inner)
    graph = whole(watch.scenario)
    for n, verdict in enumerate(decide(graph)):
        name = verdict.promise.name
        assert (verdict.verdict == "violated") == (name in plays.broken)
        if verdict.path is None:
            assert verdict.vacuous == (not plays.tried >> n & 1)
        else:
            assert len(verdict.path) == plays.broken[name]
            turns = replayed(watch, graph, verdict.path)
            assert name in turns[-1]
            assert all(name not in turn for turn in turns[:-1])
    machine = watch.scenario.machine
    slots, speakers = wanted(machine)
    small = explore(machine, any_time=False, keep=slots, speakers=speakers)
    assert list(map(gist, decide(small))) == list(map(gist, decide(graph)))
    free = explore(machine, any_time=True, keep=slots, speakers=speakers)
    for verdict, freer in zip(decide(graph), decide(free), strict=True):
        assert freer.verdict == "violated" or verdict.verdict == "proved"


def followed(text: str, own: list[str], inner: list[str]) -> tuple[Watch, Plays]:
    """All plays of a scenario that can be used and is small enough."""
    outer = "".join(f"  p{n}: {promise}\n" for n, promise in enumerate(own))
    within = "".join(f"  q{n}: {promise}\n" for n, promise in enumerate(inner))
    try:
        watch = Watch(loaded(text, outer, within))
        return watch, Plays(watch)
    except (ScenarioError, TooLarge):
        assume(False)
        raise


def gist(verdict: Verdict) -> tuple[str, str, bool, int | None]:
    length = None if verdict.path is None else len(verdict.path)
    return verdict.promise.name, verdict.verdict, verdict.vacuous, length


# Bounds -----------------------------------------------------------------------------------------

ROUND = """\
context: {n: {type: int, min: 0, max: 5, initial: 0}}
states:
  here:
    choices:
      on: {to: there, do: n += 1}
      out: {to: done}
  there:
    choices:
      back: {to: here}
      up: {when: n < 5, do: n += 1}
  done: {type: final, outcome: done}
"""

UP = """\
context: {n: {type: int, min: 0, max: 9, initial: 0}}
states:
  climbing:
    choices: {up: {when: n < 9, do: n += 1}, jump: {when: n < 8, do: n += 2}, out: {to: done}}
  done: {type: final, outcome: done}
"""


def test_play_that_can_go_round_is_not_over_within_any_number_of_turns() -> None:
    verdict, graph = decided(ROUND, "ends_within: 40")
    assert verdict.verdict == "violated"
    assert verdict.path is not None
    assert len(verdict.path) == 40
    assert len(set(verdict.path.nodes(graph))) <= len(graph)
    assert "it is not over within 40 turns" in verdict.sentence


@pytest.mark.parametrize(("bound", "expected"), [(9, "violated"), (10, "proved"), (500, "proved")])
def test_the_longest_play_counts(bound: int, expected: str) -> None:
    verdict, _ = decided(UP, f"ends_within: {bound}")
    assert verdict.verdict == expected


def test_the_longest_play_after_something_counts() -> None:
    for bound, expected in ((5, "violated"), (6, "proved")):
        verdict, _ = decided(UP, f"ends_within: {bound}, after: n >= 4")
        assert verdict.verdict == expected


def test_counting_to_many_is_counting() -> None:
    for bound, expected in ((8, "violated"), (9, "proved")):
        verdict, graph = decided(UP, f"of: chosen(up), at_most: {bound}")
        assert verdict.verdict == expected
    assert way(decided(UP, "of: chosen(up), at_most: 8")[0], graph) == " ".join(["up"] * 9)


# Ways on ----------------------------------------------------------------------------------------

TRAP = """\
context: {key: {type: bool, initial: true}}
states:
  garden:
    choices:
      drop: {do: key = false}
      enter: {to: house}
  house:
    choices:
      look: {do: key = key}
      leave: {when: key, to: free}
  free: {type: final, outcome: free}
"""


def test_can_reach_holds_where_a_way_on_leads_there() -> None:
    verdict, graph = decided(TRAP, "always: can_reach(outcome(free))")
    assert verdict.verdict == "violated"
    assert way(verdict, graph) == "drop"
    assert decided(TRAP, "always: not key or can_reach(outcome(free))")[0].verdict == "proved"
    assert decided(TRAP, "never: at(free) and can_reach(at(house))")[0].verdict == "proved"


def test_can_reach_is_about_what_is_done_on_the_way_too() -> None:
    verdict, graph = decided(TRAP, "always: can_reach(chosen(leave))")
    assert (verdict.verdict, way(verdict, graph)) == ("violated", "drop")
    verdict, _ = decided(TRAP, "never: at(free) and can_reach(chosen(look))")
    assert verdict.verdict == "proved"
    verdict, graph = decided(TRAP, "never: chosen(drop) and can_reach(chosen(drop) and at(garden))")
    assert (verdict.verdict, way(verdict, graph)) == ("violated", "drop")


def test_can_reach_stands_in_every_pattern() -> None:
    promise = "must: not can_reach(outcome(free)), before: chosen(enter)"
    verdict, graph = decided(TRAP, promise)
    assert (verdict.verdict, way(verdict, graph)) == ("violated", "enter")
    promise = "whenever: not can_reach(at(free)), leads_to: at(house), within: 1"
    verdict, graph = decided(TRAP, promise)
    assert (verdict.verdict, way(verdict, graph)) == ("violated", "drop drop")


def test_can_reach_of_an_included_file_is_about_its_own_play(tmp_path: Folder) -> None:
    watch = included(tmp_path, "  a: {always: can_reach(outcome(agreed))}\n"
                     "  b: {always: can_reach(words == 3)}\n"
                     "  c: {never: can_reach(outcome(agreed) and words == 0) and words == 1}\n"
                     "  d: {never: words == 2 and can_reach(words == 1)}\n")  # fmt: skip
    verdicts = {each.promise.name: each for each in decide(whole(watch.scenario))}
    assert verdicts["session.a"].verdict == "proved"
    assert verdicts["session.b"].verdict == "violated"  # at its end, where nobody spoke
    assert verdicts["session.c"].verdict == "proved"
    assert verdicts["session.d"].verdict == "proved"  # another stay is another play


def test_an_expression_over_very_many_values_is_computed() -> None:
    wide = "type: int, min: 0, max: 9999, initial: 0"
    verdict, graph = decided(
        f"""\
context: {{a: {{{wide}}}, b: {{{wide}}}, c: {{{wide}}}}}
states:
  here: {{choices: {{one: {{do: a += 4000}}, other: {{do: b += 3000}}, out: {{to: done}}}}}}
  done: {{type: final, outcome: done}}
""",
        "never: chosen(one) and can_reach(at(done)) and a + b == 7000 + c",
    )
    assert (verdict.verdict, way(verdict, graph)) == ("violated", "other one")


# What is not whole ------------------------------------------------------------------------------


def cut(graph: Graph, expanded: int) -> Graph:
    """A graph as it would be where a limit was reached."""
    moves = int(graph.first[expanded])
    found = [*graph.target[:moves], *(root.node for root in graph.roots), expanded]
    size = int(max(found)) + 1
    first = graph.first[: size + 1].copy()
    first[expanded + 1 :] = moves
    levels = [level for level in graph.levels if level < size]
    return dataclasses.replace(
        graph, leaf=graph.leaf[:size], levels=np.array([*levels, size]), first=first,
        target=graph.target[:moves], label=graph.label[:moves], weight=graph.weight[:moves],
        drawing=graph.drawing[:size], urgent=graph.urgent[:size], expanded=expanded,
        stopped="configurations",
    )  # fmt: skip


def test_a_graph_that_is_not_whole_proves_nothing_and_disproves_what_it_can() -> None:
    graph = cut(whole(story(f"""{UP}properties:
  low: {{always: n <= 9}}
  lower: {{always: n < 2}}
  over: {{ends_within: 100}}
  out: {{always: can_reach(outcome(done))}}
  up: {{never: can_reach(n == 9)}}
  way: {{eventually: can_reach(n == 9)}}
""")), 3)  # fmt: skip
    verdicts = {each.promise.name: each for each in decide(graph)}
    assert verdicts["lower"].verdict == "violated"
    names = ("low", "over", "out", "up", "way")
    assert {verdicts[name].verdict for name in names} == {"inconclusive"}
    assert "the limit of configurations was reached" in verdicts["over"].sentence


def test_a_way_that_was_found_is_one_though_the_graph_is_not_whole() -> None:
    text = TRAP + "properties: {it: {never: can_reach(outcome(free))}}\n"
    graph = cut(whole(story(text)), 3)
    (verdict,) = decide(graph)
    assert verdict.verdict == "violated"


@given(st.integers(0, 30), scenarios(), st.lists(promises(), min_size=1, max_size=2))
def test_what_part_of_a_graph_says_the_whole_graph_says(
    expanded: int, text: str, own: list[str]
) -> None:
    lines = "".join(f"  p{n}: {promise}\n" for n, promise in enumerate(own))
    try:
        graph = whole(loaded(text, lines))
    except ScenarioError:
        assume(False)
    assume(expanded + 1 < len(graph))
    for part, all_ in zip(decide(cut(graph, expanded)), decide(graph), strict=True):
        assert part.verdict in ("inconclusive", "violated")
        if part.verdict == "violated":
            assert gist(all_) == gist(part)


# Sentences --------------------------------------------------------------------------------------


def test_a_verdict_says_what_goes_wrong_where_and_in_which_turn() -> None:
    verdict, _ = decided(UP, "never: chosen(up) and n >= 3, about: Nobody climbs high.")
    assert verdict.sentence == (
        "The promise 'it' is broken in turn 3, at 'climbing': chosen(up) and n >= 3 holds "
        "(n is 3). It says: Nobody climbs high."
    )


def test_a_promise_that_nothing_puts_to_the_test_is_proved_and_vacuous() -> None:
    verdict, _ = decided(UP, "never: n == 0, after: outcome(done) and n == 3 and at(climbing)")
    assert (verdict.verdict, verdict.vacuous) == ("proved", True)
    assert "no play ever puts it to the test" in verdict.sentence
    verdict, _ = decided(UP, "never: n == 4 and n == 5")
    assert (verdict.verdict, verdict.vacuous) == ("proved", False)


def test_the_end_of_a_turn_is_told_without_asking_what_was_chosen() -> None:
    body = f"{UP}properties:\n  it: {{ends_within: 1, before: chosen(out)}}\n"
    watch = Watch(story(body))
    graph = whole(watch.scenario)
    (verdict,) = decide(graph)
    assert verdict.path is not None
    assert replayed(watch, graph, verdict.path) == [[], ["it"]]
    assert "it is not over within one turn" in verdict.sentence


# What has to be kept ----------------------------------------------------------------------------


def test_only_what_a_promise_hangs_on_is_wanted() -> None:
    machine = story(
        """\
        context:
          score: {type: int, min: 0, max: 5, initial: 0}
          mood: {type: enum, values: [low, high], initial: low}
          length: {type: duration, values: [1d, 7d], initial: 1d}
          n: {type: int, min: 0, max: 5, initial: 0}
        guards: {fine: score >= 0 and score <= 5}
        states:
          here: {choices: {go: {to: there, do: [score += 1, n += 1], say: {other: Oh.}}}}
          there: {choices: {on: {to: end}}}
          end: {type: final, outcome: done}
        properties:
          a: {always: fine}
          b: {always: length >= 1d and length < 8d}
          c: {always: 'mood in ("low", "high")'}
          d: {never: at(there) and n > 3}
          e: {never: said(other) and outcome(done)}
        """
    ).machine
    slots, speakers = wanted(machine)
    assert {machine.slots[slot].symbol for slot in slots} == {("var", "n")}
    assert speakers == {"other"}
    assert {name for name, slots in wanted_at(machine).items() if slots} == {"there"}


# The pages of the findings ----------------------------------------------------------------------


@pytest.mark.parametrize(("code", "expected"), [("HL001", "violated"), ("HL003", "proved")])
def test_the_examples_of_a_page_are_what_it_says(
    code: str, expected: str, tmp_path: Folder
) -> None:
    (bad,) = decide(whole(heartline.load(example(code, "bad", tmp_path))))
    assert (bad.verdict, bad.vacuous) == (expected, code == "HL003")
    (good,) = decide(whole(heartline.load(example(code, "good", tmp_path))))
    assert (good.verdict, good.vacuous) == ("proved", False)
