"""An exact index of vectors: immutable segments of plain arrays, scanned block by block.

Two fields stand side by side: column 2·c holds feature c of the title, column 2·c + 1 that of the
whole text. So one scan adds up title with title and whole text with whole text, each under its
weight. Documents live in a main segment and a small delta that is merged now and then; a replaced
or removed one is masked at once. A `Side` never changes: an update makes a new one that shares the
arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from . import kernels
from .documents import Document
from .kernels import BLOCK

MERGE_AT = 1000
FloatArray = NDArray[np.float64]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


def full_text(document: Document) -> str:
    """Title and body as one text; its vector is what the signal `body` compares."""
    return f"{document.title}\n{document.body}" if document.body else document.title


def title_text(document: Document) -> str:
    """The title; a document without one is read as all title."""
    return document.title if document.title.strip() else document.body


def interleaved(title: sp.csr_matrix, body: sp.csr_matrix) -> sp.csr_matrix:
    """Put the two fields of the same documents side by side."""
    width = 2 * title.shape[1]
    parts = [
        sp.csr_matrix(
            (matrix.data, 2 * matrix.indices + offset, matrix.indptr),
            shape=(matrix.shape[0], width),
        )
        for offset, matrix in enumerate((title, body))
    ]
    both = sp.csr_matrix(parts[0] + parts[1])
    both.sort_indices()
    return both


@dataclass(frozen=True, slots=True)
class Block:
    """Up to 65,536 documents, by column: who holds it (`places`) and how much (`values`)."""

    ids: Ids
    starts: Ids
    places: NDArray[np.uint16]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, ids: Ids, rows: sp.csr_matrix) -> Block:
        columns = rows.tocsc()
        return cls(
            np.asarray(ids, dtype=np.int64),
            columns.indptr.astype(np.int64),
            columns.indices.astype(np.uint16),
            columns.data.astype(np.float32, copy=False),
        )

    def rows(self) -> sp.csr_matrix:
        """Return the documents as rows again."""
        shape = (len(self.ids), len(self.starts) - 1)
        return sp.csc_matrix(
            (self.values, self.places.astype(np.int32), self.starts), shape=shape
        ).tocsr()

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in (self.ids, self.starts, self.places, self.values))


@dataclass(frozen=True, slots=True)
class Segment:
    """Some documents as blocks; `alive` masks those that were replaced or removed."""

    ids: Ids
    alive: Mask
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, ids: Sequence[int] | Ids, rows: sp.csr_matrix) -> Segment:
        known = np.asarray(ids, dtype=np.int64)
        blocks = tuple(
            Block.of(known[first : first + BLOCK], rows[first : first + BLOCK])
            for first in range(0, len(known), BLOCK)
        )
        return cls(known, np.ones(len(known), dtype=bool), blocks)

    def top(
        self, queries: sp.csr_matrix, scores: NDArray[np.float32], best: Ids,
        among: Ids | None = None,
    ) -> None:  # fmt: skip
        """Merge this segment's best into those found so far; see `best_of`."""
        allowed = self.alive if among is None else self.alive & np.isin(self.ids, among)
        everything = bool(allowed.all())
        for number, block in enumerate(self.blocks):
            first = number * BLOCK
            mask = allowed[first : first + len(block.ids)]
            if not mask.any():
                continue
            kernels.top(
                block.starts, block.places, block.values, block.ids,
                np.empty(0, dtype=np.uint8) if everything else mask.view(np.uint8),
                queries.indptr, queries.indices, queries.data, scores, best,
            )  # fmt: skip

    def picked(self, query: sp.csr_matrix, wanted: Ids) -> dict[int, float]:
        """Return the sum for each wanted document that lives here."""
        found: dict[int, float] = {}
        for number, block in enumerate(self.blocks):
            first = number * BLOCK
            here = np.isin(block.ids, wanted) & self.alive[first : first + len(block.ids)]
            places = np.flatnonzero(here)
            if len(places):
                sums = kernels.picked(
                    block.starts, block.places, block.values, places.astype(np.uint16),
                    query.indices, query.data,
                )  # fmt: skip
                found |= dict(
                    zip(block.ids[places].tolist(), sums.astype(float).tolist(), strict=True)
                )
        return found


def best_of(
    segments: Sequence[Segment], queries: sp.csr_matrix, *, k: int, among: Ids | None = None,
    threads: int = 1,
) -> tuple[NDArray[np.float32], Ids]:  # fmt: skip
    """Return scores and ids of the k best of each query, best first, ties by id.

    Shapes (n_queries, k); where fewer documents share a feature, the rest has id −1 and score 0.
    """
    n = queries.shape[0]
    scores = np.zeros((n, k), dtype=np.float32)
    best = np.full((n, k), -1, dtype=np.int64)

    def work(first: int, last: int) -> None:
        part = queries[first:last]
        for segment in segments:
            segment.top(part, scores[first:last], best[first:last], among)

    if threads == 1 or n == 1:
        work(0, n)
        return scores, best
    step = max(1, -(-n // (8 * threads)))
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, i, min(n, i + step)) for i in range(0, n, step)]:
            done.result()
    return scores, best


@dataclass(frozen=True, slots=True)
class Side:
    """All needs or all achievements: a main segment, a delta, and the documents themselves."""

    documents: Mapping[int, Document] = field(default_factory=dict)
    main: Segment | None = None
    delta: Segment | None = None
    delta_rows: Mapping[int, sp.csr_matrix] = field(default_factory=dict)

    def without(self, ids: Iterable[int]) -> Side:
        """Mask documents out everywhere."""
        gone = set(ids)
        documents = {key: value for key, value in self.documents.items() if key not in gone}
        rows = {key: value for key, value in self.delta_rows.items() if key not in gone}
        delta = self.delta if len(rows) == len(self.delta_rows) else _stacked(rows)
        return Side(documents, _masked(self.main, gone), delta, rows)

    def with_(self, documents: Sequence[Document], rows: sp.csr_matrix) -> Side:
        """Add or replace documents; `rows` has one for each of them."""
        base = self.without(document.id for document in documents)
        new = {document.id: rows[index] for index, document in enumerate(documents)}
        delta_rows = {**base.delta_rows, **new}
        side = replace(
            base,
            documents={**base.documents, **{document.id: document for document in documents}},
            delta=_stacked(delta_rows),
            delta_rows=delta_rows,
        )
        return side.merged() if len(delta_rows) >= MERGE_AT else side

    def segments(self) -> list[Segment]:
        return [segment for segment in (self.main, self.delta) if segment is not None]

    def merged(self) -> Side:
        """Put main and delta together, without what was masked out."""
        ids: list[Ids] = []
        rows: list[sp.csr_matrix] = []
        for segment in self.segments():
            for number, block in enumerate(segment.blocks):
                first = number * BLOCK
                kept = np.flatnonzero(segment.alive[first : first + len(block.ids)])
                ids.append(block.ids[kept])
                rows.append(block.rows()[kept])
        return Side(
            self.documents, Segment.of(np.concatenate(ids), sp.csr_matrix(sp.vstack(rows)))
        )


def _masked(segment: Segment | None, gone: set[int]) -> Segment | None:
    if segment is None or not gone:
        return segment
    hit = np.isin(segment.ids, np.fromiter(gone, dtype=np.int64))
    return replace(segment, alive=segment.alive & ~hit) if hit.any() else segment


def _stacked(rows: Mapping[int, sp.csr_matrix]) -> Segment | None:
    if not rows:
        return None
    return Segment.of(list(rows), sp.csr_matrix(sp.vstack(list(rows.values()))))
