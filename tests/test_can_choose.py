"""`can_choose`: where a choice is offered and open, as the machine itself says."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

import heartline
from heartline.expressions import evaluate, write
from heartline.machine import Machine

SHOP = dedent("""
    heartline: 1
    id: shop
    version: 1.0.0
    title: A shop
    cast:
      you: {name: You}
      keeper: {name: Ada, played_by: engine}
    context:
      coins: {type: int, min: 0, max: 3, initial: 1}
      rude: {type: bool, initial: false}
    guards:
      can_pay: coins >= 2
    initial: outside
    choices:
      go_home: {to: home}
    states:
      outside:
        choices:
          enter: {to: inside}
          earn: {when: coins < 3, do: coins += 1}
          shout: {once: true, do: rude = true}
      inside:
        initial: counter
        choices:
          pay: {when: can_pay, to: home}
          haggle:
            branches:
              - {when: rude and coins == 3, to: outside}
              - {when: not rude and coins >= 1, to: home}
        states:
          counter:
            choices:
              look: {to: shelf}
              sigh: {by: keeper, weight: 0}
          shelf:
            choices:
              pay: {to: counter}
              back: {to: counter}
      home: {type: final, outcome: home}
    properties:
    """).lstrip()
CHOICES = ("go_home", "enter", "earn", "shout", "pay", "haggle", "look", "sigh", "back")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder: Path = tmp_path_factory.mktemp("shop")
    lines = [f"  {choice}_is_open: {{always: can_choose({choice})}}\n" for choice in CHOICES]
    (folder / "scenario.yaml").write_text(SHOP + "".join(lines), encoding="utf-8")
    return heartline.load(folder).machine


@pytest.mark.parametrize("choice", CHOICES)
def test_it_holds_where_the_machine_would_let_the_choice_be_taken(
    machine: Machine, choice: str
) -> None:
    (promise,) = (each for each in machine.promises if each.name == f"{choice}_is_open")
    tree = promise.trees["always"]
    assert write(tree) == f"can_choose({choice})"
    seen = set()
    for leaf in machine.leaves.values():
        for coins in range(4):
            for rude in (False, True):
                for shouted in (0, 1):
                    frame = list(machine.initial_frame())
                    frame[0] = leaf.name
                    frame[machine.layout["var", "coins"]] = coins
                    frame[machine.layout["var", "rude"]] = rude
                    frame[machine.layout["taken", "shout"]] = shouted
                    spec = leaf.offers.get(choice)
                    is_open = spec is not None and spec.enabled(frame)
                    assert evaluate(tree, frame, machine.layout) is is_open
                    seen.add(is_open)
    assert seen == {False, True}


@pytest.mark.parametrize(
    ("written", "code"),
    [("can_choose(go_hom)", "HL309"), ("can_choose(outside)", "HL309"), ("can_choose()", "HL402")],
)
def test_it_needs_the_name_of_a_choice(tmp_path: Path, written: str, code: str) -> None:
    (tmp_path / "scenario.yaml").write_text(
        f"{SHOP}  wrong: {{always: {written}}}\n", encoding="utf-8"
    )
    with pytest.raises(heartline.ScenarioError) as caught:
        heartline.load(tmp_path)
    assert {fault.code for fault in caught.value.diagnostics} == {code}


def test_it_has_a_place_in_properties_only(tmp_path: Path) -> None:
    text = SHOP.replace("coins < 3", "can_choose(enter)").replace("properties:\n", "")
    (tmp_path / "scenario.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(heartline.ScenarioError, match="has a place in properties only"):
        heartline.load(tmp_path)
