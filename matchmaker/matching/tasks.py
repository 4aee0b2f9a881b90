"""Suggestions after a commit: of one record, or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from matchmaker import jobs
from matchmaker.catalogue.index import LiveIndex, index_of
from matchmaker.engine import Recommender
from matchmaker.jobs import JobRun
from matchmaker.matching import service
from models import Posting, PostingKind

BATCH = 200
THREADS = 2


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
    return {"suggestions": _refresh(run, index, recommender, kind, [posting_id])}


@jobs.task("matching.refresh_all")
def refresh_all(run: JobRun) -> Mapping[str, Any]:
    """Refresh every record, needs first; the way after an import or a change of weights."""
    index = index_of(run.database)
    recommender = index.recommender()
    total = sum(len(index.ids(kind)) for kind in PostingKind)
    done = 0
    for kind in (PostingKind.NEED, PostingKind.ACHIEVEMENT):
        ids = index.ids(kind)
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            _refresh(run, index, recommender, kind, part, threads=THREADS)
            done += len(part)
            run.report(done / total, f"{done} / {total}")
    return {"records": total}


def _refresh(
    run: JobRun,
    index: LiveIndex,
    recommender: Recommender,
    kind: PostingKind,
    ids: Sequence[int],
    *,
    threads: int = 1,
) -> int:
    settings = run.database.settings
    found = service.propose(
        recommender,
        kind,
        {posting_id: index.document(kind, posting_id) for posting_id in ids},
        k=settings.suggestions_per_record,
        floor=settings.suggestion_floor,
        threads=threads,
    )
    with run.database.transaction() as session:
        return service.store(session, kind, found, recommender.model_id)
