"""The recommender: fit on a catalogue, ask for the best pairs, follow changes without refitting.

    score = Σ w_s · s / Σ w_s      over the signals that are present

Two signals compare text, title with title and whole text with whole text: each is g(c) of a
similarity c ≥ 0, where g is a fixed increasing curve that spreads similarities over 0 to 1. The
others compare fields.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from . import explanation
from .documents import FIELDS, Document, Explanation, Suggestion
from .lexical import Segment, Side, best_of, full_text, interleaved, title_text
from .signals import SIGNALS
from .weighting import Counted, Weighting

DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"title": 0.35, "body": 0.35, "chain": 0.14, "trl": 0.08, "mode": 0.05, "region": 0.03}
)
MODEL = "tfidf-2"
HALF = 0.2
"""The similarity at which g reaches a half."""
PAIRS_AT_A_TIME = 2000
POOL = 200
"""Structured signals are computed for this many of the lexically best."""


def calibrate(similarity: float) -> float:
    """Return g(c) = c² / (c² + h²), increasing from g(0) = 0 towards 1."""
    square = max(similarity, 0.0) ** 2
    return square / (square + HALF**2)


class Recommender:
    """Ranks achievements for a need, and needs for an achievement, and says why.

    Parameters
    ----------
    weights : mapping of signal name to a number ≥ 0, optional
        What differs from `DEFAULT_WEIGHTS`.

    Attributes
    ----------
    weights_ : the weights in force.
    n_needs_, n_achievements_ : how many documents are in the index.
    model_id : name of the model, stored with every score.

    Reading is safe from many threads while one writes: an update replaces an immutable index.

    """

    def __init__(self, *, weights: Mapping[str, float] | None = None) -> None:
        self.weights = weights

    def fit(self, needs: Sequence[Document], achievements: Sequence[Document]) -> Recommender:
        """Learn the weighting from both sides and index them.

        Raises:
            ValueError: a weight is unknown or negative, or all text has no weight.

        """
        self.weights_ = _checked({**DEFAULT_WEIGHTS, **(self.weights or {})})
        self._lock = threading.Lock()
        sides = [{document.id: document for document in side} for side in (needs, achievements)]
        counted = [_counted(list(side.values())) for side in sides]
        self._weighting = Weighting().fit(counted[0]["body"], counted[1]["body"])
        for name in FIELDS:
            self._weighting.fit_pivot(name, counted[1][name])
        self._needs = _index(sides[0], self._rows(counted[0], is_need=True))
        self._achievements = _index(sides[1], self._rows(counted[1], is_need=False))
        return self

    @property
    def model_id(self) -> str:
        return MODEL

    @property
    def n_needs_(self) -> int:
        return len(self._fitted("_needs").documents)

    @property
    def n_achievements_(self) -> int:
        return len(self._fitted("_achievements").documents)

    def upsert_needs(self, documents: Sequence[Document]) -> None:
        """Add or replace needs; they are found from the next call on."""
        self._upsert("_needs", documents)

    def upsert_achievements(self, documents: Sequence[Document]) -> None:
        """Add or replace achievements; they are found from the next call on."""
        self._upsert("_achievements", documents)

    def upsert_need(self, document: Document) -> None:
        self.upsert_needs([document])

    def upsert_achievement(self, document: Document) -> None:
        self.upsert_achievements([document])

    def remove_need(self, document_id: int) -> None:
        """Forget a need; unknown ids are no error."""
        self._remove("_needs", [document_id])

    def remove_achievement(self, document_id: int) -> None:
        """Forget an achievement; unknown ids are no error."""
        self._remove("_achievements", [document_id])

    def suggest_for_need(self, document: Document, *, k: int = 20) -> list[Suggestion]:
        """Return the k best achievements, best first; the need may be unknown to the index."""
        return self.suggest_for_needs([document], k=k)[0]

    def suggest_for_achievement(self, document: Document, *, k: int = 20) -> list[Suggestion]:
        """Return the k best needs, best first; the achievement may be unknown to the index."""
        return self.suggest_for_achievements([document], k=k)[0]

    def suggest_for_needs(
        self, documents: Sequence[Document], *, k: int = 20, threads: int = 1
    ) -> list[list[Suggestion]]:
        """Return the k best achievements of each need."""
        return self._best(documents, k, is_need=True, threads=threads)

    def suggest_for_achievements(
        self, documents: Sequence[Document], *, k: int = 20, threads: int = 1
    ) -> list[list[Suggestion]]:
        """Return the k best needs of each achievement."""
        return self._best(documents, k, is_need=False, threads=threads)

    def search(
        self,
        text: str,
        *,
        side: str = "achievement",
        k: int = 50,
        among: Iterable[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Rank the documents of a side for a free text; those without a common feature drop out.

        Raises:
            ValueError: `side` is neither "achievement" nor "need".

        """
        if side not in {"achievement", "need"}:
            raise ValueError(f"side must be 'achievement' or 'need', not {side!r}")
        index = self._fitted("_needs" if side == "need" else "_achievements")
        query = self._query([Document(id=0, title=text)], is_need=side == "achievement")
        only = None if among is None else np.fromiter(among, dtype=np.int64)
        scores, best = best_of(index.segments(), query, k=k, among=only)
        return [
            (int(other), float(score))
            for other, score in zip(best[0], scores[0], strict=True)
            if other >= 0
        ]

    def score(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair; neither side has to be in the index."""
        score, parts = self._combine(
            self._similarities([(need, achievement)])[0], need, achievement
        )
        return Suggestion(need.id, achievement.id, score, parts)

    def score_pairs(self, pairs: Sequence[tuple[Document, Document]]) -> list[float]:
        """Score many (need, achievement) pairs at once; shape (n_pairs,)."""
        found = self._similarities(pairs)
        return [self._combine(found[i], *pair)[0] for i, pair in enumerate(pairs)]

    def explain(self, need: Document, achievement: Document) -> Explanation:
        """Say where the score of a pair comes from; see `Explanation`."""
        suggestion = self.score(need, achievement)
        present = self._present(suggestion.by_signal)
        return explanation.explain(
            need,
            achievement,
            suggestion,
            products={name: self._products(need, achievement, name) for name in FIELDS},
            shares={name: self.weights_[name] / present for name in self.weights_},
        )

    def _fitted(self, name: str) -> Side:
        side: Side | None = getattr(self, name, None)
        if side is None:
            raise NotFittedError("This Recommender is not fitted yet; call fit first.")
        return side

    def _rows(self, counted: Mapping[str, Counted], *, is_need: bool) -> sp.csr_matrix:
        """Return the vectors of both fields side by side."""
        weighting = self._weighting
        title, body = (
            weighting.needs(counted[name])
            if is_need
            else weighting.achievements(counted[name], name)
            for name in FIELDS
        )
        return interleaved(title, body)

    def _query(self, documents: Sequence[Document], *, is_need: bool) -> sp.csr_matrix:
        """Return vectors whose product with an index is the weighted mean of the fields."""
        rows = self._rows(_counted(documents), is_need=is_need)
        total = sum(self.weights_[name] for name in FIELDS)
        shares = np.asarray([self.weights_[name] / total for name in FIELDS], dtype=np.float32)
        rows.data *= shares[rows.indices % 2]
        return rows

    def _upsert(self, name: str, documents: Sequence[Document]) -> None:
        self._fitted(name)
        rows = self._rows(_counted(documents), is_need=name == "_needs")
        with self._lock:
            setattr(self, name, self._fitted(name).with_(documents, rows))

    def _remove(self, name: str, ids: Sequence[int]) -> None:
        self._fitted(name)
        with self._lock:
            setattr(self, name, self._fitted(name).without(ids))

    def _similarities(
        self, pairs: Sequence[tuple[Document, Document]]
    ) -> list[Mapping[str, float]]:
        """Return the similarity of each pair in each field."""
        sides = [{pair[i].id: pair[i] for pair in pairs} for i in (0, 1)]
        place = [{key: row for row, key in enumerate(side)} for side in sides]
        left, right = (
            self._rows(_counted(list(side.values())), is_need=is_need)
            for side, is_need in zip(sides, (True, False), strict=True)
        )
        found: list[Mapping[str, float]] = []
        for first in range(0, len(pairs), PAIRS_AT_A_TIME):
            part = pairs[first : first + PAIRS_AT_A_TIME]
            a = left[[place[0][need.id] for need, _ in part]]
            b = right[[place[1][other.id] for _, other in part]]
            product = sp.csr_matrix(a.multiply(b))
            halves = [
                np.asarray(product[:, offset::2].sum(axis=1), dtype=float).ravel()
                for offset in (0, 1)
            ]
            found += [
                dict(zip(FIELDS, values, strict=True))
                for values in zip(*(half.tolist() for half in halves), strict=True)
            ]
        return found

    def _products(self, need: Document, achievement: Document, name: str) -> dict[int, float]:
        """Return what each common feature adds to the similarity of a field, by code."""
        one, other = (_counted([document])[name] for document in (need, achievement))
        left = self._weighting.needs(one)
        right = self._weighting.achievements(other, name)
        weights = dict(zip(right.indices.tolist(), right.data.tolist(), strict=True))
        columns = self._weighting.vocabulary_.columns(one.codes)
        of_need = dict(zip(left.indices.tolist(), left.data.tolist(), strict=True))
        return {
            code: of_need[column] * weights[column]
            for code, column in zip(one.codes.tolist(), columns.tolist(), strict=True)
            if column in weights
        }

    def _best(
        self, documents: Sequence[Document], k: int, *, is_need: bool, threads: int
    ) -> list[list[Suggestion]]:
        index = self._fitted("_achievements" if is_need else "_needs")
        queries = self._query(documents, is_need=is_need)
        _, pools = best_of(index.segments(), queries, k=max(k, POOL), threads=threads)
        return [
            self._ranked(document, index, queries[row], pools[row], k, is_need=is_need)
            for row, document in enumerate(documents)
        ]

    def _ranked(
        self, document: Document, index: Side, query: sp.csr_matrix, pool: np.ndarray, k: int,
        *, is_need: bool,
    ) -> list[Suggestion]:  # fmt: skip
        """Put the pool into the order of the whole score; what shares no text comes last, by id."""
        ids = [int(other) for other in pool if other >= 0]
        if len(ids) < k:
            known = set(ids)
            others = (other for other in index.documents if other not in known)
            ids += heapq.nsmallest(k - len(ids), others)
        parts = self._parts(index, query, np.asarray(ids, dtype=np.int64))
        found = []
        for other_id in ids:
            other = index.documents.get(other_id)
            if other is None:  # removed by another thread since
                continue
            pair = (document, other) if is_need else (other, document)
            score, by_signal = self._combine(parts[other_id], *pair)
            found.append(Suggestion(pair[0].id, pair[1].id, score, by_signal))
        other_side = "achievement_id" if is_need else "need_id"
        found.sort(key=lambda item: (-item.score, getattr(item, other_side)))
        return found[:k]

    def _parts(
        self, index: Side, query: sp.csr_matrix, ids: np.ndarray
    ) -> dict[int, dict[str, float]]:
        """Return the similarity of each field for a few documents of an index."""
        total = sum(self.weights_[name] for name in FIELDS)
        parts: dict[int, dict[str, float]] = {int(i): dict.fromkeys(FIELDS, 0.0) for i in ids}
        for offset, name in enumerate(FIELDS):
            weight = self.weights_[name] / total
            if not weight:
                continue
            mine = query.indices % 2 == offset
            half = sp.csr_matrix(
                (query.data[mine] / np.float32(weight), query.indices[mine], [0, mine.sum()]),
                shape=query.shape,
            )
            for segment in index.segments():
                for other, value in segment.picked(half, ids).items():
                    parts[other][name] = value
        return parts

    def _combine(
        self, similarities: Mapping[str, float], need: Document, achievement: Document
    ) -> tuple[float, Mapping[str, float | None]]:
        weights = self.weights_
        parts: dict[str, float | None] = {name: calibrate(similarities[name]) for name in FIELDS}
        for name, signal in SIGNALS.items():
            parts[name] = signal.score(need, achievement)
        total = sum(weights[name] * part for name, part in parts.items() if part is not None)
        return total / self._present(parts), parts

    def _present(self, parts: Mapping[str, float | None]) -> float:
        return sum(self.weights_[name] for name, part in parts.items() if part is not None)


def _counted(documents: Sequence[Document]) -> dict[str, Counted]:
    return {
        "title": Counted.of([title_text(document) for document in documents]),
        "body": Counted.of([full_text(document) for document in documents]),
    }


def _index(documents: dict[int, Document], rows: sp.csr_matrix) -> Side:
    if not documents:
        return Side()
    return Side(documents, Segment.of(list(documents), rows))


def _checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    known = {*FIELDS, *SIGNALS}
    unknown = set(weights) - known
    if unknown:
        raise ValueError(f"unknown signals {sorted(unknown)}; known are {sorted(known)}")
    if any(not np.isfinite(value) or value < 0 for value in weights.values()):
        raise ValueError("weights must be finite numbers ≥ 0")
    if sum(weights[name] for name in FIELDS) <= 0:
        raise ValueError("title and body cannot both weigh nothing")
    return MappingProxyType(dict(weights))
