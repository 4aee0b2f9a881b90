"""TF-IDF vectors that grow: scikit-learn's weighting over hashed features, in two segments.

IDF is frozen at `fit`; a feature that was new after that weighs as the rarest one does. Rows live
in a main segment and a small delta that is merged now and then; a replaced or removed row is
masked out at once. A `Side` never changes: an update makes a new one that shares the matrices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from .documents import Document
from .text import features

FIELDS = ("title", "body")
N_FEATURES = 2**20
MERGE_AT = 1000
FloatArray = NDArray[np.float64]


def full_text(document: Document) -> str:
    """Title and body as one text; its vector is what the signal `body` compares."""
    return f"{document.title}\n{document.body}" if document.body else document.title


class Weighting:
    """Counts → TF-IDF, both by scikit-learn, rows of length 1."""

    def __init__(self) -> None:
        self._counter = HashingVectorizer(
            analyzer=features, n_features=N_FEATURES, alternate_sign=False, norm=None
        )
        self._tfidf = TfidfTransformer(sublinear_tf=True, norm="l2")

    def fit(self, texts: Iterable[str]) -> Weighting:
        """Learn IDF from texts; without any, every feature weighs the same."""
        counts = self._counter.transform(list(texts) or [""])
        self._tfidf.fit(counts)
        return self

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return one row of unit length for each text, shape (n_texts, n_features)."""
        if not texts:
            return sp.csr_matrix((0, N_FEATURES))
        return sp.csr_matrix(self._tfidf.transform(self._counter.transform(texts)))


def columns_of(names: Sequence[str]) -> dict[str, int]:
    """Return the column into which each feature is hashed."""
    if not names:
        return {}
    counter = HashingVectorizer(
        analyzer=_itself, n_features=N_FEATURES, alternate_sign=False, norm=None
    )
    rows = counter.transform(names)
    return {name: int(rows.indices[rows.indptr[i]]) for i, name in enumerate(names)}


def _itself(name: str) -> list[str]:
    return [name]


@dataclass(frozen=True, slots=True)
class Segment:
    """Some documents as transposed matrices, one for each field; `alive` masks the others."""

    ids: NDArray[np.int64]
    alive: NDArray[np.bool_]
    transposed: Mapping[str, sp.csr_matrix]

    @classmethod
    def of(cls, ids: Sequence[int], rows: Mapping[str, sp.csr_matrix]) -> Segment:
        return cls(
            np.asarray(ids, dtype=np.int64),
            np.ones(len(ids), dtype=bool),
            {name: sp.csr_matrix(matrix.T) for name, matrix in rows.items()},
        )

    def similarities(self, query: Mapping[str, sp.csr_matrix]) -> dict[str, FloatArray]:
        """Return the cosine with every document, shape (n,), for each field."""
        return {
            name: np.asarray((query[name] @ self.transposed[name]).toarray()).ravel()
            for name in FIELDS
        }


@dataclass(frozen=True, slots=True)
class Side:
    """All needs or all achievements: a main segment, a delta, and the documents themselves."""

    documents: Mapping[int, Document] = field(default_factory=dict)
    main: Segment | None = None
    delta: Segment | None = None
    delta_rows: Mapping[int, Mapping[str, sp.csr_matrix]] = field(default_factory=dict)

    def without(self, ids: Iterable[int]) -> Side:
        """Mask documents out everywhere."""
        gone = set(ids)
        documents = {key: value for key, value in self.documents.items() if key not in gone}
        rows = {key: value for key, value in self.delta_rows.items() if key not in gone}
        delta = self.delta if len(rows) == len(self.delta_rows) else _stack(rows)
        return Side(documents, _masked(self.main, gone), delta, rows)

    def with_(self, documents: Sequence[Document], rows: Mapping[str, sp.csr_matrix]) -> Side:
        """Add or replace documents; `rows` holds a matrix of shape (n, n_features) a field."""
        base = self.without(document.id for document in documents)
        new = {
            document.id: {name: rows[name][index] for name in FIELDS}
            for index, document in enumerate(documents)
        }
        delta_rows = {**base.delta_rows, **new}
        side = replace(
            base,
            documents={**base.documents, **{document.id: document for document in documents}},
            delta=_stack(delta_rows),
            delta_rows=delta_rows,
        )
        return side.merged() if len(delta_rows) >= MERGE_AT else side

    def segments(self) -> list[Segment]:
        return [segment for segment in (self.main, self.delta) if segment is not None]

    def merged(self) -> Side:
        """Put main and delta together, without what was masked out."""
        ids: list[int] = []
        parts: dict[str, list[sp.csr_matrix]] = {name: [] for name in FIELDS}
        for segment in self.segments():
            kept = np.flatnonzero(segment.alive)
            ids.extend(int(segment.ids[i]) for i in kept)
            for name in FIELDS:
                parts[name].append(sp.csr_matrix(segment.transposed[name].T)[kept])
        rows = {name: sp.csr_matrix(sp.vstack(parts[name])) for name in FIELDS}
        return Side(self.documents, Segment.of(ids, rows))


def _masked(segment: Segment | None, gone: set[int]) -> Segment | None:
    if segment is None or not gone:
        return segment
    hit = np.isin(segment.ids, np.fromiter(gone, dtype=np.int64))
    return replace(segment, alive=segment.alive & ~hit) if hit.any() else segment


def _stack(rows: Mapping[int, Mapping[str, sp.csr_matrix]]) -> Segment | None:
    if not rows:
        return None
    stacked = {
        name: sp.csr_matrix(sp.vstack([parts[name] for parts in rows.values()])) for name in FIELDS
    }
    return Segment.of(list(rows), stacked)
