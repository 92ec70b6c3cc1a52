"""What programs write on the stdio front end, and what they read there: models, and the JSON Schema
that is published as docs/stdio.schema.json."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from heartline.diagnostics import did_you_mean
from heartline.forms import Model
from heartline.frontends.faults import BadRequest, sentence_of
from heartline.frontends.shapes import Happened, Refusal, Scenario, View
from heartline.schema import DIALECT
from heartline.typed import shown

__all__ = [
    "Choose", "Conversation", "Delete", "End", "Events", "Follow", "Open", "Read", "Request",
    "Scenarios", "Send", "Tick", "Transcript", "Undo", "Unfollow", "id_of", "object_in",
    "request_in", "schema_text",
]  # fmt: skip

_SAFE = 2**53 - 1  # the largest whole number that every language reads as it was written

RequestId = (
    Annotated[int, Field(ge=-_SAFE, le=_SAFE)]
    | Annotated[str, StringConstraints(min_length=1, max_length=200)]
)
Named = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[
    str | None,
    Field(min_length=1, max_length=200, description="The same request again, with the same key, "
    "happens once, and is given the first answer."),
]  # fmt: skip
Natural = Annotated[int, Field(ge=0, le=_SAFE)]
Answered = Annotated[
    Natural | None,
    Field(description="The turn that this answers: where that is past, it is refused. Without one, "
    "whichever is the present one."),
]  # fmt: skip


class Conversation(Model):
    """A request about one conversation: by the token of a seat."""

    id: RequestId
    conversation: Annotated[str, Field(max_length=200, description="The token of a seat.")]


class Scenarios(Model):
    """Which scenarios are there?"""

    id: RequestId
    do: Literal["scenarios"]


class Open(Model):
    """Begin a conversation. `reference` is your own name for it, which one live conversation has at
    a time; `seats` are roles of the engine that persons play; `seed` decides what is drawn."""

    id: RequestId
    do: Literal["open"]
    scenario: Named
    inputs: dict[str, str | int | bool] = Field(default_factory=dict, max_length=200)
    reference: Named | None = None
    seats: list[Named] = Field(default_factory=list, max_length=50)
    seed: Natural | None = None
    key: Key = None


class Read(Conversation):
    """Where does it stand?"""

    do: Literal["read"]


class Choose(Conversation):
    """Take a choice, by its id. `role` is only looked at: it must be the seat's."""

    do: Literal["choose"]
    choice: Named
    role: Named | None = None
    turn: Answered = None
    key: Key = None


class Send(Conversation):
    """Report an event of the scenario that no player is shown."""

    do: Literal["send"]
    event: Named
    turn: Answered = None
    key: Key = None


class Tick(Conversation):
    """Let the timers fire that are due."""

    do: Literal["tick"]
    key: Key = None


class Undo(Conversation):
    """Take turns back, where the scenario allows it."""

    do: Literal["undo"]
    turns: Annotated[int, Field(ge=1, le=1000)] = 1
    key: Key = None


class Events(Conversation):
    """What has happened after an entry? At most 500 at once: `more` says that there are others."""

    do: Literal["events"]
    after: Natural = 0


class Transcript(Conversation):
    """All that has happened."""

    do: Literal["transcript"]


class Follow(Conversation):
    """Push what happens from now on; with `after`, also what has happened since that entry."""

    do: Literal["follow"]
    after: Natural | None = None


class Unfollow(Conversation):
    """Push nothing more of it."""

    do: Literal["unfollow"]


class End(Conversation):
    """End it from outside. It stays in the store."""

    do: Literal["end"]
    key: Key = None


class Delete(Conversation):
    """Remove every trace of it."""

    do: Literal["delete"]


Request = Annotated[
    Scenarios | Open | Read | Choose | Send | Tick | Undo | Events | Transcript | Follow | Unfollow
    | End | Delete,
    Field(discriminator="do"),
]  # fmt: skip


class ScenariosTold(Model):
    id: RequestId
    scenarios: list[Scenario]


class Opened(Model):
    """`conversations` has the token of each person's seat, by role: keep them, for nothing else
    opens the conversation again. `view` is that of the first."""

    id: RequestId
    conversations: dict[str, str]
    view: View


class Viewed(Model):
    """The answer to read, choose, send, tick, undo and end."""

    id: RequestId
    view: View


class EventsTold(Model):
    id: RequestId
    events: list[Happened]
    more: bool


class TranscriptTold(Model):
    id: RequestId
    transcript: list[Happened]


class Following(Model):
    """The answer to follow and unfollow."""

    id: RequestId
    following: bool


class Deleted(Model):
    id: RequestId
    deleted: Literal[True]


class Refused(Model):
    """Why a request was not carried out; nothing of it has happened. `id` is null where the line
    had none. `view` is where the conversation stands, for a turn that is past."""

    id: RequestId | None
    refusal: Refusal
    view: View | None = None


class Pushed(Model):
    """Something has happened in a conversation that is followed."""

    conversation: str
    happened: Happened


class FollowEnded(Model):
    """Nothing more is pushed: the conversation is over, closed or deleted, or a refusal says why
    not."""

    conversation: str
    following: Literal[False]
    refusal: Refusal | None = None


Told = (
    ScenariosTold | Opened | Viewed | EventsTold | TranscriptTold | Following | Deleted | Refused
    | Pushed | FollowEnded
)  # fmt: skip

_MODELS: dict[str, type[Model]] = {
    get_args(model.model_fields["do"].annotation)[0]: model
    for model in get_args(get_args(Request)[0])
}


def object_in(line: bytes) -> dict[str, Any]:
    """The JSON object of a line. Raises BadRequest."""
    try:
        found = json.loads(line.decode(), parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise BadRequest("This line is not in UTF-8, which every line must be in.") from None
    except UnicodeEncodeError:
        raise BadRequest("This line has half of a character, as \\ud83d alone is.") from None
    except RecursionError:
        raise BadRequest("This line is nested too deep: no request has lists in lists.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"This line is not JSON, from its character {error.pos + 1} on: {_EXAMPLE}"
        ) from None
    except ValueError:  # a number of thousands of digits
        raise BadRequest("This line has a number that nothing here can hold.") from None
    if not isinstance(found, dict):
        raise BadRequest(f"This line is JSON, but no object: {_EXAMPLE}")
    return found


def id_of(found: dict[str, Any]) -> int | str | None:
    """The id of a request that may have faults: None where it has none that can be."""
    try:
        return _ID.validate_python(found.get("id"), strict=True)
    except ValidationError:
        return None


def request_in(found: dict[str, Any]) -> Any:
    """The request that an object is. Raises BadRequest."""
    do = found.get("do")
    model = _MODELS.get(do) if isinstance(do, str) else None
    if model is None:
        hint = did_you_mean(do, _MODELS) if isinstance(do, str) else None
        told = f"not {shown(do, 40)}" if do is not None else "and this one does not"
        raise BadRequest(
            f"A request says in 'do' what it wants, {told}; "
            + (hint or f"it is one of {', '.join(_MODELS)}.")
        )
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise BadRequest(sentence_of(error, str(do), model.model_fields)) from None


def _no_number(name: str) -> None:
    raise BadRequest(f"This line has {name}, which is no number of JSON.")


_EXAMPLE = 'a request is one object a line, as in {"id": 1, "do": "scenarios"}.'
_ID: TypeAdapter[int | str] = TypeAdapter(RequestId)


def schema_text() -> str:
    """The JSON Schema of requests and answers: of each line, in and out."""
    roots, whole = TypeAdapter.json_schemas(
        [("request", "validation", TypeAdapter(Request)), ("told", "validation", TypeAdapter(Told))]
    )
    definitions = whole["$defs"] | {name.title(): root for (name, _), root in roots.items()}
    schema = {
        "$schema": DIALECT,
        "$id": "urn:heartline:stdio:1",
        "title": "Heartline on standard input and output",
        "description": "A line that a program writes is a Request; one that it reads is Told.",
        "anyOf": [{"$ref": "#/$defs/Request"}, {"$ref": "#/$defs/Told"}],
        "$defs": dict(sorted(_tidy(definitions).items())),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tidy(schema: Any, *, named: bool = True) -> Any:
    """The same without titles that were made up, and with descriptions in one line."""
    if isinstance(schema, list):
        return [_tidy(item, named=False) for item in schema]
    if not isinstance(schema, dict):
        return schema
    clean = {}
    for key, value in schema.items():
        if not named and key in ("title", "discriminator"):
            continue
        if not named and key == "description":
            value = " ".join(value.split())
        clean[key] = _tidy(value, named=not named and key == "properties")
    return clean
