"""Learning from decisions: what an organiser accepted and rejected moves what is alike.

The score is a forecast; every decision shows its error, `outcome − score`, which counts less where
the score was too high. The errors are carried over to pairs like the decided ones by a kernel
method, and two pairs are alike when both their needs and their achievements are:

    k((n, a), (n', a')) = cos(n, n') · cos(a, a')
    change(n, a)        = Σ_j w_j · k((n, a), (n_j, a_j))

With w = (K + σ²I)⁻¹ · errors this is the mean of a Gaussian process (Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, equation 2.25). Here no w_j may have another sign
than its error, so being like an accepted achievement never costs anything; that is the dual of a
squared hinge loss: what the other decisions already explain adds nothing. The change is a sum with
one part for each decision, so it can be shown, and undone by leaving decisions out.

`AcceptanceModel` learns across needs: the chance that an organiser accepts, from the signals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from .documents import Document
from .lexical import full_text
from .weighting import Counted, Weighting

Floats = NDArray[np.float64]
Signals = Mapping[str, float | None]

NOISE = 0.5
"""σ²: how much a decision is doubted. A lone one moves its own pair by 1/(1 + σ²) of its error."""
REJECTED = 0.3
"""A score that was too high teaches so much of what one that was too low does: what is like a
rejected achievement may fit all the same (Rocchio's γ < β, in Salton, "The SMART Retrieval
System", 1971)."""
NEAR = 0.5
"""Decisions on needs less alike than this (cosine) are not listened to."""

TEXT = "text"
SPEAKS_OF: Mapping[str, str | None] = MappingProxyType(
    {
        "other_problem": TEXT,
        "too_early": "trl",
        "price": "budget",
        "region": "region",
        # the subject may well fit: nothing follows for achievements like it
        "no_advantage": None,
        "route_unclear": None,
        "description_unclear": None,
        "science_doubtful": None,
        "has_supplier": None,
        "rights_unclear": None,
        "other": None,
    }
)
"""What the reason of a rejection speaks of: the text, a signal, or neither."""
MOST = 2.0
"""A signal's weight grows by at most this many times itself, however often it was the reason."""
HALFWAY = 2
"""After so many rejections for one reason, half of that growth is reached."""

MODEL_VERSION = "acceptance-1"
ENOUGH_DECISIONS = 200
"""With 200 judged pairs drawn at random, 9 fits of 10 forecast unseen requirements better (Brier)
than their plain share of acceptances; with 100, three of four; with 50, one of two."""
ENOUGH_OF_EACH = 20
STRENGTH = 1.0


class NotEnoughError(ValueError):
    """There are too few decisions to learn from; the message says how many are wanted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decided pair, with the score that the engine gave it, which lies in [0, 1].

    `outcome` is 1 for accepted, 0 for rejected; grades lie between. Only decisions that speak of
    the text belong here: see `SPEAKS_OF`.
    """

    need: Document
    achievement: Document
    outcome: float
    score: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one decision adds to a score: more than 0 from an accepted pair, less from another."""

    decision: Decision
    contribution: float


class Lessons:
    """What decisions on a need, and on needs like it, change in the scores of its achievements.

    Parameters
    ----------
    weighting : that of a fitted `Recommender`; it says which texts are alike.

    Attributes
    ----------
    decisions_ : those that are listened to, by the ids of their pairs, so that the order in which
        they were given does not matter.
    weights_ : w_j of each of them, shape (n_decisions,); each has the sign of its error or is 0.

    """

    def __init__(self, weighting: Weighting) -> None:
        self.weighting = weighting

    def fit(self, need: Document, decisions: Sequence[Decision]) -> Lessons:
        """Learn what the score of this need got wrong.

        Raises:
            ValueError: an outcome or a score lies outside [0, 1].

        """
        for item in decisions:
            if not (0 <= item.outcome <= 1 and 0 <= item.score <= 1):
                raise ValueError("outcomes and scores must lie between 0 and 1")
        needs = {need.id: need} | {item.need.id: item.need for item in decisions}
        between = _cosines(vectors := self._vectors([*needs.values()]), vectors)
        place = {key: row for row, key in enumerate(needs)}
        near = [
            item
            for item in decisions
            if item.need.id == need.id or between[0, place[item.need.id]] >= NEAR
        ]
        self.decisions_ = tuple(sorted(near, key=_in_order))
        rows = [place[item.need.id] for item in self.decisions_]
        self._texts = self._vectors([item.achievement for item in self.decisions_])
        alike = between[np.ix_(rows, rows)] * _cosines(self._texts, self._texts)
        self.weights_ = error_weights(alike, [_error(item) for item in self.decisions_])
        self._effect = between[0, rows] * self.weights_
        return self

    def changes(self, achievements: Sequence[Document]) -> Floats:
        """Return what to add to the score of each achievement, shape (n_achievements,).

        Score and change together are for ordering and may leave [0, 1].
        """
        found: Floats = self._alike(achievements) @ self._effect
        return found

    def parts(self, achievement: Document) -> tuple[Part, ...]:
        """Return what each decision adds to this score, largest first; they sum to the change."""
        values = self._alike([achievement])[0] * self._effect
        found = [
            Part(decision, value)
            for decision, value in zip(self.decisions_, values.tolist(), strict=True)
            if value
        ]
        return tuple(sorted(found, key=lambda part: -abs(part.contribution)))

    def _alike(self, achievements: Sequence[Document]) -> Floats:
        if not hasattr(self, "weights_"):
            raise NotFittedError("This Lessons is not fitted yet; call fit first.")
        return _cosines(self._vectors(achievements), self._texts)

    def _vectors(self, documents: Sequence[Document]) -> Any:
        """Return whole texts as vectors of length 1, sparse, shape (n_documents, n_columns)."""
        return self.weighting.needs(Counted.of([full_text(item) for item in documents]))


def error_weights(alike: Floats, errors: Sequence[float] | Floats, noise: float = NOISE) -> Floats:
    """Return how far each error is carried: weights of the sign of their errors, or 0.

    `alike` is a kernel of shape (n, n), `errors` has shape (n,), as has the result.

    Raises:
        ValueError: the shapes do not fit each other, or the noise is not more than 0.

    """
    wrong = np.asarray(errors, dtype=np.float64)
    n = len(wrong)
    if noise <= 0 or alike.shape != (n, n):
        raise ValueError("alike must have shape (n_errors, n_errors), and noise be more than 0")
    weights = np.zeros(n)
    teach = np.flatnonzero(wrong)  # a score that was right teaches nothing
    if len(teach):
        signs = np.sign(wrong[teach])
        kernel = alike[np.ix_(teach, teach)] * np.outer(signs, signs)
        # min ½βᵀMβ − |errors|ᵀβ over β ≥ 0, as least squares by the Cholesky factor M = CCᵀ
        factor = np.linalg.cholesky(kernel + noise * np.eye(len(teach)))
        found, _ = nnls(factor.T, np.linalg.solve(factor, np.abs(wrong[teach])))
        weights[teach] = signs * found
    return weights


def reweighted(weights: Mapping[str, float], reasons: Mapping[str, int]) -> dict[str, float]:
    """Return the weights of signals for one need after rejections for reasons of a field.

    `reasons` counts rejections by reason. A signal that was the reason n times weighs
    1 + MOST · n/(n + HALFWAY) times as much; reasons of the text or of nothing change no weight.

    Raises:
        ValueError: a reason is unknown, or a count is negative.

    """
    unknown = set(reasons) - set(SPEAKS_OF)
    if unknown or any(count < 0 for count in reasons.values()):
        raise ValueError(f"unknown reasons {sorted(unknown)}, or a negative count")
    result = dict(weights)
    for reason, count in reasons.items():
        signal = SPEAKS_OF[reason]
        if signal is not None and signal in weights:
            result[signal] = weights[signal] * (1 + MOST * count / (count + HALFWAY))
    return result


class AcceptanceModel:
    """The chance that an organiser accepts a pair: logistic regression over its signals.

    A signal that is absent counts as its mean, and has a column that says so.

    Attributes
    ----------
    signals_ : the names of signals that were present in the fit, in alphabetical order.
    means_ : mean of each signal where it was present, shape (n_signals,).
    coef_ : of the signals, then of their absence, shape (2 · n_signals,).
    intercept_ : a number.
    classes_ : rejected and accepted, the columns of `predict_proba`.
    n_decisions_ : how many decisions it was learned from.

    """

    classes_ = (False, True)

    @staticmethod
    def enough(outcomes: Sequence[bool]) -> bool:
        """Tell whether there are decisions enough, and enough of each kind."""
        accepted = sum(map(bool, outcomes))
        rarer = min(accepted, len(outcomes) - accepted)
        return len(outcomes) >= ENOUGH_DECISIONS and rarer >= ENOUGH_OF_EACH

    def fit(self, signals: Sequence[Signals], outcomes: Sequence[bool]) -> AcceptanceModel:
        """Learn from decided pairs; signals lie in [0, 1], None is absent.

        Raises:
            NotEnoughError: there are too few decisions, see `enough`.
            ValueError: there is not one outcome for each pair.

        """
        if len(signals) != len(outcomes):
            raise ValueError("there must be one outcome for each pair")
        if not self.enough(outcomes):
            raise NotEnoughError(
                f"{ENOUGH_DECISIONS} decisions are wanted, {ENOUGH_OF_EACH} of each kind; "
                f"there are {len(outcomes)}, {sum(map(bool, outcomes))} of them accepted."
            )
        names = {name for item in signals for name, value in item.items() if value is not None}
        self.signals_ = tuple(sorted(names))
        self.means_ = np.array(
            [
                np.mean([value for item in signals if (value := item.get(name)) is not None])
                for name in self.signals_
            ],
            dtype=np.float64,
        )
        model = LogisticRegression(C=STRENGTH, max_iter=1000)
        model.fit(self._columns(signals), np.asarray(outcomes, dtype=bool))
        self.coef_: Floats = model.coef_[0].astype(np.float64)
        self.intercept_ = float(model.intercept_[0])
        self.n_decisions_ = len(outcomes)
        return self

    def predict_proba(self, signals: Sequence[Signals]) -> Floats:
        """Return the chances of being rejected and of being accepted, shape (n_pairs, 2)."""
        if not hasattr(self, "coef_"):
            raise NotFittedError("This AcceptanceModel is not fitted yet; call fit first.")
        accepted = 1 / (1 + np.exp(-(self._columns(signals) @ self.coef_ + self.intercept_)))
        return np.column_stack([1 - accepted, accepted])

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads."""
        if not hasattr(self, "coef_"):
            raise NotFittedError("This AcceptanceModel is not fitted yet; call fit first.")
        return {
            "version": MODEL_VERSION,
            "signals": list(self.signals_),
            "means": self.means_.tolist(),
            "coef": self.coef_.tolist(),
            "intercept": self.intercept_,
            "n_decisions": self.n_decisions_,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AcceptanceModel:
        """Make a model of stored values; it gives the same chances.

        Raises:
            ValueError: the values are of another version or incomplete.

        """
        if values.get("version") != MODEL_VERSION:
            raise ValueError(f"the version must be {MODEL_VERSION}, not {values.get('version')!r}")
        model = cls()
        try:
            model.signals_ = tuple(map(str, values["signals"]))
            model.means_ = np.array(values["means"], dtype=np.float64)
            model.coef_ = np.array(values["coef"], dtype=np.float64)
            model.intercept_ = float(values["intercept"])
            model.n_decisions_ = int(values["n_decisions"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"the stored model is incomplete: {error}") from error
        n = len(model.signals_)
        if model.means_.shape != (n,) or model.coef_.shape != (2 * n,):
            raise ValueError("the stored model is incomplete: shapes do not fit")
        return model

    def _columns(self, signals: Sequence[Signals]) -> Floats:
        """Return values, then absences; shape (n_pairs, 2 · n_signals)."""
        values = np.array(
            [[_number(item.get(name)) for name in self.signals_] for item in signals],
            dtype=np.float64,
        ).reshape(len(signals), len(self.signals_))
        absent = np.isnan(values)
        return np.hstack([np.where(absent, self.means_, values), absent])


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts from `low` to `high`: how many, their mean, and how many came true."""

    low: float
    high: float
    n: int
    forecast: float | None
    accepted: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The diagram's bins, of equal width over [0, 1], and the expected calibration error."""

    bins: tuple[Bin, ...]
    error: float


def reliability(
    probabilities: Sequence[float] | Floats, outcomes: Sequence[bool], bins: int = 10
) -> Reliability:
    """Compare forecasts with what happened.

    The error is Σ n_b/n · |forecast_b − accepted_b| (Naeini, Cooper and Hauskrecht, AAAI 2015). A
    bin holds its lower end, the last one 1 as well; an empty one has None for both means.

    Raises:
        ValueError: nothing to compare, unequal lengths, no bins, or a forecast outside [0, 1].

    """
    forecast = np.asarray(probabilities, dtype=np.float64)
    happened = np.asarray(outcomes, dtype=np.float64)
    if not len(forecast) or forecast.shape != happened.shape or bins < 1:
        raise ValueError("there must be one outcome for each of the probabilities, and a bin")
    if not ((forecast >= 0) & (forecast <= 1)).all():
        raise ValueError("probabilities must lie between 0 and 1")
    place = np.minimum((forecast * bins).astype(int), bins - 1)
    found = tuple(
        _bin(i / bins, (i + 1) / bins, forecast[place == i], happened[place == i])
        for i in range(bins)
    )
    gaps = [
        item.n * abs(item.forecast - item.accepted)
        for item in found
        if item.forecast is not None and item.accepted is not None
    ]
    return Reliability(found, math.fsum(gaps) / len(forecast))


def _bin(low: float, high: float, forecast: Floats, happened: Floats) -> Bin:
    if not len(forecast):
        return Bin(low, high, 0, None, None)
    return Bin(low, high, len(forecast), float(forecast.mean()), float(happened.mean()))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _error(decision: Decision) -> float:
    wrong = decision.outcome - decision.score
    return wrong if wrong > 0 else REJECTED * wrong


def _in_order(decision: Decision) -> tuple[int, int, float, float]:
    return decision.need.id, decision.achievement.id, decision.outcome, decision.score


def _cosines(left: Any, right: Any) -> Floats:
    found: Floats = (left @ right.T).toarray().astype(np.float64)
    return found
