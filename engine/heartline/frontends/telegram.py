"""Telegram: people write to a bot in private, and press its buttons.

    heartline run reconciliation --on telegram --store sqlite:///heartline.db

Messages are asked for in batches. The next batch is asked for when the last has been answered, so
that what a program did not get round to comes again to the next one, and the desk knows what it
has seen. Only chats in which the network wants fewer messages are not waited for. Within a chat all
goes in order, different chats go beside each other.

Each message has its own buttons; those of an older one are taken away. Which message that is, is
known only here: after a restart old buttons stay until they are pressed, and are answered with
where the conversation stands.

The token is in every address that is called. So the libraries below log nothing, and what an error
says is shown without it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from heartline.errors import CallerError, StoreUnavailable
from heartline.frontends.commands import COMMANDS
from heartline.frontends.degrading import fitted
from heartline.frontends.desk import Desk
from heartline.frontends.lanes import Lanes
from heartline.frontends.protocol import Capabilities, OutEvent
from heartline.frontends.references import ConversationReference

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, TypeVar

    from telegram import CallbackQuery, Chat, Message

    from heartline.frontends.protocol import Button
    from heartline.host.host import Host

    K = TypeVar("K")
    T = TypeVar("T")
    V = TypeVar("V")

__all__ = ["Telegram"]

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s?#]*")
_LOGGERS = "httpx", "httpcore", "telegram"

_LONGEST = 4096  # of a message, where a character beyond the first 65536 counts twice
_POLL = 50  # seconds that the network may wait before it says that there is nothing
_MOMENT = 2.0  # seconds for a batch, before the next is asked for
_PAUSES = 1.0, 30.0  # seconds between tries, at first and at most
_MOST_FAILURES = 5  # tries in a row, before the operator is told
_PATIENCE = 20.0  # seconds that a message waits where the network wants fewer of them
_MOST_KEPT = 10_000  # chats, and messages, of which something is remembered
_KINDS = ["message", "edited_message", "callback_query"]

_NO_TEXT = "I can read texts and see which button you press, nothing else."
_EDITED = (
    "What you have changed there changes nothing here: what was said stays said. Where the "
    "scenario allows it, /undo takes your last step back."
)
_UNKNOWN = (
    "Telegram does not know this token, or base_url is no Bot API server: @BotFather tells the "
    "token."
)
_PRIVATE = "I talk with one person at a time: write to me in private, at {link}"


class Telegram:
    """The front end "telegram". `token` is the bot's, from @BotFather; `base_url` that of a Bot
    API server of one's own. With `listen` "no" it only delivers: the network lets one program at a
    time ask for a bot's messages."""

    name = "telegram"
    capabilities = Capabilities(
        edits=True, longest_text=_LONGEST, longest_label=40, most_choices=12
    )

    def __init__(
        self, *, token: str, base_url: str = "https://api.telegram.org", listen: str = "yes"
    ) -> None:
        """Raises CallerError where these cannot be."""
        if not _TOKEN.fullmatch(token):
            raise CallerError(
                "That is no token of a Telegram bot: it is a number, a colon and some 35 letters, "
                "as @BotFather gives it."
            )
        if not _ADDRESS.fullmatch(base_url):
            raise CallerError(
                "The base_url of telegram is the address of a Bot API server, as in "
                "http://127.0.0.1:8081."
            )
        if listen not in ("yes", "no"):
            raise CallerError("The setting listen of telegram is yes or no.")
        self.pauses = _PAUSES
        self.poll = _POLL
        self.patience = _PATIENCE
        self._listens = listen == "yes"
        self._token = token
        self._tenant = token.partition(":")[0]
        self._bot = Bot(
            token, f"{base_url.rstrip('/')}/bot", request=HTTPXRequest(connect_timeout=10.0),
            get_updates_request=_Updates(1, connect_timeout=10.0),
        )  # fmt: skip
        self._host: Host | None = None
        self._away = 0  # chats that wait for the store
        self._buttons: OrderedDict[int, int] = OrderedDict()  # the message that has some, by chat
        self._arrived: OrderedDict[tuple[int, str], None] = OrderedDict()
        self._groups: OrderedDict[int, None] = OrderedDict()  # that were told to write in private
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        for each in _LOGGERS:
            logging.getLogger(each).setLevel(logging.CRITICAL)

    # What comes in --------------------------------------------------------------------------------

    async def run(self, host: Host) -> None:
        """Take what people write. Raises TelegramError, without the token, where the network cannot
        be reached for a while."""
        self._host = host
        desk = Desk(host, self, link=self._link)
        lanes = Lanes[Update](lambda update: self._hear(desk, update))
        self._away = 0
        try:
            await self._begin()
            if not self._listens:
                await asyncio.Event().wait()
            await self._take(desk, lanes)
        finally:
            await lanes.close()
            await self._bot.shutdown()

    async def _begin(self) -> None:
        try:
            await self._call(self._bot.initialize)
        except InvalidToken:
            raise CallerError(_UNKNOWN) from None
        if not self._listens:
            return
        await self._call(self._bot.delete_webhook)  # or nothing could be asked for
        with suppress(TelegramError):  # a menu is nothing to wait for
            menu = [BotCommand(name, about) for name, about in COMMANDS.items()]
            await self._bot.set_my_commands(menu)

    async def _take(self, desk: Desk, lanes: Lanes[Update]) -> None:
        offset: int | None = None
        failures = 0
        while True:
            try:
                updates = await self._bot.get_updates(
                    offset, timeout=self.poll, allowed_updates=_KINDS
                )
            except TelegramError as error:
                failures += 1
                if failures > _MOST_FAILURES or isinstance(error, InvalidToken):
                    raise self._hidden(error) from None
                await asyncio.sleep(max(self._pause(failures), _wanted(error)))
                continue
            failures = 0
            for update in updates:
                if (chat := update.effective_chat) and not lanes.add(chat.id, update):
                    desk.host.observer.refused("TooMany")
            await lanes.settled(_MOMENT)
            while self._away:
                await lanes.settled(_MOMENT)
            if updates:
                offset = updates[-1].update_id + 1

    async def _hear(self, desk: Desk, update: Update) -> None:
        """Answer one update. Where the store cannot be reached it waits: it would be lost else."""
        failures = 0
        while True:
            try:
                await self._heard(desk, update)
                break
            except StoreUnavailable:
                failures += 1
                self._away += failures == 1
                await asyncio.sleep(self._pause(failures))
            except Exception as error:  # noqa: BLE001 - one message keeps nobody from the others
                desk.host.observer.refused(type(error).__name__)
                break
        self._away -= failures > 0

    async def _heard(self, desk: Desk, update: Update) -> None:
        query, message, edited = update.callback_query, update.message, update.edited_message
        chat = update.effective_chat
        if chat is None or update.effective_user is None:
            return
        if chat.type != ChatType.PRIVATE:
            await self._send_away(chat)
            return
        place = ConversationReference(
            self.name, self._tenant, chat=str(chat.id), person=str(update.effective_user.id)
        )
        if query is not None:
            await self._pressed(desk, place, query)
        elif edited is not None:
            await self._reply(place, edited, _EDITED)
        elif message is not None and message.text:
            await desk.hear(place, message.text, id=f"{chat.id}.{message.message_id}")
        elif message is not None and message.effective_attachment is not None:
            await self._reply(place, message, _NO_TEXT)

    async def _pressed(
        self, desk: Desk, place: ConversationReference, query: CallbackQuery
    ) -> None:
        with suppress(TelegramError):  # it only ends the button's waiting, and may come too late
            await self._bot.answer_callback_query(query.id)
        if query.message is None or not query.data:
            return
        chat, message = query.message.chat.id, query.message.message_id
        _keep(self._buttons, chat, self._buttons.get(chat, message))
        await desk.hear(place, press=query.data, id=query.id)
        if self._buttons.get(chat) != message:
            await self._take_away(chat, message)

    async def _send_away(self, chat: Chat) -> None:
        """A group has several people, and what is said here is for one: it is told so, once."""
        if chat.type in (ChatType.GROUP, ChatType.SUPERGROUP) and chat.id not in self._groups:
            _keep(self._groups, chat.id, None)
            await self._send(chat.id, _PRIVATE.format(link=self._bot.link))

    async def _reply(self, place: ConversationReference, to: Message, text: str) -> None:
        stamp = to.edit_date or to.date
        name = f"telegram:{to.message_id}:{stamp.timestamp():.0f}"
        await self.deliver(place, [OutEvent(name, text)])

    def _link(self, token: str) -> str:
        """What somebody follows to take a seat."""
        return f"{self._bot.link}?start={token}"

    # What goes out --------------------------------------------------------------------------------

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        """Send messages. Whoever has blocked the bot is sent nothing: their conversation is in the
        store, and they are shown it when they come back."""
        if reference.tenant != self._tenant:
            raise CallerError(
                f"The seat belongs to the bot {reference.tenant}, and this one is {self._tenant}: "
                "start one with its token."
            )
        chat = int(reference.chat)
        lock = self._locks.setdefault(chat, asyncio.Lock())
        async with lock:
            for event in events:
                if (chat, event.id) not in self._arrived:  # where one of several has failed
                    try:
                        await self._show(chat, event)
                    except _Gone:
                        if self._host is not None:
                            self._host.observer.undelivered()
                        return
                    _keep(self._arrived, (chat, event.id), None)

    async def _show(self, chat: int, event: OutEvent) -> None:
        earlier = self._buttons.get(chat)
        if event.paged and earlier is not None:
            with suppress(BadRequest):  # it is as it should be, or too old: then a new one is sent
                await self._call(
                    self._bot.edit_message_reply_markup, chat, earlier,
                    reply_markup=_keyboard(event.buttons),
                )  # fmt: skip
                return
        message = await self._send(chat, event.text, event.buttons)
        if event.replaces and earlier is not None:
            del self._buttons[chat]
            await self._take_away(chat, earlier)
        if event.buttons:
            _keep(self._buttons, chat, message)

    async def _send(self, chat: int, text: str, buttons: Sequence[Button] = ()) -> int:
        """Send a text, with buttons below it. Gives the number of the message."""
        units = len(text.encode("utf-16-le")) // 2
        parts = [text] if units <= _LONGEST else fitted(text, _LONGEST // 2)
        message = 0
        for number, part in enumerate(parts, 1):
            keyboard = _keyboard(buttons) if buttons and number == len(parts) else None
            sent = await self._call(
                self._bot.send_message, chat, part, reply_markup=keyboard,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )  # fmt: skip
            message = sent.message_id
        return message

    async def _take_away(self, chat: int, message: int) -> None:
        """Take the buttons of a message away; one that cannot be changed keeps them."""
        with suppress(TelegramError):
            await self._bot.edit_message_reply_markup(chat, message, reply_markup=None)

    # The network ----------------------------------------------------------------------------------

    async def _call(self, method: Callable[..., Awaitable[T]], *args: object, **more: object) -> T:
        """Call the network, and wait where it wants fewer calls, unless that is long. Raises
        _Gone where nobody is there, and TelegramError without the token."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while True:
            try:
                return await method(*args, **more)
            except RetryAfter as error:
                seconds = _wanted(error)
                if loop.time() + seconds > until:
                    raise self._hidden(error) from None
                await asyncio.sleep(seconds)
            except TelegramError as error:
                if isinstance(error, Forbidden) or "chat not found" in error.message.lower():
                    raise _Gone(error.message) from None
                raise self._hidden(error) from None

    def _hidden(self, error: TelegramError) -> TelegramError:
        """The error without the token, which an address in its words can hold."""
        error.message = error.message.replace(self._token, "TOKEN")
        return error

    def _pause(self, failures: int) -> float:
        first, longest = self.pauses
        return min(first * 2.0 ** (failures - 1), longest)


class _Updates(HTTPXRequest):
    """Asks for messages. One that the library cannot read it would log whole, with all that came
    with it, and fail with each time: of those only the number is left."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        told = HTTPXRequest.parse_json_payload(payload)
        if isinstance(updates := told.get("result"), list):
            told["result"] = [
                each if _is_readable(each) else {"update_id": each["update_id"]} for each in updates
            ]
        return told


def _is_readable(update: dict[str, Any]) -> bool:
    try:
        Update.de_json(update, None)
    except Exception:  # noqa: BLE001 - it is a stranger's
        return False
    return True


class _Gone(Exception):
    """Somebody has blocked the bot, or is not there any more."""


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup:
    """One below the other, since labels are sentences."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(each.label, callback_data=each.press)] for each in buttons]
    )


def _wanted(error: TelegramError) -> float:
    """The seconds that the network wants to be left alone."""
    if not isinstance(error, RetryAfter):
        return 0.0
    wanted = error.retry_after  # which of the two depends on the environment
    return wanted.total_seconds() if isinstance(wanted, timedelta) else float(wanted)


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    """Remember something, and forget what was remembered longest ago."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _MOST_KEPT:
        kept.popitem(last=False)
