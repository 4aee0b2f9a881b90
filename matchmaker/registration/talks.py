"""Talks (发布、路演): a team proposes one, an organiser says where and when.

A proposal gets a time of its own at once. Rooms are those of the event's tables in their order,
then others in which talks are held; an event without rooms has one without a name, the venue. In
each room the times begin with each day and follow one another by the length of a slot, outside the
breaks. The first free one in the first room is taken in which the speaker neither speaks nor
meets anybody nor has said that they cannot come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotFoundError, NotNowError, require
from matchmaker.events.kinds import kind_of
from matchmaker.i18n import counted
from matchmaker.registration import door, places, policy
from models import (
    Event,
    EventDay,
    Meeting,
    Participant,
    Slot,
    Talk,
    Team,
    TeamPosting,
    TeamStatus,
    User,
)

TALKS_PER_TEAM = 3
Span = tuple[datetime, datetime]


def programme(session: Session, event: Event, *, proposed: bool = False) -> list[Talk]:
    """The talks of admitted teams by time and room; `proposed`: of all that would come."""
    states = policy.COMING if proposed else {TeamStatus.APPROVED}
    statement = (
        select(Talk)
        .join(Team, Team.id == Talk.team_id)
        .where(Talk.event_id == event.id, Team.status.in_(states))
        .order_by(Talk.starts_at, Talk.room, Talk.id)
        .options(*_loaded())
    )
    return list(session.scalars(statement).unique())


def one(session: Session, actor: User, event: Event, talk_id: int) -> Talk:
    """A talk that the person may change.

    Raises:
        NotFoundError: it is not there, or not theirs.

    """
    statement = select(Talk).where(Talk.id == talk_id, Talk.event_id == event.id)
    talk = session.scalar(statement.options(*_loaded()))
    if talk is None or not policy.can_edit_talk(actor, talk):
        raise NotFoundError
    return talk


def _loaded() -> tuple[Any, ...]:
    return (
        joinedload(Talk.speaker),
        joinedload(Talk.team).options(
            joinedload(Team.event),
            selectinload(Team.members),
            selectinload(Team.posting_rows).joinedload(TeamPosting.posting),
        ),
    )


def propose(session: Session, actor: User, team: Team, values: Mapping[str, Any]) -> Talk:
    """Propose a talk for a team; it gets the first time that is free.

    Raises:
        NotAllowedError: not theirs.
        NotNowError: the team does not come, the day has begun, or there is no free time.
        InvalidError: a speaker or a posting that is not the team's.

    """
    require(policy.can_edit(actor, team))
    event = team.event
    places.lock(session, event)
    _require_time(actor, team)
    if (
        len(list(session.scalars(select(Talk.id).where(Talk.team_id == team.id))))
        >= TALKS_PER_TEAM
    ):
        raise NotNowError(
            counted("一个团队最多申报 %(n)d 个报告，可以先撤下一个。", n=TALKS_PER_TEAM)
        )
    talk = Talk(event_id=event.id, team_id=team.id, team=team)
    with session.no_autoflush:
        _write(talk, values)
        _give_time(session, event, talk)
    session.add(talk)
    _record(session, actor, "talk.proposed", talk)
    return talk


def change(session: Session, actor: User, talk: Talk, values: Mapping[str, Any]) -> None:
    """Change the words or the speaker; the time stays."""
    require(policy.can_edit_talk(actor, talk))
    places.lock(session, talk.team.event)
    _require_time(actor, talk.team)
    with session.no_autoflush:
        _write(talk, values)
        _check_speaker(session, talk, (talk.starts_at, talk.ends_at), "speaker")
    _record(session, actor, "talk.changed", talk)


def move(session: Session, actor: User, talk: Talk, *, room: str, starts_at: datetime,
         minutes: int) -> None:  # fmt: skip
    """Give a talk its room and its time.

    Raises:
        NotAllowedError: not an organiser, or the event is over.
        InvalidError: outside the event's days, the room is taken, or the speaker is.

    """
    event = talk.team.event
    require(policy.can_admit(actor, event))
    places.lock(session, event)
    span = (starts_at, starts_at + timedelta(minutes=minutes))
    if not any(_covers(day, span) for day in event.days):
        raise InvalidError({"starts": _("报告要在会期以内，请对照活动的日期和起止时间。")})
    with session.no_autoflush:
        _check_room(session, talk, room, span)
        _check_speaker(session, talk, span, "starts")
    talk.room, (talk.starts_at, talk.ends_at) = room, span
    _record(session, actor, "talk.changed", talk)


def remove(session: Session, actor: User, talk: Talk) -> None:
    """Take a talk out of the programme."""
    require(policy.can_edit_talk(actor, talk))
    _require_time(actor, talk.team)
    _record(session, actor, "talk.removed", talk)
    session.delete(talk)
    session.flush()


def can_propose(actor: User, team: Team) -> bool:
    """Its people until the day begins, for a team that comes or would like to."""
    early = not door.is_over(team.event) and (
        policy.can_admit(actor, team.event) or clock.now() < _begin(team.event)
    )
    return early and team.status in policy.COMING and policy.can_edit(actor, team)


def rooms(session: Session, event: Event) -> list[str]:
    """Where talks may be held."""
    used = session.scalars(select(Talk.room).where(Talk.event_id == event.id).order_by(Talk.id))
    names = [table.room for table in event.tables if table.room] + [name for name in used if name]
    return list(dict.fromkeys(names)) or [""]


def _require_time(actor: User, team: Team) -> None:
    if not kind_of(team.event.kind).talks:
        raise NotFoundError
    if not can_propose(actor, team):
        raise NotNowError(_("现在不能改报告了：活动当天起请找组织方，退出的团队不再作报告。"))


def _begin(event: Event) -> datetime:
    if not event.days:
        return clock.now() + timedelta(days=1)
    first = event.days[0]
    return datetime.combine(first.day, first.starts, clock.LOCAL_ZONE)


def _write(talk: Talk, values: Mapping[str, Any]) -> None:
    team = talk.team
    speaker = next((row for row in team.members if row.id == values["speaker"]), None)
    if speaker is None:
        raise InvalidError({"speaker": _("请从团队的参会人里选择报告人。")})
    posting = values.get("posting")
    if posting is not None and posting not in {row.posting_id for row in team.posting_rows}:
        raise InvalidError({"posting": _("请从团队带来的条目里选择。")})
    talk.speaker_id, talk.speaker, talk.posting_id = speaker.id, speaker, posting
    talk.title, talk.abstract = values["title"], values.get("abstract") or ""


def _give_time(session: Session, event: Event, talk: Talk) -> None:
    speaking = _busy(session, talk.speaker, talk)
    for room in rooms(session, event):
        taken = [(other.starts_at, other.ends_at) for other in _others(session, talk, room)]
        for span in _times(event):
            if not any(_overlap(span, other) for other in [*taken, *speaking]):
                talk.room, (talk.starts_at, talk.ends_at) = room, span
                return
    raise NotNowError(_("会期内已经没有空的时间给这个报告。请联系组织方，或换一位报告人。"))


def _times(event: Event) -> Iterator[Span]:
    """Times for talks, one after another."""
    step = timedelta(minutes=event.slot_minutes)
    for day in event.days:
        begin = datetime.combine(day.day, day.starts, clock.LOCAL_ZONE)
        end = datetime.combine(day.day, day.ends, clock.LOCAL_ZONE)
        pauses = [
            (datetime.combine(day.day, pause.starts, clock.LOCAL_ZONE),
             datetime.combine(day.day, pause.ends, clock.LOCAL_ZONE))
            for pause in day.breaks
        ]  # fmt: skip
        while begin + step <= end:
            span = (begin, begin + step)
            inside = [pause[1] for pause in pauses if _overlap(span, pause)]
            if inside:
                begin = max(inside)
                continue
            yield span
            begin += step


def _covers(day: EventDay, span: Span) -> bool:
    begin = datetime.combine(day.day, day.starts, clock.LOCAL_ZONE)
    end = datetime.combine(day.day, day.ends, clock.LOCAL_ZONE)
    return begin <= span[0] and span[1] <= end


def _overlap(one_span: Span, other: Span) -> bool:
    return one_span[0] < other[1] and other[0] < one_span[1]


def _others(session: Session, talk: Talk, room: str | None = None) -> list[Talk]:
    """Other talks of the event that are held, in a room or everywhere."""
    statement = (
        select(Talk)
        .join(Team, Team.id == Talk.team_id)
        .where(
            Talk.event_id == talk.event_id,
            Talk.id != (talk.id or 0),
            Team.status.in_(policy.COMING),
        )
    )
    if room is not None:
        statement = statement.where(Talk.room == room)
    return list(session.scalars(statement))


def _check_room(session: Session, talk: Talk, room: str, span: Span) -> None:
    for other in _others(session, talk, room):
        if _overlap(span, (other.starts_at, other.ends_at)):
            words = _("这个时间同一会场已有“%(title)s”，请换时间或会场。", title=other.title)
            raise InvalidError({"starts": words})


def _check_speaker(session: Session, talk: Talk, span: Span, name: str) -> None:
    if any(_overlap(span, other) for other in _busy(session, talk.speaker, talk)):
        words = _("%(name)s 这个时间不能来，或者另有报告或洽谈。", name=talk.speaker.name)
        raise InvalidError({name: words})


def _busy(session: Session, person: Participant, talk: Talk) -> list[Span]:
    """When a person speaks elsewhere, meets somebody, or has said that they cannot come."""
    speaking = [
        (other.starts_at, other.ends_at)
        for other in _others(session, talk)
        if other.speaker_id == person.id
    ]
    meets = (Meeting.need_person_id == person.id) | (Meeting.achievement_person_id == person.id)
    meeting = select(Slot).join(Meeting, Meeting.slot_id == Slot.id).where(meets)
    away = {block.slot_id for block in person.blocks}
    slots = list(session.scalars(meeting)) + list(
        session.scalars(select(Slot).where(Slot.id.in_(away)))
    )
    return speaking + [(slot.starts_at, slot.ends_at) for slot in slots]


def _record(session: Session, actor: User, noun: str, talk: Talk) -> None:
    session.flush()
    team = talk.team
    activity.record(
        session, actor, noun, team, team=team.full_name, event=team.event.title, title=talk.title
    )
