"""Suggestions after a commit: of one record, or of all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from matchmaker import jobs
from matchmaker.catalogue.index import LiveIndex, index_of
from matchmaker.jobs import JobRun
from matchmaker.matching import service
from models import Posting, PostingKind

REPORT_EVERY = 25


@jobs.task("matching.refresh")
def refresh(run: JobRun) -> Mapping[str, Any]:
    """Refresh the suggestions of one record: it was published, edited, withdrawn or archived."""
    posting_id = int(run.payload["posting_id"])
    with run.database.reading() as session:
        kind = session.scalar(select(Posting.kind).where(Posting.id == posting_id))
    if kind is None:
        return {"suggestions": 0}
    return {"suggestions": _refresh_one(run, index_of(run.database), kind, posting_id)}


@jobs.task("matching.refresh_all")
def refresh_all(run: JobRun) -> Mapping[str, Any]:
    """Refresh every record, needs first; the way after an import or a change of weights."""
    index = index_of(run.database)
    index.recommender()
    work = [
        (kind, posting_id)
        for kind in (PostingKind.NEED, PostingKind.ACHIEVEMENT)
        for posting_id in index.ids(kind)
    ]
    for number, (kind, posting_id) in enumerate(work, start=1):
        _refresh_one(run, index, kind, posting_id)
        if number % REPORT_EVERY == 0:
            run.report(number / len(work), f"{number} / {len(work)}")
    return {"records": len(work)}


def _refresh_one(run: JobRun, index: LiveIndex, kind: PostingKind, posting_id: int) -> int:
    settings = run.database.settings
    with run.database.transaction() as session:
        return service.refresh(
            session,
            index,
            kind,
            posting_id,
            k=settings.suggestions_per_record,
            floor=settings.suggestion_floor,
        )
