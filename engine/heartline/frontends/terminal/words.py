"""The words that a player types beside choices: commands, their arguments, and what they do."""

from __future__ import annotations

from dataclasses import dataclass

from heartline.diagnostics import did_you_mean

__all__ = ["COMMANDS", "Command", "Unclear", "clean", "find_command"]

LONGEST_LINE = 2_000  # characters; what a person types is far below


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name without the colon, what may follow it, and what it does."""

    name: str
    argument: str
    about: str

    @property
    def usage(self) -> str:
        """How it is typed: `:save FILE`; what stands in brackets may be left out."""
        return f":{self.name} {self.argument}".rstrip()


COMMANDS = (
    Command(
        "wait", "[14d]", "Let time pass; without a length, until the next thing that runs out."
    ),
    Command("undo", "", "Take the last step back."),
    Command("why", "", "The choices that are closed here, and what would open them."),
    Command("vars", "", "What the last step changed."),
    Command("map", "[all]", "Where you are; with `all`, every state."),
    Command("log", "[5]", "What has been said; with a number, in the last so many turns."),
    Command("choices", "", "Each choice with its id, as a script writes it."),
    Command("save", "FILE", "Keep the conversation in a file."),
    Command("record", "FILE", "For authors: make a test of what was played, in a test file."),
    Command("draw", "[CHOICE...]", "For authors: what the engine draws in the next step."),
    Command("restart", "", "Begin anew, with the same seed and inputs."),
    Command("event", "NAME", "For authors: report an event that no player is shown."),
    Command("care", "", "Where to find support."),
    Command("help", "", "These words."),
    Command("quit", "", "Stop here; you are told how to come back."),
)


class Unclear(Exception):
    """A word that is no command. `nearest` are commands that may have been meant."""

    def __init__(self, sentence: str, nearest: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.nearest = nearest


def clean(line: str) -> str:
    """What was typed, without what no terminal should ever echo: control and broken characters."""
    return "".join(
        " " if character.isspace() else character
        for character in line[:LONGEST_LINE]
        if character.isspace() or character.isprintable()
    ).strip()


def find_command(word: str) -> Command:
    """The command with this name or unambiguous beginning; raises Unclear otherwise."""
    word = word.lower()
    for command in COMMANDS:
        if command.name == word:
            return command
    near = [command for command in COMMANDS if word and command.name.startswith(word)]
    if len(near) == 1:
        return near[0]
    names = tuple(f":{command.name}" for command in near)
    if near:
        raise Unclear(f":{word} could be {' or '.join(names)}: write one more letter.", names)
    hint = did_you_mean(word, [command.name for command in COMMANDS])
    if hint:
        name = ":" + hint.split("'")[1]
        raise Unclear(f"There is no command :{word[:40]}; did you mean {name}?", (name,))
    raise Unclear(f"There is no command :{word[:40]}; :help lists them all.", (":help",))
