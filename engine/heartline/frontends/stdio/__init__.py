"""The front end for programs in any language: one JSON object a line, in and out.

    forms    what a request and an answer look like, and their JSON Schema
    serving  the front end itself

docs/stdio.md says how to use it.
"""

from heartline.frontends.stdio.serving import Stdio

__all__ = ["Stdio"]
