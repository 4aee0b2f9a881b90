"""Quality of the engine on real data, beside what one would take instead; prints JSON.

python bench/engine_quality.py DATA, where DATA holds `matching/contest2019_open`,
`matching/kppatent_zh` and `matching/chinaxiv` (labelled pairs, patents, preprints).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import rjieba
from sklearn.feature_extraction.text import TfidfVectorizer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from matchmaker.engine import Document, Recommender
from matchmaker.engine import evaluation as ev

Rank = Callable[[Sequence[str], Sequence[str]], np.ndarray]


def engine(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Cosines of our engine, shape (n_queries, n_texts); the query has no title of its own."""
    documents = [Document(id=i, title=text) for i, text in enumerate(texts)]
    recommender = Recommender().fit([], documents)
    found = np.zeros((len(queries), len(texts)))
    for row, query in enumerate(queries):
        for i, score in recommender.search(query, k=len(texts)):
            found[row, i] = score
    return found


def tfidf(**options: object) -> Rank:
    """A plain scikit-learn TF-IDF with these options."""

    def rank(queries: Sequence[str], texts: Sequence[str]) -> np.ndarray:
        vectors = TfidfVectorizer(sublinear_tf=True, token_pattern=None, **options).fit(texts)
        return (vectors.transform(queries) @ vectors.transform(texts).T).toarray()

    return rank


def words(text: str) -> list[str]:
    return [word for word in rjieba.cut(text, False) if word.strip()]


METHODS: dict[str, Rank] = {
    "engine": engine,
    "words": tfidf(analyzer=words),
    "char_1_3": tfidf(analyzer="char", ngram_range=(1, 3)),
}


def known_item(rank: Rank, queries: Sequence[str], texts: Sequence[str]) -> float:
    """nDCG@10 where text i is the only answer to query i; ties by expectation."""
    scores = rank(queries, texts)
    gains = []
    for i, row in enumerate(scores):
        better, equal = int((row > row[i]).sum()), int((row == row[i]).sum())
        places = np.arange(better, better + equal)
        gains.append(np.where(places < ev.DEPTH, 1 / np.log2(places + 2), 0).mean())
    return float(np.mean(gains))


def contest(folder: Path) -> dict[str, object]:
    data = ev.read(folder)
    ours = ev.measure(data.pairs, ev.score_pairs(data))
    result: dict[str, object] = {"engine": ours}
    for name in ("words", "char_1_3"):
        needs, achievements = list(data.needs), list(data.achievements)
        scores = METHODS[name](
            [f"{data.needs[key].title}\n{data.needs[key].body}" for key in needs],
            [data.achievements[key].title for key in achievements],
        )
        row, column = ({key: i for i, key in enumerate(side)} for side in (needs, achievements))
        values = [scores[row[p.requirement_id], column[p.achievement_id]] for p in data.pairs]
        result[name] = ev.measure(data.pairs, values)
    return result


def read_lines(path: Path, limit: int) -> list[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line, _ in zip(file, range(limit), strict=False)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=2000)
    options = parser.parse_args()
    folder = options.data / "matching"
    patents = read_lines(folder / "kppatent_zh" / "patents_test.jsonl", options.limit)
    papers = read_lines(folder / "chinaxiv" / "papers.jsonl", options.limit)
    tasks = {
        "patents_keyphrases_to_abstract": (patents, "keyphrases", "abstract"),
        "patents_title_to_abstract": (patents, "title", "abstract"),
        "preprints_keywords_to_abstract": (papers, "keywords", "abstract"),
        "preprints_title_to_abstract": (papers, "title", "abstract"),
    }
    result: dict[str, object] = {"contest": contest(folder / "contest2019_open")}
    for task, (rows, query, text) in tasks.items():
        kept = [row for row in rows if row.get(query) and row.get(text)]
        queries = [
            " ".join(row[query]) if isinstance(row[query], list) else str(row[query])
            for row in kept
        ]
        texts = [str(row[text]) for row in kept]
        result[task] = {name: known_item(rank, queries, texts) for name, rank in METHODS.items()}
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
