"""The chance that an organiser accepts a pair, as far as earlier decisions tell.

`quality` learns the model and measures it; here the newest one is read and asked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.engine.acceptance import MODEL_VERSION, AcceptanceModel, Signals
from matchmaker.matching.learning import KEY
from models import LearnedModel, Match, MatchStatus

log = logging.getLogger(__name__)

KIND = "acceptance"
OPEN = frozenset({MatchStatus.SUGGESTED, MatchStatus.DEFERRED})


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely an acceptance is, and what is known of such forecasts."""

    value: float
    decisions: int
    error: float
    """How far such forecasts lie from what happens, on average."""

    @property
    def percent(self) -> int:
        """As people read it; nothing is certain, so neither 0 nor 100."""
        return min(99, max(1, round(100 * self.value)))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A model that is in force, with its measures."""

    model: AcceptanceModel
    error: float
    tells: bool

    def of(self, match: Match) -> Chance | None:
        """Forecast the decision on a pair; None where it is taken, or nothing is known.

        A model whose forecasts were no better than the plain share of acceptances says nothing.
        """
        signals = signals_of(match.by_signal)
        if not self.tells or match.status not in OPEN or not signals:
            return None
        value = float(self.model.predict_proba([signals])[0, 1])
        return Chance(value, self.model.n_decisions_, self.error)


def signals_of(by_signal: Mapping[str, Any]) -> Signals:
    """Return the signals of a pair, without what decisions have added to its score."""
    return {name: value for name, value in by_signal.items() if name != KEY}


def tells(measured: Mapping[str, Any]) -> bool:
    """Tell whether forecasts beat the plain share of acceptances, said of every pair."""
    return bool(measured["brier"] < measured["brier_of_share"])


def row_in_force(session: Session) -> LearnedModel | None:
    """Return the newest model with its measures; those of another version are passed over."""
    key = _newest(session)
    return session.get_one(LearnedModel, key[0]) if key is not None else None


_read: dict[tuple[int, datetime], Acceptance | None] = {}
"""The model that this process has read last, by its row."""


def in_force(session: Session) -> Acceptance | None:
    """Return the newest model, ready to be asked; each process reads its row once."""
    key = _newest(session)
    if key is None:
        return None
    if key not in _read:
        found = _acceptance(session.get_one(LearnedModel, key[0]))
        _read.clear()
        _read[key] = found
        return found
    return _read.get(key)


def _newest(session: Session) -> tuple[int, datetime] | None:
    statement = (
        select(LearnedModel.id, LearnedModel.fitted_at)
        .where(LearnedModel.kind == KIND, LearnedModel.version == MODEL_VERSION)
        .order_by(LearnedModel.id.desc())
        .limit(1)
    )
    row = session.execute(statement).first()
    return None if row is None else (row.id, row.fitted_at)


def _acceptance(row: LearnedModel) -> Acceptance | None:
    try:
        model = AcceptanceModel.from_json(row.values)
    except ValueError:
        log.exception("learned model %s cannot be read; nothing is forecast", row.id)
        return None
    return Acceptance(model, row.measured["error"], tells(row.measured))
