"""The authored shape of variables: five types, each with what it may hold and how it begins."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from heartline.forms import Duration, Model, Name, Text, many

__all__ = [
    "BoolVariable",
    "DurationVariable",
    "EnumVariable",
    "IntVariable",
    "TextVariable",
    "Variable",
]


class _Variable(Model):
    input: bool = Field(False, description="It may be set when a conversation starts.")
    hidden: bool = Field(False, description="No player is ever shown it.")
    title: Text | None = Field(None, description="A name for players and reports.")
    about: Text | None = Field(None, description="A note for readers of the file.")
    prompt: Text | None = Field(
        None, description="Input only: the question a front end asks before the start."
    )


class IntVariable(_Variable):
    """A whole number that stays within its bounds: what would go past a bound stops at it."""

    type: Literal["int"] = Field(description="int: a whole number.")
    min: int = Field(ge=-1_000_000, le=1_000_000, description="The lowest value.")
    max: int = Field(ge=-1_000_000, le=1_000_000, description="The highest value.")
    initial: int = Field(description="The value at the start.")


class BoolVariable(_Variable):
    """True or false."""

    type: Literal["bool"] = Field(description="bool: true or false.")
    initial: bool = Field(description="The value at the start.")


class EnumVariable(_Variable):
    """One of several named values."""

    type: Literal["enum"] = Field(description="enum: one of the values.")
    values: Annotated[
        tuple[Name, ...], Field(min_length=1, max_length=256), BeforeValidator(many)
    ] = Field(description="All values, each an identifier.")
    labels: dict[Name, Text] = Field({}, description="What players read in place of a value.")
    initial: Name = Field(description="The value at the start.")


class DurationVariable(_Variable):
    """One of several lengths of time."""

    type: Literal["duration"] = Field(description="duration: one of the values.")
    values: Annotated[
        tuple[Duration, ...], Field(min_length=1, max_length=256), BeforeValidator(many)
    ] = Field(description="All lengths that it can have.")
    initial: Duration = Field(description="The value at the start.")


class TextVariable(_Variable):
    """Something a person typed, such as a name. Lines may hold it, guards may not."""

    type: Literal["text"] = Field(description="text: what a person typed.")
    max_length: int = Field(80, ge=1, le=400, description="How many characters it may have.")
    initial: str = Field(description="The value at the start.")
    kept_for: Text | None = Field(
        None,
        description="Needed with input: what the answer is kept for, as a sentence that whoever "
        "is asked reads.",
    )

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"input": {"const": True}}, "required": ["input"]},
            "then": {"required": ["kept_for"]},
        }
    )


Variable = Annotated[
    IntVariable | BoolVariable | EnumVariable | DurationVariable | TextVariable,
    Field(discriminator="type"),
]
