"""The author's view: a page beside the file that is being written, for this machine alone.

    app.mount("/author", make_author(["scenarios/tea"]))

Each scenario has one play, in memory (heartline.frontends.web.trying), which every tab of the
author's shares. A tab asks what is new and waits for the answer; while one waits, the files are
looked at twice a second. Whoever does not come from this machine, or by another name than its own
local ones, is told that there is nothing here.
"""

from __future__ import annotations

import asyncio
import json
from copy import copy
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from heartline.diagram import DrawingFailed
from heartline.errors import CallerError, HeartlineError
from heartline.frontends.web.trying import Trying
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["make_author"]

PAGE = Path(__file__).parent / "authorpage"
OFTEN = 0.5  # seconds between two looks at the files
LONGEST = 2.0  # seconds that a tab waits for what is new; the server ends no sooner
MOST_BODY = 65_536  # bytes

_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def make_author(sources: Sequence[str | Path]) -> ASGIApp:
    """The application, for folders, files, or names of bundled scenarios. Raises ScenarioError."""
    tried = [Trying(find_scenario(source)) for source in sources]
    desk = _Desk({each.scenario.id: each for each in tried})
    routes = [
        Route("/api", desk.list, methods=["GET"]),
        Route("/api/{scenario}", desk.tell, methods=["GET"]),
        Route("/api/{scenario}/diagram.svg", desk.draw, methods=["GET"]),
        Route("/api/{scenario}/{deed}", desk.do, methods=["POST"]),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]
    return _OnlyHere(Starlette(routes=routes))


class _Desk:
    """Answers the author's page."""

    def __init__(self, tried: dict[str, Trying]) -> None:
        self._tried = tried
        self._locks = {name: asyncio.Lock() for name in tried}
        self._drawing = {name: asyncio.Lock() for name in tried}
        self._news = {name: asyncio.Event() for name in tried}
        self._pictures: dict[str, tuple[int, str]] = {}

    async def list(self, _request: Request) -> Response:
        """The scenarios that are served."""
        return JSONResponse(
            [
                {
                    "id": name,
                    "title": each.scenario.title,
                    "language": each.scenario.machine.language,
                }
                for name, each in self._tried.items()
            ]
        )

    async def tell(self, request: Request) -> Response:
        """How the play stands, as soon as it is newer than `after`; else 204 after a while."""
        name = request.path_params["scenario"]
        tried = self._tried.get(name)
        if tried is None:
            return _refused(404, "No scenario of that name is served here.")
        after = request.query_params.get("after", "")
        until = asyncio.get_running_loop().time() + LONGEST
        while True:
            async with self._locks[name]:
                await asyncio.to_thread(tried.look)
                if str(tried.version) != after:
                    return JSONResponse(tried.told())
            if asyncio.get_running_loop().time() > until or await request.is_disconnected():
                return Response(status_code=204)
            try:
                await asyncio.wait_for(self._news[name].wait(), OFTEN)
            except TimeoutError:
                continue

    async def draw(self, request: Request) -> Response:
        """The diagram with the way taken. It may take seconds, and the play goes on meanwhile."""
        name = request.path_params["scenario"]
        tried = self._tried.get(name)
        if tried is None:
            return _refused(404, "No scenario of that name is served here.")
        async with self._drawing[name]:
            async with self._locks[name]:
                present = copy(tried)
                present.steps = list(tried.steps)
            version, picture = self._pictures.get(name, (0, ""))
            if version != present.version:
                try:
                    picture = await asyncio.to_thread(present.picture)
                except DrawingFailed as error:
                    return _refused(501, str(error))
                self._pictures[name] = present.version, picture
        return Response(picture, media_type="image/svg+xml")

    async def do(self, request: Request) -> Response:
        """What the author does: choose, report, wait, jump or begin, with its values as JSON."""
        name = request.path_params["scenario"]
        tried = self._tried.get(name)
        deed = _DEEDS.get(request.path_params["deed"])
        if tried is None or deed is None:
            return _refused(404, "There is nothing of that name to do here.")
        try:
            given = json.loads(await _body(request))
            if not isinstance(given, dict):
                raise CallerError("Send a JSON object.")
            async with self._locks[name]:
                deed(tried, given)
                told = tried.told()
        except HeartlineError as refusal:
            return _refused(409, str(refusal))
        except (ValueError, TypeError, KeyError, RecursionError):
            return _refused(422, "That is no such thing to do: see what the page sends.")
        news, self._news[name] = self._news[name], asyncio.Event()
        news.set()
        return JSONResponse(told)


def _begin(tried: Trying, given: dict[str, Any]) -> None:
    seed, inputs, seats = given.get("seed", 0), given.get("inputs", {}), given.get("seats", [])
    if type(seed) is not int or not isinstance(inputs, dict):
        raise TypeError(inputs)
    for each in (*inputs.values(), *seats):
        _text(each)
    tried.begin(seed, inputs, tuple(seats))


_DEEDS: dict[str, Callable[[Trying, dict[str, Any]], None]] = {
    "choose": lambda tried, given: tried.choose(_text(given["choose"]), given.get("role")),
    "report": lambda tried, given: tried.report(_text(given["event"])),
    "wait": lambda tried, given: tried.wait(given.get("length")),
    "jump": lambda tried, given: tried.jump(int(given["step"])),
    "begin": _begin,
}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


async def _body(request: Request) -> bytes:
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > MOST_BODY:
            raise CallerError("That is more than this page ever sends.")
    return bytes(read)


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"detail": sentence}, status)


class _OnlyHere:
    """Lets in who comes from this machine, by one of its local names.

    The name is checked since another site could have its own lead here, and the origin since any
    page may send a form.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_here(scope):
            await _refused(404, "There is nothing at this address.")(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_here(scope: Scope) -> bool:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get(b"host", "").lower()
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    origin = headers.get(b"origin")
    own = origin is None or origin.partition("://")[2].lower() == host
    passed_on = any(name in headers for name in (b"forwarded", b"x-forwarded-for", b"x-real-ip"))
    client = scope.get("client")
    try:
        local = client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        local = False
    return local and name in _LOCAL and own and not passed_on
