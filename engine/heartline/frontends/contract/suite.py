"""The tests that every front end passes: see heartline.frontends.contract.

Each test begins a world of its own, lets the driver seat its people there, and moves them on a way
that the terminal has gone before. What they have heard is compared with what was said there.
"""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heartline.conversation import load
from heartline.frontends.contract.driving import NotThere, World
from heartline.frontends.contract.plays import WAIT, play_at_random, wish_of
from heartline.frontends.contract.table import Table
from heartline.frontends.contract.ways import BUNDLED, WAYS
from heartline.host.values import OVER, UNDONE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from heartline.conversation import Scenario
    from heartline.frontends.contract.driving import Driver
    from heartline.frontends.contract.ways import Known

    Test = Callable[[Table], Awaitable[None]]

__all__ = ["FrontEndContract"]

_OWN = Path(__file__).with_name("scenarios")

# What is not for them, in the scenario `letters`.
_NOBODYS = ("bramblewick", "hollowmere", "quenchmarl")
_SECRETS = {
    "ada": (*_NOBODYS, "larkspindle", "foxbellow"),
    "bea": (*_NOBODYS, "thistlecombe", "wrenfordle"),
}


class FrontEndContract:
    """Subclass it in a test file, and give a driver.

    `random_ways` is how many random plays each scenario has, of `longest_play` steps at most;
    `patience` is how many seconds it may take until something has arrived.
    """

    random_ways = 2
    longest_play = 20
    patience: float = 5.0

    def driver(self) -> Driver:
        """A driver that has not started yet."""
        raise NotImplementedError("Give a driver: see heartline.frontends.contract.")

    # The same as in the terminal ------------------------------------------------------------------

    @pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.scenario}-{way.outcome}")
    def test_each_ending_is_told_as_in_the_terminal(self, tmp_path: Path, way: Known) -> None:
        """The bundled scenarios, each to each of its outcomes."""

        async def test(table: Table) -> None:
            steps = table.plan(way.scenario, way.seed, way.way)
            assert steps[-1].turn.outcome == way.outcome
            await table.sit_down(way.scenario, way.seed)
            await table.follow(steps)
            assert (await table.record()).outcome == way.outcome

        self._at(tmp_path, test, (way.scenario,))

    @pytest.mark.parametrize("scenario", [*BUNDLED, "harbour", "kettle"])
    def test_random_ways_are_told_as_in_the_terminal(self, tmp_path: Path, scenario: str) -> None:
        """What nobody has thought of."""

        for seed in range(self.random_ways):
            folder = tmp_path / str(seed)
            folder.mkdir()

            async def test(table: Table, seed: int = seed) -> None:
                found, answers = table.scenario(scenario), table.answers(scenario)
                steps = play_at_random(found, seed, answers, self.longest_play)
                await table.sit_down(scenario, seed)
                await table.follow(steps)

            self._at(folder, test, (scenario,))

    # What is hard to show -------------------------------------------------------------------------

    def test_each_of_forty_choices_can_be_taken(self, tmp_path: Path) -> None:
        """However few buttons a message has."""

        async def test(table: Table) -> None:
            ids = [choice.id for choice in table.scenario("market").start().turn.choices]
            assert len(ids) == 40
            way = [ids[0], ids[11], ids[20], ids[36], "go_home"]
            await table.sit_down("market")
            await table.follow(table.plan("market", 0, way))

        self._at(tmp_path, test, ("market",))

    def test_a_label_longer_than_any_button_can_be_read_whole_and_taken(
        self, tmp_path: Path
    ) -> None:
        """Its choice also has an id that is as long as one can be."""

        async def test(table: Table) -> None:
            turn = table.scenario("market").start().turn
            choice = max(turn.choices, key=lambda each: len(each.label))
            await table.sit_down("market")
            steps = table.plan("market", 0, [choice.id])
            await table.follow(steps[:1])
            await table.reads(choice.label)
            await table.follow(steps[1:])

        self._at(tmp_path, test, ("market",))

    def test_writing_from_right_to_left_and_signs_of_many_characters_arrive_whole(
        self, tmp_path: Path
    ) -> None:
        """Families, flags, skin colours and dots below are not taken apart."""

        async def test(table: Table) -> None:
            await table.sit_down("harbour")
            for step in table.plan("harbour", 0, ["point", "climb", "family", "bye"]):
                await table.follow([step])
                for choice in step.turn.choices:
                    await table.reads(choice.label)

        self._at(tmp_path, test, ("harbour",))

    def test_a_closed_choice_says_why_and_cannot_be_taken(self, tmp_path: Path) -> None:
        """It is shown, and pressing it, where that can be, changes nothing."""

        async def test(table: Table) -> None:
            steps = table.plan("market", 0, [])
            await table.sit_down("market")
            await table.follow(steps)
            closed = steps[0].turn.find("carry_it_all")
            assert closed.reason is not None
            await table.reads(closed.label)
            await table.reads(closed.reason)
            held = await table.person.hold(wish_of(steps[0], closed))
            if held is not None:  # a button, or a number to type
                await table.unmoved_by(held)

        self._at(tmp_path, test, ("market",))

    # Two people -----------------------------------------------------------------------------------

    _LETTERS = ("ask_wrenfordle", "write_foxbellow", "send_word", "stay_away", WAIT, "send_word",
                "come")  # fmt: skip

    def test_two_people_hear_what_the_terminal_tells_each_of_them(self, tmp_path: Path) -> None:
        """Each in their own seat."""

        async def test(table: Table) -> None:
            await table.sit_down("letters", roles=("ada", "bea"))
            await table.follow(table.plan("letters", 0, self._LETTERS))

        self._at(tmp_path, test, ("letters",))

    def test_nobody_is_sent_what_is_not_for_them(self, tmp_path: Path) -> None:
        """No hidden variable, no other's private line, no other's choice, in whatever was sent."""

        async def test(table: Table) -> None:
            await table.sit_down("letters", roles=("ada", "bea"))
            await table.follow(table.plan("letters", 0, self._LETTERS))
            for role, person in table.people.items():
                sent = (await person.sent()).lower()
                assert "the road is clear again" in sent  # that is where to look
                for word in _SECRETS[role]:
                    assert word not in sent, (
                        f"{role} was sent {word!r}, which is not for them: "
                        f"...{sent[max(sent.index(word) - 100, 0) :][:200]}..."
                    )

        self._at(tmp_path, test, ("letters",))

    # What goes wrong ------------------------------------------------------------------------------

    def test_a_timer_that_fires_while_nobody_is_there_is_told(self, tmp_path: Path) -> None:
        """Brought to them, or there when they look."""

        async def test(table: Table) -> None:
            await table.sit_down("kettle")
            await table.follow(table.plan("kettle", 0, ["put_on", "go_out", WAIT, "close_it"]))

        self._at(tmp_path, test, ("kettle",))

    def test_a_timer_that_runs_out_while_nothing_runs_is_told_later(self, tmp_path: Path) -> None:
        """The process was down for a day."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["put_on", "go_out", WAIT, "close_it"])
            await table.sit_down("kettle")
            await table.follow(steps[:3])
            await table.stop()
            await table.world.pass_time(steps[3].passed)
            await table.start()
            await table.world.host.fire_due()
            await table.told(steps[3])
            await table.follow(steps[4:])

        self._at(tmp_path, test, ("kettle",))

    def test_a_button_of_an_earlier_turn_changes_nothing(self, tmp_path: Path) -> None:
        """Whoever presses it is told so, and goes on where they are."""

        async def test(table: Table) -> None:
            if not table.driver.dated:
                raise NotThere("What is typed here belongs to the present turn.")
            steps = table.plan("kettle", 0, ["close_it", "put_on", "hum"])
            await table.sit_down("kettle")
            await table.follow(steps[:1])
            old = await table.hold(steps[0], "go_out")  # which is offered later, too
            await table.follow(steps[1:3])
            await table.unmoved_by(old)
            await table.follow(steps[3:], exactly=False)

        self._at(tmp_path, test, ("kettle",))

    def test_a_message_that_comes_twice_happens_once(self, tmp_path: Path) -> None:
        """It is the network that repeats it, and not the person."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["look_out", "look_out", "go_out"])
            await table.sit_down("kettle")
            await table.follow(steps[:2])
            before = await table.happened()
            await table.person.repeat()
            await table.quiet()
            assert await table.happened() == before, "The same message happened twice."
            await table.follow(steps[2:], exactly=False)

        self._at(tmp_path, test, ("kettle",))

    def test_a_message_that_comes_again_after_a_restart_happens_once(self, tmp_path: Path) -> None:
        """The process ended before it had said that it was done with it."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["look_out", "look_out", "go_out"])
            await table.sit_down("kettle")
            await table.follow(steps[:2])
            await table.stop()
            await table.start()
            before = await table.happened()
            await table.person.repeat()
            await table.quiet()
            assert await table.happened() == before, "The same message happened twice."
            await table.follow(steps[2:], exactly=False)

        self._at(tmp_path, test, ("kettle",))

    def test_a_restart_in_the_middle_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        """Whoever sat there sits there again."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["close_it", "put_on", "hum", WAIT, "go_out"])
            await table.sit_down("kettle")
            for place, step in enumerate(steps):
                if place in (2, 4):
                    await table.stop()
                    await table.start()
                await table.follow([step])

        self._at(tmp_path, test, ("kettle",))

    def test_both_keep_their_seats_in_a_restart(self, tmp_path: Path) -> None:
        """And nobody has the other's."""

        async def test(table: Table) -> None:
            steps = table.plan("letters", 0, self._LETTERS)
            await table.sit_down("letters", roles=("ada", "bea"))
            await table.follow(steps[:3])
            await table.stop()
            await table.start()
            await table.follow(steps[3:])

        self._at(tmp_path, test, ("letters",))

    def test_buttons_that_answer_nothing_any_more_are_taken_away(self, tmp_path: Path) -> None:
        """Where what was sent can be changed."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["put_on", "hum"])
            await table.sit_down("kettle")
            await table.follow(steps[:1])
            await table.person.buttons()  # is there such a thing?
            await table.follow(steps[1:])
            labels = [choice.label for choice in steps[-1].turn.choices if choice.enabled]

            async def cleared() -> bool:
                return sorted(await table.person.buttons()) == sorted(labels)

            if not await table.until(cleared):
                shown = await table.person.buttons()
                raise AssertionError(f"There are the buttons {shown}, and to choose is {labels}.")

        self._at(tmp_path, test, ("kettle",))

    def test_what_could_not_be_delivered_comes_later(self, tmp_path: Path) -> None:
        """The front end raises while it delivers, before anything is out and then after that."""

        async def test(table: Table) -> None:
            front_end = table.driver.front_end
            if front_end is None:
                raise NotThere("Nothing is brought here: people look for themselves.")
            steps = table.plan("kettle", 0, ["look_out", "put_on", "hum"])
            await table.sit_down("kettle")
            await table.follow(steps[:2])
            deliver, tried = front_end.deliver, 0

            async def breaks(*what: Any) -> None:
                nonlocal tried
                tried += 1
                if tried == 2:
                    await deliver(*what)  # it is out, and yet it breaks
                raise OSError("The network is down.")

            async def tried_thrice() -> bool:
                await table.a_while()
                return tried >= 3

            async def arrived() -> bool:
                await table.a_while()
                return await table.delivered()

            front_end.deliver = breaks  # type: ignore[assignment, method-assign]
            await table.take(steps[2])
            assert await table.until(tried_thrice), "What has not arrived is not tried again."
            front_end.deliver = deliver  # type: ignore[method-assign]
            assert await table.until(arrived), "What has not arrived is not tried again."
            await table.told(steps[2], exactly=table.driver.keeps_ids)
            await table.follow(steps[3:], exactly=table.driver.keeps_ids)

        self._at(tmp_path, test, ("kettle",))

    def test_a_step_is_taken_back(self, tmp_path: Path) -> None:
        """And the conversation goes on from before it."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["close_it", "put_on"])
            await table.sit_down("kettle")
            await table.follow(steps)
            await table.person.undo()

            async def undone() -> bool:
                return (await table.happened())[-1].kind == UNDONE

            assert await table.until(undone), "Nothing was taken back."
            record = await table.record()
            assert record.state == "kitchen"
            await table.person.press(await table.hold(steps[1], "look_out"))
            await table.reads("Somebody has left a bicycle in the rain.")

        self._at(tmp_path, test, ("kettle",))

    def test_the_end_is_told_and_nothing_happens_after_it(self, tmp_path: Path) -> None:
        """A button that is still there answers nothing."""

        async def test(table: Table) -> None:
            steps = table.plan("kettle", 0, ["look_out", "go_out"])
            await table.sit_down("kettle")
            await table.follow(steps[:2])
            old = await table.hold(steps[1], "put_on")
            await table.follow(steps[2:])
            assert (await table.record()).status == OVER
            await table.reads("gone out", "gone_out")
            if table.driver.dated:
                await table.unmoved_by(old)

        self._at(tmp_path, test, ("kettle",))

    # ----------------------------------------------------------------------------------------------

    def _at(self, folder: Path, test: Test, names: Sequence[str]) -> None:
        """Let a test happen at a table of its own; skips where the network has not got what it
        is about."""

        async def main() -> None:
            world = World(folder, [_scenario(name) for name in names])
            table = Table(self.driver(), world, self.patience)
            await table.start()
            try:
                await test(table)
            finally:
                await table.stop()

        try:
            asyncio.run(main())
        except NotThere as nothing:
            pytest.skip(str(nothing))


@cache
def _scenario(name: str) -> Scenario:
    return load(name if name in BUNDLED else _OWN / f"{name}.yaml")
