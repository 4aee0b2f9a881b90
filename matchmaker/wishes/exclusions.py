"""Pairs that must not meet, and pairs that met before and may meet again."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError, NotFoundError, NotNowError, require
from matchmaker.events import policy as events
from matchmaker.wishes import notices, policy, queries, suggestions
from matchmaker.wishes.queries import pair_of
from matchmaker.wishes.service import REMARK_LIMIT, fits_together, record
from models import Event, Exclusion, ExclusionReason, Reunion, Team, User


def declare(
    session: Session, actor: User, event: Event, team: Team, other: Team, *, remark: str = ""
) -> Exclusion:
    """Declare a conflict of interest of one's own team: the two do not meet.

    Only the team and the organisers see it. What both had chosen stays, and counts again when
    the declaration is withdrawn.
    """
    fits_together(event, team, other)
    require(policy.can_declare(actor, team), _l("只有本团队的人可以申报回避。"))
    return _exclude(session, actor, team, other, ExclusionReason.CONFLICT, remark)


def exclude(
    session: Session, actor: User, event: Event, team: Team, other: Team, *, remark: str = ""
) -> Exclusion:
    """Rule a meeting out, for reasons that stay with the organisers."""
    fits_together(event, team, other)
    require(events.can_change(actor, event))
    return _exclude(session, actor, team, other, ExclusionReason.ORGANISER, remark)


def _exclude(
    session: Session, actor: User, team: Team, opposite: Team, reason: ExclusionReason, remark: str
) -> Exclusion:
    need_id, achievement_id = pair_of(team, opposite)
    remark = remark.strip()
    if len(remark) > REMARK_LIMIT:
        raise InvalidError({"remark": _l("备注最多 %(n)d 字。", n=REMARK_LIMIT)})
    suggestions.lock(session, [need_id, achievement_id])
    known = session.scalar(
        select(Exclusion).where(
            Exclusion.need_team_id == need_id, Exclusion.achievement_team_id == achievement_id
        )
    )
    if known is not None:
        raise NotNowError(_l("这两个团队之间已经不安排洽谈，没有改动。"))
    row = Exclusion(
        event_id=team.event_id, need_team_id=need_id, achievement_team_id=achievement_id,
        reason=reason, remark=remark, declared_by_id=actor.id, at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    action = "exclusion.declared" if reason == ExclusionReason.CONFLICT else "exclusion.added"
    record(session, actor, action, team, opposite)
    _count_again(session, team, opposite)
    return row


def withdraw(session: Session, actor: User, event: Event, team: Team, other: Team) -> None:
    """Take back the conflict of interest that one's own team declared.

    Raises:
        NotFoundError: the team declared none.

    """
    fits_together(event, team, other)
    require(policy.can_declare(actor, team))
    row = queries.declared_by(session, team).get(other.id)
    if row is None:
        raise NotFoundError
    session.delete(row)
    session.flush()
    record(session, actor, "exclusion.withdrawn", team, other)
    _count_again(session, team, other)


def lift(session: Session, actor: User, event: Event, exclusion: Exclusion, remark: str) -> None:
    """Let two teams meet again that were ruled out; history keeps why.

    Raises:
        InvalidError: no reason is given.

    """
    if exclusion.event_id != event.id:
        raise NotFoundError
    require(events.can_change(actor, event))
    remark = _reason(remark, _l("请写明为什么解除，最多 %(n)d 字。", n=REMARK_LIMIT))
    team, opposite = exclusion.need_team, exclusion.achievement_team
    session.delete(exclusion)
    session.flush()
    record(session, actor, "exclusion.lifted", team, opposite, remark=remark)
    _count_again(session, team, opposite)


def allow_again(
    session: Session, actor: User, event: Event, team: Team, other: Team, remark: str
) -> Reunion:
    """Let two teams that met before meet again at this event; history keeps why.

    Raises:
        InvalidError: no reason is given.
        NotNowError: they are not kept apart for that.

    """
    fits_together(event, team, other)
    require(events.can_change(actor, event))
    remark = _reason(remark, _l("请写明为什么可以再见，最多 %(n)d 字。", n=REMARK_LIMIT))
    need_id, achievement_id = pair_of(team, other)
    suggestions.lock(session, [need_id, achievement_id])
    found = queries.excluded_pairs(session, event).get((need_id, achievement_id))
    if found != ExclusionReason.MET_BEFORE:
        raise NotNowError(_l("这两个团队不是因为以前见过而分开的，没有改动。"))
    row = Reunion(
        event_id=event.id, need_team_id=need_id, achievement_team_id=achievement_id,
        remark=remark, allowed_by_id=actor.id, at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, actor, "reunion.allowed", team, other, remark=remark)
    _count_again(session, team, other)
    return row


def forbid_again(session: Session, actor: User, event: Event, reunion: Reunion) -> None:
    """Keep two teams that met before apart again. What they chose stays, and does not count."""
    if reunion.event_id != event.id:
        raise NotFoundError
    require(events.can_change(actor, event))
    team, opposite = reunion.need_team, reunion.achievement_team
    session.delete(reunion)
    session.flush()
    record(session, actor, "reunion.forbidden", team, opposite)
    _count_again(session, team, opposite)


def _reason(remark: str, words: Any) -> str:
    found = remark.strip()
    if not found or len(found) > REMARK_LIMIT:
        raise InvalidError({"remark": words})
    return found


def _count_again(session: Session, *teams: Team) -> None:
    for team in teams:
        notices.tell(session, team.event, team)
