"""`heartline new`."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import click

from heartline.cli.guard import DONE, FINDINGS

__all__ = ["TEMPLATE", "TESTS", "command"]

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
    type: text
    initial: Alex
    input: true
    prompt: What is your friend called?
    kept_for: Your friend is called by it here.    # who is asked reads this
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

TESTS = Template("""\
# Tests of the scenario beside this file: what happens, and what it must lead to. Run them with
#   heartline test $path
heartline_tests: 1              # the version of the format

tests:
  an_apology_is_heard_after_listening:
    about: Nobody takes an apology from somebody who has not listened.
    expect:                                 # what holds at the start
      state: hallway
      closed: {apologise: Alex is not ready to hear it.}
    steps:
      - choose: listen                      # what the player does
        expect: {offered: apologise}        # and what holds then
      - choose: apologise
        expect:
          lines: [{friend: Let me think about it.}]
          timers: {pause: 2d}               # what is left of it
      - wait_until: pause
        draw: forgive                       # what the friend does, so that no luck is needed
        expect:
          state: together
          lines: [{friend: {contains: Come in}}]

  excuses_leave_the_apology_closed:
    steps:
      - choose: excuse
      - choose: apologise
        expect: {error: closed}             # it is refused, and nothing has changed
""")


@click.command(
    "new",
    epilog="""\b
Example:
  heartline new first_date
  heartline play first_date
  heartline test first_date

What was written is named on standard output. Exit codes: 0; 1 where there is a scenario
already, or nothing can be written; 2 for a name that no scenario can have.""",
)
@click.argument("name")
def command(name: str) -> int:
    """Begin a scenario of your own.

    Writes NAME/scenario.yaml, small, commented, and playable at once, and NAME/tests.yaml with its
    first tests. NAME may be a path; its last part becomes the scenario's id. Nothing is ever
    overwritten.
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
    title = identity.replace("_", " ").capitalize()
    folder.mkdir(parents=True, exist_ok=True)
    if not _write(path, TEMPLATE.substitute(id=identity, title=title, path=folder)):
        click.echo(f"{path} exists already and stays as it is: choose another name.", err=True)
        return FINDINGS
    tests = folder / "tests.yaml"
    if _write(tests, TESTS.substitute(path=folder)):
        click.echo(f"Wrote {path} and {tests}.")
    else:
        click.echo(f"Wrote {path}; {tests} exists already and stays as it is.")
    click.echo(f"Play it with: heartline play {folder}")
    click.echo(f"Test it with: heartline test {folder}")
    return DONE


def _write(path: Path, text: str) -> bool:
    """Write a file; False where there is one already."""
    try:
        with path.open("x", encoding="utf-8") as file:  # x: fails where there is a file
            file.write(text)
    except FileExistsError:
        return False
    return True
