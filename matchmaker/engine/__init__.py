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
