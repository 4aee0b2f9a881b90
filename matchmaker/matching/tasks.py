"""Suggestions after a commit: of one record, or of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import jobs
from matchmaker.catalogue.documents import load_documents, published
from matchmaker.catalogue.index import index_of
from matchmaker.engine import Document, Recommender, Suggestion
from matchmaker.engine.lexical import full_text
from matchmaker.engine.meaning import Meaning
from matchmaker.jobs import JobRun
from matchmaker.matching import service
from matchmaker.matching.learning import Listening, Teacher, listeners, listening
from models import Job, JobStatus, Posting, PostingKind

BATCH = 200
KEEP = "catalogue.keep_index"
THREADS = 2


@jobs.task("matching.refresh")
def refresh(run: JobRun) -> Mapping[str, Any]:
    """Refresh the suggestions of one record: it was published, edited, withdrawn or archived."""
    posting_id = int(run.payload["posting_id"])
    with run.database.reading() as session:
        kind = session.scalar(select(Posting.kind).where(Posting.id == posting_id))
    if kind is None:
        return {"suggestions": 0}
    recommender = index_of(run.database).recommender()
    count = _refresh(run, recommender, kind, [posting_id], rescore=kind == PostingKind.NEED)
    _keep_if_due(run)
    return {"suggestions": count}


@jobs.task("matching.learn")
def learn(run: JobRun) -> Mapping[str, Any]:
    """Let decisions on a need move its list, and the lists of needs like it."""
    recommender = index_of(run.database).recommender()
    need_id = int(run.payload["need_id"])
    with run.database.reading() as session:
        documents = _published(session, [need_id])
        if need_id not in documents:
            return {"needs": 0}
        near = listeners(session, recommender, documents[need_id])
    _refresh(run, recommender, PostingKind.NEED, near, rescore=True)
    return {"needs": len(near)}


@jobs.task("matching.refresh_all")
def refresh_all(run: JobRun) -> Mapping[str, Any]:
    """Refresh every record, needs first; the way after an import or a change of weights."""
    index = index_of(run.database)
    recommender = index.recommender()
    total = sum(len(index.ids(kind)) for kind in PostingKind)
    if recommender.meaning is not None:
        for kind in PostingKind:
            _encode_all(run, recommender.meaning, index.ids(kind))
    with run.database.reading() as session:
        near = listening(session, recommender)
    done = 0
    for kind in (PostingKind.NEED, PostingKind.ACHIEVEMENT):
        ids = index.ids(kind)
        for start in range(0, len(ids), BATCH):
            part = ids[start : start + BATCH]
            _refresh(run, recommender, kind, part, threads=THREADS, near=near)
            done += len(part)
            run.report(done / total, f"{done} / {total}")
    _keep_if_due(run)
    return {"records": total}


def _keep_if_due(run: JobRun) -> None:
    """Have the index written to its files, unless that waits already or is being done."""
    if not index_of(run.database).wants_keeping:
        return
    with run.database.transaction() as session:
        begun = [JobStatus.QUEUED, JobStatus.RUNNING]
        under_way = select(Job.id).where(Job.kind == KEEP, Job.status.in_(begun))
        if session.scalar(under_way.limit(1)) is None:
            jobs.enqueue(session, KEEP)


def _refresh(
    run: JobRun,
    recommender: Recommender,
    kind: PostingKind,
    ids: Sequence[int],
    *,
    threads: int = 1,
    rescore: bool = False,
    near: Listening | None = None,
) -> int:
    """Bring the lists of some records up to date; `rescore` the pairs of needs beside them too."""
    settings = run.database.settings
    with run.database.reading() as session:
        documents = _published(session, ids)
    if recommender.meaning is not None:
        recommender.meaning.vectors.add([full_text(document) for document in documents.values()])
    scored: list[Suggestion] = []
    with run.database.reading() as session:
        teacher = Teacher(session, recommender, near)
        found = service.propose(
            recommender,
            kind,
            {posting_id: documents.get(posting_id) for posting_id in ids},
            k=settings.suggestions_per_record,
            floor=settings.suggestion_floor,
            threads=threads,
            teacher=teacher,
        )
        if rescore:
            scored = service.rescored(session, teacher, found)
    with run.database.transaction() as session:
        stored = service.store(session, kind, found)
        service.store_scores(session, recommender, scored, floor=settings.suggestion_floor)
        return stored


def _encode_all(run: JobRun, meaning: Meaning, ids: Sequence[int]) -> None:
    """Encode what has no vector yet, so that no list is made without the signal of meaning."""
    for start in range(0, len(ids), BATCH):
        with run.database.reading() as session:
            documents = _published(session, ids[start : start + BATCH])
        if meaning.vectors.add([full_text(document) for document in documents.values()]):
            run.report(0.0, f"{meaning.model_id}: {start + BATCH} / {len(ids)}")


def _published(session: Session, ids: Sequence[int]) -> Mapping[int, Document]:
    """Return those of some records that take part in matching, with their texts."""
    shown = session.scalars(published(select(Posting.id).where(Posting.id.in_(ids))))
    return load_documents(session, list(shown))
