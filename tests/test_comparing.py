"""Two versions of a scenario: `check --diff` and `check --migrate`."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given

from casebook import STORY
from harness import HEAD, story
from heartline import Scenario, loads
from heartline.checking.comparing.carrying import Carried, Carrying
from heartline.checking.comparing.difference import AFTER, BEFORE, ELSEWHERE, compare
from heartline.checking.comparing.ends import ends
from heartline.checking.comparing.migration import DEPENDS, LOOPS, NO_END, migrate
from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.exploring.graph import Graph
from heartline.checking.proving.paths import Path as Way
from heartline.checking.proving.witness import replay
from heartline.checking.relevance import Relevance
from heartline.checking.space import NOW, Move, Node, Option, Space
from heartline.cli import run as main
from heartline.errors import SnapshotMismatch
from heartline.machine import Machine
from heartline.migrating import Names, carry
from heartline.plan import HANDLED, OFF
from heartline.snapshot import Snapshot
from heartline.stored import dump, load
from slowgraph import slow_graph
from versions import NEWER, newer, versions


def labels(graph: Graph, way: Way | None) -> list[str]:
    """What happens on a way, after its beginning."""
    assert way is not None
    return [f"{label.kind} {label.id}" for label in way.labels(graph)[1:]]


def differences(old: str, new: str) -> tuple[Graph, Graph, Any]:
    one, other = explore(story(old).machine), explore(story(new).machine)
    return one, other, compare(one, other)


# Differences ------------------------------------------------------------------------------------


def test_a_version_with_other_words_lets_the_same_happen() -> None:
    _, _, found = differences(STORY, STORY.replace("How was your day?", "And your day?"))
    assert (found.verdict, found.differences) == ("same", ())


def test_a_guard_that_asks_for_more_closes_a_conversation_that_was_possible() -> None:
    old, _, found = differences(STORY, STORY.replace("trust >= 3", "trust >= 4"))
    (only,) = found.differences
    assert (found.verdict, only.sort, only.state, only.id) == (
        "different", BEFORE, "talk", "move_in",
    )  # fmt: skip
    assert only.led == ("together", None)
    assert labels(old, only.old) == ["send called", "choose move_in"]
    assert only.new is None
    _, _, back = differences(STORY.replace("trust >= 3", "trust >= 4"), STORY)
    assert [each.sort for each in back.differences] == [AFTER]


def test_a_choice_that_leads_elsewhere_is_told_with_a_way_in_both() -> None:
    old, new, found = differences(STORY, STORY.replace("stay: {to: together}", "stay: {to: over}"))
    (only,) = found.differences
    assert (only.sort, only.state, only.led) == (ELSEWHERE, "review", ("together", "over"))
    assert labels(old, only.old) == ["choose space", "wait break", "choose stay"]
    assert labels(new, only.new) == labels(old, only.old)


def test_another_outcome_of_the_same_end_is_a_difference() -> None:
    _, _, found = differences(STORY, STORY.replace("outcome: together", "outcome: apart_together"))
    assert {(each.sort, each.id, each.led) for each in found.differences} == {
        (ELSEWHERE, "move_in", ("together", "together")),
        (ELSEWHERE, "whistle", ("together", "together")),
        (ELSEWHERE, "stay", ("together", "together")),
    }


def test_a_draw_that_can_no_longer_come_is_a_difference_and_its_weight_is_none() -> None:
    _, _, found = differences(STORY, STORY.replace("weight: 3", "weight: 0"))
    (only,) = found.differences
    assert (only.sort, only.kind, only.id) == (BEFORE, "draw", "tell")
    _, _, same = differences(STORY, STORY.replace("weight: 3", "weight: 2"))
    assert same.verdict == "same"


def test_below_a_difference_nothing_is_compared() -> None:
    new = STORY.replace("space: {say: Let us", "rest: {say: Let us")
    _, _, found = differences(STORY, new)
    assert sorted((each.sort, each.id) for each in found.differences) == [
        (AFTER, "rest"), (BEFORE, "space"),
    ]  # fmt: skip


def test_inputs_are_compared_value_by_value() -> None:
    new = STORY.replace("values: [14d, 28d]", "values: [14d, 42d]")
    _, _, found = differences(STORY, new)
    assert [(each.sort, each.inputs["length"].days) for each in found.differences] == [
        (BEFORE, 28), (AFTER, 42),
    ]  # fmt: skip
    new = STORY.replace("values: [low, high]", "values: [low, mid, high]")
    _, _, found = differences(STORY, new)
    (only,) = found.differences
    assert (only.sort, only.kind, dict(only.inputs)) == (AFTER, "begin", {"mood": "mid"})


def test_an_input_that_only_one_version_has_is_told_and_compared_with_all_of_the_other() -> None:
    new = (
        dedent(STORY)
        .replace("timers:", "  brave: {type: bool, initial: false, input: true}\ntimers:", 1)
        .replace("ask: {say: How", "hug: {when: brave, to: over}\n          ask: {say: How")
    )
    _, _, found = differences(dedent(STORY), new)
    assert (found.only_old, found.only_new) == ((), ("brave",))
    assert [(each.sort, each.id) for each in found.differences] == [(AFTER, "hug")]


def test_the_order_in_which_timers_can_run_out_is_compared() -> None:
    two = """
    timers: {long: 9d, short: 2d}
    states:
      here:
        entry: {do: [start(long), start(short)]}
        after: {long: late, short: soon}
      soon: {type: final, outcome: soon}
      late: {type: final, outcome: late}
    """
    _, _, found = differences(two, two.replace("short: 2d", "short: 12d"))
    assert {(each.sort, each.id) for each in found.differences} == {
        (BEFORE, "short"), (AFTER, "long"),
    }  # fmt: skip
    assert found.lengths == (("short", "2d", "12d"),)
    assert differences(two, two.replace("short: 2d", "short: 3d"))[2].verdict == "same"


def test_what_the_migration_renames_is_no_difference() -> None:
    new = NEWER + dedent(
        STORY.replace("listening", "hearing").replace("break", "pause").replace("ask:", "wonder:")
    )
    new += (
        "migrations: [{from: 1.0.0, states: {listening: hearing}, timers: {break: pause}, "
        "choices: {ask: wonder}}]\n"
    )
    one, two = story(STORY).machine, loads(new).machine
    graphs = explore(one), explore(two)
    assert compare(*graphs).verdict == "different"
    assert compare(*graphs, Names(two.migrations[0])).verdict == "same"


def test_what_was_not_explored_proves_nothing() -> None:
    machine = story(STORY).machine
    whole = slow_graph(machine)
    part = slow_graph(machine)
    part.expanded = 3
    assert compare(whole, part).verdict == "inconclusive"
    assert compare(whole, whole).verdict == "same"


def walk_both(old: Graph, new: Graph) -> set[tuple[str, str, str, str | None, str]]:
    """The differences of two graphs, found with sets and one pair at a time."""
    found = set()
    waiting = deque(
        (one.node, other.node)
        for one in old.roots
        for other in new.roots
        if one.inputs == other.inputs
        and old.leaves[old.leaf[one.node]] == new.leaves[new.leaf[other.node]]
    )
    seen = set(waiting)
    while waiting:
        one, other = waiting.popleft()
        sides = [
            {(label.kind, label.id, label.role): target for label, target, _ in graph.moves(node)}
            for graph, node in ((old, one), (new, other))
        ]
        place = new.leaves[new.leaf[other]]
        for what in sides[0].keys() | sides[1].keys():
            if what not in sides[1]:
                found.add((place, *what, BEFORE))
            elif what not in sides[0]:
                found.add((place, *what, AFTER))
            else:
                pair = sides[0][what], sides[1][what]
                led = old.leaves[old.leaf[pair[0]]], new.leaves[new.leaf[pair[1]]]
                if led[0] != led[1]:
                    found.add((place, *what, ELSEWHERE))
                elif pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
    return found


@pytest.mark.slow
@given(versions())
def test_differences_are_those_that_walking_pair_by_pair_finds(
    both: tuple[Scenario, Scenario],
) -> None:
    limits = Limits(configurations=1_000)
    old, new = (explore(each.machine, limits=limits) for each in both)
    assume(old.is_whole and new.is_whole)
    found = compare(old, new)
    told = {
        (each.state, each.kind, each.id, each.role, each.sort)
        for each in found.differences
        if each.kind != "begin"
    }
    assert told == walk_both(old, new)
    assert (found.verdict == "same") == (not found.differences)
    for each in found.differences[:4]:
        for way, graph, scenario in ((each.old, old, both[0]), (each.new, new, both[1])):
            if way is not None:
                replay(scenario, graph, way)


# Migrations -------------------------------------------------------------------------------------


def migrated(new: str, migration: str = "{from: 1.0.0}", old: str = STORY) -> Any:
    return migrate(story(old).machine, newer(new, migration).machine)


def told(found: Any) -> list[tuple[str, int, str]]:
    return [(each.state, each.count, each.why) for each in found.stranded]


def test_versions_with_one_structure_have_nothing_to_carry_over() -> None:
    assert migrate(story(STORY).machine, story(STORY, NEWER).machine).verdict == "unchanged"


def test_two_scenarios_and_versions_without_a_migration_are_refused() -> None:
    other = story(STORY.replace("trust >= 3", "trust >= 4"), HEAD.replace("story", "tale", 1))
    with pytest.raises(SnapshotMismatch, match="two scenarios, 'story' and 'tale'"):
        migrate(story(STORY).machine, other.machine)
    changed = STORY.replace("trust >= 3", "trust >= 4")
    with pytest.raises(SnapshotMismatch, match=r"write a migration, at least `\{from: 1.0.0\}`"):
        migrate(story(STORY).machine, story(changed, NEWER).machine)
    with pytest.raises(SnapshotMismatch, match="raise the version of the new one"):
        migrate(story(STORY).machine, story(changed).machine)


def test_where_all_names_have_stayed_everything_goes_on() -> None:
    found = migrated(STORY.replace("trust >= 3", "trust >= 4"))
    assert (found.verdict, found.stranded) == ("proved", ())
    assert found.goes_on == found.configurations > 20


def test_a_state_that_has_gone_strands_those_who_are_there() -> None:
    gone = STORY.replace("review", "deciding")
    found = migrated(gone)
    assert found.verdict == "stranded"
    (only,) = found.stranded
    assert (only.state, only.why) == ("review", "there is no state 'review' any more")
    assert labels(found.old, only.path) == ["choose space", "wait break"]
    assert migrated(gone, "{from: 1.0.0, states: {review: deciding}}").verdict == "proved"


def test_a_value_that_cannot_be_any_more_strands_unless_something_is_set() -> None:
    less = STORY.replace("max: 6", "max: 3")
    found = migrated(less)
    assert found.verdict == "stranded"
    assert {each.why for each in found.stranded} == {"trust cannot be '4' any more"}
    assert {each.others for each in found.stranded} == {2}
    assert sum(each.count for each in found.stranded) == found.configurations - found.goes_on
    assert migrated(less, "{from: 1.0.0, set: {trust: trust}}").verdict == "proved"


def test_a_running_timer_that_has_gone_strands() -> None:
    renamed = STORY.replace("break", "pause")
    assert told(migrated(renamed))[0][2] == "the timer 'break' runs, and there is none any more"
    assert migrated(renamed, "{from: 1.0.0, timers: {break: pause}}").verdict == "proved"


def test_where_no_end_can_be_reached_any_more_one_is_stranded() -> None:
    stuck = STORY.replace("{stay: {to: together}, go: {to: over}}", "{stay: {to: review}}")
    found = migrated(stuck)
    assert found.verdict == "stranded"
    assert {(each.state, each.why) for each in found.stranded} == {
        ("apart", NO_END), ("review", NO_END),
    }  # fmt: skip


TWO_TIMERS = """
    context: {done: {type: bool, initial: false}}
    timers: {one: 9d, two: 9d}
    states:
      begin: {choices: {first: {do: start(one), to: middle}}}
      middle: {choices: {second: {do: start(two), to: waiting}}}
      waiting: {after: {one: over, two: over}}
      over: {type: final, outcome: over}
    """


def test_what_depends_on_how_much_is_left_is_not_decided() -> None:
    new = TWO_TIMERS.replace("after: {one: over, two: over}", "after: {one: over, two: stuck}")
    new += "  stuck: {choices: {stay: {}}}\n"
    found = migrated(new, old=TWO_TIMERS)
    assert found.verdict == "inconclusive"
    assert told(found) == [("waiting", 1, DEPENDS)]
    assert not found.stranded[0].sure


def test_a_loop_that_begins_by_being_carried_over_is_found() -> None:
    old = """
    context: {n: {type: int, min: 0, max: 1, initial: 0}}
    states:
      here: {choices: {go: {to: there}, more: {do: n += 1}}}
      there: {type: final, outcome: over}
    """
    new = """
    context: {n: {type: int, min: 0, max: 1, initial: 0}}
    states:
      here:
        always: {when: n > 0, to: here}
        choices: {go: {to: there}}
      there: {type: final, outcome: over}
    """
    found = migrated(new, old=old)
    assert told(found) == [("here", 1, LOOPS)]


def test_a_slot_that_decides_only_in_the_new_version_is_told_apart() -> None:
    old = """
    context: {n: {type: int, min: 0, max: 3, initial: 0}}
    states:
      here: {choices: {more: {do: n += 1}, go: {to: there}}}
      there: {type: final, outcome: over}
    """
    new = old.replace("go: {to: there}", "go: {when: n < 2, to: there}")
    found = migrated(new, old=old)
    assert (found.configurations, found.goes_on) == (4, 2)
    assert told(found) == [("here", 2, NO_END)]
    assert labels(found.old, found.stranded[0].path) == ["choose more", "choose more"]


def test_a_limit_leaves_it_open() -> None:
    limits = Limits(configurations=5)
    found = migrate(
        story(STORY).machine, newer(STORY.replace("trust >= 3", "trust >= 4")).machine, limits
    )
    assert found.verdict == "inconclusive"


def positions(machine: Machine, most: int = 400) -> list[Node]:
    """Where conversations can rest, told apart by all that they hold."""
    space = Space(machine)
    found: dict[int, Node] = {}
    waiting = deque([space.begin()])
    while waiting and len(found) < most:
        node = waiting.popleft()
        if node.number in found:
            continue
        found[node.number] = node
        waiting.extend(space.follow(move) for move in space.moves(node))
    return [
        node for node in found.values()
        if node.offers is None and not node.final and node.fault is None
    ]  # fmt: skip


def snapshot_at(machine: Machine, node: Node) -> Snapshot:
    return Snapshot(
        machine.id, machine.version, machine.fingerprint, node.frame, node.deadlines,
        node.pending, (), 0, 0, len(node.deadlines), 0, NOW,
    )  # fmt: skip


def rows(carrying: Carrying, carried: Carried) -> set[tuple[object, ...]]:
    """What there is among what was carried over, whether an expired timer was handled aside."""
    fine = carried.wrong < 0
    columns = {
        slot: np.where(column == HANDLED, OFF, column)
        if slot in {info.slot for info in carrying.new.timers.values()}
        else column
        for slot, column in carried.columns.items()
    }
    return {
        tuple((slot, int(column[n])) for slot, column in columns.items())
        for n in np.flatnonzero(fine)
    } | {carried.reasons[number] for number in np.unique(carried.wrong[~fine])}


@pytest.mark.slow
@given(versions())
def test_columns_become_what_single_conversations_become(both: tuple[Scenario, Scenario]) -> None:
    """The vectorised way against `carry`, on the slots that count, with nothing else kept."""
    old, new = (each.machine for each in both)
    carrying = Carrying(old, new, new.migrations[0])
    few = Limits(configurations=300)
    fast = explore(old, any_time=False, keep=carrying.keep, limits=few)
    assume(fast.is_whole)
    graph = slow_graph(old, keep=frozenset().union(*carrying.keep.values()))
    nodes = np.array(
        [
            n
            for n in np.flatnonzero(~(graph.final | graph.drawing))
            if graph.columns.nodes[n].fault is None  # type: ignore[attr-defined]
        ],
        dtype=np.int64,
    )
    carried = carrying.carry(graph, nodes)
    resting = np.flatnonzero(~(fast.final | fast.drawing | fast.urgent))
    assert rows(carrying, carried) == rows(carrying, carrying.carry(fast, resting))
    coding, counts = Coding(new), Relevance(new)
    for row, number in enumerate(nodes):
        node = graph.columns.nodes[number]  # type: ignore[attr-defined]
        data = json.loads(json.dumps(dump(old, snapshot_at(old, node), whole=True)))
        try:
            snapshot = load(new, carry(new, data, NOW))
        except SnapshotMismatch as refusal:
            refused = refusal.differences
        else:
            refused = ()
        if refused:
            assert carried.wrong[row] >= 0, refused
            assert carried.reasons[carried.wrong[row]][0] in refused
            continue
        assert carried.wrong[row] < 0, carried.reasons[carried.wrong[row]]
        for slot in counts.reach(snapshot.state):
            if coding.domains[slot]:
                column = carried.columns.get(slot)
                became = carrying.first(slot) if column is None else column[row]
                assert became == coding.number(slot, snapshot.frame[slot]), new.slots[slot].symbol


def can_end(machine: Machine, snapshot: Snapshot, most: int = 3_000) -> bool | None:
    """Whether some way leads on to an end, where persons answer at once; None: not known."""
    space = Space(machine, key=Relevance(machine).key)
    first = Move(None, Option("settle", "", ""))
    waiting = [space._carry_out(first, space._run(machine, snapshot))]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node.final:
            return True
        if node.number not in seen:
            seen.add(node.number)
            if len(seen) > most:
                return None
            waiting += [space.follow(move) for move in space.moves(node)]
    return False


@pytest.mark.slow
@given(versions())
def test_a_proof_holds_for_every_conversation_carried_over_by_itself(
    both: tuple[Scenario, Scenario],
) -> None:
    old, new = (each.machine for each in both)
    found = migrate(old, new, Limits(configurations=1_000))
    assume(found.old is None or found.old.is_whole)
    for node in positions(old):
        data = dump(old, snapshot_at(old, node), whole=True)
        # At another time than it was stored, within what is left of its timers.
        now = NOW + (node.deadlines[0].due - NOW) / 2 if node.deadlines else NOW
        try:
            snapshot = load(new, carry(new, data, now))
        except SnapshotMismatch:
            assert found.verdict == "stranded"
            continue
        if found.verdict == "proved":
            assert can_end(new, snapshot) is not False
    for each in found.stranded[:3]:
        assert found.old is not None
        witness = replay(both[0], found.old, each.path)
        data = dump(old, witness.step.snapshot, whole=True)
        if each.sure and each.why == NO_END:
            assert not can_end(new, load(new, carry(new, data, witness.step.snapshot.time)))
        elif each.sure and each.why != LOOPS:
            with pytest.raises(SnapshotMismatch):
                carry(new, data, witness.step.snapshot.time)


def test_the_configurations_that_surely_end_do() -> None:
    graph = explore(story(STORY).machine)
    sure, at_all = ends(graph)
    assert sure.all()
    assert at_all.all()
    stuck = explore(story(STORY.replace("go: {to: over}", "go: {}").replace(
        "stay: {to: together}", "stay: {}")).machine)  # fmt: skip
    sure, at_all = ends(stuck)
    assert {stuck.leaves[n] for n in stuck.leaf[~at_all]} == {"apart", "review"}
    assert (sure == at_all).all()


# The command ------------------------------------------------------------------------------------


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, "utf-8")
    return str(path)


def test_check_diff_tells_the_differences_with_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path, "old.yaml", HEAD + dedent(STORY))
    new = written(tmp_path, "new.yaml", NEWER + dedent(STORY.replace("trust >= 3", "trust >= 4")))
    assert main(["check", "--diff", old, new]) == 1
    text = capsys.readouterr().out
    assert "Only in 1.0.0: the choice move_in of you, in talk, which leads to together." in text
    assert "3. choose move_in" in text
    assert "1.0.0 and 1.1.0 differ in 1 thing that can happen." in text
    assert main(["check", "--diff", old, new, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (only,) = data["differences"]
    assert (data["verdict"], only["sort"], only["id"]) == ("different", "only before", "move_in")
    assert only["leads_to"] == {"old": "together", "new": None}
    assert only["old"]["steps"][-1]["outcome"] == "together"
    assert only["new"] is None


def test_check_diff_of_the_same_behaviour_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path, "old.yaml", HEAD + dedent(STORY))
    same = written(tmp_path, "same.yaml", NEWER + dedent(STORY.replace("your day", "your week")))
    assert main(["check", "--diff", old, same]) == 0
    assert "Every conversation that is possible in 1.0.0 is possible in 1.1.0" in (
        " ".join(capsys.readouterr().out.split())
    )
    weight = STORY.replace("weight: 3", "weight: 2")
    other = written(tmp_path, "other.yaml", NEWER + dedent(weight))
    assert main(["check", "--diff", old, other]) == 0
    capsys.readouterr()
    assert main(["check", "--diff", old, other, "--max-configurations", "5"]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "no difference was found, which proves nothing" in text
    assert "stopped at the limit of configurations" in text


def test_check_migrate_proves_it_or_lists_the_stranded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = written(tmp_path, "old.yaml", HEAD + dedent(STORY))
    body = NEWER + dedent(STORY.replace("review", "deciding"))
    new = written(tmp_path, "new.yaml", body + "migrations: [{from: 1.0.0}]\n")
    assert main(["check", "--migrate", old, new]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "configurations of review: there is no state 'review' any more" in text
    assert "break runs out now at review" in text
    assert main(["check", "--migrate", old, new, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["verdict"], data["stranded"][0]["state"]) == ("stranded", "review")
    assert data["stranded"][0]["play"]["steps"][-1]["state"] == "review"
    good = "migrations: [{from: 1.0.0, states: {review: deciding}}]\n"
    new = written(tmp_path, "new.yaml", body + good)
    assert main(["check", "--migrate", old, new]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "go on in 1.1.0, and can come to an end there" in text
    without = written(tmp_path, "without.yaml", body)
    assert main(["check", "--migrate", old, without]) == 1
    assert "write a migration" in capsys.readouterr().err
    assert main(["check", "--migrate", old, old]) == 0
    assert "have the same structure" in " ".join(capsys.readouterr().out.split())
    assert main(["check", "--migrate", old, new, "--format", "sarif"]) == 2
    assert "take --format text or json" in capsys.readouterr().err
