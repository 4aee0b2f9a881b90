"""An exact index of one side: segments that are scanned one after the other.

Two fields stand side by side: column 2·c holds feature c of the title, column 2·c + 1 that of the
whole text. So one scan adds up title with title and whole text with whole text, each under its
weight. An index never changes: an update makes a new one that shares the arrays. New documents
come as segments of their own and are merged with those of their size (the logarithmic method of
Bentley and Saxe, Journal of Algorithms 1, 1980), so that adding one costs little however many
there are; a replaced or removed one is masked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from . import kernels
from .documents import Document
from .filters import Filter
from .segment import BLOCK, Ids, Mask, Segment

STALE = 0.2
"""A segment of which this share is masked is written anew at the next compaction."""
NO_MASK = np.empty(0, dtype=np.uint8)
NO_MASK.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Index:
    """All needs, or all achievements.

    Parameters
    ----------
    width : number of columns of every vector.
    segments : those with files first; an id is alive in one of them at most.

    """

    width: int
    segments: tuple[Segment, ...] = ()

    @classmethod
    def of(cls, documents: Sequence[Document], rows: sp.csr_matrix) -> Index:
        """Index some documents with different ids; `rows` has one for each of them."""
        segments = tuple(
            Segment.of(documents[first : first + BLOCK], rows[first : first + BLOCK])
            for first in range(0, len(documents), BLOCK)
        )
        return cls(rows.shape[1], segments)

    def __len__(self) -> int:
        return sum(segment.n_alive for segment in self.segments)

    @property
    def nbytes(self) -> int:
        return sum(segment.nbytes for segment in self.segments)

    @property
    def n_pending(self) -> int:
        """How many documents are in memory alone, or in a file and masked out."""
        return sum(
            len(segment) - segment.n_alive if segment.name else len(segment)
            for segment in self.segments
        )

    def read(self, ids: Sequence[int]) -> dict[int, Document]:
        """Return documents by their ids, without their texts; unknown ids are left out."""
        wanted = np.fromiter(ids, dtype=np.int64)
        found: dict[int, Document] = {}
        for segment in self.segments:
            places = segment.places_of(wanted)
            for which in np.flatnonzero(places >= 0):
                found[int(wanted[which])] = segment.document_at(int(places[which]))
        return found

    def documents(self) -> Iterator[Document]:
        """Yield all documents without their texts."""
        for segment in self.segments:
            yield from segment.documents()

    def versions(self) -> tuple[Ids, Ids]:
        """Return ids, ascending, and the version of each."""
        ids = [segment.ids[segment.alive] for segment in self.segments]
        versions = [segment.facts["version"][segment.alive] for segment in self.segments]
        known = np.concatenate([np.empty(0, dtype=np.int64), *ids])
        order = np.argsort(known)
        return known[order], np.concatenate([np.empty(0, dtype=np.int64), *versions])[order]

    def versions_of(self, ids: Sequence[int]) -> dict[int, int]:
        """Return the version of each document that is here."""
        wanted = np.fromiter(ids, dtype=np.int64)
        found: dict[int, int] = {}
        for segment in self.segments:
            places = segment.places_of(wanted)
            here = places >= 0
            versions = segment.facts["version"][places[here]]
            found |= dict(zip(wanted[here].tolist(), versions.tolist(), strict=True))
        return found

    def sum_of_versions(self) -> int:
        return sum(int(s.facts["version"][s.alive].sum()) for s in self.segments)

    def first(self, n: int, among: Filter | None = None) -> list[int]:
        """Return the n smallest ids that are allowed."""
        found = [segment.ids[segment.allowed(among)][:n] for segment in self.segments]
        return sorted(int(i) for part in found for i in part)[:n]

    def without(self, ids: Iterable[int]) -> Index:
        """Mask documents out everywhere; unknown ids are no error."""
        gone = np.unique(np.fromiter(ids, dtype=np.int64))
        kept = tuple(segment.without(gone) for segment in self.segments)
        return Index(self.width, tuple(s for s in kept if s.name or s.alive.any()))

    def with_(self, documents: Sequence[Document], rows: sp.csr_matrix) -> Index:
        """Add or replace documents; `rows` has one for each of them."""
        segments = list(self.without(document.id for document in documents).segments)
        for added in Index.of(documents, rows).segments:
            same_size: list[Segment] = []
            mass = len(added)
            while segments and _joins(segments[-1], mass):
                same_size.append(segments.pop())
                mass += len(same_size[-1])
            segments.append(
                Segment.merged([*same_size, added], self.width) if same_size else added
            )
        return Index(self.width, tuple(segments))

    def compacted(self) -> Index:
        """Merge what is small or stale: every segment outweighs all that came after it, twice."""
        kept, small = [], []
        mass = 0
        for segment in sorted(self.segments, key=lambda s: (bool(s.name), s.n_alive)):
            alive = segment.n_alive
            stale = alive < (1 - STALE) * len(segment)
            if not segment.name or stale or (alive <= 2 * mass and alive < BLOCK // 2):
                small.append(segment)
                mass += alive
            else:
                kept.append(segment)
        merged = [Segment.merged(part, self.width) for part in _fitting(small)]
        return Index(self.width, (*kept, *merged))

    def best(
        self, queries: sp.csr_matrix, *, k: int, among: Filter | None = None, threads: int = 1
    ) -> tuple[NDArray[np.float32], Ids]:
        """Return scores and ids of the k best of each query, best first, ties by id.

        Shapes (n_queries, k); where fewer documents share a feature, the rest has id −1, score 0.
        """
        n = queries.shape[0]
        scores = np.zeros((n, k), dtype=np.float32)
        best = np.full((n, k), -1, dtype=np.int64)
        for segment in self.segments:
            allowed = segment.allowed(among)
            if allowed.any():
                _scan(segment, allowed, queries, scores, best, threads)
        return scores, best

    def sums(
        self, columns: NDArray[np.int32], weights: NDArray[np.float32], wanted: Ids
    ) -> NDArray[np.float32]:
        """Return the sum of the products with one query for each wanted document, 0 for others.

        `columns` and `weights` are those of the query, `wanted` has shape (n,), as has the result.
        """
        sums = np.zeros(len(wanted), dtype=np.float32)
        for segment in self.segments:
            places = segment.places_of(wanted)
            here = places >= 0
            if here.any():
                sums[here] = kernels.picked(
                    segment.starts, segment.places, segment.values,
                    places[here].astype(np.uint16), segment.local(columns), weights,
                )  # fmt: skip
        return sums

    def held(self) -> NDArray[np.int64]:
        """Return how many documents have each column, masked ones included; shape (width,)."""
        held = np.zeros(self.width, dtype=np.int64)
        for segment in self.segments:
            held[segment.columns] += np.diff(segment.starts[:-1])
        return held


def _joins(segment: Segment, mass: int) -> bool:
    """Whether the last segment is merged with so many new documents."""
    return not segment.name and len(segment) <= mass and len(segment) + mass <= BLOCK


def _scan(
    segment: Segment, allowed: Mask, queries: sp.csr_matrix, scores: NDArray[np.float32],
    best: Ids, threads: int,
) -> None:  # fmt: skip
    """Merge the best of a segment into those found so far."""
    mask = NO_MASK if allowed.all() else allowed.view(np.uint8)
    mask.flags.writeable = False
    columns = segment.local(queries.indices)

    def work(first: int, last: int) -> None:
        kernels.top(
            segment.starts, segment.places, segment.values, segment.ids, mask,
            queries.indptr[first : last + 1], columns, queries.data,
            scores[first:last], best[first:last],
        )  # fmt: skip

    n = queries.shape[0]
    if threads == 1 or n == 1:
        work(0, n)
        return
    step = max(1, -(-n // (8 * threads)))
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, i, min(n, i + step)) for i in range(0, n, step)]:
            done.result()


def _fitting(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Group segments, smallest first, so that each group fits into one."""
    group: list[Segment] = []
    for segment in segments:
        if group and sum(s.n_alive for s in group) + segment.n_alive > BLOCK:
            yield group
            group = []
        if segment.n_alive:
            group.append(segment)
    if group:
        yield group
