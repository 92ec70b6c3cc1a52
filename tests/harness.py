"""What the engine's tests share: a scenario from a few lines, and a conversation to play it."""

from __future__ import annotations

from functools import cache
from textwrap import dedent, indent

from heartline import Conversation, ManualClock, Scenario, load, loads

HEAD = """\
heartline: 1
id: story
version: 1.0.0
title: A story
cast:
  you: {name: You}
  other: {name: Kim, pronouns: she, played_by: engine}
"""


def story(body: str, head: str = HEAD) -> Scenario:
    """A scenario: the usual head, and what the test is about."""
    return loads(head + dedent(body))


@cache  # to compile one of them takes a third of a second, and nothing changes what came of it
def bundled(name: str) -> Scenario:
    """A scenario that comes with Heartline."""
    return load(name)


def play(scenario: Scenario | str, seed: int = 1, **options: object) -> Conversation:
    """A conversation on a clock that stands still."""
    if isinstance(scenario, str):
        scenario = story(scenario)
    # mypy cannot tell inputs from the other arguments that a test passes on.
    return scenario.start(seed=seed, clock=ManualClock(), **options)  # type: ignore[arg-type]


def value(conversation: Conversation, name: str) -> object:
    """What a variable holds."""
    machine = conversation.scenario.machine
    return conversation.position.frame[machine.layout["var", name]]


def said(conversation: Conversation) -> list[str]:
    """The lines of the present turn, speaker first."""
    return [f"{line.speaker}: {line.text}" for line in conversation.turn.lines]


def enabled(conversation: Conversation) -> list[str]:
    """The choices that can be taken."""
    return [choice.id for choice in conversation.turn.choices if choice.enabled]


def nested(text: str, by: int = 2) -> str:
    """A block of text, moved to the right."""
    return indent(dedent(text), " " * by)
