"""What the API answers, for its description: the shapes that heartline.frontends.wire writes.

They describe and check nothing at run time; tests hold real answers to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from heartline.frontends.web.problems import PROBLEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI

__all__ = [
    "Begun", "Events", "Problem", "Scenario", "Token", "Transcript", "View", "answers",
    "described", "health_answers",
]  # fmt: skip


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Option(_Shape):
    """A value that can be picked."""

    value: str
    label: str


class Question(_Shape):
    """Something that a scenario wants to know at the start."""

    name: str
    prompt: str
    kind: str
    initial: str
    options: list[Option]


class CastMember(_Shape):
    """A role of a scenario."""

    id: str
    engine: bool = Field(description="Whether the engine plays it.")


class Scenario(_Shape):
    """A scenario of this server."""

    id: str
    version: str
    title: str
    about: str | None
    roles: list[CastMember]
    questions: list[Question]


class ScenarioName(_Shape):
    """Which scenario a conversation is in."""

    id: str
    version: str
    title: str


class Line(_Shape):
    """A line that was said."""

    speaker: str
    name: str
    text: str
    only_to: str | None = Field(description="The one role that hears it; null is all.")


class Choice(_Shape):
    """Something that you may say or do."""

    number: int
    id: str
    label: str
    role: str
    enabled: bool
    reason: str | None = Field(description="Why it is closed.")
    tags: list[str]


class Deadline(_Shape):
    """Something that runs out."""

    timer: str
    title: str
    due: str
    left: int = Field(description="Seconds.")


class Change(_Shape):
    """A variable that has another value than at the turn before."""

    name: str
    title: str
    before: Any
    after: Any


class Turn(_Shape):
    """A turn, as your role sees it."""

    number: int
    state: str
    path: list[str]
    title: str
    tags: list[str]
    time: str
    lines: list[Line]
    choices: list[Choice]
    deadlines: list[Deadline]
    changes: list[Change]
    outcome: str | None
    support: str | None


class Role(_Shape):
    """Somebody who takes part."""

    id: str
    name: str
    engine: bool = Field(description="Whether the engine plays it here.")


class View(_Shape):
    """Where a conversation stands, as your role sees it."""

    scenario: ScenarioName
    role: str = Field(description="Your role.")
    status: Literal["live", "over", "closed"]
    sequence: int = Field(description="The number of the last entry of its log.")
    now: str
    speed: float = Field(description="How fast time passes here: 1, but for demonstrations.")
    turn: Turn
    can_undo: bool
    roles: list[Role]


class Begun(_Shape):
    """Your tokens, by role, and how the conversation begins."""

    capabilities: dict[str, str]
    conversation: View


class Token(_Shape):
    """The token of an invitation."""

    token: str


class Happened(_Shape):
    """An entry of the log, as your role is told it."""

    sequence: int
    kind: str
    at: str
    turn: int
    state: str
    outcome: str | None
    lines: list[Line]
    choice: str | None
    late: float | None = Field(description="Seconds by which a timer fired late.")


class Events(_Shape):
    """What has happened since."""

    events: list[Happened]
    sequence: int = Field(description="What to ask after the next time.")
    ended: str | None = Field(description="Why nothing more comes.")


class Transcript(_Shape):
    """All that has happened."""

    events: list[Happened]


class Problem(BaseModel):
    """What went wrong (RFC 9457). Some have more members: `reason`, `current`, `conversation`,
    `errors`."""

    type: str
    title: str
    status: int
    code: str = Field(description="Stable, as in stale_turn.")
    detail: str = Field(description="A sentence.")


_REFUSALS = {
    "401": "There is no token.",
    "403": "A page of another site asks for it, or the scenario forbids it.",
    "404": "There is no such thing, or the token has no seat.",
    "409": "Not as it stands: the choice is closed, say.",
    "410": "The conversation is over.",
    "412": "The turn has passed. `conversation` is where it stands now.",
    "413": "The body is too long.",
    "415": "The body is no JSON.",
    "422": "Something in the request is not what is taken here.",
    "429": "Too many requests: see Retry-After.",
    "500": "Something broke.",
    "501": "This server cannot draw pictures.",
    "503": "The store does not answer: try again.",
}
_OF_ALL = ("429", "500", "503")
_OF_SEATS = ("401", "404", "422")
_OF_BODIES = ("403", "413", "415", "422")
_MORE = {
    "/conversation/inputs": ("409", "410", "412"),
    "/conversation/undo": ("409", "410", "412"),
    "/conversation/invitations": ("409",),
    "/conversation/diagram": ("501",),
    "/conversations": ("404", "409"),
}
_ALSO = {
    "/conversation/events": ("text/event-stream",),
    "/conversation/transcript": ("text/plain",),
    "/conversation/diagram": ("image/svg+xml", "text/plain"),
}


def answers(path: str, method: str, status: int, shape: Any) -> dict[int | str, dict[str, Any]]:
    """What a route may answer, for its description."""
    codes = {*_OF_ALL, *_MORE.get(path, ())}
    if path.startswith(("/conversation/", "/invitations")) or path == "/conversation":
        codes |= {*_OF_SEATS}
    if method != "GET":
        codes |= {*_OF_BODIES}
    told = _refusals(codes)
    good: dict[str, Any] = {} if shape is None else {"model": shape}
    if path in _ALSO:
        good["content"] = {kind: {"schema": {"type": "string"}} for kind in _ALSO[path]}
    return {status: good, **told} if good else told


def health_answers() -> dict[int | str, dict[str, Any]]:
    """What the health check may answer, for its description."""
    return _refusals(_OF_ALL)


def _refusals(codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        code: {"description": _REFUSALS[code], "content": {PROBLEM: {"schema": schema}}}
        for code in sorted(codes)
    }


def described(app: FastAPI, base: str) -> dict[str, Any]:
    """The description of the API, in OpenAPI, which is found at `base`."""
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title,
            version=app.version,
            summary="Conversations that have rules.",
            routes=app.routes,
            servers=[{"url": base}],
        )
        schemas = told["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):  # the framework's own, not used
            schemas.pop(name, None)
        app.openapi_schema = told
    return app.openapi_schema
