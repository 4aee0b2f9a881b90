"""The tab and the steps that paper has on an event."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from config import Settings
from matchmaker.events.kinds import kind_of
from matchmaker.events.queries import Phase, phase
from matchmaker.events.tabs import Step, Tab
from matchmaker.paper import package, policy, queries
from matchmaker.paper.contents import version_words
from matchmaker.timetables import queries as timetables
from models import Event, User


def tabs(session: Session, actor: User, event: Event) -> Iterator[Tab]:
    """Organisers print at any time; who comes has a paper once a timetable is published."""
    if policy.can_print(actor, event):
        yield Tab("paper.papers", _("打印与文件"))
    elif queries.own_people(session, actor, event) and timetables.current(session, event):
        yield Tab("paper.papers", _("打印与日历"))


def steps(session: Session, actor: User, event: Event, settings: Settings) -> Iterator[Step]:
    timetable = timetables.current(session, event)
    values = {"event_id": event.id}
    if policy.can_print(actor, event):
        if not kind_of(event.kind).meetings:
            words = _("胸牌、名单和门口海报")
            yield Step(_("打印"), words, "paper.papers", values, act=_("看文件"))
            return
        version = queries.version_of(event, timetable)
        found = package.packages(settings, event)
        done = bool(timetable and found and found[0].version == version)
        over = phase(event) in {Phase.AFTER, Phase.CANCELLED}
        yield Step(
            _("打印和下载"), _detail(bool(timetable), found, version), "paper.papers", values,
            done=done, waiting=bool(timetable) and not done and not over, act=_("看文件"),
        )  # fmt: skip
    elif timetable and queries.own_people(session, actor, event):
        yield Step(
            _("带上我的日程"), _("打印一张，或者加入手机日历"), "paper.papers", values,
            act=_("打印或加入日历"),
        )  # fmt: skip


def _detail(published: bool, found: list[package.Package], version: tuple[int, int]) -> str:
    if not published:
        return str(_("胸牌和名单现在就可以打印，日程发布以后自动制作文件包"))
    if not found:
        return str(_("还没有文件包"))
    if found[0].version != version:
        return str(_("日程已经改动，文件包还是旧的"))
    return str(_("文件包对应%(version)s", version=version_words(version)))
