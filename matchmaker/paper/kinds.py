"""Papers of an event. A new one is an entry here, a builder in `contents` and a typst file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker.events.kinds import kind_of

ACTIVITY: dict[str, Any] = {
    "papers.asked": _l("重新制作“%(event)s”的离线文件包"),
    "papers.stopped": _l("停止制作“%(event)s”的离线文件包"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper, made by the typst file of the same name."""

    label: Any
    detail: Any
    icon: str
    timetable: bool = False
    """There is nothing to print before a timetable is published."""
    people: bool = False
    """One part per person: large events print it in portions."""


PAPERS: dict[str, Paper] = {
    "agendas": Paper(
        _l("每人日程"), _l("每人一张，按单位排列，带签到码和记录栏。"), "calendar-event",
        timetable=True, people=True,
    ),
    "tables": Paper(
        _l("桌位单"), _l("每桌一张，写明每个时段的双方，放在桌上。"), "table", timetable=True
    ),
    "doors": Paper(_l("门口海报"), _l("每个场地一张 A3，列出桌位，带大屏页的二维码。"), "map-pin"),
    "people": Paper(_l("全部名单"), _l("单位、姓名、职务、场次和桌位，签到台用。"), "users"),
    "badges": Paper(
        _l("胸牌"), _l("每页 8 个，沿虚线裁开，带签到码。"), "id", people=True
    ),
}  # fmt: skip


def offered(kind: str) -> dict[str, Paper]:
    """Return what an event of this kind prints: without meetings there are no agendas."""
    meetings = kind_of(kind).meetings
    return {name: paper for name, paper in PAPERS.items() if meetings or not paper.timetable}
