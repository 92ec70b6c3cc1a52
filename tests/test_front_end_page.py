"""docs/front-ends.md: the front end that it writes from nothing works, and keeps the contract."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from heartline.frontends import plugins

PAGE = Path(__file__).parents[1] / "docs" / "front-ends.md"


def block(name: str) -> str:
    """The file of that name, as the page shows it."""
    found = re.search(
        rf"^<!-- file: {re.escape(name)} -->\n(?:<!--.*-->\n)*```\w+\n(.*?)^```$",
        PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    assert found, f"The page shows no {name}."
    return found[1]


def imported(name: str) -> Any:
    """One of its modules, under the name by which the other imports it."""
    module = ModuleType(name)
    exec(compile(block(f"{name}.py"), f"{PAGE.name}:{name}", "exec"), module.__dict__)  # noqa: S102
    sys.modules[name] = module
    return module


irc = imported("heartline_irc")
TestIrc = imported("test_irc").TestIrc  # all tests of the contract


def test_it_is_short() -> None:
    lines = block("heartline_irc.py").count("\n")
    assert lines <= 60
    assert f"one file\nof {lines} lines" in PAGE.read_text("utf-8")


def test_it_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    written = tomllib.loads(block("pyproject.toml"))["project"]["entry-points"][plugins.GROUP]
    points = [EntryPoint(name, value, plugins.GROUP) for name, value in written.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: points)

    front_end = plugins.make("irc,server=irc.example.org", {"HEARTLINE_IRC_NICK": "anna"})

    assert isinstance(front_end, irc.Irc)
    assert (front_end.server, front_end.port, front_end.nick) == ("irc.example.org", 6667, "anna")


def test_no_line_is_longer_than_the_network_takes() -> None:
    text = "\N{GRINNING FACE}" * irc.Irc.capabilities.longest_text
    sender = f":{'n' * 10}!{'u' * 10}@{'h' * 60}"  # which the server puts before it
    assert len(f"{sender} PRIVMSG {'n' * 30} :{text}\r\n".encode()) <= 512
