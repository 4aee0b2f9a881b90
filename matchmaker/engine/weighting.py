"""From counts to vectors: what a feature weighs in a need and in an achievement.

    weight(f, d) = family(f) · tf·(k + 1)/(tf + k) · idf(f)        tf: how often f stands in d
    idf(f)       = ln((1 + n)/(1 + n·share(f))) + 1                 scikit-learn's smooth IDF

`share` is the mean of the shares of needs and of achievements that hold f, so that the words in
which needs are put ("关键技术研发及产业化") count for little although few achievements use them;
the share among needs is drawn towards that of all texts while there are few needs. A need's vector
has length 1. An achievement's is divided by its length to the power 0.7 (pivoted normalisation,
Singhal, Buckley and Mitra, SIGIR 1996): long texts lose less than under a cosine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfTransformer

from .codes import PAIR, TOKENS
from .counting import Codes, Vocabulary, counted

Floats = NDArray[np.float32]
SATURATION = 1.0
FAMILIES = {"character": 1.3, "pair": 1.0, "token": 1.3}
NORM_POWER = 0.7
FEW_NEEDS = 50
CHUNK = 20_000
"""Texts that are counted at a time: memory stays bounded however many there are."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Counts of many texts: codes, counts, and where each text begins."""

    codes: Codes
    counts: Floats
    starts: Codes

    @classmethod
    def of(cls, texts: Sequence[str]) -> Counted:
        parts = [counted(texts[i : i + CHUNK]) for i in range(0, len(texts), CHUNK)]
        lengths = [np.diff(part[2]) for part in parts]
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        if parts:
            np.cumsum(np.concatenate(lengths), out=starts[1:])
        return cls(
            np.concatenate([np.empty(0, dtype=np.int64), *(part[0] for part in parts)]),
            np.concatenate([np.empty(0, dtype=np.float32), *(part[1] for part in parts)]),
            starts,
        )

    def __len__(self) -> int:
        return len(self.starts) - 1


class Weighting:
    """TF-IDF with saturated counts, learned on needs and achievements.

    Attributes
    ----------
    vocabulary_ : the columns of features.
    idf_ : IDF of each column, shape (n_columns,); what was unknown at `fit` weighs as the rarest.
    pivots_ : mean length of an achievement's vector by field, which sets the scale.
    name : the folder that holds the arrays; empty while they are in memory alone.

    """

    name = ""

    def fit(self, needs: Sequence[Counted], achievements: Sequence[Counted]) -> Weighting:
        """Learn vocabulary and IDF from the full texts of both sides, each in parts."""
        self.vocabulary_ = Vocabulary.of(*(part.codes for part in (*needs, *achievements)))
        held = [self._held(side) for side in (needs, achievements)]
        sizes = (sum(map(len, needs)), sum(map(len, achievements)))
        return self.use(idf_of(held[0], held[1], *sizes))

    def _held(self, parts: Sequence[Counted]) -> NDArray[np.float64]:
        held = np.zeros(len(self.vocabulary_))
        for part in parts:
            held += np.bincount(self.vocabulary_.columns(part.codes), minlength=len(held))
        return held

    def use(self, idf: NDArray[np.float64]) -> Weighting:
        """Take an IDF that was learned before; shape (n_columns,)."""
        self.idf_ = idf
        self._tfidf = TfidfTransformer(norm=None)
        self._tfidf.idf_ = idf
        self.pivots_: dict[str, float] = {}
        return self

    def fit_pivot(self, field: str, achievements: Sequence[Counted]) -> Weighting:
        """Learn the mean length of the vectors of a field."""
        found = [_lengths(self.weighed(part)) for part in achievements if len(part)]
        lengths = np.concatenate([np.empty(0), *found])
        lengths = lengths[lengths > 0]
        self.pivots_[field] = float(lengths.mean()) if len(lengths) else 1.0
        return self

    @cached_property
    def version(self) -> str:
        """A short name that is equal for equal vocabularies, IDF and pivots."""
        sums = (
            hashlib.sha256(self.vocabulary_.codes_.tobytes() + self.idf_.tobytes()),
            repr(sorted(self.pivots_.items())),
        )
        return hashlib.sha256(f"{sums[0].hexdigest()}{sums[1]}".encode()).hexdigest()[:8]

    def weighed(self, texts: Counted) -> sp.csr_matrix:
        """Return weights before normalisation, shape (n_texts, n_columns)."""
        tf = texts.counts * (SATURATION + 1) / (texts.counts + SATURATION)
        matrix = self.vocabulary_.matrix(texts.codes, tf * _family(texts.codes), texts.starts)
        if not matrix.nnz:
            return matrix
        return sp.csr_matrix(self._tfidf.transform(matrix, copy=False))

    def needs(self, texts: Counted) -> sp.csr_matrix:
        """Return vectors of length 1."""
        return _scaled(matrix := self.weighed(texts), _lengths(matrix))

    def achievements(self, texts: Counted, field: str) -> sp.csr_matrix:
        """Return vectors under pivoted normalisation."""
        matrix = self.weighed(texts)
        pivot = self.pivots_[field] ** (1 - NORM_POWER)
        return _scaled(matrix, _lengths(matrix) ** NORM_POWER * pivot)


def idf_of(
    needs: NDArray[np.float64],
    achievements: NDArray[np.float64],
    n_needs: int,
    n_achievements: int,
) -> NDArray[np.float64]:
    """Return IDF from how many documents of each side hold a feature; shape (n_columns,)."""
    n = max(n_needs, n_achievements, 1)
    joint = (needs + achievements) / max(1, n_needs + n_achievements)
    among_needs = (needs + FEW_NEEDS * joint) / (n_needs + FEW_NEEDS)
    share = (among_needs + achievements / n_achievements) / 2 if n_achievements else among_needs
    idf: NDArray[np.float64] = np.log((1 + n) / (1 + n * share)) + 1
    return idf


def _family(codes: Codes) -> Floats:
    weights = np.full(len(codes), FAMILIES["pair"], dtype=np.float32)
    weights[codes < PAIR] = FAMILIES["character"]
    weights[codes >= TOKENS] = FAMILIES["token"]
    return weights


def _lengths(matrix: sp.csr_matrix) -> NDArray[np.float64]:
    squares = np.add.reduceat(
        np.append(np.square(matrix.data, dtype=np.float64), 0.0),
        np.minimum(matrix.indptr[:-1], len(matrix.data)),
    )
    return np.sqrt(np.where(np.diff(matrix.indptr) > 0, squares, 0.0))


def _scaled(matrix: sp.csr_matrix, lengths: NDArray[np.float64]) -> sp.csr_matrix:
    lengths = np.where(lengths > 0, lengths, 1.0)
    factors = np.repeat(1 / lengths, np.diff(matrix.indptr))
    matrix.data = (matrix.data * factors).astype(np.float32)
    return matrix
