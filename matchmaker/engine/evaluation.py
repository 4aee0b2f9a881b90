"""How good is a ranking? `python -m matchmaker.engine.evaluation DIR` and its options.

    --scores FILE           write every pair's score
    --requirements FILE     write the measures of every requirement
    --against FILE          compare with other scores of the same pairs, requirement by requirement
    --config FILE           JSON with "weights" of signals, as the Recommender takes them
    --train DIR             choose the weight of title against text on another folder first

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
from numpy.typing import NDArray
from scipy.stats import spearmanr

from .documents import FIELDS, Document
from .recommender import Recommender
from .signals import DEFAULT_WEIGHTS

GAINS = {1: 0, 2: 1, 3: 3, 4: 7}
RELEVANT = 3
DEPTH = 10
MEASURES = ("ndcg@10", "map", "auc")
SAMPLES = 10_000
TITLE_SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
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


Measures = dict[str, float]
"""nDCG@10, MAP and AUC of one requirement; what is not defined for it is left out."""


def by_requirement(pairs: Sequence[Pair], scores: Sequence[float]) -> dict[str, Measures]:
    """Return the measures of every requirement that has labels."""
    return {name: _measures(judged) for name, judged in _judged(pairs, scores).items()}


def measure(pairs: Sequence[Pair], scores: Sequence[float]) -> dict[str, float | int | None]:
    """Return the measures over labelled pairs; None where nothing is labelled."""
    judged = _judged(pairs, scores)
    found = [_measures(lines) for lines in judged.values()]
    levels = [level for lines in judged.values() for _, level in lines]
    values = [score for lines in judged.values() for score, _ in lines]
    correlation = spearmanr(values, levels).statistic if len(set(levels)) > 1 else None
    return {
        **{name: _mean([item[name] for item in found if name in item]) for name in MEASURES},
        "spearman": None if correlation is None else float(correlation),
        "n_requirements": sum("ndcg@10" in item for item in found),
        "n_pairs": len(levels),
    }


def compare(
    pairs: Sequence[Pair], scores: Sequence[float], others: Sequence[float], *, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return by how much scores rank better than others, with a 95 % interval for each measure.

    The interval is that of a paired bootstrap over requirements (percentiles of 10,000 samples);
    where it holds 0, the difference may be chance.
    """
    ours, theirs = by_requirement(pairs, scores), by_requirement(pairs, others)
    result = {}
    for name in MEASURES:
        gains = np.array(
            [ours[key][name] - theirs[key][name] for key in ours if name in ours[key]]
        )
        if len(gains):
            result[name] = {"difference": float(gains.mean()), **interval_of(gains, seed=seed)}
    return result


def interval_of(values: NDArray[np.float64], *, seed: int = 0) -> dict[str, float]:
    """Return the 95 % bootstrap interval of a mean."""
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            values[rng.integers(0, len(values), (1000, len(values)))].mean(axis=1)
            for _part in range(SAMPLES // 1000)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return {"low": float(low), "high": float(high)}


def trained(data: Labelled) -> dict[str, float]:
    """Return the weights of title and text that rank a labelled folder best."""
    total = sum(DEFAULT_WEIGHTS[name] for name in FIELDS)
    candidates = [
        {"title": round(total * share, 4), "body": round(total * (1 - share), 4)}
        for share in TITLE_SHARES
    ]

    def quality(weights: dict[str, float]) -> float:
        found = measure(data.pairs, score_pairs(data, Recommender(weights=weights)))["ndcg@10"]
        return found or 0.0

    return max(candidates, key=quality)


def _judged(pairs: Sequence[Pair], scores: Sequence[float]) -> dict[str, list[tuple[float, int]]]:
    judged: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for pair, score in zip(pairs, scores, strict=True):
        if pair.level is not None:
            judged[pair.requirement_id].append((score, pair.level))
    return judged


def _measures(judged: Judged) -> Measures:
    found: Measures = {}
    if any(level > 1 for _, level in judged):
        found["ndcg@10"] = ndcg(judged)
    if _has_relevant(judged):
        found["map"] = average_precision(judged)
    if _has_both(judged):
        found["auc"] = auc(judged)
    return found


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


def read_scores(path: Path, pairs: Sequence[Pair]) -> list[float]:
    """Read scores in the form of `write_scores`, in the order of the pairs.

    Raises:
        DataError: the file cannot be read, or a labelled pair has no score in it.

    """
    columns = ("requirement_id", "achievement_id", "score")
    known: dict[tuple[str, str], float] = {}
    for row in _rows(path, columns):
        try:
            known[row["requirement_id"], row["achievement_id"]] = float(row["score"])
        except (TypeError, ValueError):
            raise DataError(f"{path.name}: {row['score']!r} is not a number.") from None
    scores = []
    for pair in pairs:
        score = known.get((pair.requirement_id, pair.achievement_id))
        if score is None and pair.level is not None:
            raise DataError(
                f"{path.name} has no score for {pair.requirement_id} / {pair.achievement_id}."
            )
        scores.append(score if score is not None else 0.0)
    return scores


def write_requirements(path: Path, found: dict[str, Measures]) -> None:
    """Write requirement_id and its measures, empty where they are not defined."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["requirement_id", *MEASURES])
        for name, values in found.items():
            writer.writerow([name, *(repr(values[m]) if m in values else "" for m in MEASURES)])


def _weights(options: argparse.Namespace) -> dict[str, float]:
    weights: dict[str, float] = {}
    if options.config:
        try:
            content = json.loads(options.config.read_text(encoding="utf-8"))
            weights |= {str(name): float(value) for name, value in content["weights"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f'{options.config.name} must hold {{"weights": {{signal: number}}}}.'
            ) from error
    if options.train:
        weights |= trained(read(options.train))
    return weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 2 and one sentence for data that cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m matchmaker.engine.evaluation", description=__doc__.split("\n")[0]
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    for name, words in (
        ("--scores", "write every pair's score"),
        ("--requirements", "write the measures of every requirement"),
        ("--against", "compare with the scores in this file"),
        ("--config", 'JSON with "weights" of signals'),
    ):
        parser.add_argument(name, type=Path, metavar="FILE", help=words)
    parser.add_argument(
        "--train", type=Path, metavar="DIR", help="choose title against text on this folder first"
    )
    options = parser.parse_args(arguments)
    try:
        data = read(options.folder)
        recommender = Recommender(weights=_weights(options))
        scores = score_pairs(data, recommender)
        result: dict[str, object] = {
            **measure(data.pairs, scores),
            "model": recommender.model_id,
            "weights": dict(recommender.weights_),
        }
        if options.against:
            others = read_scores(options.against, data.pairs)
            result["against"] = compare(data.pairs, scores, others)
        if options.scores:
            write_scores(options.scores, data.pairs, scores)
        if options.requirements:
            write_requirements(options.requirements, by_requirement(data.pairs, scores))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
