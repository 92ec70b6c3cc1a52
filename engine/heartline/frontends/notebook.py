"""A conversation and a scenario as a notebook shows them: Jupyter asks for HTML or Markdown. Pure,
but for the drawing of a diagram, which Graphviz may do.

The HTML has no script and no style, so that it looks as the notebook does, dark or light, and every
text in it is escaped. It holds what a Turn holds, so no hidden variable, and no line that is meant
for a role of the engine.
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

from heartline.diagram import DrawingFailed, draw
from heartline.reasons import Moment
from heartline.words import humanise_date, humanise_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.conversation import Conversation, Scenario
    from heartline.machine import Machine
    from heartline.turn import Choice, Deadline, Said, Turn

__all__ = ["conversation_html", "conversation_markdown", "scenario_html", "scenario_markdown"]

_DAY = timedelta(days=1)
_MARKED = re.compile(r"[\\`*_\[\]|~$]")  # what means something to Markdown anywhere in a text,
_BEGINS = re.compile(r"^(\d*)([-+#=.)])")  # and at its beginning


# Conversations ----------------------------------------------------------------------------------


def conversation_html(conversation: Conversation) -> str:
    """The present turn: what was said, what runs out, and what can be chosen, with the ids that
    `choose` takes."""
    turn = conversation.turn
    parts = [f"<p><strong>{_html(turn.title)}</strong></p>"]
    parts += [f"<p>{_said_html(line, conversation)}</p>" for line in _heard(conversation, turn)]
    parts += [f"<p>{_html(_left(each, conversation))}</p>" for each in turn.deadlines]
    for start, whose, choices in _by_role(turn, conversation):
        rows = "".join(f"<li>{_choice_html(choice)}</li>" for choice in choices)
        parts.append(f'<p>{_html(whose)}</p><ol start="{start}">{rows}</ol>')
    parts += [f"<p>{_html(each)}</p>" for each in _ending(turn)]
    if turn.support:
        parts.append(
            f"<details><summary>Support</summary><p>{_html(turn.support)}</p></details>"
        )  # fmt: skip
    return f"<div>{''.join(parts)}</div>"


def conversation_markdown(conversation: Conversation) -> str:
    """The same as Markdown, for what shows no HTML."""
    turn = conversation.turn
    parts = [f"**{_markdown(turn.title)}**"]
    for line in _heard(conversation, turn):
        name = f"**{_markdown(_speaker(line, conversation))}:** " if line.name else ""
        parts.append(name + _markdown(line.text))
    parts += [_markdown(_left(each, conversation)) for each in turn.deadlines]
    for start, whose, choices in _by_role(turn, conversation):
        rows = [
            f"{number}. {_markdown(_told(choice))} (`{choice.id}`)"
            for number, choice in enumerate(choices, start)
        ]
        parts += [_markdown(whose), "\n".join(rows)]
    parts += [_markdown(each) for each in _ending(turn)]
    if turn.support:
        parts.append(_markdown(turn.support))
    return "\n\n".join(parts) + "\n"


def _heard(conversation: Conversation, turn: Turn) -> list[Said]:
    """The lines without those that are meant for a role which the engine plays."""
    roles = conversation.scenario.machine.roles
    here = {None, *conversation.position.persons}
    here |= {role for role in roles if not roles[role].engine}
    return [line for line in turn.lines if line.only_to in here]


def _speaker(line: Said, conversation: Conversation) -> str:
    only = f" (only to {_name(line.only_to, conversation)})" if line.only_to else ""
    return f"{line.name}{only}"


def _said_html(line: Said, conversation: Conversation) -> str:
    name = f"<b>{_html(_speaker(line, conversation))}:</b> " if line.name else ""
    return name + _html(line.text)


def _left(deadline: Deadline, conversation: Conversation) -> str:
    """How long something still runs, by the conversation's clock."""
    name = deadline.title or "until something happens here"
    name = name[:1].upper() + name[1:]
    left = deadline.due - max(conversation.clock.now(), conversation.position.time)
    if left <= timedelta(0):
        return f"{name}: the time is over, and tick() lets happen what follows."
    day = f", until {humanise_date(deadline.due)}" if left >= _DAY else ""
    return f"{name}: {humanise_duration(left)} left{day}."


def _by_role(
    turn: Turn, conversation: Conversation
) -> Iterator[tuple[int, str, tuple[Choice, ...]]]:
    """The choices of each role in a row: the number of the first, whose they are, and all."""
    several = len({choice.role for choice in turn.choices}) > 1
    start = 0
    while start < len(turn.choices):
        role, end = turn.choices[start].role, start
        while end < len(turn.choices) and turn.choices[end].role == role:
            end += 1
        whose = f"{_name(role, conversation)} can:" if several else "You can:"
        yield start + 1, whose, turn.choices[start:end]
        start = end


def _told(choice: Choice) -> str:
    if choice.enabled:
        return choice.label
    return f"{_sentence(choice.label)} Closed: {_sentence(choice.reason or 'not now')}"


def _choice_html(choice: Choice) -> str:
    return f"{_html(_told(choice))} <code>{escape(choice.id)}</code>"


def _ending(turn: Turn) -> list[str]:
    if turn.outcome is not None:
        return [f"The end: {turn.outcome.replace('_', ' ')}."]
    return [] if turn.choices else ["There is nothing to say now: let time pass with wait()."]


def _name(role: str, conversation: Conversation) -> str:
    machine, at = conversation.scenario.machine, conversation.position
    if role not in machine.roles:
        return role
    moment = Moment(machine, at.frame, at.deadlines, at.time)
    return machine.roles[role].name.render(moment)


# Scenarios --------------------------------------------------------------------------------------


def scenario_html(scenario: Scenario) -> str:
    """The diagram where Graphviz is there to lay it out, as a picture that nothing in a page can
    change; else the states as a tree."""
    head = f"<p><strong>{_html(scenario.title)}</strong> ({_html(_called(scenario))})</p>"
    tree = f"<pre>{escape(_tree(scenario.machine))}</pre>"
    try:
        drawn = b64encode(draw(scenario.machine, "svg").encode()).decode()
    except DrawingFailed as why:
        return f"<div>{head}{tree}<p>{_html(str(why))}</p></div>"
    about = f"The diagram of {scenario.title}; its states follow as text."
    picture = f'<img alt="{escape(about)}" src="data:image/svg+xml;base64,{drawn}">'
    return f"<div>{head}{picture}<details><summary>As text</summary>{tree}</details></div>"


def scenario_markdown(scenario: Scenario) -> str:
    """The states as nested lists."""
    rows = [
        f"{'  ' * depth}- {_markdown(told)}" for depth, told in _states(scenario.machine)
    ]  # fmt: skip
    head = f"**{_markdown(scenario.title)}** ({_markdown(_called(scenario))})"
    return "\n".join([head, "", *rows, ""])


def _called(scenario: Scenario) -> str:
    return f"{scenario.id} {scenario.version}"


def _tree(machine: Machine) -> str:
    return "\n".join(f"{'    ' * depth}{told}" for depth, told in _states(machine))


def _states(machine: Machine) -> Iterator[tuple[int, str]]:
    """Each state with how deep it lies, and with the outcome of one that ends it."""
    for state in machine.states.values():
        told = f"{state.title} ({state.name})" if state.kind != "history" else f"({state.name})"
        end = f": the end, {state.outcome.replace('_', ' ')}" if state.outcome else ""
        yield len(state.path) - 1, told + end


# Words ------------------------------------------------------------------------------------------


def _html(text: str) -> str:
    """A text, escaped, in whichever direction its script runs."""
    return f'<span dir="auto">{escape(text).replace(chr(10), "<br>")}</span>'


def _markdown(text: str) -> str:
    """A text in which nothing means anything to Markdown, or to the HTML within it."""
    marked = _MARKED.sub(r"\\\g<0>", escape(text, quote=False))
    return "<br>".join(_BEGINS.sub(r"\1\\\2", part.strip()) for part in marked.split("\n"))


def _sentence(text: str) -> str:
    return text if text.rstrip("\"')”’").endswith((".", "!", "?")) else f"{text}."
