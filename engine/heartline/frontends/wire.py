"""Turns, what happened, and refusals as JSON objects: the same for every front end that talks to
programs. Pure.

Each is made for one role, and holds what that role may see: its own choices, no line that is meant
for another, no hidden variable.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heartline.durations import format_duration
from heartline.errors import ChoiceClosed, HeartlineError, StaleTurn
from heartline.frontends.asking import questions_of
from heartline.reasons import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartline.conversation import Scenario
    from heartline.frontends.asking import Question
    from heartline.host.values import Answer, Happened
    from heartline.plan import RoleInfo
    from heartline.turn import Change, Choice, Deadline, Said, Turn

__all__ = [
    "as_answer",
    "as_change",
    "as_choice",
    "as_deadline",
    "as_happened",
    "as_line",
    "as_question",
    "as_refusal",
    "as_scenario",
    "as_turn",
    "code_of",
    "heard_by",
]

_NO_DAY = datetime.min.replace(tzinfo=UTC)  # names speak of no time


def heard_by(lines: Iterable[Said], role: str) -> tuple[Said, ...]:
    """The lines without those that are meant for another role."""
    return tuple([line for line in lines if line.only_to in (None, role)])


def as_answer(answer: Answer, scenario: Scenario, role: str, now: datetime) -> dict[str, Any]:
    """Where a conversation stands, for one seat. It names no id and no reference: who has those
    could reach what is meant for others."""
    return {
        "scenario": _as_title(scenario),
        "role": role,
        "status": answer.status,
        "sequence": answer.sequence,
        "now": max(now, answer.turn.time).isoformat(),
        "turn": as_turn(answer.turn, role, now),
    }


def as_turn(turn: Turn, role: str, now: datetime) -> dict[str, Any]:
    """A turn as one role sees it. `left` of a deadline is in whole seconds, from `now` on."""
    seen = turn.seen_by(role)
    return {
        "number": seen.number,
        "state": seen.state,
        "path": list(seen.path),
        "title": seen.title,
        "tags": list(seen.tags),
        "time": seen.time.isoformat(),
        "lines": [as_line(line) for line in seen.lines],
        "choices": [as_choice(number, each) for number, each in enumerate(seen.choices, 1)],
        "deadlines": [as_deadline(each, now) for each in seen.deadlines],
        "changes": [as_change(each) for each in seen.changes],
        "outcome": seen.outcome,
        "support": seen.support,
    }


def as_line(line: Said) -> dict[str, Any]:
    """A line that was said."""
    return {
        "speaker": line.speaker,
        "name": line.name,
        "text": line.text,
        "only_to": line.only_to,
    }


def as_choice(number: int, choice: Choice) -> dict[str, Any]:
    """A choice, with the number that it has in its turn."""
    return {
        "number": number,
        "id": choice.id,
        "label": choice.label,
        "role": choice.role,
        "enabled": choice.enabled,
        "reason": choice.reason,
        "tags": list(choice.tags),
    }


def as_deadline(deadline: Deadline, now: datetime) -> dict[str, Any]:
    """Something that runs out."""
    return {
        "timer": deadline.timer,
        "title": deadline.title,
        "due": deadline.due.isoformat(),
        "left": int(max((deadline.due - now).total_seconds(), 0)),
    }


def as_happened(happened: Happened, role: str) -> dict[str, Any]:
    """An entry of a conversation's log. Which choice somebody else took is not told: its id may
    say more than the lines that this role heard."""
    mine = happened.role in (None, role)
    return {
        "sequence": happened.sequence,
        "kind": happened.kind,
        "at": happened.at.isoformat(),
        "turn": happened.turn,
        "state": happened.state,
        "outcome": happened.outcome,
        "lines": [as_line(line) for line in heard_by(happened.said, role)],
        "choice": happened.choice if mine else None,
        "late": None if happened.late is None else happened.late.total_seconds(),
    }


def as_scenario(scenario: Scenario) -> dict[str, Any]:
    """What a scenario is called, who takes part, and what it wants to know at the start."""
    return {
        **_as_title(scenario),
        "about": scenario.file.about,
        "roles": [_as_role(scenario, role) for role in scenario.machine.roles.values()],
        "questions": [as_question(each) for each in questions_of(scenario)],
    }


def _as_role(scenario: Scenario, role: RoleInfo) -> dict[str, Any]:
    """Somebody who takes part. The name is the one where nothing is answered at the start."""
    machine = scenario.machine
    moment = Moment(machine, machine.initial_frame(), (), _NO_DAY)
    name = role.name.render(moment) or role.id.replace("_", " ")
    return {"id": role.id, "name": name, "engine": role.engine}


def _as_title(scenario: Scenario) -> dict[str, Any]:
    """Which scenario it is, and the language of its texts."""
    return {
        "id": scenario.id,
        "version": scenario.version,
        "title": scenario.title,
        "language": scenario.machine.language,
    }


def as_question(question: Question) -> dict[str, Any]:
    """Something that the scenario wants to know at the start. An answer is one of `options` by its
    value where there are any, and else of the kind; a number goes from `min` to `max`. What a text
    is kept for has to be shown."""
    return {
        "name": question.name,
        "prompt": question.prompt,
        "kind": question.kind,
        "initial": question.initial,
        "min": question.least,
        "max": question.most,
        "kept_for": question.kept_for,
        "options": [{"value": value, "label": label} for value, label in question.options],
    }


def as_refusal(error: HeartlineError) -> dict[str, Any]:
    """Why something was not done: a stable code, and the sentence."""
    told: dict[str, Any] = {"code": code_of(error), "message": str(error)}
    if isinstance(error, ChoiceClosed):
        told["reason"] = error.reason
    if isinstance(error, StaleTurn):
        told["current"] = error.current
    return told


def code_of(error: HeartlineError) -> str:
    """The stable code of a refusal, as in unknown_choice."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def as_change(change: Change) -> dict[str, Any]:
    """A visible variable that has another value now."""
    return {
        "name": change.name,
        "title": change.title,
        "before": _plain(change.before),
        "after": _plain(change.after),
    }


def _plain(value: object) -> object:
    return format_duration(value) if isinstance(value, timedelta) else value
