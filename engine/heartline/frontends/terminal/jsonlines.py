"""Outputs as JSON objects for programs, one a line; the keys are stable.

Each object has "type". A "turn" is the whole of a turn; "began", "refused", "note", "warning",
"page", "saved" and "left" stand between turns. docs/cli.md describes each key, and a test holds
that description to what is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.frontends.terminal.output import Began, Page, Sentence, TurnShown
from heartline.frontends.wire import as_change, as_choice, as_deadline, as_line

if TYPE_CHECKING:
    from heartline.frontends.terminal.output import Output

__all__ = ["as_object"]


def as_object(output: Output) -> dict[str, Any] | None:
    """The JSON object of an output; None for those that only ask the player to do something."""
    if isinstance(output, TurnShown):
        return _turn(output)
    if isinstance(output, Sentence):
        return {
            "type": output.kind,
            "code": output.code,
            "message": output.text,
            "nearest": list(output.nearest),
        }
    if isinstance(output, Page):
        return {
            "type": "page",
            "page": output.name,
            "title": output.title,
            "rows": [
                {"name": row.name, "text": row.text, "depth": row.depth, "mark": row.mark}
                for row in output.rows
            ],
        }
    if isinstance(output, Began):
        return {
            "type": "began",
            "scenario": output.scenario,
            "version": output.version,
            "title": output.title,
            "seed": output.seed,
            "resumed": output.resumed,
        }
    return None


def _turn(shown: TurnShown) -> dict[str, Any]:
    turn = shown.turn
    return {
        "type": "turn",
        "turn": turn.number,
        "typed": shown.typed,
        "again": shown.again,
        "state": turn.state,
        "path": list(turn.path),
        "title": turn.title,
        "tags": list(turn.tags),
        "time": turn.time.isoformat(),
        "now": shown.now.isoformat(),
        "lines": [{**as_line(line), "cause": line.cause} for line in turn.lines],
        "choices": [as_choice(number, each) for number, each in enumerate(turn.choices, 1)],
        "deadlines": [as_deadline(each, shown.now) for each in turn.deadlines],
        "changes": [as_change(each) for each in turn.changes],
        "outcome": turn.outcome,
        "support": turn.support,
    }
