"""The server: tools with which an assistant plays, and resources to look at.

A conversation is named by the token of a seat, so that it is found again after a restart, and by
nobody who has not got it. What cannot be done is told as the error of the tool, in a sentence.
"""

# Annotations are read while the program runs: they are the schemas of the tools.

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.stdio import stdio_server
from mcp.types import ToolAnnotations
from pydantic import Field, ValidationError

from heartline.errors import CallerError, HeartlineError
from heartline.frontends.capability import Seat, begin, seat_of
from heartline.frontends.faults import sentence_of
from heartline.frontends.mcp.shapes import Begun, Finished, ScenarioList, Waited
from heartline.frontends.pipes import lines_from
from heartline.frontends.seating import check_undo
from heartline.frontends.shapes import View
from heartline.frontends.views import as_text, view
from heartline.frontends.wire import as_happened, as_scenario
from heartline.host.host import Host
from heartline.host.values import LIVE, Answer
from heartline.snapshot import Choose

if TYPE_CHECKING:
    from heartline.host.values import Happened

__all__ = ["NAME", "make_server"]

NAME = "mcp"

_MOST_LINE = 4 * 2**20  # bytes of a message
LONGEST_WAIT = 50  # seconds: many clients give up on a call after a minute

_INSTRUCTIONS = """\
Heartline plays scenarios: conversations in which a person says or does something, others answer, \
and time passes, up to weeks. You hold the book; the person plays.

How to play fairly:
- Show the person the lines of each turn as they are written, with who says them, and then the \
choices. Say of a closed choice (enabled false) that it is closed, and why (reason).
- Never choose for the person: ask, and wait for the answer. Take a choice without asking only \
where they have told you to play by yourself.
- What the person writes in their own words is not a choice. Say which one you think they mean, \
and ask.
- Show `support` whenever a turn has it, and whenever the person seems to be in distress outside \
of the story. It is more important than the story.
- Do not invent lines, feelings or outcomes. The story is what the turns say.
- Give the token of the conversation to nobody but this person, and keep it: with it they can go \
on next week.
- Where something runs out in days, say when. Do not call `wait` again and again for that: the \
person can come back.
"""

Token = Annotated[
    str, Field(description="The token of the conversation, as `begin` gave it.", max_length=200)
]
Turn = Annotated[
    int,
    Field(ge=0, description="The number of the turn that the person was shown. Where the "
    "conversation has gone on since, nothing happens, and you look again."),
]  # fmt: skip

_LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


def _does(*, destroys: bool, again: bool) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=False, destructive_hint=destroys, idempotent_hint=again,
        open_world_hint=False,
    )  # fmt: skip


def make_server(host: Host) -> MCPServer[Any]:
    """A server that plays the scenarios of a host. `host` is open, and runs beside it."""
    server = _Server(
        "heartline", title="Heartline", instructions=_INSTRUCTIONS,
        version=metadata.version("heartline"), log_level="WARNING",
    )  # fmt: skip
    table = _Table(host)
    server.add_tool(table.list_scenarios, title="List the scenarios", annotations=_LOOKS)
    server.add_tool(
        table.begin, title="Begin a conversation", annotations=_does(destroys=False, again=False)
    )
    server.add_tool(table.see_turn, title="See the present turn", annotations=_LOOKS)
    server.add_tool(
        table.choose, title="Take a choice", annotations=_does(destroys=False, again=True)
    )
    server.add_tool(table.wait, title="Wait for something to happen", annotations=_LOOKS)
    server.add_tool(
        table.take_back, title="Take the last step back",
        annotations=_does(destroys=True, again=True),
    )  # fmt: skip
    server.add_tool(
        table.finish, title="Finish a conversation", annotations=_does(destroys=True, again=True)
    )
    _add_resources(server, table, host)
    return server


def _add_resources(server: MCPServer[Any], table: "_Table", host: Host) -> None:
    """The transcript of each conversation, and the diagram of each scenario."""
    server.resource(
        "heartline://conversations/{conversation}/transcript",
        name="transcript", title="Transcript of a conversation", mime_type="text/plain",
        description="All that has been said so far in the conversation with this token.",
    )(table.transcript)  # fmt: skip
    for scenario in host.versions.own.values():
        server.resource(
            f"heartline://scenarios/{scenario.id}/diagram",
            name=f"{scenario.id}-diagram", title=f"Diagram: {scenario.title}",
            mime_type="text/vnd.mermaid",
            description="All states of the scenario and the ways between them, in Mermaid. It "
            "gives the story away: show it to a person only if they ask for it.",
        )(_drawing(host, scenario.id))  # fmt: skip


def _drawing(host: Host, name: str) -> Any:
    def diagram() -> str:
        from heartline.diagram import draw

        machine = host.versions.own[name].machine
        persons = [role for role, each in machine.roles.items() if not each.engine]
        # Nobody says for whom it is: where several play, it names nobody's choices.
        return draw(machine, seen_by=persons[0] if len(persons) == 1 else "")

    return diagram


class _Server(MCPServer[Any]):
    """Tells refusals as they are: in their own sentence, and without the words of libraries."""

    async def run_stdio_async(self) -> None:
        """As MCPServer does, but its end waits for no line to come in."""
        server = self._lowlevel_server
        async with stdio_server(_lines()) as (source, target):
            await server.run(source, target, server.create_initialization_options())

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """As MCPServer does."""
        self._check_known(name, arguments)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, HeartlineError):
                raise ToolError(str(cause)) from None
            if isinstance(cause, ValidationError):
                raise ToolError(sentence_of(cause, name, self._arguments(name))) from None
            raise

    def _check_known(self, name: str, arguments: Mapping[str, Any]) -> None:
        known = self._arguments(name)
        unknown = [each for each in arguments if known and each not in known]
        if unknown:
            names = ", ".join(known)
            raise ToolError(f"{name} has no argument {unknown[0][:40]!r}: it takes {names}.")

    def _arguments(self, name: str) -> list[str]:
        schema = self._tool_input_schema(name) or {}
        return list(schema.get("properties", ()))


async def _lines() -> Any:  # lines are all that is read of the file which the SDK expects
    async for line in lines_from(0, _MOST_LINE):
        yield "" if line is None else line.decode(errors="replace")  # what is empty is refused


class _Table:
    """What the tools do. Their docstrings are read by the assistants that use them."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def list_scenarios(self) -> ScenarioList:
        """List the scenarios that can be played, who takes part in each, and what each wants to
        know at the start (questions); and those that cannot be, and why (unavailable)."""
        versions = self._host.versions
        unavailable = [
            {"id": name, "why": why}
            for name, why in versions.unavailable.items()
            if why not in versions.notes  # which are about stored versions, where nothing begins
        ]
        own = [as_scenario(each) for each in versions.own.values()]
        return ScenarioList.model_validate({"scenarios": own, "unavailable": unavailable})

    async def begin(
        self,
        scenario: Annotated[str, Field(description="The id of a scenario.", max_length=200)],
        inputs: Annotated[
            dict[str, str | int | bool],
            Field(
                description="Answers to the scenario's questions, by name. Ask the person; leave "
                "out what they do not want to say."
            ),
        ] = {},  # noqa: B006 - it is read, never changed
        seats: Annotated[
            list[str],
            Field(
                description="Roles of the engine that other persons play instead.", max_length=50
            ),
        ] = [],  # noqa: B006
    ) -> Begun:
        """Begin a conversation, and get its token and its first turn. Show the person its lines
        and its choices, and let them choose."""
        tokens, answer = await begin(self._host, NAME, scenario, inputs, seats=seats)
        first, *others = tokens
        view = await self._view(await self._seat(tokens[first]), answer)
        other_seats = {role: tokens[role] for role in others}
        return Begun(conversation=tokens[first], other_seats=other_seats, view=view)

    async def see_turn(self, conversation: Token) -> View:
        """See where a conversation stands: the lines that were said last, the choices of the
        person, what runs out and when. Look here first when you come back to a conversation."""
        seat = await self._seat(conversation)
        return await self._view(seat, await self._host.read(seat.conversation))

    async def choose(
        self,
        conversation: Token,
        choice: Annotated[
            str, Field(description="The id of a choice of the turn.", max_length=200)
        ],
        turn: Turn,
    ) -> View:
        """Take the choice that the person has made, and get the turn that follows. Only after the
        person has said which: never choose for them without having been asked to."""
        seat = await self._seat(conversation)
        chosen = Choose(choice, turn, seat.role)
        answer = await self._host.submit(seat.conversation, chosen, sender=seat.reference)
        return await self._view(seat, answer)

    async def wait(
        self,
        conversation: Token,
        seconds: Annotated[
            int, Field(ge=1, le=LONGEST_WAIT, description="How long to wait at most.")
        ] = 20,
        after: Annotated[
            int | None,
            Field(
                ge=0,
                description="The `sequence` of the view that you know: what has happened "
                "since is told at once. Without one, only what happens from now on.",
            ),
        ] = None,
    ) -> Waited:
        """Wait until something happens by itself, or until another person has chosen: some seconds
        at most, since deadlines may be weeks away. Nothing has happened where `happened` is
        empty."""
        seat = await self._seat(conversation)
        happened = await self._happens(seat, seconds, after)
        seat = await self._seat(conversation)  # which may have gone to somebody else meanwhile
        view = await self._view(seat, await self._host.read(seat.conversation))
        told = [as_happened(each, seat.role) for each in happened]
        return Waited.model_validate({"happened": told, "view": view})

    async def take_back(self, conversation: Token, turn: Turn) -> View:
        """Take the person's last step back, where the scenario allows it. Only if they ask for
        it."""
        seat = await self._seat(conversation)
        present = await self._host.read(seat.conversation)
        if present.turn.number != turn:
            raise CallerError(
                f"The conversation is at turn {present.turn.number}, not {turn}: see the turn, and "
                "ask the person again."
            )
        await check_undo(self._host, seat.record, seat.role)
        # By its turn as the key it happens once, however often it is asked for.
        key = f"{seat.role}:back:{present.sequence}"
        answer = await self._host.undo(seat.conversation, key=key, sender=seat.reference)
        return await self._view(seat, answer)

    async def finish(
        self,
        conversation: Token,
        delete: Annotated[
            bool,
            Field(
                description="Also remove every trace of it, for everybody who takes part. Ask the "
                "person first: it cannot be undone."
            ),
        ] = False,
    ) -> Finished:
        """Leave a conversation for good, if the person wants to: it ends, and only its transcript
        stays. Where other persons take part it goes on without this one. There is no need to finish
        one that has come to its own end, or that the person wants to come back to."""
        seat = await self._seat(conversation)
        others = [role for role in seat.record.seats if role != seat.role]
        if delete:
            await self._host.delete(seat.conversation)
            return Finished(ended=True, deleted=True)
        if others and seat.record.status == LIVE:
            await self._host.seat(seat.conversation, seat.role, None)
            return Finished(ended=False, deleted=False)
        await self._host.close(seat.conversation, sender=seat.reference)
        return Finished(ended=True, deleted=False)

    async def transcript(self, conversation: str) -> str:
        """As the resource of that name."""
        try:
            seat = await self._seat(conversation)
            happened = await self._host.transcript(seat.conversation)
        except HeartlineError as refusal:
            raise ResourceError(str(refusal)) from None
        except Exception:  # the SDK would write the address into its log, and with it the token
            logging.getLogger("heartline.frontends").exception("A transcript has met a fault.")
            raise ResourceError("Heartline itself has a fault here: its log has more.") from None
        return "".join(f"{line}\n" for line in as_text(happened, seat.role))

    # ----------------------------------------------------------------------------------------------

    async def _seat(self, token: str) -> Seat:
        return await seat_of(self._host, NAME, token)

    async def _view(self, seat: Seat, answer: Answer) -> View:
        return View.model_validate(await view(self._host, seat.role, answer))

    async def _happens(self, seat: Seat, seconds: int, after: int | None) -> "list[Happened]":
        """What happens in so many seconds at most: the first thing, with all that is there by
        then."""
        after = seat.record.sequence if after is None else after
        found: list[Happened] = []
        try:
            async with (
                asyncio.timeout(seconds),
                aclosing(self._host.events(seat.conversation, after)) as events,
            ):
                async for each in events:
                    found.append(each)
                    latest = await self._host.touching.record(seat.conversation)
                    if each.sequence >= latest.sequence:
                        break
        except TimeoutError:
            pass
        return found
