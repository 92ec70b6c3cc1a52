"""Promises, held beside a play. The tables of docs/properties.md are run here, row by row."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import heartline
from harness import bundled, story
from heartline import Choose, ManualClock, Scenario, Send, Tick, loads
from heartline.checking.monitor import Violation, Watch
from heartline.errors import CallerError
from heartline.expressions import BoolType, EnumType
from heartline.runtime import Step, start, step

PAGE = (Path(__file__).parents[1] / "docs" / "properties.md").read_text("utf-8")
NOW = ManualClock().now()
VISIT = re.search(r"^```yaml\n(heartline: 1\nid: visit\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| `(\w+: .+?)` \| ([\w ]+?) \| ([\w ]+?) \|$", PAGE, re.MULTILINE)


def promising(scenario: str, promises: str) -> Watch:
    """A scenario, with promises added."""
    return Watch(loads(f"{scenario}properties:\n{promises}"))


class Play:
    """One play beside a monitor; `broken` is what was broken, by which act."""

    def __init__(self, watch: Watch, **options: object) -> None:
        self.machine = watch.scenario.machine
        self.monitor = watch.monitor()
        self.broken: list[tuple[str, Violation]] = []
        self.step = start(self.machine, now=NOW, **options)  # type: ignore[arg-type]
        self.note("the beginning", self.monitor.began(self.step))

    def note(self, act: str, violations: tuple[Violation, ...]) -> None:
        self.broken += [(act, violation) for violation in violations]

    def do(self, *acts: str) -> Play:
        for act in acts:
            before = self.step.snapshot
            if act == "wait":
                self.take(act, step(self.machine, before, Tick(), before.deadlines[0].due))
            elif act.startswith("send "):
                self.take(act, step(self.machine, before, Send(act[5:]), before.time))
            else:
                self.take(act, step(self.machine, before, Choose(act), before.time))
        return self

    def take(self, act: str, taken: Step) -> None:
        self.step = taken
        self.note(act, self.monitor.stepped(taken))

    @property
    def names(self) -> list[str]:
        return [violation.name for _, violation in self.broken]

    @property
    def verdict(self) -> str:
        if self.broken:
            return f"broken by {self.broken[0][0]}"
        return "not tried" if self.monitor.vacuous else "kept"


# The page ---------------------------------------------------------------------------------------


def test_the_page_has_its_scenario_and_a_row_for_each_pattern_in_each_scope_it_can_have() -> None:
    assert VISIT
    for pattern in ("always", "never", "eventually", "whenever", "must", "of", "ends_within"):
        rows = [each for each, _, _ in ROWS if each.startswith(pattern)]
        assert any("after" not in each for each in rows), pattern
        scopes = ("after:",) if pattern == "must" else ("after:", "before:")
        scoped = [each for each in rows if any(scope in each for scope in scopes)]
        assert scoped, pattern


@pytest.mark.parametrize(("promise", "play", "verdict"), ROWS, ids=lambda each: str(each))
def test_what_the_page_says_of_a_play_is_so(promise: str, play: str, verdict: str) -> None:
    assert VISIT
    watch = promising(VISIT[1], f"  it: {{{promise}}}\n")
    assert Play(watch).do(*play.split()).verdict == verdict


# Violations -------------------------------------------------------------------------------------

SHOP = """\
heartline: 1
id: shop
version: 1.0.0
title: The shop
cast:
  you: {name: You}
  clerk: {name: The clerk, played_by: engine}
context:
  price: {type: int, min: 0, max: 9, initial: 5}
states:
  counter:
    choices:
      haggle: {do: price -= 2}
      pay: {to: paid}
  paid: {type: final, outcome: bought}
"""


def test_a_violation_says_what_where_and_why_once() -> None:
    watch = promising(
        SHOP, "  a_floor:\n    always: price >= 3\n    about: Nobody gives it away.\n"
    )
    play = Play(watch).do("haggle", "haggle", "haggle")
    assert len(play.broken) == 1
    act, found = play.broken[0]
    assert (act, found.name, found.turn) == ("haggle", "a_floor", 3)
    assert str(found.location) == "scenario.yaml:17:3"
    assert found.sentence == (
        "The promise 'a_floor' is broken in turn 3, at 'counter': price >= 3 does not hold "
        "(price is 1). It says: Nobody gives it away."
    )
    assert [promise.name for promise in play.monitor.broken] == ["a_floor"]


@pytest.mark.parametrize(
    ("promise", "acts", "words"),
    [
        ("never: price <= 1", "haggle haggle", "price <= 1 holds (price is 1)."),
        ("never: chosen(pay), after: price < 5", "haggle pay", "chosen(pay) holds after price < 5"),
        ("eventually: price == 0", "pay", "price == 0 did not come, until the end"),
        ("eventually: price == 0, before: at(paid)", "pay", "did not come, until at(paid)"),
        (
            "whenever: chosen(haggle), leads_to: price == 0",
            "haggle pay",
            "chosen(haggle) was not followed by price == 0, until the end",
        ),
        (
            "whenever: chosen(haggle), leads_to: at(paid), within: 1",
            "haggle haggle",
            "chosen(haggle) was not followed by at(paid), within one turn",
        ),
        ("must: price == 0, before: at(paid)", "pay", "at(paid) without price == 0 before it"),
        ("of: chosen(haggle), at_most: 1", "haggle haggle", "chosen(haggle) for more than once"),
        ("of: at(counter), at_most: 0", "", "at(counter) for more than 0 times"),
        ("ends_within: 2", "haggle haggle", "it is not over within 2 turns"),
    ],
)
def test_each_pattern_has_its_sentence(promise: str, acts: str, words: str) -> None:
    play = Play(promising(SHOP, f"  it: {{{promise}}}\n")).do(*acts.split())
    assert words in play.broken[0][1].sentence


def test_a_promise_can_be_broken_by_the_beginning() -> None:
    play = Play(promising(SHOP, "  cheap: {always: price < 5}\n"))
    assert play.verdict == "broken by the beginning"


def test_several_promises_are_broken_in_one_moment_each_by_itself() -> None:
    promises = "  a: {always: price > 3}\n  b: {never: price == 3}\n  c: {always: price > 1}\n"
    play = Play(promising(SHOP, promises)).do("haggle")
    assert play.names == ["a", "b"]
    assert play.do("haggle").names == ["a", "b", "c"]


def test_to_undo_a_turn_the_marks_are_put_back() -> None:
    play = Play(promising(SHOP, "  once: {of: chosen(haggle), at_most: 1}\n")).do("haggle")
    marks, before = play.monitor.marks, play.step
    other = play.monitor.copy()
    assert play.do("haggle").names == ["once"]
    play.monitor.marks, play.step, play.broken = marks, before, []
    assert play.do("haggle").names == ["once"]
    assert other.marks == marks


def test_a_promise_that_no_play_can_decide_is_listed_and_not_held() -> None:
    watch = promising(
        SHOP, "  way_out: {always: can_reach(outcome(bought))}\n  it: {ends_within: 1}\n"
    )
    assert [promise.name for promise in watch.unmonitored] == ["way_out"]
    assert [promise.name for promise in watch.promises] == ["it"]


def test_a_scenario_without_promises_is_watched_all_the_same() -> None:
    watch = Watch(loads(SHOP))
    assert Play(watch).do("haggle", "pay").verdict == "kept"


def test_a_step_that_notes_no_moments_is_refused_in_a_sentence() -> None:
    scenario = loads(f"{SHOP}properties:\n  it: {{ends_within: 1}}\n")
    plain = start(scenario.machine, now=NOW)
    assert plain.moments == ()
    with pytest.raises(CallerError, match=r"play the scenario of its Watch"):
        Watch(scenario).monitor().began(plain)


def test_a_machine_that_is_watched_plays_as_before() -> None:
    scenario = loads(SHOP)
    watched = Watch(scenario).scenario.machine
    assert not scenario.machine.watched
    assert watched.watching() is watched
    assert start(scenario.machine, now=NOW) == start(watched, now=NOW)._replace(moments=())


def test_the_end_of_a_turn_asks_for_no_happenings() -> None:
    promise = "whenever: price < 5, leads_to: price == 0, within: 1, before: chosen(pay)"
    play = Play(promising(SHOP, f"  it: {{{promise}}}\n")).do("haggle", "haggle")
    assert "was not followed by price == 0, within one turn" in play.broken[0][1].sentence


# Moments ----------------------------------------------------------------------------------------

ROUND = """\
context:
  mood: {type: int, min: 0, max: 5, initial: 0}
timers:
  tea: {length: 10m}
  cake: {length: 10m}
states:
  table:
    entry: {do: [start(tea), start(cake)]}
    choices:
      ask: {to: theirs}
      stay: {do: mood += 1}
    events:
      knock: {do: mood = 5}
    after:
      tea: {do: mood += 1}
  theirs:
    choices:
      smile: {by: other, do: mood += 1, say: Yes., to: mine, tags: [warm]}
  mine:
    choices:
      frown: {by: other, do: mood = 0, say: {other: No., when: mood > 3}, to: table}
"""


def round_of(promises: str) -> Watch:
    return Watch(story(f"{ROUND}properties:\n{promises}"))


def test_each_draw_of_the_engine_is_a_moment_of_its_own() -> None:
    watch = round_of(
        "  up: {eventually: mood > 0, before: chosen(frown)}\n"
        "  together: {never: chosen(smile) and chosen(frown)}\n"
        "  never_theirs: {never: at(theirs)}\n"
    )
    play = Play(watch).do("ask")
    assert [len(play.step.moments), play.names] == [3, ["never_theirs"]]


def test_said_is_about_lines_that_were_really_said() -> None:
    watch = round_of("  silent: {never: said(other) and chosen(frown)}\n")
    assert Play(watch).do("ask").names == []
    assert Play(watch).do("stay", "stay", "stay", "ask").names == ["silent"]


def test_a_tag_is_of_the_choice_that_was_drawn_too() -> None:
    assert Play(round_of("  it: {never: tag(warm)}\n")).do("ask").names == ["it"]


def test_timers_that_run_out_together_are_two_moments_also_where_one_is_not_handled() -> None:
    watch = round_of(
        "  tea_first: {must: expired(tea), before: expired(cake)}\n"
        "  one_alone: {never: expired(tea) and not expired(cake)}\n"
    )
    play = Play(watch).do("wait")
    assert [len(play.step.moments), play.names] == [2, ["one_alone"]]


def test_an_event_is_a_moment() -> None:
    assert Play(round_of("  it: {never: mood == 5}\n")).do("send knock").names == ["it"]


def test_what_always_passes_through_is_no_moment_but_what_is_said_there_is_heard() -> None:
    watch = Watch(
        story(
            """\
            states:
              home: {choices: {go: {to: corner, tags: [brave]}}}
              corner: {entry: {say: {other: Hey!}}, always: {to: street}}
              street: {choices: {back: {to: home}}}
            properties:
              a: {never: at(corner)}
              b: {never: chosen(go) and said(other) and at(street) and tag(brave)}
            """
        )
    )
    assert Play(watch).do("go").names == ["b"]


def test_a_timer_stops_with_the_play_in_its_last_moment() -> None:
    watch = Watch(
        story(
            """\
            timers: {egg: {length: 5m}}
            states:
              kitchen: {entry: {do: start(egg)}, choices: {go: {to: out}}}
              out: {type: final, outcome: hungry}
            properties:
              it: {never: outcome(hungry) and running(egg)}
            """
        )
    )
    assert Play(watch).do("go").verdict == "kept"


def test_turns_of_time_count_like_those_of_persons() -> None:
    watch = round_of("  it: {whenever: chosen(stay), leads_to: mood == 4, within: 1}\n")
    assert Play(watch).do("stay", "wait").names == ["it"]


# Included files ---------------------------------------------------------------------------------


def included(folder: Path, promises: str, done: str = "on") -> Watch:
    (folder / "talk.yaml").write_text(
        f"""\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast: {{you: {{name: You}}}}
context:
  words: {{type: int, min: 0, max: 3, initial: 0}}
states:
  talking:
    choices:
      speak: {{do: words += 1}}
      nod: {{to: agreed}}
  agreed: {{type: final, outcome: agreed}}
properties:
{promises}""",
        "utf-8",
    )
    (folder / "scenario.yaml").write_text(
        f"""\
heartline: 1
id: outside
version: 1.0.0
title: Outside
cast: {{you: {{name: You}}}}
choices:
  break_off: {{to: on}}
states:
  session: {{include: talk.yaml, done: {{agreed: {done}}}}}
  on:
    choices:
      again: {{to: session}}
      close: {{to: closed}}
  closed: {{type: final, outcome: closed}}
""",
        "utf-8",
    )
    return Watch(heartline.load(folder))


def test_an_included_file_promises_for_its_own_play(tmp_path: Path) -> None:
    watch = included(tmp_path, "  heard: {eventually: words > 0}\n")
    assert [promise.name for promise in watch.promises] == ["session.heard"]
    play = Play(watch).do("speak", "nod", "again")
    assert play.verdict == "kept"
    assert play.do("nod").verdict == "broken by nod"
    assert play.broken[0][1].location.file.endswith("talk.yaml")


def test_a_stay_that_is_broken_off_owes_nothing_and_the_next_begins_anew(tmp_path: Path) -> None:
    watch = included(tmp_path, "  heard: {eventually: words > 0}\n  short: {ends_within: 2}\n")
    play = Play(watch).do("break_off", "again", "speak", "break_off", "again")
    assert play.verdict == "kept"
    assert play.do("speak", "speak").names == ["session.short"]


def test_outside_of_an_included_file_its_promises_are_not_held(tmp_path: Path) -> None:
    watch = included(tmp_path, "  here: {always: at(talking) or at(agreed)}\n")
    play = Play(watch).do("nod", "again", "break_off", "close")
    assert play.verdict == "kept"


def test_the_outcome_of_an_included_file_is_its_own(tmp_path: Path) -> None:
    watch = included(tmp_path, "  it: {never: outcome(agreed) and words == 2}\n")
    assert Play(watch).do("speak", "nod").names == []
    assert Play(watch).do("speak", "speak", "nod").names == ["session.it"]


def test_a_file_that_ends_where_it_begins_again_is_two_plays(tmp_path: Path) -> None:
    watch = included(tmp_path, "  once: {of: chosen(speak), at_most: 1}\n", done="session")
    play = Play(watch).do("speak", "nod", "speak")
    assert play.verdict == "kept"
    assert play.do("speak").verdict == "broken by speak"


# The flagship -----------------------------------------------------------------------------------


@cache
def flagship() -> Watch:
    return Watch(bundled("reconciliation"))


def wander(watch: Watch, chance: random.Random, most: int = 250) -> Play:
    """A random play that does not give up at once."""
    scenario, machine = watch.scenario, watch.scenario.machine
    inputs: dict[str, object] = {}
    for name, slot in scenario.inputs.items():
        if isinstance(slot.type, EnumType):
            inputs[name] = chance.choice(slot.type.values)
        elif isinstance(slot.type, BoolType):
            inputs[name] = chance.random() < 0.5
    engine = [role.id for role in machine.roles.values() if role.engine]
    persons = engine if chance.random() < 0.3 else []
    play = Play(watch, seed=chance.getrandbits(30), inputs=inputs, persons=persons)
    for _ in range(most):
        snapshot = play.step.snapshot
        leaf = machine.leaves[snapshot.state]
        offered = [
            spec.id
            for spec in leaf.choices
            if (not machine.roles[spec.role].engine or spec.role in persons)
            and spec.enabled(snapshot.frame)
        ]
        staying = [each for each in offered if each not in ("stop", "let_go")]
        if leaf.final or (not offered and not snapshot.deadlines):
            break
        if snapshot.deadlines and (not staying or chance.random() < 0.3):
            play.do("wait")
        else:
            play.do(chance.choice(staying if staying and chance.random() < 0.97 else offered))
    return play


@given(st.integers(min_value=0))
def test_random_plays_of_the_flagship_break_no_promise(seed: int) -> None:
    play = wander(flagship(), random.Random(seed))
    assert [violation.sentence for _, violation in play.broken] == []


def test_the_flagships_promises_are_put_to_the_test() -> None:
    tried = 0
    for seed in range(400):
        tried |= wander(flagship(), random.Random(seed)).monitor.marks.tried
    missing = [each.name for n, each in enumerate(flagship().promises) if not tried >> n & 1]
    assert len(missing) <= 6, missing


def test_what_is_skipped_for_speed_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`stir` only says which promises cannot move; looking at all of them finds the same."""
    assert VISIT
    rows = "".join(f"  p{n}: {{{promise}}}\n" for n, (promise, _, _) in enumerate(ROWS))
    quick, slow = promising(VISIT[1], rows), promising(VISIT[1], rows)
    every = [(n, bool) for n in slow.outer]  # a frame is never empty
    monkeypatch.setattr(slow, "stirs", lambda _: every)
    for seed in range(60):
        one, other = (wander(each, random.Random(seed), 12) for each in (quick, slow))
        assert one.names == other.names
        assert one.monitor.marks == other.monitor.marks
        assert isinstance(one.monitor.watch.scenario, Scenario)
