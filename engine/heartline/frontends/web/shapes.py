"""What the API takes and answers, for its description. It checks nothing at run time; tests hold
real answers to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from heartline.frontends.shapes import Happened, Scenario, View
from heartline.frontends.web.problems import PROBLEM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI

__all__ = [
    "Begun", "Events", "Health", "Problem", "Scenario", "Token", "Transcript", "View", "answers",
    "described", "headers",
]  # fmt: skip


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Begun(_Shape):
    """Your tokens, by role, and how the conversation begins."""

    capabilities: dict[str, str]
    conversation: View


class Token(_Shape):
    """The token of an invitation."""

    token: str


class Events(_Shape):
    """What has happened since."""

    events: list[Happened]
    sequence: int = Field(description="What to ask after the next time.")
    ended: str | None = Field(description="Why nothing more comes.")


class Health(_Shape):
    """The store answers."""

    status: Literal["ok"]


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
_OPEN = ("/scenarios", "/conversations", "/healthz")
_HEADERS = {
    "Idempotency-Key": "What is sent again with the same key happens once.",
    "If-Match": 'The turn that is answered, by its ETag, as in "3".',
    "Last-Event-ID": "As `after`: what a stream has brought last.",
}
_ACTING = ("/conversation/inputs", "/conversation/undo")
_READ_BY = {
    "Idempotency-Key": ("/conversations", "/invitations/accept", *_ACTING),
    "If-Match": _ACTING,
    "Last-Event-ID": ("/conversation/events",),
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


def headers(path: str, method: str) -> dict[str, Any]:
    """The headers that a route reads, for its description."""
    told: dict[str, Any] = {}
    if path not in _OPEN:
        told["security"] = [{"token": []}]
    names = [name for name, paths in _READ_BY.items() if path in paths and method != "DELETE"]
    if names:
        told["parameters"] = [
            {"name": name, "in": "header", "required": False, "description": _HEADERS[name],
             "schema": {"type": "string"}}
            for name in names
        ]  # fmt: skip
    return told


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
        told["components"]["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of a seat, or of an invitation.",
            }
        }
        schemas = told["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):  # the framework's own, not used
            schemas.pop(name, None)
        app.openapi_schema = told
    return app.openapi_schema
