"""What the tests of mutation share: scenarios that mistakes are made in, and their tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from heartline.loader import load_file, load_text
from heartline.testing.files.loading import load_tests
from heartline.testing.mutation.judging import Court
from heartline.testing.mutation.mutant import (
    Mutant,
    Verdict,
)
from heartline.testing.mutation.session import Outcome, Wanted, mutate

if TYPE_CHECKING:
    from heartline.loader import Loaded


ROOT = Path(__file__).parents[1]

TEA = dedent(
    """\
    heartline: 1
    id: tea
    version: 1.0.0
    title: A cup of tea
    cast:
      you: {name: You}
      ann: {name: Ann, played_by: engine}
    context:
      sugar: {type: int, min: 0, max: 3, initial: 0}
      rude: {type: bool, initial: false}
    timers:
      brew: 3m
    initial: kitchen
    states:
      kitchen:
        entry: {do: start(brew), say: [{ann: "Tea?"}]}
        choices:
          sweeten: {say: One more., when: sugar < 2, do: sugar += 1}
          grumble: {say: Hm., when: not rude, if_closed: hide, do: rude = true}
          drink:
            say:
              - Thank you.
              - {ann: "Sweet enough?", when: sugar >= 2}
            when: sugar >= 1
            to: table
        after: {brew: table}
      table:
        always: {when: rude and sugar > 3, to: kitchen}
        choices:
          leave: {say: Bye., branches: [{when: sugar >= 2, to: merry}, {to: plain}]}
      merry: {type: final, outcome: merry}
      plain: {type: final, outcome: plain}
    """
)

TESTS = dedent(
    """\
    heartline_tests: 1
    tests:
      sweet_tea_ends_merrily:
        expect: {lines: [{ann: "Tea?"}], only_offered: [sweeten, grumble], timers: {brew: 3m}}
        steps:
          - {choose: sweeten, expect: {context: {sugar: 1}, offered: drink}}
          - choose: sweeten
            expect: {context: {sugar: 2}, closed: {sweeten: {contains: less than 2}}}
          - choose: drink
            expect: {state: table, lines: [{you: Thank you.}, {ann: "Sweet enough?"}]}
          - {choose: leave, expect: {outcome: merry}}
      nobody_waits_for_ever:
        steps:
          - {wait: 3m, expect: {state: table}}
          - {choose: leave, expect: {outcome: plain}}
    """
)

# A scenario with something of everything that a mistake can be made in.
INN = dedent(
    """\
    heartline: 1
    id: inn
    version: 1.0.0
    title: An evening at the inn
    cast:
      you: {name: You}
      host: {name: Berta, played_by: engine}
    context:
      coins: {type: int, min: 0, max: 9, initial: 5}
      mood: {type: enum, values: [calm, cross, glad], initial: calm, input: true}
      stay: {type: duration, values: [1d, 2d, 7d], initial: 1d}
    timers:
      night: {length: stay}
      fire: 2h30m
    guards:
      can_pay: {when: coins >= 3 and mood != "cross", why: Berta wants three coins.}
    initial: evening
    choices:
      go: {say: Good night., to: away}
    events:
      bell: {when: running(fire), do: [mood = "cross", coins -= 1], to: hall}
    states:
      evening:
        initial: hall
        entry: {do: [start(fire), start(night)]}
        exit: {do: stop(fire), say: {host: "Mind the step."}}
        after: {fire: {when: not expired(night), do: mood = "cross"}}
        states:
          hall:
            tags: warm
            entry:
              say:
                - {host: "Come in.", visit: first}
                - {host: "You again.", visit: later}
                - {narrator: "It is warm.", when: mood == "glad" or tag(warm)}
            choices:
              ask_room:
                {say: A room?, when: can_pay, do: [coins -= 3, "coins = min(coins, 4)"], to: room}
              sing: {say: La la., once: true, do: mood = "glad"}
              smile:
                by: host
                weight: 2 if mood == "glad" else 0
                say: Ha!
                do: coins += 1
                to: room
              frown: {by: host, when: mood == "cross" and not visited(room), say: Hm., to: room}
          room:
            always: {when: count(hall) >= 3, to: away}
            after: {8h: hall, night: [{when: coins == 0, to: away}, {to: hall}]}
            choices:
              back: {to: before}
          before: {type: history}
      away: {type: final, outcome: gone}
    """
)


@cache
def loaded(text: str) -> Loaded:
    return load_text(text)


@cache
def bundled(name: str) -> Loaded:
    return load_file(ROOT / "scenarios" / name)


def written(folder: Path, scenario: str = TEA, tests: str = TESTS) -> Path:
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    (folder / "tests.yaml").write_text(tests, encoding="utf-8")
    return folder


def judged(folder: Path, **wanted: Any) -> Outcome:
    return mutate(str(folder), Wanted(**{"tests": (), **wanted}))


def names(found: list[tuple[Mutant, Verdict]]) -> set[str]:
    return {mutant.name for mutant, _ in found}


def court(folder: Path) -> Court:
    tests = load_tests(folder / "tests.yaml")
    assert tests.scenario_loaded is not None
    return Court(tests.scenario_loaded, tests.cases)
