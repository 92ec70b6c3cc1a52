"""The flagship proves its nineteen properties, and a mistake against any of them is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from flagship_slices import (
    COUNSELLING,
    HEAT,
    PATIENT,
    PUSH,
    SPACE,
    TO_THE_KITCHEN,
    Edit,
    part,
    proved,
)
from harness import bundled
from heartline.checking.exploring.explorer import explore
from heartline.checking.proving.findings import find
from heartline.checking.proving.outcome import judge
from heartline.checking.proving.promises import wanted, wanted_at
from heartline.expressions import Assign, constants


@dataclass(frozen=True)
class Mistake:
    """What somebody did to the file, which promise that breaks, and with which choices of a person
    this comes to light. `what` begins with the number of the property in the documents."""

    what: str
    breaks: str
    choices: tuple[str, ...]
    edits: tuple[Edit, ...]

    @property
    def number(self) -> int:
        return int(self.what.split()[0])


MISTAKES = [
    Mistake(
        "1 letting go is closed while somebody is flooded", "p01_letting_go_is_always_open", HEAT,
        (("choices:\n  let_go", "    tags: exit\n", "    tags: exit\n    when: not flooded\n"),),
    ),
    Mistake(
        "1 stopping takes one more page", "p01_and_stops_at_once", TO_THE_KITCHEN,
        (("stop", "to: stopped", "to: care_page"),),
    ),
    Mistake(
        "2 a way round that uses nothing up", "p02_no_play_is_endless",
        ("ask_how_long", "own_feeling"),
        (("own_feeling", "evening += 1, ", ""),),
    ),
    Mistake(
        "3 another choice leads back to together", "p03_only_the_partner_reconciles", PATIENT,
        (("part_as_friends", "to: friends", "to: reconciled"),),
    ),
    Mistake(
        "3 a yes that is not free counts", "p03_and_freely",
        (*PATIENT, "look_calling_it", "do_it_and_point"),
        (("stay_for_good", "when: free_yes and ", "when: "),),
    ),
    Mistake(
        "4 time apart begins without a yes", "p04_space_is_agreed", (*TO_THE_KITCHEN, *SPACE),
        (("length_2w", "do: break_length = 14d, to: space_agree",
          "do: [break_length = 14d, start(break)], to: apart"),),
    ),
    Mistake(
        "4 the partner cannot leave once there was a message", "p04_either_can_leave_space",
        (*TO_THE_KITCHEN, *SPACE),
        (("apart_over", "weight: 0\n", "weight: 0\n                when: not breach\n"),),
    ),
    Mistake(
        "5 after the last word the talk goes on", "p05_and_soon_over", PATIENT,
        (("take_the_no", "to: farewell", "to: kitchen"),),
    ),
    Mistake(
        "5 asking stays open when it is decided", "p05_no_more_asking",
        (*PATIENT, "enough_tonight", "propose_friends"),
        (("crossroads", "- decision = \"undecided\"\n", "- stop(pause)\n"),
         ("friendship_no", "do: leave += 1", "do: [leave += 1, decision = \"final\"]")),
    ),
    Mistake(
        "6 standing in the door has no consequence", "p06_a_threat_never_pays",
        (*PATIENT, "criticise", "block_door"),
        (("block_door", "[crossed = true, fear = true, leave += 1, trust -= 3]", "heat = 0"),
         ("block_door", "to: threatened", "to: listening")),
    ),
    Mistake(
        "7 the week without asking is left out", "p07_then_left_alone",
        (*TO_THE_KITCHEN, *PUSH),
        (("own_it", "to: their_boundary", "to: conduct"),),
    ),
    Mistake(
        "8 denying it makes them want to leave less", "p08_only_mending_lowers_leave",
        ("deny_it",),
        (("deny_it", "do: [evening += 1, ", "do: [evening += 1, leave -= 1, "),),
    ),
    Mistake(
        "8 who begged can have the best score", "p08_no_push_has_the_best_score",
        (*PATIENT, *PUSH, "hear_again", "write_letter", "letter_plain"),
        (("ending", "(0 if slipped or crossed else 1)", "(0 if crossed else 1)"),),
    ),
    Mistake(
        "9 a pressed-out yes counts", "p09_no_reconciling_in_fear",
        (*PATIENT, *PUSH, "hear_again", "write_letter", "letter_plain"),
        (("name_it", "do: complied = false", "do: pressure -= 1"),
         ("free_yes", "not complied and ", ""),
         ("beg", ", leave += 1]", "]")),
    ),
    Mistake(
        "10 a length of more than half a year", "p10_of_a_sane_length", (*TO_THE_KITCHEN, *SPACE),
        (("break_length", "84d", "200d"), ("length_12w", "84d", "200d")),
    ),
    Mistake(
        "10 a message takes the end away", "p10_apart_has_an_end", (*TO_THE_KITCHEN, *SPACE),
        (("write_just_checking", "- do: [slipped = true,", "- do: [stop(break), slipped = true,"),),
    ),
    Mistake(
        "11 it is extended again and again", "p11_extended_once", (*TO_THE_KITCHEN, *SPACE),
        (("review_extend", "when: not extended", "when: not crossed"),),
    ),
    Mistake(
        "11 from time apart straight home", "p11_and_nothing_else", (*TO_THE_KITCHEN, *SPACE),
        (("apart_breached", "break: review_breached", "break: kitchen"),),
    ),
    Mistake(
        "12 the message is not recorded", "p12_a_breach_is_recorded", (*TO_THE_KITCHEN, *SPACE),
        (("write_just_checking", "[slipped = true, breach = true,", "[slipped = true,"),),
    ),
    Mistake(
        "13 another chance is asked for without an apology", "p13_asking_has_a_price",
        (*PATIENT, "enough_tonight"),
        (("ask_chance", "apology_made and ", ""),),
    ),
    Mistake(
        "14 flooded, and the talk goes on", "p14_flooded_means_pause", HEAT,
        (("initial: doorstep\n            always", "- {when: flooded, to: flooded_out}", ""),),
    ),
    Mistake(
        "14 flooded, and there is a blow to strike", "p14_or_listening_or_an_end",
        (*HEAT, "flood_listen"),
        (("flood_listen", "tags: listen", "tags: attack"),),
    ),
    Mistake(
        "15 a word raises trust", "p15_words_alone_raise_no_trust",
        ("ask_how_long", "own_feeling"),
        (("own_feeling", "acceptance += 1", "trust += 1"),),
    ),
    Mistake(
        "15 a lie that was found out is forgotten", "p15_which_stays_down",
        (*TO_THE_KITCHEN, "swear_thats_all", "hear_again"),
        (("hear_again", "do: [heard = 3, ", "do: [heard = 3, trust_cap = 6, "),),
    ),
    Mistake(
        "16 a promise stays open where it is stopped", "p16_promises_end", PATIENT,
        (("stopped", "word = \"free\" if word == \"given\" else word", "stop(break)"),),
    ),
    Mistake(
        "16 together while a promise is owed", "p16_none_is_overdue", PATIENT,
        (("trust_rebuilt", "proofs >= 3 and word != \"given\"", "proofs >= 2"),
         ("keep_month", "word = \\\"free\\\" if word == \\\"given\\\" else word", "word = word")),
    ),
    Mistake(
        "17 who is not sure is let through", "p17_both_of_them", (*TO_THE_KITCHEN, *COUNSELLING),
        (("screen_unsure", "to: not_suitable", "to: screening_them"),),
    ),
    Mistake(
        "18 coming back together scores more", "p18_the_scale_is_one", PATIENT,
        (("score", "max: 5", "max: 6"),
         ("reconciled", "entry:\n", "entry:\n          do: score += 1\n")),
    ),
    Mistake(
        "18 letting go scores less", "p18_and_both_ways_reach_its_end", PATIENT,
        (("let_go:\n        type", "entry:\n", "entry:\n          do: score -= 1\n"),),
    ),
    Mistake(
        "19 nothing that is done can matter", "p19_good_conduct_can_matter", PATIENT,
        (("could_stay", "leave <= 3", "leave <= 2"),),
    ),
]  # fmt: skip


QUICK = (1, 2, 8, 15)  # properties whose mistakes come to light early; the rest takes a minute


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(
            mistake,
            id=mistake.what.replace(" ", "_"),
            marks=[] if mistake.number in QUICK and len(mistake.choices) < 5 else pytest.mark.slow,
        )
        for mistake in MISTAKES
    ],
)
def test_a_mistake_is_found_and_a_play_shows_it(tmp_path: Path, mistake: Mistake) -> None:
    outcome = proved(part(tmp_path, mistake.choices, mistake.edits), {mistake.breaks})
    (shown,) = outcome.promises
    assert shown.verdict is not None
    assert shown.verdict.verdict == "violated", shown.verdict.sentence
    assert shown.witness is not None, shown.doubt  # the runtime has played it
    assert shown.diagnostic is not None
    assert shown.diagnostic.code == "HL001"


def by_choices(mistakes: Iterable[Mistake]) -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for mistake in mistakes:
        found.setdefault(mistake.choices, set()).add(mistake.breaks)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("choices", "promises"), by_choices(MISTAKES).items())
def test_without_the_mistake_nothing_is_found(
    tmp_path: Path, choices: tuple[str, ...], promises: set[str]
) -> None:
    for shown in proved(part(tmp_path, choices), promises).promises:
        assert shown.verdict is not None
        assert shown.verdict.verdict == "proved", shown.verdict.sentence


def test_each_of_the_nineteen_has_its_mistake() -> None:
    assert {mistake.number for mistake in MISTAKES} == set(range(1, 20))
    promised = {promise.name for promise in bundled("reconciliation").machine.promises}
    assert {mistake.breaks for mistake in MISTAKES} <= promised
    assert {int(name[1:3]) for name in promised} == set(range(1, 21))


@pytest.mark.parametrize(
    ("edit", "about"),
    [
        (("criticise", "when: heat >= 1", "when: heat >= 1 and arousal < 0"), "criticise"),
        (("flooded", "arousal >= 3 or heat >= 3", "arousal >= 3 and arousal < 3"), "flooded"),
        (("flooded", "arousal >= 3 or heat >= 3", "arousal >= 0 or heat >= 3"), "flooded"),
    ],
)
def test_a_choice_or_a_guard_that_says_nothing_is_found_unasked(
    tmp_path: Path, edit: Edit, about: str
) -> None:
    """Of 19: every guard is true somewhere and false somewhere; every choice can be taken."""
    new = set(found_unasked(tmp_path, edit)) - said_of_it_as_it_is()
    assert any(f"'{about}'" in message for message in new)


def found_unasked(folder: Path, *edits: Edit) -> list[str]:
    graph = explore(part(folder, HEAT, edits).machine)
    return [each.diagnostic.message for each in find(graph)]


@cache
def said_of_it_as_it_is() -> frozenset[str]:
    with TemporaryDirectory() as folder:
        return frozenset(found_unasked(Path(folder)))


@pytest.mark.slow
def test_the_flagship_proves_all_that_it_promises() -> None:
    scenario = bundled("reconciliation")
    _, speakers = wanted(scenario.machine)
    keep = wanted_at(scenario.machine)
    outcome = judge(scenario, explore(scenario.machine, keep=keep, speakers=speakers))
    assert outcome.graph.is_whole
    for shown in outcome.promises:
        assert shown.verdict is not None
        assert shown.verdict.verdict == "proved", shown.verdict.sentence
        assert not shown.verdict.vacuous, shown.verdict.sentence
    assert outcome.is_good, [each.message for each in outcome.diagnostics]


TOLD = {
    "promise": {"open": "given", "broken": "broken", "kept": "free", "withdrawn": "free"},
    "apology": {"whole": "whole", "partial": "half", "spoiled": "half", "pleaded": "spent"},
}
"""What lines read, and what ways and properties read in its place, so that less is remembered."""


@pytest.mark.parametrize(("told", "decides"), [("promise", "word"), ("apology", "amends")])
def test_what_decides_says_the_same_as_what_is_told(told: str, decides: str) -> None:
    machine = bundled("reconciliation").machine
    blocks = [block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)]
    seen = 0
    for actions in [*(e.actions for e in machine.edges), *(block.actions for block in blocks)]:
        values = {
            action.target.name: constants(action.value)
            for action in actions
            if isinstance(action, Assign) and action.target.name in (told, decides)
        }
        assert values.keys() in ({told, decides}, set())
        if values:
            seen += 1
            assert {TOLD[told][str(value)] for value in values[told]} == values[decides]
    assert seen > 3
