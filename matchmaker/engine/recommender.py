"""The recommender: fit on a catalogue, ask for the best pairs, follow changes without refitting.

    score = Σ w_s · s / Σ w_s      over the signals that are present

Two signals compare text, title with title and whole text with whole text: each is g(c) of a
similarity c ≥ 0, where g is a fixed increasing curve that spreads similarities over 0 to 1. One
compares meaning where there is a model for it. The others compare fields.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from . import explanation
from .codes import ALL_BITS
from .diversity import diverse
from .documents import FIELDS, Document, Explanation, Place, Suggestion
from .filters import Filter
from .index import Index
from .lexical import counted, digest_of, full_text, interleaved
from .segment import BLOCK, Segment
from .semantic import Meaning
from .signals import DEFAULT_WEIGHTS, SIGNALS, WEIGHTS_VERSION
from .weighting import Counted, Weighting, idf_of

MODEL = "tfidf-3"
"""Changes whenever a pair can get another score under the same weights."""
HALF = 0.2
"""The similarity at which g reaches a half."""
PAIRS_AT_A_TIME = 2000
LOOKED_AT = 2000
"""So many of the lexically best are looked through for one that is asked for."""
Progress = Callable[[int], None]
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
    meaning : Meaning, optional
        The signal of meaning; without one it is absent everywhere.
    seed : int
        Orders pairs of equal score, so that none is always behind for its number; the same seed
        gives the same lists.

    Attributes
    ----------
    weights_ : the weights in force.
    n_needs_, n_achievements_ : how many documents are in the index.
    model_id : name of the model, stored with every score.

    Reading is safe from many threads while one writes: an update replaces an immutable index.

    """

    def __init__(
        self, *, weights: Mapping[str, float] | None = None, meaning: Meaning | None = None,
        seed: int = 1,
    ) -> None:  # fmt: skip
        self.weights = weights
        self.meaning = meaning
        self.seed = seed

    def fit(
        self,
        needs: Iterable[Document],
        achievements: Iterable[Document],
        *,
        progress: Progress | None = None,
    ) -> Recommender:
        """Learn the weighting from both sides and index them.

        Both may be streams: texts are let go once they are counted. `progress` hears how many
        documents were handled, each counts twice (counted, weighed); what it raises ends the fit.

        Raises:
            ValueError: a weight is unknown or negative, or all text has no weight, or two
                documents of a side have one id.

        """
        self._begin()
        done = _Counter(progress)
        sides = [list(_parts(side, done)) for side in (needs, achievements)]
        texts = [[part.texts["body"] for part in side] for side in sides]
        weighting = Weighting().fit(*texts)
        for name in FIELDS:
            weighting.fit_pivot(name, [part.texts[name] for part in sides[1]])
        self._weighting = weighting
        self._needs, self._achievements = (
            self._indexed(side, is_need=is_need, done=done)
            for side, is_need in zip(sides, (True, False), strict=True)
        )
        return self

    def restore(self, weighting: Weighting, needs: Index, achievements: Index) -> Recommender:
        """Take up a weighting and two indexes that were made before, instead of a fit.

        Raises:
            ValueError: a weight is unknown or negative, or all text has no weight.

        """
        self._begin()
        self._weighting, self._needs, self._achievements = weighting, needs, achievements
        return self

    def with_weights(self, weights: Mapping[str, float]) -> Recommender:
        """Return an engine over the same index as it stands, under other weights."""
        other = Recommender(weights=weights, meaning=self.meaning, seed=self.seed)
        return other.restore(self.weighting_, self.needs_, self.achievements_)

    def _begin(self) -> None:
        self.weights_ = _checked({**DEFAULT_WEIGHTS, **(self.weights or {})})
        self._lock = threading.Lock()

    def _indexed(self, side: list[_Part], *, is_need: bool, done: _Counter) -> Index:
        segments = []
        side.reverse()
        while side:
            part = side.pop()  # its counts are let go before the next vectors are made
            segments.append(Segment.of(part.documents, self._rows(part.texts, is_need=is_need)))
            done.add(len(part.documents))
        return Index(2 * len(self._weighting.vocabulary_), tuple(segments))

    @property
    def model_id(self) -> str:
        """Name what a score comes from: model, weights and index, as in "tfidf-3 w2 1f0a93bc"."""
        return f"{MODEL} {self.weights_version_} {self.index_version_}"

    @property
    def weights_version_(self) -> str:
        """The version of the weights; own ones have a name of their own behind it."""
        if self.weights_ == DEFAULT_WEIGHTS:
            return f"w{WEIGHTS_VERSION}"
        own = zlib.crc32(repr(sorted(self.weights_.items())).encode())
        return f"w{WEIGHTS_VERSION}-{own:08x}"

    @property
    def n_needs_(self) -> int:
        return len(self._fitted("_needs"))

    @property
    def n_achievements_(self) -> int:
        return len(self._fitted("_achievements"))

    @property
    def index_version_(self) -> str:
        """What the texts are weighed by: equal for equal vocabularies and IDF."""
        self._fitted("_needs")
        return self._weighting.version

    @property
    def weighting_(self) -> Weighting:
        """The vocabulary and the IDF in force."""
        self._fitted("_needs")
        return self._weighting

    @property
    def needs_(self) -> Index:
        """The index of the needs as it stands; it never changes."""
        return self._fitted("_needs")

    @property
    def achievements_(self) -> Index:
        """The index of the achievements as it stands; it never changes."""
        return self._fitted("_achievements")

    def drift(self) -> float:
        """Return by how much the IDF in force misses that of the documents there are now.

        The mean of |idf' − idf| over all places of all features, as a share of the mean IDF.
        """
        held = [
            self._fitted(name).held()[1::2].astype(float) for name in ("_needs", "_achievements")
        ]
        idf = self._weighting.idf_
        now = idf_of(held[0], held[1], self.n_needs_, self.n_achievements_)
        places = held[0] + held[1]
        mean = float(places @ idf)
        return float(places @ np.abs(now - idf)) / mean if mean else 0.0

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

    def remove_needs(self, ids: Iterable[int]) -> None:
        """Forget needs; unknown ids are no error."""
        self._remove("_needs", ids)

    def remove_achievements(self, ids: Iterable[int]) -> None:
        """Forget achievements; unknown ids are no error."""
        self._remove("_achievements", ids)

    def remove_need(self, document_id: int) -> None:
        self.remove_needs([document_id])

    def remove_achievement(self, document_id: int) -> None:
        self.remove_achievements([document_id])

    def suggest_for_need(
        self, document: Document, *, k: int = 20, among: Filter | None = None
    ) -> list[Suggestion]:
        """Return the k best achievements, best first; the need may be unknown to the index."""
        return self.suggest_for_needs([document], k=k, among=among)[0]

    def suggest_for_achievement(
        self, document: Document, *, k: int = 20, among: Filter | None = None
    ) -> list[Suggestion]:
        """Return the k best needs, best first; the achievement may be unknown to the index."""
        return self.suggest_for_achievements([document], k=k, among=among)[0]

    def suggest_for_needs(
        self, documents: Sequence[Document], *, k: int = 20, among: Filter | None = None,
        threads: int = 1,
    ) -> list[list[Suggestion]]:  # fmt: skip
        """Return the k best achievements of each need."""
        return self._best(documents, k, among, is_need=True, threads=threads)

    def suggest_for_achievements(
        self, documents: Sequence[Document], *, k: int = 20, among: Filter | None = None,
        threads: int = 1,
    ) -> list[list[Suggestion]]:  # fmt: skip
        """Return the k best needs of each achievement."""
        return self._best(documents, k, among, is_need=False, threads=threads)

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
        only = None if among is None else Filter(ids=np.fromiter(among, dtype=np.int64))
        scores, best = index.best(query, k=k, among=only)
        return [
            (int(other), float(score))
            for other, score in zip(best[0], scores[0], strict=True)
            if other >= 0
        ]

    def place_for_need(
        self, need: Document, achievement_id: int, *, k: int = 20, among: Filter | None = None
    ) -> Place:
        """Say where one achievement stands for a need among those that are allowed.

        Raises:
            KeyError: the achievement is not in the index.

        """
        index = self._fitted("_achievements")
        achievement = index.read([achievement_id])[achievement_id]
        query = self._query([need], is_need=True)
        _, by_text = index.best(query, k=LOOKED_AT, among=among)
        own = self._ranked(need, index, query, [achievement], is_need=True)[0]
        ranked = self.suggest_for_needs([need], k=POOL, among=among)[0]
        return Place(
            own,
            _place([item.achievement_id for item in ranked], achievement_id),
            _place(by_text[0].tolist(), achievement_id),
            {name: _mean([item.by_signal[name] for item in ranked[:k]]) for name in own.by_signal},
        )

    def diversified(
        self, suggestions: Sequence[Suggestion], documents: Iterable[Document], *, k: int,
        trade: float = 1.0, most_per_organisation: int | None = None,
    ) -> list[Suggestion]:  # fmt: skip
        """Choose k of a need's suggestions for breadth; see `diversity.diverse`.

        `documents` holds the achievements with their texts; two are as alike as the cosine of
        their whole texts.
        """
        known = {document.id: document for document in documents}
        others = [known[item.achievement_id] for item in suggestions]
        vectors = self._weighting.needs(counted(others)["body"])
        chosen = diverse(
            [item.score for item in suggestions],
            np.asarray((vectors @ vectors.T).todense(), dtype=np.float64),
            [other.organisation for other in others],
            k=k, trade=trade, most_per_organisation=most_per_organisation,
        )  # fmt: skip
        return [suggestions[place] for place in chosen]

    def score(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair; neither side has to be in the index."""
        similar = self._similarities([(need, achievement)])[0]
        (meaning,) = self._meanings(need, [achievement])
        score, parts = self._combine(similar, meaning, need, achievement)
        return Suggestion(need.id, achievement.id, score, parts)

    def score_pairs(self, pairs: Sequence[tuple[Document, Document]]) -> list[float]:
        """Score many (need, achievement) pairs at once; shape (n_pairs,)."""
        found = self._similarities(pairs)
        return [
            self._combine(found[i], self._meanings(need, [other])[0], need, other)[0]
            for i, (need, other) in enumerate(pairs)
        ]

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

    def _fitted(self, name: str) -> Index:
        index: Index | None = getattr(self, name, None)
        if index is None:
            raise NotFittedError("This Recommender is not fitted yet; call fit first.")
        return index

    def _rows(self, texts: Mapping[str, Counted], *, is_need: bool) -> sp.csr_matrix:
        """Return the vectors of both fields side by side."""
        weighting = self._weighting
        title, body = (
            weighting.needs(texts[name]) if is_need else weighting.achievements(texts[name], name)
            for name in FIELDS
        )
        return interleaved(title, body)

    def _query(self, documents: Sequence[Document], *, is_need: bool) -> sp.csr_matrix:
        """Return vectors whose product with an index is the weighted mean of the fields."""
        rows = self._rows(counted(documents), is_need=is_need)
        total = sum(self.weights_[name] for name in FIELDS)
        shares = np.asarray([self.weights_[name] / total for name in FIELDS], dtype=np.float32)
        rows.data *= shares[rows.indices % 2]
        return rows

    def _upsert(self, name: str, documents: Sequence[Document]) -> None:
        self._fitted(name)
        if not documents:
            return
        rows = self._rows(counted(documents), is_need=name == "_needs")
        with self._lock:
            setattr(self, name, self._fitted(name).with_(documents, rows))

    def _remove(self, name: str, ids: Iterable[int]) -> None:
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
            self._rows(counted(list(side.values())), is_need=is_need)
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
        one, other = (counted([document])[name] for document in (need, achievement))
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
        self, documents: Sequence[Document], k: int, among: Filter | None, *, is_need: bool,
        threads: int,
    ) -> list[list[Suggestion]]:  # fmt: skip
        index = self._fitted("_achievements" if is_need else "_needs")
        queries = self._query(documents, is_need=is_need)
        _, pools = index.best(queries, k=max(k, POOL), among=among, threads=threads)
        known: dict[int, Document] = {}
        found = []
        for row, document in enumerate(documents):
            ids = [int(other) for other in pools[row] if other >= 0]
            if len(ids) < k:
                first = index.first(k + len(ids), among)
                ids += [other for other in first if other not in set(ids)][: k - len(ids)]
            others = _read(index, ids, known)
            found.append(self._ranked(document, index, queries[row], others, is_need=is_need)[:k])
        return found

    def _ranked(
        self, document: Document, index: Index, query: sp.csr_matrix,
        others: Sequence[Document], *, is_need: bool,
    ) -> list[Suggestion]:  # fmt: skip
        """Put a pool into the order of the whole score; equals by lot."""
        parts = self._similar(index, query, np.asarray([o.id for o in others], dtype=np.int64))
        found = []
        for other, meaning in zip(others, self._meanings(document, others), strict=True):
            pair = (document, other) if is_need else (other, document)
            score, by_signal = self._combine(parts[other.id], meaning, *pair)
            found.append(Suggestion(pair[0].id, pair[1].id, score, by_signal))
        other_side = "achievement_id" if is_need else "need_id"
        found.sort(key=lambda item: (-item.score, self.lot(getattr(item, other_side))))
        return found

    def lot(self, number: int) -> int:
        """Draw the place of a record among its equals (the finaliser of SplitMix64, OOPSLA 2014)."""
        value = (number * 0x9E3779B97F4A7C15 + self.seed) & ALL_BITS
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & ALL_BITS
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & ALL_BITS
        return value ^ (value >> 31)

    def _similar(
        self, index: Index, query: sp.csr_matrix, ids: np.ndarray
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
            for other, value in index.sums(half, ids).items():
                parts[other][name] = value
        return parts

    def _meanings(self, document: Document, others: Sequence[Document]) -> list[float | None]:
        """Return the signal of meaning for each of the others, None without a model."""
        if self.meaning is None:
            return [None] * len(others)
        return self.meaning.signal(full_text(document), [digest_of(other) for other in others])

    def _combine(
        self, similarities: Mapping[str, float], meaning: float | None, need: Document,
        achievement: Document,
    ) -> tuple[float, Mapping[str, float | None]]:  # fmt: skip
        weights = self.weights_
        parts: dict[str, float | None] = {name: calibrate(similarities[name]) for name in FIELDS}
        parts["meaning"] = meaning
        for name, signal in SIGNALS.items():
            parts[name] = signal.score(need, achievement)
        total = sum(weights[name] * part for name, part in parts.items() if part is not None)
        return total / self._present(parts), parts

    def _present(self, parts: Mapping[str, float | None]) -> float:
        return sum(self.weights_[name] for name, part in parts.items() if part is not None)


def _place(ids: Sequence[int], wanted: int) -> int | None:
    """Return the rank of an id, from 1."""
    return ids.index(wanted) + 1 if wanted in ids else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


class _Counter:
    """Adds up what is done and tells it."""

    def __init__(self, tell: Progress | None) -> None:
        self.tell, self.done = tell, 0

    def add(self, n: int) -> None:
        self.done += n
        if self.tell is not None:
            self.tell(self.done)


@dataclass(frozen=True, slots=True)
class _Part:
    """The documents of one segment without their texts, and what was counted in these."""

    documents: list[Document]
    texts: Mapping[str, Counted]


def _parts(documents: Iterable[Document], done: _Counter) -> Iterator[_Part]:
    source = iter(documents)
    seen = 0
    ids: set[int] = set()
    while part := list(islice(source, BLOCK)):
        ids.update(document.id for document in part)
        seen += len(part)
        if len(ids) != seen:
            raise ValueError("two documents of a side have the same id")
        bare = [
            replace(document, title="", body="", digest=digest_of(document)) for document in part
        ]
        yield _Part(bare, counted(part))
        done.add(len(part))


def _read(index: Index, ids: Sequence[int], known: dict[int, Document]) -> list[Document]:
    """Return the documents of an index, each read once."""
    known |= index.read([other for other in ids if other not in known])
    return [known[other] for other in ids if other in known]


def _checked(weights: Mapping[str, float]) -> Mapping[str, float]:
    known = set(DEFAULT_WEIGHTS)
    unknown = set(weights) - known
    if unknown:
        raise ValueError(f"unknown signals {sorted(unknown)}; known are {sorted(known)}")
    if any(not np.isfinite(value) or value < 0 for value in weights.values()):
        raise ValueError("weights must be finite numbers ≥ 0")
    if sum(weights[name] for name in FIELDS) <= 0:
        raise ValueError("title and body cannot both weigh nothing")
    return MappingProxyType(dict(weights))
