"""What the terminal says: a play there, step by step, to compare other front ends with.

    steps = play(scenario, seed=7, answers={}, way=("ask_why", "wait", "let_go"))

Each step is what somebody does, what is said then, and the turn that it leads to.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from heartline.chance import draw
from heartline.clock import STORY_START
from heartline.frontends.asking import questions_of
from heartline.frontends.contract.driving import Wish
from heartline.frontends.terminal.output import Sentence
from heartline.frontends.terminal.record import Beginning
from heartline.frontends.terminal.session import Session
from heartline.frontends.wire import heard_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.turn import Choice, Said, Turn

__all__ = ["WAIT", "Step", "answers_for", "lines_for", "play", "play_at_random", "wish_of"]

WAIT = "wait"  # on a way: until the next thing runs out

_AT_ONCE = timedelta(0)


class Step(NamedTuple):
    """What happened: a choice that a role took, or so much time that passed; both are nothing at
    the beginning. `said` is what followed, and `turn` where that led."""

    choice: Choice | None
    passed: timedelta
    said: tuple[Said, ...]
    turn: Turn


def answers_for(scenario: Scenario, given: Mapping[str, str]) -> dict[str, str]:
    """What somebody answers to all that a scenario asks, who keeps what they are not given."""
    return {each.name: given.get(each.name, each.initial) for each in questions_of(scenario)}


def play(
    scenario: Scenario, seed: int, answers: Mapping[str, str], way: Sequence[str]
) -> list[Step]:
    """Play a way of choices, by their ids, and waits. Raises AssertionError where it cannot be
    gone."""
    session, steps = _begin(scenario, seed, answers)
    for what in way:
        steps.append(_go(session, None if what == WAIT else session.turn.find(what)))
    return steps


def play_at_random(
    scenario: Scenario, seed: int, answers: Mapping[str, str], most: int
) -> list[Step]:
    """Play by chance, of so many steps at most: each open choice is as likely as the next, and as
    letting time pass. The same for the same seed."""
    session, steps = _begin(scenario, seed, answers)
    while len(steps) <= most and not session.over:
        turn = session.turn
        moves: list[Choice | None] = [choice for choice in turn.choices if choice.enabled]
        if turn.deadlines:
            moves.append(None)
        if not moves:
            break
        steps.append(_go(session, moves[draw(seed, len(steps), len(moves))]))
    return steps


def wish_of(step: Step, choice: Choice) -> Wish:
    """A choice of the turn that a step led to, as the one who may take it sees it."""
    own = step.turn.seen_by(choice.role).choices
    return Wish(own.index(choice) + 1, choice.id, choice.label)


def lines_for(steps: Sequence[Step], role: str) -> list[tuple[str, str]]:
    """What one role heard on the way."""
    return [(line.name, line.text) for step in steps for line in heard_by(step.said, role)]


def _begin(scenario: Scenario, seed: int, answers: Mapping[str, str]) -> tuple[Session, list[Step]]:
    beginning = Beginning(seed, STORY_START.isoformat(), tuple(answers.items()))
    session = Session.begin(scenario, beginning)
    return session, [Step(None, _AT_ONCE, session.turn.lines, session.turn)]


def _go(session: Session, choice: Choice | None) -> Step:
    number, before = session.turn.number, session.now
    if choice is None:
        outputs = session.feed(":wait")
    else:
        outputs = session.take(choice.id, choice.role, number)
    refused = [each.text for each in outputs if isinstance(each, Sentence)]
    assert not refused, f"The terminal itself refuses: {refused[0]}"
    turn = session.turn
    said = turn.lines if turn.number != number else ()
    return Step(choice, session.now - before, said, turn)
