"""Suggestions after a commit: of one record, or of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.catalogue.index import LiveIndex, index_of
from matchmaker.engine import Recommender
from matchmaker.jobs import JobRun
from matchmaker.matching import service
from models import Posting, PostingKind

BATCH = 50


@jobs.task("matching.refresh")
def refresh(run: JobRun) -> Mapping[str, Any]:
    """Refresh the suggestions of one record: it was published, edited, withdrawn or archived."""
    posting_id = int(run.payload["posting_id"])
    with run.database.reading() as session:
        kind = session.scalar(select(Posting.kind).where(Posting.id == posting_id))
    if kind is None:
        return {"suggestions": 0}
    index = index_of(run.database)
    recommender = index.recommender()
    with run.database.transaction() as session:
        return {"suggestions": _refresh_one(run, session, index, recommender, kind, posting_id)}


@jobs.task("matching.refresh_all")
def refresh_all(run: JobRun) -> Mapping[str, Any]:
    """Refresh every record, needs first; the way after an import or a change of weights."""
    index = index_of(run.database)
    recommender = index.recommender()
    work = [
        (kind, posting_id)
        for kind in (PostingKind.NEED, PostingKind.ACHIEVEMENT)
        for posting_id in index.ids(kind)
    ]
    for start in range(0, len(work), BATCH):
        with run.database.transaction() as session:
            for kind, posting_id in work[start : start + BATCH]:
                _refresh_one(run, session, index, recommender, kind, posting_id)
        run.report(min(1.0, (start + BATCH) / len(work)), f"{start + BATCH} / {len(work)}")
    return {"records": len(work)}


def _refresh_one(
    run: JobRun,
    session: Session,
    index: LiveIndex,
    recommender: Recommender,
    kind: PostingKind,
    posting_id: int,
) -> int:
    settings = run.database.settings
    return service.refresh(
        session,
        recommender,
        kind,
        posting_id,
        index.document(kind, posting_id),
        k=settings.suggestions_per_record,
        floor=settings.suggestion_floor,
    )
