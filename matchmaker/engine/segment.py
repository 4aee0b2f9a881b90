"""A segment: up to 65,536 documents as plain arrays that never change.

By column stands who holds it (`places`) and how much (`values`); only columns that occur are kept.
Beside the vectors stand what filters ask for, as numbers, and every document's fields (its card),
as JSON. All arrays can lie in files: a process that maps them shares them with all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from . import kernels
from .cards import pack, unpack
from .documents import Document
from .filters import Filter, Tags, facts_of, tags_of

BLOCK = kernels.BLOCK
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """Some documents, ascending by id.

    Attributes
    ----------
    ids : shape (n,), ascending.
    columns : the columns that occur, ascending; shape (m,).
    starts : where the entries of each begin; shape (m + 2,), the last stretch is empty and stands
        for every column that does not occur.
    places, values : which document holds a column, ascending within it, and its weight there.
    facts : what filters ask for, one record a document; see `filters.FACTS`.
    tag_names, tag_starts, tag_places : chains and modes, and which documents have them.
    card_starts, cards : the fields of each document as JSON.
    alive : False for what was replaced or removed.
    name : the folder that holds the arrays; empty while they are in memory alone.

    """

    ids: Ids
    columns: NDArray[np.int32]
    starts: Ids
    places: NDArray[np.uint16]
    values: NDArray[np.float32]
    facts: Array
    tag_names: Array
    tag_starts: Ids
    tag_places: NDArray[np.uint16]
    card_starts: Ids
    cards: NDArray[np.uint8]
    alive: Mask
    name: str = ""

    @classmethod
    def of(cls, documents: Sequence[Document], rows: sp.csr_matrix) -> Segment:
        """Make one of at most `BLOCK` documents with different ids; `rows` has one for each."""
        ids = np.asarray([document.id for document in documents], dtype=np.int64)
        order = np.argsort(ids)
        tags = tags_of([documents[i].chains | documents[i].chain_parents for i in order],
                       [documents[i].modes for i in order])  # fmt: skip
        packed = [pack(documents[i]) for i in order]
        return cls._made(ids, rows, order, facts_of(documents)[order], tags, packed)

    @classmethod
    def _made(
        cls, ids: Ids, rows: sp.csr_matrix, order: Array, facts: Array, tags: Tags,
        packed: Sequence[bytes],
    ) -> Segment:  # fmt: skip
        if (order[1:] < order[:-1]).any():
            ids, rows = ids[order], rows[order]
        columns, starts, places, values = _by_column(rows)
        card_starts = np.zeros(len(packed) + 1, dtype=np.int64)
        np.cumsum([len(card) for card in packed], out=card_starts[1:])
        return cls(
            ids, columns, starts, places, values, facts, *tags, card_starts,
            np.frombuffer(b"".join(packed), dtype=np.uint8), np.ones(len(ids), dtype=bool),
        ).frozen()  # fmt: skip

    @classmethod
    def merged(cls, segments: Sequence[Segment], width: int) -> Segment:
        """Put the living documents of some segments into one; `width` is the number of columns."""
        kept = [np.flatnonzero(segment.alive) for segment in segments]
        ids = np.concatenate([s.ids[k] for s, k in zip(segments, kept, strict=True)])
        facts = np.concatenate([s.facts[k] for s, k in zip(segments, kept, strict=True)])
        rows = sp.csr_matrix(
            sp.vstack([s.rows(width)[k] for s, k in zip(segments, kept, strict=True)])
        )
        documents = [s.document_at(int(i)) for s, k in zip(segments, kept, strict=True) for i in k]
        order = np.argsort(ids)
        tags = tags_of([documents[i].chains | documents[i].chain_parents for i in order],
                       [documents[i].modes for i in order])  # fmt: skip
        packed = [pack(documents[i]) for i in order]
        return cls._made(ids, rows, order, facts[order], tags, packed)

    def frozen(self) -> Segment:
        """Refuse writing into any array, as into mapped ones: the loops then see one type."""
        for part in fields(self):
            if part.name != "name":
                getattr(self, part.name).flags.writeable = False
        return self

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, part.name).nbytes for part in fields(self) if part.name != "name")

    @property
    def n_alive(self) -> int:
        return int(np.count_nonzero(self.alive))

    def rows(self, width: int) -> sp.csr_matrix:
        """Return the vectors as rows again, shape (n, width)."""
        shape = (len(self.ids), len(self.columns))
        rows = sp.csc_matrix(
            (self.values, self.places.astype(np.int32), self.starts[:-1]), shape=shape
        ).tocsr()
        return sp.csr_matrix(
            (rows.data, self.columns[rows.indices], rows.indptr), shape=(shape[0], width)
        )

    def local(self, columns: Array) -> NDArray[np.int64]:
        """Return which column of this segment each of the index is; the empty one if none."""
        n = len(self.columns)
        if not n:
            return np.zeros(len(columns), dtype=np.int64)
        if len(columns) * 8 > n:  # many: a table costs less than searching
            table = np.full(max(int(self.columns[-1]), int(columns.max(initial=0))) + 1, n)
            table[self.columns] = np.arange(n)
            return table[columns]
        found = np.searchsorted(self.columns, columns)
        found[found == n] = 0
        return np.where(self.columns[found] == columns, found, n)

    def places_of(self, ids: Ids) -> NDArray[np.int64]:
        """Return where living documents stand, −1 for ids that are not here."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        found = np.searchsorted(self.ids, ids)
        found[found == len(self.ids)] = 0
        return np.where((self.ids[found] == ids) & self.alive[found], found, -1)

    def without(self, ids: Ids) -> Segment:
        """Mask documents out."""
        found = self.places_of(ids)
        found = found[found >= 0]
        if not len(found):
            return self
        alive = self.alive.copy()
        alive[found] = False
        return replace(self, alive=alive).frozen()

    def allowed(self, among: Filter | None) -> Mask:
        """Return which documents may be found."""
        if among is None:
            return self.alive
        tags = Tags(self.tag_names, self.tag_starts, self.tag_places)
        return among.mask(self.ids, self.facts, tags) & self.alive

    def document_at(self, place: int) -> Document:
        """Return a document without its texts."""
        first, last = self.card_starts[place], self.card_starts[place + 1]
        return unpack(int(self.ids[place]), self.cards[first:last].tobytes())

    def documents(self) -> Iterator[Document]:
        """Yield the living documents without their texts."""
        for place in np.flatnonzero(self.alive):
            yield self.document_at(int(place))


def _by_column(
    rows: sp.csr_matrix,
) -> tuple[NDArray[np.int32], Ids, NDArray[np.uint16], NDArray[np.float32]]:
    if rows.nnz < rows.shape[1]:
        columns, local = np.unique(rows.indices, return_inverse=True)
    else:
        held = np.zeros(rows.shape[1], dtype=bool)
        held[rows.indices] = True
        columns = np.flatnonzero(held)
        number = np.cumsum(held, dtype=np.int32) - 1
        local = number[rows.indices]
    by_column = sp.csr_matrix(
        (rows.data, local.astype(np.int32), rows.indptr), shape=(rows.shape[0], len(columns))
    ).tocsc()
    return (
        columns.astype(np.int32),
        np.append(by_column.indptr, by_column.nnz).astype(np.int64),
        by_column.indices.astype(np.uint16),
        by_column.data.astype(np.float32, copy=False),
    )
