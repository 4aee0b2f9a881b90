"""What each side says of a meeting: twenty seconds on a phone, unseen by the other side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotNowError, require
from matchmaker.floor import policy, queries, service
from matchmaker.floor.kinds import DUE_AFTER
from matchmaker.timetables.holding import hold as hold_event
from models import Event, Meeting, MeetingReport, MeetingStatus, NextStep, Side, User

SOON = timedelta(days=730)
"""Beyond this a date is a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says."""

    met: bool
    interest: int | None = None
    next_steps: tuple[str, ...] = ()
    owner_name: str = ""
    due: date | None = None
    remark: str = ""


def side_for(
    session: Session, actor: User, event: Event, meeting: Meeting, wanted: str = ""
) -> Side | None:
    """Return whose report it is: one's own side's; organisers write for the side they name."""
    own = queries.sides(session, actor, event, meeting)
    if wanted in set(Side):
        side = Side(wanted)
        return side if side in own or policy.can_run(actor, event) else None
    return own[0] if own else None


def proposed_due() -> date:
    return clock.today() + DUE_AFTER


def report(
    session: Session, actor: User, event: Event, meeting: Meeting, *, side: Side, said: Said
) -> MeetingReport:
    """Write or change the report of one side, and let the meeting follow from it.

    Raises:
        NotNowError: it has not begun, was cancelled, or the event is closed.
        InvalidError: by field.

    """
    own = queries.sides(session, actor, event, meeting)
    require(side in own or policy.can_run(actor, event))
    event = hold_event(session, event)  # two colleagues write one report, not two
    _require_moment(event, meeting, said)
    _check(said)
    row = policy.report_of(meeting, side)
    before = row.met if row is not None else None
    if row is None:
        row = MeetingReport(
            meeting_id=meeting.id, side=side, by_id=actor.id, at=clock.now(), met=said.met
        )
        meeting.reports.append(row)
    met = said.met
    row.met, row.interest = met, said.interest if met else None
    row.next_steps = list(said.next_steps) if met else []
    follows = met and bool(set(said.next_steps) - {NextStep.NONE.value})
    row.owner_name = said.owner_name if follows else ""
    row.due = said.due if follows else None
    row.remark, row.by_id, row.at = said.remark, actor.id, clock.now()
    session.flush()
    _follow(session, actor, event, meeting, side, before=before)
    pair = " × ".join(meeting.wish.team_of(each).full_name for each in Side)
    team = meeting.wish.team_of(side).full_name
    activity.record(session, actor, "meeting.reported", meeting, team=team, pair=pair)
    return row


def _require_moment(event: Event, meeting: Meeting, said: Said) -> None:
    moment = clock.now()
    if not policy.is_open(event):
        raise NotNowError(_l("活动已经结束归档，反馈不再修改。"))
    if meeting.status == MeetingStatus.CANCELLED:
        raise NotNowError(_l("这场取消了，不用填反馈。"))
    if not policy.may_report(event, meeting, moment):
        raise NotNowError(_l("这场还没开始，开始以后再填反馈。"))
    early = meeting.status == MeetingStatus.PLANNED and not policy.may_miss(meeting, moment)
    if early and not said.met:
        raise NotNowError(_l("开场 3 分钟后才能报告对方没来，请再等一下。"))


def _check(said: Said) -> None:
    if not said.met:
        return
    wrong = {}
    if said.interest is None:
        wrong["interest"] = _l("请选择合作意愿，0 到 3。")
    steps = set(said.next_steps)
    if NextStep.NONE.value in steps and len(steps) > 1:
        wrong["next_steps"] = _l("选了“先不联系”，就不用再选别的。")
    today = clock.today()
    if said.due is not None and not today - SOON <= said.due <= today + SOON:
        wrong["due"] = _l("请写两年以内的日期。")
    if wrong:
        raise InvalidError(wrong)


def _follow(
    session: Session, actor: User, event: Event, meeting: Meeting, side: Side, *,
    before: bool | None,
) -> None:  # fmt: skip
    """Let the state follow, unless somebody says otherwise: then both stories stay."""
    said = {row.side: row.met for row in meeting.reports}
    met, other = said[side], said.get(policy.OTHER[side])
    if met and meeting.status in {MeetingStatus.PLANNED, MeetingStatus.RUNNING}:
        service.hold(session, actor, meeting)
    if not met and meeting.status == MeetingStatus.PLANNED and other is not True:
        planned = {MeetingStatus.PLANNED}
        service.give_up(session, actor, event, meeting, policy.OTHER[side], planned)
    if met and before is False and meeting.status == MeetingStatus.MISSED and other is not False:
        service.reinstate(session, actor, event, meeting, MeetingStatus.HELD)
