"""How good the engine is on the project's own judged pairs: `python -m seed.quality [DIR]`.

Writes `matchmaker/quality/measured.json`, which the platform shows to everyone: measures with 95 %
intervals, by chain and by length of the need, and one line of history for each model. Run it after
a change of the engine; a test fails while the file does not say what the engine does.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from config import ROOT
from matchmaker.catalogue.documents import number_of
from matchmaker.engine import MODEL, Document, Indicator, Recommender
from matchmaker.engine import evaluation as ev
from seed.load import judged_pairs, records, yuan

FILE = ROOT / "matchmaker" / "quality" / "measured.json"
DEPTHS = (1, 3, 10)
BEST_LEVEL = 4
LENGTHS = ((0, 185, "short"), (185, 204, "middle"), (204, 10**6, "long"))
"""Characters of a need; the own needs are all rather short, so these are about thirds."""
LEAST_NEEDS = 3
"""Groups of fewer needs say nothing."""
DIGITS = 4
PUBLISHED = date(2026, 11, 24)
"""The day on which the needs are taken to be published: deadlines count from it."""


def measured() -> dict[str, Any]:
    """Measure the engine as it is."""
    needs = {row["ref"]: _need(i, row) for i, row in enumerate(records("needs"))}
    achievements = {
        row["ref"]: _achievement(i, row) for i, row in enumerate(records("achievements"))
    }
    engine = Recommender().fit(list(needs.values()), list(achievements.values()))
    pairs = [
        ev.Pair(row["need_ref"], row["achievement_ref"], int(row["level"]))
        for row in judged_pairs()
    ]
    scores = engine.score_pairs(
        [(needs[pair.requirement_id], achievements[pair.achievement_id]) for pair in pairs]
    )
    found = ev.by_requirement(pairs, scores)
    for ref, values in _found_early(engine, needs, achievements, pairs).items():
        found[ref] |= values
    return {
        "model": MODEL,
        "needs": len(needs),
        "achievements": len(achievements),
        "pairs": len(pairs),
        "all": _summary(list(found.values())),
        "by_chain": _groups(found, {row["ref"]: row["chains"] for row in records("needs")}),
        "by_length": _groups(found, {ref: [_length(need)] for ref, need in needs.items()}),
    }


def _need(number: int, row: Mapping[str, Any]) -> Document:
    deadline = row.get("deadline")
    return _document(
        number, row, [row["problem"], row.get("tried", "")], trl=row.get("trl_min"),
        budget=yuan(row.get("budget_wan")), published=PUBLISHED,
        deadline=date.fromisoformat(deadline) if deadline else None,
    )  # fmt: skip


def _achievement(number: int, row: Mapping[str, Any]) -> Document:
    price = row.get("price") or {}
    return _document(
        number, row, [row["summary"], row["problem"], row["approach"]], trl=row.get("trl"),
        price_from=yuan(price.get("from_wan")), price_to=yuan(price.get("to_wan")),
    )  # fmt: skip


def _document(number: int, row: Mapping[str, Any], body: Sequence[str], **fields: Any) -> Document:
    return Document(
        id=number,
        title=row["title"],
        body="\n".join(part for part in body if part),
        chains=frozenset(row["chains"]),
        modes=frozenset(row["modes"]),
        indicators=tuple(
            Indicator(
                item["name"],
                item["comparator"],
                number_of(item["value"]),
                number_of(item.get("value_to") or ""),
                item["unit"],
            )
            for item in row["indicators"]
        ),
        **fields,
    )


def _found_early(
    engine: Recommender,
    needs: Mapping[str, Document],
    achievements: Mapping[str, Document],
    pairs: Sequence[ev.Pair],
) -> dict[str, dict[str, float]]:
    """Whether a best fit stands among the first of all achievements, not of the judged alone."""
    best: dict[str, set[int]] = defaultdict(set)
    for pair in pairs:
        if pair.level == BEST_LEVEL:
            best[pair.requirement_id].add(achievements[pair.achievement_id].id)
    result = {}
    for ref, wanted in best.items():
        ranked = [item.achievement_id for item in engine.suggest_for_need(needs[ref], k=10)]
        result[ref] = {f"first@{k}": float(bool(wanted & set(ranked[:k]))) for k in DEPTHS}
    return result


def _length(need: Document) -> str:
    size = len(need.title) + len(need.body)
    return next(name for low, high, name in LENGTHS if low <= size < high)


def _groups(
    found: Mapping[str, Mapping[str, float]], names: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    members: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for ref, values in found.items():
        for name in names[ref]:
            members[name].append(values)
    return {
        name: _summary(values)
        for name, values in sorted(members.items())
        if len(values) >= LEAST_NEEDS
    }


def _summary(values: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    result: dict[str, Any] = {"needs": len(values)}
    for name in (*ev.MEASURES, *(f"first@{k}" for k in DEPTHS)):
        numbers = np.array([item[name] for item in values if name in item])
        if len(numbers):
            interval = ev.interval_of(numbers)
            result[name] = {
                "mean": round(float(numbers.mean()), DIGITS),
                "low": round(interval["low"], DIGITS),
                "high": round(interval["high"], DIGITS),
            }
    return result


def measured_on(folder: Path) -> dict[str, Any]:
    """Measure on real labelled pairs."""
    data = ev.read(folder)
    engine = Recommender()
    found = ev.by_requirement(data.pairs, ev.score_pairs(data, engine))
    return {"model": MODEL, "pairs": len(data.pairs), **_summary(list(found.values()))}


def main() -> None:
    """Measure, and put the model's line into the history."""
    now = measured()
    if len(sys.argv) > 1:
        now["real"] = measured_on(Path(sys.argv[1]))
    before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"history": []}
    if "real" not in now and "real" in before:
        now["real"] = before["real"]
    line = {"model": now["model"], "own": now["all"]}
    if now.get("real", {}).get("model") == now["model"]:
        line["real"] = now["real"]
    history = [item for item in before["history"] if item["model"] != now["model"]]
    content = json.dumps({**now, "history": [*history, line]}, ensure_ascii=False, indent=1)
    FILE.write_text(content + "\n", encoding="utf-8")
    print(content)  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
