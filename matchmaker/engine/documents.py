"""What goes into the engine and what comes out: frozen values, ids and codes, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

FIELDS = ("title", "body")
"""The two texts of a document, and the signals that compare them: title, whole text."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A measurable line; `comparator` is ge, le, gt, lt, eq or range."""

    name: str
    comparator: str
    value: float | None
    value_to: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A need or an achievement as the engine reads it.

    `trl` is the level reached by an achievement, the lowest level wanted by a need. `region` is a
    code of GB/T 2260. Money is in yuan. `deadline` is the day by which a need must be solved;
    `organisation` numbers who posted it, `published` is the day on which it was published,
    `version` changes whenever the document does, `digest` is the SHA-256 of title and body where
    these were left out. What is not known is None or empty, and absent is not zero.
    """

    id: int
    title: str
    body: str = ""
    chains: frozenset[str] = frozenset()
    chain_parents: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    trl: int | None = None
    region: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    budget: int | None = None
    deadline: date | None = None
    organisation: int | None = None
    published: date | None = None
    version: int = 0
    digest: str = ""
    indicators: tuple[Indicator, ...] = ()
    chain_related: frozenset[str] = frozenset()
    """Nodes of other schemes that correspond to those it is filed under."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A pair with its score in [0, 1] and each signal in [0, 1], None where it is absent.

    `model` names model, weights and index that the score comes from. Who adds something else to a
    score puts it beside the signals, under a name of its own.
    """

    need_id: int
    achievement_id: int
    score: float
    by_signal: Mapping[str, float | None]
    model: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an achievement stands for a need, and what the first of the list have on it.

    `rank` counts from 1 in the order of the whole score, `rank_by_text` by text alone; None is
    behind all that are looked at. `wanted` is the mean of each signal over the first k.
    """

    suggestion: Suggestion
    rank: int | None
    rank_by_text: int | None
    wanted: Mapping[str, float | None]


Span = tuple[str, int, int]
"""(field, start, end) into the original text of `title` or `body`."""


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A term that both texts use, with its part of the score and where it stands."""

    term: str
    contribution: float
    need_spans: tuple[Span, ...]
    achievement_spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """An agreement, a disagreement or a gap as a code with values; the web words it."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndicatorCheck:
    """A target of the need beside what the achievement states: met, missed or unknown."""

    need: Indicator
    achievement: Indicator | None
    verdict: str
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair has its score.

    `contributions` holds the part of every structured signal; these parts, the contributions of
    `terms` and `other_terms_contribution` add up to `score`.
    """

    score: float
    by_signal: Mapping[str, float | None]
    contributions: Mapping[str, float]
    terms: tuple[SharedTerm, ...]
    other_terms_count: int
    other_terms_contribution: float
    agreements: tuple[Finding, ...]
    disagreements: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    indicator_checks: tuple[IndicatorCheck, ...]
