"""Why an achievement does not stand in front: its ranks, and what it lacks beside the first ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker.catalogue import queries, search
from matchmaker.catalogue.documents import load_documents
from matchmaker.engine import Document, Recommender
from matchmaker.engine.documents import Place, SharedTerm
from matchmaker.matching.learning import KEY, Teacher
from matchmaker.matching.ranking import Asked, parts_of
from models import Achievement, Posting, PostingKind, PostingStatus, User

OFFERED = 8
FIRST = 20
"""The achievement is compared with the mean of so many."""
TERMS = 6
MUCH = 0.1
"""A signal that is this much below the mean is a lack."""
NEARLY = 0.8
"""Of what the first ones have by text, which is small where texts are long."""
OF_TEXT = frozenset({"title", "body", "meaning"})
NOTHING = 0.05
LITTLE = 0.005
"""What decisions add is told to half a hundredth."""
NUMBER = re.compile(r"(?:CG-\d{4}-)?0*(\d{1,9})", re.IGNORECASE)


def offered(session: Session, recommender: Recommender, actor: User, text: str) -> list[Posting]:
    """Return the few achievements that a part of a title or a number may mean."""
    filters = search.Filters(
        kind=PostingKind.ACHIEVEMENT, text=text[: search.QUERY_LIMIT], sort="relevance",
        statuses=tuple(status.value for status in PostingStatus),
    )  # fmt: skip
    hits = search.find(session, recommender, actor, filters)
    if hits is None:
        return []
    statement = search.narrowed(actor, filters, hits)
    found = search.page_of(session, statement, filters, hits, 0)
    meant = _of_number(session, actor, text)
    return [*meant, *(row for row in found if row not in meant)][:OFFERED]


def _of_number(session: Session, actor: User, text: str) -> list[Posting]:
    number = NUMBER.fullmatch(text.strip())
    if number is None:
        return []
    visible = queries.visible_to(actor, PostingKind.ACHIEVEMENT)
    return list(session.scalars(visible.where(Posting.id == int(number[1]))).unique())


@dataclass(frozen=True, slots=True)
class Line:
    """One signal: its value, that of the first ones, and what that means in words."""

    signal: str
    own: float | None
    wanted: float | None
    words: str
    tone: str
    """ok, lack, or open where one side is silent."""
    weight: float

    @property
    def loss(self) -> float:
        """By how much the lack counts in the score, compared with other lines."""
        if self.own is None or self.wanted is None:
            return 0.0
        return self.weight * max(0.0, self.wanted - self.own)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What decisions add to the score of the achievement, and to those of the first ones."""

    own: float
    wanted: float

    @property
    def is_lack(self) -> bool:
        return self.own < self.wanted - LITTLE

    @property
    def words(self) -> str:
        if self.own < -LITTLE:
            return str(_("像不接受过的成果"))
        if self.is_lack:
            return str(_("前 20 名更像接受过的成果"))
        if self.own > self.wanted + LITTLE:
            return str(_("像接受过的成果"))
        return str(_("以往的决定没有让它靠后"))


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Where an achievement stands among all, and among what passes the filters."""

    place: Place
    among: Place | None
    """None when nothing is filtered, or the achievement is filtered out."""
    excluded_by: list[str]
    lines: list[Line]
    terms: tuple[SharedTerm, ...]
    decisions: Decisions | None
    """What decisions add, where any was learned from."""

    @property
    def score(self) -> float:
        return self.place.suggestion.score

    @property
    def main_lacks(self) -> list[str]:
        """The two signals that cost most."""
        lacks = [line for line in self.lines if line.tone == "lack" and line.loss > 0]
        return [line.signal for line in sorted(lacks, key=lambda line: -line.loss)[:2]]


def why_not(
    session: Session,
    recommender: Recommender,
    teacher: Teacher,
    need: Document,
    achievement: Achievement,
    asked: Asked,
) -> WhyNot | None:
    """Compare one achievement with the first of the list; None where it takes no part."""
    known = recommender.achievements_.versions_of([achievement.id])
    document = load_documents(session, [achievement.id]).get(achievement.id)
    if document is None or achievement.id not in known:
        return None
    place = teacher.place(need, achievement.id, k=FIRST)
    excluded = excluded_by(recommender, asked, achievement.id)
    among = None
    if asked.conditions() and not excluded:
        among = teacher.place(need, achievement.id, k=FIRST, among=asked.filter())
    engine = teacher.engine(need)
    return WhyNot(
        place=place,
        among=among,
        excluded_by=excluded,
        lines=_lines(engine, among or place, need, document),
        terms=engine.explain(need, document).terms[:TERMS],
        decisions=_decisions(among or place),
    )


def excluded_by(recommender: Recommender, asked: Asked, achievement_id: int) -> list[str]:
    """Name the conditions that the achievement does not meet, as the engine judges them."""
    only = np.asarray([achievement_id], dtype=np.int64)
    return [
        name
        for name, condition in asked.conditions().items()
        if not recommender.achievements_.first(1, replace(condition, ids=only))
    ]


# ---- in words

FIELDS: Mapping[str, tuple[Any, Callable[[Document], Any], Any, Callable[[Document], Any]]] = {
    "chain": (_l("产业链"), lambda a: a.chains, _l("产业链"), lambda n: n.chains),
    "trl": (_l("成熟度"), lambda a: a.trl, _l("成熟度"), lambda n: n.trl),
    "mode": (_l("合作方式"), lambda a: a.modes, _l("合作方式"), lambda n: n.modes),
    "region": (_l("地区"), lambda a: a.region, _l("地区"), lambda n: n.region),
    "budget": (_l("价格"), lambda a: a.price_from, _l("预算"), lambda n: n.budget),
    "deadline": (_l("成熟度"), lambda a: a.trl, _l("期限"), lambda n: n.deadline),
    "indicators": (_l("指标"), lambda a: a.indicators, _l("指标"), lambda n: n.indicators),
}
"""What a signal asks of the achievement and of the need: a name, and how to read it."""
NEAR: Mapping[str, Any] = {
    "title": _l("名称共同的词不比前 20 名少"),
    "body": _l("正文共同的词不比前 20 名少"),
    "meaning": _l("意思不比前 20 名远"),
    "chain": _l("产业链相符"),
    "trl": _l("成熟度达到要求"),
    "mode": _l("合作方式合适"),
    "region": _l("地区不比前 20 名远"),
    "budget": _l("报价在预算以内"),
    "deadline": _l("时间够"),
    "indicators": _l("指标不比前 20 名差"),
}
LESS: Mapping[str, Any] = {
    "title": _l("名称共同的词比前 20 名少"),
    "body": _l("正文共同的词比前 20 名少"),
    "meaning": _l("意思比前 20 名远"),
    "chain": _l("产业链只是相近"),
    "trl": _l("成熟度低于需求"),
    "mode": _l("合作方式不如前 20 名合适"),
    "region": _l("地区比前 20 名远"),
    "budget": _l("报价高于预算"),
    "deadline": _l("到期限时间不够"),
    "indicators": _l("只达到一部分指标"),
}
NONE: Mapping[str, Any] = {
    "title": _l("名称几乎没有共同的词"),
    "body": _l("正文几乎没有共同的词"),
    "chain": _l("产业链不同"),
    "mode": _l("合作方式不一致"),
    "indicators": _l("没有达到可以对照的指标"),
}
FULL = 0.999
RELATIVE = frozenset({"title", "body", "meaning", "mode", "region", "indicators"})
"""What is said of these compares with the first ones already."""


def _lines(
    recommender: Recommender, place: Place, need: Document, achievement: Document
) -> list[Line]:
    lines = []
    for signal, own in parts_of(place.suggestion.by_signal).items():
        wanted = place.wanted[signal]
        words, tone = _words(signal, own, wanted, need, achievement)
        lines.append(Line(signal, own, wanted, words, tone, recommender.weights_[signal]))
    return lines


def _decisions(place: Place) -> Decisions | None:
    own, wanted = place.suggestion.by_signal.get(KEY), place.wanted.get(KEY)
    return None if own is None or wanted is None else Decisions(own, wanted)


def _words(
    signal: str, own: float | None, wanted: float | None, need: Document, achievement: Document
) -> tuple[str, str]:
    """Return a sentence and its tone."""
    if own is None:
        return _silent(signal, need, achievement), "open"
    if own >= FULL or (wanted is not None and own >= max(_enough(signal, wanted), NOTHING)):
        return _as_good(signal, own, need, achievement), "ok"
    if signal == "trl":
        return _level_gap(need, achievement), "lack"
    return str((NONE if own < NOTHING else LESS).get(signal, LESS[signal])), "lack"


def _enough(signal: str, wanted: float) -> float:
    """Return what still counts as no less than the first ones have."""
    return wanted * NEARLY if signal in OF_TEXT else wanted - MUCH


def _as_good(signal: str, own: float, need: Document, achievement: Document) -> str:
    """What is not full may still be as good as the first ones are."""
    if own >= FULL or signal in RELATIVE:
        return str(NEAR[signal])
    if signal == "trl":
        return str(_("%(gap)s，前 20 名也差不多", gap=_level_gap(need, achievement)))
    return str(_("%(words)s，前 20 名也差不多", words=LESS[signal]))


def _level_gap(need: Document, achievement: Document) -> str:
    return str(_("成熟度差 %(n)d 级", n=(need.trl or 0) - (achievement.trl or 0)))


def _silent(signal: str, need: Document, achievement: Document) -> str:
    """Say which side is silent: what is absent does not count, so it is no fault of its own."""
    offered_name, of_achievement, asked_name, of_need = FIELDS[signal]
    if not of_achievement(achievement):
        return str(_("没有填%(field)s，这一项不计", field=offered_name))
    if not of_need(need):
        return str(_("需求没有填%(field)s，这一项不计", field=asked_name))
    return str(_("没有可以对照的内容，这一项不计"))
