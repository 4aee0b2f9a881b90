"""The inner loops compiled by numba; see `plain` for what each one does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .codes import FNV_OFFSET, FNV_PRIME, HAN_CLASS, JOINER_CLASS, PAIR, TOKEN_CLASS, TOKENS

Array = NDArray[Any]
STRIDE = 64
READ_WHOLE = 32
"""A column with fewer entries than so many for each wanted document is read, not searched."""
compiled = njit(nogil=True, cache=True)
HASH = np.uint64(0x9E3779B97F4A7C15)


@compiled
def _scan(points: Array, starts: Array, classes: Array, codes: Array, ends: Array) -> int:
    """Write the codes of all texts one after the other; return how many."""
    n = 0
    for text in range(len(starts) - 1):
        position, last = starts[text], starts[text + 1]
        while position < last:
            kind = classes[points[position]]
            if kind == HAN_CLASS:
                first = position
                while position < last and classes[points[position]] == HAN_CLASS:
                    codes[n] = np.int64(points[position])
                    n += 1
                    position += 1
                for place in range(first, position - 1):
                    codes[n] = np.int64(points[place]) * PAIR + np.int64(points[place + 1])
                    n += 1
            elif kind == TOKEN_CLASS:
                value = np.uint64(FNV_OFFSET)
                while position < last:
                    kind = classes[points[position]]
                    joins = (
                        kind == JOINER_CLASS
                        and position + 1 < last
                        and classes[points[position + 1]] == TOKEN_CLASS
                    )
                    if kind != TOKEN_CLASS and not joins:
                        break
                    value = (value ^ np.uint64(points[position])) * np.uint64(FNV_PRIME)
                    position += 1
                codes[n] = np.int64(value & np.uint64(TOKENS - 1)) | TOKENS
                n += 1
            else:
                position += 1
        ends[text + 1] = n
    return n


def occurring(points: Array, starts: Array, classes: Array) -> tuple[Array, Array]:
    """Return the codes of all features in reading order, and where each text begins."""
    codes = np.empty(2 * len(points), dtype=np.int64)
    ends = np.zeros(len(starts), dtype=np.int64)
    n = _scan(points, starts, classes, codes, ends)
    return codes[:n], ends


@compiled
def counted(codes: Array, starts: Array) -> tuple[Array, Array, Array]:
    """Count equal codes within each text; ascending."""
    kept = np.empty(len(codes), dtype=np.int64)
    counts = np.empty(len(codes), dtype=np.float32)
    ends = np.zeros(len(starts), dtype=np.int64)
    n = 0
    for text in range(len(starts) - 1):
        part = np.sort(codes[starts[text] : starts[text + 1]])
        begin = n
        for code in part:
            if n > begin and kept[n - 1] == code:
                counts[n - 1] += np.float32(1)
            else:
                kept[n] = code
                counts[n] = np.float32(1)
                n += 1
        ends[text + 1] = n
    return kept[:n].copy(), counts[:n].copy(), ends


@compiled
def _slots(codes: Array) -> tuple[Array, int]:
    """Enter codes into a hash table of open addressing; −1 is free."""
    size = 1 << 16
    table = np.full(size, -1, dtype=np.int64)
    used = 0
    for code in codes:
        slot = np.int64((np.uint64(code) * HASH) >> np.uint64(32)) & (size - 1)
        while table[slot] != -1 and table[slot] != code:
            slot = (slot + 1) & (size - 1)
        if table[slot] == -1:
            table[slot] = code
            used += 1
            if 2 * used > size:
                bigger = np.full(4 * size, -1, dtype=np.int64)
                for old in table:
                    if old != -1:
                        slot = np.int64((np.uint64(old) * HASH) >> np.uint64(32)) & (4 * size - 1)
                        while bigger[slot] != -1:
                            slot = (slot + 1) & (4 * size - 1)
                        bigger[slot] = old
                table = bigger
                size *= 4
    return table, used


def distinct(codes: Array) -> Array:
    """Return the codes that occur, in any order."""
    table, _used = _slots(codes)
    found: Array = table[table != -1]
    return found


@compiled
def positions(sorted_codes: Array, codes: Array) -> Array:
    """Return where each code stands among ascending ones, −1 where it does not."""
    found = np.empty(len(codes), dtype=np.int64)
    size = 16
    while size < 2 * len(sorted_codes):
        size *= 2
    if len(codes) * 8 < size:  # few of them: searching is cheaper than a table
        for entry in range(len(codes)):
            place = np.searchsorted(sorted_codes, codes[entry])
            known = place < len(sorted_codes) and sorted_codes[place] == codes[entry]
            found[entry] = place if known else -1
        return found
    table = np.full(size, -1, dtype=np.int64)
    for place in range(len(sorted_codes)):
        slot = np.int64((np.uint64(sorted_codes[place]) * HASH) >> np.uint64(32)) & (size - 1)
        while table[slot] != -1:
            slot = (slot + 1) & (size - 1)
        table[slot] = place
    for entry in range(len(codes)):
        code = codes[entry]
        slot = np.int64((np.uint64(code) * HASH) >> np.uint64(32)) & (size - 1)
        while table[slot] != -1 and sorted_codes[table[slot]] != code:
            slot = (slot + 1) & (size - 1)
        found[entry] = table[slot]
    return found


@compiled
def _is_worse(score: float, one: int, other_score: float, other: int) -> bool:
    return score < other_score or (score == other_score and one > other)


@compiled
def _sift_down(scores: Array, best: Array, k: int) -> None:
    """Let the root of a heap (the worst stands on top) sink to its place."""
    place = 0
    while True:
        child = 2 * place + 1
        if child >= k:
            return
        other = child + 1
        if other < k and _is_worse(scores[other], best[other], scores[child], best[child]):
            child = other
        if not _is_worse(scores[child], best[child], scores[place], best[place]):
            return
        scores[place], scores[child] = scores[child], scores[place]
        best[place], best[child] = best[child], best[place]
        place = child


@compiled
def _sort_heap(scores: Array, best: Array) -> None:
    """Turn a heap into a list, best first, what is free (−1) last."""
    for size in range(len(scores) - 1, 0, -1):
        scores[0], scores[size] = scores[size], scores[0]
        best[0], best[size] = best[size], best[0]
        _sift_down(scores, best, size)


@compiled
def top(
    starts: Array, places: Array, values: Array, ids: Array, allowed: Array,
    query_starts: Array, query_columns: Array, query_values: Array,
    scores: Array, best: Array,
) -> None:  # fmt: skip
    """Merge the best of one block into `scores` and `best`, each of shape (n_queries, k)."""
    n, k = len(ids), scores.shape[1]
    padded = (n + STRIDE - 1) // STRIDE * STRIDE
    sums = np.zeros(padded, dtype=np.float32)
    bits = sums.view(np.int32)
    for query in range(len(query_starts) - 1):
        for entry in range(query_starts[query], query_starts[query + 1]):
            column, weight = query_columns[entry], query_values[entry]
            for place in range(starts[column], starts[column + 1]):
                sums[places[place]] += weight * values[place]
        heap, owners = scores[query], best[query]
        # best first is a list; the worst on top is a heap: turn it round
        for place in range(k // 2):
            heap[place], heap[k - 1 - place] = heap[k - 1 - place], heap[place]
            owners[place], owners[k - 1 - place] = owners[k - 1 - place], owners[place]
        floor = np.int32(max(heap[:1].view(np.int32)[0] - 1, 0))
        for first in range(0, padded, STRIDE):
            # positive floats are ordered like the integers of the same bits
            signs = np.int32(0)
            for place in range(first, first + STRIDE):
                signs |= np.int32(floor - bits[place])
            if signs >= 0:
                continue
            for place in range(first, min(first + STRIDE, n)):
                score = sums[place]
                if bits[place] <= floor or (len(allowed) and not allowed[place]):
                    continue
                if owners[0] < 0 or _is_worse(heap[0], owners[0], score, ids[place]):
                    heap[0], owners[0] = score, ids[place]
                    _sift_down(heap, owners, k)
                    floor = np.int32(max(heap[:1].view(np.int32)[0] - 1, 0))
        sums[:] = 0
        _sort_heap(heap, owners)


@compiled
def picked(
    starts: Array, places: Array, values: Array, wanted: Array, columns: Array, weights: Array
) -> Array:
    """Return the sums of a few documents of a block, shape (n_wanted,)."""
    sums = np.zeros(len(wanted), dtype=np.float32)
    number = np.full(1 << 16, -1, dtype=np.int32)
    for which in range(len(wanted)):
        number[wanted[which]] = which
    for entry in range(len(columns)):
        column = columns[entry]
        first, last = starts[column], starts[column + 1]
        if last - first < READ_WHOLE * len(wanted):
            for place in range(first, last):
                which = number[places[place]]
                if which >= 0:
                    sums[which] += weights[entry] * values[place]
            continue
        for which in range(len(wanted)):
            low, high = first, last
            while low < high:
                middle = (low + high) // 2
                if places[middle] < wanted[which]:
                    low = middle + 1
                else:
                    high = middle
            if low < last and places[low] == wanted[which]:
                sums[which] += weights[entry] * values[low]
    return sums
