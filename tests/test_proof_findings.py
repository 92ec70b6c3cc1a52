"""What a graph shows without being asked: each kind of finding, where it is made and where not.

The pages of HL010 to HL043 have a bad and a good scenario each, which test_diagnostics_pages
proves. Here is what lies between: seats, weights, what follows from what, graphs that are not
whole, and scenarios made up at random beside the runtime's own graph, walked in plain Python.
"""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import HEAD, bundled, story
from heartline import RunawayError, load
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.flow import Flow
from heartline.checking.proving import smells
from heartline.checking.proving.facts import listed
from heartline.checking.proving.findings import find, unsaid
from heartline.diagnostics import Diagnostic, Location, Severity
from slowgraph import slow_graph

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.findings import Finding

SMALL = 2_000  # configurations of a graph that is built one by one


def found(body: str, **options: Any) -> tuple[Finding, ...]:
    machine = story(body).machine
    return find(explore(machine, keep=smells.wanted(machine), **options))


def told(findings: Iterable[Finding]) -> list[tuple[str, str]]:
    """Code and name of each finding."""
    return [(each.diagnostic.code, each.name) for each in findings]


def one(findings: tuple[Finding, ...], code: str) -> Finding:
    (finding,) = [each for each in findings if each.diagnostic.code == code]
    return finding


def way(finding: Finding, graph: Graph) -> list[str]:
    """What is done on the way to a finding."""
    assert finding.path is not None
    return [label.id for label in finding.path.labels(graph)[1:]]


# Dead ends and circles ----------------------------------------------------------------------------


def test_what_goes_round_at_the_beginning_is_told_and_has_no_way_there() -> None:
    findings = found("""
    context:
      n: {type: int, min: 0, max: 4, initial: 1}
    states:
      s0:
        always:
          - {when: n < 3, to: s0}
        choices:
          go: {to: end}
      end: {type: final, outcome: done}
    """)
    loop = one(findings, "HL013")
    assert loop.path is None


def test_a_dead_end_is_told_once_for_a_state_with_the_shortest_way_there() -> None:
    graph = explore(
        story("""
        context:
          n: {type: int, min: 0, max: 3, initial: 0}
        timers: {rest: 1d}
        states:
          a:
            choices:
              add: {when: n < 3, do: n += 1}
              go: {when: n >= 1, to: b}
              end: {to: done}
          b:
            choices: {back: {when: n == 0, to: a}, over: {when: n > 3, to: done}}
            after: {rest: a}
          done: {type: final, outcome: done}
        """).machine
    )
    findings = find(graph)
    dead = one(findings, "HL010")
    assert dead.name == "b"
    assert way(dead, graph) == ["add", "go"]
    assert dead.diagnostic.severity is Severity.ERROR
    assert "'back' and 'over'" in (dead.diagnostic.hint or "")
    # What follows from it is not told beside it: no play stays where it ends by itself.
    assert not [each for each in findings if each.diagnostic.code == "HL011"]


def test_where_an_event_can_still_come_it_is_no_dead_end() -> None:
    assert not found("""
        states:
          a:
            choices: {go: {to: b}}
          b:
            events: {called: done}
          done: {type: final, outcome: done}
        """)


def test_a_circle_of_states_without_a_way_out_is_one_finding() -> None:
    graph = explore(
        story("""
        context: {shut: {type: bool, initial: false}}
        states:
          a: {choices: {shut_it: {do: shut = true}, on: {to: b}, out: {when: not shut, to: done}}}
          b: {choices: {on: {to: c}}}
          c: {choices: {on: {to: a}, out: {when: not shut, to: done}}}
          done: {type: final, outcome: done}
        """).machine
    )
    (circle,) = find(graph)
    assert told([circle]) == [("HL011", "a")]
    assert way(circle, graph) == ["shut_it"]
    assert "'a', 'b' and 'c'" in circle.diagnostic.message
    assert len(circle.places) == 3


def test_two_circles_are_two_findings() -> None:
    findings = found("""
        context: {shut: {type: bool, initial: false}}
        states:
          a: {choices: {left: {to: b}, right: {to: c}, out: {to: done}}}
          b: {choices: {look: {do: shut = true}, out: {when: not shut, to: done}}}
          c: {choices: {look: {do: shut = true}, out: {when: not shut, to: done}}}
          done: {type: final, outcome: done}
        """)
    assert told(each for each in findings if each.path) == [("HL011", "b"), ("HL011", "c")]


def test_a_circle_of_draws_that_chance_ends_is_a_note() -> None:
    findings = found("""
        states:
          a: {choices: {go: {to: b}}}
          b:
            choices:
              again: {by: other, weight: 3}
              stop: {by: other, to: done}
          done: {type: final, outcome: done}
        """)
    assert told(findings) == [("HL012", "b")]
    assert findings[0].diagnostic.severity is Severity.NOTE


def test_timers_that_run_out_at_once_can_go_round_for_ever() -> None:
    findings = found("""
        timers: {rest: 0s}
        context: {on: {type: bool, initial: false}}
        states:
          a:
            choices: {go: {do: [on = true, start(rest)]}, out: {to: done}}
            after: {rest: {when: on, do: start(rest)}}
          done: {type: final, outcome: done}
        """)
    circle = one(findings, "HL012")
    assert "timers run out in 'a' again and again" in circle.diagnostic.message
    assert ("HL011", "a") not in told(findings)


def test_a_circle_of_always_is_told_once_for_its_first_transition() -> None:
    findings = found("""
        context: {x: {type: bool, initial: false}, y: {type: bool, initial: false}}
        states:
          a: {choices: {go: {do: x = true}, out: {to: done}}, always: {when: x, to: b}}
          b: {choices: {on: {do: y = true}, leave: {do: y = true}}, always: {when: y, to: a}}
          done: {type: final, outcome: done}
        """)
    assert [code for code, _ in told(findings) if code != "HL043"] == ["HL013"]


# What never happens -------------------------------------------------------------------------------

LOST = """
    context: {n: {type: int, min: 0, max: 3, initial: 0}}
    guards: {much: n == 3}
    states:
      a:
        choices:
          add: {when: n < 2, do: n += 1}
          go: {when: n == 3, to: b}
          leave: {to: done}
      b:
        initial: c
        choices: {back: {to: a}}
        states:
          c: {choices: {on: {to: d}}}
          d: {choices: {out: {when: much, to: lost}}}
      lost: {type: final, outcome: lost}
      done: {type: final, outcome: done}
    """


def test_of_lost_states_the_first_is_told_with_what_is_lost_behind_it() -> None:
    (lost,) = found(LOST)
    assert told([lost]) == [("HL014", "b")]
    assert "with it the outcome 'lost' never comes" in lost.diagnostic.message
    assert "the choice 'go' on line 15" in (lost.diagnostic.hint or "")


def test_on_a_graph_that_is_not_whole_nothing_is_impossible() -> None:
    assert not found(LOST, limits=Limits(configurations=3))


def test_of_a_slice_only_what_is_certain_is_told() -> None:
    machine = story(LOST).machine
    n = machine.layout["var", "n"]
    assert told(find(explore(machine, only=frozenset((n,))))) == [("HL014", "b")]
    assert not find(explore(machine, only=frozenset()))
    assert [code for code, _ in told(find(explore(story(LATE).machine, only=frozenset())))] == [
        "HL026"
    ]


def test_what_was_seen_is_told_of_a_graph_that_is_not_whole() -> None:
    findings = found(
        """
        timers: {rest: 1d}
        context: {n: {type: int, min: 0, max: 90, initial: 0}}
        states:
          a: {choices: {go: {to: b}, add: {when: n < 90, do: n += 1}, never: {when: n > 90}}}
          b: {after: {rest: a}}
          done: {type: final, outcome: done}
        """,
        limits=Limits(configurations=20),
    )
    assert [code for code, _ in told(findings)] == ["HL010"]


def test_a_state_that_is_only_passed_through_is_reached() -> None:
    assert not found("""
        states:
          a: {choices: {go: {to: b}}}
          b: {always: {to: done}}
          done: {type: final, outcome: done}
        """)


FOR_PERSONS = """
    context: {n: {type: int, min: 0, max: 3, initial: 0}}
    states:
      a:
        choices:
          say: {to: b}
      b:
        choices:
          scream: {by: other, weight: 0, do: n = 3, to: c}
          answer: {by: other, to: c}
      c:
        choices:
          much: {when: n == 3, to: lost}
          end: {to: done}
      lost: {type: final, outcome: lost}
      done: {type: final, outcome: done}
    """


def test_what_only_a_person_in_the_seat_could_do_is_a_note_at_most() -> None:
    findings = found(FOR_PERSONS)
    assert told(findings) == [("HL015", "lost")]
    assert findings[0].diagnostic.severity is Severity.NOTE
    assert "while the engine plays its roles" in findings[0].diagnostic.message
    assert not found(FOR_PERSONS, persons=("other",))


def test_a_weight_that_is_always_0_when_it_counts_makes_a_choice_impossible() -> None:
    findings = found("""
        context: {n: {type: int, min: 0, max: 1, initial: 0}}
        states:
          a:
            choices:
              add: {when: n == 0, do: n = 1}
              scream: {by: other, weight: n, when: n == 0}
              end: {to: done}
          done: {type: final, outcome: done}
        """)
    assert told(findings) == [("HL016", "scream"), ("HL025", "a")]
    assert "can never be drawn" in findings[0].diagnostic.message
    assert findings[0].diagnostic.severity is Severity.WARNING


def test_a_choice_of_several_states_is_possible_if_it_is_in_one() -> None:
    assert not found("""
        initial: a
        context: {n: {type: int, min: 0, max: 1, initial: 0}}
        states:
          a: {choices: {on: {do: n = 1, to: b}}}
          b: {choices: {back: {do: n = 0, to: a}}}
          done: {type: final, outcome: done}
        choices:
          end: {when: n == 1, to: done}
        """)


def test_a_guard_that_never_holds_is_told_and_not_what_it_closes() -> None:
    findings = found("""
        context: {n: {type: int, min: 0, max: 3, initial: 0}}
        guards: {much: n == 3}
        states:
          a:
            choices:
              add: {when: n < 2, do: n += 1}
              one: {when: much}
              two: {branches: [{when: much and n > 1, do: n = 0}, {to: done}]}
          done: {type: final, outcome: done}
        """)
    assert told(findings) == [("HL020", "much")]


def test_of_a_guard_that_lines_ask_too_nothing_is_told() -> None:
    findings = found("""
        context: {n: {type: int, min: 0, max: 3, initial: 0}}
        guards: {much: n == 3}
        states:
          a:
            choices:
              add: {when: n < 2, do: n += 1}
              one: {when: much, say: [{you: Hm., when: much}]}
              two: {to: done}
          done: {type: final, outcome: done}
        """)
    assert told(findings) == [("HL016", "one")]


def test_what_a_later_branch_says_in_its_guard_is_no_finding() -> None:
    assert not found("""
        context: {n: {type: int, min: 0, max: 1, initial: 0}}
        states:
          a:
            choices:
              add: {when: n == 0, do: n = 1}
              go: {branches: [{when: n == 0, to: b}, {when: n == 1, to: done}]}
          b: {type: final, outcome: b}
          done: {type: final, outcome: done}
        """)


def test_the_guards_of_the_engines_choices_are_seen_where_they_do_not_hold() -> None:
    assert not found("""
        context: {n: {type: int, min: 0, max: 1, initial: 0}}
        guards: {fresh: n == 0}
        states:
          a:
            choices:
              tell: {by: other, when: fresh, do: n = 1}
              end: {to: done}
          done: {type: final, outcome: done}
        """)


def test_an_inner_choice_before_an_outer_one_is_not_ambiguous() -> None:
    assert not found(
        """
        context: {n: {type: int, min: 0, max: 1, initial: 0}}
        states:
          out:
            choices:
              add: {when: n == 0, do: n = 1}
              go: {when: n >= 0 and n < 2, to: done}
            states:
              a:
                choices: {go: {when: n == 1, to: other}}
          other: {type: final, outcome: other}
          done: {type: final, outcome: done}
        """,
        any_time=False,
    )[1:]


def test_a_variable_that_does_not_count_may_be_set_to_what_it_is() -> None:
    assert not found("""
        context: {n: {type: int, min: 0, max: 3, initial: 0}}
        states:
          a: {choices: {go: {do: n = 0, to: b}, on: {do: n = 1, to: b}}}
          b: {choices: {again: {when: n == 1, to: a}, end: {to: done}}}
          done: {type: final, outcome: done}
        """)


# Waiting ------------------------------------------------------------------------------------------

LATE = """
    timers: {rest: 2d, long: 5d}
    states:
      a:
        entry: {do: [start(rest), start(long)]}
        choices: {early: {to: in_time}, other: {to: b}}
        after: {rest: {to: b}}
      b:
        choices: {go: {to: in_time}}
        after: {long: late}
      in_time: {type: final, outcome: in_time}
      late: {type: final, outcome: late}
    """


def test_an_end_that_only_waiting_leads_to_is_told_with_the_way_there() -> None:
    graph = explore(story(LATE).machine)
    findings = find(graph)
    waited = one(findings, "HL026")
    assert waited.name == "late"
    assert way(waited, graph)[-1] == "long"


def test_a_race_is_told_for_its_timer_and_place() -> None:
    graph = explore(story(LATE).machine)
    race = one(find(graph), "HL027")
    assert race.name == "long"
    assert "in 'b' it matters" in race.diagnostic.message
    assert "may miss 'in_time'" in race.diagnostic.message
    assert way(race, graph)[-1] == "long"


# Smells -------------------------------------------------------------------------------------------


def quiz(*states: str, high: int = 3) -> tuple[Finding, ...]:
    body = f"""
context:
  score: {{type: int, min: 0, max: {high}, initial: 0, title: Score}}
states:
"""
    for number, state in enumerate(states):
        to = f"q{number + 1}" if number + 1 < len(states) else "done"
        body += f"  q{number}:\n    choices:\n"
        for place, (name, text) in enumerate(pair.split(":") for pair in state.split(",")):
            gain = ", do: score += 1" if name == "good" else ""
            body += f"      {name}{place}: {{say: {text}{gain}, to: {to}}}\n"
    return found(body + "  done: {type: final, outcome: done}\n")


@pytest.mark.parametrize(
    ("states", "codes"),
    [
        (("good:a,bad:bb", "good:aa,bad:b", "good:a,bad:bb"), [("HL040", "first")]),
        (("bad:bb,good:a", "bad:b,good:aa", "bad:b,good:a"), [("HL040", "last")]),
        (("good:aa,bad:b", "bad:b,good:aa", "bad:b,good:aaa"), [("HL041", "longest")]),
        (("good:aa,bad:b", "bad:b,good:aa", "bad:bb,good:a"), []),
        (("good:aa,bad:b", "bad:b,good:aa", "bad:bb,good:bb"), []),
    ],
)
def test_the_best_choice_must_not_be_told_by_its_place_or_length(
    states: tuple[str, ...], codes: list[tuple[str, str]]
) -> None:
    assert told(quiz(*states)) == codes


def test_two_states_are_too_few_to_tell() -> None:
    assert not quiz("good:a,bad:bb", "good:aa,bad:b", high=2)


def test_scores_that_no_play_reaches_are_listed() -> None:
    (score,) = quiz("good:a,bad:bb", "good:aa,bad:b", high=4)
    assert "no play ends with 'score' at 3 or 4" in score.diagnostic.message


def test_without_the_score_being_kept_nothing_is_said_of_it() -> None:
    machine = story("""
        context: {score: {type: int, min: 0, max: 9, initial: 0, title: Score}}
        states:
          a: {choices: {go: {do: score += 1, to: done}}}
          done: {type: final, outcome: done}
        """).machine
    assert not find(explore(machine))
    assert told(find(explore(machine, keep=smells.wanted(machine)))) == [("HL042", "score")]
    assert told(find(explore(machine, keep=smells.wanted_at(machine)))) == [("HL042", "score")]
    assert not smells.wanted(story("states: {a: {choices: {go: {}}}}").machine)


def test_choices_that_differ_somewhere_make_a_difference() -> None:
    body = """
        context: {n: {type: bool, initial: false}}
        states:
          a:
            choices: {one: {do: n = true, to: b}, two: {to: b}, three: {do: n = true, to: b}}
          b:
            choices: {go: {when: n, to: done}, back: {to: a}}
          done: {type: final, outcome: done}
        """
    (same,) = found(body)
    assert told([same]) == [("HL043", "one")]
    assert "'one' and 'three'" in same.diagnostic.message


# What lint has said -------------------------------------------------------------------------------


def test_what_lint_has_said_is_not_said_again() -> None:
    place = Location("x.yaml", 3, 1)
    (lost,) = found(LOST)
    hl501 = Diagnostic("HL501", Severity.WARNING, "", lost.diagnostic.location)
    elsewhere = Diagnostic("HL501", Severity.WARNING, "", place)
    other = Diagnostic("HL505", Severity.WARNING, "", lost.diagnostic.location)
    assert unsaid([lost], [elsewhere, other]) == (lost,)
    assert unsaid([lost], [hl501]) == ()


def test_names_in_a_row_are_few() -> None:
    assert listed(["a"]) == "'a'"
    assert listed("abc") == "'a', 'b' and 'c'"
    assert listed("abcdefg") == "'a', 'b', 'c', 'd', 'e' and 2 more"


# Beside the runtime's own graph -------------------------------------------------------------------


class Walked:
    """A slow graph, walked node by node."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        leaves = graph.machine.leaves
        self.onward = {n: [to for _, to, _ in graph.moves(n)] for n in range(len(graph))}
        self.state = {n: graph.leaves[int(graph.leaf[n])] for n in self.onward}
        self.over = {n for n in self.onward if leaves[self.state[n]].final}
        self.stuck = {n for n in self.onward if not self.onward[n] and n not in self.over}
        self.taken = {id(way.edge) for label in graph.labels for way in label.ways}
        self.passed = {
            name for label in graph.labels for way in label.ways for name in (way.source, way.dest)
        }
        self.passed |= set(self.state.values())

    def leads_to(self, goals: set[int]) -> set[int]:
        found = set(goals)
        while True:
            more = {n for n, to in self.onward.items() if n not in found and found & {*to}}
            if not more:
                return found
            found |= more

    def at_once(self) -> set[int]:
        """Where one comes without waiting."""
        found, waiting = set[int](), [root.node for root in self.graph.roots]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += [to for label, to, _ in self.graph.moves(node) if label.kind != "wait"]
        return found


@pytest.mark.slow
@given(scenarios(), st.sampled_from([(), ("other",)]))
def test_findings_are_what_a_plain_walk_finds(text: str, seats: tuple[str, ...]) -> None:
    machine = made_of(text).machine
    graph = explore(machine, persons=seats, any_time=False, limits=Limits(configurations=SMALL))
    assume(graph.is_whole and not graph.notes.loops and not graph.urgent.any())
    try:
        walked = Walked(slow_graph(machine, persons=seats, most=4 * SMALL))
    except (RunawayError, RecursionError):
        assume(False)
    findings = find(graph)
    by_code: dict[str, set[str]] = {}
    for code, name in told(findings):
        by_code.setdefault(code, set()).add(name)
    # Dead ends, and what leads to no end at all.
    assert by_code.get("HL010", set()) == {walked.state[n] for n in walked.stuck}
    doomed = set(walked.onward) - walked.leads_to(walked.over | walked.stuck)
    errors = {
        each.diagnostic.code for each in findings if each.diagnostic.severity is Severity.ERROR
    }
    assert bool(doomed) == bool(errors & {"HL011", "HL012"})
    # Nothing that is called impossible happens.
    lost = Flow(machine).reached - walked.passed
    for finding in findings:
        code, place = finding.diagnostic.code, finding.diagnostic.location
        if code in ("HL014", "HL015"):
            inside = {n for n in machine.leaves if finding.name in (*machine.leaves[n].path, n)}
            inside |= {n for n in machine.leaves if machine.leaves[n].outcome == finding.name}
            assert not inside & walked.passed
        elif code in ("HL016", "HL017", "HL018", "HL019"):
            edges = [edge for edge in machine.edges if edge.location in finding.places]
            assert not walked.taken & {id(edge) for edge in edges if edge.location == place}
    # Where there is something, something is told.
    assert bool(lost) == bool(by_code.keys() & {"HL014", "HL015"})
    reported = {place for each in findings for place in each.places}
    named = {each.name for each in findings if each.diagnostic.code == "HL020"}
    for wiring in machine.wirings:
        edge = wiring.edge
        if (
            wiring.source in walked.passed
            and id(edge) not in walked.taken
            and (wiring.dest or wiring.source) not in lost
            and edge.location not in reported
        ):
            drawn = edge.role is not None and machine.roles[edge.role].engine
            assert named or (drawn and edge.role not in seats), edge
    # Who never waits.
    ends = {
        outcome: {n for n in walked.over if (machine.leaves[walked.state[n]].outcome) == outcome}
        for outcome in {machine.leaves[walked.state[n]].outcome for n in walked.over}
    }
    waits = any(label.kind == "wait" for label in graph.labels)
    only = {name for name, nodes in ends.items() if not nodes & walked.at_once()}
    assert by_code.get("HL026", set()) == (only if waits else set())


# Bundled scenarios --------------------------------------------------------------------------------


def test_breaking_bad_news_shows_nothing_wrong_as_far_as_one_looks() -> None:
    machine = bundled("breaking_bad_news").machine
    graph = explore(machine, any_time=False, limits=Limits(configurations=100_000))
    findings = find(graph)
    assert {each.diagnostic.severity for each in findings} <= {Severity.NOTE}


@pytest.mark.slow
def test_breaking_bad_news_shows_nothing_wrong() -> None:
    graph = explore(bundled("breaking_bad_news").machine)
    assert graph.is_whole
    assert {each.diagnostic.severity for each in find(graph)} == {Severity.NOTE}


def test_what_happens_in_one_stay_in_an_included_file_is_possible(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        HEAD.replace("id: story", "id: inner")
        + dedent("""
            context: {warm: {type: bool, initial: false, input: true}}
            states:
              room:
                choices:
                  thank: {when: warm, to: glad}
                  stay: {when: warm, say: I like it here.}
                  go: {to: gone}
              glad: {type: final, outcome: glad}
              gone: {type: final, outcome: gone}
            """)
    )
    outer = """
        states:
          first: {include: inner.yaml, with: {warm: "true"}, done: {glad: end, gone: second}}
          second: {include: inner.yaml, with: {warm: "false"}, done: {glad: end, gone: end}}
          end: {type: final, outcome: end}
        """
    path = tmp_path / "scenario.yaml"
    path.write_text(HEAD + dedent(outer))
    assert not find(explore(load(path).machine))
    path.write_text(HEAD + dedent(outer).replace('"true"', '"false"'))
    assert told(find(explore(load(path).machine))) == [
        ("HL016", "stay"), ("HL014", "first.glad"),
    ]  # fmt: skip
