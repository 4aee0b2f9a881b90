"""The index at 100,000 or 1,000,000 records: building, mapping, memory, one need; prints JSON.

python bench/engine_scale.py DATA [--records 1000000] [--folder DIR], where
DATA/matching/chinaxiv/passages.jsonl.gz holds texts; above their number, halves of two are joined.
The index is built by a process of its own; then two others map it side by side. Private memory is
that of the process alone (the kernel's account), measured before and after it maps the index and
has answered. `linear_kernel` runs over the same vectors in the same rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sklearn.metrics.pairwise import linear_kernel

from bench.measuring import megabytes, peak_megabytes, percentiles, read_texts
from matchmaker.engine import Document, Recommender, store
from matchmaker.engine.filters import Filter
from matchmaker.engine.index import Index

ASKED = 200
TITLE = 30
CHAINS = 10


def documents(texts: list[str]) -> Iterator[Document]:
    """Yield records as the platform has them; a tenth is filed under each chain."""
    for number, text in enumerate(texts):
        yield Document(
            id=number, title=text[:TITLE], body=text[TITLE:], version=1,
            chains=frozenset([str(number % CHAINS)]), trl=number % 9 + 1, organisation=number % 997,
        )  # fmt: skip


def build(data: Path, folder: Path, records: int) -> dict[str, Any]:
    texts = read_texts(data, records)
    before = megabytes("Anonymous:")
    begin = time.perf_counter()
    recommender = Recommender().fit(documents(texts[:ASKED]), documents(texts))
    fitted = time.perf_counter()
    peak = peak_megabytes()
    store.save(folder, recommender)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return {
        "fit_s": round(fitted - begin, 1), "save_s": round(time.perf_counter() - fitted, 1),
        "texts_mb": round(before), "peak_mb": round(peak), "files_mb": round(size),
        "features": len(recommender.weighting_.vocabulary_),
    }  # fmt: skip


def use(data: Path, folder: Path, records: int) -> dict[str, Any]:
    """Map the index as a process of the platform does, and ask it."""
    rng = np.random.default_rng(1)
    texts = read_texts(data, min(records, 100_000))
    asked = [
        Document(
            id=-1,
            title=texts[i][:TITLE],
            body=texts[i][TITLE:150],
            chains=frozenset([str(n % CHAINS)]),
            trl=n % 9 + 1,
        )
        for n, i in enumerate(rng.integers(0, len(texts), ASKED))
    ]
    del texts
    small = Recommender().fit([], asked[:1])  # loops, tables and words: not the index
    small.suggest_for_need(asked[0])
    before = megabytes("Anonymous:")
    begin = time.perf_counter()
    recommender, _ = store.load(folder)
    mapped = time.perf_counter()
    recommender.suggest_for_need(asked[0])
    first = time.perf_counter()
    filtered = timed(lambda i: recommender.suggest_for_need(asked[i], among=tenth(i)))
    scan = timed(lambda i: recommender.search(asked[i].title + asked[i].body, k=20))
    whole = timed(lambda i: recommender.suggest_for_need(asked[i]))
    after = megabytes("Anonymous:")
    added = timed(lambda i: recommender.upsert_achievement(fresh(asked[i], i)))
    last = fresh(asked[ASKED - 1], ASKED - 1)
    found = [item.achievement_id for item in recommender.suggest_for_need(last)]
    result = {
        "map_and_check_s": round(mapped - begin, 3), "first_answer_s": round(first - mapped, 3),
        "suggest_ms": percentiles(whole), "suggest_in_a_tenth_ms": percentiles(filtered),
        "search_ms": percentiles(scan), "add_one_ms": percentiles(added),
        "added_is_found": last.id in found, "private_mb": round(after - before, 1),
    }  # fmt: skip
    if records <= 100_000:
        result["linear_kernel_in_a_tenth_ms"] = percentiles(peer(recommender, asked))
    return result


def tenth(number: int) -> Filter:
    return Filter(chains=frozenset([str(number % CHAINS)]))


def fresh(document: Document, number: int) -> Document:
    return Document(id=10**9 + number, title=document.title, body=document.body, version=1)


def timed(work: Any) -> list[float]:
    work(0)
    spent = []
    for number in range(ASKED):
        begin = time.perf_counter()
        work(number)
        spent.append((time.perf_counter() - begin) * 1000)
    return spent


def peer(recommender: Recommender, asked: list[Document]) -> list[float]:
    """scikit-learn's linear_kernel over a tenth of the same vectors."""
    index = recommender.achievements_
    rows = index.segments[0].rows(index.width)[::CHAINS]
    queries = Index.of(asked, rows[:ASKED])  # as many features as a need has
    spent = []
    for query in queries.segments[0].rows(index.width)[:20]:
        begin = time.perf_counter()
        linear_kernel(query, rows).argsort()[0][-20:]
        spent.append((time.perf_counter() - begin) * 1000)
    return [value * sum(map(len, index.segments)) / len(index.segments[0]) for value in spent]


def process(verb: str, data: Path, folder: Path, records: int) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, str(data), "--records", str(records)]
    command += ["--folder", str(folder), "--verb", verb]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answers(*processes: subprocess.Popen[str]) -> list[dict[str, Any]]:
    texts = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit("a process of the bench failed")
    return [json.loads(text) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--verb", choices=["build", "use"])
    options = parser.parse_args()
    if options.verb:
        verb = build if options.verb == "build" else use
        print(json.dumps(verb(options.data, options.folder, options.records)))
        return
    with tempfile.TemporaryDirectory() as made:
        place = (options.data, options.folder or Path(made) / "index", options.records)
        (built,) = answers(process("build", *place))
        both = answers(process("use", *place), process("use", *place))
    for one in both:
        one["private_share_of_files"] = round(one["private_mb"] / built["files_mb"], 3)
    print(json.dumps({"records": options.records, "build": built, "use": both}, indent=1))


if __name__ == "__main__":
    main()
