"""What a juror does with an entry: score it, hand it in, stand aside; and reopening by offices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matchmaker import activity, clock
from matchmaker.contests import policy, queries
from matchmaker.contests.kinds import BallotState
from matchmaker.contests.service import ChangedError, lock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.events import policy as events
from models import Ballot, Criterion, Entry, Event, Juror, Score, User

BARRED = _l("这个项目与您或您的单位有关，由别的评委来评。")


def save(
    session: Session,
    actor: User,
    juror: Juror,
    event: Event,
    entry: Entry,
    *,
    version: int,
    points: Mapping[int, float],
    remark: str = "",
    submit: bool = False,
) -> Ballot:
    """Keep points as a draft, or hand them in: then they are final.

    Raises:
        NotAllowedError: somebody else's ballot.
        NotNowError: not the time, handed in already, changed elsewhere, or the juror stands aside.
        InvalidError: points are missing, out of range, or no half or whole number.

    """
    require(juror.user_id == actor.id)
    ballot = _open_ballot(session, juror, event, entry)
    if ballot.version != version and ballot.id is not None:
        raise ChangedError(
            _l("这份评分在另一个窗口改过。您填的内容还在这里，再保存一次就以这里为准。")
        )
    criteria = queries.criteria(session, event)
    _check_points(criteria, points, complete=submit)
    _set_points(ballot, criteria, points)
    ballot.remark = remark
    flag_modified(ballot, "remark")  # the version grows also where only points changed
    session.add(ballot)
    if submit:
        ballot.submitted_at = clock.now()
    session.flush()
    if submit:
        _record(session, actor, "ballot.submitted", event, entry)
    return ballot


def set_aside(session: Session, actor: User, juror: Juror, event: Event, entry: Entry) -> None:
    """Declare a conflict of interest: the juror gives no points, a draft is wiped out."""
    require(juror.user_id == actor.id)
    ballot = _ballot(session, juror, event, entry)
    if ballot.submitted_at is not None:
        raise NotNowError(_l("您已经交了这个项目的评分。要回避，请先请组织方退回。"))
    ballot.conflict = True
    ballot.remark = ""
    ballot.scores = []
    session.add(ballot)
    session.flush()
    _record(session, actor, "ballot.set_aside", event, entry)


def take_up(session: Session, actor: User, juror: Juror, event: Event, entry: Entry) -> None:
    """Take a declared conflict back; what the platform found cannot be taken back."""
    require(juror.user_id == actor.id)
    ballot = _ballot(session, juror, event, entry)
    if not ballot.conflict:
        raise NotNowError(_l("您没有声明回避这个项目。"))
    ballot.conflict = False
    session.flush()
    _record(session, actor, "ballot.taken_up", event, entry)


def reopen(session: Session, actor: User, juror: Juror, event: Event, entry: Entry) -> None:
    """Give a ballot that was handed in back to its juror, points and all."""
    require(events.can_manage(actor, event))
    lock(session, event)
    if not policy.is_unpublished(event):
        raise NotNowError(_l("活动已经结束、取消，或者结果已经公布。"))
    ballot = queries.ballot_of(session, juror, entry)
    if ballot is None or ballot.submitted_at is None:
        raise NotNowError(_l("这位评委还没有交这个项目的评分。"))
    ballot.submitted_at = None
    session.flush()
    _record(session, actor, "ballot.reopened", event, entry, name=juror.user.name)


def _ballot(session: Session, juror: Juror, event: Event, entry: Entry) -> Ballot:
    """Return the juror's ballot, a new one where there is none, as long as it may change."""
    lock(session, event)
    if not policy.is_unpublished(event):
        raise NotNowError(_l("活动已经结束、取消，或者结果已经公布，评分不能再改。"))
    if entry.id in queries.barred(session, event, juror).get(juror.id, set()):
        raise NotNowError(BARRED)
    found = queries.ballot_of(session, juror, entry)
    return found or Ballot(juror_id=juror.id, entry_id=entry.id, conflict=False, remark="")


def _open_ballot(session: Session, juror: Juror, event: Event, entry: Entry) -> Ballot:
    ballot = _ballot(session, juror, event, entry)
    if not policy.is_judging(event):
        raise NotNowError(_l("提交参赛项目的时间还没有结束。项目定下来以后再评分。"))
    state = queries.state_of(ballot, is_barred=False)
    if state == BallotState.ASIDE:
        raise NotNowError(_l("您声明了回避这个项目。要评分，请先取消回避。"))
    if state == BallotState.SUBMITTED:
        raise NotNowError(_l("这份评分已经交了。要改，请组织方退回。"))
    return ballot


def _check_points(
    criteria: Sequence[Criterion], points: Mapping[int, float], *, complete: bool
) -> None:
    if complete and not criteria:
        raise NotNowError(_l("组织方还没有定评分标准。"))
    errors: dict[str, Any] = {}
    for criterion in criteria:
        given = points.get(criterion.id)
        field = f"points_{criterion.id}"
        if given is None:
            if complete:
                errors[field] = _l("请给“%(name)s”打分。", name=criterion.name)
        elif not (0 <= given <= criterion.most and given * 2 == int(given * 2)):
            errors[field] = _l("请填 0 到 %(most)d 分，可以有半分。", most=criterion.most)
    if errors:
        raise InvalidError(errors)


def _set_points(
    ballot: Ballot, criteria: Sequence[Criterion], points: Mapping[int, float]
) -> None:
    known = {score.criterion_id: score for score in ballot.scores}
    for criterion in criteria:
        given, score = points.get(criterion.id), known.get(criterion.id)
        if given is None:
            if score is not None:
                ballot.scores.remove(score)
        elif score is None:
            ballot.scores.append(Score(criterion_id=criterion.id, points=given))
        else:
            score.points = given


def _record(
    session: Session, actor: User, action: str, event: Event, entry: Entry, **values: str
) -> None:
    activity.record(
        session, actor, action, entry, event=event.title, number=entry.number, **values
    )
