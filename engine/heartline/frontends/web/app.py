"""The application: routes, problems, the page, and what guards them.

    app = make_app(host)                                # an ASGI application
    app = make_app(host, sign_in=whoever_is_signed_in)  # a FastAPI dependency of yours

It serves a host that somebody else opens and runs. `sign_in` is asked before each route of the API,
WebSockets too, so that it takes an HTTPConnection; it raises HTTPException for who may not come in.
It comes before the tokens of the seats and does not stand for them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from heartline.errors import HeartlineError
from heartline.frontends.web.guard import Catching, Guard
from heartline.frontends.web.problems import Problem, not_valid, of_error, of_status
from heartline.frontends.web.routes import Api
from heartline.frontends.web.settings import Settings
from heartline.frontends.web.shapes import described
from heartline.frontends.web.streams import Streams
from heartline.host.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

__all__ = ["BASE", "PAGE", "make_app", "openapi_text"]

BASE = "/api/v1"
PAGE = Path(__file__).with_name("page")

# What a page of an allowed site may send, and read. A token is sent on purpose and is no cookie.
_ELSEWHERE: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "DELETE"],
    "allow_headers": [
        "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID",
    ],
    "expose_headers": ["ETag", "Retry-After"],
}  # fmt: skip


def make_app(
    host: Host,
    *,
    settings: Settings | None = None,
    sign_in: Callable[..., Any] | None = None,
    author: ASGIApp | None = None,
) -> Starlette:
    """The application of a host that is open; `author` is the author's view
    (heartline.frontends.web.author). Before the program ends, `app.state.streams.close()` lets
    those go who follow a conversation. Raises CallerError for settings that cannot be."""
    settings = settings or Settings()
    streams = Streams(host, settings.most_streams)
    routes: list[BaseRoute] = [Mount(BASE, _api(host, streams, settings, sign_in))]
    if author is not None:
        routes.append(Mount("/author", author))
    if settings.page:
        routes.append(Mount("/", _Page(directory=PAGE, html=True)))
    guards = [Middleware(Guard, settings=settings), Middleware(Catching)]
    if settings.origins:
        guards.append(Middleware(CORSMiddleware, allow_origins=settings.origins, **_ELSEWHERE))
    app = Starlette(routes=routes, middleware=guards, exception_handlers=_ANSWERS)
    app.state.streams = streams
    return app


def _api(
    host: Host, streams: Streams, settings: Settings, sign_in: Callable[..., Any] | None
) -> FastAPI:
    app = FastAPI(
        title="Heartline",
        version="1",
        docs_url=None,  # such pages fetch their script from another site
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the host has its own
        exception_handlers=dict(_ANSWERS),
        middleware=[Middleware(Catching)],  # within it, since it would answer in its own way
    )
    Api(host, streams, settings).serve(app, [] if sign_in is None else [Depends(sign_in)])
    app.openapi = lambda: described(app, BASE)  # type: ignore[method-assign]
    return app


def openapi_text() -> str:
    """The description of the API, as docs/openapi.json has it."""
    host, settings = Host("memory:"), Settings()
    app = _api(host, Streams(host, settings.most_streams), settings, None)
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


class _Page(StaticFiles):
    """The page's files. A browser asks each time whether they are still the same."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


# Problems -----------------------------------------------------------------------------------------


async def _answered(_: HTTPConnection, error: Exception) -> Response:
    """What went wrong, as a problem; to a WebSocket that asks to be opened it is the answer too."""
    if isinstance(error, Problem):
        problem = error
    elif isinstance(error, HeartlineError):
        problem = of_error(error)
    elif isinstance(error, HTTPException):
        problem = of_status(error.status_code, error.detail, error.headers)
    else:
        assert isinstance(error, RequestValidationError | WebSocketRequestValidationError)
        problem = not_valid(error)
    return problem.response()


_ANSWERS: dict[Any, Any] = dict.fromkeys(
    (
        Problem, HeartlineError, HTTPException, RequestValidationError,
        WebSocketRequestValidationError,
    ),
    _answered,
)  # fmt: skip
