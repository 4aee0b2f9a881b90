"""How good is a ranking? `python -m matchmaker.engine.evaluation DIR [--scores FILE]`.

Reads `requirements.csv` (requirement_id, title, content), `achievements.csv` (achievement_id,
title_joined) and `pairs.csv` (requirement_id, achievement_id, level 1–4 or nothing) and prints
nDCG@10, MAP, AUC and Spearman as JSON. Ties are resolved by expectation: every order within a
group of equal scores counts alike (McSherry and Najork, ECIR 2008), so nothing is left to chance.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from .documents import Document
from .recommender import Recommender

GAINS = {1: 0, 2: 1, 3: 3, 4: 7}
RELEVANT = 3
DEPTH = 10
Judged = Sequence[tuple[float, int]]
"""(score, level) of the labelled achievements of one requirement."""


class DataError(ValueError):
    """The folder cannot be read; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Pair:
    requirement_id: str
    achievement_id: str
    level: int | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A folder of labelled pairs as documents with running ids."""

    needs: dict[str, Document]
    achievements: dict[str, Document]
    pairs: list[Pair]


def read(folder: Path) -> Labelled:
    """Read the three files.

    Raises:
        DataError: a file or a column is missing, or a level is not 1 to 4.

    """
    needs = {
        row["requirement_id"]: Document(id=i, title=row["title"], body=row["content"])
        for i, row in enumerate(
            _rows(folder / "requirements.csv", ("requirement_id", "title", "content"))
        )
    }
    achievements = {
        row["achievement_id"]: Document(
            id=i, title=row["title_joined"], body=row.get("content") or ""
        )
        for i, row in enumerate(
            _rows(folder / "achievements.csv", ("achievement_id", "title_joined"))
        )
    }
    pairs = [
        Pair(row["requirement_id"], row["achievement_id"], _level(row.get("level") or ""))
        for row in _rows(folder / "pairs.csv", ("requirement_id", "achievement_id"))
    ]
    for pair in pairs:
        if pair.requirement_id not in needs or pair.achievement_id not in achievements:
            raise DataError(
                f"pairs.csv names {pair.requirement_id} / {pair.achievement_id}, "
                "which the other two files do not hold."
            )
    return Labelled(needs, achievements, pairs)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise DataError(f"{path} is missing.")
    csv.field_size_limit(2**24)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        lacking = [column for column in columns if column not in (reader.fieldnames or ())]
        if lacking:
            raise DataError(f"{path.name} lacks the column {lacking[0]}.")
        try:
            yield from reader
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path.name} cannot be read: {error}") from error


def _level(text: str) -> int | None:
    if not text.strip():
        return None
    if text.strip() not in {"1", "2", "3", "4"}:
        raise DataError(f"a level must be 1, 2, 3 or 4, not {text!r}.")
    return int(text)


def score_pairs(data: Labelled, recommender: Recommender | None = None) -> list[float]:
    """Score every labelled pair with an engine fitted on the folder."""
    engine = (recommender or Recommender()).fit(
        list(data.needs.values()), list(data.achievements.values())
    )
    return engine.score_pairs(
        [
            (data.needs[pair.requirement_id], data.achievements[pair.achievement_id])
            for pair in data.pairs
        ]
    )


def measure(pairs: Sequence[Pair], scores: Sequence[float]) -> dict[str, float | int | None]:
    """Return the measures over labelled pairs; None where nothing is labelled."""
    by_requirement: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for pair, score in zip(pairs, scores, strict=True):
        if pair.level is not None:
            by_requirement[pair.requirement_id].append((score, pair.level))
    lists = list(by_requirement.values())
    levels = [level for judged in lists for _, level in judged]
    values = [score for judged in lists for score, _ in judged]
    correlation = spearmanr(values, levels).statistic if len(set(levels)) > 1 else None
    return {
        "ndcg@10": _mean([ndcg(judged) for judged in lists if any(v > 1 for _, v in judged)]),
        "map": _mean([average_precision(judged) for judged in lists if _has_relevant(judged)]),
        "auc": _mean([auc(judged) for judged in lists if _has_both(judged)]),
        "spearman": None if correlation is None else float(correlation),
        "n_requirements": sum(any(level > 1 for _, level in judged) for judged in lists),
        "n_pairs": len(levels),
    }


def ndcg(judged: Judged, depth: int = DEPTH) -> float:
    """Expected nDCG at a depth with gains 0, 1, 3, 7 for levels 1 to 4."""
    discounts = 1 / np.log2(np.arange(2, len(judged) + 2))
    discounts[depth:] = 0
    ideal = np.sort([GAINS[level] for _, level in judged])[::-1]
    expected = np.concatenate(
        [np.full(len(group), np.mean([GAINS[v] for v in group])) for group in _tie_groups(judged)]
    )
    return float(expected @ discounts / (ideal @ discounts))


def average_precision(judged: Judged) -> float:
    """Expected average precision; relevant is level 3 and above."""
    before = found = 0
    total = 0.0
    for group in _tie_groups(judged):
        size, hits = len(group), sum(level >= RELEVANT for level in group)
        for i in range(1, size + 1):
            others = (i - 1) * (hits - 1) / (size - 1) if size > 1 else 0.0
            total += hits / size * (found + 1 + others) / (before + i)
        before += size
        found += hits
    return total / found


def auc(judged: Judged) -> float:
    """Chance that a relevant achievement stands above another one; a tie counts half."""
    good = np.array([score for score, level in judged if level >= RELEVANT])
    bad = np.array([score for score, level in judged if level < RELEVANT])
    above = (good[:, None] > bad).mean()
    return float(above + (good[:, None] == bad).mean() / 2)


def _tie_groups(judged: Judged) -> list[list[int]]:
    ordered = sorted(judged, key=lambda item: -item[0])
    return [[level for _, level in group] for _, group in groupby(ordered, lambda item: item[0])]


def _has_relevant(judged: Judged) -> bool:
    return any(level >= RELEVANT for _, level in judged)


def _has_both(judged: Judged) -> bool:
    return _has_relevant(judged) and any(level < RELEVANT for _, level in judged)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def write_scores(path: Path, pairs: Sequence[Pair], scores: Sequence[float]) -> None:
    """Write requirement_id, achievement_id, score for every pair."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["requirement_id", "achievement_id", "score"])
        for pair, score in zip(pairs, scores, strict=True):
            writer.writerow([pair.requirement_id, pair.achievement_id, repr(float(score))])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 2 and one sentence for data that cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m matchmaker.engine.evaluation", description=__doc__.split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="write every pair's score")
    options = parser.parse_args(arguments)
    try:
        data = read(options.folder)
        scores = score_pairs(data)
        if options.scores:
            write_scores(options.scores, data.pairs, scores)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    result = {**measure(data.pairs, scores), "model": Recommender().model_id}
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
