"""What organisers decided moves what is like it: the lessons of a need, from stored decisions.

Decisions on the need itself count, and those on needs like it. Acceptances and rejections for the
text move achievements like the decided ones; rejections for a field (too early, price, region)
raise the weight of its signal for this need. Nothing is stored but the decisions: who takes one
back, or switches learning off for a need, has the list as it was.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.catalogue.documents import load_documents
from matchmaker.engine import Document, Recommender, Suggestion
from matchmaker.engine.documents import Place
from matchmaker.engine.filters import Filter
from matchmaker.engine.fusion import lot
from matchmaker.engine.learning import (
    SPEAKS_OF,
    TEXT,
    Decision,
    Lessons,
    near_needs,
    reweighted,
)
from matchmaker.engine.likeness import Likeness
from models import Match, MatchStatus, Need

DECIDED = (MatchStatus.ACCEPTED, MatchStatus.REJECTED)
MOST = 100
"""So many decisions are listened to: the latest on the need itself, then those on others."""
NEAR_NEEDS = 30
"""So many of the needs closest by text, of those with decisions, may lend theirs."""
LISTENERS = 200
"""Needs that may listen to one another are looked for among so many of the closest."""
POOL = 200
"""What was learned is looked for among so many of the best: as many as the engine ranks."""
KEY = "decisions"
"""Under this name a suggestion keeps what decisions add to its score, more or less than 0."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What decisions change for one need.

    `engine` ranks under the weights of this need, `reasons` counts rejections that raised one.
    """

    engine: Recommender
    lessons: Lessons
    reasons: Mapping[str, int]

    @property
    def n_decisions(self) -> int:
        return len(self.lessons.decisions_) + sum(self.reasons.values())

    def moved(
        self, suggestions: Sequence[Suggestion], achievements: Mapping[int, Document]
    ) -> list[Suggestion]:
        """Add what was learned to the scores and put them into their new order.

        A score stays within [0, 1]; the change is kept beside the signals.
        """
        known = [item for item in suggestions if item.achievement_id in achievements]
        changes = self.lessons.changes([achievements[item.achievement_id] for item in known])
        found = [
            (item.score + change, moved_by(item, change))
            for item, change in zip(known, changes.tolist(), strict=True)
        ]
        found.sort(key=lambda pair: (-pair[0], lot(pair[1].achievement_id, self.engine.seed)))
        return [item for _, item in found]

    def scored(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair with what was learned."""
        return self.moved([self.engine.score(need, achievement)], {achievement.id: achievement})[0]


def moved_by(item: Suggestion, change: float) -> Suggestion:
    """Return a suggestion whose score has changed."""
    if not change:
        return item
    score = min(1.0, max(0.0, item.score + change))
    return replace(item, score=score, by_signal={**item.by_signal, KEY: change})


Listening = Mapping[int, AbstractSet[int]]
"""By need, which of those with decisions may be near it."""


def deciding(session: Session) -> set[int]:
    """Return the ids of the needs on which something is decided."""
    decided = select(Match.need_id).where(Match.status.in_(DECIDED)).distinct()
    return set(session.scalars(decided))


def listening(session: Session, recommender: Recommender) -> Listening:
    """Find out once, for a job over all needs, which of them listen to which decisions.

    Asks once for each need with decisions, and not once for each need that there is.
    """
    found: dict[int, set[int]] = defaultdict(set)
    for need_id, need in load_documents(session, sorted(deciding(session))).items():
        for listener in _closest(recommender, need, LISTENERS):
            found[listener].add(need_id)
    return found


def listeners(session: Session, recommender: Recommender, need: Document) -> list[int]:
    """Return the need, and the ids of all that listen to decisions on it."""
    others = load_documents(session, sorted(_closest(recommender, need, LISTENERS) - {need.id}))
    near = near_needs(Likeness.of(recommender), need, [*others.values()])
    return sorted({need.id, *(other.id for other in near)})


def _closest(
    recommender: Recommender, need: Document, k: int, among: Iterable[int] | None = None
) -> set[int]:
    text = f"{need.title}\n{need.body}"
    found = recommender.search(text, side="need", k=k, among=among)
    return {other for other, _score in found}


class Teacher:
    """Finds the lessons of needs, each once; for one request or one batch of a job.

    A job over all needs gives `near`, see `listening`.
    """

    def __init__(
        self, session: Session, recommender: Recommender, near: Listening | None = None
    ) -> None:
        self._session = session
        self._recommender = recommender
        self._found: dict[int, Learned | None] = {}
        self._deciding = deciding(session)
        self._near = near

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness.of(self._recommender)

    @property
    def seed(self) -> int:
        """The seed that orders equals."""
        return self._recommender.seed

    @property
    def has_decisions(self) -> bool:
        return bool(self._deciding)

    def best(self, need: Document, k: int, among: Filter | None = None) -> list[Suggestion]:
        """Return the k best achievements of a need, moved by what was learned."""
        learned = self.of(need)
        if learned is None:
            return self._recommender.suggest_for_need(need, k=k, among=among)
        pool = learned.engine.suggest_for_need(need, k=max(k, POOL), among=among)
        return self._moved(learned, pool)[:k]

    def score(self, need: Document, achievement: Document) -> Suggestion:
        """Score one pair with what was learned."""
        learned = self.of(need)
        if learned is None:
            return self._recommender.score(need, achievement)
        return learned.scored(need, achievement)

    def place(
        self, need: Document, achievement_id: int, *, k: int, among: Filter | None = None
    ) -> Place:
        """Say where an achievement stands for a need, moved by what was learned.

        Raises:
            KeyError: the achievement is not in the index.

        """
        learned = self.of(need)
        if learned is None:
            return self._recommender.place_for_need(need, achievement_id, k=k, among=among)

        def moved(found: list[Suggestion]) -> list[Suggestion]:
            """Where decisions add nothing that counts as 0 in the mean of the first."""
            return [
                replace(item, by_signal={KEY: 0.0, **item.by_signal})
                for item in self._moved(learned, found)
            ]

        return learned.engine.place_for_need(need, achievement_id, k=k, among=among, moved=moved)

    def engine(self, need: Document) -> Recommender:
        """Return the engine under the weights of a need."""
        learned = self.of(need)
        return self._recommender if learned is None else learned.engine

    def _moved(self, learned: Learned, found: Sequence[Suggestion]) -> list[Suggestion]:
        return learned.moved(found, self.read(item.achievement_id for item in found))

    def read(self, ids: Iterable[int]) -> Mapping[int, Document]:
        """Return records with their texts."""
        return load_documents(self._session, sorted(set(ids)))

    def of(self, need: Document) -> Learned | None:
        """Return what decisions change for a need; None where nothing is learned."""
        if need.id not in self._found:
            self._found[need.id] = self._learn(need)
        return self._found[need.id]

    def _heard(self, need: Document) -> set[int]:
        """Return the ids of needs whose decisions count here: its own, and those alike."""
        if self._near is None:
            close = _closest(self._recommender, need, NEAR_NEEDS, self._deciding)
        else:
            close = set(self._near.get(need.id, ()))
        others = self.read((close & self._deciding) - {need.id})
        near = near_needs(self._likeness, need, [*others.values()])
        return {other.id for other in near} | ({need.id} & self._deciding)

    def _learn(self, need: Document) -> Learned | None:
        heard = self._heard(need) if self._deciding else set()
        if not heard or self._is_off(need.id):
            return None
        rows = self._session.execute(
            select(Match.need_id, Match.achievement_id, Match.status, Match.reason)
            .where(Match.need_id.in_(heard), Match.status.in_(DECIDED))
            .order_by(Match.need_id != need.id, Match.decided_at.desc(), Match.id)
            .limit(MOST)
        ).all()
        reasons = Counter(
            row.reason.value
            for row in rows
            if row.need_id == need.id and row.reason and _signal_of(row) not in {None, TEXT}
        )
        lessons = Lessons(self._likeness)
        lessons.fit(need, self._decisions(need, rows))
        if not lessons.decisions_ and not reasons:
            return None
        return Learned(self._engine(reasons), lessons, reasons)

    def _is_off(self, need_id: int) -> bool:
        return self._session.scalar(select(Need.learns).where(Need.id == need_id)) is False

    def _engine(self, reasons: Mapping[str, int]) -> Recommender:
        if not reasons:
            return self._recommender
        return self._recommender.with_weights(reweighted(self._recommender.weights_, reasons))

    def _decisions(self, need: Document, rows: Sequence[Any]) -> list[Decision]:
        """Return those that speak of the text, with what the engine alone makes of their pairs."""
        told = [
            row for row in rows if row.status == MatchStatus.ACCEPTED or _signal_of(row) == TEXT
        ]
        known = {**self.read(i for row in told for i in (row.need_id, row.achievement_id))}
        known[need.id] = need
        pairs = [(known[row.need_id], known[row.achievement_id]) for row in told]
        scores = self._recommender.score_pairs(pairs)
        return [
            Decision(*pair, outcome=float(row.status == MatchStatus.ACCEPTED), score=score)
            for row, pair, score in zip(told, pairs, scores, strict=True)
        ]


def _signal_of(row: Any) -> str | None:
    return SPEAKS_OF[row.reason.value] if row.reason else None
