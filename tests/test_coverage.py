"""What tests cover: each kind counted by hand on small scenarios."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import heartline
from counted import ASKING, HEAD, ROUND, Play, folder
from generated import made_of, scenarios
from heartline import Choose, Conversation, HeartlineError, ManualClock, Tick, runtime
from heartline.expressions import BOOL, Declaration, Scope, parse_expression
from heartline.machine import Machine
from heartline.runtime import Step
from heartline.testing.coverage.decisions import read_decision
from heartline.testing.coverage.recorder import Recorder, record
from heartline.testing.coverage.results import CoverageLost, gather
from heartline.testing.coverage.table import as_text
from heartline.testing.suite.session import Options, run_files
from test_walks import walk as random_walk

__all__ = ["folder"]


# What is counted -----------------------------------------------------------------------------


def test_each_kind_is_counted_as_by_hand() -> None:
    play = Play(ASKING).choose("ask", draws=("nod",))
    totals = {kind: (each.covered, each.total) for kind, each in play.coverage.totals().items()}
    assert totals == {
        "states": (2, 4),
        "transitions": (2, 4),
        "pairs": (1, 4),  # ask-nod; not ask-go, nod-ask, nod-leave
        "choices": (1, 2),
        "guards": (1, 2),
        "clauses": (0, 0),
        "timers": (0, 0),
        "lines": (1, 3),
        "draws": (1, 2),
        "outcomes": (0, 2),
    }
    play.choose("ask", draws=("nod",)).choose("leave")
    play.start().choose("ask", draws=("go",))
    assert all(each.percent == 100 for each in play.coverage.totals().values())


def test_what_is_missing_is_a_sentence_with_its_place() -> None:
    play = Play(ASKING).choose("ask", draws=("nod",))
    assert play.missing("states") == ["the state 'apart' is not entered",
                                      "the state 'over' is not entered"]  # fmt: skip
    assert play.missing("transitions") == [
        "choice leave in asking → over is not taken",
        "choice go in answer → apart is not taken",
    ]
    assert play.missing("guards") == ["the condition asked >= 2 of choice leave is not seen true"]
    assert play.missing("draws") == ["the choice 'go' is not drawn"]
    assert play.missing("lines") == ["“I'm off.” is not said", "“All right.” is not said"]
    place = play.coverage.missing("draws")[0].location
    assert str(place) == "scenario.yaml:19:7"


def test_a_shown_choice_has_its_guard_seen_though_nobody_takes_it() -> None:
    play = Play(ASKING)
    assert play.missing("guards") == ["the condition asked >= 2 of choice leave is not seen true"]
    play.choose("ask", draws=("nod",)).choose("ask", draws=("nod",))
    assert play.missing("guards") == []


def test_the_guards_of_always_are_seen_as_the_engine_asks_them() -> None:
    play = Play("""
cast: {you: {name: You}}
context: {steps: {type: int, min: 0, max: 9, initial: 0}}
states:
  here: {choices: {go: {do: steps = 5, to: there}}}
  there:
    always:
      - {when: steps >= 5, do: steps = 0, to: here}
      - {when: steps >= 9, to: here}
""")
    play.choose("go")
    assert play.missing("guards") == [
        "the condition steps >= 5 of always is not seen false",
        "the condition steps >= 9 of always is not seen true",  # the first was taken
        "the condition steps >= 9 of always is not seen false",
    ]


def test_a_refused_event_has_asked_its_guard() -> None:
    play = Play("""
cast: {you: {name: You}}
context: {late: {type: bool, initial: false}}
states:
  here:
    events: {call: {when: late, to: over}}
    choices: {wait: {do: late = true}}
  over: {type: final, outcome: over}
""")
    assert play.total("guards") == (0, 2)  # nobody is shown an event
    with pytest.raises(heartline.UnknownEvent):
        play.send("call")
    assert play.missing("guards") == ["the condition late of event call is not seen true"]
    play.choose("wait").send("call")
    assert play.total("guards") == (2, 2)


def test_a_choice_that_is_used_up_is_closed_before_its_guard_is_asked() -> None:
    play = Play("""
cast: {you: {name: You}}
context: {open: {type: bool, initial: true}}
states:
  here:
    choices:
      say_it: {once: true, when: open, do: open = false}
      stay: {}
""")
    play.choose("say_it")
    assert play.missing("guards") == ["the condition open of choice say_it is not seen false"]
    assert "not right after itself" not in play.missing("pairs")
    assert play.total("pairs") == (0, 3)  # say_it-stay, stay-say_it, stay-stay


def test_choices_of_persons_and_draws_of_the_engine_are_apart() -> None:
    play = Play("""
cast:
  you: {name: You}
  guest: {name: Ada, played_by: engine}
states:
  asked:
    choices:
      tea: {by: guest, to: alone}
      coffee: {by: guest, to: alone}
  alone:
    choices:
      thank: {by: guest, to: over}
  over: {type: final, outcome: over}
""")
    assert play.total("choices") == (0, 0)
    assert play.total("draws") == (1, 2)  # thanking has no rival
    assert play.total("transitions") == (2, 3)


def test_a_seat_that_a_person_takes_is_no_draw() -> None:
    play = Play(ASKING)
    step = runtime.start(play.machine, now=play.now, persons=["partner"])
    play._note(step).choose("ask", "nod")
    assert play.total("draws") == (0, 2)
    assert play.total("choices") == (1, 2)


def test_each_text_of_a_line_counts_by_itself() -> None:
    text = """
cast: {you: {name: You}}
context: {loud: {type: bool, initial: false, input: true}}
states:
  here:
    choices:
      call:
        say:
          - you: [Hello?, Anybody?, Hm.]
          - {you: LOUD., when: loud}
          - {you: Again., visit: later}
"""
    play = Play(text)
    assert play.total("lines") == (0, 5)
    play.choose("call")
    assert play.total("lines") == (1, 5)
    play.choose(*["call"] * 30)
    assert play.missing("lines") == ["“LOUD.” is not said"]
    assert play.missing("guards") == ["the condition loud of a line of you is not seen true"]
    assert play.start(loud=True).choose("call").missing("lines") == []


def test_outcomes_count_once_for_all_ends_that_have_them() -> None:
    play = Play("""
cast: {you: {name: You}}
states:
  here: {choices: {left: {to: one}, right: {to: other}, on: {to: third}}}
  one: {type: final, outcome: apart}
  other: {type: final, outcome: apart}
  third: {type: final, outcome: together}
""").choose("right")
    assert play.total("outcomes") == (1, 2)
    assert play.missing("outcomes") == ["the outcome 'together' is not come to"]


# Pairs ---------------------------------------------------------------------------------------


def test_pairs_follow_one_another_through_all_that_one_play_does() -> None:
    play = Play(ROUND)
    assert play.total("pairs") == (0, 5)  # in-back, in-sit, back-in, sit-back, sit-sit
    play.choose("in", "sit", "sit", "back")
    assert play.missing("pairs") == [
        "choice in in hall → room is not taken right after choice back in room → hall (line 9)",
        "choice back in room → hall is not taken right after choice in in hall → room (line 8)",
    ]


def test_what_was_taken_back_is_before_nothing() -> None:
    play = Play(ROUND).choose("in")
    inside = play.step
    play.choose("sit").back_to(inside).choose("back")
    assert play.total("pairs") == (2, 5)  # in-sit and in-back, not sit-back


def test_a_new_play_does_not_go_on_from_the_last() -> None:
    play = Play(ROUND).choose("in").start().choose("in")
    assert play.total("pairs") == (0, 5)


def test_too_many_pairs_are_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.testing.coverage.points.MOST_PAIRS", 4)
    play = Play(ROUND).choose("in", "sit", "sit", "back")
    assert play.total("pairs") == (0, 0)
    assert play.total("transitions") == (3, 3)
    assert "pairs of transitions, so none are counted." in as_text(play.coverage)


# What cannot happen --------------------------------------------------------------------------


def test_what_the_machine_shows_to_be_impossible_is_no_point() -> None:
    play = Play("""
cast: {you: {name: You}}
context: {on: {type: bool, initial: true}}
states:
  here:
    choices:
      go:
        branches:
          - {when: "false", to: nowhere}
          - {when: "true", to: there}
          - {when: on, to: elsewhere}
  there:
    always: over
    choices: {wait: {to: elsewhere}}
  elsewhere: {entry: {say: Nobody hears this.}}
  nowhere: {}
  over: {type: final, outcome: over}
""").choose("go")
    totals = play.coverage.totals()
    assert all(each.percent == 100 for each in totals.values()), play.coverage.lines()
    assert totals["states"].total == 3
    assert totals["transitions"].total == 2
    assert totals["guards"].total == 0


def test_a_guard_that_nothing_asks_is_no_point() -> None:
    play = Play("""
cast: {you: {name: You}}
context: {heard: {type: int, min: 0, max: 3, initial: 0}}
guards: {unused: heard >= 1, used: heard >= 2}
states: {here: {choices: {go: {when: used}}}}
""")
    assert play.missing("guards") == [
        "the guard used is not seen true",
        "the condition used of choice go is not seen true",
    ]


# Clauses -------------------------------------------------------------------------------------

NAMES = "abcdef"
VARIABLES = {name: Declaration(name, BOOL) for name in NAMES}


def decision(text: str):
    parsed = parse_expression(text, Scope(variables=VARIABLES), BOOL)
    assert parsed.tree is not None, parsed.problems
    return read_decision(parsed.tree)


@pytest.mark.parametrize(
    ("text", "values", "deciding"),
    [
        ("a and b", "tt", {0, 1}),
        ("a and b", "tf", {1}),
        ("a and b", "ff", set()),  # each masks the other
        ("a or b", "ff", {0, 1}),
        ("a or b", "tf", {0}),
        ("a or b", "tt", set()),
        ("not (a or b)", "ft", {1}),
        ("a and (b or c)", "tff", {1, 2}),
        ("a and (b or c)", "fff", set()),
        ("a and (b or c)", "ttf", {0, 1}),
        ("b if a else c", "ftt", set()),  # then, test, otherwise
    ],
)
def test_a_clause_decides_where_the_others_do_not_mask_it(
    text: str, values: str, deciding: set[int]
) -> None:
    if text == "b if a else c":  # then=f, test=t, otherwise=t: the test decides, and so does then
        deciding = {0, 1}
    held = [each == "t" for each in values]
    assert {number for number, _, _ in decision(text).decides(held)} == deciding


def formulas(dice: random.Random, names: list[str], depth: int) -> str:
    if depth == 0 or len(names) == 1 or dice.random() < 0.15:
        return names[0]
    shape = dice.choice(["and", "or", "not", "if"])
    if shape == "not":
        return f"not ({formulas(dice, names, depth - 1)})"
    if shape == "if" and len(names) >= 3:
        then, test, other = (
            formulas(dice, part, depth - 1) for part in (names[:1], names[1:2], names[2:])
        )
        return f"(({then}) if ({test}) else ({other}))"
    at = dice.randrange(1, len(names))
    one = formulas(dice, names[:at], depth - 1)
    other = formulas(dice, names[at:], depth - 1)
    return f"({one}) {'or' if shape == 'or' else 'and'} ({other})"


def test_deciding_is_what_changing_one_clause_alone_changes() -> None:
    dice = random.Random(3)
    for _ in range(150):
        each = decision(formulas(dice, list(NAMES), 4))
        for values in itertools.product((False, True), repeat=len(each.clauses)):
            held, outcome = list(values), each.value(values)
            flipped = set()
            for number in range(len(held)):
                held[number] = not held[number]
                if each.value(held) != outcome:
                    flipped.add((number, values[number] == outcome, values[number]))
                held[number] = not held[number]
            assert set(each.decides(values)) == flipped
            assert flipped <= each.deciding


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("a and true", {0}),
        ("a and false", set()),
        ("a or (a and b)", {0}),  # b never decides, and the second a only while it is false
        ("a or not a", set()),
        ("(a and b) or (a and c)", {0, 1, 2, 3}),
        ("(a and b) or (not a and b)", {1, 3}),
    ],
)
def test_clauses_that_can_never_decide_are_left_out(text: str, possible: set[int]) -> None:
    assert {number for number, _, _ in decision(text).deciding} == possible


def test_the_test_of_a_conditional_can_decide_either_way_round() -> None:
    both = {each for each in decision("a if b else c").deciding if each[0] == 1}
    assert both == {(1, way, value) for way in (True, False) for value in (True, False)}
    assert {each[:2] for each in decision("true if b else c").deciding} == {(0, True), (1, True)}


def test_a_large_condition_takes_no_time_to_read() -> None:
    names = "abcdefghijkl"
    variables = {name: Declaration(name, BOOL) for name in names}
    wide = " and ".join(f"({' or '.join(names)})" for _ in range(7))
    tree = parse_expression(wide, Scope(variables=variables), BOOL).tree
    assert tree is not None
    assert len(read_decision(tree).deciding) == 2 * 7 * 12  # too many to ask which can be


TRUST = """
cast: {you: {name: You}}
context:
  heard: {type: bool, initial: false, input: true}
  calm: {type: bool, initial: false, input: true}
  tired: {type: bool, initial: false, input: true}
guards:
  ready: heard and calm
states:
  talk:
    choices:
      ask: {when: not tired and ready, to: over}
  over: {type: final, outcome: over}
"""


def test_a_named_guard_is_one_clause_and_a_decision_of_its_own() -> None:
    play = Play(TRUST)
    assert play.total("guards") == (2, 4)
    assert play.total("clauses") == (1, 8)  # of the choice: tired, ready; of ready: heard, calm
    for heard, calm in ((True, False), (False, True), (True, True)):
        play.start(heard=heard, calm=calm)
    assert play.missing("clauses") == [
        "tired in the condition of choice ask is not seen to decide it while true"
    ]
    play.start(tired=True, heard=True, calm=True)
    assert play.missing("clauses") == []


def test_a_guard_behind_an_and_that_has_failed_is_not_seen() -> None:
    play = Play(
        TRUST.replace("tired: {type: bool, initial: false", "tired: {type: bool, initial: true")
    )
    assert play.missing("guards") == [
        "the guard ready is not seen true",
        "the guard ready is not seen false",
        "the condition not tired and ready of choice ask is not seen true",
    ]


# Timers --------------------------------------------------------------------------------------

BREAK = """
cast: {you: {name: You}}
timers: {break: 28d}
states:
  home: {choices: {go: {do: start(break), to: apart}}}
  apart:
    after:
      break: review
      14d: {say: Two weeks.}
    choices:
      call: {to: home}
      forget: {do: stop(break)}
      longer: {do: start(break)}
      stay: {}
  review: {type: final, outcome: review}
"""


def test_a_timer_fires_where_its_way_is_taken() -> None:
    play = Play(BREAK).choose("go").wait(days=28)
    assert play.missing("timers") == [
        "after break in apart is not beaten",
        "after 14d in apart is not beaten",
    ]


@pytest.mark.parametrize(
    ("choice", "beaten"),
    [("call", {"break", "14d"}), ("forget", {"break"}), ("longer", {"break"}), ("stay", set())],
)
def test_a_timer_is_beaten_by_leaving_stopping_and_starting_again(
    choice: str, beaten: set[str]
) -> None:
    play = Play(BREAK).choose("go", choice)
    missing = set(play.missing("timers"))
    assert {name for name in ("break", "14d")
            if f"after {name} in apart is not beaten" not in missing} == beaten  # fmt: skip


def test_a_timer_that_has_run_out_is_not_beaten_any_more() -> None:
    play = Play(BREAK).choose("go").wait(days=15).choose("call")
    assert play.missing("timers") == [
        "after break in apart does not fire",
        "after 14d in apart is not beaten",
    ]


def test_a_race_inside_one_long_wait_counts() -> None:
    play = Play("""
cast: {you: {name: You}}
states:
  first: {after: {7d: second}}
  second:
    after: {3d: third, 5d: {say: Too late.}}
  third: {type: final, outcome: third}
""").wait(days=30)
    assert play.missing("timers") == ["after 5d in second does not fire"]
    assert play.total("timers") == (3, 4)  # nothing but 7d leads out of the first


def test_timers_of_the_whole_file_are_beaten_by_the_end() -> None:
    play = Play("""
cast: {you: {name: You}}
timers: {evening: 3h}
after: {evening: late}
states:
  talk: {entry: {do: start(evening)}, choices: {leave: {to: over}, on: {to: more}}}
  more: {choices: {leave: {to: over}}}
  late: {type: final, outcome: late}
  over: {type: final, outcome: over}
""").choose("on")
    assert "after evening is not beaten" in play.missing("timers")
    play.choose("leave")
    assert play.missing("timers") == ["after evening does not fire"]


# Included files ------------------------------------------------------------------------------


def test_an_included_file_counts_once_and_by_its_own_lines(tmp_path: Path) -> None:
    inner = "cast: {you: {name: You}}\nstates:\n  felt: {choices: {on: {say: Yes., to: gone}}}\n"
    inner = HEAD.replace("small", "wave") + inner + "  gone: {type: final, outcome: gone}\n"
    (tmp_path / "wave.yaml").write_text(inner, "utf-8")
    play = Play(
        """
cast: {you: {name: You}}
states:
  one: {include: wave.yaml, done: {gone: two}}
  two: {include: wave.yaml, done: {gone: over}}
  over: {type: final, outcome: over}
""",
        tmp_path,
    )
    assert play.total("choices") == (0, 1)
    play.choose("on")
    assert play.total("choices") == (1, 1)
    assert play.total("states") == (4, 5)  # one, two, felt and gone once; over is missing
    assert set(play.coverage.lines()) == {"scenario.yaml", "wave.yaml"}


# What is not changed by looking ---------------------------------------------------------------


def walk(machine: Machine, seed: int, recorder: Recorder | None = None) -> list[Step]:
    """A random play; what it does depends on the seed alone."""
    dice, now = random.Random(seed), ManualClock().now()
    step = runtime.start(machine, seed=seed, now=now, persons=["partner"] if seed % 5 == 0 else ())
    steps = [step]
    for _ in range(40):
        if recorder is not None:
            recorder.stepped(step)
        snapshot = step.snapshot
        leaf = machine.leaves[snapshot.frame[0]]
        open_now = [
            spec.id
            for spec in leaf.choices
            if (not machine.roles[spec.role].engine or spec.role in snapshot.persons)
            and spec.enabled(snapshot.frame)
        ]
        deadlines = snapshot.deadlines
        if leaf.final or not (open_now or deadlines):
            break
        if deadlines and (not open_now or dice.random() < 0.3):
            now = max(now, deadlines[0].due)
            step = runtime.step(machine, snapshot, Tick(), now)
        else:
            step = runtime.step(machine, snapshot, Choose(dice.choice(open_now)), now)
        steps.append(step)
    return steps


@pytest.mark.parametrize("name", ["reconciliation", "breaking_bad_news"])
def test_a_watched_play_goes_as_any_other(name: str) -> None:
    scenario = heartline.load(name)
    if name == "breaking_bad_news":
        scenario_persons = scenario.machine.roles
        assert "partner" not in scenario_persons
    recorder = Recorder(scenario)
    assert recorder.scenario.machine.fingerprint == scenario.machine.fingerprint
    seeds = range(60) if name == "reconciliation" else range(1, 200, 5)
    for seed in seeds:
        plain, watched = (
            walk(scenario.machine, seed),
            walk(recorder.scenario.machine, seed, recorder),
        )
        assert [each.snapshot for each in plain] == [each.snapshot for each in watched]
        assert [each.said for each in plain] == [each.said for each in watched]
        assert [[taken.way.edge for taken in each.taken] for each in plain] == [
            [taken.way.edge for taken in each.taken] for each in watched
        ]
    assert not recorder.unforeseen
    assert sum(count > 0 for count in recorder.counts) > 100


@pytest.mark.slow
@given(scenarios(includes=True), st.integers(0, 1 << 40), st.sampled_from([(), ("other",)]))
def test_any_scenario_goes_as_ever_and_meets_nothing_that_was_held_impossible(
    text: str, seed: int, seats: tuple[str, ...]
) -> None:
    scenario = made_of(text)
    recorder = Recorder(scenario)
    steps: list[Step] = []
    shown = Conversation._show

    def show(conversation: Conversation, step: Step) -> None:
        if conversation.scenario is recorder.scenario:
            steps.append(step)
            recorder.stepped(step)
        shown(conversation, step)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Conversation, "_show", show)
        plain = random_walk(scenario, seed, seats)
        assert random_walk(recorder.scenario, seed, seats) == plain
    assert not recorder.unforeseen
    ways = [taken.way for step in steps for taken in step.taken]
    taken = Counter(str(way.edge.location) for way in ways)
    came = {scenario.machine.initial} if steps else set()
    came |= {way.dest for way in ways if way.dest is not None}
    points = list(zip(recorder.survey.points, recorder.counts, strict=True))
    counted = {point.key: count for point, count in points if point.kind == "transitions" and count}
    assert counted == taken
    for when in (each for way in ways for each in way.edge.whens):
        judged = recorder.survey.judged[id(when)]  # what was taken was open
        assert all(recorder.counts[judged.outcomes[True]] for _ in judged.outcomes)
    leaves = scenario.machine.leaves
    assert {point.key for point, count in points if point.kind == "states" and count} == {
        str(scenario.machine.states[name].location) for leaf in came for name in leaves[leaf].path
    }


def test_a_step_that_fails_counts_for_nothing_but_its_guards() -> None:
    play = Play(ASKING)
    with pytest.raises(HeartlineError):
        play.choose("ask", draws=("shrug",))
    assert play.total("transitions") == (0, 4)
    assert play.total("states") == (1, 4)


# Adding up -----------------------------------------------------------------------------------


def test_what_several_recorders_saw_adds_up() -> None:
    one = Play(ASKING).choose("ask", draws=("nod",))
    other = Play(ASKING).choose("ask", draws=("go",))
    coverage = one.coverage
    coverage.add(other.recorder.data())
    assert coverage.totals()["draws"].percent == 100
    assert coverage.totals()["outcomes"].covered == 1


def test_what_was_seen_of_another_version_is_refused() -> None:
    with pytest.raises(CoverageLost, match="changed while its tests ran"):
        Play(ASKING).coverage.add(Play(ROUND).recorder.data())


def test_test_files_of_one_scenario_are_one_coverage_whatever_process_plays_them(
    folder: Path,
) -> None:
    counted = []
    for workers in (1, 2):
        outcome = run_files(["."], Options(workers=workers, instrument=record))
        assert outcome.exit_code == 0
        (coverage,) = gather((file.run.tests, file.data) for file in outcome.files)
        counted.append(coverage.counts)
        assert [each.subject for each in coverage.missing("transitions")] == [
            "choice leave in asking → over"
        ]
    assert counted[0] == counted[1]


# Places --------------------------------------------------------------------------------------


def test_the_machine_knows_where_each_condition_and_each_text_stands(tmp_path: Path) -> None:
    inner = HEAD.replace("small", "inner") + (
        "cast: {you: {name: You}}\nguards: {often: count(on) >= 2}\n"
        "states:\n  felt: {choices: {on: {when: not often, to: gone}}}\n"
        "  gone: {type: final, outcome: gone}\n"
    )
    (tmp_path / "inner.yaml").write_text(inner, "utf-8")
    play = Play(
        """
cast: {you: {name: You}}
context: {late: {type: bool, initial: false}}
states:
  here:
    always:
      - {when: late, to: over}
    choices:
      go:
        say:
          - you: [Well., So.]
            when: not late
        when: not late or
          chosen(go)
        branches: [{when: late, to: over}, {to: there}]
  there: {include: inner.yaml, done: {gone: over}}
  over: {type: final, outcome: over}
""",
        tmp_path,
    )
    assert [(each.owner, str(each.location)) for each in play.scenario.machine.whens] == [
        ("guard there.often", "inner.yaml:6:17"),
        ("choice go", "scenario.yaml:17:15"),
        ("a line of you", "scenario.yaml:16:19"),
        ("choice go", "scenario.yaml:19:27"),
        ("always", "scenario.yaml:11:16"),
        ("choice on", "inner.yaml:8:31"),
    ]
    (edge, _) = (each for each in play.scenario.machine.edges if each.trigger == "go")
    assert [str(each.location) for each in edge.whens] == [
        "scenario.yaml:17:15",
        "scenario.yaml:19:27",
    ]
    assert edge.opening is not None
    assert [str(each) for each in edge.opening.lines[0].places] == [
        "scenario.yaml:15:19",
        "scenario.yaml:15:26",
    ]
