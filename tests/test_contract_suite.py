"""The contract of front ends finds what it is there to find: each of these does one thing wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from contract_drivers.chat import ChatDriver, Line, Writer
from harness import bundled
from heartline.frontends.contract import Driver, FrontEndContract, NotThere, World
from heartline.frontends.contract.plays import play, play_at_random
from heartline.frontends.contract.ways import WAYS, Known
from heartline.frontends.protocol import Capabilities, OutEvent
from heartline.frontends.references import ConversationReference

Spoil = Callable[[OutEvent], Sequence[OutEvent]]


class Spoilt(ChatDriver):
    """A chat that does something else with what it is given."""

    def __init__(self, spoil: Spoil, **able: object) -> None:
        super().__init__(Capabilities(**{"edits": True, **able}))  # type: ignore[arg-type]
        self.spoil = spoil

    async def start(self, world: World) -> None:
        await super().start(world)
        front_end, deliver = self.front_end, self.front_end.deliver

        async def spoilt(where: ConversationReference, events: Sequence[OutEvent]) -> None:
            await deliver(where, [each for event in events for each in self.spoil(event)])

        front_end.deliver = spoilt  # type: ignore[method-assign]


def held_to(driver: Callable[[], Driver]) -> FrontEndContract:
    class Held(FrontEndContract):
        patience = 0.3
        random_ways = 1

        def driver(self) -> Driver:
            return driver()

    return Held()


def loses_some() -> Spoil:
    numbers = itertools.count(1)
    return lambda event: [event] if next(numbers) % 3 else []


def with_text(event: OutEvent, text: str) -> Sequence[OutEvent]:
    return [replace(event, text=text)]


LET_GO = next(way for way in WAYS if way.scenario == "breaking_bad_news")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (loses_some(), "nowhere stands what the terminal says"),
        (lambda event: [event, event], "this came once too often"),
        (lambda event: with_text(event, event.text.replace("I", "l")), "After|At the beginning"),
    ],
    ids=["loses some", "says all twice", "changes letters"],
)
def test_another_transcript_is_found(tmp_path: Path, spoil: Spoil, sentence: str) -> None:
    contract = held_to(lambda: Spoilt(spoil))
    with pytest.raises(AssertionError, match=sentence):
        contract.test_each_ending_is_told_as_in_the_terminal(tmp_path, LET_GO)


@pytest.mark.parametrize(
    "word", ["bramblewick", "quenchmarl", "Thistlecombe", "wrenfordle"],
)  # fmt: skip
def test_what_is_not_for_them_is_found(tmp_path: Path, word: str) -> None:
    contract = held_to(lambda: Spoilt(lambda event: with_text(event, f"{event.text} ({word})")))
    with pytest.raises(AssertionError, match=f"was sent '{word.lower()}', which is not for them"):
        contract.test_nobody_is_sent_what_is_not_for_them(tmp_path)


def test_what_went_to_the_wrong_chat_is_found(tmp_path: Path) -> None:
    class Mixes(ChatDriver):
        async def start(self, world: World) -> None:
            await super().start(world)
            front_end, deliver = self.front_end, self.front_end.deliver

            async def mixed(where: ConversationReference, events: Sequence[OutEvent]) -> None:
                for chat in ("ada", "bea"):
                    await deliver(replace(where, chat=chat), events)

            front_end.deliver = mixed  # type: ignore[method-assign]

    contract = held_to(lambda: Mixes(Capabilities()))
    with pytest.raises(AssertionError):
        contract.test_nobody_is_sent_what_is_not_for_them(tmp_path)


def test_a_label_that_nobody_can_read_whole_is_found(tmp_path: Path) -> None:
    contract = held_to(lambda: Spoilt(lambda event: with_text(event, event.text[:200])))
    with pytest.raises(AssertionError, match="nowhere in what was sent"):
        contract.test_a_label_longer_than_any_button_can_be_read_whole_and_taken(tmp_path)


def test_a_choice_that_nobody_can_take_is_found(tmp_path: Path) -> None:
    few = held_to(lambda: Spoilt(lambda event: [replace(event, buttons=event.buttons[:8])]))
    with pytest.raises(AssertionError, match="has nothing that takes"):
        few.test_each_of_forty_choices_can_be_taken(tmp_path)


def test_signs_that_are_cut_are_found(tmp_path: Path) -> None:
    def cut(event: OutEvent) -> Sequence[OutEvent]:
        return with_text(event, event.text.replace("\u200d", "")) if event.lines else [event]

    contract = held_to(lambda: Spoilt(cut))
    with pytest.raises(AssertionError):
        contract.test_writing_from_right_to_left_and_signs_of_many_characters_arrive_whole(tmp_path)


def test_a_reason_that_is_kept_back_is_found(tmp_path: Path) -> None:
    def keeps(event: OutEvent) -> Sequence[OutEvent]:
        return with_text(event, event.text.replace("Bo has hardly anything to carry yet.", ""))

    with pytest.raises(AssertionError, match="nowhere in what was sent"):
        held_to(lambda: Spoilt(keeps)).test_a_closed_choice_says_why_and_cannot_be_taken(tmp_path)


def test_buttons_that_are_left_there_are_found(tmp_path: Path) -> None:
    def forgets(event: OutEvent) -> Sequence[OutEvent]:
        return [replace(event, replaces=False)]

    contract = held_to(lambda: Spoilt(forgets))
    with pytest.raises(AssertionError, match="and to choose is"):
        contract.test_buttons_that_answer_nothing_any_more_are_taken_away(tmp_path)


class Writing(ChatDriver):
    """A chat whose people write through this."""

    writer: type[Writer] = Writer

    async def begin(self, start: object) -> Sequence[Writer]:
        people = await super().begin(start)  # type: ignore[arg-type]
        for each in people:
            each.__class__ = self.writer
        return people


def test_a_message_that_happens_twice_is_found(tmp_path: Path) -> None:
    class Renames(Writer):
        async def repeat(self) -> None:
            text, press, _ = self.last
            turn = press.partition(":")[0]
            if turn:  # as if it had been pressed on the present turn
                press = press.replace(turn, str(int(turn) + self.again), 1)
                self.again = 1
            self.last = (text, press, f"m{next(self.driver.numbers)}")
            await super().repeat()

        again = 0

    class Driven(Writing):
        writer = Renames

    contract = held_to(lambda: Driven(Capabilities()))
    with pytest.raises(AssertionError, match=r"happened twice|nowhere stands"):
        contract.test_a_message_that_comes_twice_happens_once(tmp_path)


def test_a_press_that_is_taken_for_the_present_turn_is_found(tmp_path: Path) -> None:
    class Undated(Writer):
        async def press(self, held: tuple[str, str]) -> None:
            await super().press((held[1].partition(":")[2], "") if held[1] else held)

    class Driven(Writing):
        writer = Undated

    contract = held_to(lambda: Driven(Capabilities()))
    with pytest.raises(AssertionError):
        contract.test_a_button_of_an_earlier_turn_changes_nothing(tmp_path)


def test_somebody_who_is_told_nothing_when_refused_is_found(tmp_path: Path) -> None:
    def silent(event: OutEvent) -> Sequence[OutEvent]:
        return [] if event.id.startswith(("reply", "here")) else [event]

    contract = held_to(lambda: Spoilt(silent))
    with pytest.raises(AssertionError, match="told nothing"):
        contract.test_a_button_of_an_earlier_turn_changes_nothing(tmp_path)


def test_seats_that_are_lost_in_a_restart_are_found(tmp_path: Path) -> None:
    class Forgets(ChatDriver):
        async def start(self, world: World) -> None:
            if self.network.chats:
                world.url = world.url.replace("contract.db", "other.db")
            await super().start(world)

    with pytest.raises(AssertionError):
        held_to(
            lambda: Forgets(Capabilities())
        ).test_a_restart_in_the_middle_loses_and_doubles_nothing(tmp_path)


def test_a_front_end_that_hides_its_failures_is_found(tmp_path: Path) -> None:
    class Hides(Line):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "deliver":
                return  # as one that catches whatever happens, and says that all is well
            super().__setattr__(name, value)

    class Driven(ChatDriver):
        async def start(self, world: World) -> None:
            self.front_end = Hides(self.network, self.capabilities)
            await world.serve(self.front_end)
            await self.front_end.runs.wait()

    with pytest.raises(AssertionError, match="is not tried again"):
        held_to(lambda: Driven(Capabilities())).test_what_could_not_be_delivered_comes_later(
            tmp_path
        )


def test_what_a_network_has_not_got_is_skipped_with_the_reason(tmp_path: Path) -> None:
    contract = held_to(lambda: ChatDriver(Capabilities(buttons=False)))
    with pytest.raises(pytest.skip.Exception, match="nothing that was sent can be changed"):
        contract.test_buttons_that_answer_nothing_any_more_are_taken_away(tmp_path)
    assert not issubclass(NotThere, AssertionError)


def test_a_way_that_cannot_be_gone_is_said() -> None:
    with pytest.raises(AssertionError, match="The terminal itself refuses"):
        play(bundled("breaking_bad_news"), 0, {}, ["ask_in"])


def test_random_ways_are_the_same_for_the_same_seed() -> None:
    scenario = bundled("breaking_bad_news")
    ways = [play_at_random(scenario, seed, {}, 12) for seed in (1, 1, 2)]
    assert ways[0] == ways[1] != ways[2]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.scenario}-{way.outcome}")
def test_each_way_leads_where_it_says(way: Known) -> None:
    steps = play(bundled(way.scenario), way.seed, {}, way.way)
    assert steps[-1].turn.outcome == way.outcome
