"""What is done and what is to be done at a contest or a salon, for the front page of an event."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from matchmaker.contests import policy, queries, seats, tally
from matchmaker.contests.kinds import BallotState
from matchmaker.events import policy as events
from matchmaker.events.kinds import kind_of
from matchmaker.events.tabs import Step
from matchmaker.i18n import counted
from models import Event, Juror, User


def of(session: Session, actor: User, event: Event) -> Iterable[Step]:
    kind = kind_of(event.kind)
    if kind.contest and events.is_office(actor):
        yield from _office(session, event)
    elif kind.contest:
        yield from _team(session, actor, event)
        juror = queries.find_juror(session, actor, event)
        if juror is not None:
            yield _juror(session, event, juror)
    elif kind.groups:
        yield from _seats(session, actor, event)


def _office(session: Session, event: Event) -> Iterable[Step]:
    here = {"event_id": event.id}
    found = tally.of(session, event)
    published = event.results_published_at is not None
    criteria, jurors, entries = len(found.criteria), len(found.jurors), len(found.lines)
    yield Step(
        _("评分标准"), counted("%(n)d 项标准", n=criteria), "contests.criteria", here,
        done=criteria > 0, waiting=not criteria, act=_("设置标准"),
    )  # fmt: skip
    yield Step(
        _("评委"), counted("%(n)d 位评委", n=jurors), "contests.jurors", here,
        done=jurors > 0, waiting=not jurors, act=_("请评委"),
    )  # fmt: skip
    yield Step(
        _("参赛项目"), counted("%(n)d 个项目", n=entries), "contests.entries", here,
        done=entries > 0 and not policy.is_unpublished(event), act=_("看项目"),
    )  # fmt: skip
    all_in = found.expected > 0 and not found.missing
    yield Step(
        _("评分"),
        _("已交 %(done)d 份，应交 %(all)d 份", done=found.submitted, all=found.expected),
        "contests.jurors", here, done=all_in,
        waiting=policy.is_judging(event) and found.missing > 0, act=_("看进度"),
    )  # fmt: skip
    yield Step(
        _("结果"), _("结果已公布") if published else _("还没有公布"), "contests.all_results", here,
        done=published, waiting=all_in and policy.is_judging(event) and not published,
        act=_("看结果"),
    )  # fmt: skip


def _team(session: Session, actor: User, event: Event) -> Iterable[Step]:
    teams = queries.own_teams(session, actor, event)
    if not teams:
        return
    entered = [e for e in queries.entries_of(session, teams) if e.withdrawn_at is None]
    open_now = policy.can_enter_now(actor, event)
    yield Step(
        _("参赛项目"),
        counted("已提交 %(n)d 个", n=len(entered)) if entered else _("还没有提交"),
        "contests.entries", {"event_id": event.id}, done=bool(entered),
        waiting=open_now and not entered, act=_("提交项目") if open_now else _("看项目"),
    )  # fmt: skip


def _juror(session: Session, event: Event, juror: Juror) -> Step:
    found = [state for _entry, state in queries.states(session, event, juror)]
    left = sum(state in {BallotState.OPEN, BallotState.DRAFT} for state in found)
    judging = policy.is_judging(event)
    detail = counted("还有 %(n)d 个项目等您评", n=left) if judging else _("项目定下来以后开始评分")
    return Step(
        _("评审"), _("您的评分已经交齐") if judging and not left else detail,
        "contests.jury", {"event_id": event.id}, done=judging and not left and bool(found),
        waiting=judging and left > 0, act=_("去评审"),
    )  # fmt: skip


def _seats(session: Session, actor: User, event: Event) -> Iterable[Step]:
    people = queries.seated(session, event)
    rows = seats.tables(event, people)
    office = events.is_office(actor)
    own = {team.id for team in queries.own_teams(session, actor, event)}
    mine = people if office else [p for p in people if p.team_id in own]
    if not office and not mine:
        return
    used = {row.table.id for row in rows}
    standing = sum(person.group_table_id not in used for person in mine)
    open_now = policy.can_seat_now(actor, event)
    yield Step(
        _("主题桌"),
        counted("%(n)d 人还没有选座", n=standing) if standing else _("都有座位"),
        "contests.groups", {"event_id": event.id}, done=bool(mine) and not standing,
        waiting=open_now and standing > 0, act=_("安排座位") if office else _("选座位"),
    )  # fmt: skip
