"""Learning from decisions: what an organiser accepted and rejected moves what is alike.

The score is a forecast; every decision shows its error, `outcome − score`, which counts less where
the score was too high. The errors are carried over to pairs like the decided ones by a kernel
method, and two pairs are alike when both their needs and their achievements are:

    k((n, a), (n', a')) = alike(n, n') · alike(a, a')
    change(n, a)        = Σ_j w_j · k((n, a), (n_j, a_j))

`alike` is the cosine of the words; where there is a model of meaning, a mean of that and of the
cosine of the meanings, which counts more.

With w = (K + σ²I)⁻¹ · errors this is the mean of a Gaussian process (Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, equation 2.25). Here no w_j may have another sign
than its error, so being like an accepted achievement never costs anything; that is the dual of a
squared hinge loss: what the other decisions already explain adds nothing. The change is a sum with
one part for each decision, so it can be shown, and undone by leaving decisions out. A decision moves
what is like its pair, not the pair itself, which is decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from sklearn.exceptions import NotFittedError

from .documents import Document
from .likeness import Likeness

Floats = NDArray[np.float64]
Signals = Mapping[str, float | None]

NOISE = 0.5
"""σ²: how much a decision is doubted. A lone one moves its own pair by 1/(1 + σ²) of its error."""
REJECTED = 0.3
"""A score that was too high teaches so much of what one that was too low does: what is like a
rejected achievement may fit all the same (Rocchio's γ < β, in Salton, "The SMART Retrieval
System", 1971)."""

NOBODY = -(2**62)
"""No achievement has this id."""
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
    likeness : says how alike texts are: `Likeness.of(recommender)`.

    Attributes
    ----------
    decisions_ : those that are listened to, by the ids of their pairs, so that the order in which
        they were given does not matter.
    weights_ : w_j of each of them, shape (n_decisions,); each has the sign of its error or is 0.

    """

    def __init__(self, likeness: Likeness) -> None:
        self.likeness = likeness

    def fit(self, need: Document, decisions: Sequence[Decision]) -> Lessons:
        """Learn what the score of this need got wrong.

        Raises:
            ValueError: an outcome or a score lies outside [0, 1].

        """
        for item in decisions:
            if not (0 <= item.outcome <= 1 and 0 <= item.score <= 1):
                raise ValueError("outcomes and scores must lie between 0 and 1")
        needs = {need.id: need} | {item.need.id: item.need for item in decisions}
        texts = self.likeness.needs([*needs.values()])
        between = texts.products(texts)
        place = {key: row for row, key in enumerate(needs)}
        near = [
            item
            for item in decisions
            if item.need.id == need.id or between[0, place[item.need.id]] >= self.likeness.near
        ]
        self.decisions_ = tuple(sorted(near, key=_in_order))
        self._own = np.asarray(
            [d.achievement.id if d.need.id == need.id else NOBODY for d in self.decisions_],
            dtype=np.int64,
        )
        rows = [place[item.need.id] for item in self.decisions_]
        self._texts = self.likeness.achievements([item.achievement for item in self.decisions_])
        alike = between[np.ix_(rows, rows)] * self._texts.products(self._texts)
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
        # being unlike an accepted achievement is no fault
        asked = self.likeness.achievements(achievements)
        alike: Floats = np.maximum(0.0, asked.products(self._texts))
        ids = np.asarray([item.id for item in achievements], dtype=np.int64)
        alike[ids[:, None] == self._own[None, :]] = 0.0
        return alike


def near_needs(likeness: Likeness, need: Document, others: Sequence[Document]) -> list[Document]:
    """Return those of some needs that are alike enough for their decisions to count here."""
    if not others:
        return []
    alike = likeness.needs([need]).products(likeness.needs(others))[0]
    return [other for other, value in zip(others, alike, strict=True) if value >= likeness.near]


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


def _error(decision: Decision) -> float:
    wrong = decision.outcome - decision.score
    return wrong if wrong > 0 else REJECTED * wrong


def _in_order(decision: Decision) -> tuple[int, int, float, float]:
    return decision.need.id, decision.achievement.id, decision.outcome, decision.score
