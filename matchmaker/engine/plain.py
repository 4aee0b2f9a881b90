"""The inner loops in numpy and Python, for machines without numba."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .codes import PAIR, hashed

Array = NDArray[Any]
BLOCK = 1 << 16
"""Documents in one block of an index: their accumulator stays in the processor's cache."""
RUN = re.compile("1+|2+(?:32+)*")


def occurring(points: Array, starts: Array, classes: Array) -> tuple[Array, Array]:
    """Return the codes of all features in reading order, and where each text begins."""
    found: list[int] = []
    ends = [0]
    shapes = (
        classes[points].tobytes().translate(bytes(range(48, 256)) + bytes(48)).decode("latin1")
    )
    for first, last in itertools.pairwise(starts):
        for match in RUN.finditer(shapes, int(first), int(last)):
            run = points[match.start() : match.end()].astype(np.int64)
            if match.group()[0] == "1":
                found.extend(run.tolist())
                found.extend((run[:-1] * PAIR + run[1:]).tolist())
            else:
                found.append(hashed(run.tolist()))
        ends.append(len(found))
    return np.asarray(found, dtype=np.int64), np.asarray(ends, dtype=np.int64)


def counted(codes: Array, starts: Array) -> tuple[Array, Array, Array]:
    """Count equal codes within each text; ascending."""
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((codes, rows))
    rows, codes = rows[order], codes[order]
    first = np.ones(len(codes), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (codes[1:] != codes[:-1])
    places = np.flatnonzero(first)
    counts = np.diff(np.append(places, len(codes))).astype(np.float32)
    ends = np.zeros(len(starts), dtype=np.int64)
    np.cumsum(np.bincount(rows[places], minlength=len(starts) - 1), out=ends[1:])
    return codes[places], counts, ends


def distinct(codes: Array) -> Array:
    """Return the codes that occur, in any order."""
    return np.unique(codes)


def positions(sorted_codes: Array, codes: Array) -> Array:
    """Return where each code stands among ascending ones, −1 where it does not."""
    if not len(sorted_codes):
        return np.full(len(codes), -1, dtype=np.int64)
    found = np.searchsorted(sorted_codes, codes)
    found[found == len(sorted_codes)] = 0
    return np.where(sorted_codes[found] == codes, found, -1).astype(np.int64)


def top(
    starts: Array, places: Array, values: Array, ids: Array, allowed: Array,
    query_starts: Array, query_columns: Array, query_values: Array,
    scores: Array, best: Array,
) -> None:  # fmt: skip
    """Merge the best of one block into `scores` and `best`, each of shape (n_queries, k).

    `best` holds −1 where nothing has been found; ties go to the smaller id.
    """
    k = scores.shape[1]
    for query in range(len(query_starts) - 1):
        sums = np.zeros(len(ids), dtype=np.float32)
        for entry in range(query_starts[query], query_starts[query + 1]):
            column = query_columns[entry]
            part = slice(starts[column], starts[column + 1])
            sums[places[part]] += query_values[entry] * values[part]
        hits = np.flatnonzero((sums > 0) & (allowed.astype(bool) if len(allowed) else True))
        if len(hits) > k:
            least = np.partition(sums[hits], len(hits) - k)[len(hits) - k]
            hits = hits[sums[hits] >= least]
        old = best[query] >= 0
        all_scores = np.concatenate([scores[query][old], sums[hits]])
        all_ids = np.concatenate([best[query][old], ids[hits]])
        order = np.lexsort((all_ids, -all_scores))[:k]
        scores[query, : len(order)], best[query, : len(order)] = all_scores[order], all_ids[order]


def picked(
    starts: Array, places: Array, values: Array, wanted: Array, columns: Array, weights: Array
) -> Array:
    """Return the sums of a few documents of a block, shape (n_wanted,)."""
    sums = np.zeros(len(wanted), dtype=np.float32)
    for column, weight in zip(columns, weights, strict=True):
        part = places[starts[column] : starts[column + 1]]
        found = np.searchsorted(part, wanted)
        inside = found < len(part)
        hit = np.flatnonzero(inside)[part[found[inside]] == wanted[inside]]
        sums[hit] += weight * values[starts[column] + found[hit]]
    return sums
