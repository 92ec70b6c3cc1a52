"""A small valid scenario that has something of everything, for tests that break it."""

from __future__ import annotations

import re
from textwrap import dedent

from heartline.diagnostics import Diagnostic
from heartline.loader import Loaded, load_text

TEA = dedent(
    """\
    heartline: 1
    id: tea
    version: 1.0.0
    title: A cup of tea
    cast:
      you: {name: You}
      ann: {name: Ann, played_by: engine}
    context:
      sugar: {type: int, min: 0, max: 3, initial: 0}
      mood: {type: enum, values: [warm, cool], initial: warm}
      wait: {type: duration, values: [3m, 5m], initial: 3m}
      nick: {type: text, initial: Friend}
    timers:
      brew: {length: wait}
    guards:
      sweet: sugar >= 1
    states:
      kitchen:
        entry: {say: [{ann: Tea?}, The kettle sings.], do: start(brew)}
        choices:
          sweeten: {say: One more., do: sugar += 1, once: true}
          drink: {say: Thank you., when: sweet, to: gone}
        after: {brew: table}
      table:
        choices:
          leave: {say: Bye., branches: [{when: sweet, to: gone}, {to: gone}]}
      gone: {type: final, outcome: warm}
    properties:
      it_ends: {eventually: outcome(warm)}
    """
)


def said(loaded: Loaded) -> list[str]:
    return [f"{found.location.line}:{found.location.column} {found.code} {found.message}"
            for found in loaded.diagnostics]  # fmt: skip


def hints(loaded: Loaded) -> list[str | None]:
    return [found.hint for found in loaded.diagnostics]


def changed(old: str, new: str) -> Loaded:
    assert old in TEA
    return load_text(TEA.replace(old, new, 1))


def with_place(loaded: Loaded) -> list[tuple[str, str]]:
    """Each diagnostic with what stands at its place, up to the next sign."""
    return [(text_at(loaded.text, found), f"{found.code} {found.message}")
            for found in loaded.diagnostics]  # fmt: skip


def text_at(text: str, found: Diagnostic) -> str:
    line = text.split("\n")[found.location.line - 1]
    rest = line[found.location.column - 1 :]
    return rest[: max(len(re.match(r"[^,:}\]]*", rest)[0]), 1)][:40]  # type: ignore[index]
