"""What is to be done about registration, as the front page of an event lists it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.events.queries import Phase, phase
from matchmaker.events.tabs import Step
from matchmaker.i18n import counted, datetime_text
from matchmaker.registration import door, invitations, places, policy, queries
from models import Event, Invitation, Slot, Team, TeamStatus, User


def of_organiser(session: Session, event: Event) -> Iterator[Step]:
    """Invite, then admit; teams that wait go first."""
    values = {"event_id": event.id}
    counts = queries.counts(session, event)
    pending = counts["pending"]
    sent = invitations.sent(session, event)
    early = phase(event) in {Phase.BEFORE_REGISTRATION, Phase.REGISTRATION}
    yield Step(
        _("邀请参会的人"),
        counted("已邀请 %(n)d 人", n=sent) if sent else _("从成果和需求的联系人里挑选"),
        "registration.invitations", values, done=bool(sent),
        waiting=early and not sent and not pending, act=_("发邀请") if early else "",
    )  # fmt: skip
    yield Step(
        counted("确认 %(n)d 个团队的报名", n=pending) if pending else _("确认报名"),
        _admitted(session, event, counts), "registration.teams", values,
        done=bool(counts["approved"]) and not pending, waiting=bool(pending), act=_("看报名"),
    )  # fmt: skip


def _admitted(session: Session, event: Event, counts: dict[str, int]) -> str:
    people = places.people(session, event)
    words = [_("%(teams)d 个团队、%(people)d 人参会", teams=counts["approved"], people=people)]
    if event.capacity:
        words.append(_("名额 %(n)d 人", n=event.capacity))
    if counts["waiting"]:
        words.append(counted("候补 %(n)d 个团队", n=counts["waiting"]))
    return str(_("，")).join(str(word) for word in words)


def of_participant(session: Session, actor: User, event: Event) -> Iterator[Step]:
    """Register, then complete the team."""
    values = {"event_id": event.id}
    teams = queries.own_teams(session, actor, event)
    coming = [team for team in teams if team.status in policy.COMING]
    can_register = not coming and door.is_open(event)
    yield Step(
        _("报名"), _registered(coming, event), "registration.register", values,
        done=bool(coming), waiting=can_register, act=_("去报名") if can_register else "",
    )  # fmt: skip
    for team in coming:
        gaps = missing(team)
        if gaps and not door.is_over(event):
            yield Step(
                _("补全团队“%(team)s”的资料", team=team.full_name), gaps[0], "registration.edit",
                values | {"team_id": team.id}, waiting=True, act=_("补全资料"),
            )  # fmt: skip


def _registered(coming: list[Team], event: Event) -> str:
    if any(team.status == TeamStatus.APPROVED for team in coming):
        return str(_("已确认参会"))
    if any(team.status == TeamStatus.PENDING for team in coming):
        return str(_("已报名，等组织方确认"))
    if coming:
        return str(_("名额已满，正在候补"))
    if event.registration_until is not None and door.is_open(event):
        return str(_("%(at)s 截止", at=datetime_text(event.registration_until)))
    return str(_("现在不在报名时间内"))


def missing(team: Team) -> list[str]:
    """Say what a team should still add, so that it is found and can be reached."""
    found = []
    if not team.posting_rows:
        found.append(str(_("还没有选带来的条目，选了才会得到推荐。")))
    if not any(member.phone for member in team.members):
        found.append(str(_("还没有留电话，组织方当天联系不上。")))
    if not any(member.expertise for member in team.members):
        found.append(str(_("还没有写擅长什么，对方不知道该见谁。")))
    return found


def calendar(event: Event) -> list[tuple[date, list[Slot]]]:
    """The slots of each day."""
    found = [
        (day.day, [slot for slot in event.slots if slot.day_id == day.id]) for day in event.days
    ]
    return [(day, slots) for day, slots in found if slots]


def was_invited(session: Session, actor: User, event: Event) -> bool:
    """Tell whether the person was invited."""
    statement = select(func.count(Invitation.id)).where(
        Invitation.event_id == event.id, Invitation.user_id == actor.id
    )
    return bool(session.scalar(statement))
