"""Suggestions: what the engine proposes, kept as rows that organisers decide on.

A pair is kept while it is among the best of its need or among the best of its achievement; what
has been decided stays, whatever the score becomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker import clock
from matchmaker.engine import Document, Recommender, Suggestion
from models import Match, MatchStatus, PostingKind

KEPT_ANYWAY = 3
"""So many of a need's best are kept whatever their score: an organiser judges the rest."""
AT_A_TIME = 500
"""Records whose ids stand in one statement."""


Found = Mapping[int, Sequence[Suggestion] | None]
"""The best of some records of one kind by their ids; None for one that is no longer published."""


def propose(
    recommender: Recommender,
    kind: PostingKind,
    documents: Mapping[int, Document | None],
    *,
    k: int,
    floor: float,
    threads: int = 1,
) -> Found:
    """Ask the engine; nothing is written, so that no transaction waits for it."""
    present = [document for document in documents.values() if document is not None]
    if kind == PostingKind.NEED:
        lists = recommender.suggest_for_needs(present, k=k, threads=threads)
        kept_anyway = KEPT_ANYWAY
    else:
        lists = recommender.suggest_for_achievements(present, k=k, threads=threads)
        kept_anyway = 0
    best = {
        document.id: [
            item for n, item in enumerate(ranked) if item.score >= floor or n < kept_anyway
        ]
        for document, ranked in zip(present, lists, strict=True)
    }
    return {key: best.get(key) for key in documents}


def store(session: Session, kind: PostingKind, found: Found, model: str) -> int:
    """Bring the rows of these records up to date; return how many suggestions they have now.

    A record that is no longer published loses its undecided suggestions.
    """
    _drop(session, kind, [key for key, best in found.items() if best is None])
    present = {key: best for key, best in found.items() if best is not None}
    ids = list(present)
    for start in range(0, len(ids), AT_A_TIME):
        part = ids[start : start + AT_A_TIME]
        _store(session, kind, {key: present[key] for key in part}, model)
    session.expire_all()
    return sum(map(len, present.values()))


def _side(kind: PostingKind) -> tuple[InstrumentedAttribute[int], str]:
    """The column that holds the record, and the name of that of its rank."""
    if kind == PostingKind.NEED:
        return Match.need_id, "need_rank"
    return Match.achievement_id, "achievement_rank"


def _drop(session: Session, kind: PostingKind, ids: Sequence[int]) -> None:
    column, _ = _side(kind)
    for start in range(0, len(ids), AT_A_TIME):
        session.execute(
            delete(Match)
            .where(
                column.in_(ids[start : start + AT_A_TIME]), Match.status == MatchStatus.SUGGESTED
            )
            .execution_options(synchronize_session=False)
        )


def _store(
    session: Session, kind: PostingKind, found: Mapping[int, Sequence[Suggestion]], model: str
) -> None:
    column, rank_name = _side(kind)
    own = column.in_(list(found))
    rows = session.execute(select(Match.id, Match.need_id, Match.achievement_id).where(own))
    known = {(need_id, achievement_id): key for key, need_id, achievement_id in rows}
    session.execute(
        update(Match)
        .where(own)
        .values({rank_name: None})
        .execution_options(synchronize_session=False)
    )
    moment = clock.now()
    changed: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for best in found.values():
        for rank, item in enumerate(best, start=1):
            values = {rank_name: rank, **_scored(item, model, moment)}
            pair = (item.need_id, item.achievement_id)
            if pair in known:
                changed.append({"key": known[pair], **values})
            else:
                new.append({"need_id": pair[0], "achievement_id": pair[1], **values,
                            "status": MatchStatus.SUGGESTED, "created_at": moment})  # fmt: skip
    table = Match.__table__
    if changed:
        names = [name for name in changed[0] if name != "key"]
        session.connection().execute(
            update(table)  # type: ignore[arg-type]
            .where(table.c.id == bindparam("key"))
            .values({name: bindparam(name) for name in names}),
            changed,
        )
    if new:
        session.execute(insert(Match), new)
    session.execute(
        delete(Match)
        .where(
            own,
            Match.status == MatchStatus.SUGGESTED,
            Match.need_rank.is_(None),
            Match.achievement_rank.is_(None),
        )
        .execution_options(synchronize_session=False)
    )


def _scored(item: Suggestion, model: str, moment: datetime) -> dict[str, Any]:
    return {
        "score": item.score,
        "by_signal": dict(item.by_signal),
        "model": model,
        "scored_at": moment,
    }
