"""The routes of the API: each finds whose seat it is, lets one thing happen, and shows that.

A person's seat is found by the token in the header Authorization, and nowhere else. What is under
"conversation" is the conversation of that seat, so that no address names one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query, Request, WebSocket
from pydantic import TypeAdapter, ValidationError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from heartline.errors import StaleTurn
from heartline.frontends.capability import seat_of
from heartline.frontends.seating import check_undo
from heartline.frontends.views import as_text, view
from heartline.frontends.web import seats, shapes
from heartline.frontends.web.bodies import Begin, Choosing, Event, Input, Invite, Spoken
from heartline.frontends.web.drawing import Drawings
from heartline.frontends.web.following import EventStream, LongPoll, converse
from heartline.frontends.web.problems import Problem, of_error, of_status
from heartline.frontends.web.rates import Rate, network_of
from heartline.frontends.web.seats import NAME, check_key
from heartline.frontends.wire import as_happened, as_scenario
from heartline.snapshot import Choose, Send, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastapi import FastAPI
    from starlette.requests import HTTPConnection

    from heartline.frontends.capability import Seat
    from heartline.frontends.web.settings import Settings
    from heartline.frontends.web.streams import Streams
    from heartline.host.host import Host
    from heartline.host.values import Answer

__all__ = ["Api"]

PROTOCOL = "heartline.v1"
_BEARER = "bearer."
_TURN = re.compile(r'(?:W/)?"(\d{1,9})"|\*', re.ASCII)
_SPOKEN: TypeAdapter[Spoken] = TypeAdapter(Spoken)
_AFTER = Query(ge=0, lt=2**63, description="The number of the last entry that you have.")

After = Annotated[int, _AFTER]


class Api:
    """What the routes share."""

    def __init__(self, host: Host, streams: Streams, settings: Settings) -> None:
        self.host = host
        self.streams = streams
        self.settings = settings
        self.drawings = Drawings()
        self._begun = Rate("conversations begun from your address", settings.rate_begin)
        self._asked = Rate("requests for this conversation", settings.rate_conversation)

    def serve(self, app: FastAPI, dependencies: Sequence[Any]) -> None:
        """Add all routes to an application. `dependencies` are asked before each of them.

        Headers are read by hand and only described to the framework: with what it does for each of
        them a turn would take half as long again.
        """
        for method, path, call, status, shape in (
            ("POST", "/conversation/inputs", self.act, 200, shapes.View),  # the most frequent ones
            ("GET", "/conversation", self.read, 200, shapes.View),
            ("GET", "/conversation/events", self.events, 200, shapes.Events),
            ("GET", "/conversation/transcript", self.transcript, 200, shapes.Transcript),
            ("GET", "/conversation/diagram", self.diagram, 200, None),
            ("POST", "/conversation/undo", self.undo, 200, shapes.View),
            ("POST", "/conversation/invitations", self.invite, 201, shapes.Token),
            ("DELETE", "/conversation", self.delete, 204, None),
            ("GET", "/scenarios", self.scenarios, 200, list[shapes.Scenario]),
            ("POST", "/conversations", self.begin, 201, shapes.Begun),
            ("POST", "/invitations/accept", self.join, 201, shapes.Begun),
            ("GET", "/healthz", self.health, 200, shapes.Health),
        ):
            told: Callable[..., Any] = call
            app.add_api_route(
                path, told, methods=[method], status_code=status, response_model=None,
                response_class=Response if shape is None else _Json,
                responses=shapes.answers(path, method, status, shape),
                openapi_extra=shapes.headers(path, method),
                dependencies=() if path == "/healthz" else dependencies,
                operation_id=told.__name__, summary=_summary(told),
            )  # fmt: skip
        app.router.add_api_websocket_route(
            "/conversation/socket", self.socket, dependencies=dependencies
        )

    # Beginning ------------------------------------------------------------------------------------

    async def scenarios(self) -> Response:
        """The scenarios of this server, with what they want to know at the start."""
        return _Json([as_scenario(each) for each in self.host.versions.own.values()])

    async def begin(self, request: Request, wanted: Begin) -> Response:
        """Begin a conversation.

        The answer has a token for each role that a person plays. With an Idempotency-Key, which is
        then a secret of at least 32 characters, the same request gives the same answer again.
        """
        self._begun.check(_address(request))
        tokens, answer = await seats.begin(self.host, wanted, _key_of(request))
        return await self._begun_with(tokens, answer)

    async def join(self, request: Request) -> Response:
        """Take the seat of an invitation.

        The bearer's token is that of the invitation, which is used up by this. With an
        Idempotency-Key, a secret of at least 32 characters, the same request gives the same token
        again.
        """
        token, role = await seats.join(self.host, _token_of(request), _key_of(request))
        seat = await seat_of(self.host, NAME, token)
        return await self._begun_with({role: token}, await self.host.read(seat.record.id))

    async def health(self) -> Response:
        """Whether the store answers."""
        await self.host.store.next_due()
        return _Json({"status": "ok"})

    # The conversation of a seat -------------------------------------------------------------------

    async def read(self, request: Request) -> Response:
        """Where the conversation stands."""
        seat = await self._seat(_token_of(request))
        return await self._shown(seat, await self.host.read(seat.record.id))

    async def act(self, request: Request, input: Input) -> Response:
        """Choose, let an event happen, or let time pass."""
        seat = await self._seat(_token_of(request))
        answer = await self._submit(seat, input, _turn_of(request), _key_of(request))
        return await self._shown(seat, answer, chose=type(input) is Choosing)

    async def undo(self, request: Request) -> Response:
        """Take the last turn back, where the scenario allows it.

        Among several persons only the one who chose last may.
        """
        seat = await self._seat(_token_of(request))
        key, turn = _key_of(request), _turn_of(request)
        keyed = None if key is None else _key(seat, key)
        again = keyed is not None and await self.host.store.keyed(seat.record.id, keyed) is not None
        if not again:
            if turn is not None and turn != seat.record.turn:
                raise await self._stale(seat, turn)
            await check_undo(self.host, seat.record, seat.role)
        answer = await self.host.undo(seat.record.id, key=keyed, sender=seat.reference)
        return await self._shown(seat, answer)

    async def invite(self, request: Request, wanted: Invite) -> Response:
        """Offer a seat to another person, or your own to another device of yours.

        Whoever has the invitation's token takes the seat with it, once; who had the seat has it no
        more. A seat that was taken so can only be offered by who sits there.
        """
        seat = await self._seat(_token_of(request))
        return _Json({"token": await seats.invite(self.host, seat, wanted.role)}, 201)

    async def delete(self, request: Request) -> Response:
        """Remove every trace of the conversation, for all who take part."""
        seat = await self._seat(_token_of(request))
        await self.host.delete(seat.record.id)
        return Response(status_code=204)

    # What has happened ----------------------------------------------------------------------------

    async def events(
        self,
        request: Request,
        after: After = 0,
        wait: Annotated[float, Query(ge=0, le=3600, allow_inf_nan=False)] = 0.0,
    ) -> Response:
        """What has happened after an entry, and then what happens.

        As text/event-stream each entry comes when it happens; else the answer is JSON, which waits
        at most so many seconds for something to tell.
        """
        seat = await self._seat(_token_of(request))
        last = request.headers.get("last-event-id", "")
        if last.isascii() and last.isdigit() and len(last) < 19:
            after = max(after, int(last))
        stream = self.streams.follow(seat, after)
        if "text/event-stream" in request.headers.get("accept", ""):
            return EventStream(stream, self.settings)
        return LongPoll(stream, min(wait, self.settings.most_wait))

    async def transcript(self, request: Request) -> Response:
        """All that this seat has heard, as JSON or as text/plain."""
        seat = await self._seat(_token_of(request))
        happened = await self.host.transcript(seat.record.id)
        if _prefers(request, "text/plain"):
            return PlainTextResponse("\n".join(as_text(happened, seat.role)) + "\n")
        return _Json({"events": [as_happened(each, seat.role) for each in happened]})

    async def diagram(self, request: Request) -> Response:
        """The scenario as a picture: image/svg+xml, or Mermaid's text as text/plain."""
        seat = await self._seat(_token_of(request))
        held = await self.host.touching.hold(seat.record)
        form = "mermaid" if _prefers(request, "text/plain") else "svg"
        text = await self.drawings.drawn(held.scenario.machine, form, seat.role)
        kind = "text/plain" if form == "mermaid" else "image/svg+xml"
        return Response(text, media_type=kind)

    async def socket(self, websocket: WebSocket, after: After = 0) -> None:
        """What happens, and inputs, over one connection."""
        token, protocol = _offered(websocket)
        seat = await self._seat(token)
        await websocket.accept(protocol)
        stream = self.streams.follow(seat, after)

        async def act(given: Any) -> dict[str, Any]:
            try:
                spoken = _SPOKEN.validate_python(given)
            except ValidationError:
                raise Problem(
                    422, "invalid_message",
                    'Send JSON as in {"id": "1", "choose": "ask_why", "turn": 3}; "turn" and "id" '
                    "can be left out.",
                ) from None  # fmt: skip
            seat = await self._seat(token)
            key = check_key(spoken.id)
            answer = await self._submit(seat, spoken, spoken.turn, key)
            return await view(self.host, seat.role, answer, chose=True)

        await converse(websocket, stream, self.settings, act)

    # ----------------------------------------------------------------------------------------------

    async def _seat(self, token: str) -> Seat:
        seat = await seat_of(self.host, NAME, token)
        self._asked.check(seat.record.id)
        return seat

    async def _submit(self, seat: Seat, input: Any, turn: int | None, key: str | None) -> Answer:
        """Let an input happen. Raises Problem where it answers another turn."""
        what: Choose | Send | Tick
        if isinstance(input, Event):
            what = Send(input.event, turn)
        elif isinstance(input, Choosing | Spoken):
            what = Choose(input.choose, turn, seat.role)
        else:
            what = Tick()
            if turn is not None and turn != seat.record.turn:
                raise await self._stale(seat, turn)
        keyed = None if key is None else _key(seat, key)
        try:
            return await self.host.submit(seat.record.id, what, key=keyed, sender=seat.reference)
        except StaleTurn as error:
            told = await view(self.host, seat.role, error.present)
            raise of_error(error, {"conversation": told}) from None

    async def _stale(self, seat: Seat, turn: int) -> Problem:
        present = await self.host.read(seat.record.id)
        error = StaleTurn(
            f"That answers turn {turn}, and the conversation is at turn {present.turn.number}.",
            turn, present.turn.number,
        )  # fmt: skip
        return of_error(error, {"conversation": await view(self.host, seat.role, present)})

    async def _shown(self, seat: Seat, answer: Answer, *, chose: bool = False) -> Response:
        told = await view(self.host, seat.role, answer, chose=chose and not answer.repeated)
        return _Json(told, headers={"ETag": f'"{answer.turn.number}"'})

    async def _begun_with(self, tokens: dict[str, str], answer: Answer) -> Response:
        told = await view(self.host, next(iter(tokens)), answer)
        return _Json(
            {"capabilities": tokens, "conversation": told}, 201,
            headers={"ETag": f'"{answer.turn.number}"'},
        )  # fmt: skip


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Json(JSONResponse):
    """JSON, as short as it can be."""

    def render(self, content: Any) -> bytes:
        return _encode(content).encode()


def _summary(call: Callable[..., Any]) -> str:
    """The first sentence of what a route says of itself."""
    return (call.__doc__ or "").partition("\n\n")[0].removesuffix(".")


def _token_of(connection: HTTPConnection) -> str:
    """The token that a request comes with. Raises Problem."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise of_status(401, headers={"WWW-Authenticate": "Bearer"})
    return token.strip()


def _key_of(request: Request) -> str | None:
    return check_key(request.headers.get("idempotency-key"))


def _turn_of(request: Request) -> int | None:
    """The turn of the header If-Match; None where any will do. Raises Problem."""
    match = request.headers.get("if-match")
    if match is None:
        return None
    found = _TURN.fullmatch(match.strip())
    if found is None:
        raise Problem(
            422, "bad_if_match", 'If-Match is the ETag of the turn that is answered, as in "3".'
        )
    return None if found[1] is None else int(found[1])


def _key(seat: Seat, key: str) -> str:
    """A key as the host is given it: each seat has its own, so that none meets another's."""
    return f"web:{seat.role}:{key}"


def _offered(websocket: WebSocket) -> tuple[str, str | None]:
    """The token that a WebSocket comes with, and the protocol to speak: a page can send a token in
    no other way than as the name of a protocol. Raises Problem."""
    offered = websocket.scope.get("subprotocols", [])
    named = next((each for each in offered if each.startswith(_BEARER)), None)
    token = _token_of(websocket) if named is None else named.removeprefix(_BEARER)
    return token, PROTOCOL if PROTOCOL in offered else None


def _address(connection: HTTPConnection) -> str:
    return network_of(connection.client.host) if connection.client else ""


def _prefers(request: Request, kind: str) -> bool:
    """Whether this is the first kind that a client accepts."""
    return request.headers.get("accept", "").split(",")[0].split(";")[0].strip() == kind
