"""Front ends are found by name, and set up by what the command or the environment says."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from heartline.errors import CallerError
from heartline.frontends import plugins
from heartline.frontends.plugins import GROUP, known, make
from heartline.frontends.protocol import Capabilities, OutEvent
from heartline.frontends.references import ConversationReference
from heartline.host import Host


class Parrot:
    """A front end that goes nowhere."""

    name = "parrot"
    capabilities = Capabilities()

    def __init__(self, *, token: str, wing_span: str = "30") -> None:
        if not wing_span.isdigit():
            raise ValueError(f"wing_span is a number, not {wing_span!r}")
        self.token = token
        self.wing_span = wing_span

    async def run(self, host: Host) -> None: ...

    async def deliver(
        self, reference: ConversationReference, events: Sequence[OutEvent]
    ) -> None: ...


class Stone:
    """Something that is no front end."""


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a few front ends beside those of the house."""
    aviary: Any = ModuleType("aviary")
    aviary.Parrot, aviary.Stone = Parrot, Stone
    monkeypatch.setitem(sys.modules, "aviary", aviary)
    added = {
        "parrot": "aviary:Parrot", "stone": "aviary:Stone", "egg": "aviary:Egg",
        "dodo": "no_such_aviary:Dodo", "ours": "heartline.no_such_room:Ours",
    }  # fmt: skip
    points = [EntryPoint(name, value, GROUP) for name, value in added.items()]

    def found(*, group: str, name: str | None = None) -> list[EntryPoint]:
        assert group == GROUP
        return [each for each in points if name in (None, each.name)]

    monkeypatch.setattr(plugins, "entry_points", found)


def test_settings_come_from_the_command_and_then_from_the_environment() -> None:
    environ = {"HEARTLINE_PARROT_TOKEN": "secret", "HEARTLINE_PARROT_WING_SPAN": "40"}

    parrot = make("parrot,wing-span=50", environ)

    assert isinstance(parrot, Parrot)
    assert (parrot.token, parrot.wing_span) == ("secret", "50")


def test_a_setting_may_hold_an_equals_sign() -> None:
    with pytest.raises(CallerError, match="not '1=2'"):
        make("parrot,token=x,wing_span=1=2", {})


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("parot", "There is no front end 'parot': did you mean 'parrot'?"),
        ("penguin", "There is no front end 'penguin': there are dodo, egg, ours, parrot, stone."),
        ("parrot", ("The front end parrot needs the setting token: put it into "
         "HEARTLINE_PARROT_TOKEN, or write --on parrot,token=...")),
        ("parrot,tokn=x", "The front end parrot has no setting 'tokn': did you mean 'token'?"),
        ("parrot,x=y", "The front end parrot has no setting 'x': it has token, wing_span."),
        ("parrot,token", ("'token' is no setting of parrot: write NAME,SETTING=VALUE, with a comma "
         "between two.")),
        ("parrot,token=x,wing_span=wide", ("The front end parrot cannot be set up: wing_span is a "
         "number, not 'wide'")),
        ("stone", ("What is installed as the front end stone is none: it lacks name, capabilities, "
         "run or deliver.")),
        ("egg", "The front end egg cannot be loaded: module 'aviary' has no attribute 'Egg'."),
        ("dodo", "The front end dodo cannot be loaded: No module named 'no_such_aviary'."),
        ("ours", "The front end ours cannot be loaded: No module named 'heartline.no_such_room'."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_sentence(asked: str, sentence: str) -> None:
    with pytest.raises(CallerError) as refused:
        make(asked, {})
    assert str(refused.value) == sentence


def test_one_of_the_house_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    point = EntryPoint("telegram", "heartline.frontends.telegram:Telegram", GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [point])
    monkeypatch.setitem(sys.modules, "telegram", None)
    for name in [each for each in sys.modules if each == "heartline.frontends.telegram"]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(CallerError, match=r"needs the package telegram.*'heartline\[telegram\]'"):
        make("telegram,token=x", {})


def test_those_of_the_house_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {"stdio", "telegram", "terminal", "web"} <= set(known())
