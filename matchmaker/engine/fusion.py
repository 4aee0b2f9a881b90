"""From signals to one score, and which of two equal ones comes first.

    score = Σ w_s · s / Σ w_s      over the signals that are present

Two signals compare text: each is g(c) of a similarity c ≥ 0, where g is a fixed increasing curve
that spreads similarities over 0 to 1. One compares meaning where there is a model for it. The
others compare fields.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .codes import ALL_BITS
from .documents import FIELDS, Document
from .signals import DEFAULT_WEIGHTS, SIGNALS, WEIGHTS_VERSION, possible

Parts = Mapping[str, float | None]
HALF = 0.2
"""The similarity at which g reaches a half."""


def calibrate(similarity: float) -> float:
    """Return g(c) = c² / (c² + h²), increasing from g(0) = 0 towards 1."""
    square = max(similarity, 0.0) ** 2
    return square / (square + HALF**2)


class Fusion:
    """The weights of the signals, and the sum over them.

    Raises:
        ValueError: a weight is unknown or negative, or all text has no weight.

    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = _checked({**DEFAULT_WEIGHTS, **weights})
        self._weights = dict(self.weights)
        text = sum(self.weights[name] for name in FIELDS)
        self.shares = np.asarray([self.weights[name] / text for name in FIELDS], dtype=np.float32)
        """How the two fields share the weight of text, in the order of `FIELDS`."""

    @property
    def version(self) -> str:
        """The version of the weights; own ones have a name of their own behind it."""
        if self.weights == DEFAULT_WEIGHTS:
            return f"w{WEIGHTS_VERSION}"
        own = zlib.crc32(repr(sorted(self.weights.items())).encode())
        return f"w{WEIGHTS_VERSION}-{own:08x}"

    def combined(
        self, similarities: Mapping[str, float], meaning: float | None, need: Document,
        achievement: Document,
    ) -> tuple[float, Parts]:  # fmt: skip
        """Return the score of a pair and its signals; `similarities` are those of the fields."""
        parts: dict[str, float | None] = {name: calibrate(similarities[name]) for name in FIELDS}
        parts["meaning"] = meaning
        for name, signal in SIGNALS.items():
            parts[name] = signal.score(need, achievement)
        return self.score(parts), parts

    def score(self, parts: Parts) -> float:
        """Return the score of a pair whose signals are known."""
        total = present = 0.0
        for name, part in parts.items():  # not `sum`, which rounds as the version of Python does
            if part is not None:
                weight = self._weights[name]
                total += weight * part
                present += weight
        return total / present

    def of_text(self, similarities: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return what the texts add to the sum over the signals; shapes (n,) and (n,)."""
        squares = {name: np.maximum(similarities[name], 0.0) ** 2 for name in FIELDS}
        found: NDArray[np.float64] = sum(  # type: ignore[assignment]
            self._weights[name] * square / (square + HALF**2) for name, square in squares.items()
        )
        return found

    def most(self, of_text: float, document: Document, *, is_need: bool, meaning: bool) -> float:
        """Return a bound for the score of a document with any other that adds so much by text.

        No signal is more than 1, so the score is highest where each one that the document can have
        is present and 1.
        """
        others = sum(self._weights[name] for name in possible(document, is_need=is_need))
        others += self._weights["meaning"] if meaning else 0.0
        return (of_text + others) / (sum(self._weights[name] for name in FIELDS) + others)

    def present(self, parts: Parts) -> float:
        """Return the sum of the weights of the signals that are present."""
        present = 0.0
        for name, part in parts.items():
            if part is not None:
                present += self._weights[name]
        return present


def lot(number: int, seed: int) -> int:
    """Draw the place of a record among its equals (the finaliser of SplitMix64, OOPSLA 2014)."""
    value = (number * 0x9E3779B97F4A7C15 + seed) & ALL_BITS
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & ALL_BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & ALL_BITS
    return value ^ (value >> 31)


def _checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    unknown = set(weights) - set(DEFAULT_WEIGHTS)
    if unknown:
        raise ValueError(f"unknown signals {sorted(unknown)}; known are {sorted(DEFAULT_WEIGHTS)}")
    if any(not np.isfinite(value) or value < 0 for value in weights.values()):
        raise ValueError("weights must be finite numbers ≥ 0")
    if sum(weights[name] for name in FIELDS) <= 0:
        raise ValueError("title and body cannot both weigh nothing")
    return MappingProxyType(dict(weights))
