"""Proofs that nobody could notice a mutant, whatever tests there were."""

from __future__ import annotations


class Proofs:
    def __init__(self, original):
        self.original = original

    def shown(self, living, difference):
        return None
