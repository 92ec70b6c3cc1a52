"""Draw the README's session: play a script in a terminal of its own and keep what it shows.

    make picture          writes docs/images/session.svg from docs/images/session.txt,
                          and docs/images/studio.svg from the studio after the keys below

The pictures are made of the real output, colours included, and are the same each time: seed and
start are fixed. They name no font that has to be fetched. Needs a system with pseudo-terminals.
"""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
COLUMNS = 84
PLAY = ["play", "reconciliation", "--seed", "7", "--start", "2026-01-05T19:10"]
STUDIO = (112, 34)  # columns and rows
KEYS = ("2", "4", "1", "enter")
FONTS = 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace'
THEME = TerminalTheme(
    (30, 30, 36),
    (222, 220, 214),
    [
        (62, 62, 70), (232, 116, 106), (150, 200, 130), (229, 192, 110),
        (122, 170, 232), (204, 150, 220), (110, 196, 200), (222, 220, 214),
    ],
    [
        (130, 130, 140), (240, 140, 130), (170, 216, 150), (240, 208, 140),
        (150, 190, 240), (220, 170, 232), (140, 212, 216), (250, 250, 246),
    ],
)  # fmt: skip
PICTURE = """<svg class="heartline" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg"
 xml:space="preserve" role="img" aria-label="A session in the terminal">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


def played() -> str:
    """What the terminal shows, colours and all."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "heartline", *PLAY, "--script", str(IMAGES / "session.txt")]
    with subprocess.Popen(command, stdout=follower, env=environment) as process:
        os.close(follower)
        shown = io.BytesIO()
        while chunk := _read(leader):
            shown.write(chunk)
    if process.returncode:
        sys.exit("The script of the picture was refused: " + shown.getvalue().decode())
    return shown.getvalue().decode().replace("\r\n", "\n").strip("\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other side has closed it
        return b""


async def studio() -> str:
    """The studio, as it draws itself, without the fonts that its library would fetch."""
    from heartline.frontends.studio.app import Studio
    from heartline.frontends.studio.bench import Bench
    from heartline.frontends.studio.reading import File
    from heartline.frontends.terminal.record import Beginning
    from heartline.loader import find_scenario

    file = File(find_scenario("reconciliation"))
    bench = Bench(Beginning(7, "2026-01-05T19:10:00+00:00"), path="reconciliation")
    app = Studio(bench, file, file.read())
    async with app.run_test(size=STUDIO) as pilot:
        await pilot.press(*KEYS)
        await app.workers.wait_for_complete()
        await pilot.pause()
        drawn = app.export_screenshot(title="heartline studio reconciliation", simplify=True)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"font-family: [^;]*Fira Code[^;]*;", f"font-family: {FONTS};", drawn)
    return re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)


def main() -> None:
    """Play, draw, write."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("$ heartline play reconciliation\n\n" + played()))
    console.save_svg(
        str(IMAGES / "session.svg"),
        title="heartline play reconciliation",
        theme=THEME,
        code_format=PICTURE,
        unique_id="session",
    )
    (IMAGES / "studio.svg").write_text(asyncio.run(studio()), encoding="utf-8")
    for name in ("session.svg", "studio.svg"):
        print(f"{IMAGES / name}: {(IMAGES / name).stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
