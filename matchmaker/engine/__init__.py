"""The engine: matching and its reasons. No web, no database, no settings."""

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
from .recommender import DEFAULT_WEIGHTS, MODEL, Recommender
from .text import fold

__all__ = [
    "DEFAULT_WEIGHTS",
    "MODEL",
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
