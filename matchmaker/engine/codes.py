"""Features as numbers: the one definition that counting, explaining and both loops share.

A Han character is its code point, a pair of them two code points side by side, a token of Latin
letters and digits a 62-bit hash (FNV-1a over code points) with a flag above it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .text import is_han

PAIR = 1 << 21
"""Codes below are single characters, codes from here to `TOKENS` pairs."""
TOKENS = 1 << 62
FNV_OFFSET, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
ALL_BITS = 0xFFFFFFFFFFFFFFFF
OTHER_CLASS, HAN_CLASS, TOKEN_CLASS, JOINER_CLASS = range(4)
"""What a code point is: neither, Han, part of a token, or a joiner of two tokens."""


def code_of(feature: str) -> int:
    """Return the number of one feature."""
    if not is_han(feature[0]):
        return hashed(map(ord, feature))
    first, *second = map(ord, feature)
    return first * PAIR + second[0] if second else first


def hashed(points: Iterable[int]) -> int:
    """Return the number of a token."""
    value = FNV_OFFSET
    for point in points:
        value = ((value ^ point) * FNV_PRIME) & ALL_BITS
    return TOKENS | (value & (TOKENS - 1))
