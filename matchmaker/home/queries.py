"""What waits for a person, by role; where the bar leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.accounts import policy as account_policy
from matchmaker.accounts import queries as accounts
from matchmaker.admin import queries as admin
from matchmaker.catalogue import policy, queries
from matchmaker.events import listing
from matchmaker.events import queries as events
from matchmaker.events.tabs import Step, steps_of
from matchmaker.guard import effective_role
from matchmaker.i18n import counted
from matchmaker.review import desk
from matchmaker.review import queries as review
from matchmaker.vocabulary.queries import PRIMARY_SCHEME
from models import (
    Event,
    Membership,
    Organisation,
    Posting,
    PostingKind,
    PostingNode,
    PostingStatus,
    Role,
    SchemeNode,
    SchemeVersion,
    User,
    Verification,
)


@dataclass(frozen=True, slots=True)
class ToDo:
    """One line of 待我处理: a number, a sentence, and one verb."""

    number: int
    words: str
    detail: str
    act: str
    endpoint: str
    values: dict[str, Any]
    due: bool = False
    main: bool = False


def waiting_for(session: Session, actor: User) -> list[ToDo]:
    """Everything that waits for this person, most pressing first; empty kinds are left out."""
    found = _own(session, actor)
    if effective_role(actor) == Role.ORGANISER:
        found += _organiser(session, actor)
    if effective_role(actor) == Role.ADMINISTRATOR:
        found += _administrator(session, actor)
    return [item for item in found if item.number]


def _organiser(session: Session, actor: User) -> list[ToDo]:
    pairs = desk.tab_counts(session, actor, desk.QueueFilters())
    submitted, waiting = queries.count_submitted(session), pairs["waiting"]
    organisations = accounts.count_waiting(session, actor)
    return [
        ToDo(submitted, counted("条内容待发布审核", n=submitted), _("发布后一秒内开始推荐"),
             _("去审核"), "catalogue.submissions", {}),
        ToDo(waiting, counted("条推荐待审核", n=waiting),
             _("新增 %(n)d 条", n=pairs["new"]), _("继续审核"), "review.queue", {}, main=True),
        ToDo(organisations, counted("家单位待核验", n=organisations),
             _("核验以前，单位发布的内容对别人不可见"), _("去核验"), "accounts.verification", {}),
    ]  # fmt: skip


def _administrator(session: Session, actor: User) -> list[ToDo]:
    organisations = accounts.count_waiting(session, actor)
    failed, unsent = admin.count_failed(session), admin.count_unsent(session)
    return [
        ToDo(organisations, counted("家单位待核验", n=organisations), _("政府部门由管理员核验"),
             _("去核验"), "accounts.verification", {}),
        ToDo(failed, counted("项后台任务失败", n=failed), _("看原因，可以重试"),
             _("看任务"), "admin.job_list", {"status": "failed"}, due=True),
        ToDo(unsent, counted("封邮件没有寄出", n=unsent), _("没有配置邮件服务器时，在这里查看链接"),
             _("看邮件"), "admin.mails", {}),
    ]  # fmt: skip


def _own(session: Session, actor: User) -> list[ToDo]:
    if account_policy.is_office(actor):
        return []
    returned = _count(session, actor, PostingStatus.DRAFT, Posting.returned_reason != "")
    drafts = _count(session, actor, PostingStatus.DRAFT, Posting.returned_reason == "")
    soon = clock.today() + timedelta(days=30)
    ending = _count(session, actor, PostingStatus.PUBLISHED, Posting.valid_until <= soon)
    people = session.scalar(
        select(func.count(User.id)).where(
            User.organisation_id == actor.organisation_id, User.membership == Membership.PENDING,
            User.id != actor.id,
        )
    ) or 0  # fmt: skip
    confirmed = actor.membership == Membership.CONFIRMED
    accepted = len(review.accepted_of(session, actor))
    return [
        ToDo(returned, counted("条内容被退回，请修改", n=returned), _("组织方写了要改什么"), _("去修改"),
             "catalogue.mine", {"status": "draft"}, due=True),
        ToDo(accepted, counted("对供需已接受对接", n=accepted),
             _("可以看到理由和对方的联系方式"), _("看对接"), "review.pairings", {}, main=True),
        ToDo(ending, counted("条内容快到期", n=ending), _("续期只要点一下"), _("去续期"),
             "catalogue.mine", {"status": "published"}),
        ToDo(drafts, counted("份草稿没有提交", n=drafts), _("写完就可以提交审核"), _("继续写"),
             "catalogue.mine", {"status": "draft"}),
        ToDo(people if confirmed else 0, counted("位同事等待确认", n=people),
             _("确认他们是本单位人员"), _("去确认"),
             "accounts.organisation", {"organisation_id": actor.organisation_id}),
    ]  # fmt: skip


def _count(session: Session, actor: User, status: PostingStatus, *conditions: Any) -> int:
    return session.scalar(
        select(func.count(Posting.id)).where(
            queries.is_own(actor), Posting.status == status, *conditions
        )
    ) or 0  # fmt: skip


def figures(session: Session) -> dict[str, int]:
    """How much there is: published needs and achievements, accepted pairs, organisations."""
    published = dict(
        session.execute(
            select(Posting.kind, func.count())
            .where(Posting.status == PostingStatus.PUBLISHED)
            .group_by(Posting.kind)
        ).all()
    )
    return {
        "needs": published.get(PostingKind.NEED, 0),
        "achievements": published.get(PostingKind.ACHIEVEMENT, 0),
        "accepted": admin.count_accepted(session),
        "organisations": session.scalar(
            select(func.count(Organisation.id)).where(
                Organisation.status == Verification.VERIFIED
            )
        ) or 0,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainBalance:
    """How much of either side is published in one chain."""

    node: SchemeNode
    needs: int
    achievements: int


def chain_balance(session: Session, size: int = 10) -> list[ChainBalance]:
    """The chains with the most needs, then the most achievements: where supply is thin."""
    needs = func.sum(case((Posting.kind == PostingKind.NEED, 1), else_=0))
    achievements = func.sum(case((Posting.kind == PostingKind.ACHIEVEMENT, 1), else_=0))
    rows = session.execute(
        select(PostingNode.node_id, needs, achievements)
        .join(Posting, Posting.id == PostingNode.posting_id)
        .join(SchemeNode, SchemeNode.id == PostingNode.node_id)
        .join(SchemeVersion, SchemeVersion.id == SchemeNode.version_id)
        .where(
            Posting.status == PostingStatus.PUBLISHED,
            SchemeVersion.scheme_code == PRIMARY_SCHEME,
            SchemeNode.assignable,
        )
        .group_by(PostingNode.node_id)
        .order_by(needs.desc(), achievements.desc(), PostingNode.node_id)
        .limit(size)
    ).all()
    nodes = {
        node.id: node
        for node in session.scalars(
            select(SchemeNode).where(SchemeNode.id.in_([row[0] for row in rows]))
        ).unique()
    }
    return [ChainBalance(nodes[node_id], int(n), int(a)) for node_id, n, a in rows]


@dataclass(frozen=True, slots=True)
class ComingEvent:
    """An event of the next weeks, and what is to be done for it next."""

    event: Event
    step: Step | None


EVENTS = 3


def coming_events(session: Session, actor: User) -> list[ComingEvent]:
    """The next events, each with the first step that waits for this person."""
    statement = listing.found(actor, listing.Filters()).options(*events.loaded()).limit(EVENTS)
    found = []
    for event in session.scalars(statement).unique():
        steps = steps_of(session, actor, event)
        waiting = [step for step in steps if step.waiting]
        if events.phase(event) == events.Phase.DAY:  # today the agenda goes before all else
            waiting.sort(key=lambda step: not step.endpoint.startswith("floor."))
        found.append(ComingEvent(event, waiting[0] if waiting else None))
    return found


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """An entry of the bar."""

    endpoint: str
    label: str
    icon: str
    count: int = 0
    values: tuple[tuple[str, Any], ...] = ()


def navigation(session: Session, actor: User) -> list[NavigationItem]:
    """The bar of a role; the first four are the phone's bottom bar."""
    home = NavigationItem("home.index", _("首页"), "home")
    achievements = NavigationItem("catalogue.achievements", _("成果目录"), "flask")
    needs = NavigationItem("catalogue.needs", _("需求目录"), "bulb")
    events = NavigationItem("events.index", _("活动"), "calendar-event")
    role = effective_role(actor)
    if role == Role.ORGANISER:
        return [
            home,
            NavigationItem("review.queue", _("对接审核"), "git-merge", desk.count_waiting(session, actor)),
            NavigationItem("catalogue.submissions", _("发布审核"), "list-check", queries.count_submitted(session)),
            events, needs, achievements,
            NavigationItem("accounts.verification", _("单位核验"), "shield-check", accounts.count_waiting(session, actor)),
            NavigationItem("vocabulary.scheme", _("产业链"), "hierarchy", values=(("code", "cq33"),)),
            NavigationItem("review.history", _("动态"), "activity"),
        ]  # fmt: skip
    if role == Role.ADMINISTRATOR:
        return [
            home,
            NavigationItem("admin.job_list", _("任务"), "server", admin.count_failed(session)),
            NavigationItem("accounts.verification", _("单位核验"), "shield-check", accounts.count_waiting(session, actor)),
            NavigationItem("admin.people", _("用户"), "users"),
            NavigationItem("admin.mails", _("邮件"), "mail"),
            NavigationItem("admin.imports", _("导入"), "upload"),
            NavigationItem("vocabulary.schemes", _("分类"), "hierarchy"),
            events, needs, achievements,
            NavigationItem("review.history", _("动态"), "activity"),
        ]  # fmt: skip
    sought, own = (
        (needs, achievements)
        if policy.can_post(actor, PostingKind.ACHIEVEMENT)
        else (achievements, needs)
    )
    return [
        home, NavigationItem("catalogue.mine", _own_words(actor), "list"), sought, events, own,
        NavigationItem("review.pairings", _("对接进展"), "git-merge"),
    ]  # fmt: skip


def _own_words(actor: User) -> str:
    if all(policy.can_post(actor, kind) for kind in PostingKind):
        return str(_("我的发布"))
    return str(_("我的需求") if policy.can_post(actor, PostingKind.NEED) else _("我的成果"))
