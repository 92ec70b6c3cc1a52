"""What goes wrong, as problem details (RFC 9457): a status, a stable code, and a sentence.

What the caller can mend is said as the engine says it. What only the operator can mend is not: such
a sentence may hold a path, an id or a text. It goes to the log by its name, and the caller is told
that nothing is lost.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from heartline.errors import (
    ChoiceClosed,
    Contended,
    ConversationOver,
    HeartlineError,
    HostError,
    NothingToUndo,
    ReferenceTaken,
    ScenarioUnavailable,
    SnapshotError,
    StaleTurn,
    StoreUnavailable,
    UndoForbidden,
    UnknownChoice,
    UnknownConversation,
    UnknownEvent,
)
from heartline.frontends.wire import as_refusal, code_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError

__all__ = ["PROBLEM", "Problem", "not_valid", "of_error", "of_status", "status_of"]

PROBLEM = "application/problem+json"

_UNPROCESSABLE = 422
_STATUS: dict[type[HeartlineError], int] = {
    StaleTurn: 412,
    ChoiceClosed: 409,
    NothingToUndo: 409,
    ReferenceTaken: 409,
    UndoForbidden: 403,
    UnknownChoice: 404,
    UnknownEvent: 404,
    UnknownConversation: 404,
    ConversationOver: 410,
    StoreUnavailable: 503,
    ScenarioUnavailable: 503,
    Contended: 503,
}
_LATER = (
    "What keeps the conversations does not answer now. Nothing is lost: try again in a moment, "
    "with the same Idempotency-Key."
)
_BROKEN = (
    "Something is wrong with this conversation or with the server. Nothing is lost; whoever runs "
    "the server finds what it was in its log."
)
_NO_SEAT = (
    "No seat has this token: it was never given out, the conversation was deleted, or somebody "
    "else has the seat now. Send the token exactly as it was given."
)
_SENTENCES = {
    401: "Send the token of your seat, as in: Authorization: Bearer TOKEN.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    406: "None of the forms that you accept can be had here.",
    408: "The body did not come: send it again.",
    413: "The body is longer than this server takes.",
    500: _BROKEN,
}
_CODES = {
    400: "bad_request",
    401: "no_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    421: "misdirected_request",
    422: "invalid_body",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
_INPUTS = (
    'Send one of {"choose": "ID"}, {"event": "NAME"} and {"tick": true}, with nothing else in it.'
)
_WORDS = {
    "extra_forbidden": "there is no such field",
    "missing": "it is missing",
    "string_type": "it must be a text",
    "string_unicode": "it holds half of a character",
    "string_too_short": "it must not be empty",
    "string_too_long": "it is too long",
    "too_long": "it holds too many",
    "int_type": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "float_parsing": "it must be a number",
    "list_type": "it must be a list",
    "dict_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "greater_than_equal": "it is too small",
    "less_than_equal": "it is too large",
    "less_than": "it is too large",
}
_VALUE = "it must be a text, a whole number, or true or false"
# What the frameworks say by themselves.
_PHRASES = {"Content Too Large", *(each.phrase for each in HTTPStatus)}
_UNREAD = "There was an error parsing the body"
_MOST_LOOKED_AT, _MOST_TOLD = 40, 5  # faults of a body, of which there may be thousands


class Problem(Exception):
    """An answer that says what went wrong. `more` are further members of it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    def told(self) -> dict[str, Any]:
        """The members of the problem."""
        return {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }

    def response(self) -> Response:
        """The answer."""
        body = json.dumps(self.told(), ensure_ascii=False).encode()
        return Response(body, self.status, self.headers, PROBLEM)


def status_of(error: HeartlineError) -> int:
    """The HTTP status of a refusal."""
    for kind in type(error).__mro__:
        if (status := _STATUS.get(kind)) is not None:
            return status
    return 500 if isinstance(error, HostError | SnapshotError) else _UNPROCESSABLE


def of_error(error: HeartlineError, more: Mapping[str, Any] | None = None) -> Problem:
    """The problem of a refusal."""
    status = status_of(error)
    headers = {"Retry-After": "2"} if status == 503 else {}
    if status >= 500:
        detail = _LATER if status == 503 else _BROKEN
        return Problem(status, code_of(error), detail, more=more, headers=headers)
    told = as_refusal(error)
    del told["code"], told["message"]
    detail = _NO_SEAT if isinstance(error, UnknownConversation) else str(error)
    return Problem(status, code_of(error), detail, more={**told, **(more or {})})


def of_status(
    status: int, detail: object = None, headers: Mapping[str, str] | None = None
) -> Problem:
    """The problem of a bare status, as a framework or a sign-in raises it."""
    if detail == _UNREAD:
        return Problem(_UNPROCESSABLE, "malformed_json", "The body is no JSON in UTF-8.")
    given = detail if isinstance(detail, str) and detail not in _PHRASES else None
    sentence = given or _SENTENCES.get(status) or f"{_phrase(status)}."
    return Problem(status, _CODES.get(status, f"http_{status}"), sentence, headers=headers)


def not_valid(error: RequestValidationError | WebSocketRequestValidationError) -> Problem:
    """The problem of a request that is not what the API takes. What was sent is not repeated."""
    faults = error.errors()
    if faults[0]["type"] == "json_invalid":
        sentence = f"The body is no JSON: it goes wrong at character {faults[0]['loc'][-1]}."
        return Problem(_UNPROCESSABLE, "malformed_json", sentence)
    if any("Choosing" in fault["loc"] for fault in faults):  # which of them was meant is not known
        return Problem(_UNPROCESSABLE, "invalid_request", _INPUTS)
    told: dict[str, str] = {}  # by the place, which a value of several kinds has several times
    for fault in faults[:_MOST_LOOKED_AT]:
        value = fault["loc"][:2] == ("body", "inputs") and len(fault["loc"]) > 3
        where = _where(fault["loc"][:3] if value else fault["loc"])
        told[where] = _VALUE if value else _WORDS.get(fault["type"], "it cannot be that")
    errors = [{"where": where, "message": words} for where, words in told.items()][:_MOST_TOLD]
    sentence = f"Something is not as it must be. {errors[0]['where']}: {errors[0]['message']}."
    return Problem(_UNPROCESSABLE, "invalid_request", sentence, more={"errors": errors})


def _where(place: Iterable[object]) -> str:
    """Where in the request, as in body.choose."""
    return ".".join(str(part)[:60] for part in place)[:200]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "This was refused"
