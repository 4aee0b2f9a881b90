"""What decisions teach, replayed on judged pairs; prints JSON.

python bench/replay.py DATA [--encoder packaged-e5], where DATA holds `matching/contest2019_open`
(labelled pairs). With a model of meaning there is a line more of each kind, in which needs and
achievements are alike by words and by meaning; the scores stay those of words, so that all begin
at the same lists.

Of every requirement five judged achievements are revealed, and the rest is ranked before and
after: `top` reveals the first five of the engine's list, as an organiser would decide them,
`random` any five, in several draws whose gains are averaged. A level is an outcome of 0, 1/3, 2/3
or 1.

- `own` learns from these five, `rocchio` as well: the peer, in the setting that is best on these
  very requirements (0.3 times the mean of the accepted, nothing for the rejected).
- `five_of_each` learns from these five and from the first five of every other requirement; where
  there is a model, `…_chosen_elsewhere` tells its gain with both settings chosen on other ones.
- `known` learns from these five and from all decisions on *other* requirements, so what is scored
  is left out one requirement at a time. Some requirements were posted twice with the same text;
  `of_repeated` and `of_others` tell the gains of these and of the rest apart.

`acceptance` is cross-fitted over requirements, those with equal titles in one fold; accepted is
level 3 and above.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from matchmaker.engine import Recommender
from matchmaker.engine import evaluation as ev
from matchmaker.engine.acceptance import AcceptanceModel, reliability
from matchmaker.engine.encoders import encoder_from
from matchmaker.engine.learning import Decision, Lessons
from matchmaker.engine.lexical import full_text
from matchmaker.engine.likeness import Likeness, centre
from matchmaker.engine.meaning import Meaning
from matchmaker.engine.vectors import Vectors
from matchmaker.engine.weighting import Counted, Weighting

REVEALED = 5
FOLDS = 5
DEALS = 200
SHARES, BOUNDS = (0.5, 0.7, 0.8, 0.9, 1.0), (0.2, 0.3, 0.4, 0.5)
ROCCHIO = 0.3
Judged = list[tuple[Decision, int]]
"""The judged achievements of one requirement, best score first, with their levels."""
Learn = Callable[[Sequence[Decision], Sequence[Decision], str], NDArray[np.float64]]
"""What to add to the scores of the second, knowing the first and the requirement."""


def judged_pairs(data: ev.Labelled, engine: Recommender) -> dict[str, Judged]:
    """Return the labelled pairs of each requirement as decisions."""
    scores = ev.score_pairs(data, engine)
    found: dict[str, Judged] = defaultdict(list)
    for pair, score in zip(data.pairs, scores, strict=True):
        if pair.level is not None:
            need = data.needs[pair.requirement_id]
            achievement = data.achievements[pair.achievement_id]
            decision = Decision(need, achievement, (pair.level - 1) / 3, score)
            found[pair.requirement_id].append((decision, pair.level))
    for lines in found.values():
        lines.sort(key=lambda line: (-line[0].score, line[0].achievement.id))
    return found


def draws(n: int, protocol: str, seeds: int) -> Iterator[list[int]]:
    """Yield which of n judged achievements are revealed."""
    if protocol == "top":
        yield list(range(REVEALED))
        return
    for seed in range(seeds):
        yield np.random.default_rng(seed).choice(n, REVEALED, replace=False).tolist()


def replay(lines: Judged, protocol: str, seeds: int, learn: Learn, key: str) -> list[float] | None:
    """Return mean nDCG@10 before and after; None where the rest has nothing to find."""
    found = []
    for revealed in draws(len(lines), protocol, seeds):
        shown = [lines[i][0] for i in revealed]
        rest = [line for i, line in enumerate(lines) if i not in set(revealed)]
        if all(level == 1 for _, level in rest):
            continue
        levels = [level for _, level in rest]
        before = np.array([decision.score for decision, _ in rest])
        after = before + learn(shown, [decision for decision, _ in rest], key)
        found.append([ev.ndcg([*zip(s.tolist(), levels, strict=True)]) for s in (before, after)])
    return np.mean(found, axis=0).tolist() if found else None


def lessons(likeness: Likeness, others: Mapping[str, Sequence[Decision]]) -> Learn:
    def learn(
        shown: Sequence[Decision], rest: Sequence[Decision], key: str
    ) -> NDArray[np.float64]:
        known = [*shown, *others.get(key, ())]
        learned = Lessons(likeness).fit(rest[0].need, known)
        return learned.changes([decision.achievement for decision in rest])

    return learn


def rocchio(weighting: Weighting) -> Learn:
    def vectors(decisions: Sequence[Decision]) -> Any:
        texts = [full_text(decision.achievement) for decision in decisions]
        return weighting.needs(Counted.of(texts))

    def learn(
        shown: Sequence[Decision], rest: Sequence[Decision], _key: str
    ) -> NDArray[np.float64]:
        accepted = [decision for decision in shown if decision.outcome > 0.5]
        if not accepted:
            return np.zeros(len(rest))
        alike = (vectors(rest) @ vectors(accepted).T).toarray()
        return np.asarray(ROCCHIO * alike.mean(axis=1), dtype=np.float64)

    return learn


def heard(likeness: Likeness, judged: Mapping[str, Judged]) -> dict[str, list[Decision]]:
    """Return for each requirement the decisions on others that are like it, chosen once."""
    everything = [decision for lines in judged.values() for decision, _ in lines]
    samples = {decision.need.id: decision for decision in everything}
    found = {}
    for key, lines in judged.items():
        need = lines[0][0].need
        others = [decision for other, decision in samples.items() if other != need.id]
        near = {item.need.id for item in Lessons(likeness).fit(need, others).decisions_}
        found[key] = [decision for decision in everything if decision.need.id in near]
    return found


def methods_of(likeness: Likeness, judged: Mapping[str, Judged]) -> dict[str, Learn]:
    """Return what learns from a requirement's five, from everybody's five, and from all."""
    first = {key: [decision for decision, _ in lines[:REVEALED]] for key, lines in judged.items()}
    five = {
        key: [decision for other, known in first.items() if other != key for decision in known]
        for key in judged
    }
    return {
        "own": lessons(likeness, {}),
        "five_of_each": lessons(likeness, five),
        "known": lessons(likeness, heard(likeness, judged)),
    }


def with_meaning(
    weighting: Weighting, meaning: Meaning, judged: Mapping[str, Judged], **options: float
) -> Likeness:
    """Encode all texts, and take from each side what its texts have in common."""
    decided = [decision for lines in judged.values() for decision, _ in lines]
    sides = (
        [*{d.need.id: d.need for d in decided}.values()],
        [*{d.achievement.id: d.achievement for d in decided}.values()],
    )
    for documents in sides:
        meaning.vectors.add([full_text(document) for document in documents])
    needs, achievements = (centre(meaning, documents) for documents in sides)
    return Likeness(weighting, meaning, (needs, achievements), **options)


def chosen_elsewhere(
    weighting: Weighting, meaning: Meaning, judged: Mapping[str, Judged]
) -> dict[str, object]:
    """Return the gain of `five_of_each` where share and bound are chosen on other requirements.

    Requirements with equal titles stand in one fold; the mean over many ways to deal the folds.
    """
    found: dict[tuple[float, float], dict[str, list[float]]] = {}
    for share, near in itertools.product(SHARES, BOUNDS):
        likeness = with_meaning(weighting, meaning, judged, share=share, near_in_meaning=near)
        learn = methods_of(likeness, judged)["five_of_each"]
        found[share, near] = {
            key: values
            for key, lines in judged.items()
            if len(lines) > REVEALED + 1
            and (values := replay(lines, "top", 1, learn, key)) is not None
        }
    keys = sorted(next(iter(found.values())))
    gained = {
        setting: np.array([values[key][1] - values[key][0] for key in keys])
        for setting, values in found.items()
    }
    titles = [judged[key][0][0].need.title for key in keys]
    names = sorted(set(titles))
    kept = np.zeros(len(keys))
    for seed in range(DEALS):
        dealt = dict(zip(names, np.random.default_rng(seed).permutation(len(names)), strict=True))
        fold = np.array([dealt[title] % FOLDS for title in titles])
        for number in range(FOLDS):
            here = fold == number
            best = max(gained, key=lambda setting: gained[setting][~here].mean())
            kept[here] += gained[best][here] / DEALS
    means = {f"{share} {near}": float(g.mean()) for (share, near), g in gained.items()}
    return {"gain": float(kept.mean()), **ev.interval_of(kept), "by_share_and_bound": means}


def gains(values: Mapping[str, list[float]]) -> dict[str, float | int]:
    """Return the means, and the paired gain with its interval."""
    before, after = np.array(list(values.values())).T
    interval = ev.interval_of(after - before)
    return {
        "n_requirements": len(before), "before": float(before.mean()),
        "after": float(after.mean()), "gain": float((after - before).mean()), **interval,
    }  # fmt: skip


def replayed(
    judged: Mapping[str, Judged], learn: Learn, protocol: str, seeds: int, repeated: set[str]
) -> dict[str, object]:
    found = {
        key: values
        for key, lines in judged.items()
        if len(lines) > REVEALED + 1
        and (values := replay(lines, protocol, seeds, learn, key)) is not None
    }
    parts = {
        "of_repeated": {key: value for key, value in found.items() if key in repeated},
        "of_others": {key: value for key, value in found.items() if key not in repeated},
    }
    return {**gains(found), **{name: gains(part) for name, part in parts.items() if part}}


def acceptance(judged: Mapping[str, Judged], engine: Recommender) -> dict[str, object]:
    """Return the calibration of chances for requirements that the model has not seen."""
    titles = sorted({lines[0][0].need.title for lines in judged.values()})
    shuffled = np.random.default_rng(0).permutation(len(titles))
    fold = dict(zip(titles, (shuffled % FOLDS).tolist(), strict=True))
    rows = [
        (fold[decision.need.title], engine.score(decision.need, decision.achievement).by_signal,
         level >= ev.RELEVANT)
        for lines in judged.values() for decision, level in lines
    ]  # fmt: skip
    chances: list[float] = []
    outcomes: list[bool] = []
    for number in range(FOLDS):
        learned = [row for row in rows if row[0] != number]
        asked = [row for row in rows if row[0] == number]
        model = AcceptanceModel().fit([row[1] for row in learned], [row[2] for row in learned])
        chances += model.predict_proba([row[1] for row in asked])[:, 1].tolist()
        outcomes += [row[2] for row in asked]
    found = reliability(chances, outcomes)
    wrong = np.array(chances) - np.array(outcomes, dtype=float)
    return {**asdict(found), "brier": float((wrong**2).mean()), "n_pairs": len(rows)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=8, help="draws of five at random")
    parser.add_argument("--encoder", help="'packaged', 'packaged-e5', or the folder of a model")
    options = parser.parse_args()
    data = ev.read(options.data / "matching" / "contest2019_open")
    engine = Recommender()
    judged = judged_pairs(data, engine)
    weighting = engine.weighting_
    titles = Counter(lines[0][0].need.title for lines in judged.values())
    repeated = {key for key, lines in judged.items() if titles[lines[0][0].need.title] > 1}
    words = Likeness(weighting)
    methods = methods_of(words, judged) | {"rocchio": rocchio(weighting)}
    if options.encoder:
        made = tempfile.mkdtemp(prefix="matchmaker-bench-")
        meaning = Meaning(Vectors(made, encoder_from(options.encoder)))
        meant = methods_of(with_meaning(weighting, meaning, judged), judged)
        methods |= {f"{name}_with_meaning": learn for name, learn in meant.items()}
        elsewhere = chosen_elsewhere(weighting, meaning, judged)
    result: dict[str, object] = {
        protocol: {
            name: replayed(judged, learn, protocol, options.seeds, repeated)
            for name, learn in methods.items()
        }
        for protocol in ("top", "random")
    }
    if options.encoder:
        result["five_of_each_with_meaning_chosen_elsewhere"] = elsewhere
    result["acceptance"] = acceptance(judged, engine)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
