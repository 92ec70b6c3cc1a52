"""What the tests of the page share: a server on a port of this machine, and a real browser."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from heartline import ManualClock, Scenario, loads
from heartline.frontends.web.app import make_app
from heartline.frontends.web.author import make_author
from heartline.frontends.web.serving import bound
from heartline.host import Host

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright
    from starlette.types import ASGIApp

CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run", "--disable-default-apps",
]  # fmt: skip
PATIENCE = 20_000  # milliseconds until something that should be on a page is missed

FERRY = dedent(
    """\
    heartline: 1
    id: ferry
    version: 1.0.0
    title: The last ferry
    about: Two people and a boat that may not come.
    cast:
      you: {name: You}
      ada: {name: Ada, played_by: engine}
    context:
      mood: {type: enum, values: [calm, cross], initial: calm, input: true, prompt: How are you?}
      coins: {type: int, min: 0, max: 3, initial: 0}
      secret: {type: int, min: 0, max: 9, initial: 7, hidden: true}
    timers:
      boat: {length: 14d, title: the boat}
    states:
      pier:
        entry:
          say:
            - The water is flat. <img src=x onerror="document.title='caught'">
            - {ada: I have a ticket in my shoe., only_to: ada}
            - {you: You have no ticket., only_to: you}
            - {narrator: You kick a stone., when: mood == "cross"}
            - {ada: "\u05e9\u05dc\u05d5\u05dd, \u05d0\u05ea \u05de\u05d7\u05db\u05d4? \U0001f6a2"}
        choices:
          count: {label: Count your coins., say: One more., do: coins += 1}
          board: {label: Go on board., say: Here is the fare., when: coins >= 2,
                  why: The fare is two coins., to: deck}
          wait: {label: Wait for the next one., say: I can wait., do: start(boat), to: bench}
        events: {whistle: {when: secret == 7, say: [A whistle.]}}
      bench:
        after: {boat: {say: [{ada: There it is!}], to: deck}}
      deck:
        choices:
          nod: {by: ada, say: [{ada: You came.}], to: sea}
      sea:
        choices:
          wave: {label: Wave to the shore., say: Goodbye!, to: gone}
      gone: {type: final, outcome: sailed, entry: {say: [The shore grows small.]}}
    """
)


def ferry(old: str = "", new: str = "") -> Scenario:
    """The ferry, with something changed."""
    assert old in FERRY
    return loads(FERRY.replace(old, new, 1))


class Served:
    """A host behind a real server, in a thread, on a clock that the test moves."""

    def __init__(
        self, store: str, *scenarios: Scenario, port: int = 0, author: Path | None = None
    ) -> None:
        """`author` is a scenario's file, to be tried out in the author's view."""
        self.author = author
        self.clock = ManualClock()
        self.port = port
        self._store = store
        self._scenarios = scenarios or (ferry(),)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        self._place = bound("127.0.0.1", self.port)
        self.port = self._place.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        assert ready.wait(20), "the server does not start"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.app.state.streams.close)
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def do(self, act: Callable[[Host], Awaitable[Any]]) -> Any:
        """Let the host do something."""

        async def done() -> Any:
            return await act(self.host)

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(20)

    def later(self, **length: float) -> None:
        """Let time pass, and what is due happen."""
        self.clock.advance(timedelta(**length))
        self.do(lambda host: host.fire_due())

    def cut(self) -> None:
        """End all open streams, as a proxy or a network does."""

        async def ended(_: Host) -> None:
            for reader in list(self.app.state.streams._readers.values()):
                for stream in list(reader.streams):
                    stream.end("cut")

        self.do(ended)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        async with Host(self._store, self._scenarios, clock=self.clock) as self.host:
            author = None if self.author is None else make_author([self.author])
            self.app = make_app(self.host, author=author)
            await run_app(self.app, self._place, ready, self)


async def run_app(app: ASGIApp, place: socket.socket, ready: threading.Event, keeper: Any) -> None:
    """Serve an application until its keeper stops it."""
    config = uvicorn.Config(
        app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    keeper._server = server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([place]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    ready.set()
    await serving


@contextmanager
def served(
    store: str, *scenarios: Scenario, port: int = 0, author: Path | None = None
) -> Iterator[Served]:
    server = Served(store, *scenarios, port=port, author=author)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser; skips where the machine has none."""
    pytest.importorskip("playwright.sync_api", reason="pip install playwright, to test the page")
    from playwright.sync_api import sync_playwright

    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("The page is tested in Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        yield from _browser(playwright, found)


def _browser(playwright: Playwright, path: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=path, args=QUIET)
    try:
        yield browser
    finally:
        browser.close()


class Visitor:
    """Somebody with a browser of their own. What goes wrong in it is kept: `faults` are errors on
    its console, `elsewhere` are requests to other places."""

    def __init__(self, browser: Browser, url: str, **look: Any) -> None:
        self.url = url
        self.context = browser.new_context(
            viewport=look.pop("viewport", {"width": 900, "height": 800}), **look
        )
        self.faults: list[str] = []
        self.elsewhere: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))
        return page

    def opens(self, path: str = "") -> None:
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")

    def opens_to(self, text: str) -> None:
        """Open the page, and wait for a text that is there before any conversation is."""
        self.page.goto(self.url)
        self.sees(text)

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).click()

    def sees(self, text: str) -> None:
        """Wait until a text is on the page."""
        self.page.get_by_text(text).first.wait_for()

    def begins(self) -> None:
        """Begin the ferry, with the answers that are given."""
        self.opens()
        self.press("Begin")
        self.sees("Count your coins.")

    def heard(self) -> list[str]:
        """What has been said on the page, line by line."""
        return [" ".join(each.split()) for each in self.page.locator(".line").all_text_contents()]

    def waits_for_line(self, text: str) -> None:
        self.page.locator(".line", has_text=text).first.wait_for()

    def until(self, holds: str, page: Page | None = None) -> None:
        """Wait until an expression holds. The page's policy keeps the browser's own way of waiting
        out, which is as it should be."""
        page = page or self.page
        for _ in range(PATIENCE // 25):
            if page.evaluate(holds):
                return
            page.wait_for_timeout(25)
        raise AssertionError(f"It never came to this: {holds}")

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.url, "blob:", "about:", "data:")):
            self.elsewhere.append(url)


def shapes(page: Page) -> Sequence[str]:
    """What a checker of accessibility finds that is serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['target']}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'heartline.db'}?synchronous=OFF"
