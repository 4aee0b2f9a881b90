"""Counting features of whole collections, as fast as memory allows.

Features are numbers, see `codes`. The counts are those
of `sklearn.feature_extraction.text.CountVectorizer(analyzer=text.features)`, column by column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from . import kernels
from .codes import HAN_CLASS, JOINER_CLASS, TOKEN_CLASS
from .text import HAN, JOINERS, LENGTH_CAP, TOKEN, fold

Codes = NDArray[np.int64]
CODE_POINTS = 0x110000
SPARE_BITS = 16
SPARE = 1 << SPARE_BITS
SPREAD = 0x9E3779B97F4A7C15
"""2⁶⁴ over the golden ratio: Fibonacci hashing (Knuth, TAOCP 3, 6.4)."""
ODD = 0xFFFFFFFF
FINAL_SIGMA = "Σ"
"""Its lower case depends on what follows."""


@cache
def character_classes() -> NDArray[np.uint8]:
    """Return for every code point whether it is Han, part of a token, or joins two tokens."""
    classes = np.zeros(CODE_POINTS, dtype=np.uint8)
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, CODE_POINTS))))
    for pattern, value in ((f"[{HAN}]+", HAN_CLASS), (TOKEN, TOKEN_CLASS)):
        for match in re.finditer(pattern, everything):
            first, last = ord(match.group()[0]), ord(match.group()[-1])
            if last - first == match.end() - match.start() - 1:
                classes[first : last + 1] = value
            else:  # a run that spans the surrogates, which no text holds
                classes[[ord(character) for character in match.group()]] = value
    classes[[ord(joiner) for joiner in JOINERS]] = JOINER_CLASS
    return classes


@cache
def _folded_points() -> NDArray[np.uint32]:
    """Return for every code point what it folds to, `ODD` where that takes more than a look."""
    table = np.arange(CODE_POINTS, dtype=np.uint32)
    for point in range(CODE_POINTS):
        character = chr(point)
        if unicodedata.category(character) in {"Cn", "Co", "Cs"}:
            continue
        folded = fold(character)
        composes = unicodedata.combining(character) or 0x1100 <= point <= 0x11FF
        if len(folded) != 1 or composes or character == FINAL_SIGMA:
            table[point] = ODD
        else:
            table[point] = ord(folded)
    return table


def folded_points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Codes]:
    """Return the code points of `fold(text)` for all texts in one array, and where each begins.

    Nearly every character folds by itself, so whole collections are looked up in a table; only
    texts with a character that joins its neighbour or becomes several go through `fold`.
    """
    kept = [text[:LENGTH_CAP] for text in texts]
    points, starts = _points(kept)
    odd = np.flatnonzero(_folded_points()[points] == ODD)
    if len(odd):
        for place in np.unique(np.searchsorted(starts, odd, side="right") - 1):
            kept[place] = fold(kept[place])
        points, starts = _points(kept)
    folded = _folded_points()[points]
    return np.where(folded == ODD, points, folded), starts


def _points(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Codes]:
    starts = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=starts[1:])
    joined = "".join(texts).encode("utf-32-le", "replace")
    return np.frombuffer(joined, dtype=np.uint32), starts


def occurring(texts: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the codes of all occurrences, and where each text begins; shape (n_texts + 1,)."""
    codes, starts = kernels.occurring(*folded_points(texts), character_classes())
    return codes, starts


def counted(texts: Sequence[str]) -> tuple[Codes, NDArray[np.float32], Codes]:
    """Count features; return codes, counts and row starts, codes ascending within a text."""
    codes, counts, starts = kernels.counted(*occurring(texts))
    return codes, counts, starts


class Vocabulary:
    """Which column a feature has, fixed for good; what was unknown at the fit shares spare ones.

    Attributes
    ----------
    codes_ : the known codes, ascending; code `codes_[i]` has column i. Any other has one of the
        `SPARE` columns behind them, by its hash: so a vocabulary never grows, and threads and
        processes agree without a word.

    """

    def __init__(self, codes: Codes) -> None:
        self.codes_ = codes

    @classmethod
    def of(cls, *codes: Codes) -> Vocabulary:
        """Make one of all codes that occur."""
        parts = [kernels.distinct(part) for part in codes]
        return cls(np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts])))

    def __len__(self) -> int:
        return len(self.codes_) + SPARE

    def columns(self, codes: Codes) -> Codes:
        """Return the column of each code."""
        found: Codes = kernels.positions(self.codes_, codes)
        unknown = found < 0
        spread = codes[unknown].astype(np.uint64) * np.uint64(SPREAD)
        found[unknown] = len(self.codes_) + (spread >> np.uint64(64 - SPARE_BITS)).astype(np.int64)
        return found

    def counts(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return how often each text has each feature, shape (n_texts, n_columns)."""
        return self.matrix(*counted(texts))

    def matrix(self, codes: Codes, counts: NDArray[np.float32], starts: Codes) -> sp.csr_matrix:
        """Put counted codes into their columns, which stand in order within a row."""
        columns = self.columns(codes).astype(np.int32)
        matrix = sp.csr_matrix((counts, columns, starts), shape=(len(starts) - 1, len(self)))
        if len(columns) and columns.max() >= len(self.codes_):  # spare ones come in any order
            matrix.sum_duplicates()
        return matrix
