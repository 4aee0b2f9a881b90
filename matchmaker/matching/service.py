"""Suggestions: what the engine proposes, kept as rows that organisers decide on.

A pair is kept while it is among the best of its need or among the best of its achievement; what
has been decided stays, whatever the score becomes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.engine import Document, Recommender, Suggestion
from models import Match, MatchStatus, PostingKind

KEPT_ANYWAY = 3
"""So many of a need's best are kept whatever their score: an organiser judges the rest."""


def refresh(
    session: Session,
    recommender: Recommender,
    kind: PostingKind,
    posting_id: int,
    document: Document | None,
    *,
    k: int,
    floor: float,
) -> int:
    """Bring the suggestions of one record up to date; return how many it has now.

    A record that is no longer published has no document and loses its undecided suggestions.
    """
    if document is None:
        _drop_all(session, kind, posting_id)
        return 0
    if kind == PostingKind.NEED:
        found = recommender.suggest_for_need(document, k=k)
        best = [item for n, item in enumerate(found) if item.score >= floor or n < KEPT_ANYWAY]
    else:
        found = recommender.suggest_for_achievement(document, k=k)
        best = [item for item in found if item.score >= floor]
    _store(session, kind, posting_id, best, recommender.model_id)
    return len(best)


def _side(kind: PostingKind) -> tuple[str, str]:
    """Names of the column that holds the record and of its rank."""
    if kind == PostingKind.NEED:
        return "need_id", "need_rank"
    return "achievement_id", "achievement_rank"


def _drop_all(session: Session, kind: PostingKind, posting_id: int) -> None:
    column, _ = _side(kind)
    session.execute(
        delete(Match).where(
            getattr(Match, column) == posting_id, Match.status == MatchStatus.SUGGESTED
        )
    )


def _store(
    session: Session,
    kind: PostingKind,
    posting_id: int,
    best: Sequence[Suggestion],
    model: str,
) -> None:
    column, rank_name = _side(kind)
    own = getattr(Match, column) == posting_id
    known = {
        (row.need_id, row.achievement_id): row for row in session.scalars(select(Match).where(own))
    }
    session.execute(
        update(Match)
        .where(own)
        .values({rank_name: None})
        .execution_options(synchronize_session=False)
    )
    moment = clock.now()
    for rank, found in enumerate(best, start=1):
        values = {
            rank_name: rank,
            "score": found.score,
            "by_signal": dict(found.by_signal),
            "model": model,
            "scored_at": moment,
        }
        pair = (found.need_id, found.achievement_id)
        if pair in known:
            session.execute(
                update(Match)
                .where(Match.id == known[pair].id)
                .values(values)
                .execution_options(synchronize_session=False)
            )
        else:
            session.add(
                Match(
                    need_id=pair[0],
                    achievement_id=pair[1],
                    status=MatchStatus.SUGGESTED,
                    created_at=moment,
                    **values,
                )
            )
    session.flush()
    _drop_unranked(session, own)
    session.expire_all()


def _drop_unranked(session: Session, own: object) -> None:
    session.execute(
        delete(Match)
        .where(
            own,  # type: ignore[arg-type]
            Match.status == MatchStatus.SUGGESTED,
            Match.need_rank.is_(None),
            Match.achievement_rank.is_(None),
        )
        .execution_options(synchronize_session=False)
    )
