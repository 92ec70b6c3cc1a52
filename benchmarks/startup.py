"""How long `heartline --help` takes, beside a bare click program with the same commands' names."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.targets import Finding

__all__ = ["findings"]

_OURS = """import sys
from heartline.cli import main
sys.argv[:] = ["heartline", "--help"]
main()
"""
_BARE = """import sys
import click


@click.group()
def main():
    "A bare program."

"""
_COMMAND = """
@main.command("{name}")
def _{number}():
    "What {name} does."

"""


def findings(samples: int) -> list[Finding]:
    """How many times as long as the bare program ours takes to say its help."""
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = Path(folder, "ours.py"), Path(folder, "bare.py")
        ours.write_text(_OURS, "utf-8")
        commands = (
            _COMMAND.format(name=name, number=number) for number, name in enumerate(_commands())
        )
        bare.write_text(
            _BARE + "".join(commands) + 'sys.argv[:] = ["bare", "--help"]\nmain()\n', "utf-8"
        )
        quotients = []
        for _ in range(samples + 1):
            one, other = _seconds(ours), _seconds(bare)
            quotients.append(one / other)
    quotients = quotients[1:]  # the first run writes the bytecode
    low, median, high = statistics.quantiles(quotients, n=4, method="inclusive")
    return [Finding("heartline --help / bare click", median, "x", at_most=1.5, spread=(low, high))]


def _commands() -> list[str]:
    import click

    from heartline.cli.group import heartline

    return heartline.list_commands(click.Context(heartline))


def _seconds(program: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, str(program)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
