"""Speed of the engine on real text beside what one would take instead; prints JSON.

python bench/engine_speed.py DATA [--records 100000] [--needs 2000] [--rounds 3], where
DATA/matching/chinaxiv/passages.jsonl.gz holds texts. Every figure is the median of interleaved
rounds in this one process; so is every ratio, of two times in one round, with the least and the
most beside it. Peers need `pip install sparse-dot-topn`. `--only square` finds the best of every
record among all the others, once, with progress, and the most memory that this takes.

Above the number of passages, texts are made by joining halves of two passages.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numba
import numpy as np
import rjieba
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.metrics.pairwise import cosine_similarity, linear_kernel
from tqdm import tqdm

from bench.measuring import (
    forget_peak,
    megabytes,
    peak_megabytes,
    percentiles,
    ratio,
    read_texts,
    seconds,
)
from matchmaker.engine import Document
from matchmaker.engine.counting import Vocabulary, counted
from matchmaker.engine.filters import Filter
from matchmaker.engine.index import Index
from matchmaker.engine.text import features

K = 20
SQUARE_BLOCK = 2000
THREADS = 2


def rounds(works: dict[str, Callable[[], Any]], times: int) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _round in range(times):
        for name, work in works.items():
            spent[name].append(seconds(work))
    return spent


def summary(spent: dict[str, list[float]], ours: str) -> dict[str, Any]:
    return {
        name: {
            "median_s": round(statistics.median(values), 4), "min_s": round(min(values), 4),
            "max_s": round(max(values), 4), "ratio": ratio(values, spent[ours]),
        }
        for name, values in spent.items()
    }  # fmt: skip


def ours_fit(texts: Sequence[str]) -> sp.csr_matrix:
    codes, counts, starts = counted(texts)
    vocabulary = Vocabulary.of(codes)
    return TfidfTransformer(sublinear_tf=True).fit_transform(
        vocabulary.matrix(codes, counts, starts)
    )


def words(text: str) -> list[str]:
    """Return words of two characters and more, as word TF-IDF usually has them."""
    return [word for word in rjieba.cut(text, False) if len(word) > 1 and word.strip()]


@numba.njit(nogil=True, cache=True)
def scatter(sums: Any, places: Any, times: int) -> None:
    for _time in range(times):
        for place in places:
            sums[place] += np.float32(0.5)


def scatter_rate() -> float:
    """Random additions per second of one core into a 6 MB accumulator: the bound of PERFORMANCE."""
    rng = np.random.default_rng(0)
    sums = np.zeros(1_500_000, dtype=np.float32)
    places = rng.integers(0, len(sums), 5_000_000)
    scatter(sums, places, 1)
    best = min(seconds(lambda: scatter(sums, places, 1)) for _time in range(9))
    return len(places) / best


def index_of(rows: sp.csr_matrix) -> Index:
    return Index.of([Document(id=i, title="") for i in range(rows.shape[0])], rows)


def all_pairs(queries: sp.csr_matrix, rows: sp.csr_matrix, times: int) -> dict[str, Any]:
    index = index_of(rows)
    held = np.diff(rows.tocsc().indptr)
    madds = float(held[queries.indices].sum())
    transposed = sp.csr_matrix(rows.T)

    def blocks() -> None:
        for first in range(0, queries.shape[0], 200):
            part = cosine_similarity(queries[first : first + 200], rows, dense_output=True)
            np.argpartition(-part, K, axis=1)[:, :K]

    works: dict[str, Callable[[], Any]] = {
        "ours": lambda: index.best(queries, k=K, threads=THREADS),
        "ours_one_thread": lambda: index.best(queries, k=K),
        "sklearn_cosine_blocks": blocks,
    }
    try:
        from sparse_dot_topn import sp_matmul_topn

        works["sparse_dot_topn"] = lambda: sp_matmul_topn(
            queries, transposed, top_n=K, n_threads=THREADS, sort=True
        )
    except ImportError:
        pass
    works["ours"]()
    spent = rounds(works, times)
    rate = scatter_rate()
    bound = madds / (rate * THREADS)
    result = summary(spent, "ours")
    result["multiply_adds"] = madds
    result["scatter_per_second_and_core"] = round(rate / 1e9, 2)
    result["over_bound"] = round(statistics.median(spent["ours"]) / bound, 2)
    result["index_mb"] = round(index.nbytes / 1e6, 1)
    return result


def one_need(queries: sp.csr_matrix, rows: sp.csr_matrix, times: int) -> dict[str, Any]:
    """One need at a time, a tenth of the records allowed."""
    index = index_of(rows)
    allowed = np.arange(0, rows.shape[0], 10)
    among = Filter(ids=allowed)
    index.best(queries[0], k=K, among=among)
    spent = [
        seconds(lambda q=queries[i]: index.best(q, k=K, among=among)) * 1000  # type: ignore[misc]
        for i in range(min(200, queries.shape[0]))
    ]
    peers = {
        "linear_kernel_of_all": lambda q: linear_kernel(q, rows)[0, allowed].argsort()[-K:],
        "linear_kernel_of_allowed": lambda q: linear_kernel(q, rows[allowed])[0].argsort()[-K:],
    }
    result: dict[str, Any] = {"ours_ms": percentiles(spent)}
    for name, work in peers.items():
        theirs = [
            seconds(lambda q=queries[i]: work(q)) * 1000  # type: ignore[misc]  # noqa: B023
            for i in range(3 * times)
        ]
        result[f"{name}_ms"] = percentiles(theirs)
        result[f"{name}_ratio"] = round(statistics.median(theirs) / statistics.median(spent), 1)
    return result


def square(rows: sp.csr_matrix) -> dict[str, Any]:
    """Every record against all, block by block; memory is what is added to texts and index."""
    index = index_of(rows)
    index.best(rows[:1], k=K)
    held = np.diff(rows.tocsc().indptr).astype(float)
    forget_peak()
    before = megabytes("Rss:")
    begin = time.perf_counter()
    own = 0
    for first in tqdm(range(0, rows.shape[0], SQUARE_BLOCK), unit="block"):
        _scores, best = index.best(rows[first : first + SQUARE_BLOCK], k=K, threads=THREADS)
        own += int((best == np.arange(first, first + len(best))[:, None]).any(axis=1).sum())
    spent = time.perf_counter() - begin
    madds = float(held[rows.indices].sum())
    return {
        "s": round(spent, 1), "billion_pairs_per_second": round(rows.shape[0] ** 2 / spent / 1e9, 2),
        "multiply_adds": madds, "over_bound": round(spent * scatter_rate() * THREADS / madds, 2),
        "added_mb": round(peak_megabytes() - before), "find_themselves": own / rows.shape[0],
        "index_mb": round(index.nbytes / 1e6, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--needs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", choices=["fit", "pairs", "words", "one", "square"], action="append"
    )
    options = parser.parse_args()
    wanted = options.only or ["fit", "pairs", "words", "one"]
    texts = read_texts(options.data, options.records)
    result: dict[str, Any] = {
        "records": len(texts), "needs": options.needs, "cores": os.cpu_count(),
        "private_mb_of_texts": round(megabytes("Private_")),
    }  # fmt: skip
    ours_fit(texts[:100])
    if "fit" in wanted:
        part = texts[:100_000]
        works = {
            "ours": lambda: ours_fit(part),
            "tfidf_vectorizer": lambda: TfidfVectorizer(
                analyzer=features, sublinear_tf=True
            ).fit_transform(part),
        }
        result["fit"] = {"records": len(part), **summary(rounds(works, options.rounds), "ours")}
    rng = np.random.default_rng(1)
    asked = [texts[i][:150] for i in rng.integers(0, len(texts), options.needs)]
    if {"pairs", "one", "square"} & set(wanted):
        both = ours_fit([*texts, *asked]).astype(np.float32)
        rows, queries = both[: len(texts)], both[len(texts) :]
        if "pairs" in wanted:
            result["all_pairs"] = all_pairs(queries, rows, options.rounds)
        if "one" in wanted:
            result["one_need_tenth_allowed"] = one_need(queries, rows, options.rounds)
        if "square" in wanted:
            del both, queries
            result["square"] = square(rows)
        result["private_mb_at_the_end"] = round(megabytes("Private_"))
    if "words" in wanted:
        vectors = TfidfVectorizer(analyzer=words, dtype=np.float32, sublinear_tf=True).fit(texts)
        result["all_pairs_words"] = all_pairs(
            vectors.transform(asked), vectors.transform(texts), options.rounds
        )
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
