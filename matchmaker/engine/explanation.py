"""Why a pair has its score: shared terms with their parts, findings, what is missing.

Every common feature contributes the product of its two TF-IDF weights. That product is spread
evenly over the places where the feature stands in the need, and each place belongs to the longest
passage around it that the achievement uses as well, cut at word boundaries. So the parts of the
terms, of the other words and of the structured signals add up to the score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .codes import code_of
from .documents import FIELDS, Document, Explanation, SharedTerm, Span, Suggestion
from .findings import findings
from .indicators import check
from .lexical import full_text, title_text
from .text import (
    STOP_CHARACTERS,
    STOP_WORDS,
    fold,
    fold_with_offsets,
    is_han,
    occurrences,
    runs,
    word_boundaries,
)

MAX_TERMS = 12
MIN_LENGTH = 2
Products = Mapping[str, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the need's folded text that stands in the achievement as well."""

    start: int
    end: int
    term: str


def explain(
    need: Document,
    achievement: Document,
    suggestion: Suggestion,
    *,
    products: Products,
    shares: Mapping[str, float],
) -> Explanation:
    """Put the card together.

    `products` holds what each common feature adds to the similarity of a field; `shares` are the
    weights divided by the sum of those present.
    """
    by_term: dict[str, float] = defaultdict(float)
    rest: dict[str, float] = defaultdict(float)
    for name in FIELDS:
        part = suggestion.by_signal[name]
        if part:
            _spread(need, achievement, name, products[name],
                    shares[name] * part, by_term, rest)  # fmt: skip
    terms = _terms(need, achievement, by_term)
    shown = {item.term for item in terms}
    hidden = {**{term: value for term, value in by_term.items() if term not in shown}, **rest}
    agreements, disagreements, missing = findings(need, achievement, suggestion.by_signal)
    return Explanation(
        score=suggestion.score,
        by_signal=suggestion.by_signal,
        contributions={
            name: shares[name] * value
            for name, value in suggestion.by_signal.items()
            if name not in FIELDS and value is not None
        },
        terms=terms,
        other_terms_count=len(hidden),
        other_terms_contribution=sum(hidden.values()),
        agreements=agreements,
        disagreements=disagreements,
        missing=missing,
        indicator_checks=check(need, achievement),
    )


def _spread(
    need: Document,
    achievement: Document,
    name: str,
    products: Mapping[int, float],
    total: float,
    by_term: dict[str, float],
    rest: dict[str, float],
) -> None:
    """Share `total` among passages (by_term) and single features (rest) of one field."""
    need_text, achievement_text = (
        fold(title_text(document) if name == "title" else full_text(document))
        for document in (need, achievement)
    )
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for feature, start, end in occurrences(need_text):
        places[feature].append((start, end))
    owner = _owners(_passages(need_text, achievement_text))
    scale = total / sum(products.values())
    for feature, standing in places.items():
        product = products.get(code_of(feature), 0.0)
        each = product * scale / len(standing)
        for start, end in standing if product else ():
            passage = owner.get(start)
            if passage is not None and end <= passage.end:
                by_term[passage.term] += each
            else:
                rest[feature] += each


def _owners(passages: Iterator[Passage]) -> dict[int, Passage]:
    return {
        position: passage for passage in passages for position in range(passage.start, passage.end)
    }


def _passages(need_text: str, achievement_text: str) -> Iterator[Passage]:
    """Yield the longest common stretches of runs, cut at word boundaries, without stop words."""
    boundaries = word_boundaries(need_text)
    tokens = {run for _, run, han in runs(achievement_text) if not han}
    for start, run, han in runs(need_text):
        if not han:
            if run in tokens and len(run) >= MIN_LENGTH and not run.isdigit():
                yield Passage(start, start + len(run), run)
            continue
        yield from _han_passages(need_text, achievement_text, start, start + len(run), boundaries)


def _han_passages(
    need_text: str, achievement_text: str, start: int, end: int, boundaries: set[int]
) -> Iterator[Passage]:
    position = start
    while position < end:
        stop = position
        while stop < end and need_text[position : stop + 1] in achievement_text:
            stop += 1
        if stop - position >= MIN_LENGTH:
            trimmed = _trim(need_text, position, stop, boundaries)
            if trimmed is not None:
                yield trimmed
        position = max(stop, position + 1)


def _trim(text: str, start: int, end: int, boundaries: set[int]) -> Passage | None:
    """Cut a stretch back to whole words and drop function words at its ends."""
    cuts = [position for position in range(start, end + 1) if position in boundaries]
    while len(cuts) > 1 and _is_stop(text[cuts[0] : cuts[1]]):
        cuts.pop(0)
    while len(cuts) > 1 and _is_stop(text[cuts[-2] : cuts[-1]]):
        cuts.pop()
    if len(cuts) < MIN_LENGTH or cuts[-1] - cuts[0] < MIN_LENGTH:
        return None
    return Passage(cuts[0], cuts[-1], text[cuts[0] : cuts[-1]])


def _is_stop(word: str) -> bool:
    return word in STOP_WORDS or (len(word) == 1 and word in STOP_CHARACTERS)


def _terms(
    need: Document, achievement: Document, by_term: dict[str, float]
) -> tuple[SharedTerm, ...]:
    ranked = sorted(by_term.items(), key=lambda item: (-item[1], item[0]))[:MAX_TERMS]
    return tuple(
        SharedTerm(term, value, spans_of(need, term), spans_of(achievement, term))
        for term, value in ranked
    )


def spans_of(document: Document, term: str) -> tuple[Span, ...]:
    """Return where a folded term stands in the original title and body."""
    return tuple(
        (name, start, end)
        for name, text in (("title", document.title), ("body", document.body))
        for start, end in _find(text, term)
    )


def _find(text: str, term: str) -> Iterator[tuple[int, int]]:
    folded, offsets = fold_with_offsets(text)
    whole = not is_han(term[0])
    position = folded.find(term)
    while position >= 0:
        stop = position + len(term)
        if not whole or _stands_alone(folded, position, stop):
            yield offsets[position], _end(offsets, stop)
        position = folded.find(term, stop)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A Latin token counts only as a whole: "ac" is not found in "accuracy"."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not any(character.isalnum() and not is_han(character) for character in (before, after))


def _end(offsets: list[int], stop: int) -> int:
    """Return the original end: the offset of the next character that begins later."""
    last = offsets[stop - 1]
    position = stop
    while position < len(offsets) - 1 and offsets[position] == last:
        position += 1
    return offsets[position]
