"""Which teams might want to meet: accepted pairs of their postings, and what the engine says.

Pairs that are stored with a score come first; for teams that have few of them the engine ranks the
postings of the event among each other. A suggestion never touches what a team chose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, aliased

from matchmaker import clock, jobs
from matchmaker.catalogue.documents import load_documents, published
from matchmaker.engine import Document, Recommender
from matchmaker.engine.filters import Filter
from matchmaker.wishes import policy, queries
from matchmaker.wishes.queries import PairOfTeams
from models import (
    Event,
    Job,
    JobStatus,
    Match,
    MatchStatus,
    Posting,
    Side,
    Team,
    TeamPosting,
    User,
    Wish,
)

PER_TEAM = 8
"""So many others are suggested to a team: what people read before they choose."""
KEPT_ANYWAY = 3
"""So many of them whatever their score, so that nobody stands before an empty page."""
SCORED_AT_MOST = 4000
"""Pairs of postings that are scored for the sake of wishes that nobody suggested."""
KIND = "wishes.suggest"
DELAY = timedelta(minutes=1)
PairOfPostings = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well two teams fit: the best pair of what they bring."""

    score: float
    match_id: int | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Proposals:
    """Every pair whose fit is known, and those among them that are suggested."""

    fits: Mapping[PairOfTeams, Fit]
    chosen: frozenset[PairOfTeams]


def suggest(
    session: Session, event: Event, recommender: Recommender | None = None, *, floor: float = 0.0
) -> int:
    """Make and score the suggestions of an event; return how many are new."""
    return store(session, event, proposals(session, event, recommender, floor=floor))


def suggest_later(session: Session, event: Event, actor: User | None = None) -> None:
    """Have it done in a minute, once for all that happens until then."""
    if not policy.has_wishes(event):
        return
    waiting = session.scalars(
        select(Job.payload).where(Job.kind == KIND, Job.status == JobStatus.QUEUED)
    )
    if not any(payload.get("event_id") == event.id for payload in waiting):
        jobs.enqueue(session, KIND, {"event_id": event.id}, actor=actor, delay=DELAY)


def proposals(
    session: Session, event: Event, recommender: Recommender | None, *, floor: float
) -> Proposals:
    """Find out who fits; nothing is written."""
    stored, rejected = stored_fits(session, event)
    excluded = queries.excluded_pairs(session, event)
    fits = {pair: fit for pair, fit in stored.items() if pair not in excluded}
    if recommender is not None:
        engine = _Ranking(session, event, recommender, rejected)
        for pair, score in engine.best().items():
            if pair not in excluded:
                fits.setdefault(pair, Fit(score))
        missing = [pair for pair in _known(session, event) if pair not in fits]
        fits |= {pair: Fit(score) for pair, score in engine.scored(missing).items()}
    return Proposals(fits, frozenset(_chosen(fits, floor)))


def stored_fits(
    session: Session, event: Event, teams: Iterable[int] | None = None
) -> tuple[dict[PairOfTeams, Fit], set[PairOfPostings]]:
    """Return the best stored pair of every two teams, and the pairs of postings that were refused."""
    need, achievement = aliased(Team), aliased(Team)
    wanted, offered = aliased(TeamPosting), aliased(TeamPosting)
    statement = (
        select(
            need.id, achievement.id, Match.id, Match.score, Match.status, Match.need_id,
            Match.achievement_id,
        )
        .select_from(wanted)
        .join(need, need.id == wanted.team_id)
        .join(Match, Match.need_id == wanted.posting_id)
        .join(offered, offered.posting_id == Match.achievement_id)
        .join(achievement, achievement.id == offered.team_id)
        .where(
            need.id.in_(queries.approved(event, Side.NEED)),
            achievement.id.in_(queries.approved(event, Side.ACHIEVEMENT)),
        )
        .order_by(Match.score.desc(), Match.id)
    )  # fmt: skip
    if teams is not None:
        ids = list(teams)
        statement = statement.where(need.id.in_(ids), achievement.id.in_(ids))
    fits: dict[PairOfTeams, Fit] = {}
    refused: set[PairOfPostings] = set()
    for a, b, match_id, score, status, need_id, achievement_id in session.execute(statement):
        if status == MatchStatus.REJECTED:
            refused.add((need_id, achievement_id))
            continue
        known = fits.setdefault((a, b), Fit(score, match_id))
        if status == MatchStatus.ACCEPTED and not known.accepted:
            fits[a, b] = Fit(known.score, match_id, accepted=True)
    return fits, refused


def _known(session: Session, event: Event) -> list[PairOfTeams]:
    rows = session.execute(
        select(Wish.need_team_id, Wish.achievement_team_id)
        .where(
            Wish.event_id == event.id,
            Wish.need_team_id.in_(queries.approved(event)),
            Wish.achievement_team_id.in_(queries.approved(event)),
        )
        .order_by(Wish.id)
    )
    return [(need, achievement) for need, achievement in rows]


class _Ranking:
    """The engine among the published postings of one event."""

    def __init__(
        self, session: Session, event: Event, recommender: Recommender,
        refused: set[PairOfPostings],
    ) -> None:  # fmt: skip
        self.recommender, self.refused = recommender, refused
        self.brought: dict[Side, dict[int, list[int]]] = {side: defaultdict(list) for side in Side}
        self.by_team: dict[int, list[int]] = defaultdict(list)
        rows = session.execute(
            published(
                select(Team.side, Team.id, Posting.id)
                .select_from(TeamPosting)
                .join(Posting, Posting.id == TeamPosting.posting_id)
                .join(Team, Team.id == TeamPosting.team_id)
            )
            .where(Team.id.in_(queries.approved(event)))
            .order_by(Team.id, Posting.id)
        )
        for side, team_id, posting_id in rows:
            self.brought[side][posting_id].append(team_id)
            self.by_team[team_id].append(posting_id)
        ids = [key for found in self.brought.values() for key in found]
        self.documents: dict[int, Document] = load_documents(session, ids)

    def best(self) -> dict[PairOfTeams, float]:
        """Return the scores of pairs that are among the best of either posting."""
        needs, achievements = (self._documents(side) for side in Side)
        if not needs or not achievements:
            return {}
        k = PER_TEAM + KEPT_ANYWAY
        found: dict[PairOfTeams, float] = {}
        lists = self.recommender.suggest_for_needs(needs, k=k, among=self._among(achievements))
        lists += self.recommender.suggest_for_achievements(
            achievements, k=k, among=self._among(needs)
        )
        for item in (item for ranked in lists for item in ranked):
            self._add(found, item.need_id, item.achievement_id, item.score)
        return found

    def scored(self, pairs: Iterable[PairOfTeams]) -> dict[PairOfTeams, float]:
        """Return the scores of given pairs of teams, as far as both bring something published."""
        wanted = [
            (need_id, achievement_id)
            for a, b in pairs
            for need_id in self.by_team.get(a, ())
            for achievement_id in self.by_team.get(b, ())
            if need_id in self.documents and achievement_id in self.documents
        ][:SCORED_AT_MOST]
        documents = [(self.documents[a], self.documents[b]) for a, b in wanted]
        found: dict[PairOfTeams, float] = {}
        if documents:
            for pair, score in zip(wanted, self.recommender.score_pairs(documents), strict=True):
                self._add(found, *pair, score)
        return {pair: found[pair] for pair in pairs if pair in found}

    def _add(
        self, found: dict[PairOfTeams, float], need_id: int, achievement_id: int, score: float
    ) -> None:
        if (need_id, achievement_id) in self.refused:
            return
        for need in self.brought[Side.NEED].get(need_id, ()):
            for achievement in self.brought[Side.ACHIEVEMENT].get(achievement_id, ()):
                pair = (need, achievement)
                found[pair] = max(found.get(pair, 0.0), min(max(score, 0.0), 1.0))

    def _documents(self, side: Side) -> list[Document]:
        return [self.documents[key] for key in self.brought[side] if key in self.documents]

    def _among(self, documents: Iterable[Document]) -> Filter:
        return Filter(ids=np.asarray(sorted(d.id for d in documents), dtype=np.int64))


def _chosen(fits: Mapping[PairOfTeams, Fit], floor: float) -> set[PairOfTeams]:
    """Choose what is suggested: every accepted pair, and the best few of every team."""
    chosen = {pair for pair, fit in fits.items() if fit.accepted}
    of_team: dict[tuple[int, int], list[PairOfTeams]] = defaultdict(list)
    for pair in sorted(fits, key=lambda pair: (-fits[pair].score, pair)):
        for place in (0, 1):
            of_team[place, pair[place]].append(pair)
    for best in of_team.values():
        chosen |= {
            pair
            for rank, pair in enumerate(best[:PER_TEAM])
            if rank < KEPT_ANYWAY or fits[pair].score >= floor
        }
    return chosen


def store(session: Session, event: Event, found: Proposals) -> int:
    """Write suggestions and scores; what a team chose, promised or was told stays."""
    lock(session, {key for pair in found.chosen for key in pair})
    rows = session.execute(
        select(
            Wish.id, Wish.need_team_id, Wish.achievement_team_id, Wish.score, Wish.match_id,
            Wish.suggested,
        ).where(Wish.event_id == event.id)
    )  # fmt: skip
    changed: list[dict[str, Any]] = []
    known: set[PairOfTeams] = set()
    for key, need, achievement, *before in rows:
        pair = (need, achievement)
        known.add(pair)
        fit = found.fits.get(pair)
        if fit is None:
            continue
        values = [fit.score, fit.match_id, before[2] or pair in found.chosen]
        if values != before:
            changed.append({"key": key, **dict(zip(NAMES, values, strict=True))})
    _rescore(session, changed)
    new = [_row(event, pair, found.fits[pair]) for pair in sorted(found.chosen - known)]
    if new:
        session.execute(insert(Wish), new)
    return len(new)


NAMES = ("score", "match_id", "suggested")


def lock(session: Session, teams: Iterable[int]) -> None:
    """Let one transaction at a time write wishes of these teams, always in the same order."""
    ids = sorted(set(teams))
    for start in range(0, len(ids), 500):
        part = select(Team.id).where(Team.id.in_(ids[start : start + 500])).order_by(Team.id)
        session.execute(part.with_for_update()).all()


def _rescore(session: Session, changed: list[dict[str, Any]]) -> None:
    if not changed:
        return
    table: Any = Wish.__table__
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("key"))
        .values({name: bindparam(name) for name in NAMES}),
        changed,
    )


def _row(event: Event, pair: PairOfTeams, fit: Fit) -> dict[str, Any]:
    return {
        "event_id": event.id, "need_team_id": pair[0], "achievement_team_id": pair[1],
        "score": fit.score, "match_id": fit.match_id, "suggested": True,
        "created_at": clock.now(),
    }  # fmt: skip
