"""What is known to follow at a place is what the runtime works out there, at whatever time, with
whatever chance, and whatever is kept in memory."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import bundled, story
from heartline import Choose, HeartlineError, Scenario, Send, Tick, following, rendering, start
from heartline.following import follow, look
from heartline.loader import bundled_scenarios
from heartline.rendering import changed, render
from heartline.runtime import step
from heartline.snapshot import Input, Snapshot

HOURS = (0, 0, 0, 1, 5, 30, 200, 2000)


def both(scenario: Scenario, snapshot: Snapshot, input: Input, now: datetime) -> Snapshot:
    """What follows either way, which is the same."""
    machine = scenario.machine
    worked_out: object
    try:
        done = step(machine, snapshot, input, now)
        worked_out = done.snapshot, render(machine, done), changed(machine, done)
    except HeartlineError as error:
        with pytest.raises(type(error), match=f"^{re.escape(str(error))}$"):
            follow(machine, snapshot, input, now)
        return snapshot
    found = follow(machine, snapshot, input, now)
    assert tuple(found) == worked_out
    assert type(found.snapshot) is Snapshot
    seen = rendering.look(machine, *found)
    assert look(machine, *found) == look(machine, *found) == seen
    return found.snapshot


def walk(scenario: Scenario, seed: int, persons: tuple[str, ...] = (), steps: int = 30) -> None:
    chance = random.Random(seed)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(1000))
    machine = scenario.machine
    try:
        snapshot = start(machine, seed=seed, now=now, persons=persons).snapshot
    except HeartlineError:
        return
    for _ in range(steps):
        now += timedelta(hours=chance.choice(HOURS))
        choices = [spec.id for spec in machine.leaves[snapshot.state].choices] or ["none"]
        turn = chance.choice([None, None, snapshot.turn, snapshot.turn - 1])
        inputs = [Tick(), Send("ring", turn), *[Choose(each, turn) for each in choices * 3]]
        snapshot = both(scenario, snapshot, chance.choice(inputs), now)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether what followed was known, each time that it may have been."""
    noted: list[bool] = []
    known = following._found

    def note(*arguments: object) -> object:
        result = known(*arguments)  # type: ignore[arg-type]
        noted.append(result is not None)
        return result

    monkeypatch.setattr(following, "_found", note)
    return noted


@pytest.mark.parametrize("name", bundled_scenarios())
def test_walks_through_bundled_scenarios(name: str, found: list[bool]) -> None:
    scenario = bundled(name)
    scenario.machine.followed.clear()
    for seed in range(60):
        walk(scenario, seed)
    assert sum(found) > 20


@pytest.mark.usefixtures("short_loops")
@given(scenarios(), st.integers(0, 1000), st.sampled_from([(), ("other",)]))
def test_walks_through_generated_scenarios(text: str, seed: int, persons: tuple[str, ...]) -> None:
    scenario = made_of(text)
    for each in range(seed, seed + 4):
        walk(scenario, each, persons)


TIMERS = """
timers:
  tea: {length: 3h}
  walk: {length: 5h}
  nap: {length: 0h}
  long: {length: 36000d}
context:
  cups: {type: int, min: 0, max: 9, initial: 0}
states:
  hall:
    entry: {do: [start(tea), start(long)]}
    choices:
      again: {do: [start(tea), cups += 1]}
      nap: {do: start(nap)}
      none: {do: stop(tea)}
      both: {do: [start(walk), start(tea)], say: "{cups} cups."}
      today: {say: "It is {today}."}
      when: {say: "Until {tea.due}."}
      any: {say: [{other: [One., Two.]}]}
    after:
      tea: {do: [start(tea), cups += 1], say: "Tea is over."}
      walk: {to: out}
      nap: {do: cups += 2}
  out:
    choices: {back: {to: hall}}
"""


def begun(days: int = 0, seed: int = 1) -> tuple[Scenario, Snapshot, datetime]:
    scenario = story(TIMERS)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    return scenario, start(scenario.machine, seed=seed, now=now).snapshot, now


def test_timers_run_from_when_they_are_started_here(found: list[bool]) -> None:
    scenario, _, _ = begun()
    machine = scenario.machine
    for hour in range(40):
        now = datetime(2026, 1, 1, hour % 24, hour, tzinfo=UTC)
        snapshot = start(machine, seed=hour, now=now).snapshot
        for number, choice in enumerate(("both", "again", "nap", "none", "both", "again")):
            moment = now + timedelta(minutes=7 * number + hour)
            snapshot = both(scenario, snapshot, Choose(choice), moment)
        late = moment + timedelta(hours=3, minutes=hour)
        snapshot = both(scenario, snapshot, Tick(), late)
        both(scenario, snapshot, Tick(), late + timedelta(hours=1 + hour))
    assert sum(found) > 200


def test_a_timer_that_expires_late_lets_others_expire_that_it_starts(found: list[bool]) -> None:
    scenario, snapshot, now = begun()
    for hours in (3, 4, 5.9, 6, 7, 9, 3, 40):
        both(scenario, snapshot, Tick(), now + timedelta(hours=hours))
    assert found == [True] * 2 + [False] * 3 + [True] + [False]


def test_what_speaks_of_time_is_worked_out_each_time(found: list[bool]) -> None:
    scenario, first, now = begun()
    for minutes in range(5):
        both(scenario, first, Choose("when"), now + timedelta(minutes=minutes))
        both(scenario, first, Choose("today"), now + timedelta(days=minutes))
    assert found == []


def test_one_of_several_texts_is_drawn_each_time(found: list[bool]) -> None:
    scenario, first, now = begun()
    for seed in range(50):
        both(scenario, first._replace(seed=seed, turn=seed % 7), Choose("any"), now)
    assert found == [True] * 49


def test_where_the_years_end_it_is_worked_out(found: list[bool]) -> None:
    scenario, _, _ = begun()
    for year in (9999, 2026, 2027, 9999):
        now = datetime(year, 12, 31, 22, tzinfo=UTC)
        both(scenario, start(scenario.machine, now=now).snapshot, Choose("both"), now)
    assert found == [True, False]


CHOICES = """
timers:
  tea: {length: 3h}
context:
  cups: {type: int, min: 0, max: 9, initial: 0}
states:
  hall:
    entry: {do: start(tea)}
    choices:
      drink: {do: cups += 1, label: "Drink cup {cups}", to: hall}
    after: {tea: {to: day}}
  day:
    choices:
      read: {label: "Read the paper of {today}"}
      wait: {to: hall}
      go: {to: night}
  night:
    entry: {do: start(tea)}
    choices:
      sleep: {when: cups > 5, why: "Sleep comes in {tea.left}."}
"""


def test_what_can_be_chosen_is_told_as_it_is_now() -> None:
    scenario = story(CHOICES)
    machine = scenario.machine
    now = datetime(2026, 1, 1, tzinfo=UTC)
    snapshot = start(machine, now=now).snapshot
    told = []
    for what, hours in ((Choose("drink"), 0), (Tick(), 23), (Choose("go"), 23)):
        snapshot = step(machine, snapshot, what, now + timedelta(hours=hours)).snapshot
        for later in range(2):
            moved = snapshot._replace(time=snapshot.time + timedelta(hours=later))
            turn = look(machine, moved, (), ())
            told.append(turn.choices[0].reason or turn.choices[0].label)
    assert told == [
        "Drink cup 1", "Drink cup 1", "Read the paper of Thursday 1 January 2026",
        "Read the paper of Friday 2 January 2026", "Sleep comes in three hours.",
        "Sleep comes in two hours.",
    ]  # fmt: skip


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_MOST", 3)
    scenario = story(
        "context: {cups: {type: int, min: 0, max: 9, initial: 0}}\n"
        "states: {hall: {choices: {drink: {do: cups += 1}}}}\n"
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    snapshot = start(scenario.machine, now=now).snapshot
    for _ in range(9):
        snapshot = both(scenario, snapshot, Choose("drink"), now)
        assert 1 <= len(scenario.machine.followed) <= 3
        assert 1 <= len(scenario.machine.looked) <= 3


def test_what_is_no_answer_is_refused_where_the_right_one_is_known(found: list[bool]) -> None:
    scenario, snapshot, now = begun()
    for role in (None, "you"):
        assert both(scenario, snapshot, Choose("both", snapshot.turn, role), now) != snapshot
    wrong: dict[str, tuple[object, ...]] = {
        "StaleTurn": ("both", 9),
        "CallerError": ("both", "0"),
        "UnknownChoice": ("both", snapshot.turn, ["you"]),
    }
    for kind, answer in wrong.items():
        with pytest.raises(HeartlineError) as refused:
            follow(scenario.machine, snapshot, Choose(*answer), now)  # type: ignore[arg-type]
        assert type(refused.value).__name__ == kind
    assert found == []


def test_words_of_another_version_are_not_taken_over() -> None:
    texts = ("One.", "Two.")
    both_of_them = [story(f"states: {{a: {{choices: {{go: {{say: {text}}}}}}}}}") for text in texts]
    assert len({each.machine.fingerprint for each in both_of_them}) == 1
    for scenario, text in zip(both_of_them, texts, strict=True):
        now = datetime(2026, 1, 1, tzinfo=UTC)
        snapshot = start(scenario.machine, now=now).snapshot
        for _ in range(2):
            (line,) = follow(scenario.machine, snapshot, Choose("go"), now).said
            assert line.text == text
