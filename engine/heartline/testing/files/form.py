"""The authored shape of a test file, format 1: what a test is started with, does and expects.

A test file lies beside its scenario, as `tests.yaml` or `NAME.test.yaml`. It is read with the
same care as a scenario: unknown fields are errors, each fault has its place.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import PydanticCustomError

from heartline.forms import (
    IDENTIFIER,
    Also,
    Expression,
    Model,
    Name,
    StateName,
    Text,
    many,
    one_or_many,
)
from heartline.testing.files.values import (
    CaseName,
    Draws,
    Left,
    Length,
    Moment,
    Names,
    OnlyTrue,
    Phrase,
    TimerName,
    Timers,
    Value,
)

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

__all__ = [
    "ERRORS",
    "Accepted",
    "ErrorExpected",
    "Expect",
    "LineExpected",
    "Start",
    "Step",
    "Test",
    "TestFile",
    "Words",
    "says_something",
]

ERRORS = (
    "input", "unknown_choice", "closed", "unknown_event", "stale_turn", "over", "nothing_to_undo",
    "undo_forbidden", "draw",
)  # fmt: skip

MOMENT = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2})?([Zz]|[+-]\d{2}:?\d{2})$"


class Words(Model):
    """What a text is compared with. One of the three; a bare text means `exact`.

    In `like`, each `*` stands for any words, or none.
    """

    exact: Phrase | None = Field(None, description="The whole text.")
    contains: Phrase | None = Field(None, description="A part of the text.")
    like: Phrase | None = Field(None, description="The whole text, with * for any words.")
    FORMS: ClassVar[tuple[str, ...]] = ("exact", "contains", "like")

    @model_validator(mode="after")
    def _one_form(self) -> Words:
        if sum(getattr(self, form) is not None for form in Words.FORMS) != 1:
            raise PydanticCustomError("HL205", "give one of exact, contains and like")
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        handler.resolve_ref_schema(schema)["oneOf"] = [{"required": [form]} for form in cls.FORMS]
        return schema


def _words(value: object) -> object:
    return {"exact": value} if isinstance(value, str) else value


SomeWords = Annotated[Words, BeforeValidator(_words), Also(whole={"type": "string"})]


class LineExpected(Words):
    """A line: who says it, and its words. Without a speaker, anybody may have said it."""

    speaker: Name | None = Field(None, description="A role, or narrator.")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        """`a text`, `{partner: a text}`, `{partner: {contains: a part}}`, or the whole mapping."""
        if isinstance(value, str):
            return {"exact": value}
        if not isinstance(value, dict):
            raise PydanticCustomError("HL203", "a line is a text, or a speaker and what they say")
        speakers = [name for name in value if name not in cls.model_fields]
        if len(speakers) > 1 or (speakers and len(value) > 1):
            near = [each for name in speakers for each in get_close_matches(name, cls.FORMS, 1)]
            hint = f"; did you mean '{near[0]}'?" if near else ""
            message = f'write {{partner: "..."}} or {{partner: {{contains: "..."}}}}{hint}'
            raise PydanticCustomError("HL205", message)
        if not speakers:
            return value
        words = _words(value[speakers[0]])
        if isinstance(words, dict) and "speaker" not in words:
            return {"speaker": speakers[0], **words}
        raise PydanticCustomError(
            "HL203", "what is said is a text, or one of exact, contains, like"
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = super().__get_pydantic_json_schema__(core, handler)
        spelled_out = handler.resolve_ref_schema(schema)
        whole = dict(spelled_out)
        words = {name: whole["properties"][name] for name in cls.FORMS}
        inner = {"type": "object", "properties": words, "additionalProperties": False,
                 "oneOf": whole["oneOf"]}  # fmt: skip
        said = {
            "type": "object",
            "description": "A speaker and what they say.",
            "propertyNames": {"pattern": IDENTIFIER, "not": {"enum": [*cls.model_fields]}},
            "additionalProperties": {"anyOf": [{"type": "string"}, inner]},
            "minProperties": 1,
            "maxProperties": 1,
        }
        spelled_out.clear()
        spelled_out["anyOf"] = [{"type": "string", "description": "The whole line."}, said, whole]
        return schema


LinesExpected = Annotated[tuple[LineExpected, ...], BeforeValidator(one_or_many), Also(bare=True)]


class ErrorExpected(Model):
    """That an input is refused, changing nothing. A bare word is the kind."""

    kind: Literal[
        "input", "unknown_choice", "closed", "unknown_event", "stale_turn", "over",
        "nothing_to_undo", "undo_forbidden", "draw",
    ] = Field(description="What is wrong with the input.")  # fmt: skip
    says: SomeWords | None = Field(None, description="The sentence of the refusal.")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        return {"kind": value} if isinstance(value, str) else value

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra=lambda schema: _or_kind(schema),
    )


def _or_kind(schema: dict[str, Any]) -> None:
    mapping = dict(schema)
    schema.clear()
    schema["anyOf"] = [mapping["properties"]["kind"], mapping]


def _closed(value: object) -> object:
    """A list of choices, or a mapping of each to the reason why it is closed."""
    if isinstance(value, str):
        return {value: None}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return dict.fromkeys(value)
    return value


class Expect(Model):
    """What holds at a point of a test. Everything that is given must hold.

    `lines` are looked for in this order among those of the turn; others may stand between.
    """

    state: StateName | None = Field(None, description="The state, or one that it lies in.")
    lines: LinesExpected | None = Field(None, description="Said in this turn, in this order.")
    not_said: LinesExpected | None = Field(None, description="Not said in this turn.")
    said_by: Names | None = Field(
        None, description="Who says each line of the turn, all of them: structure without words."
    )
    nothing_more_said: bool = Field(False, description="No other lines than those of `lines`.")
    offered: Names | None = Field(None, description="Choices that can be taken.")
    only_offered: Names | None = Field(
        None, description="All the choices that can be taken, in any order."
    )
    not_offered: Names | None = Field(None, description="Choices that cannot be taken.")
    closed: Annotated[
        dict[Name, SomeWords | None] | None,
        BeforeValidator(_closed),
        Also(
            whole={
                "anyOf": [
                    {"type": "string", "pattern": IDENTIFIER},
                    {"type": "array", "items": {"type": "string", "pattern": IDENTIFIER}},
                ]
            }
        ),
    ] = Field(None, description="Choices that are shown but closed, and why.")
    context: dict[StateName, Value] = Field(default={}, description="What variables hold.")
    holds: Annotated[tuple[Expression, ...], BeforeValidator(one_or_many), Also(bare=True)] = Field(
        default=(), description="Expressions over the variables that hold."
    )
    timers: dict[TimerName, Left] = Field(
        default={}, description="For each timer: what is left of it, as in 14d; off; or expired."
    )
    running: Timers | None = Field(None, description="All the timers that run, in any order.")
    ends: dict[TimerName, Moment] = Field(
        default={}, description="For each timer: the moment at which it runs out."
    )
    outcome: Name | None = Field(None, description="How it ended.")
    over: bool | None = Field(None, description="Whether it is over.")
    support: SomeWords | None = Field(None, description="The text that says where help is found.")
    error: ErrorExpected | None = Field(
        None, description="The refusal of the input, which then changes nothing."
    )


def says_something(expect: Expect) -> bool:
    """Whether there is anything in it that could fail to hold."""
    if expect.over is not None:
        return True
    if any(getattr(expect, field) is not None for field in _EVEN_NONE):
        return True  # that nothing runs, is offered or is said can be wrong
    return any(getattr(expect, field) for field in Expect.model_fields)


_EVEN_NONE = ("said_by", "only_offered", "running")


class Step(Model):
    """One step: an act (one of the first six), what it must lead to, or both."""

    choose: Name | None = Field(None, description="The choice that is taken, by its id.")
    send: Name | None = Field(None, description="The event that is sent.")
    wait: Length | None = Field(None, description="How long to wait, as in 14d.")
    wait_until: TimerName | None = Field(None, description="The timer to wait for.")
    undo: int | None = Field(None, ge=1, le=1000, description="How many turns to take back.")
    resume: OnlyTrue | None = Field(
        None, description="Store the conversation, and go on with what was stored."
    )
    role: Name | None = Field(None, alias="as", description="With choose: who chooses.")
    turn: int | None = Field(
        None, ge=0, description="With choose or send: the turn that it answers."
    )
    draw: Draws = Field(
        default=(), description="What the engine's roles draw in this step, in this order."
    )
    expect: Expect | None = Field(None, description="What then holds.")
    about: Text | None = Field(None, description="A note for readers of the file.")

    ACTS: ClassVar[tuple[str, ...]] = ("choose", "send", "wait", "wait_until", "undo", "resume")
    TOGETHER: ClassVar[dict[str, tuple[str, ...]]] = {
        "role": ("choose",),
        "turn": ("choose", "send"),
        "draw": ("choose", "send", "wait", "wait_until"),
    }

    @property
    def act(self) -> str | None:
        """The act's name, None where the step only expects."""
        return next((act for act in self.ACTS if getattr(self, act) is not None), None)

    @model_validator(mode="after")
    def _one_act(self) -> Step:
        acts = [act for act in self.ACTS if getattr(self, act) is not None]
        if len(acts) > 1:
            message = f"a step has one act, and here are {' and '.join(acts)}: make them two steps"
            raise PydanticCustomError("HL205", message)
        if not acts and self.expect is None:
            message = f"a step has an act, one of {', '.join(self.ACTS)}, or expects something"
            raise PydanticCustomError("HL202", message)
        for field, with_acts in self.TOGETHER.items():
            if field in self.model_fields_set and not set(acts) & set(with_acts):
                name = "as" if field == "role" else field
                message = f"'{name}' goes with {' or '.join(with_acts)}"
                raise PydanticCustomError("HL205", message)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        fields = handler.resolve_ref_schema(schema)
        one_act = [{"required": [act]} for act in cls.ACTS]
        fields["oneOf"] = [*one_act, {"required": ["expect"], "not": {"anyOf": one_act}}]
        fields["dependentSchemas"] = {
            "as" if field == "role" else field: {
                "anyOf": [{"required": [act]} for act in with_acts]
            }
            for field, with_acts in cls.TOGETHER.items()
        }
        return schema


class Start(Model):
    """What a conversation is started with."""

    seed: int | None = Field(None, description="Decides what is not drawn; 0 without it.")
    start: Moment | None = Field(
        None, description="The first moment, with its zone, as in 2026-01-05T09:00:00Z."
    )
    inputs: dict[StateName, Value] = Field(default={}, description="Values for the inputs.")
    seats: Names = Field(default=(), description="Roles of the engine that a person plays.")


class Test(Start):
    """One test: a conversation with what it must do."""

    __test__: ClassVar[bool] = False  # pytest collects what is called so

    about: Text | None = Field(None, description="What it shows.")
    after: CaseName | None = Field(None, description="The test in whose end this one starts.")
    draw: Draws = Field(default=(), description="What the engine's roles draw at the start.")
    expect: Expect | None = Field(None, description="What holds at the start.")
    steps: Annotated[tuple[Step, ...], BeforeValidator(many)] = Field(
        default=(), description="What happens."
    )
    cases: dict[CaseName, dict[Name, Any]] = Field(
        default={},
        description="A table: for each row its columns. $column in the test stands for its value.",
    )
    skip: Text | None = Field(None, description="It is not run, for this reason.")
    only: Text | None = Field(None, description="Only tests with this are run, for this reason.")


class Accepted(Model):
    """A mutant that the tests do not notice, and why that is all right."""

    mutant: Phrase = Field(description="As `heartline mutate` names it.")
    because: Text = Field(description="Why no test needs to notice it.")


class TestFile(Model):
    """A whole test file."""

    __test__: ClassVar[bool] = False

    heartline_tests: Literal[1] = Field(description="The version of the format.")
    scenario: str = Field(
        "scenario.yaml",
        min_length=1,
        max_length=200,
        description="The scenario's file, in the same folder.",
    )
    about: Text | None = Field(None, description="What these tests are about.")
    defaults: Start = Field(
        default_factory=lambda: Start.model_validate({}), description="What tests start with."
    )
    tests: dict[CaseName, Test] = Field(default={}, description="The tests.")
    accepted: Annotated[tuple[Accepted, ...], BeforeValidator(many)] = Field(
        default=(), description="Mutants that need not be noticed, each with its reason."
    )
