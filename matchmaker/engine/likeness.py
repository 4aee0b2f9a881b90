"""How alike two needs, or two achievements, are: by their words, and by what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .documents import Document
from .lexical import digest_of, full_text
from .meaning import Meaning
from .weighting import Counted, Weighting

if TYPE_CHECKING:
    from .index import Index
    from .recommender import Recommender

Floats = NDArray[np.float64]
Array = NDArray[np.float32]

NEAR = 0.5
"""Needs whose words are less alike than this (cosine) do not listen to each other."""
NEAR_IN_MEANING = 0.3
"""The same where meaning has its share: needs that ask for one thing in other words come nearer,
and needs without a relation lie at 0, not at what all texts have in common."""
MEANING = 0.9
"""The share of the meaning in how alike two texts are."""
SAMPLED, ENOUGH = 1000, 20
"""A centre is the mean of so many texts at most, and of so many at least."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Words and meanings of some texts, each with its share: together of length 1."""

    words: Any
    meanings: Array

    def products(self, other: Texts) -> Floats:
        """Return how alike each is to each of the others, a kernel."""
        words: Floats = (self.words @ other.words.T).toarray().astype(np.float64)
        return words + self.meanings @ other.meanings.T


class Likeness:
    """Says how alike texts are.

    Parameters
    ----------
    weighting : that of a fitted `Recommender`.
    meaning : its signal of meaning, where it has one.
    centres : what its needs, and what its achievements, have in common: the means of their
        vectors. Taken off, what is left tells needs from needs. Without them, the mean of texts
        that stand beside the model is taken.
    share : the share of the meaning in how alike two texts are, from 0 to 1.
    near_in_meaning : from how alike on needs listen to each other where meaning has its share.

    """

    def __init__(
        self,
        weighting: Weighting,
        meaning: Meaning | None = None,
        centres: tuple[Array | None, Array | None] = (None, None),
        *,
        share: float = MEANING,
        near_in_meaning: float = NEAR_IN_MEANING,
    ) -> None:
        self.weighting = weighting
        self.meaning = meaning
        self.share = share
        self.near_in_meaning = near_in_meaning
        self._centre_of_needs, self._centre_of_achievements = centres

    @classmethod
    def of(cls, recommender: Recommender) -> Likeness:
        """Return that of a fitted recommender."""
        meaning = recommender.meaning
        if meaning is None:
            return cls(recommender.weighting_)
        sides = recommender.needs_, recommender.achievements_
        needs, achievements = (centre(meaning, _sample(index)) for index in sides)
        return cls(recommender.weighting_, meaning, (needs, achievements))

    @property
    def near(self) -> float:
        """From how alike on needs listen to the decisions on each other."""
        return NEAR if self.meaning is None else self.near_in_meaning

    def needs(self, documents: Sequence[Document]) -> Texts:
        return self._texts(documents, self._centre_of_needs)

    def achievements(self, documents: Sequence[Document]) -> Texts:
        return self._texts(documents, self._centre_of_achievements)

    def _texts(self, documents: Sequence[Document], middle: Array | None) -> Texts:
        """Read whole texts; one that has no vector yet is words alone."""
        whole = [full_text(item) for item in documents]
        words = self.weighting.needs(Counted.of(whole))
        if self.meaning is None:
            return Texts(words, np.zeros((len(documents), 0), dtype=np.float32))
        meanings = self.meaning.directions(whole, middle)
        share = np.where(meanings.any(axis=1), np.sqrt(1 - self.share), 1.0)
        weighed = words.multiply(share[:, None]).tocsr()
        return Texts(weighed, meanings * np.float32(np.sqrt(self.share)))


def centre(meaning: Meaning, documents: Sequence[Document]) -> Array | None:
    """Return the mean of the vectors of some documents; None where too few have one."""
    keys = [bytes.fromhex(digest_of(document)) for document in documents]
    rows = meaning.vectors.of_keys(keys)
    known = rows[np.isfinite(rows).all(axis=1) & rows.any(axis=1)]
    return known.mean(axis=0) if len(known) >= ENOUGH else None


def _sample(index: Index) -> list[Document]:
    """Return documents from all over an index."""
    ids = np.sort(index.versions()[0])
    if len(ids) > SAMPLED:
        ids = ids[np.linspace(0, len(ids) - 1, SAMPLED).astype(np.int64)]
    return [*index.read(ids.tolist()).values()]
