"""What the platform says of its own quality is what the engine does."""

from __future__ import annotations

import json

import pytest

from config import ROOT
from seed import quality

SHOWN = json.loads(quality.FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now() -> dict:  # type: ignore[type-arg]
    return quality.measured()


def test_the_shown_measures_are_those_of_the_engine(now: dict) -> None:  # type: ignore[type-arg]
    for name in ("model", "needs", "achievements", "pairs"):
        assert SHOWN[name] == now[name], "run python -m seed.quality"
    for name, item in now["all"].items():
        if name != "needs":
            assert SHOWN["all"][name]["mean"] == pytest.approx(item["mean"], abs=2e-4)
    assert set(SHOWN["by_chain"]) == set(now["by_chain"])


def test_the_best_fit_stands_first_for_nearly_every_need(now: dict) -> None:  # type: ignore[type-arg]
    assert now["all"]["first@1"]["mean"] >= 0.95
    assert now["all"]["ndcg@10"]["mean"] >= 0.98


def test_the_document_tells_the_same_figures() -> None:
    text = (ROOT / "docs/quality.md").read_text(encoding="utf-8")
    for line in SHOWN["history"]:
        assert line["model"] in text
        for part in ("real", "own"):
            assert f"{line[part]['ndcg@10']['mean']:.3f}" in text
