"""The pages that commands open: :why, :vars, :map, :log, :choices, :care and :help. All pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.durations import format_duration
from heartline.frontends.terminal.output import Output, Page, Row, Sentence
from heartline.frontends.terminal.words import COMMANDS
from heartline.words import humanise_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline import Conversation, Scenario
    from heartline.errors import HeartlineError
    from heartline.frontends.terminal.record import Record
    from heartline.frontends.terminal.words import Command
    from heartline.turn import Turn

__all__ = ["names", "page", "refusal_code", "shown_value", "words"]

HIDDEN = "(hidden)"  # what an explanation says in place of what no player may see


def page(
    name: str,
    argument: str,
    conversation: Conversation,
    scenario: Scenario,
    record: Record,
    seed: int,
) -> list[Output]:
    """The page of this name."""
    turn = conversation.turn
    if name == "why":
        return [_why(turn, conversation)]
    if name == "vars":
        return [_vars(turn)]
    if name == "map":
        return [_map(turn, scenario, record, everything=argument.lower() == "all")]
    if name == "log":
        return [_log(argument, record, seed)]
    if name == "choices":
        return [_choices(turn)]
    if name == "care":
        return [_care(turn)]
    return [_help(undo=scenario.machine.undo)]


def _why(turn: Turn, conversation: Conversation) -> Page:
    rows = []
    for choice in turn.choices:
        if not choice.enabled:
            reason = choice.reason or "it is closed"
            needs = conversation.explain(choice.id, role=choice.role)
            if needs.exact not in ("", HIDDEN) and reason != needs.text:
                reason = f"{reason} ({needs.exact})"  # the author's sentence, and the guard itself
            rows.append(Row(choice.label, reason, mark=choice.id))
    return Page("why", "Closed here", tuple(rows), "Nothing that is shown here is closed.")


def _vars(turn: Turn) -> Page:
    rows = tuple(
        Row(
            change.title,
            f"was {shown_value(change.before)}, is {shown_value(change.after)}",
            mark=change.name,
        )
        for change in turn.changes
    )
    return Page("vars", "Changed by the last step", rows, "The last step changed nothing visible.")


def _map(turn: Turn, scenario: Scenario, record: Record, *, everything: bool) -> Page:
    visited = {entry["state"] for entry in record.transcript}
    machine = scenario.machine
    rows: list[Row] = []
    for name, state in machine.states.items():
        here = name in turn.path
        parent = state.path[-2] if len(state.path) > 1 else None
        inside = parent is None or parent in turn.path
        if state.kind == "history" or not (everything or inside):
            continue
        been = any(name in machine.leaves[leaf].path for leaf in visited if leaf in machine.leaves)
        mark = "you are here" if here and name == turn.state else None
        mark = mark or ("you are in it" if here else "you were here" if been else None)
        rows.append(Row(state.title, depth=len(state.path) - 1, mark=mark))
    title = "Every state" if everything else "Where you are (:map all shows every state)"
    return Page("map", title, tuple(rows))


def _log(argument: str, record: Record, seed: int) -> Output:
    entries = record.transcript
    if argument:
        if not (argument.isascii() and argument.isdigit() and int(argument[:6]) > 0):
            return Sentence(
                "refused", "unclear_number", "Write :log, or :log and a number of turns: :log 5.",
                (":log", ":log 5"),
            )  # fmt: skip
        entries = entries[-int(argument[:6]) :]
    rows: list[Row] = []
    for entry in entries:
        typed = f", after {entry['typed']}" if entry["typed"] else ""
        rows.append(Row(f"Turn {entry['turn']}{typed}", mark="turn"))
        rows.extend(Row(line["name"], line["text"], depth=1) for line in entry["lines"])
        if entry["outcome"]:
            rows.append(Row("", f"The end: {entry['outcome'].replace('_', ' ')}.", depth=1))
    title = f"What has been said (with --seed {seed} it begins so again)"
    return Page("log", title, tuple(rows), "Nothing has been said yet.")


def _choices(turn: Turn) -> Page:
    rows = tuple(
        Row(
            choice.id,
            f"{choice.label} ({', '.join((choice.role, *choice.tags))})",
            mark=None if choice.enabled else "closed",
        )
        for choice in turn.choices
    )
    return Page("choices", "What a script can write here", rows, "There is nothing to choose.")


def _care(turn: Turn) -> Page:
    paragraphs = [text for text in (turn.support or "").splitlines() if text.strip()]
    return Page(
        "care",
        "Support",
        tuple(Row("", text) for text in paragraphs),
        "This scenario brings no list of places that help. If somebody is in danger, call the "
        "local emergency service. You can stop at any moment with :quit.",
    )


def _help(*, undo: bool) -> Page:
    rows = [Row("2", "Take a choice by its number, by its id, or by the beginning of its id.")]
    rows += [Row(word.usage, word.about) for word in _commands(undo)]
    return Page("help", "What you can type", tuple(rows))


def words(turn: Turn, *, undo: bool = True) -> list[str]:
    """Ids of open choices and all commands, for completion at a terminal; `undo` is whether turns
    can be taken back."""
    ids = [choice.id for choice in turn.choices if choice.enabled]
    return ids + [f":{command.name}" for command in _commands(undo)]


def _commands(undo: bool) -> list[Command]:
    return [command for command in COMMANDS if undo or command.name != "undo"]


def names(turn: Turn, record: Record, cast: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What to call each role that has a choice here; a name that varies is the last one heard."""
    roles = dict.fromkeys(choice.role for choice in turn.choices)
    return tuple((role, _name(role, record, cast)) for role in roles)


def _name(role: str, record: Record, cast: Mapping[str, str]) -> str:
    name = cast.get(role, role)
    if "{" not in name:
        return name
    for entry in reversed(record.transcript):
        for line in entry["lines"]:
            if line["speaker"] == role:
                return str(line["name"])
    return role.replace("_", " ").capitalize()


def shown_value(value: object) -> str:
    """A variable's value as players read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return f"{humanise_duration(value)} ({format_duration(value)})"
    if isinstance(value, str):
        return value.replace("_", " ") or "empty"
    return str(value)


def refusal_code(refusal: HeartlineError) -> str:
    """The stable word for an error: UnknownChoice becomes unknown_choice."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(refusal).__name__).lower()
