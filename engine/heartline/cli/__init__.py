"""The `heartline` command: thin click commands, each in a module that only its own run imports.

`main` is what the installed command calls. `run` is the same without leaving the process: it
gives back the exit code, which is one of

    0    done
    1    findings, or a refusal: a faulty scenario, a damaged save, a script line that was refused,
         a test that failed
    2    usage: an unknown command, option or name, a value that cannot be read; of `test` also a
         file that cannot be used
    70   a fault of Heartline itself
    130  stopped with Ctrl-C
    141  the reader of the output went away

What was asked for goes to stdout; all that is about the run (faults, where a conversation is
kept) goes to stderr. No fault is shown as a traceback, unless HEARTLINE_DEBUG=1 asks for one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "run"]


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; gives the exit code and never raises for a fault."""
    try:
        import click  # noqa: F401 - only to see whether it is there
    except ImportError:
        print(
            "Heartline needs the packages that it is installed with, and click is not among "
            "those of this Python. Install Heartline with: pip install . "
            "(or start it with: make play)",
            file=sys.stderr,
        )
        return 1
    from heartline.cli.group import heartline
    from heartline.cli.guard import guarded

    return guarded(heartline, arguments)
