"""The small types that the authored shapes are made of: names, texts, expressions, short forms.

A short form is spelled out before a value is checked, by a validator here, and the JSON Schema is
told of it beside the validator, so that the two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)

from heartline.durations import PATTERN, parse_duration

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

__all__ = [
    "CASE_NAME",
    "DELAY",
    "DOTTED",
    "IDENTIFIER",
    "LANGUAGE",
    "TIMER_NAME",
    "VERSION",
    "Action",
    "Actions",
    "Also",
    "Delay",
    "Duration",
    "Expression",
    "Model",
    "Name",
    "StateName",
    "Tags",
    "Text",
    "many",
    "one_or_many",
    "or_text",
]

IDENTIFIER = r"^[a-z][a-z0-9_]{0,63}$"
DOTTED = r"^[a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63})*$"  # also one of an included file
DELAY = rf"{DOTTED}|^(\d+[wdhms]){{1,5}}$"  # a timer's name, or a duration
# A timer may belong to a state, and is then called by the state and its length: waiting.14d.
TIMER_NAME = r"^[a-z][a-z0-9_]{0,63}(\.[a-z0-9][a-z0-9_]{0,63})*$"
CASE_NAME = r"^[a-z0-9][a-z0-9_]{0,99}$"  # of a test, or of a row of its table
VERSION = r"^\d+\.\d+\.\d+$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


class Model(BaseModel):
    """What all authored shapes share: they are values, and unknown fields are errors."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)


def _expression(value: object) -> object:
    """A bare number or truth value in the file is an expression too."""
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(value) if isinstance(value, int) else value


def many(value: object) -> object:
    """A list of the file as the tuple that the model holds; anything else is for it to refuse."""
    return tuple(value) if isinstance(value, list) else value


def one_or_many(value: object) -> object:
    """The same, where one item may stand for a list of one."""
    return tuple(value) if isinstance(value, list) else (value,)


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


@dataclass(frozen=True, eq=False)  # compared by identity: schemas cannot be hashed
class Also:
    """Tells the JSON Schema of a list's or mapping's short forms, which a validator spells out.

    `bare`: a single item may stand for the list. `item`: what else an item may be, as a schema.
    `whole`: what else the value may be.
    """

    bare: bool = False
    item: dict[str, Any] | None = None
    whole: dict[str, Any] | None = None

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        forms = [self.whole] if self.whole else []
        if self.bare:
            items = schema["items"]
            if self.item:
                items = {"anyOf": [self.item, items]}
                schema = {**schema, "items": items}
            forms += items.get("anyOf", [items])
        return {"anyOf": [*forms, schema]}


Name = Annotated[str, StringConstraints(pattern=IDENTIFIER)]
Delay = Annotated[str, StringConstraints(pattern=DELAY)]
StateName = Annotated[str, StringConstraints(pattern=DOTTED)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Expression = Annotated[
    str,
    BeforeValidator(_expression),
    StringConstraints(min_length=1, max_length=1000),
    Also(whole={"type": ["integer", "boolean"]}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{PATTERN}$", "examples": ["14d", "2h30m"]}),
]
Action = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Actions = Annotated[tuple[Action, ...], BeforeValidator(one_or_many), Also(bare=True)]
Tags = Annotated[tuple[Name, ...], BeforeValidator(one_or_many), Also(bare=True)]


def or_text(schema: dict[str, Any], description: str) -> None:
    """Let a schema of a mapping also take its short form, a text."""
    mapping = dict(schema)
    schema.clear()
    short = {"type": ["string", "integer", "boolean"], "description": description}
    schema["anyOf"] = [short, mapping]
