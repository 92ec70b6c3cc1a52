"""The authored shape of a scenario file, format 1.

These models say what may stand where; they hold what the author wrote, with short forms spelled
out, and nothing that is worked out from it. Names are not resolved and expressions are not parsed
here: that is the compiler's work. The reference of the format (docs/format.md) and the JSON
Schema are made from these models, so each field's description is written for authors.

Short forms, all of which the schema knows:

    say: "Hello."             one line          -> say: [...]
    entry: {say: Hello.}      likewise          -> entry: {say: [...]}
    after: {break: review}    a bare target     -> after: {break: [{to: review}]}
    always: {when: x, to: y}  one branch        -> always: [{...}]
    do: heard += 1            one action        -> do: [heard += 1]
    break: 14d                a timer's length  -> break: {length: 14d}
    guard: heard >= 2         a guard's test    -> guard: {when: heard >= 2}
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from heartline.forms import (
    DOTTED,
    LANGUAGE,
    VERSION,
    Actions,
    Also,
    Delay,
    Expression,
    Model,
    Name,
    StateName,
    Tags,
    Text,
    many,
    one_or_many,
    or_text,
)
from heartline.variables import (
    BoolVariable,
    DurationVariable,
    EnumVariable,
    IntVariable,
    TextVariable,
    Variable,
)

__all__ = [
    "Actions",
    "Block",
    "BoolVariable",
    "Branch",
    "Choice",
    "DurationVariable",
    "EnumVariable",
    "Guard",
    "IntVariable",
    "Line",
    "Migration",
    "Property",
    "Role",
    "ScenarioFile",
    "State",
    "Support",
    "TextVariable",
    "Timer",
    "Variable",
]

NARRATOR = "narrator"  # who speaks where nobody of the cast does


class Line(Model):
    """Something that is said: `{partner: "I don't know."}`, or a bare text for the narrator.

    In a choice a bare text is said by the role that chooses. The speaker's text may be a list:
    then the seed decides which of them is said.
    """

    speaker: str | None = Field(None, description="A role of the cast, or narrator.")
    texts: tuple[Text, ...] = Field(
        min_length=1, description="One text, or several to draw one from."
    )
    when: Expression | None = Field(None, description="Say it only where this holds.")
    visit: Literal["first", "later"] | None = Field(
        None, description="Say it only on the first visit (or the first choice), or only later."
    )
    only_to: Name | None = Field(None, description="The one role that hears it.")

    RESERVED: ClassVar[frozenset[str]] = frozenset({"when", "visit", "only_to"})

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        if isinstance(value, str):
            return {"texts": (value,)}
        if not isinstance(value, dict):
            raise PydanticCustomError("HL203", "a line is a text, or a speaker and what they say")
        speakers = [key for key in value if key not in cls.RESERVED]
        if len(speakers) != 1:
            raise PydanticCustomError("HL205", cls._not_one(speakers))
        (speaker,) = speakers
        texts = value[speaker]
        rest = {key: value[key] for key in value if key != speaker}
        return {"speaker": speaker, "texts": one_or_many(texts), **rest}

    @classmethod
    def _not_one(cls, speakers: list[str]) -> str:
        """What to say where a line has no speaker, or several."""
        here = f"here are {' and '.join(name[:40] for name in speakers[:4])}"
        near = [each for name in speakers for each in get_close_matches(name[:40], cls.RESERVED, 1)]
        if len(speakers) > 1 and near:
            return f"a line has one speaker, and {here}; did you mean '{near[0]}'?"
        here = here if speakers else "here is none"
        rule = 'write {partner: "..."}, beside it only when, visit or only_to'
        return f"a line has one speaker, and {here}: {rule}"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        spelled_out = handler.resolve_ref_schema(schema)
        fields = spelled_out["properties"]
        texts = fields["texts"]
        written = {
            "type": "object",
            "description": "A speaker and what they say, or several texts to draw one from.",
            "properties": {name: fields[name] for name in sorted(cls.RESERVED)},
            "additionalProperties": {"anyOf": [texts["items"], texts]},
            "minProperties": 1,
        }
        narrated = {**texts["items"], "description": "The narrator says it, or who chooses."}
        spelled_out.clear()
        spelled_out["anyOf"] = [narrated, written]
        return schema


Lines = Annotated[tuple[Line, ...], BeforeValidator(one_or_many), Also(bare=True)]


class Block(Model):
    """What happens on the way into or out of a state: first the actions, then the lines."""

    do: Actions = Field(default=(), description="Actions, in this order.")
    say: Lines = Field(default=(), description="Lines, said after the actions.")


class Branch(Model):
    """One guarded way: where its guard holds, it acts, speaks and leads on."""

    when: Expression | None = Field(None, description="The guard; without one it always holds.")
    do: Actions = Field((), description="Actions, in this order.")
    say: Lines = Field((), description="Lines, said after the actions.")
    to: StateName | None = Field(
        None, description="The state to go to; without it the conversation stays where it is."
    )
    about: Text | None = Field(None, description="A note for readers of the file.")


def _branches(value: object) -> object:
    items = value if isinstance(value, list) else [value]
    return tuple({"to": item} if isinstance(item, str) else item for item in items)


Branches = Annotated[
    tuple[Branch, ...],
    Field(min_length=1),
    BeforeValidator(_branches),
    Also(bare=True, item={"type": "string", "pattern": DOTTED}),
]


class Choice(Model):
    """Something that a role may say or do.

    A choice's id is its identity: the same id in two states is the same choice for `once`,
    `chosen()` and `count()`, and one in an inner state replaces one of the same id further out.
    """

    by: Name | None = Field(None, description="The role that chooses; the first of the cast.")
    label: Text | None = Field(
        None, description="What the menu shows; without it, the first thing that is said."
    )
    say: Lines = Field((), description="What is said on choosing, before anything changes.")
    when: Expression | None = Field(None, description="The guard of the whole choice.")
    why: Text | None = Field(
        None, description="The sentence that a player reads while the choice is closed."
    )
    if_closed: Literal["show", "hide"] = Field(
        "show", description="Whether a closed choice is shown, with its reason."
    )
    once: bool = Field(False, description="It can be taken once in a conversation.")
    weight: Expression | None = Field(
        None, description="How likely an engine's role draws it, against the others; 1."
    )
    tags: Tags = Field((), description="Marks that properties and reports refer to.")
    do: Actions = Field((), description="Actions, done before those of a branch.")
    to: StateName | None = Field(None, description="The state to go to; without it, stay.")
    branches: Branches | None = Field(
        None, description="Several guarded ways in place of `to`; the first that holds is taken."
    )
    about: Text | None = Field(None, description="A note for readers of the file.")

    @model_validator(mode="after")
    def _one_way(self) -> Choice:
        if self.branches is not None and self.to is not None:
            raise PydanticCustomError("HL205", "a choice has 'to' or 'branches', not both")
        return self

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"not": {"required": ["to", "branches"]}}
    )


class State(Model):
    """A state: a leaf, one that holds others, a final one, a history, or an included file."""

    type: Literal["final", "history"] | None = Field(
        None, description="final: the conversation is over; history: come back to where it was."
    )
    title: Text | None = Field(None, description="A name for maps and diagrams.")
    about: Text | None = Field(None, description="A note for readers of the file.")
    tags: Tags = Field((), description="Marks that guards, properties and reports refer to.")
    outcome: Name | None = Field(None, description="Final states only: how it ended.")
    deep: bool = Field(False, description="History only: down to the leaf.")
    default: StateName | None = Field(
        None, description="History only: where to go when there is nothing to come back to."
    )
    entry: Block = Field(default_factory=Block, description="What happens on the way in.")
    exit: Block = Field(default_factory=Block, description="What happens on the way out.")
    choices: dict[Name, Choice] = Field({}, description="What may be said or done here.")
    events: dict[Name, Branches] = Field({}, description="Inputs that nobody is shown.")
    always: Branches = Field((), description="Ways that are taken at once where they hold.")
    after: dict[Delay, Branches] = Field(
        {}, description="What happens when a timer runs out, or a duration after entry."
    )
    initial: StateName | None = Field(
        None, description="The inner state to begin in; without it, the first."
    )
    states: dict[Name, State] = Field({}, description="Inner states.")
    include: str | None = Field(
        None, min_length=1, max_length=200, description="A scenario file to play inside this state."
    )
    parameters: dict[Name, Expression] = Field(
        {}, alias="with", description="Include only: values for the inputs of that file."
    )
    roles: dict[Name, Name] = Field(
        {}, alias="as", description="Include only: which role plays each role of that file."
    )
    done: dict[Name, Branches] = Field(
        {}, description="Include only: where each outcome of that file leads."
    )


class Role(Model):
    """Somebody who takes part."""

    name: Text = Field(description="How they are called; may hold a {text variable}.")
    pronouns: Name = Field(
        "they", description="they, she, he or it, or an enum variable that holds one of these."
    )
    played_by: Literal["person", "engine"] = Field(
        "person", description="Whose seat it is; an engine's role draws its choices by weight."
    )
    about: Text | None = Field(None, description="A note for readers of the file.")


class Timer(Model):
    """A named timer: it runs wherever the conversation goes, until it ends or is stopped."""

    length: Expression = Field(description="How long it runs: a duration, or an expression.")
    title: Text | None = Field(None, description="What players read while it runs.")
    about: Text | None = Field(None, description="A note for readers of the file.")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"length": value}

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra=lambda schema: or_text(schema, "A length, such as 14d.")
    )


class Guard(Model):
    """A named guard."""

    when: Expression = Field(description="What must hold.")
    why: Text | None = Field(
        None, description="The sentence that a player reads while it does not hold."
    )
    about: Text | None = Field(None, description="A note for readers of the file.")

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"when": value}

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra=lambda schema: or_text(schema, "What must hold.")
    )


class Property(Model):
    """A promise that the scenario keeps, in one of the patterns of Dwyer, Avrunin and Corbett.

    Patterns (one of them): `always`, `never`, `eventually`, `whenever` with `leads_to`,
    `must` with `before` (precedence), `of` with `at_most`, `ends_within`.
    Scopes: from `after` on, up to `before`, or between the two.
    """

    always: Expression | None = Field(None, description="It holds everywhere.")
    never: Expression | None = Field(None, description="It holds nowhere.")
    eventually: Expression | None = Field(None, description="Each play reaches it.")
    whenever: Expression | None = Field(None, description="With leads_to: after each of these ...")
    leads_to: Expression | None = Field(None, description="... this follows.")
    must: Expression | None = Field(None, description="With before: this happens first.")
    at_most: int | None = Field(None, ge=0, le=1000, description="With of: no more often.")
    of: Expression | None = Field(None, description="With at_most: what is counted.")
    ends_within: int | None = Field(None, ge=1, le=1_000_000, description="Turns, at most.")
    within: int | None = Field(None, ge=1, le=1000, description="With leads_to: turns, at most.")
    after: Expression | None = Field(None, description="Scope: from the first time this holds.")
    before: Expression | None = Field(None, description="Scope: until this holds.")
    about: Text | None = Field(None, description="The promise in words.")

    PATTERNS: ClassVar[tuple[str, ...]] = (
        "always",
        "never",
        "eventually",
        "whenever",
        "must",
        "of",
        "ends_within",
    )
    TOGETHER: ClassVar[dict[str, str]] = {
        "whenever": "leads_to",
        "leads_to": "whenever",
        "of": "at_most",
        "at_most": "of",
        "must": "before",
        "within": "leads_to",
    }

    @model_validator(mode="after")
    def _one_pattern(self) -> Property:
        given = [name for name in self.PATTERNS if getattr(self, name) is not None]
        problem = None
        if len(given) != 1:
            here = f"here are {' and '.join(given)}" if given else "here is none"
            problem = f"a property has one pattern, one of {', '.join(self.PATTERNS)}; {here}"
        for one, other in self.TOGETHER.items():
            if getattr(self, one) is not None and getattr(self, other) is None:
                problem = problem or f"'{one}' needs '{other}'"
        if problem is not None:
            raise PydanticCustomError("HL801", problem)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = handler(core)
        fields = handler.resolve_ref_schema(schema)
        fields["oneOf"] = [{"required": [name]} for name in cls.PATTERNS]
        fields["dependentRequired"] = {one: [other] for one, other in cls.TOGETHER.items()}
        return schema


class Migration(Model):
    """How conversations of an earlier version go on in this one."""

    from_version: str = Field(alias="from", max_length=40, description="The earlier version.")
    states: dict[StateName, StateName] = Field({}, description="Old state: new state.")
    variables: dict[Name, Name] = Field({}, description="Old variable: new variable.")
    timers: dict[Name, Name] = Field({}, description="Old timer: new timer.")
    choices: dict[Name, Name] = Field({}, description="Old choice: new choice, for counts.")
    set: dict[Name, Expression] = Field(
        {}, description="New variable: its value, over the new variables after renaming."
    )


class Support(Model):
    """Where people find help: a data file by country, and the variable that holds the country."""

    file: str = Field(
        min_length=1, max_length=200, description="A data file in the scenario's folder."
    )
    country: Name = Field(description="The enum variable that holds a two-letter country, or any.")


class ScenarioFile(Model):
    """A whole scenario file."""

    heartline: Literal[1] = Field(description="The version of the format.")
    id: Name = Field(description="The scenario's identifier; its folder's name, by custom.")
    version: str = Field(max_length=40, pattern=VERSION, description="Three numbers, as in 1.0.0.")
    title: Text = Field(description="What people call it.")
    about: Text | None = Field(None, description="What it is about, for people who look for one.")
    language: str = Field("en", pattern=LANGUAGE, description="A BCP 47 code.")
    undo: bool = Field(
        True, description="Whether turns can be taken back; of an included file it does not count."
    )
    cast: dict[Name, Role] = Field(
        min_length=1, description="Who takes part; the first is whose choices need no `by`."
    )
    context: dict[Name, Variable] = Field({}, description="The variables.")
    timers: dict[Name, Timer] = Field({}, description="The named timers.")
    guards: dict[Name, Guard] = Field({}, description="The named guards.")
    support: Support | None = Field(None, description="Where people find help.")
    initial: StateName | None = Field(None, description="The state to begin in; the first.")
    states: dict[Name, State] = Field(min_length=1, description="The states.")
    choices: dict[Name, Choice] = Field({}, description="Choices that every state has.")
    events: dict[Name, Branches] = Field({}, description="Events that every state takes.")
    after: dict[Delay, Branches] = Field({}, description="Timers that every state handles.")
    properties: dict[Name, Property] = Field({}, description="What the scenario promises.")
    migrations: Annotated[tuple[Migration, ...], BeforeValidator(many)] = Field(
        (), description="How conversations of earlier versions go on."
    )
