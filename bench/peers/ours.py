"""The engine itself, and scikit-learn over its vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

from bench.engine_scale import CHAINS, TITLE, documents
from bench.engine_speed import K
from bench.peers.base import Ask, Need, Peer
from matchmaker.engine import Document, Recommender, store
from matchmaker.engine.documents import FIELDS
from matchmaker.engine.filters import Filter
from matchmaker.engine.lexical import counted, interleaved
from matchmaker.engine.text import features

VECTORIZER_MOST = 100_000
"""TfidfVectorizer takes more memory than there is for more texts than these."""


class Engine(Peer):
    def build(self, texts: Sequence[str]) -> None:
        store.save(self.folder, Recommender().fit([], documents(list(texts))))

    def open(self) -> None:
        self.recommender, _notes = store.load(self.folder)
        self.ids = np.arange(self.recommender.n_achievements_)

    def asks(self) -> Mapping[str, Ask]:
        return {
            "all": lambda need: [i for i, _score in self.recommender.search(need.text, k=K)],
            "tenth": self._in_chain,
            "tenth_by_ids": self._among_ids,
            "suggest": lambda need: self._suggest(need, None),
            "suggest_tenth": lambda need: self._suggest(need, in_chain(need)),
        }

    def _in_chain(self, need: Need) -> Sequence[int]:
        index = self.recommender.achievements_
        _scores, best = index.best(vector(self.recommender, need), k=K, among=in_chain(need))
        return list(map(int, best[0]))

    def _among_ids(self, need: Need) -> Sequence[int]:
        among = self.ids[need.chain :: CHAINS]
        return [i for i, _score in self.recommender.search(need.text, k=K, among=among)]

    def _suggest(self, need: Need, among: Filter | None) -> Sequence[int]:
        document = Document(id=-1, title=need.text[:TITLE], body=need.text[TITLE:])
        found = self.recommender.suggest_for_need(document, k=K, among=among)
        return [item.achievement_id for item in found]

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add, "add_saved": self._add_and_save}

    def _add(self, number: int, text: str) -> None:
        self.recommender.upsert_achievement(
            Document(id=number, title=text[:TITLE], body=text[TITLE:], version=1)
        )

    def _add_and_save(self, number: int, text: str) -> None:
        self._add(number, text)
        store.save(self.folder, self.recommender)


def in_chain(need: Need) -> Filter:
    return Filter(chains=frozenset([str(need.chain)]))


def vector(recommender: Recommender, need: Need) -> sp.csr_matrix:
    """Return the vector that `Recommender.search` has for a text."""
    texts = counted([Document(id=0, title=need.text)])
    rows = interleaved(*(recommender.weighting_.needs(texts[name]) for name in FIELDS))
    shares = np.asarray([recommender.weights_[name] for name in FIELDS], dtype=np.float32)
    rows.data *= (shares / shares.sum())[rows.indices % 2]
    return rows


class ScikitLearn(Peer):
    """linear_kernel over the engine's vectors; built for itself by TfidfVectorizer."""

    def build(self, texts: Sequence[str]) -> None:
        TfidfVectorizer(analyzer=features, sublinear_tf=True, dtype=np.float32).fit_transform(
            texts
        )

    def open(self) -> None:
        self.recommender, _notes = store.load(self.folder.with_name("engine"))
        index = self.recommender.achievements_
        parts = [segment.rows(index.width) for segment in index.segments]
        self.rows = sp.csr_matrix(sp.vstack(parts))
        self.ids = np.concatenate([segment.ids for segment in index.segments])

    def asks(self) -> Mapping[str, Ask]:
        return {"all": self._all, "tenth": self._tenth}

    def _all(self, need: Need) -> Sequence[int]:
        return self._best(need, self.rows, self.ids)

    def _tenth(self, need: Need) -> Sequence[int]:
        allowed = np.flatnonzero(self.ids % CHAINS == need.chain)
        return self._best(need, self.rows[allowed], self.ids[allowed])

    def _best(self, need: Need, rows: sp.csr_matrix, ids: np.ndarray) -> Sequence[int]:
        scores = linear_kernel(vector(self.recommender, need), rows)[0]
        best = np.argpartition(-scores, K)[:K]
        return list(map(int, ids[best[np.argsort(-scores[best])]]))

    def adds(self) -> Mapping[str, Callable[[int, str], None]]:
        return {"add": self._add}

    def _add(self, number: int, text: str) -> None:
        weighting = self.recommender.weighting_
        texts = counted([Document(id=number, title=text[:TITLE], body=text[TITLE:])])
        row = interleaved(*(weighting.achievements(texts[name], name) for name in FIELDS))
        self.rows = sp.csr_matrix(sp.vstack([self.rows, row]))
        self.ids = np.append(self.ids, number)

    def size(self) -> int:
        return 0
