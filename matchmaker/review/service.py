"""Decisions on pairs. Who was slower is told who was faster; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker import activity, clock, jobs
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.labels import label
from matchmaker.matching import service as matching
from matchmaker.review import policy
from models import (
    NEXT_MATCH_STATUSES,
    Match,
    MatchNote,
    MatchStatus,
    PostingStatus,
    RejectReason,
    User,
)

ANNOUNCE_AFTER = timedelta(seconds=60)
"""Both sides are told a minute after an acceptance, so that an undo reaches nobody."""
DEFER_DAYS = 14
REMARK_LIMIT = 500
NOTE_LIMIT = 1000


@dataclass(slots=True)
class ManyDecided:
    """What became of several pairs that were decided at once."""

    done: list[Match] = field(default_factory=list)
    beaten: list[Match] = field(default_factory=list)
    """Somebody else was faster, or a side is no longer published."""
    own: list[Match] = field(default_factory=list)
    """The person's own organisation is a party."""


def accept(
    session: Session,
    actor: User,
    match: Match,
    *,
    version: int,
    remark: str = "",
    explanation: Mapping[str, Any] | None = None,
) -> None:
    """Agree that the pair should meet; both sides are told unless it is undone at once.

    Raises:
        NotAllowedError: not an organiser, or a party to the pair.
        NotNowError: somebody was faster, or a posting is no longer published.

    """
    _check_published(match)
    _decide(session, actor, match, MatchStatus.ACCEPTED, version=version, remark=remark)
    match.explanation = dict(explanation) if explanation else None
    session.flush()
    jobs.enqueue(
        session,
        "review.announce",
        {"match_id": match.id, "decided": decision_of(match)},
        actor=actor,
        delay=ANNOUNCE_AFTER,
    )
    matching.learn_later(session, match.need_id)


def decision_of(match: Match) -> str:
    """Name a decision by its moment: a pair that is decided anew has another one."""
    return match.decided_at.isoformat() if match.decided_at else ""


def reject(
    session: Session,
    actor: User,
    match: Match,
    *,
    version: int,
    reason: str,
    remark: str = "",
    explanation: Mapping[str, Any] | None = None,
) -> None:
    """Say that the pair does not fit, and why; the reason is required.

    Raises:
        InvalidError: no reason of the list was given, or "other" without a word.

    """
    if reason not in set(RejectReason):
        raise InvalidError({"reason": _l("请选择一个原因。")})
    if reason == RejectReason.OTHER and not remark.strip():
        raise InvalidError({"remark": _l("选择“其他原因”时，请写一句说明。")})
    _decide(session, actor, match, MatchStatus.REJECTED, version=version, remark=remark)
    match.reason = RejectReason(reason)
    match.explanation = dict(explanation) if explanation else None
    matching.learn_later(session, match.need_id)


def defer(
    session: Session,
    actor: User,
    match: Match,
    *,
    version: int,
    remark: str = "",
) -> None:
    """Put the pair aside for two weeks; then it waits in the queue again."""
    _decide(session, actor, match, MatchStatus.DEFERRED, version=version, remark=remark)
    match.defer_until = clock.today() + timedelta(days=DEFER_DAYS)


def undo(session: Session, actor: User, match: Match, *, version: int) -> None:
    """Take a decision back: the pair waits in the queue again."""
    require(policy.can_decide(actor, match))
    _check_version(match, version, _l("撤销"))
    if MatchStatus.SUGGESTED not in NEXT_MATCH_STATUSES[match.status]:
        raise NotNowError(_l("这条对接没有可以撤销的决定。"))
    taken_back = match.status
    match.status = MatchStatus.SUGGESTED
    match.decided_by_id = None
    match.decided_by = None
    match.decided_at = None
    match.reason = None
    match.remark = ""
    match.defer_until = None
    match.explanation = None
    activity.record(session, actor, "match.reopened", match, **_pair(match), was=taken_back.value)
    matching.learn_later(session, match.need_id)


def note(session: Session, actor: User, match: Match, text: str) -> MatchNote:
    """Leave a line for the other organisers; it decides nothing."""
    require(policy.can_decide(actor, match))
    text = text.strip()
    if not text:
        raise InvalidError({"text": _l("请写下备注内容。")})
    if len(text) > NOTE_LIMIT:
        raise InvalidError({"text": _l("备注最多 1,000 字。")})
    line = MatchNote(
        match_id=match.id, author_id=actor.id, author=actor, at=clock.now(), text=text
    )
    session.add(line)
    activity.record(session, actor, "match.noted", match, **_pair(match))
    return line


def decide_many(
    session: Session,
    actor: User,
    matches: Iterable[Match],
    versions: Mapping[int, int],
    verb: Callable[..., None],
    *,
    values_of: Callable[[Match], Mapping[str, Any]] = lambda _match: {},
) -> ManyDecided:
    """Apply one decision to several pairs; those that cannot be decided are left as they are."""
    result = ManyDecided()
    for match in matches:
        if policy.is_party(actor, match):
            result.own.append(match)
            continue
        version = versions.get(match.id, -1)
        try:
            verb(session, actor, match, version=version, **values_of(match))
            result.done.append(match)
        except NotNowError:
            result.beaten.append(match)
    return result


def _decide(
    session: Session,
    actor: User,
    match: Match,
    status: MatchStatus,
    *,
    version: int,
    remark: str,
) -> None:
    require(
        policy.can_decide(actor, match), _l("只有组织方可以决定，而且不能决定本单位参与的对接。")
    )
    _check_version(match, version, label(status))
    if status not in NEXT_MATCH_STATUSES[match.status]:
        raise NotNowError(_faster(match, label(status)))
    if len(remark) > REMARK_LIMIT:
        raise InvalidError({"remark": _l("说明最多 500 字。")})
    match.status = status
    match.decided_by = actor
    match.decided_by_id = actor.id
    match.decided_at = clock.now()
    match.remark = remark.strip()
    activity.record(session, actor, f"match.{status.value}", match, **_pair(match))


def _check_version(match: Match, version: int, act: Any) -> None:
    if match.version != version:
        raise NotNowError(_faster(match, act))


def _faster(match: Match, act: Any) -> Any:
    if match.decided_by is None:
        return _l("这条对接刚刚被改动过。您的“%(act)s”没有保存，请看一眼再决定。", act=act)
    return _l(
        "%(name)s已经作出决定：%(status)s。您的“%(act)s”没有保存。",
        name=match.decided_by.name,
        status=label(match.status),
        act=act,
    )


def _check_published(match: Match) -> None:
    both = {match.need.status, match.achievement.status}
    if both != {PostingStatus.PUBLISHED}:
        raise NotNowError(_l("其中一方已经撤回或归档，不能再接受这条对接。"))


def _pair(match: Match) -> dict[str, str]:
    return {"need": match.need.title, "achievement": match.achievement.title}
