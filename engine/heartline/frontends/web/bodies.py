"""What the API takes: bodies with no field that it does not know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Begin", "Choosing", "Event", "Input", "Invite", "Spoken", "Ticking"]

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Value = (
    bool | Annotated[int, Field(ge=-(2**63), lt=2**63)] | Annotated[str, Field(max_length=4000)]
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Begin(_Body):
    """A conversation is to begin."""

    scenario: _Name = Field(description="The id of a scenario of this server.")
    inputs: dict[_Name, _Value] = Field(
        default={}, max_length=100,
        description="What the scenario is given at the start, by the names of its questions; a "
        "length of time as a text, as in 14d.",
    )  # fmt: skip
    seed: int | None = Field(
        default=None, ge=0, lt=2**63,
        description="Decides all that is drawn. A random one where it is left out.",
    )  # fmt: skip
    seats: list[_Name] = Field(
        default=[], max_length=20,
        description="Roles of the engine that persons are to play.",
    )  # fmt: skip


class Choosing(_Body):
    """A person says or does something."""

    choose: _Name = Field(description="The id of a choice of your role.")


class Event(_Body):
    """Something happens that no player is shown."""

    event: _Name = Field(description="The name of an event of the scenario.")


class Ticking(_Body):
    """Time passes: what is due happens now."""

    tick: Literal[True]


Input = Choosing | Event | Ticking


class Invite(_Body):
    """Somebody is to be asked in."""

    role: _Name = Field(description="The role that is offered.")


class Spoken(_Body):
    """A message over a WebSocket: a person says or does something. What is sent again with the
    same id happens once."""

    id: Annotated[str, Field(max_length=200)] | None = None
    choose: _Name
    turn: Annotated[int, Field(ge=0, lt=2**31)] | None = None
