"""A stand-in of Telegram's Bot API over HTTP, with its limits, and people who use it.

async with BotApi() as api:
    telegram = Telegram(token=api.token, base_url=api.url)
    ada = api.person(17, "Ada")
    ada.write("/start")
    await ada.reads("Good evening.")
    ada.press("I take it.")
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

__all__ = ["TOKEN", "BotApi", "Person", "Shown"]

TOKEN = "4711:AAHhVeRysEcReT-token_of_a_bot_12345"  # noqa: S105 - of a bot that there is not
_NOW = 1_700_000_000


class Refused(Exception):
    """What the server answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters


@dataclass
class Shown:
    """A message as a person sees it, with its buttons: each a label and what it sends."""

    number: int
    text: str
    buttons: list[tuple[str, str]]
    edited: int = 0


class Person:
    """Somebody with a private chat, whose messages to the bot are its updates."""

    def __init__(self, api: BotApi, id: int, name: str) -> None:
        self.api = api
        self.id = id
        self.user = {"id": id, "is_bot": False, "first_name": name}
        self.chat = {"id": id, "type": "private", "first_name": name}
        self.messages: list[Shown] = []
        self.read = 0  # messages that `reads` has gone through
        self.waiting: list[str] = []  # presses whose button still shows that it waits

    def write(self, text: str) -> dict[str, Any]:
        """Send a text. Gives the update, to bring it again."""
        return self.sends(text=text)

    def sends(self, kind: str = "message", **content: object) -> dict[str, Any]:
        """Send something."""
        message = {
            "message_id": next(self.api.numbers), "date": _NOW, "chat": self.chat,
            "from": self.user, **content,
        }  # fmt: skip
        return self.api.update({kind: message})

    def press(self, label: str, message: Shown | None = None) -> dict[str, Any]:
        """Press a button of the last message that has one like it, or of another message."""
        for shown in reversed(self.messages) if message is None else [message]:
            for text, data in shown.buttons:
                if text == label:
                    return self.presses(shown, data)
        raise AssertionError(f"No button {label!r} among {[each for each, _ in self.buttons]}")

    def presses(self, shown: Shown, data: str) -> dict[str, Any]:
        """Send what a button sends: one that somebody had on the screen before it was taken away,
        perhaps."""
        query = {
            "id": f"q{next(self.api.numbers)}", "from": self.user, "chat_instance": "1",
            "data": data, "message": self.api.as_message(self, shown),
        }  # fmt: skip
        self.waiting.append(query["id"])
        return self.api.update({"callback_query": query})

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """All that can be pressed, on all messages."""
        return [button for shown in self.messages for button in shown.buttons]

    @property
    def labels(self) -> list[str]:
        """What stands on them."""
        return [label for label, _ in self.buttons]

    async def may_press(self, *labels: str) -> None:
        """Wait until exactly these buttons are there, on all messages together."""
        try:
            async with asyncio.timeout(20):
                while self.labels != list(labels):
                    await self.api.changed()
        except TimeoutError:
            raise AssertionError(f"The buttons are {self.labels}.") from None

    async def reads(self, part: str, seconds: float = 20) -> Shown:
        """Wait for a message that holds this text, among those that were not read yet."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for shown in self.messages[self.read :]:
                        self.read += 1
                        if part in shown.text:
                            return shown
                    await self.api.changed()
        except TimeoutError:
            texts = "\n--\n".join(each.text for each in self.messages)
            raise AssertionError(f"Nobody said {part!r}, but:\n{texts}") from None


@dataclass
class BotApi:
    """The server. `failing` has for a method what its next calls are answered with."""

    token: str = TOKEN
    url: str = ""
    blocked: set[int] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    failing: dict[str, deque[Refused | None]] = field(default_factory=dict)
    commands: list[dict[str, str]] = field(default_factory=list)
    said_in_groups: list[tuple[int, str]] = field(default_factory=list)
    webhook: str = "https://example.org/an-old-one"
    asked_with: list[dict[str, str]] = field(default_factory=list)  # the bodies of getUpdates

    def __post_init__(self) -> None:
        self.numbers = itertools.count(1)
        self.people: dict[int, Person] = {}
        self.updates: list[dict[str, Any]] = []
        self._polls = 0
        self._news = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    def person(self, id: int, name: str = "Ada") -> Person:
        """Somebody who has the bot's chat open."""
        self.people[id] = Person(self, id, name)
        return self.people[id]

    def update(self, content: dict[str, Any]) -> dict[str, Any]:
        """Something for the bot, under the next number."""
        update = {"update_id": next(self.numbers), **content}
        self.updates.append(update)
        self._ring()
        return update

    def again(self, update: dict[str, Any]) -> None:
        """The same message or press, brought once more."""
        self.update({name: value for name, value in update.items() if name != "update_id"})

    def fail(self, method: str, *refusals: Refused | None) -> None:
        """Answer the next calls of a method so, or of one for a chat ("sendMessage 17"); None cuts
        the connection."""
        self.failing.setdefault(method, deque()).extend(refusals)

    async def changed(self) -> None:
        """Wait until something happens here."""
        news = self._news
        await news.wait()

    async def taken(self, seconds: float = 20) -> None:
        """Wait until the bot has said that it has done with all updates."""
        async with asyncio.timeout(seconds):
            while self.updates:
                await self.changed()

    def _ring(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # The methods ----------------------------------------------------------------------------------

    async def _answer(self, method: str, given: dict[str, str]) -> object:
        self.calls[method] += 1
        for name in (f"{method} {given.get('chat_id')}", method):
            if self.failing.get(name):
                refusal = self.failing[name].popleft()
                raise ConnectionResetError if refusal is None else refusal
        answer = getattr(self, f"_{method}", None)
        if answer is None:
            raise Refused(404, "Not Found")
        result = await answer(given)
        self._ring()
        return result

    async def _getMe(self, given: dict[str, str]) -> object:
        return {"id": 4711, "is_bot": True, "first_name": "Heartline", "username": "heartline_bot"}

    async def _deleteWebhook(self, given: dict[str, str]) -> object:
        self.webhook = ""
        return True

    async def _setMyCommands(self, given: dict[str, str]) -> object:
        self.commands = json.loads(given["commands"])
        if any(not 1 <= len(each["description"]) <= 256 for each in self.commands):
            raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        return True

    async def _getUpdates(self, given: dict[str, str]) -> object:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polls:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        self.asked_with.append(given)
        offset = int(given.get("offset", "0"))
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        self._ring()
        self._polls += 1
        try:
            async with asyncio.timeout(float(given.get("timeout", "0"))):
                while not self.updates:
                    await self.changed()
        except TimeoutError:
            pass
        finally:
            self._polls -= 1
        return self.updates[:100]

    async def _sendMessage(self, given: dict[str, str]) -> object:
        text = given["text"]
        chat = int(given["chat_id"])
        if chat < 0:
            self.said_in_groups.append((chat, text))
            return {"message_id": next(self.numbers), "date": _NOW, "text": text,
                    "chat": {"id": chat, "type": "group", "title": "A group"}}  # fmt: skip
        person = self._person(chat)
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * 4096:
            raise Refused(400, "Bad Request: message is too long")
        shown = Shown(next(self.numbers), text, _buttons(given))
        person.messages.append(shown)
        return self.as_message(person, shown)

    async def _editMessageReplyMarkup(self, given: dict[str, str]) -> object:
        person = self._person(int(given["chat_id"]))
        found = [each for each in person.messages if each.number == int(given["message_id"])]
        if not found:
            raise Refused(400, "Bad Request: message to edit not found")
        buttons = _buttons(given)
        if buttons == found[0].buttons:
            raise Refused(400, "Bad Request: message is not modified: specified new message "
                          "content and reply markup are exactly the same")  # fmt: skip
        found[0].buttons = buttons
        found[0].edited += 1
        return self.as_message(person, found[0])

    async def _answerCallbackQuery(self, given: dict[str, str]) -> object:
        for person in self.people.values():
            if given["callback_query_id"] in person.waiting:
                person.waiting.remove(given["callback_query_id"])
                return True
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query "
                      "ID is invalid")  # fmt: skip

    def _person(self, chat: int) -> Person:
        if chat not in self.people:
            raise Refused(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return self.people[chat]

    def as_message(self, person: Person, shown: Shown) -> dict[str, Any]:
        bot = {"id": 4711, "is_bot": True, "first_name": "Heartline"}
        return {"message_id": shown.number, "date": _NOW, "chat": person.chat, "from": bot,
                "text": shown.text}  # fmt: skip

    # HTTP -----------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                lines = head.decode().lower().split("\r\n")
                length = [line.partition(":")[2] for line in lines if "content-length:" in line]
                body = await reader.readexactly(int(length[0]) if length else 0)
                code, told = await self._told(path, body)
                data = json.dumps(told).encode()
                begin = f"HTTP/1.1 {code} Told\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                writer.write(begin + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # somebody goes, or the test is over
        finally:
            self._open.discard(writer)
            writer.close()

    async def _told(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        bot, _, method = path.lstrip("/").partition("/")
        given = {name: values[0] for name, values in parse_qs(body.decode(), True).items()}
        try:
            if bot != f"bot{self.token}":
                raise Refused(401, f"Unauthorized: cannot POST {path}")
            return 200, {"ok": True, "result": await self._answer(method, given)}
        except Refused as refusal:
            told = {"ok": False, "error_code": refusal.code, "description": str(refusal)}
            if refusal.parameters:
                told["parameters"] = refusal.parameters
            return refusal.code, told


def _buttons(given: dict[str, str]) -> list[tuple[str, str]]:
    """The buttons of a message, as far as the network takes them."""
    markup = json.loads(given.get("reply_markup", "{}"))
    buttons = [each for row in markup.get("inline_keyboard", []) for each in row]
    for each in buttons:
        if not each["text"].strip():
            raise Refused(400, "Bad Request: text buttons must have non-empty text")
        if not 1 <= len(each["callback_data"].encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    if len(buttons) > 100:
        raise Refused(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    return [(each["text"], each["callback_data"]) for each in buttons]
