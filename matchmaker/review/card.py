"""The explanation card: the engine's reasons, ready for a page and for storing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup, escape

from matchmaker.catalogue.documents import body_parts, document_of
from matchmaker.engine import Explanation, IndicatorCheck, Recommender
from matchmaker.engine.learning import SPEAKS_OF, Part
from matchmaker.i18n import counted, grouped, named
from matchmaker.labels import label
from matchmaker.matching.learning import Learned, Teacher
from matchmaker.review.acceptance import Acceptance, Chance
from matchmaker.review.kinds import SIGNALS, words_of
from models import Match, Posting, RejectReason

MARKED = 6
"""At most so many terms are marked in the texts; more would be noise."""
STRONG, MIDDLE = 0.66, 0.33
LESSONS = 4
LEAST_TOLD = 0.005
"""What would be shown as 0.00 stands with the others."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of 得分来自: words, part of the score, and its number in the texts."""

    words: str
    value: float
    number: int | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One line of 指标对照."""

    name: str
    wanted: str
    offered: str
    verdict: str
    gap: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that the card shows, in the reader's language."""

    score: float
    bars: list[Bar]
    agreements: list[str]
    disagreements: list[str]
    missing: list[str]
    checks: list[Check]
    need_parts: dict[str, Markup]
    achievement_parts: dict[str, Markup]
    model: str
    lessons: list[Bar]
    """What earlier decisions add, more or less than 0; for offices alone, for it names records."""
    raised: list[str]
    """Signals that weigh more for this need, and why."""
    chance: Chance | None
    """Of an acceptance, where enough decisions tell; for offices alone."""

    @property
    def learned(self) -> float:
        """What earlier decisions add up to."""
        return sum(bar.value for bar in self.lessons)

    @property
    def met(self) -> int:
        return sum(check.verdict == "met" for check in self.checks)

    def stored(self) -> dict[str, Any]:
        """Return what is kept with a decision: what was shown when it was taken."""
        return {
            "score": self.score,
            "model": self.model,
            "bars": [
                [bar.words, round(bar.value, 6)] for bar in [*self.bars, *self.total_lessons]
            ],
            "agreements": self.agreements,
            "disagreements": self.disagreements,
            "missing": self.missing,
            **({"chance": round(self.chance.value, 4)} if self.chance else {}),
        }

    @property
    def total_lessons(self) -> list[Bar]:
        """What earlier decisions add, in one line that names nobody."""
        return [Bar(_("以往的决定"), self.learned)] if self.lessons else []


def card_of(
    recommender: Recommender,
    match: Match,
    teacher: Teacher | None = None,
    acceptance: Acceptance | None = None,
) -> Card:
    """Explain a pair as it stands now, with what `teacher` knows of earlier decisions.

    `acceptance` adds how likely an acceptance is.
    """
    need, achievement = match.need, match.achievement
    documents = document_of(need), document_of(achievement)
    learned = teacher.of(documents[0]) if teacher is not None else None
    engine = learned.engine if learned is not None else recommender
    explanation = engine.explain(*documents)
    lessons = _lessons(learned, match) if learned is not None else []
    checks = [_check(item, need, achievement) for item in explanation.indicator_checks]
    missed = [
        _("%(name)s没有达到，差 %(gap)s", name=check.name, gap=check.gap)
        for check in checks
        if check.verdict == "missed" and check.gap
    ]
    unanswered = [check.name for check in checks if not check.offered]
    missing = [_("成果没有给出%(names)s", names=_("、").join(unanswered))] if unanswered else []
    names = {str(node.id): named(node) for side in (need, achievement) for node in side.chains}
    return Card(
        score=min(1.0, max(0.0, explanation.score + sum(bar.value for bar in lessons))),
        bars=_bars(explanation),
        agreements=[words_of(item, names) for item in explanation.agreements],
        disagreements=missed + [words_of(item, names) for item in explanation.disagreements],
        missing=missing + [words_of(item, names) for item in explanation.missing],
        checks=checks,
        need_parts=_marked_parts(need, explanation, "need"),
        achievement_parts=_marked_parts(achievement, explanation, "achievement"),
        model=engine.model_id,
        lessons=lessons,
        raised=_raised(learned.reasons) if learned is not None else [],
        chance=acceptance.of(match) if acceptance is not None else None,
    )


def _lessons(learned: Learned, match: Match) -> list[Bar]:
    """Return one line for each decision that counts here, the smallest together in one."""
    parts = learned.lessons.parts(document_of(match.achievement))
    told = sum(abs(part.contribution) >= LEAST_TOLD for part in parts[:LESSONS])
    shown, rest = parts[:told], parts[told:]
    bars = [Bar(_lesson(part, match), part.contribution) for part in shown]
    if rest:
        value = sum(part.contribution for part in rest)
        bars.append(Bar(counted("其他 %(n)d 项决定", n=len(rest)), value))
    return bars


def _lesson(part: Part, match: Match) -> str:
    decision = part.decision
    title = decision.achievement.title
    if decision.need.id == match.need.id:
        words = _("像已接受的“%(title)s”") if decision.outcome else _("像不接受的“%(title)s”")
    elif decision.outcome:
        words = _("相近的需求“%(need)s”接受了“%(title)s”")
    else:
        words = _("相近的需求“%(need)s”没有接受“%(title)s”")
    return str(words) % {"title": title, "need": decision.need.title}


def _raised(reasons: Mapping[str, int]) -> list[str]:
    return [
        counted(
            "这条需求因“%(reason)s”不接受过 %(n)d 次，%(signal)s的权重加大",
            reason=label(RejectReason(reason)),
            n=n,
            signal=SIGNALS[SPEAKS_OF[reason] or ""],
        )
        for reason, n in sorted(reasons.items())
    ]


def _bars(explanation: Explanation) -> list[Bar]:
    terms = [
        Bar(item.term, item.contribution, number if number <= MARKED else None)
        for number, item in enumerate(explanation.terms[:8], start=1)
    ]
    rest = explanation.terms[8:]
    others = explanation.other_terms_count + len(rest)
    value = explanation.other_terms_contribution + sum(item.contribution for item in rest)
    if others:
        terms.append(Bar(counted("其他 %(n)d 个词", n=others), value))
    fields = [
        Bar(str(SIGNALS[name]), value, group=first == 0)
        for first, (name, value) in enumerate(explanation.contributions.items())
    ]
    return terms + fields


def _check(item: IndicatorCheck, need: Posting, achievement: Posting) -> Check:
    wanted = next((row for row in need.indicators if row.name == item.need.name), None)
    offered = None
    if item.achievement is not None:
        name = item.achievement.name
        offered = next((row for row in achievement.indicators if row.name == name), None)
    return Check(
        name=item.need.name,
        wanted=f"{indicator_value(wanted)} {item.need.unit}" if wanted else "",
        offered=f"{indicator_value(offered)} {offered.unit}" if offered else "",
        verdict=item.verdict,
        gap=f"{_gap(item.gap)} {item.need.unit}".strip() if item.gap else "",
    )


def _gap(gap: float) -> str:
    """Six digits that count, written out: converting units leaves more, and none of them true."""
    return str(grouped(format(Decimal(f"{gap:.6g}"), "f")))


def indicator_value(row: Any) -> str:
    """≥ 205, 3.2–3.8, 212: the value as people write it."""
    if row.comparator.value == "range":
        return _range(row)
    value = grouped(row.value.replace("-", "\u2212"))
    if row.comparator.value == "eq":
        return str(value)
    return f"{label(row.comparator)}\u00a0{value}"


def _range(row: Any) -> str:
    low, high = (grouped(text.replace("-", "\u2212")) for text in (row.value, row.value_to))
    return f"{low}\u2060–\u2060{high}"


def _marked_parts(posting: Posting, explanation: Explanation, side: str) -> dict[str, Markup]:
    """Return title and body parts with the terms marked and numbered."""
    most = explanation.terms[0].contribution if explanation.terms else 1.0
    marks: dict[str, list[tuple[int, int, int, int]]] = {"title": [], "body": []}
    for number, item in enumerate(explanation.terms[:MARKED], start=1):
        spans = item.need_spans if side == "need" else item.achievement_spans
        share = item.contribution / most if most else 0
        strength = 3 if share > STRONG else 2 if share > MIDDLE else 1
        for field, start, end in spans:
            marks[field].append((start, end, number, strength))
    parts = {"title": _mark(posting.title, marks["title"], 0)}
    position = 0
    for field, text in body_parts(posting):
        inside = [m for m in marks["body"] if position <= m[0] and m[1] <= position + len(text)]
        parts[field] = _mark(text, inside, position)
        position += len(text) + 1
    return parts


def _mark(text: str, marks: Iterable[tuple[int, int, int, int]], offset: int) -> Markup:
    result, position = Markup(""), 0
    for start, end, number, strength in sorted(marks):
        first, last = start - offset, end - offset
        if first < position:
            continue
        result += escape(text[position:first])
        result += Markup('<mark class="t s{}">{}<sup>{}</sup></mark>').format(
            strength, text[first:last], number
        )
        position = last
    return result + escape(text[position:])
