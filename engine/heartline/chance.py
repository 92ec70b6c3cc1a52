"""Chance: the draws of a conversation, each decided by its seed and its number alone."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["MASK", "draw", "pick"]

T = TypeVar("T")
MASK = (1 << 64) - 1


def draw(seed: int, number: int, below: int) -> int:
    """The number-th draw of a seed: an integer from 0 to below - 1.

    A counter through the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), so that a draw
    needs no state but its number.
    """
    mixed = (seed + number * 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    mixed ^= mixed >> 31
    return (mixed * below) >> 64


def pick(offers: list[tuple[T, int]], number: int) -> T:
    """The offer in whose share of the total weight the number lies."""
    for offer, weight in offers[:-1]:
        if number < weight:
            return offer
        number -= weight
    return offers[-1][0]
