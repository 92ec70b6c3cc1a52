"""A way to each ending of each scenario that comes with Heartline, with the seed that leads there.

A test holds that each ending has one. Where a scenario has changed, `heartline simulate` finds
seeds, and its script the way.
"""

from __future__ import annotations

from typing import NamedTuple

from heartline.frontends.contract.plays import WAIT

__all__ = ["BUNDLED", "WAYS", "Known"]

BUNDLED = ("reconciliation", "breaking_bad_news")


class Known(NamedTuple):
    """A way through a scenario, and the outcome that it leads to."""

    scenario: str
    outcome: str
    seed: int
    way: tuple[str, ...]


WAYS = (
    Known("reconciliation", "stopped", 4711370312533232, ("stop",)),
    Known("reconciliation", "let_go", 4774527151250164, ("let_go",)),
    Known("reconciliation", "reconciled", 318804875611262, (
        "ask_why", "say_sorry", "explain_plainly", "take_responsibility", "say_repentance",
        "offer_repair", "leave_it_there", "do_the_promise", "do_it_quietly", WAIT, "hear_again",
        "ask_chance", "answer_plainly", "keep_month", WAIT, "look_honestly", "keep_quarter", WAIT,
        "ask_for_answer",
    )),
    Known("reconciliation", "friends", 7230928192722751, (
        "ask_why", "ask_open", "say_sorry", "explain_plainly", "leave_it_there", "write_letter",
        "letter_plain", "propose_friends", "friends_8w", WAIT, "hear_theirs_first",
    )),
    Known("breaking_bad_news", "adrift", 5103132997656651, ("tell_here", "leaflet")),
    Known("breaking_bad_news", "cut_short", 7415947650724930, (
        "tell_here", "not_here", WAIT, "break_off",
    )),
    Known("breaking_bad_news", "walked_out", 2281281706909311, (
        "tell_here", "not_here", "comfort_away", "go_on",
    )),
    Known("breaking_bad_news", "informed", 2704506386216868, (
        "read_file", "ask_for_time", "tell_here", "not_here", "name_it", "let_it_be_right",
        "to_the_plan", "offer_ways", "write_it_down", WAIT, WAIT, "go_through_it",
    )),
    Known("breaking_bad_news", "carried", 8951577117041277, (
        "read_file", "ask_in", "ask_company", "sit_close", "ask_view", "ask_wish", "warn", "say_it",
        "name_it", "ask_on", "to_the_plan", "offer_ways", "write_it_down", WAIT, WAIT,
        "go_through_it",
    )),
)  # fmt: skip
