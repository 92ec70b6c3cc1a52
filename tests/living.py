"""Conversations that live while their scenario changes: a story in versions, on each store."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, ParamSpec

import pytest

import postgres
from harness import HEAD
from heartline import ManualClock, Scenario, loads
from heartline.host import Host, Store, open_store
from heartline.host.stores.memory import MemoryStore

Given = ParamSpec("Given")


def awaited(test: Callable[Given, Coroutine[Any, Any, None]]) -> Callable[Given, None]:
    """A test that is a coroutine, run to its end."""

    @functools.wraps(test)
    def run(*given: Given.args, **named: Given.kwargs) -> None:
        asyncio.run(test(*given, **named))

    return run


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens one and the same store, each time for another program."""
    if request.param == "memory":
        store = MemoryStore()
        return lambda: store
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'living.db'}?synchronous=OFF"
    else:
        url = postgres.server().url()
    return lambda: open_store(url)


class World:
    """A store, and the hosts that work on it, one after the other or beside each other."""

    def __init__(self, stores: Callable[[], Store]) -> None:
        self.stores = stores
        self.clock = ManualClock()

    def host(self, *scenarios: Scenario | str | Path, **options: Any) -> Host:
        return Host(self.stores(), scenarios, clock=self.clock, **options)


@pytest.fixture
def world(stores: Callable[[], Store]) -> World:
    return World(stores)


STORY = """\
context: {heard: {type: int, min: 0, max: 3, initial: 0}}
timers: {break: 14d}
initial: home
states:
  home:
    choices:
      ask: {say: What is it like for you?, to: asked}
      wait: {to: apart}
      leave: {to: gone}
  asked:
    choices:
      listen: {do: heard += 1, to: home}
      argue: {to: cold}
  cold:
    choices:
      soften: {to: home}
      leave: {to: gone}
  apart:
    entry: {do: start(break)}
    choices: {write: {to: home}}
    after: {break: review}
  review:
    choices: {again: {to: home}, leave: {to: gone}}
  gone: {type: final, outcome: gone}
"""

# The places of the story that are no end, and the choices that lead there.
PLACES = {
    "home": (),
    "asked": ("ask",),
    "cold": ("ask", "argue"),
    "apart": ("wait",),
    "heard": ("ask", "listen"),
}


@functools.cache
def version(number: str = "1.0.0", body: str = STORY, *, migrations: str = "") -> Scenario:
    """A version of the story; `migrations` are those that it declares, as in the file."""
    text = HEAD.replace("1.0.0", number) + dedent(body) + "\n"
    return loads(text + (f"migrations: [{migrations}]\n" if migrations else ""))


@dataclass(frozen=True)
class Edit:
    """What an author does to the story, and what that means for conversations that live in it.

    `states` and `choices` are the new names of old ones; a choice that is gone is None. `leads` are
    the ways that lead elsewhere than before, and `stays` the old states that have no place in the
    new version, so that conversations there stay in theirs.
    """

    what: str
    replaced: tuple[tuple[str, str], ...]
    migration: str = "{from: 1.0.0}"
    states: dict[str, str] = field(default_factory=dict)
    choices: dict[str, str | None] = field(default_factory=dict)
    leads: dict[tuple[str, str], str] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()

    @property
    def body(self) -> str:
        """The new version's text."""
        text = STORY
        for old, new in self.replaced:
            assert old in text, old
            text = text.replace(old, new)
        return text


def _moved(text: str, name: str) -> tuple[tuple[str, str], ...]:
    """The replacements that put a state at the end of the file."""
    start = text.index(f"  {name}:\n")
    end = text.index("\n  ", text.index("choices", start))
    while text[end + 3] == " ":
        end = text.index("\n  ", end + 1)
    block = text[start : end + 1]
    last = "  gone: {type: final, outcome: gone}\n"
    return (block, ""), (last, last + block)


_COLD = STORY[STORY.index("  cold:") : STORY.index("  apart:")]

EDITS = [
    Edit("a choice is inserted before all others",
         (("choices:\n      ask", "choices:\n      joke: {to: cold}\n      ask"),)),
    Edit("a choice is inserted where others lead back to",
         (("      argue: {to: cold}", "      hum: {do: heard += 1}\n      argue: {to: cold}"),)),
    Edit("a choice is removed",
         (("      argue: {to: cold}\n", ""),),
         choices={"argue": None}),
    Edit("a choice is renamed",
         (("ask:", "inquire:"),), "{from: 1.0.0, choices: {ask: inquire}}",
         choices={"ask": "inquire"}),
    Edit("choices are reordered",
         (("      wait: {to: apart}\n      leave: {to: gone}\n",
           "      leave: {to: gone}\n      wait: {to: apart}\n"),)),
    Edit("two choices change their names",
         (("wait: {to: apart}", "ask: {to: apart}"), ("ask: {say", "wait: {say")),
         "{from: 1.0.0, choices: {ask: wait, wait: ask}}",
         choices={"ask": "wait", "wait": "ask"}),
    Edit("two choices lead where the other led",
         (("soften: {to: home}\n      leave: {to: gone}",
           "soften: {to: gone}\n      leave: {to: home}"),),
         leads={("cold", "soften"): "gone", ("cold", "leave"): "home"}),
    Edit("a state is inserted on a way",
         (("you?, to: asked}", "you?, to: silence}"),
          ("  asked:", "  silence: {choices: {speak: {to: asked}}}\n  asked:")),
         leads={("home", "ask"): "silence"}),
    Edit("a state is inserted before all others",
         (("  home:", "  door: {choices: {enter: {to: home}}}\n  home:"),)),
    Edit("a state is removed",
         ((_COLD, ""),
          ("argue: {to: cold}", "argue: {to: home}")),
         leads={("asked", "argue"): "home"}, stays=frozenset({"cold"})),
    Edit("a state becomes another",
         ((_COLD, ""),
          ("argue: {to: cold}", "argue: {to: home}")),
         "{from: 1.0.0, states: {cold: home}}", states={"cold": "home"},
         choices={"soften": None}),
    Edit("a state is renamed",
         (("asked", "listening"),), "{from: 1.0.0, states: {asked: listening}}",
         states={"asked": "listening"}),
    Edit("two states change their names",
         (("asked", "other"), ("cold", "asked"), ("other", "cold")),
         "{from: 1.0.0, states: {asked: cold, cold: asked}}",
         states={"asked": "cold", "cold": "asked"}),
    Edit("a state is renamed and another takes its name",
         (("cold", "bitter"), ("  asked:", "  cold: {choices: {warm: {to: home}}}\n  asked:")),
         "{from: 1.0.0, states: {cold: bitter}}", states={"cold": "bitter"}),
    Edit("states are reordered", _moved(STORY, "asked")),
    Edit("a state is put into another",
         ((_COLD, "  winter:\n    states:\n" + indent(_COLD, "    ")),)),
    Edit("a timer is renamed",
         (("break", "pause"),), "{from: 1.0.0, timers: {break: pause}}"),
    Edit("a timer is removed",
         (("timers: {break: 14d}\n", ""), ("    entry: {do: start(break)}\n", ""),
          ("    after: {break: review}\n", "")),
         stays=frozenset({"apart"})),
    Edit("a variable is renamed",
         (("heard", "known"),), "{from: 1.0.0, variables: {heard: known}}"),
]  # fmt: skip


def edit(what: str) -> Edit:
    """One of the edits."""
    return next(each for each in EDITS if each.what == what)


async def version_of(host: Host, name: str) -> str:
    """The version that a conversation is in."""
    record = await host.store.find(name)
    assert record is not None
    if isinstance(host.store, MemoryStore):  # what a log leads to is the same on every store
        assert await host.verify(name) is None
    return record.version
