"""The space of a scenario is the runtime's: each way through it can be played, and looks the same.

A walk through the space is played again with `heartline.start` and `step`, whose draws are forced
to those of the walk. After each input the runtime's snapshot is compared with the node.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import bundled, story
from heartline import Choose, RunawayError, Send, Tick, start, step
from heartline.checking.relevance import Relevance
from heartline.checking.space import BEGIN, CHOOSE, DRAW, NOW, SEND, WAIT, Move, Node, Space
from heartline.errors import InputError
from heartline.loader import bundled_scenarios

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline import Scenario, Snapshot
    from heartline.runtime import Step

SEATS = st.sampled_from([(), ("other",)])


def wander(space: Space, chance: Random, inputs: Mapping[str, object], most: int) -> list[Move]:
    """The moves of a random walk, the opening among them."""
    move = space.opening(inputs)
    walk = [move]
    node = space.follow(move) if move.target is None else move.target
    while len(walk) < most or node.offers is not None:
        moves = space.moves(node)
        if not moves or len(walk) > 300:
            break
        move = chance.choice(moves)
        walk.append(move)
        node = space.follow(move)
    return walk


def turns(walk: list[Move]) -> list[tuple[Move, list[Move]]]:
    """Each input of a walk, with the draws that follow from it."""
    found: list[tuple[Move, list[Move]]] = []
    for move in walk:
        if move.kind == DRAW:
            found[-1][1].append(move)
        else:
            found.append((move, []))
    return found


def played(scenario: Scenario, move: Move, before: Snapshot | None, draws: list[Move],
           inputs: Mapping[str, object], seats: tuple[str, ...]) -> Step:  # fmt: skip
    """What the runtime makes of one input of a walk."""
    names = tuple(draw.id for draw in draws)
    if before is None:
        return start(scenario.machine, now=NOW, inputs=inputs, persons=seats, draws=names)
    now = before.time
    if move.kind == CHOOSE:
        return step(scenario.machine, before, Choose(move.id, role=move.role), now, names)
    if move.kind == SEND:
        return step(scenario.machine, before, Send(move.id), now, names)
    return step(scenario.machine, before, Tick(), before.deadlines[0].due, names)


def same(node: Node, snapshot: Snapshot) -> None:
    """The node is where the runtime stands."""
    assert node.frame == snapshot.frame
    assert node.pending == snapshot.pending
    left = tuple((due.timer, due.due - snapshot.time) for due in snapshot.deadlines)
    assert node.left == left


def hold(scenario: Scenario, seed: int, inputs: Mapping[str, object], seats: tuple[str, ...],
         most: int = 25) -> int:  # fmt: skip
    """Play a walk of the space in the runtime; how many inputs were compared."""
    space = Space(scenario.machine, seats, lines=True)
    walk = wander(space, Random(seed), inputs, most)
    snapshot: Snapshot | None = None
    for number, (move, draws) in enumerate(turns(walk)):
        last = draws[-1] if draws else move
        node = last.target
        assert node is not None
        if node.fault is not None:
            with pytest.raises(RunawayError):
                played(scenario, move, snapshot, draws, inputs, seats)
            return number
        if node.offers is not None:  # a loop of draws, broken off
            return number
        happened = played(scenario, move, snapshot, draws, inputs, seats)
        before, snapshot = snapshot, happened.snapshot
        same(node, snapshot)
        assert tuple(taken.way for taken in happened.taken) == tuple(
            way for each in (move, *draws) for way in each.ways
        )
        spoken = [said.lines for each in (move, *draws) for said in each.said]
        assert [said.lines for said in happened.said] == spoken
        if before is not None:
            elapsed = sum((each.elapsed for each in (move, *draws)), start=NOW - NOW)
            assert snapshot.time - before.time == elapsed
    return len(turns(walk))


@pytest.mark.slow
@given(scenarios(includes=True), st.integers(0, 1 << 32), SEATS, st.booleans())
def test_a_walk_through_the_space_of_any_scenario_can_be_played(
    text: str, seed: int, seats: tuple[str, ...], open_: bool
) -> None:
    scenario = made_of(text)
    for number in range(3):
        hold(scenario, seed + number, {"open": open_}, seats)


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
@pytest.mark.parametrize("everybody", [False, True], ids=["as cast", "persons in all seats"])
def test_a_walk_through_the_space_of_a_bundled_scenario_can_be_played(
    name: str, everybody: bool
) -> None:
    scenario = bundled(name)
    roles = scenario.machine.roles
    seats = tuple(role for role in roles if roles[role].engine) if everybody else ()
    compared = sum(hold(scenario, seed, {}, seats, 40) for seed in range(60))
    assert compared > 200


@pytest.mark.slow
@given(scenarios(includes=True), st.integers(0, 1 << 32))
def test_what_can_be_done_in_a_node_is_what_the_runtime_takes(text: str, seed: int) -> None:
    scenario = made_of(text)
    machine = scenario.machine
    space = Space(machine)
    for move in wander(space, Random(seed), {}, 8):
        node = move.target
        if node is None or node.offers is not None or node.fault is not None or node.final:
            continue
        ids = {each.id for each in space.moves(node) if each.kind == CHOOSE}
        leaf = machine.leaves[node.state]
        persons = [spec for spec in leaf.choices if not machine.roles[spec.role].engine]
        assert ids == {spec.id for spec in persons if spec.enabled(node.frame)}
        waits = [each for each in space.moves(node) if each.kind == WAIT]
        assert [(wait.id, wait.elapsed) for wait in waits] == list(node.left[:1])


@given(scenarios(includes=True), st.integers(0, 1 << 32))
def test_what_is_not_relevant_decides_nothing(text: str, seed: int) -> None:
    """Two walks with the same moves, one of them told apart by all slots, offer the same."""
    machine = made_of(text).machine
    exact, merged = Space(machine), Space(machine, key=Relevance(machine).key)
    for number in range(4):
        chance = Random(seed + number)
        here, there = exact.begin({}), merged.begin({})
        for _ in range(40):
            left, right = exact.moves(here), merged.moves(there)
            told = [(move.kind, move.id, move.role, move.weight) for move in left]
            assert told == [(move.kind, move.id, move.role, move.weight) for move in right]
            assert (here.left, here.pending, here.fault) == (there.left, there.pending, there.fault)
            assert here.state == there.state
            if not left:
                break
            place = chance.randrange(len(left))
            here, there = exact.follow(left[place]), merged.follow(right[place])
            assert left[place].ways == right[place].ways
            assert left[place].elapsed == right[place].elapsed


TEA = """
context:
  cups: {type: int, min: 0, max: 3, initial: 0}
  warmth: {type: int, min: 0, max: 9, initial: 0}
timers:
  steeping: {length: 4m}
states:
  kitchen:
    entry: {say: [{narrator: The kettle is on., visit: first}]}
    choices:
      pour: {when: cups < 2, do: [cups += 1, warmth += 1, start(steeping)]}
      ask: {to: asking}
      leave: {to: gone}
    after:
      steeping: {do: warmth -= 1}
    events:
      bell: {when: cups == 2, to: gone}
  asking:
    choices:
      say_yes: {by: other, weight: 2, to: kitchen}
      say_no: {by: other, weight: cups, to: gone}
  gone: {type: final, outcome: gone}
"""


def test_conversations_that_stand_alike_stand_at_the_same_node() -> None:
    space = Space(story(TEA).machine)
    node = space.begin()
    (ask,) = (move for move in space.moves(node) if move.id == "ask")
    before = space.follow(ask)
    assert before.offers is not None
    (yes,) = space.moves(before)  # what has no weight cannot be drawn
    assert (yes.kind, yes.id, yes.role, yes.weight) == (DRAW, "say_yes", "other", 2)
    again = space.follow(yes)
    assert again.frame != node.frame  # the second visit is counted: its lines differ
    (ask,) = (move for move in space.moves(again) if move.id == "ask")
    assert space.follow(space.moves(space.follow(ask))[0]) is again


def test_what_only_lines_read_can_be_left_out_of_account() -> None:
    machine = story(TEA).machine
    relevance = Relevance(machine)
    space = Space(machine, key=relevance.key)
    node = space.begin()
    names = [machine.slots[slot].symbol for slot in sorted(relevance.alive(node.frame))]
    assert names == [("leaf",), ("var", "cups"), ("timer", "steeping")]
    (ask,) = (move for move in space.moves(node) if move.id == "ask")
    (yes,) = space.moves(space.follow(ask))
    assert space.follow(yes) is node


def test_what_is_set_anew_before_it_is_read_tells_nothing_apart() -> None:
    machine = story("""
    context:
      mood: {type: int, min: 0, max: 3, initial: 0}
      guess: {type: int, min: 0, max: 3, initial: 0}
    states:
      hall:
        choices: {hum: {do: mood += 1}, enter: {do: guess = mood, to: room}}
      room:
        choices:
          rest: {do: mood = 1, to: garden}
          care: {to: page}
      garden:
        choices: {smile: {when: mood > 0, to: end}, frown: {when: guess > 9 - 8, to: end}}
      page: {choices: {back: {to: end}}}
      end: {type: final, outcome: end}
    """).machine
    relevance = Relevance(machine)

    def alive(leaf: str) -> set[str]:
        frame = (leaf, *machine.initial_frame()[1:])
        return {machine.slots[slot].symbol[1] for slot in relevance.alive(frame) if slot}

    assert alive("hall") == {"mood"}
    assert alive("room") == {"guess"}
    assert alive("garden") == {"mood", "guess"}
    assert alive("page") == alive("end") == set()


def test_a_history_stands_for_what_counts_where_it_leads_back() -> None:
    machine = story("""
    context:
      heat: {type: int, min: 0, max: 3, initial: 0}
      calm: {type: int, min: 0, max: 3, initial: 0}
    states:
      talk:
        choices: {care: {to: page}}
        states:
          one: {choices: {shout: {do: heat += 1}, on: {when: heat < 2, to: two}}}
          two: {choices: {breathe: {do: calm += 1}, stop: {when: calm > 1, to: end}}}
          back: {type: history}
      page: {choices: {return: {to: back}}}
      end: {type: final, outcome: end}
    """).machine
    relevance = Relevance(machine)

    def alive(leaf: str, remembered: str) -> set[object]:
        frame = [leaf, *machine.initial_frame()[1:]]
        frame[machine.layout["history", "back"]] = remembered
        return {machine.slots[slot].symbol[1] for slot in relevance.alive(tuple(frame)) if slot}

    assert alive("page", "one") == {"heat", "calm", "back"}
    assert alive("page", "two") == {"calm", "back"}
    assert alive("one", "two") == {"heat", "calm"}
    assert alive("two", "one") == {"calm"}


def test_events_can_be_sent_where_something_takes_them() -> None:
    space = Space(story(TEA).machine)
    node = space.begin()
    for _ in range(2):
        assert all(move.kind != SEND for move in space.moves(node))
        node = space.follow(space.moves(node)[0])
    (bell,) = (move for move in space.moves(node) if move.kind == SEND)
    assert (bell.id, bell.role) == ("bell", None)
    assert space.follow(bell).final


def test_a_scenario_that_loops_has_a_node_that_says_so() -> None:
    space = Space(
        story("""
        context: {on: {type: bool, initial: false}}
        states:
          one: {choices: {go: {do: on = true, to: two}}}
          two: {always: {when: on, to: three}, choices: {stop: {to: end}}}
          three: {always: {when: on, to: two}, choices: {stop: {to: end}}}
          end: {type: final, outcome: end}
        """).machine
    )
    node = space.follow(space.moves(space.begin())[0])
    assert node.fault is not None
    assert "loops at" in node.fault
    assert space.moves(node) == ()


def test_a_space_that_is_full_goes_on_and_keeps_no_more() -> None:
    machine = bundled("breaking_bad_news").machine
    small, large = Space(machine, most=20), Space(machine)
    for seed in range(5):
        walks = [wander(space, Random(seed), {}, 60) for space in (small, large)]
        kinds = [[(move.kind, move.id, move.elapsed) for move in walk] for walk in walks]
        assert kinds[0] == kinds[1]
    assert len(small) == 20
    assert len(large) > 20


def test_an_input_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="profile is one of"):
        Space(bundled("reconciliation").machine).begin({"profile": "sure"})


def test_the_opening_is_a_move_too() -> None:
    space = Space(bundled("reconciliation").machine)
    opening = space.opening({"profile": "decided"})
    assert opening.kind == BEGIN
    assert [way.dest for way in opening.ways][-1:] == [
        opening.target.state if opening.target else ""
    ]
    assert space.begin({"profile": "decided"}) is opening.target
