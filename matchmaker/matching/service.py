"""Suggestions: what the engine proposes, kept as rows that organisers decide on.

A pair is kept while it is among the best of its need or among the best of its achievement, or
while somebody wants it there; what has been decided stays, whatever the score becomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker import activity, clock, jobs
from matchmaker.catalogue.documents import published
from matchmaker.engine import Document, Recommender, Suggestion
from matchmaker.engine.fusion import lot
from matchmaker.errors import NotNowError, require
from matchmaker.labels import label
from matchmaker.matching import policy
from matchmaker.matching.learning import DECIDED, KEY, Teacher
from models import (
    Achievement,
    Job,
    JobStatus,
    Match,
    MatchStatus,
    Need,
    Posting,
    PostingKind,
    User,
)

KEPT_ANYWAY = 3
"""So many of a need's best are kept whatever their score: an organiser judges the rest."""
LEARN_AFTER = timedelta(minutes=1)
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
    teacher: Teacher | None = None,
) -> Found:
    """Ask the engine, and `teacher` what decisions change; nothing is written meanwhile."""
    present = [document for document in documents.values() if document is not None]
    lists: Sequence[Sequence[Suggestion]]
    if kind == PostingKind.NEED:
        lists = recommender.suggest_for_needs(present, k=k, threads=threads)
        kept_anyway = KEPT_ANYWAY
    else:
        lists = recommender.suggest_for_achievements(present, k=k, threads=threads)
        kept_anyway = 0
    if teacher is not None:
        lists = _taught(teacher, kind, present, lists, k)
    best = {
        document.id: [
            item
            for n, item in enumerate(ranked)
            if n < kept_anyway or usual_score(recommender, item) >= floor
        ]
        for document, ranked in zip(present, lists, strict=True)
    }
    return {key: best.get(key) for key in documents}


def usual_score(recommender: Recommender, item: Suggestion) -> float:
    """Return a score under the usual weights: raised ones order a list, they do not lengthen it."""
    return recommender.weighed(item.by_signal) + (item.by_signal.get(KEY) or 0.0)


def rescored(session: Session, teacher: Teacher, found: Found) -> list[Suggestion]:
    """Score the pairs of some needs anew that wait on the desk beside the needs' own lists.

    Those that are among the best of their achievement stay there with what they once scored, until
    all is scored again; after decisions they would stand wrong between the others.
    """
    listed = {
        (item.need_id, item.achievement_id) for best in found.values() for item in best or ()
    }
    waiting = session.execute(
        select(Match.need_id, Match.achievement_id).where(
            Match.need_id.in_([key for key, best in found.items() if best is not None]),
            Match.status == MatchStatus.SUGGESTED,
        )
    )
    others = [tuple(pair) for pair in waiting if tuple(pair) not in listed]
    documents = teacher.read(key for pair in others for key in pair)
    return [
        teacher.score(documents[need_id], documents[achievement_id])
        for need_id, achievement_id in others
        if need_id in documents and achievement_id in documents
    ]


def store_scores(
    session: Session, recommender: Recommender, scored: Sequence[Suggestion], *, floor: float
) -> None:
    """Keep new scores of pairs on the desk; what has fallen below the floor leaves it.

    What was picked by hand stays.
    """
    moment = clock.now()
    for item in scored:
        pair = Match.need_id == item.need_id, Match.achievement_id == item.achievement_id
        waits = Match.status == MatchStatus.SUGGESTED
        if usual_score(recommender, item) < floor:
            gone = delete(Match).where(*pair, waits, Match.picked_by_id.is_(None))
            session.execute(gone.execution_options(synchronize_session=False))
        values = _scored(item, moment)
        kept = update(Match).where(*pair, waits).values(**values)
        session.execute(kept.execution_options(synchronize_session=False))


def _taught(
    teacher: Teacher,
    kind: PostingKind,
    documents: Sequence[Document],
    lists: Sequence[Sequence[Suggestion]],
    k: int,
) -> Sequence[Sequence[Suggestion]]:
    """Return the lists as decisions on their needs have moved them."""
    if not teacher.has_decisions:
        return lists
    if kind == PostingKind.NEED:
        return [
            teacher.best(need, k) if teacher.of(need) else found
            for need, found in zip(documents, lists, strict=True)
        ]
    needs = teacher.read(item.need_id for found in lists for item in found)
    return [
        _moved_needs(teacher, needs, achievement, found)
        for achievement, found in zip(documents, lists, strict=True)
    ]


def _moved_needs(
    teacher: Teacher, needs: Mapping[int, Document], achievement: Document,
    found: Sequence[Suggestion],
) -> Sequence[Suggestion]:  # fmt: skip
    moved = []
    for item in found:
        need = needs.get(item.need_id)
        learned = teacher.of(need) if need is not None else None
        moved.append(learned.scored(need, achievement) if need and learned else item)
    return sorted(moved, key=lambda item: (-item.score, lot(item.need_id, teacher.seed)))


def learn_later(session: Session, need_id: int) -> None:
    """Let a decision on a need move its list, once nobody will undo it in passing."""
    payload = {"need_id": need_id}
    waiting = session.scalars(
        select(Job.payload).where(Job.kind == "matching.learn", Job.status == JobStatus.QUEUED)
    )
    if payload not in waiting.all():
        jobs.enqueue(session, "matching.learn", payload, delay=LEARN_AFTER)


def set_learning(session: Session, actor: User, need: Need, *, on: bool) -> None:
    """Let decisions move what is suggested for a need, or leave its list as the texts make it.

    Raises:
        NotAllowedError: not an organiser, or of the organisation that needs.

    """
    require(policy.can_teach(actor, need))
    if need.learns == on:
        return
    need.learns = on
    verb = "need.learning_on" if on else "need.learning_off"
    activity.record(session, actor, verb, need, title=need.title)
    jobs.enqueue(session, "matching.refresh", {"posting_id": need.id}, actor=actor)


def store(session: Session, kind: PostingKind, found: Found) -> int:
    """Bring the rows of these records up to date; return how many suggestions they have now.

    A record that is no longer published loses its undecided pairs, those picked by hand too; what
    was withdrawn since the lists were worked out does not come back.
    """
    shown = _still_shown(session, found)
    present = {
        key: [item for item in best if {item.need_id, item.achievement_id} <= shown]
        for key, best in found.items()
        if best is not None and key in shown
    }
    _drop(session, kind, [key for key in found if key not in present])
    ids = list(present)
    for start in range(0, len(ids), AT_A_TIME):
        part = ids[start : start + AT_A_TIME]
        _store(session, kind, {key: present[key] for key in part})
    session.expire_all()
    return sum(map(len, present.values()))


def _still_shown(session: Session, found: Found) -> set[int]:
    pairs = [item for best in found.values() for item in best or ()]
    ids = sorted({*found, *(i for item in pairs for i in (item.need_id, item.achievement_id))})
    shown: set[int] = set()
    for start in range(0, len(ids), AT_A_TIME):
        part = select(Posting.id).where(Posting.id.in_(ids[start : start + AT_A_TIME]))
        shown.update(session.scalars(published(part)))
    return shown


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


def _store(session: Session, kind: PostingKind, found: Mapping[int, Sequence[Suggestion]]) -> None:
    column, rank_name = _side(kind)
    own = column.in_(list(found))
    rows = session.execute(
        select(Match.id, Match.need_id, Match.achievement_id, Match.status).where(own)
    ).all()
    known = {(row.need_id, row.achievement_id): row.id for row in rows}
    decided = {(row.need_id, row.achievement_id) for row in rows if row.status in DECIDED}
    session.execute(
        update(Match)
        .where(own, Match.status.not_in(DECIDED))  # these keep the place they were decided at
        .values({rank_name: None})
        .execution_options(synchronize_session=False)
    )
    moment = clock.now()
    changed: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for best in found.values():
        for rank, item in enumerate(best, start=1):
            values = {rank_name: rank, **_scored(item, moment)}
            pair = (item.need_id, item.achievement_id)
            if pair in decided:
                continue
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
            Match.picked_by_id.is_(None),
        )
        .execution_options(synchronize_session=False)
    )


def _scored(item: Suggestion, moment: datetime) -> dict[str, Any]:
    return {
        "score": item.score,
        "by_signal": dict(item.by_signal),
        "model": item.model,
        "scored_at": moment,
    }


def pick(
    session: Session,
    actor: User,
    need: Need,
    achievement: Achievement,
    *,
    scored: Suggestion,
) -> Match:
    """Put a pair on the review desk by hand, or find it there: two people get one pair.

    Raises:
        NotAllowedError: not an organiser, or a party to the pair.
        NotNowError: a side takes no part in matching, or the pair is decided already.

    """
    require(
        policy.can_pick(actor, need, achievement),
        _l("只有组织方可以选取，而且不能选取本单位参与的对接。"),
    )
    if not (policy.takes_part(need) and policy.takes_part(achievement)):
        raise NotNowError(_l("其中一方没有发布，或者单位还没有核验，不能放到审核台。"))
    match = _of_pair(session, need, achievement)
    if match is None:
        match = _put(session, actor, need, achievement, _scored(scored, clock.now()))
    elif match.status == MatchStatus.SUGGESTED and match.picked_by_id is None:
        match.picked_by, match.picked_by_id = actor, actor.id
        activity.record(session, actor, "match.picked", match, **_titles(match))
    if match.status != MatchStatus.SUGGESTED:
        raise NotNowError(
            _l("这一对已经有决定：%(status)s。没有改动。", status=label(match.status))
        )
    return match


def take_back(session: Session, actor: User, match: Match) -> None:
    """Take a pair off the desk that was picked by hand; what the engine suggests as well stays.

    Raises:
        NotAllowedError: not an organiser, or a party to the pair.
        NotNowError: the pair is decided, or nobody picked it.

    """
    require(policy.can_pick(actor, match.need, match.achievement))
    if match.status != MatchStatus.SUGGESTED:
        raise NotNowError(
            _l("这一对已经有决定：%(status)s。没有改动。", status=label(match.status))
        )
    if match.picked_by_id is None:
        raise NotNowError(_l("这一对不是手动选取的，没有改动。"))
    activity.record(session, actor, "match.taken_back", match, **_titles(match))
    if match.need_rank is None and match.achievement_rank is None:
        session.delete(match)
    else:
        match.picked_by = match.picked_by_id = None


def _of_pair(session: Session, need: Need, achievement: Achievement) -> Match | None:
    return session.scalar(
        select(Match).where(Match.need_id == need.id, Match.achievement_id == achievement.id)
    )


def _put(
    session: Session, actor: User, need: Need, achievement: Achievement, values: dict[str, Any]
) -> Match:
    match = Match(
        need=need, need_id=need.id, achievement=achievement, achievement_id=achievement.id,
        status=MatchStatus.SUGGESTED, created_at=clock.now(), picked_by=actor,
        picked_by_id=actor.id, **values,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(match)
    except IntegrityError:
        there = _of_pair(session, need, achievement)  # somebody was faster by a moment
        if there is None:
            raise
        return there
    activity.record(session, actor, "match.picked", match, **_titles(match))
    return match


def _titles(match: Match) -> dict[str, str]:
    return {"need": match.need.title, "achievement": match.achievement.title}
