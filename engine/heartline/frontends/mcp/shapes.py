"""What the tools give back, besides what all front ends do."""

from __future__ import annotations

from pydantic import Field

from heartline.forms import Model
from heartline.frontends.shapes import Happened, Scenario, View

__all__ = ["Begun", "Finished", "ScenarioList", "Unloaded", "Waited"]


class Unloaded(Model):
    """A scenario that does not load, and why, for whoever writes it."""

    id: str
    why: str


class ScenarioList(Model):
    """The scenarios that conversations can be begun in, and those that should be among them."""

    scenarios: list[Scenario]
    unavailable: list[Unloaded] = Field(description="What does not load, so that nothing begins "
    "in it. Tell whoever writes it why; the others can be played.")  # fmt: skip


class Begun(Model):
    """A conversation has begun."""

    conversation: str = Field(description="The token that all other tools take. Keep it: it opens "
    "the conversation again next week, and nothing else does.")  # fmt: skip
    other_seats: dict[str, str] = Field(description="The tokens of the other persons' seats, by "
    "role, where several persons take part.")  # fmt: skip
    view: View


class Waited(Model):
    """What has happened meanwhile, if anything has, and where the conversation stands now."""

    happened: list[Happened]
    view: View


class Finished(Model):
    """What became of the conversation."""

    ended: bool = Field(description="Whether it has ended; where others take part it goes on.")
    deleted: bool = Field(description="Whether every trace of it is removed.")
