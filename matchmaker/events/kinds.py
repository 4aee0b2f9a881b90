"""Kinds of events. A new one is an entry here and a row in docs/event-kinds.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

ACTIVITY: dict[str, Any] = {
    "event.drafted": _l("筹备活动“%(event)s”"),
    "event.copied": _l("从“%(source)s”复制出活动“%(event)s”"),
    "event.edited": _l("修改了活动“%(event)s”"),
    "event.arranged": _l("修改了活动“%(event)s”的时间安排"),
    "event.opened": _l("公布了活动“%(event)s”"),
    "event.cancelled": _l("取消了活动“%(event)s”：%(reason)s"),
    "event.closed": _l("归档了活动“%(event)s”"),
    "table.added": _l("为“%(event)s”添加了桌位 %(table)s"),
    "table.changed": _l("修改了“%(event)s”的桌位 %(table)s"),
    "table.removed": _l("删除了“%(event)s”的桌位 %(table)s"),
    "slot.changed": _l("修改了“%(event)s”的时段 %(slot)s"),
}
"""What happens in the history; later features add their own."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """What an event of this kind has, and what it proposes at the beginning."""

    label: Any
    summary: Any
    """When to choose it, in one sentence."""
    meetings: bool = False
    """One-to-one meetings with wishes and a timetable."""
    talks: bool = False
    groups: bool = False
    """Group tables with topics and seats."""
    contest: bool = False
    """Entries and a jury."""
    slot_minutes: int = 20
    icon: str = "calendar-event"


KINDS: dict[str, EventKind] = {
    "docking": EventKind(
        _l("对接会"), _l("企业与科研团队一对一洽谈，平台统一排期。"), meetings=True, talks=True,
        icon="git-merge",
    ),
    "release": EventKind(
        _l("成果发布会"), _l("成果方轮流发布，听众自由报名，也可以约会后洽谈。"), talks=True,
        meetings=True, slot_minutes=15, icon="presentation",
    ),
    "roadshow": EventKind(
        _l("路演"), _l("项目登台讲解，之后与感兴趣的企业和投资人一对一洽谈。"), talks=True,
        meetings=True, slot_minutes=15, icon="presentation",
    ),
    "salon": EventKind(
        _l("沙龙"), _l("几张主题桌，每桌一个题目，报名的人自选座位。"), groups=True,
        slot_minutes=60, icon="users",
    ),
    "contest": EventKind(
        _l("大赛"), _l("参赛项目由评委按加权标准打分，公布名次。"), contest=True,
        slot_minutes=15, icon="certificate",
    ),
}  # fmt: skip


def kind_of(name: str) -> EventKind:
    """Return a kind.

    Raises:
        KeyError: there is none of this name.

    """
    return KINDS[name]
