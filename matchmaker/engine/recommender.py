"""The recommender: fit on a catalogue, ask for the best pairs, follow changes without refitting.

    score = (w_text · g(c) + Σ w_s · s) / (w_text + Σ w_s)      over the signals that are present

where c is the weighted mean of the two cosines (title with title, whole text with whole text),
w_text the sum of their weights, s the structured signals and g a fixed increasing curve that
spreads cosines over 0 to 1 for readers; it changes no order among texts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from . import explanation
from .documents import Document, Explanation, Suggestion
from .lexical import FIELDS, FloatArray, Segment, Side, Weighting, full_text
from .signals import LEXICAL_SIGNALS, SIGNALS

DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"title": 0.35, "body": 0.35, "chain": 0.14, "trl": 0.08, "mode": 0.05, "region": 0.03}
)
MODEL = "tfidf-1"
HALF = 0.14
"""The cosine at which g reaches half of its height."""
POOL = 200
"""Structured signals are computed for this many of the lexically best."""
Rows = Mapping[str, sp.csr_matrix]


def calibrate(cosine: FloatArray | float) -> FloatArray:
    """Return g(c) = (1 + h²)·c² / (c² + h²), increasing from g(0) = 0 to g(1) = 1."""
    square = np.square(np.clip(cosine, 0.0, 1.0))
    return np.asarray((1 + HALF**2) * square / (square + HALF**2))


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
        """Learn IDF from both sides and index them.

        Raises:
            ValueError: a weight is unknown or negative, or all text has no weight.

        """
        self.weights_ = _checked({**DEFAULT_WEIGHTS, **(self.weights or {})})
        self._lock = threading.Lock()
        texts = [full_text(document) for document in (*needs, *achievements)]
        self._weighting = Weighting().fit(texts)
        self._needs = self._index(needs)
        self._achievements = self._index(achievements)
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
        found = self._best(document, self._fitted("_achievements"), k, need_first=True)
        return [Suggestion(document.id, other, score, parts) for other, score, parts in found]

    def suggest_for_achievement(self, document: Document, *, k: int = 20) -> list[Suggestion]:
        """Return the k best needs, best first; the achievement may be unknown to the index."""
        found = self._best(document, self._fitted("_needs"), k, need_first=False)
        return [Suggestion(other, document.id, score, parts) for other, score, parts in found]

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
        ids, cosines, _ = self._cosines(Document(id=0, title=text), index)
        keep = cosines > 0
        if among is not None:
            keep &= np.isin(ids, np.fromiter(among, dtype=np.int64))
        ids, cosines = ids[keep], cosines[keep]
        order = np.lexsort((ids, -cosines))[:k]
        return [(int(ids[i]), float(cosines[i])) for i in order]

    def score(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair; neither side has to be in the index."""
        rows, others = self._rows([need]), self._rows([achievement])
        cosines = {name: float((rows[name] @ others[name].T).toarray()[0, 0]) for name in FIELDS}
        score, parts = self._combine(cosines, need, achievement)
        return Suggestion(need.id, achievement.id, score, parts)

    def score_pairs(self, pairs: Sequence[tuple[Document, Document]]) -> list[float]:
        """Score many (need, achievement) pairs at once; shape (n_pairs,)."""
        needs = {need.id: need for need, _ in pairs}
        achievements = {other.id: other for _, other in pairs}
        row_of = [{key: row for row, key in enumerate(side)} for side in (needs, achievements)]
        left, right = self._rows(list(needs.values())), self._rows(list(achievements.values()))
        rows = [row_of[0][need.id] for need, _ in pairs], [row_of[1][a.id] for _, a in pairs]
        cosines = {
            name: np.asarray(
                left[name][rows[0]].multiply(right[name][rows[1]]).sum(axis=1)
            ).ravel()
            for name in FIELDS
        }
        return [
            self._combine({name: float(cosines[name][i]) for name in FIELDS}, *pair)[0]
            for i, pair in enumerate(pairs)
        ]

    def explain(self, need: Document, achievement: Document) -> Explanation:
        """Say where the score of a pair comes from; see `Explanation`."""
        suggestion = self.score(need, achievement)
        present = self._present(suggestion.by_signal)
        return explanation.explain(
            need,
            achievement,
            suggestion,
            rows=(self._rows([need]), self._rows([achievement])),
            shares={name: self.weights_[name] / present for name in self.weights_},
        )

    def _fitted(self, name: str) -> Side:
        side: Side | None = getattr(self, name, None)
        if side is None:
            raise NotFittedError("This Recommender is not fitted yet; call fit first.")
        return side

    def _index(self, documents: Sequence[Document]) -> Side:
        known = {document.id: document for document in documents}
        if not known:
            return Side()
        return Side(known, Segment.of(list(known), self._rows(list(known.values()))))

    def _rows(self, documents: Sequence[Document]) -> Rows:
        return {
            "title": self._weighting.transform([document.title for document in documents]),
            "body": self._weighting.transform([full_text(document) for document in documents]),
        }

    def _upsert(self, name: str, documents: Sequence[Document]) -> None:
        self._fitted(name)
        rows = self._rows(documents)
        with self._lock:
            setattr(self, name, self._fitted(name).with_(documents, rows))

    def _remove(self, name: str, ids: Sequence[int]) -> None:
        self._fitted(name)
        with self._lock:
            setattr(self, name, self._fitted(name).without(ids))

    def _cosines(
        self, query: Document, index: Side
    ) -> tuple[np.ndarray, FloatArray, dict[str, FloatArray]]:
        """Return ids, combined cosine and the cosine of each field, of all living documents."""
        rows = self._rows([query])
        ids: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
        parts: dict[str, list[FloatArray]] = {name: [np.empty(0)] for name in FIELDS}
        for segment in index.segments():
            ids.append(segment.ids[segment.alive])
            for name, values in segment.similarities(rows).items():
                parts[name].append(values[segment.alive])
        fields = {name: np.concatenate(values) for name, values in parts.items()}
        return np.concatenate(ids), self._mean(fields), fields

    def _mean(self, fields: Mapping[str, FloatArray]) -> FloatArray:
        weights = [self.weights_[name] for name in LEXICAL_SIGNALS]
        return np.average([fields[name] for name in LEXICAL_SIGNALS], axis=0, weights=weights)

    def _best(
        self, document: Document, index: Side, k: int, *, need_first: bool
    ) -> list[tuple[int, float, Mapping[str, float | None]]]:
        ids, cosines, fields = self._cosines(document, index)
        pool = _top(cosines, ids, max(k, POOL))
        found = []
        for i in pool:
            other = index.documents.get(int(ids[i]))
            if other is None:
                continue
            pair = (document, other) if need_first else (other, document)
            cosine = {name: float(fields[name][i]) for name in FIELDS}
            found.append((other.id, *self._combine(cosine, *pair)))
        found.sort(key=lambda item: (-item[1], item[0]))
        return found[:k]

    def _combine(
        self, cosines: Mapping[str, float], need: Document, achievement: Document
    ) -> tuple[float, Mapping[str, float | None]]:
        mean = float(self._mean({name: np.asarray([cosines[name]]) for name in FIELDS})[0])
        stretch = float(calibrate(mean)) / mean if mean > 0 else 0.0
        parts: dict[str, float | None] = {name: cosines[name] * stretch for name in FIELDS}
        parts |= {name: signal.score(need, achievement) for name, signal in SIGNALS.items()}
        total = sum(self.weights_[name] * part for name, part in parts.items() if part is not None)
        return min(1.0, max(0.0, total / self._present(parts))), parts

    def _present(self, parts: Mapping[str, float | None]) -> float:
        return sum(self.weights_[name] for name, part in parts.items() if part is not None)


def _top(values: FloatArray, ids: np.ndarray, k: int) -> np.ndarray:
    """Return the positions of the k largest values, ties by id."""
    if len(values) > k:
        threshold = np.partition(values, len(values) - k)[len(values) - k]
        candidates = np.flatnonzero(values >= threshold)
    else:
        candidates = np.arange(len(values))
    order = np.lexsort((ids[candidates], -values[candidates]))
    return candidates[order][:k]


def _checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    known = {*LEXICAL_SIGNALS, *SIGNALS}
    unknown = set(weights) - known
    if unknown:
        raise ValueError(f"unknown signals {sorted(unknown)}; known are {sorted(known)}")
    if any(not np.isfinite(value) or value < 0 for value in weights.values()):
        raise ValueError("weights must be finite numbers ≥ 0")
    if sum(weights[name] for name in LEXICAL_SIGNALS) <= 0:
        raise ValueError("title and body cannot both weigh nothing")
    return MappingProxyType(dict(weights))
