"""What `heartline.frontends.wire` writes, as models: for schemas that are published, and for
libraries that check what they send by one. A test holds both to each other."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heartline.forms import Model

__all__ = [
    "Change", "Choice", "Deadline", "Happened", "Line", "Option", "Player",
    "Question", "Refusal", "Role", "Scenario", "Title", "Turn",
    "View",
]  # fmt: skip

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Natural = Annotated[int, Field(ge=0)]
Value = str | int | bool


class Line(Model):
    """A line that was said. `only_to` is the one role that hears it; null means everybody."""

    speaker: str
    name: str
    text: str
    only_to: str | None


class Choice(Model):
    """Something that this role may choose. A closed one (`enabled` false) says why in `reason`."""

    number: Annotated[int, Field(ge=1)]
    id: str
    label: str
    role: str
    enabled: bool
    reason: str | None
    tags: list[str]


class Deadline(Model):
    """Something that runs out. `left` is in whole seconds."""

    timer: str
    title: str
    due: Moment
    left: Natural


class Change(Model):
    """A visible variable that has another value than at the turn before."""

    name: str
    title: str
    before: Value
    after: Value


class Turn(Model):
    """One turn. `outcome` is set where the conversation is over. `support` says where help is
    found, for scenarios that carry such data, and is to be shown."""

    number: Natural
    state: str
    path: list[str]
    title: str
    tags: list[str]
    time: Moment
    lines: list[Line]
    choices: list[Choice]
    deadlines: list[Deadline]
    changes: list[Change]
    outcome: str | None
    support: str | None


class Title(Model):
    """Which scenario a conversation is in. `language` is a BCP 47 code, as in de-AT: all that the
    scenario says is in that language."""

    id: str
    version: str
    title: str
    language: str


class Player(Model):
    """Somebody in a conversation, and what they are called there; `engine` plays some."""

    id: str
    name: str
    engine: bool


class View(Model):
    """Where a conversation stands, as one role may see it. `sequence` counts what has happened,
    `can_undo` says whether this role may take the last step back, and `speed` how many times as
    fast as the machine's the clock runs, which is 1 but for demonstrations."""

    scenario: Title
    role: str
    status: Literal["live", "over", "closed"]
    sequence: Natural
    now: Moment
    turn: Turn
    can_undo: bool
    speed: float
    roles: list[Player]


class Happened(Model):
    """Something that has happened, as one role may know it. `late` is in seconds, of a timer."""

    sequence: Annotated[int, Field(ge=1)]
    kind: str
    at: Moment
    turn: Natural
    state: str
    outcome: str | None
    lines: list[Line]
    choice: str | None
    late: float | None


class Role(Model):
    """Somebody who takes part: a person, or the engine. The name may come from an answer: this is
    the one where nothing is answered at the start."""

    id: str
    name: str
    engine: bool


class Option(Model):
    """A value to answer a question with, and the words for it."""

    value: str
    label: str


class Question(Model):
    """What a scenario wants to know at the start: an input of this name. Where there are `options`
    the answer is the value of one; else it is of the `kind`. An int goes from `min` to `max`, which
    are null for the others. Without an answer `initial` is kept. `kept_for` is what a text is kept
    for, a sentence to show with the question."""

    name: str
    prompt: str
    kind: Literal["text", "int", "bool", "enum", "duration"]
    initial: str
    min: int | None
    max: int | None
    kept_for: str | None
    options: list[Option]


class Scenario(Model):
    """A scenario that conversations can be begun in. `language` is a BCP 47 code, as in de-AT."""

    id: str
    version: str
    title: str
    language: str
    about: str | None
    roles: list[Role]
    questions: list[Question]


class Refusal(Model):
    """Why something was not done: a stable code, and a sentence. `reason` says what a closed choice
    needs, and `current` is the present turn where a past one was answered."""

    code: str
    message: str
    reason: str | None = None
    current: int | None = None
