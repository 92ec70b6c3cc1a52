"""Seats that are held by a token: who presents it sits there, and nobody else can be told apart.

The store holds a digest of each token and never the token itself. A conversation that is begun with
an Idempotency-Key has tokens that follow from the key, so that the same request gives the same
tokens again, from any worker and after a restart. That makes the key as much of a secret as a
token: short ones are refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Any

from heartline.diagnostics import did_you_mean
from heartline.errors import InputError
from heartline.frontends.capability import seat_of
from heartline.frontends.references import INVITE, ConversationReference, new_token
from heartline.frontends.web.problems import Problem
from heartline.host.values import SEATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.conversation import Scenario
    from heartline.frontends.capability import Seat
    from heartline.frontends.web.bodies import Begin
    from heartline.host.host import Host
    from heartline.host.values import Answer, Record

__all__ = ["NAME", "begin", "check_key", "invite", "join"]

NAME = "web"

_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)
_JOINED = "join-"  # begins the key of each entry by which an invitation was taken
_SECRET = 32  # characters of a key that nobody guesses: those of a UUID are 36


def check_key(key: str | None) -> str | None:
    """An Idempotency-Key, as it was sent. Raises Problem."""
    if key is None or _KEY.fullmatch(key):
        return key
    raise Problem(
        422, "bad_key", "An Idempotency-Key is 1 to 200 ASCII characters, without spaces: a UUID, "
        "say.",
    )  # fmt: skip


async def begin(host: Host, wanted: Begin, key: str | None) -> tuple[dict[str, str], Answer]:
    """Begin a conversation; gives the token of each person's seat, by role. Raises Problem, and as
    Host.open does."""
    if wanted.scenario not in {*host.versions.own, *host.unavailable}:
        raise Problem(
            404, "unknown_scenario", "This server has no such scenario: GET scenarios lists them."
        )
    _check_secret(key)
    secret = key or new_token()
    scenario = host.versions.current(wanted.scenario)
    _check_inputs(scenario, wanted.inputs)
    roles = scenario.machine.roles
    persons = [name for name, role in roles.items() if not role.engine or name in wanted.seats]
    tokens = {role: _token(secret, f"seat {role}") for role in persons}
    reference = f"{NAME}-{_token(secret, 'conversation')}"
    again = None if key is None else _digest(wanted.model_dump(mode="json"))
    if again is not None:
        earlier = await host.store.find(reference)
        if earlier is not None and await host.store.keyed(earlier.id, again) is None:
            raise Problem(
                422, "key_reused", "This Idempotency-Key has begun another conversation: take a "
                "new one for each.",
            )  # fmt: skip
    places = {
        role: ConversationReference.of_token(NAME, token).text() for role, token in tokens.items()
    }
    answer = await host.open(
        reference, wanted.scenario, wanted.inputs,
        key=again, seed=wanted.seed, seats=wanted.seats, tell=places,
    )  # fmt: skip
    return tokens, answer


def _check_inputs(scenario: Scenario, inputs: Mapping[str, object]) -> None:
    """Whoever plays gives what the scenario asks, and neither sets nor learns of what it hides."""
    shown = {name for _, name, _ in scenario.machine.shown}
    known = [name for name in scenario.inputs if name in shown]
    for name in inputs:
        if name not in known:
            hint = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}."
            raise InputError(f"There is no input {name[:40]!r} in {scenario.id}; {hint}")


async def invite(host: Host, seat: Seat, role: str) -> str:
    """A token with which somebody can take a seat; who has it now has it no more. Raises
    Problem."""
    taken = await _joined(host, seat.record)
    if role not in seat.record.seats:
        raise Problem(
            404, "unknown_role", "No person plays such a role here: see the roles of the "
            "conversation.",
        )  # fmt: skip
    if role != seat.role and role in taken:
        raise Problem(
            409, "seat_taken", "Somebody sits there: only they can offer that seat to another "
            "person, or take it to another device.",
        )  # fmt: skip
    token = new_token()
    reference = ConversationReference.of_token(INVITE, token).text()
    await host.seat(seat.record.id, role, reference)
    return token


async def join(host: Host, token: str, key: str | None) -> tuple[str, str]:
    """Take the seat of an invitation, which is used up by that; gives the token of the seat, and
    its role. Raises Problem, UnknownConversation.

    With a key the same request gives the same token again. It never follows from the invitation:
    who wrote that, or finds the link later, could sit in somebody else's seat.
    """
    _check_secret(key)
    digest = hashlib.sha256(token.encode()).hexdigest()
    capability = _token(key or new_token(), f"joined {digest}")
    reference = ConversationReference.of_token(NAME, capability).text()
    if key is not None and (mine := await host.seated(reference)) is not None:
        return capability, mine[1]
    seat = await seat_of(host, INVITE, token)
    # Of two who come at once the first has the seat: it is one key.
    await host.seat(seat.record.id, seat.role, reference, key=_JOINED + digest)
    return capability, (await seat_of(host, NAME, capability)).role


def _check_secret(key: str | None) -> None:
    if key is not None and len(key) < _SECRET:
        raise Problem(
            422, "bad_key", "The Idempotency-Key of what gives a token is a secret, since the "
            f"token follows from it: take at least {_SECRET} random characters, such as a UUID.",
        )  # fmt: skip


async def _joined(host: Host, record: Record) -> set[str]:
    """The roles whose seats somebody has come to by an invitation, here or at another front end:
    whoever began the conversation must not have them back, with all that was said to them."""
    elsewhere = {
        role
        for role, reference in record.seats.items()
        if ConversationReference.of(reference).front_end not in (INVITE, NAME)
    }
    entries = await host.touching.entries(record.id)
    return elsewhere | {
        entry.data["role"]
        for entry in entries
        if entry.kind == SEATED and (entry.key or "").startswith(_JOINED)
    }


def _token(secret: str, what: str) -> str:
    digest = hmac.digest(secret.encode(), what.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return "begin-" + hashlib.sha256(text.encode()).hexdigest()
