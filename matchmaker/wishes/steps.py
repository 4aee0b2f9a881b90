"""The tab of wishes, and what is to be done about them."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.events.tabs import Step, Tab
from matchmaker.i18n import counted, datetime_text
from matchmaker.wishes import overview, policy, queries
from models import Event, Team, User, Wish


def tabs(session: Session, actor: User, event: Event) -> Iterable[Tab]:
    if not policy.has_wishes(event):
        return
    if policy.can_oversee(actor, event):
        also = (
            "wishes.index", "wishes.wish", "wishes.exclusions", "wishes.lift", "wishes.allow_again",
        )  # fmt: skip
        yield Tab("wishes.overview", _("意愿"), also=also)
    elif own := queries.own_teams(session, actor, event):
        yield Tab("wishes.index", _("意愿"), _waiting(session, event, own))


def _waiting(session: Session, event: Event, own: list[Team]) -> int:
    """How many answers are due; after the deadline nothing waits any more."""
    if not policy.is_open(event, clock.now()):
        return 0
    return queries.count_unanswered(session, event, own)


def steps(session: Session, actor: User, event: Event) -> Iterable[Step]:
    if not policy.has_wishes(event):
        return
    if policy.can_oversee(actor, event):
        yield _of_organiser(session, event)
    elif own := queries.own_teams(session, actor, event):
        yield _of_participant(session, event, own)


def _of_participant(session: Session, event: Event, own: list[Team]) -> Step:
    open_now = policy.is_open(event, clock.now())
    waiting = _waiting(session, event, own)
    chosen = _count_chosen(session, own)
    if waiting:
        detail = counted("有 %(n)d 家想见您，等您答复", n=waiting)
    elif chosen:
        detail = counted("已选 %(n)d 家", n=chosen)
    else:
        detail = _("还没有选过") if open_now else _("没有选过")
    if open_now and event.wishes_until is not None:
        detail += _("；%(time)s截止", time=datetime_text(event.wishes_until))
    return Step(
        _("说说想见谁"), detail, "wishes.index", {"event_id": event.id},
        done=bool(chosen) and not waiting, waiting=open_now and (waiting > 0 or not chosen),
        act=_("去选择") if open_now else _("查看"),
    )  # fmt: skip


def _count_chosen(session: Session, own: list[Team]) -> int:
    parts = [
        columns.team.in_([team.id for team in own if team.side == side])
        & columns.choice.is_not(None)
        for side, columns in queries.OF.items()
    ]
    return session.scalar(select(func.count(Wish.id)).where(or_(*parts))) or 0


def _of_organiser(session: Session, event: Event) -> Step:
    found = overview.figures(session, event, ())
    detail = counted("%(n)d 个意愿", n=found.asked)
    detail += _("，") + counted("其中 %(n)d 个双方都想见", n=found.counts["mutual"])
    if found.idle:
        detail += _("，") + counted("%(n)d 个团队还没有选", n=found.idle)
    moment = clock.now()
    return Step(
        _("收集意愿"), detail, "wishes.overview", {"event_id": event.id},
        done=policy.is_closed(event, moment),
        waiting=policy.is_open(event, moment) and found.teams > 0, act=_("看意愿"),
    )  # fmt: skip
