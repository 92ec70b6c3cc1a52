"""The studio: what an author sees on its screen, and what keys and clicks do."""

from __future__ import annotations

import asyncio
import html
import io
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input

from heartline.frontends.studio import panes
from heartline.frontends.studio.app import Studio
from heartline.frontends.studio.bench import Bench
from heartline.frontends.studio.layout import PANES, shown
from heartline.frontends.studio.reading import File
from heartline.frontends.studio.screen import Workshop
from heartline.frontends.terminal.record import Beginning
from talking import command

STORY = """\
heartline: 1
id: tea
version: 1.0.0
title: Tea
cast:
  you: {name: You}
  kim: {name: Kim, pronouns: she, played_by: engine}
context:
  warmth: {type: int, min: 0, max: 3, initial: 1, input: true, title: how warm it is}
  mood: {type: enum, values: [fair, foul], initial: fair, hidden: true}
timers:
  steep: {length: 5m, title: the tea}
initial: house
states:
  house:
    title: The house
    initial: kitchen
    states:
      kitchen:
        title: The kitchen
        entry: {say: ["It rains.", {kim: "Tea, [b]dear[/b]?"}]}
        choices:
          accept:
            {label: "Yes, please.", say: "Yes, please.", do: [warmth += 1, mood = 'foul',
             start(steep)], to: waiting}
          complain: {label: Complain, when: warmth >= 3, why: It is too cold., to: over}
      waiting:
        title: Waiting for the tea
        entry: {say: [{kim: Five minutes.}]}
        choices:
          hum: {label: Hum, when: mood == 'foul', say: Hm hm., do: warmth += 1}
        after: {steep: kitchen}
  over: {title: Outside, type: final, outcome: told}
events:
  bell: {}
properties:
  never_hot: {never: warmth >= 3}
"""
WIDE, USUAL, NARROW = (200, 50), (120, 40), (80, 24)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.yaml"
    path.write_text(STORY)
    return path


def edit(path: Path, before: str, after: str) -> None:
    """Save the file with a change in it."""
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


class Author:
    """Somebody before the screen."""

    def __init__(self, studio: Studio, pilot: Pilot[None]) -> None:
        self.studio = studio
        self.pilot = pilot

    async def presses(self, *keys: str) -> str:
        """Press keys; gives what is seen then."""
        for key in keys:
            await self.pilot.press(key)
        return self.sees()

    async def types(self, line: str) -> str:
        """Open the line, type, and press Enter."""
        await self.presses("colon")
        self.studio.screen.query_one("#line", Input).value = line
        return await self.presses("enter")

    async def clicks(self, words: str) -> str:
        """Click where these words stand."""
        for row, line in enumerate(self.sees().split("\n")):
            if words in line:
                await self.pilot.click(offset=(line.index(words) + 1, row))
                return self.sees()
        raise AssertionError(f"{words!r} is not to be seen")

    async def waits_for(self, words: str) -> str:
        """Look until these words are seen."""
        for _ in range(200):
            seen = self.sees()
            if words in flat(seen):
                return seen
            await self.pilot.pause(0.05)
        raise AssertionError(f"{words!r} did not come:\n{seen}")

    def sees(self) -> str:
        """The screen as text, a line for each row."""
        rows: dict[int, dict[float, str]] = defaultdict(dict)
        drawn = re.compile(r'<text class="[^"]*-r\d+" x="([\d.]+)"[^>]*line-(\d+)\)">(.*?)</text>')
        picture = self.studio.export_screenshot()
        for x, row, text in drawn.findall(picture):
            rows[int(row)][float(x)] = html.unescape(text).replace("\xa0", " ")
        lines = []
        for row in range(max(rows) + 1):
            line = ""
            for x, text in sorted(rows[row].items()):
                line = line.ljust(round(x / 12.2)) + text
            lines.append(line.rstrip())
        return "\n".join(lines)


def flat(seen: str) -> str:
    """What is seen, without the frames and line ends that stand between words."""
    return " ".join(re.sub(r"[─━│┃╭╮╰╯┏┓┗┛]", " ", seen).split())


@asynccontextmanager
async def at(
    path: Path, size: tuple[int, int] = USUAL, **beginning: object
) -> AsyncIterator[Author]:
    file = File(path)
    start = Beginning(7, "2026-01-05T19:10:00+00:00", **beginning)  # type: ignore[arg-type]
    studio = Studio(Bench(start, path=str(path)), file, file.read())
    async with studio.run_test(size=size) as pilot:
        await pilot.pause()
        yield Author(studio, pilot)


def sitting(
    path: Path, act: Callable[[Author], Awaitable[None]], size: tuple[int, int] = NARROW
) -> None:
    """One sitting at the studio."""

    async def sit() -> None:
        async with at(path, size) as author:
            await act(author)

    asyncio.run(sit())


class TestTalking:
    def test_the_talk_and_its_choices_stand_there_with_why_one_is_closed(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = flat(author.sees())
            assert "The kitchen · turn 1 · Monday 5 January 2026, 19:10" in seen
            assert "It rains. " in seen
            assert "1. Yes, please. (accept)" in seen
            assert "2. Complain Closed: It is too cold. [warmth >= 3, it is 1]" in seen

        sitting(path, act)

    def test_what_a_scenario_says_is_no_markup(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Kim: Tea, [b]dear[/b]?" in author.sees()

        sitting(path, act)

    def test_a_number_takes_a_choice(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = await author.presses("1")
            assert "You: Yes, please." in seen
            assert "Kim: Five minutes." in seen
            assert "1. Hum" in seen

        sitting(path, act)

    def test_a_closed_choice_says_why_and_changes_nothing(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = flat(await author.presses("2"))
            assert "Not done: That cannot be chosen now: It is too cold." in seen
            assert "turn 1" in seen

        sitting(path, act)

    @pytest.mark.slow
    def test_a_click_takes_a_choice(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Kim: Five minutes." in await author.clicks("1. Yes, please.")

        sitting(path, act)

    @pytest.mark.slow
    def test_arrows_and_enter_take_a_choice(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Kim: Five minutes." in await author.presses("enter")

        sitting(path, act)

    @pytest.mark.slow
    def test_of_many_choices_a_digit_waits_for_the_next_or_enter(self, path: Path) -> None:
        many = "".join(
            f"          c{n}: {{label: Choice {n}, say: Took {n}.}}\n" for n in range(3, 41)
        )
        edit(path, "          complain:", many + "          complain:")

        async def act(author: Author) -> None:
            assert "1: Enter takes it, or another digit" in await author.presses("1")
            assert "You: Took 14." in await author.presses("3")
            assert "You: Took 10." in await author.presses("9")
            assert "Kim: Five minutes." in await author.presses("1", "enter")

        sitting(path, act)

    @pytest.mark.slow
    def test_what_play_takes_can_be_typed(self, path: Path, tmp_path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Kim: Five minutes." in await author.types("acc")
            assert "was 1, is 2" in await author.types(":vars")
            kept = tmp_path / "kept.json"
            assert "Saved as" in await author.types(f":save {kept}")
            assert kept.exists()
            assert "test" in await author.types(f":record {tmp_path / 'tests.yaml'}")
            assert (tmp_path / "tests.yaml").read_text().count("choose: accept") == 1
            assert "Not done: There is no choice 'x'" in await author.types("x")

        sitting(path, act)

    @pytest.mark.slow
    def test_quit_leaves(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.types(":quit")
            assert not author.studio.is_running

        sitting(path, act)

    @pytest.mark.slow
    def test_at_the_end_it_says_how_to_go_on(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("1", "1", "n")
            seen = flat(await author.presses("2"))
            assert "The end: told." in seen
            assert "It is over: u goes back, r begins anew." in seen
            assert "It rains." in await author.presses("r")

        sitting(path, act)


class TestLooking:
    def test_the_tree_says_where_the_talk_is_and_what_leads_on(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = await author.presses("1")
            assert "The house  (you are in it)" in seen
            assert "✓ The kitchen" in seen
            assert "● Waiting for the tea  (you are here)" in seen
            assert "+ after steep → The kitchen" in seen
            assert "+ you: hum (stays) when mood == 'foul'" in flat(seen)

        sitting(path, act, WIDE)

    @pytest.mark.slow
    def test_variables_say_what_just_changed_hidden_ones_too(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Changed by the last step nothing" in flat(await author.presses("v"))
            seen = flat(await author.presses("1"))
            assert "* warmth = 2 (was 1)" in seen
            assert "* mood = foul (was fair)" in seen
            assert "* mood = foul hidden" in seen

        sitting(path, act, NARROW)

    def test_a_broken_promise_is_told_and_stands_there(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "+ never_hot held so far" in flat(await author.presses("f"))
            seen = flat(await author.presses("1", "1"))
            assert "Warning: The promise 'never_hot' is broken in turn 3" in seen
            assert "f File: 1 broken" in seen
            assert "! never_hot broken" in seen

        sitting(path, act, USUAL)


class TestTheClock:
    @pytest.mark.slow
    def test_a_key_goes_to_what_is_due_next(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "the tea: off" in await author.presses("t")
            seen = flat(await author.presses("1"))
            assert "the tea: running, five minutes left, until Monday 5 January 2026, 19:15" in seen
            assert "To the next: the tea, in five minutes" in seen
            seen = await author.presses("n")
            assert "Five minutes later." in seen
            assert "The kitchen · turn 3 · Monday 5 January 2026, 19:15" in seen

        sitting(path, act, USUAL)

    @pytest.mark.slow
    def test_a_length_is_typed_or_picked(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = await author.presses("1", "w", "2", "m", "enter")
            assert "Two minutes later. Nothing happens." in seen
            assert "19:12" in seen
            await author.presses("t")
            assert "Tuesday 6 January 2026, 19:12" in await author.clicks("Wait one day")

        sitting(path, act)

    @pytest.mark.slow
    def test_with_nothing_due_it_says_to_name_a_length(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "say how long to wait" in flat(await author.presses("n"))

        sitting(path, act)


class TestHistory:
    @pytest.mark.slow
    def test_a_step_is_picked_to_jump_back_into_and_forward_again(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = flat(await author.presses("1", "1", "n", "h"))
            assert "0. the beginning → The kitchen" in seen
            assert "3. :wait → The kitchen (you are here)" in seen
            seen = flat(await author.presses("up", "up", "enter"))
            assert "1. accept → Waiting for the tea (you are here)" in seen
            assert "3. :wait → The kitchen (ahead)" in seen
            assert "turn 2" in seen
            assert "Hm hm." not in seen
            assert "turn 4" in await author.presses("y", "y")

        sitting(path, act, WIDE)

    @pytest.mark.slow
    def test_another_way_forgets_what_lay_ahead_and_the_same_keeps_it(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("1", "1", "n", "u", "u", "u", "1")
            assert "(ahead)" in await author.presses("h")
            assert "(ahead)" not in await author.presses("n")
            assert "Nothing lies ahead of this step." in await author.presses("y")

        sitting(path, act, WIDE)

    @pytest.mark.slow
    def test_an_author_can_go_back_where_players_cannot(self, path: Path) -> None:
        edit(path, "initial: house\n", "initial: house\nundo: false\n")

        async def act(author: Author) -> None:
            await author.presses("1")
            assert "nothing is taken back" in flat(await author.types(":undo"))
            assert "turn 1" in await author.presses("u")
            assert "This is the beginning." in await author.presses("u")

        sitting(path, act)


class TestTheFile:
    @pytest.mark.slow
    def test_a_saved_edit_is_taken_up_where_the_talk_stands(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("1")
            edit(path, "label: Hum", "label: Hum a tune")
            seen = await author.waits_for("1. Hum a tune")
            assert "The file was edited; the conversation goes on in it." in flat(seen)
            assert "turn 2" in seen

        sitting(path, act)

    def test_faults_are_shown_and_the_talk_goes_on_as_before(self, path: Path) -> None:
        async def act(author: Author) -> None:
            edit(path, "to: over", "to: nowhere")
            seen = flat(await author.waits_for("f File: 1 error"))
            assert "cannot be played now" in seen
            seen = flat(await author.presses("f"))
            assert "error HL301" in seen
            assert "no state is called 'nowhere'" in seen
            assert "Kim: Five minutes." in await author.presses("1")
            edit(path, "to: nowhere", "to: over")
            seen = await author.waits_for("Nothing is wrong with the file.")
            assert "error" not in seen.split("\n")[1]

        sitting(path, act, USUAL)

    @pytest.mark.slow
    def test_a_file_with_faults_can_be_opened_and_begins_once_it_is_mended(
        self, path: Path
    ) -> None:
        edit(path, "to: over", "to: nowhere")

        async def act(author: Author) -> None:
            seen = flat(author.sees())
            assert "The file cannot be played yet" in seen
            assert "error HL301" in seen
            assert "mend it, and save it" in flat(
                await author.presses("c", "r", "n", "u", "a", "1")
            )
            edit(path, "to: nowhere", "to: over")
            assert "It rains." in await author.waits_for("1. Yes, please.")

        sitting(path, act)

    @pytest.mark.slow
    def test_where_the_state_is_gone_the_same_way_is_gone_again_as_far_as_it_goes(
        self, path: Path
    ) -> None:
        async def act(author: Author) -> None:
            await author.presses("1", "1")
            edit(path, "waiting", "steeping")
            assert "cannot go on" in flat(await author.waits_for("a begins anew in the edited"))
            assert "turn 3" in await author.presses("a")
            edit(path, "hum:", "sing:")
            await author.waits_for("(sing)")
            seen = flat(await author.presses("a"))
            assert "Played again as far as it goes: step 2 (hum) is not possible any more." in seen
            assert "turn 2" in seen

        sitting(path, act)

    @pytest.mark.slow
    def test_a_dialog_stays_open_while_the_file_is_saved(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("question_mark")
            workshop = author.studio.screen_stack[0]
            assert isinstance(workshop, Workshop)
            edit(path, "It rains.", "It pours.")
            while "It pours." not in str(workshop.bench.scenario and workshop.bench.scenario.files):
                await author.pilot.pause(0.05)
            assert "Keys (Escape closes this)" in author.sees()
            await author.presses("escape")
            assert "The file was edited" in await author.waits_for("The file was edited")

        sitting(path, act)


class TestBeginning:
    @pytest.mark.slow
    def test_inputs_and_seed_can_be_given_anew(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = await author.presses("b")
            assert "Begin anew" in seen
            assert "warmth: how warm it is" in seen
            assert "warmth" in flat(await author.presses("tab", "9", "enter"))
            assert "Not done:" in author.sees()
            seen = await author.presses("backspace", "3", "enter")
            assert "2. Complain  (complain)" in seen

        sitting(path, act)

    @pytest.mark.slow
    def test_a_seed_is_a_number(self, path: Path) -> None:
        async def act(author: Author) -> None:
            assert "Not done: The seed is a whole number." in await author.presses(
                "b", "x", "enter"
            )
            assert "turn 1" in await author.presses("escape")

        sitting(path, act)


class TestRoom:
    @pytest.mark.slow
    def test_a_narrow_window_shows_one_pane_and_tabs_with_their_keys(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = author.sees()
            assert "c Talk  s States  v Variables  t Time  h History  f File" in seen
            assert "It rains." in seen
            assert "Ways from here" not in seen
            seen = await author.clicks("s States")
            assert "Ways from here" in seen
            assert "It rains." not in seen
            assert "It rains." in await author.presses("escape")

        sitting(path, act, NARROW)

    @pytest.mark.slow
    def test_a_wide_window_shows_all_at_once(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = author.sees()
            for _, title in PANES.values():
                assert title in seen
            assert "It rains." in seen
            assert "Changed by the last step" in seen
            assert "Ways from here" in seen

        sitting(path, act, WIDE)

    @pytest.mark.parametrize("chosen", PANES)
    def test_the_chosen_pane_is_always_seen_and_the_talk_where_there_is_room(
        self, chosen: str
    ) -> None:
        for columns in range(20, 240, 10):
            for rows in range(10, 80, 5):
                seen = shown(columns, rows, chosen)
                assert chosen in seen
                assert "talk" in seen or columns < 110

    @pytest.mark.slow
    def test_a_window_that_is_made_wider_shows_more(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.pilot.resize_terminal(*WIDE)
            assert "Ways from here" in await author.waits_for("Changed by the last step")

        sitting(path, act, NARROW)


class TestKeys:
    @pytest.mark.slow
    def test_every_key_is_in_the_list_of_keys(self, path: Path) -> None:
        async def act(author: Author) -> None:
            seen = await author.presses("question_mark")
            for binding in Workshop.BINDINGS:
                assert (not binding.action.startswith("pane") and binding.tooltip in seen) or (
                    binding.description in seen
                )
            assert "turn" not in (await author.presses("1")).split("\n")[5]
            assert "It rains." in await author.presses("escape")

        sitting(path, act, NARROW)

    @pytest.mark.slow
    def test_the_palette_finds_what_a_key_does(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("1", "ctrl+p", *"step before")
            await author.waits_for("Key u")
            assert "turn 1" in await author.presses("enter")

        sitting(path, act)

    @pytest.mark.slow
    def test_light_and_dark_are_a_key_apart(self, path: Path) -> None:
        async def act(author: Author) -> None:
            await author.presses("l")
            assert not author.studio.current_theme.dark
            await author.presses("l")
            assert author.studio.current_theme.dark

        sitting(path, act)

    @pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
    def test_colours_stand_out_from_the_ground(self, theme: str) -> None:
        colours = BUILTIN_THEMES[theme].to_color_system().generate()
        ground = brightness(Color.parse(colours["background"]))
        for style in panes.STYLES.values():
            for name in re.findall(r"\$(text-\w+)", style):
                paler, darker = sorted((ground, brightness(Color.parse(colours[name]))))[::-1]
                assert (paler + 0.05) / (darker + 0.05) >= 4.5, name  # WCAG 2.2, 1.4.3

    def test_without_colours_what_is_marked_is_underlined(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_COLOR", "1")

        async def act(author: Author) -> None:
            picture = author.studio.export_screenshot()
            assert "text-decoration: underline" in picture
            assert len(set(re.findall(r"fill: (#\w+)", picture))) <= 3

        sitting(path, act)


def brightness(colour: Color) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [value / 255 for value in (colour.r, colour.g, colour.b)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TestTheCommand:
    def test_without_a_terminal_it_says_so(self, path: Path) -> None:
        told = command("studio", str(path))
        assert told.returncode == 2
        assert "this is none that it can fill" in told.stderr

    def test_without_textual_it_says_what_to_install(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in [name for name in sys.modules if name.startswith("heartline.frontends.studio")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "textual", None)
        monkeypatch.setitem(sys.modules, "textual.app", None)
        told = at_a_terminal(monkeypatch, "studio", str(path))
        assert told.startswith("2 ")
        assert "pip install 'heartline[studio]'" in told

    def test_an_input_that_cannot_be_is_refused_before_anything_is_drawn(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = at_a_terminal(monkeypatch, "studio", str(path), "--set", "warmth=9")
        assert told.startswith("2 ")
        assert "warmth" in told

    def test_a_scenario_that_is_not_there_is_refused(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = at_a_terminal(monkeypatch, "studio", str(path.parent / "none"))
        assert told.startswith("1 ")
        assert "there is no file" in told

    def test_a_fault_of_its_own_is_a_sentence(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def run(studio: Studio) -> None:
            async def press(pilot: Pilot[None]) -> None:
                await pilot.press("y")

            asyncio.run(studio.run_async(headless=True, auto_pilot=press))

        monkeypatch.setattr(Studio, "run", run)
        monkeypatch.setattr(Bench, "jump", lambda *_: 1 / 0)
        told = at_a_terminal(monkeypatch, "studio", str(path))
        assert told.startswith("70 ")
        assert "Heartline itself has a fault here (ZeroDivisionError: division by zero)" in told
        assert "Traceback" not in told


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """The exit code and what a command tells, where it believes to be at a terminal."""
    from heartline.cli import run

    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    told = Tty()
    monkeypatch.setenv("TERM", "xterm")
    for name in ("stdin", "stdout", "stderr", "__stderr__"):
        monkeypatch.setattr(sys, name, told)
    code = run(arguments)
    return f"{code} {told.getvalue()}"
