"""The chance of acceptance: honest, stored as it is, and refused where it cannot be had."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from matchmaker.engine.acceptance import (
    ENOUGH_DECISIONS,
    ENOUGH_OF_EACH,
    AcceptanceModel,
    NotEnoughError,
    reliability,
)

share = st.floats(0, 1)


def pairs(n: int, seed: int = 0) -> tuple[list[dict[str, float | None]], list[bool]]:
    """Pairs whose chance of acceptance grows with the title and falls without a trl."""
    rng = np.random.default_rng(seed)
    title, trl, missing = rng.random(n), rng.random(n), rng.random(n) < 0.4
    outcomes = rng.random(n) < np.where(missing, 0.3, 0.6) * title
    signals: list[dict[str, float | None]] = [
        {"title": float(a), "trl": None if gone else float(b), "mode": None}
        for a, b, gone in zip(title, trl, missing, strict=True)
    ]
    return signals, outcomes.tolist()


def test_a_better_title_is_likelier_to_be_accepted_and_an_absent_signal_is_not_zero() -> None:
    model = AcceptanceModel().fit(*pairs(2000))

    chances = model.predict_proba(
        [{"title": 0.9, "trl": 0.5}, {"title": 0.1, "trl": 0.5}, {"title": 0.9}]
    )

    assert chances.shape == (3, 2)
    assert chances.sum(axis=1) == pytest.approx(np.ones(3))
    assert chances[0, 1] > chances[2, 1] > chances[1, 1]
    assert model.signals_ == ("title", "trl")
    assert model.n_decisions_ == 2000


def test_chances_are_honest_on_pairs_that_were_not_learned_from() -> None:
    signals, outcomes = pairs(4000, seed=1)

    chances = AcceptanceModel().fit(*pairs(4000)).predict_proba(signals)[:, 1]

    assert reliability(chances, outcomes).error < 0.05


def test_too_few_decisions_are_refused_with_what_is_wanted() -> None:
    signals, outcomes = pairs(ENOUGH_DECISIONS - 1)
    with pytest.raises(NotEnoughError, match="200 decisions are wanted"):
        AcceptanceModel().fit(signals, outcomes)

    assert not AcceptanceModel.enough([True] * 1000)
    assert AcceptanceModel.enough([True] * ENOUGH_OF_EACH + [False] * ENOUGH_DECISIONS)


def test_a_stored_model_gives_the_same_chances() -> None:
    signals, outcomes = pairs(500)
    model = AcceptanceModel().fit(signals, outcomes)

    stored = json.loads(json.dumps(model.to_json()))

    again = AcceptanceModel.from_json(stored).predict_proba(signals)
    assert again.tolist() == model.predict_proba(signals).tolist()


@pytest.mark.parametrize(
    "change", [{"version": "acceptance-0"}, {"coef": None}, {"coef": [1.0]}, {"means": "no"}]
)
def test_a_stored_model_of_another_version_or_shape_is_refused(change: dict[str, object]) -> None:
    stored = AcceptanceModel().fit(*pairs(500)).to_json() | change
    with pytest.raises(ValueError):
        AcceptanceModel.from_json(stored)


def test_a_model_must_be_fitted_before_it_is_asked_or_stored() -> None:
    with pytest.raises(NotFittedError):
        AcceptanceModel().predict_proba([{"title": 0.5}])
    with pytest.raises(NotFittedError):
        AcceptanceModel().to_json()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(share, st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_the_bins_hold_every_pair_once_and_cover_0_to_1(
    rows: list[tuple[float, bool]], bins: int
) -> None:
    found = reliability([row[0] for row in rows], [row[1] for row in rows], bins)

    assert len(found.bins) == bins
    assert sum(item.n for item in found.bins) == len(rows)
    assert (found.bins[0].low, found.bins[-1].high) == (0, 1)
    assert all(a.high == b.low for a, b in zip(found.bins, found.bins[1:], strict=False))
    assert all((item.n == 0) == (item.forecast is None) for item in found.bins)
    assert 0 <= found.error <= 1


def test_the_calibration_error_is_that_worked_out_by_hand() -> None:
    found = reliability([0.05, 0.05, 0.95, 1.0], [False, True, True, True])

    assert found.error == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)
    assert (found.bins[0].n, found.bins[9].n, found.bins[5].accepted) == (2, 2, None)


@pytest.mark.parametrize(
    ("forecasts", "outcomes", "bins"),
    [([], [], 10), ([0.5], [], 10), ([0.5], [True], 0), ([1.5], [True], 10)],
)
def test_forecasts_that_cannot_be_compared_are_refused(
    forecasts: list[float], outcomes: list[bool], bins: int
) -> None:
    with pytest.raises(ValueError):
        reliability(forecasts, outcomes, bins)
