"""Another person's choice, named by its id over what programs speak: as if there were none."""

from __future__ import annotations

import pytest

from assisting import Assistant, assisted
from heartline import ManualClock
from heartline.host import Host
from hosting import inn
from speaking import Program, spoken
from webbed import Place, asked

# For mo's choices at the desk: one that is open, one that is closed, one that is hidden then.
MORE = """choices:
      nod: {by: mo, say: (He nods.)}
      lie: {by: mo, say: We are full., when: nights >= 9}
      wink: {by: mo, say: (He winks.), when: secret >= 1, if_closed: hide}
"""
SEEN_BY_MO = inn("choices:\n", MORE)

unseen = pytest.mark.parametrize("choice", ["nod", "lie", "wink", "sing"])


@unseen
def test_over_http(choice: str) -> None:
    async def play(place: Place) -> None:
        guest = (await place.client.begin(seats=["mo"]))["guest"]
        told = await guest.ask("POST", "conversation/inputs", {"choose": choice})
        assert told.json()["code"] == "unknown_choice"
        assert told.json()["detail"] == f"There is no choice {choice!r} in 'desk'."

    asked(play, scenario=SEEN_BY_MO)


@unseen
def test_with_an_assistant(choice: str) -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        guest = await assistant.begin(seats=["mo"])
        told = await assistant.refused("choose", conversation=guest, choice=choice, turn=1)
        assert told == f"There is no choice {choice!r} in 'desk'."

    assisted(play, SEEN_BY_MO)


@unseen
def test_with_a_program_that_speaks_lines(choice: str) -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn", seats=["mo"]))["conversations"]
        told = await program.ask("choose", conversation=tokens["guest"], choice=choice)
        assert told["refusal"] == {
            "code": "unknown_choice", "message": f"There is no choice {choice!r} in 'desk'.",
        }  # fmt: skip

    spoken(play, SEEN_BY_MO)
