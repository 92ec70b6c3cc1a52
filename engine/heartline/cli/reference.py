"""The part of docs/cli.md that is made from the commands: `python -m heartline.cli.reference`.

A test holds the page to it, so that no option is without its sentence in the documentation.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from heartline.cli.group import heartline
from heartline.frontends.terminal.words import COMMANDS

__all__ = ["BEGIN", "END", "merged", "reference"]

BEGIN = "<!-- made by python -m heartline.cli.reference -->\n"
END = "<!-- up to here -->\n"
WIDTH = 88


def reference() -> str:
    """What can be typed while playing, and the help of every command, as Markdown."""
    parts = ["## While playing\n", "| typed | what it does |", "|---|---|"]
    parts += [f"| `{word.usage}` | {word.about} |" for word in COMMANDS]
    root = click.Context(heartline, info_name="heartline", **heartline.context_settings)
    for name in heartline.list_commands(root):
        command = heartline.get_command(root, name)
        assert command is not None
        parts += _helps(command, root, name, "##")
    return "\n".join(parts) + "\n"


def _helps(command: click.Command, above: click.Context, name: str, level: str) -> list[str]:
    """The help of a command, and of those that it is a group of."""
    context = click.Context(
        command, above, info_name=name, max_content_width=WIDTH, terminal_width=WIDTH
    )
    parts = [f"\n{level} {context.command_path}\n", "```text", command.get_help(context), "```"]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            parts += _helps(each, context, each.name or "", level + "#")
    return parts


def merged(page: str) -> str:
    """The page with the made part as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/cli.md")
    place.write_text(merged(place.read_text("utf-8")), "utf-8")
