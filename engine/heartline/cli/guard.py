"""The one place where faults end: each becomes a sentence on stderr and an exit code.

Commands raise; nobody else catches for the sake of showing. The codes are told in
`heartline.cli`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from heartline.errors import HeartlineError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "DONE",
    "FAULT",
    "FINDINGS",
    "INTERRUPTED",
    "PIPE_CLOSED",
    "USAGE",
    "guarded",
    "in_words",
    "pipe_closed",
]

DONE, FINDINGS, USAGE, FAULT, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 70, 130, 141


def guarded(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command with these arguments; gives the exit code, whatever happens."""
    try:
        code = command.main(list(arguments), prog_name="heartline", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return pipe_closed()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as leaving:  # click's own completion leaves this way
        return leaving.code if isinstance(leaving.code, int) else DONE
    except BaseException as fault:
        if os.environ.get("HEARTLINE_DEBUG") == "1":
            raise
        return _said(fault)
    return code if isinstance(code, int) else DONE


def _said(fault: BaseException) -> int:
    try:
        return _say(fault)
    except BrokenPipeError:
        return pipe_closed()


def _say(fault: BaseException) -> int:
    if isinstance(fault, click.Abort):
        return INTERRUPTED
    if isinstance(fault, click.ClickException):
        fault.show()
        return fault.exit_code
    if isinstance(fault, ScenarioError):
        _tell(str(fault))
        for diagnostic in fault.diagnostics:
            if str(diagnostic) not in str(fault):
                _tell(str(diagnostic))
        return FINDINGS
    if isinstance(fault, HeartlineError):
        _tell(str(fault))
        for difference in getattr(fault, "differences", ()):
            if difference not in str(fault):
                _tell(f"  {difference}")
        return FINDINGS
    if isinstance(fault, OSError):
        _tell(in_words(fault))
        return FINDINGS
    _tell(
        f"Heartline itself has a fault here ({type(fault).__name__}: {fault}). Set "
        "HEARTLINE_DEBUG=1 and run it again to see the details, and please report them."
    )
    return FAULT


def in_words(fault: OSError) -> str:
    """What the system refused, as a sentence that names the file."""
    reason = (fault.strerror or str(fault) or type(fault).__name__).rstrip(".")
    if fault.filename is None:
        return f"The system refused: {reason}."
    name = os.fsdecode(fault.filename) if isinstance(fault.filename, str | bytes) else "a file"
    return f"{name} cannot be used: {reason[:1].lower()}{reason[1:]}."


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def pipe_closed() -> int:
    """Nobody reads any more: let nothing that is still buffered complain at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue  # a stream without a file of its own, in tests
    os.close(nowhere)
    return PIPE_CLOSED
