"""Needs and achievements as vectors under one weighting: fitted, followed, compared by text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .documents import FIELDS, Document
from .index import Index
from .lexical import counted, digest_of, interleaved
from .segment import BLOCK, Segment
from .weighting import Counted, Weighting, idf_of

Progress = Callable[[int], None]
Shares = NDArray[np.float32]
PAIRS_AT_A_TIME = 2000


class Corpus:
    """Both sides of a catalogue.

    Reading is safe from many threads while one writes: an update replaces an immutable index.
    """

    def __init__(self, weighting: Weighting, needs: Index, achievements: Index) -> None:
        self.weighting, self.needs, self.achievements = weighting, needs, achievements
        self._lock = threading.Lock()

    @classmethod
    def fit(
        cls, needs: Iterable[Document], achievements: Iterable[Document], progress: Progress | None
    ) -> Corpus:
        """Learn the weighting from both sides and index them; see `Recommender.fit`."""
        done = _Counter(progress)
        sides = [list(_parts(side, done)) for side in (needs, achievements)]
        weighting = Weighting().fit(*([part.texts["body"] for part in side] for side in sides))
        for name in FIELDS:
            weighting.fit_pivot(name, [part.texts[name] for part in sides[1]])
        return cls(
            weighting,
            *(
                _indexed(weighting, side, is_need=is_need, done=done)
                for side, is_need in zip(sides, (True, False), strict=True)
            ),
        )

    def side(self, *, needs: bool) -> Index:
        """Return the index of the needs or that of the achievements."""
        return self.needs if needs else self.achievements

    def drift(self) -> float:
        """Return by how much the IDF in force misses that of the documents there are now.

        The mean of |idf' − idf| over all places of all features, as a share of the mean IDF.
        """
        held = [side.held()[1::2].astype(float) for side in (self.needs, self.achievements)]
        idf = self.weighting.idf_
        now = idf_of(held[0], held[1], len(self.needs), len(self.achievements))
        places = held[0] + held[1]
        mean = float(places @ idf)
        return float(places @ np.abs(now - idf)) / mean if mean else 0.0

    def upsert(self, documents: Sequence[Document], *, needs: bool) -> None:
        """Add or replace documents of a side."""
        if not documents:
            return
        rows = _rows(self.weighting, counted(documents), is_need=needs)
        with self._lock:
            self._put(self.side(needs=needs).with_(documents, rows), needs=needs)

    def remove(self, ids: Iterable[int], *, needs: bool) -> None:
        """Forget documents of a side; unknown ids are no error."""
        with self._lock:
            self._put(self.side(needs=needs).without(ids), needs=needs)

    def _put(self, index: Index, *, needs: bool) -> None:
        if needs:
            self.needs = index
        else:
            self.achievements = index

    def queries(
        self, documents: Sequence[Document], shares: Shares, *, is_need: bool
    ) -> sp.csr_matrix:
        """Return vectors whose product with an index is the mean of the fields by their shares."""
        rows = _rows(self.weighting, counted(documents), is_need=is_need)
        rows.data *= shares[rows.indices % 2]
        return rows

    def fields(
        self, index: Index, query: sp.csr_matrix, shares: Shares, ids: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float64]]:
        """Return the similarity of each field for a few documents of an index, shape (n_ids,)."""
        found = {}
        for offset, (name, share) in enumerate(zip(FIELDS, shares, strict=True)):
            mine = query.indices % 2 == offset
            sums = np.zeros(len(ids), dtype=np.float32)
            if share:
                sums = index.sums(query.indices[mine], query.data[mine] / share, ids)
            found[name] = sums.astype(np.float64)
        return found

    def similarities(
        self, pairs: Sequence[tuple[Document, Document]]
    ) -> list[Mapping[str, float]]:
        """Return the similarity of each pair in each field."""
        sides = [{pair[i].id: pair[i] for pair in pairs} for i in (0, 1)]
        place = [{key: row for row, key in enumerate(side)} for side in sides]
        left, right = (
            _rows(self.weighting, counted(list(side.values())), is_need=is_need)
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

    def products(self, need: Document, achievement: Document, name: str) -> dict[int, float]:
        """Return what each common feature adds to the similarity of a field, by code."""
        one, other = (counted([document])[name] for document in (need, achievement))
        left = self.weighting.needs(one)
        right = self.weighting.achievements(other, name)
        weights = dict(zip(right.indices.tolist(), right.data.tolist(), strict=True))
        columns = self.weighting.vocabulary_.columns(one.codes)
        of_need = dict(zip(left.indices.tolist(), left.data.tolist(), strict=True))
        return {
            code: of_need[column] * weights[column]
            for code, column in zip(one.codes.tolist(), columns.tolist(), strict=True)
            if column in weights
        }


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


def _indexed(weighting: Weighting, side: list[_Part], *, is_need: bool, done: _Counter) -> Index:
    segments = []
    side.reverse()
    while side:
        part = side.pop()  # its counts are let go before the next vectors are made
        rows = _rows(weighting, part.texts, is_need=is_need)
        segments.append(Segment.of(part.documents, rows))
        done.add(len(part.documents))
    return Index(2 * len(weighting.vocabulary_), tuple(segments))


def _rows(weighting: Weighting, texts: Mapping[str, Counted], *, is_need: bool) -> sp.csr_matrix:
    """Return the vectors of both fields side by side."""
    title, body = (
        weighting.needs(texts[name]) if is_need else weighting.achievements(texts[name], name)
        for name in FIELDS
    )
    return interleaved(title, body)
