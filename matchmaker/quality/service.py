"""Learning the chance that an organiser accepts, and measuring how well it is forecast.

Every acceptance and every rejection counts, whatever its reason. "Has a supplier" says nothing of
the texts, so lists do not learn from it (`SPEAKS_OF`), but the organiser did decline: the forecast
is of what organisers do, and a reason that no signal can see lowers all chances alike. Leaving such
rejections out would forecast something that nobody observes. A pair that is put aside is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.engine.acceptance import MODEL_VERSION, AcceptanceModel, reliability
from matchmaker.quality import queries
from matchmaker.quality.queries import Decided
from matchmaker.review import acceptance
from models import LearnedModel

FOLDS = queries.NEEDS
HISTORY = 20


def learn(session: Session) -> LearnedModel | None:
    """Return what decisions teach now; None when they are as they were, or too few."""
    learned_from = queries.name_of_decisions(session)
    known = acceptance.row_in_force(session)
    if known is not None and known.learned_from == learned_from:
        return None
    decided = queries.decided(session)
    if queries.wanting(decided):
        return None
    model = AcceptanceModel().fit(*_columns(decided))
    return LearnedModel(
        kind=acceptance.KIND,
        version=MODEL_VERSION,
        fitted_at=clock.now(),
        decisions=model.n_decisions_,
        learned_from=learned_from,
        values=model.to_json(),
        measured=measured(decided),
    )


def keep(session: Session, learned: LearnedModel) -> bool:
    """Put a model in force and forget the oldest; False when another worker was faster."""
    known = acceptance.row_in_force(session)
    if known is not None and known.learned_from == learned.learned_from:
        return False
    session.add(learned)
    session.flush()
    of_kind = select(LearnedModel.id).where(LearnedModel.kind == learned.kind)
    kept = of_kind.order_by(LearnedModel.id.desc()).limit(HISTORY)
    session.execute(
        delete(LearnedModel).where(
            LearnedModel.kind == learned.kind, LearnedModel.id.not_in(kept.scalar_subquery())
        )
    )
    return True


def measured(decided: Sequence[Decided]) -> dict[str, Any]:
    """Compare forecasts with what was decided; no need has a part in its own forecasts.

    The share of acceptances is that of all decisions, the best that one number for all can do.
    """
    forecasts = cross_fitted(decided)
    outcomes = [item.accepted for item in decided]
    happened = np.array(outcomes, dtype=np.float64)
    found = reliability(forecasts, outcomes)
    return {
        "error": found.error,
        "bins": [[b.low, b.high, b.n, b.forecast, b.accepted] for b in found.bins],
        "accepted": int(happened.sum()),
        "brier": float(np.mean((forecasts - happened) ** 2)),
        "brier_of_share": float(happened.var()),
        "needs": len({item.need_id for item in decided}),
        "since": min(item.at for item in decided).isoformat(),
    }


def cross_fitted(decided: Sequence[Decided]) -> NDArray[np.float64]:
    """Forecast every decision by a model that knows no decision on the same need."""
    forecasts = np.empty(len(decided))
    needs = [item.need_id for item in decided]
    for known, unseen in GroupKFold(FOLDS).split(needs, groups=needs):
        forecasts[unseen] = _forecast([decided[i] for i in known], [decided[i] for i in unseen])
    return forecasts


def _forecast(known: Sequence[Decided], unseen: Sequence[Decided]) -> Any:
    signals, outcomes = _columns(known)
    if len(set(outcomes)) == 1:  # all of the other kind are on needs left out: the share, smoothed
        return (sum(outcomes) + 1) / (len(outcomes) + 2)
    return _PartModel().fit(signals, outcomes).predict_proba(_columns(unseen)[0])[:, 1]


class _PartModel(AcceptanceModel):
    """A model of a part of the decisions: whether there are enough was asked of all of them."""

    @staticmethod
    def enough(outcomes: Sequence[bool]) -> bool:
        return len(set(outcomes)) == 2


def _columns(decided: Sequence[Decided]) -> tuple[list[Any], list[bool]]:
    return [item.signals for item in decided], [item.accepted for item in decided]
