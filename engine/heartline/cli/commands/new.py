"""`heartline new`."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import click

from heartline.cli.guard import FINDINGS

__all__ = ["TEMPLATE", "command"]

TEMPLATE = Template("""\
# A scenario: who may say what, when, and what it does. Change it and see:
#   heartline check $path
#   heartline play $path --watch
heartline: 1                    # the version of the format
id: $id
version: 1.0.0
title: $title

cast:
  you: {name: You}              # the first of the cast is who plays
  friend:
    name: "{friend_name}"       # names may hold what was typed at the start
    pronouns: they              # they, she, he or it
    played_by: engine

context:                        # what the conversation remembers
  friend_name:
    {type: text, initial: Alex, input: true, prompt: What is your friend called?}
  trust: {type: int, min: 0, max: 3, initial: 1, title: trust}

timers:
  pause: {length: 2d, title: time to think}

initial: hallway
states:
  hallway:
    entry:
      say:
        - "{friend} is looking for the keys. {friend.They} {friend:does|do} not look up."
        - {friend: You said you would be here at six.}
    choices:
      listen:
        label: Ask what it was like
        say: You waited for me. What was that like?
        do: trust += 1
        once: true
      excuse:
        label: Explain yourself
        say: The train was late.
        do: trust -= 1
        once: true
      apologise:
        label: Say sorry
        when: trust >= 2                           # closed until this holds
        why: "{friend} is not ready to hear it."   # what the player reads meanwhile
        say: I'm sorry. I should have called.
        to: waiting
      go: {label: Let it be for today, say: Another time., to: apart}

  waiting:
    entry:
      do: start(pause)
      say: [{friend: Let me think about it.}]
    choices:
      write: {label: Send a message, say: Are we all right?, do: trust -= 1, once: true}
      stop: {label: Leave it there, say: I won't wait., to: apart}
    after:
      pause: answer                                # when the timer has run out

  answer:
    choices:                                       # the engine draws one of these by weight
      forgive: {by: friend, weight: trust, say: "Come in, then.", to: together}
      decline: {by: friend, weight: 1, say: "Not this time.", to: apart}

  together: {type: final, outcome: together}
  apart: {type: final, outcome: apart}
""")


@click.command(
    "new",
    epilog="""\b
Example:
  heartline new first_date
  heartline play first_date

What was written is named on standard output. Exit codes: 0; 1 where there is a scenario
already, or nothing can be written; 2 for a name that no scenario can have.""",
)
@click.argument("name")
def command(name: str) -> int:
    """Begin a scenario of your own.

    Writes NAME/scenario.yaml: small, commented, and playable at once. NAME may be a path; its
    last part becomes the scenario's id. Nothing is ever overwritten.
    """
    folder = Path(name)
    identity = folder.name
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", identity):
        plain = re.sub(r"[^a-z0-9]+", "_", identity.lower()).strip("_")
        raise click.UsageError(
            f"{identity[:60]!r} cannot be a scenario's name: it begins with a small letter, and "
            "holds small letters, digits and underscores"
            + (f", as in {plain[:60]!r}." if re.match("[a-z]", plain) else ".")
        )
    path = folder / "scenario.yaml"
    text = TEMPLATE.substitute(
        id=identity, title=identity.replace("_", " ").capitalize(), path=folder
    )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:  # x: fails where there is a file
            file.write(text)
    except FileExistsError:
        click.echo(f"{path} exists already and stays as it is: choose another name.", err=True)
        return FINDINGS
    click.echo(f"Wrote {path}. Play it with: heartline play {folder}")
    return 0
