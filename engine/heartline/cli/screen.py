"""What standard output is: how wide, and whether it shows colours."""

from heartline.frontends.terminal.screen import colourful, columns

__all__ = ["columns", "colourful"]
