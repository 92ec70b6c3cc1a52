"""The fixed round of inputs that every contender plays, and where each input leads.

One round visits all twelve states that are not final and ends where it began, with every number
as it was at the start, so a contender can play it for ever and each round does the same work.
`WAIT` stands for a week that passes: contenders with a clock of their own are given the time,
the others get an event.
"""

from __future__ import annotations

from datetime import timedelta

__all__ = ["EVENTS", "INITIAL", "NUMBERS", "ROUND", "STATES", "WAIT", "WEEK"]

WAIT = "pause_over"
WEEK = timedelta(days=7)
INITIAL = "doorstep"
NUMBERS = {"heard": 0, "heat": 1, "trust": 2, "kept": 0, "extended": 0}
"""The numbers at the start, and again at the end of every round."""

ROUND: tuple[tuple[str, str], ...] = (
    ("ask", "listening"),
    ("nod", "listening"),  # stays inside: nothing is left, nothing is entered
    ("reflect", "listening"),  # leaves and enters again
    ("defend", "storm"),
    ("shout", "storm"),
    ("cool_down", "doorstep"),
    ("ask", "listening"),
    ("own_up", "apology"),
    ("take_responsibility", "apology"),
    ("ask_for_chance", "space"),  # the first branch does not hold, the second does
    ("write_anyway", "space"),
    (WAIT, "review"),
    ("extend", "space"),
    (WAIT, "review"),
    ("come_back", "second_chance"),
    ("keep_promise", "second_chance"),
    ("make_plan", "planning"),
    ("agree", "rota"),
    ("do_your_share", "rota"),
    ("do_your_share", "rota"),
    ("visit_friends", "friends"),
    ("remember", "memory"),
    ("go_home", "home"),
    ("begin_again", "doorstep"),
)
EVENTS = tuple(event for event, _ in ROUND)
STATES = tuple(state for _, state in ROUND)
