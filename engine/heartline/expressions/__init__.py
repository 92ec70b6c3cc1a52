"""The guard and action language."""

from __future__ import annotations

from heartline.expressions.problems import Parsed, Problem

__all__ = ["Parsed", "Problem"]
