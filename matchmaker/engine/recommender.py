"""The recommender: fit on a catalogue, ask for the best pairs, follow changes without refitting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError

from . import explanation
from .corpus import Corpus, Progress
from .diversity import diverse
from .documents import FIELDS, Document, Explanation, Place, Suggestion
from .filters import Filter
from .fusion import Fusion, lot
from .index import Index
from .lexical import counted, digest_of, full_text
from .meaning import Meaning
from .weighting import Weighting

MODEL = "tfidf-3"
"""Changes whenever a pair can get another score under the same weights."""
LOOKED_AT = 2000
"""So many of the lexically best are looked through for one that is asked for."""
POOL = 200
"""Structured signals count among so many of the lexically best."""
READ_AT_A_TIME = 40
ROUNDING = 1e-9
"""A bound and a score are summed in another order."""


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
        self._fusion = Fusion(self.weights or {})
        self._corpus = Corpus.fit(needs, achievements, progress)
        return self

    def restore(self, weighting: Weighting, needs: Index, achievements: Index) -> Recommender:
        """Take up a weighting and two indexes that were made before, instead of a fit.

        Raises:
            ValueError: a weight is unknown or negative, or all text has no weight.

        """
        self._fusion = Fusion(self.weights or {})
        self._corpus = Corpus(weighting, needs, achievements)
        return self

    def with_weights(self, weights: Mapping[str, float]) -> Recommender:
        """Return an engine over the same index as it stands, under other weights."""
        other = Recommender(weights=weights, meaning=self.meaning, seed=self.seed)
        return other.restore(self.weighting_, self.needs_, self.achievements_)

    @property
    def model_id(self) -> str:
        """Name what a score comes from: model, weights and index, as in "tfidf-3 w3 1f0a93bc"."""
        return f"{MODEL} {self.weights_version_} {self.index_version_}"

    @property
    def weights_(self) -> Mapping[str, float]:
        return self._fusion.weights

    @property
    def weights_version_(self) -> str:
        return self._fusion.version

    @property
    def index_version_(self) -> str:
        """What the texts are weighed by: equal for equal vocabularies and IDF."""
        return self.weighting_.version

    @property
    def weighting_(self) -> Weighting:
        """The vocabulary and the IDF in force."""
        return self._fitted().weighting

    @property
    def needs_(self) -> Index:
        """The index of the needs as it stands; it never changes."""
        return self._fitted().needs

    @property
    def achievements_(self) -> Index:
        """The index of the achievements as it stands; it never changes."""
        return self._fitted().achievements

    @property
    def n_needs_(self) -> int:
        return len(self.needs_)

    @property
    def n_achievements_(self) -> int:
        return len(self.achievements_)

    def drift(self) -> float:
        """Return by how much the IDF in force misses the present one; see `Corpus.drift`."""
        return self._fitted().drift()

    def upsert_needs(self, documents: Sequence[Document]) -> None:
        """Add or replace needs; they are found from the next call on."""
        self._fitted().upsert(documents, needs=True)

    def upsert_achievements(self, documents: Sequence[Document]) -> None:
        """Add or replace achievements; they are found from the next call on."""
        self._fitted().upsert(documents, needs=False)

    def upsert_need(self, document: Document) -> None:
        self.upsert_needs([document])

    def upsert_achievement(self, document: Document) -> None:
        self.upsert_achievements([document])

    def remove_needs(self, ids: Iterable[int]) -> None:
        """Forget needs; unknown ids are no error."""
        self._fitted().remove(ids, needs=True)

    def remove_achievements(self, ids: Iterable[int]) -> None:
        """Forget achievements; unknown ids are no error."""
        self._fitted().remove(ids, needs=False)

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
        index = self._fitted().side(needs=side == "need")
        query = self._query([Document(id=0, title=text)], is_need=side == "achievement")
        only = None if among is None else Filter(ids=np.fromiter(among, dtype=np.int64))
        scores, best = index.best(query, k=k, among=only)
        return [
            (int(other), float(score))
            for other, score in zip(best[0], scores[0], strict=True)
            if other >= 0
        ]

    def place_for_need(
        self, need: Document, achievement_id: int, *, k: int = 20, among: Filter | None = None,
        moved: Callable[[list[Suggestion]], list[Suggestion]] | None = None,
    ) -> Place:  # fmt: skip
        """Say where one achievement stands for a need among those that are allowed.

        `moved` puts suggestions into another order, as what was learned from decisions does.

        Raises:
            KeyError: the achievement is not in the index.

        """
        index = self.achievements_
        if not index.versions_of([achievement_id]):
            raise KeyError(achievement_id)
        query = self._query([need], is_need=True)
        _, by_text = index.best(query, k=LOOKED_AT, among=among)
        found = self._ranked(need, index, query, [achievement_id], {}, 1, is_need=True)
        ranked = self.suggest_for_need(need, k=POOL, among=among)
        if moved is not None:
            found, ranked = moved(found), moved(ranked)
        (own,) = found
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
        vectors = self.weighting_.needs(counted(others)["body"])
        chosen = diverse(
            [item.score for item in suggestions],
            np.asarray((vectors @ vectors.T).todense(), dtype=np.float64),
            [other.organisation for other in others],
            k=k, trade=trade, most_per_organisation=most_per_organisation,
        )  # fmt: skip
        return [suggestions[place] for place in chosen]

    def score(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair; neither side has to be in the index."""
        similar = self._fitted().similarities([(need, achievement)])[0]
        (meaning,) = self._meanings(need, [achievement])
        score, parts = self._fusion.combined(similar, meaning, need, achievement)
        return Suggestion(need.id, achievement.id, score, parts, self.model_id)

    def score_pairs(self, pairs: Sequence[tuple[Document, Document]]) -> list[float]:
        """Score many (need, achievement) pairs at once; shape (n_pairs,)."""
        found = self._fitted().similarities(pairs)
        return [
            self._fusion.combined(found[i], self._meanings(need, [other])[0], need, other)[0]
            for i, (need, other) in enumerate(pairs)
        ]

    def weighed(self, by_signal: Mapping[str, float | None]) -> float:
        """Return what signals come to under the weights in force; other names do not count."""
        return self._fusion.score({name: by_signal.get(name) for name in self.weights_})

    def explain(self, need: Document, achievement: Document) -> Explanation:
        """Say where the score of a pair comes from; see `Explanation`."""
        suggestion = self.score(need, achievement)
        present = self._fusion.present(suggestion.by_signal)
        return explanation.explain(
            need,
            achievement,
            suggestion,
            products={name: self._fitted().products(need, achievement, name) for name in FIELDS},
            shares={name: self.weights_[name] / present for name in self.weights_},
        )

    def _fitted(self) -> Corpus:
        corpus: Corpus | None = getattr(self, "_corpus", None)
        if corpus is None:
            raise NotFittedError("This Recommender is not fitted yet; call fit first.")
        return corpus

    def _query(self, documents: Sequence[Document], *, is_need: bool) -> sp.csr_matrix:
        return self._fitted().queries(documents, self._fusion.shares, is_need=is_need)

    def _best(
        self, documents: Sequence[Document], k: int, among: Filter | None, *, is_need: bool,
        threads: int,
    ) -> list[list[Suggestion]]:  # fmt: skip
        index = self._fitted().side(needs=not is_need)
        queries = self._query(documents, is_need=is_need)
        _, pools = index.best(queries, k=max(k, POOL), among=among, threads=threads)
        known: dict[int, Document] = {}
        found = []
        for row, document in enumerate(documents):
            ids = [int(other) for other in pools[row] if other >= 0]
            if len(ids) < k:
                first = index.first(k + len(ids), among)
                ids += [other for other in first if other not in set(ids)][: k - len(ids)]
            found.append(
                self._ranked(document, index, queries[row], ids, known, k, is_need=is_need)
            )
        return found

    def _ranked(
        self, document: Document, index: Index, query: sp.csr_matrix, ids: Sequence[int],
        known: dict[int, Document], k: int, *, is_need: bool,
    ) -> list[Suggestion]:  # fmt: skip
        """Return the k best of a pool in the order of the whole score; equals by lot.

        Who is so far behind by text that the fields cannot bring it forward is not read.
        """
        pool = np.asarray(ids, dtype=np.int64)
        fields = self._fitted().fields(index, query, self._fusion.shares, pool)
        of_text = self._fusion.of_text(fields)
        order = np.argsort(-of_text, kind="stable")
        by_text = pool[order].tolist()
        columns = [fields[name][order].tolist() for name in FIELDS]
        parts = dict(zip(by_text, zip(*columns, strict=True), strict=True))
        other_side = "achievement_id" if is_need else "need_id"
        has_meaning = self.meaning is not None
        found: list[Suggestion] = []
        for first in range(0, len(by_text), READ_AT_A_TIME):
            best = float(of_text[order[first]])
            most = self._fusion.most(best, document, is_need=is_need, meaning=has_meaning)
            if len(found) >= k and most < found[k - 1].score - ROUNDING:
                break
            others = _read(index, by_text[first : first + READ_AT_A_TIME], known)
            found += self._scored(document, others, parts, is_need=is_need)
            found.sort(key=lambda item: (-item.score, lot(getattr(item, other_side), self.seed)))
        return found[:k]

    def _scored(
        self, document: Document, others: Sequence[Document],
        parts: Mapping[int, Sequence[float]], *, is_need: bool,
    ) -> list[Suggestion]:  # fmt: skip
        model = self.model_id
        found = []
        for other, meaning in zip(others, self._meanings(document, others), strict=True):
            pair = (document, other) if is_need else (other, document)
            similarities = dict(zip(FIELDS, parts[other.id], strict=True))
            score, by_signal = self._fusion.combined(similarities, meaning, *pair)
            found.append(Suggestion(pair[0].id, pair[1].id, score, by_signal, model))
        return found

    def _meanings(self, document: Document, others: Sequence[Document]) -> list[float | None]:
        """Return the signal of meaning for each of the others, None without a model."""
        if self.meaning is None:
            return [None] * len(others)
        return self.meaning.signal(full_text(document), [digest_of(other) for other in others])


def _place(ids: Sequence[int], wanted: int) -> int | None:
    """Return the rank of an id, from 1."""
    return ids.index(wanted) + 1 if wanted in ids else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _read(index: Index, ids: Sequence[int], known: dict[int, Document]) -> list[Document]:
    """Return the documents of an index, each read once."""
    known |= index.read([other for other in ids if other not in known])
    return [known[other] for other in ids if other in known]
