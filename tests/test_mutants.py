"""Which mistakes are made in a scenario, and that what they make is what such a file would be."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from heartline import ManualClock
from heartline.errors import HeartlineError
from heartline.expressions import write
from heartline.testing.mutation.mutant import (
    OPERATORS,
    Mutant,
)
from heartline.testing.mutation.operators import mutants_of
from heartline.testing.mutation.reach import lines_of
from heartline.testing.mutation.trees import write_action
from heartline.testing.mutation.workshop import Workshop
from mutable import INN, ROOT, TEA, bundled, loaded

if TYPE_CHECKING:
    from heartline.machine import Machine
    from heartline.plan import Lines

# What is made -------------------------------------------------------------------------------------


def test_each_kind_of_mistake_is_made_somewhere() -> None:
    made = {each.operator for each in mutants_of(Workshop(loaded(INN)).parts)}
    made |= {each.operator for each in mutants_of(Workshop(bundled("reconciliation")).parts)}
    assert made == set(OPERATORS)


def test_the_page_names_each_kind_of_mistake_as_the_program_does() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE))
    assert rows == OPERATORS


def test_a_condition_is_turned_weakened_and_shifted() -> None:
    changes = {
        (each.operator, each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.edits[0].path == ("guards", "can_pay", "when")
    }
    whole = 'coins >= 3 and mood != "cross"'
    assert changes == {
        ("negate", whole, f"not ({whole})"),
        ("and-or", whole, 'coins >= 3 or mood != "cross"'),
        ("drop-clause", "coins >= 3", "(left out)"),
        ("drop-clause", 'mood != "cross"', "(left out)"),
        ("boundary", "coins >= 3", "coins > 3"),
        ("constant", "coins >= 3", "coins >= 2"),
        ("negate", 'mood != "cross"', 'mood == "cross"'),
        ("constant", 'mood != "cross"', 'mood != "glad"'),
    }


def test_actions_are_dropped_swapped_and_shifted() -> None:
    changes = {
        (each.operator, each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.name.startswith("hall.choices.ask_room.do")
    }
    assert changes == {
        ("drop-action", "coins -= 3", "(left out)"),
        ("constant", "coins -= 3", "coins -= 4"),
        ("plus-minus", "coins -= 3", "coins += 3"),
        ("swap-actions", "coins -= 3; coins = min(coins, 4)", "coins = min(coins, 4); coins -= 3"),
        ("drop-action", "coins = min(coins, 4)", "(left out)"),
        ("constant", "coins = min(coins, 4)", "coins = min(coins, 5)"),
        ("min-max", "coins = min(coins, 4)", "coins = max(coins, 4)"),
    }


def test_times_are_made_longer_by_the_unit_that_they_are_written_in() -> None:
    changes = {
        (each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.operator == "delay"
    }
    assert changes == {("stay", "stay + 1d"), ("2h30m", "2h31m"), ("8h", "9h")}


def test_a_name_says_place_and_change_and_is_the_same_after_lines_were_added() -> None:
    before = [each.name for each in mutants_of(Workshop(loaded(TEA)).parts)]
    assert "kitchen.choices.drink.when: sugar >= 1 -> sugar > 1" in before
    assert "kitchen.choices.drink.say 'Sweet enough?': ann -> you" in before
    moved = TEA.replace("states:\n", "\n\n# a note\nstates:\n")
    assert [each.name for each in mutants_of(Workshop(loaded(moved)).parts)] == before


@pytest.mark.parametrize("text", [TEA, INN])
def test_names_are_unique_and_places_lie_in_the_file(text: str) -> None:
    mutants = mutants_of(Workshop(loaded(text)).parts)
    assert len({each.name for each in mutants}) == len(mutants)
    lines = text.split("\n")
    for each in mutants:
        line = lines[each.location.line - 1]
        assert 1 <= each.location.column <= len(line)
        assert line[each.location.column - 1] != " "


def test_files_that_are_included_have_mutants_of_their_own_once() -> None:
    mutants = mutants_of(Workshop(bundled("reconciliation")).parts)
    files = {Path(each.file).name for each in mutants}
    assert files == {"scenario.yaml", "apology.yaml", "session.yaml"}
    (name,) = {each.name for each in mutants if "enough.when: " in each.name and ">= 4 ->" in
               each.name and each.operator == "boundary"} or {""}  # fmt: skip
    assert name == "" or name.startswith("apology.yaml: ")


# How they are brought to life ---------------------------------------------------------------------


def told(lines: Lines | None) -> object:
    return [
        (line.number, line.speaker, line.only_to, [text.source for text in line.texts],
         line.condition and write(line.condition), line.guard is None)
        for line in lines_of(lines)
    ]  # fmt: skip


def structure(machine: Machine) -> dict[object, object]:
    """All that a machine is made of, as plain values."""
    number = {id(edge): place for place, edge in enumerate(machine.edges)}
    found: dict[object, object] = {"slots": machine.slots}
    for edge in machine.edges:
        found["edge", number[id(edge)]] = (
            edge.kind, edge.trigger, edge.target, edge.condition and write(edge.condition),
            [write_action(each) for each in edge.actions], edge.counts, edge.handles,
            told(edge.opening), told(edge.closing), edge.when, edge.do,
        )  # fmt: skip
    for leaf in machine.leaves.values():
        found["leaf", leaf.name] = leaf.handles, leaf.eventless, [
            (spec.id, spec.label.source, told(spec.say), spec.hide, spec.once, write(spec.needs),
             [each and write(each) for each in spec.branches], spec.reads, spec.timely,
             spec.weight_tree and write(spec.weight_tree), [guard is None for guard in spec.guards])
            for spec in leaf.choices
        ]  # fmt: skip
        for event in machine.events:
            found["ways", leaf.name, event] = [
                (number[id(way.edge)], way.dest, way.history, way.guard is None,
                 [(act is None, told(lines)) for act, lines in (*way.leaving, *way.entering)])
                for way in machine.ways(leaf.name, event)
            ]  # fmt: skip
    for wiring in machine.wirings:
        found["blocks", number[id(wiring.edge)], wiring.source] = [
            ([write_action(each) for each in block.actions], told(block.lines))
            for block in (*wiring.exits, *wiring.entries)
        ]
    return found


def walk(machine: Machine, workshop: Workshop, seed: int) -> list[object]:
    """What a random play meets."""
    from heartline import Scenario

    chance, met = random.Random(seed), list[object]()
    assert workshop.loaded.file is not None
    try:
        play = Scenario(workshop.loaded.file, machine).start(seed=seed, clock=ManualClock())
        for _ in range(25):
            turn = play.turn
            met.append((turn, play.position.frame))
            ids = [each.id for each in turn.choices if each.enabled]
            if play.over:
                break
            if ids and chance.random() < 0.7:
                play.choose(chance.choice(ids))
            else:
                play.wait(None if turn.deadlines else "1h")
    except HeartlineError as error:
        met.append(str(error))
    return met


def same_either_way(workshop: Workshop, mutants: list[Mutant], walks: int) -> int:
    """Hold what is changed in place against what is compiled; gives how many were changed so."""
    whole = structure(workshop.machine)
    changed = 0
    for mutant in mutants:
        with workshop.alive(mutant) as living:
            if living.parts is None or living.scenario is None:
                continue
            machine = living.scenario.machine
            in_place = structure(machine)
            plays = [walk(machine, workshop, seed) for seed in range(walks)]
        assert structure(workshop.machine) == whole, f"{mutant.name} was not put right again"
        with workshop.alive(mutant, anew=True) as living:
            assert living.scenario is not None, mutant.name
            machine = living.scenario.machine
            compiled = structure(machine)
            # Wirings are read when a machine is built; what is in place has its ways anew.
            for key in compiled:
                if isinstance(key, tuple) and key[0] == "blocks" and mutant.operator == "retarget":
                    in_place[key] = compiled[key]
            assert in_place == compiled, mutant.name
            assert compiled != whole, f"{mutant.name} changes nothing"
            assert plays == [walk(machine, workshop, seed) for seed in range(walks)], mutant.name
        changed += 1
    return changed


@pytest.mark.parametrize("text", [TEA, INN])
def test_changed_in_place_and_compiled_anew_are_the_same(text: str) -> None:
    workshop = Workshop(loaded(text))
    mutants = list(mutants_of(workshop.parts))
    assert same_either_way(workshop, mutants, 6) > len(mutants) * 0.6


@pytest.mark.slow
def test_they_are_the_same_in_a_sample_of_each_bundled_scenario() -> None:
    for name, size in (("breaking_bad_news", 20), ("reconciliation", 3)):
        workshop = Workshop(bundled(name))
        sample = random.Random(4).sample(mutants_of(workshop.parts), size)
        assert same_either_way(workshop, sample, 1) > size * 0.6


@pytest.mark.slow
def test_they_are_the_same_in_a_wide_sample_of_each_bundled_scenario() -> None:
    for name, size in (("breaking_bad_news", 150), ("reconciliation", 40)):
        workshop = Workshop(bundled(name))
        sample = random.Random(5).sample(mutants_of(workshop.parts), size)
        assert same_either_way(workshop, sample, 1) > size * 0.6
