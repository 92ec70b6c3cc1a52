"""The application: routes, problems, the page, and what guards them.

    app = make_app(host)                                # an ASGI application
    app = make_app(host, sign_in=whoever_is_signed_in)  # a FastAPI dependency of yours

It serves a host that somebody else opens and runs. `sign_in` is asked before each route of the API,
WebSockets too, so that it takes an HTTPConnection; it raises HTTPException for who may not come in.
It comes before the tokens of the seats and does not stand for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from heartline.errors import HeartlineError
from heartline.frontends.web.guard import Guard
from heartline.frontends.web.problems import Problem, not_valid, of_error, of_status
from heartline.frontends.web.routes import Api
from heartline.frontends.web.settings import Settings
from heartline.frontends.web.shapes import Problem as ProblemShape
from heartline.frontends.web.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from heartline.host.host import Host

__all__ = ["BASE", "PAGE", "make_app"]

BASE = "/api/v1"
PAGE = Path(__file__).with_name("page")


def make_app(
    host: Host,
    *,
    settings: Settings | None = None,
    sign_in: Callable[..., Any] | None = None,
) -> FastAPI:
    """The application of a host that is open. Raises CallerError for settings that cannot be."""
    settings = settings or Settings()
    app = FastAPI(
        title="Heartline",
        version="1",
        summary="Conversations that have rules.",
        docs_url=None,  # such pages fetch their script from another site
        redoc_url=None,
        openapi_url=f"{BASE}/openapi.json",
        max_body_size=settings.most_body,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the host has its own
    )
    streams = Streams(host, settings.most_streams)
    app.state.streams = streams
    dependencies = [] if sign_in is None else [Depends(sign_in)]
    api = Api(host, streams, settings)
    app.include_router(api.router(dependencies), prefix=BASE)
    app.add_api_route(
        f"{BASE}/healthz", _health(host), response_model=None, operation_id="health",
        summary="Whether the store answers", responses={503: {"description": "It does not."}},
    )  # fmt: skip
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Guard, settings=settings)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    if settings.page and PAGE.is_dir():
        app.mount("/", _Page(directory=PAGE, html=True), name="page")
    return app


def _health(host: Host) -> Callable[[], Any]:
    async def health() -> dict[str, str]:
        """It is there, and its store answers."""
        await host.store.next_due()
        return {"status": "ok"}

    return health


class _Page(StaticFiles):
    """The page's files. A browser asks each time whether they are still the same."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _described(app: FastAPI) -> dict[str, Any]:
    """The API's own description, once."""
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        schema = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
        told["components"]["schemas"]["Problem"] = schema
        for name in ("HTTPValidationError", "ValidationError"):
            told["components"]["schemas"].pop(name, None)
        app.openapi_schema = told
    return app.openapi_schema


# Problems -----------------------------------------------------------------------------------------


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HeartlineError)
    return of_error(error).response()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return not_valid(error).response()


async def _status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_status(error.status_code, error.detail, error.headers).response()


_ANSWERS: dict[type[Exception], Callable[[Request, Exception], Any]] = {
    Problem: _problem,
    HeartlineError: _refused,
    RequestValidationError: _invalid,
    HTTPException: _status,
}
