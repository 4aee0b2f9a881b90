"""The engine: matching and its reasons. No web, no database, no settings.

Its parts are read when they are first used: who plans a timetable needs no recommender.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .documents import (
        Document,
        Explanation,
        Finding,
        Indicator,
        IndicatorCheck,
        SharedTerm,
        Span,
        Suggestion,
    )
    from .recommender import MODEL, Recommender
    from .signals import DEFAULT_WEIGHTS, WEIGHTS_VERSION
    from .text import fold

__all__ = [
    "DEFAULT_WEIGHTS",
    "MODEL",
    "WEIGHTS_VERSION",
    "Document",
    "Explanation",
    "Finding",
    "Indicator",
    "IndicatorCheck",
    "Recommender",
    "SharedTerm",
    "Span",
    "Suggestion",
    "fold",
]
ELSEWHERE = {
    "MODEL": "recommender",
    "Recommender": "recommender",
    "DEFAULT_WEIGHTS": "signals",
    "WEIGHTS_VERSION": "signals",
    "fold": "text",
}
"""Where a name is at home; all others are documents."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{ELSEWHERE.get(name, 'documents')}"), name)
