"""Words for what the planner says and for what was done with a timetable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ACTIVITY: dict[str, Any] = {
    "timetable.started": _l("开始为“%(event)s”排日程 v%(number)s"),
    "timetable.stopped": _l("停止了“%(event)s”的排期 v%(number)s"),
    "timetable.discarded": _l("放弃了“%(event)s”的日程草案 v%(number)s"),
    "timetable.published": _l("发布了“%(event)s”的日程 v%(number)s"),
    "meeting.moved": _l("在“%(event)s”的草案 v%(number)s 中移动了 %(pair)s"),
    "meeting.swapped": _l("在“%(event)s”的草案 v%(number)s 中交换了 %(pair)s"),
    "meeting.locked": _l("在“%(event)s”的草案 v%(number)s 中锁定了 %(pair)s"),
    "meeting.unlocked": _l("在“%(event)s”的草案 v%(number)s 中解锁了 %(pair)s"),
    "meeting.placed": _l("在“%(event)s”的草案 v%(number)s 中排入了 %(pair)s"),
    "meeting.unbooked": _l("在“%(event)s”的草案 v%(number)s 中取消了 %(pair)s"),
    "meeting.booked": _l("在“%(event)s”%(slot)s 加了一场：%(pair)s"),
    "meeting.cancelled": _l("取消了“%(event)s”%(slot)s 的 %(pair)s：%(reason)s"),
    "team.limit_raised": _l("把 %(team)s 在“%(event)s”的上限提到 %(n)s 场"),
    "team.person_limit_raised": _l("把 %(person)s 在“%(event)s”的上限提到 %(n)s 场"),
    "team.slot_opened": _l("为 %(person)s 开放了“%(event)s”的 %(slot)s"),
    "event.row_raised": _l("把“%(event)s”改为最多连续谈 %(n)s 场"),
}

STAGES: dict[str, Any] = {
    "waiting": _l("等待开始"),
    "greedy": _l("先排出一份可用的日程"),
    "promised": _l("先满足承诺的洽谈"),
    "teams": _l("让每个团队至少有一场"),
    "minima": _l("补足每个团队的最少场数"),
    "bound": _l("算出最多能到多少"),
    "exact": _l("在此基础上提高总价值，并证明还能差多少"),
    "smoothing": _l("减少空档和换桌"),
    "done": _l("已经排完，正在保存"),
}
"""What the planner does, in its own order."""

TIME_LIMITS = (30, 60, 120)
"""Seconds among which an organiser chooses."""

REFUSALS = ("excluded", "declined")
"""Reasons that people gave: such wishes are shown only when somebody asks for them."""


def stage_words(progress: Mapping[str, Any]) -> Any:
    """Say what the planner is doing."""
    return STAGES.get(str(progress.get("stage", "")), STAGES["waiting"])


def gap_words(figures: Mapping[str, Any]) -> str:
    """Say how far a plan may be from the best one; empty when nothing is known."""
    value, bound = figures.get("value"), figures.get("bound")
    if value is None or not bound:
        return ""
    gap = max(0.0, 100 * (bound - value) / bound)
    return str(_("离上界最多 %(n)s%%", n=f"{gap:.1f}"))


def cause_words(
    fits_if: Mapping[str, Any], *, person: str, team: str, time: str
) -> tuple[str, str]:
    """Return what would let a wish in, and the button that does it."""
    if "slot" in fits_if and "participant" in fits_if:
        words = _("%(person)s %(time)s 有空就能排入", person=person, time=time)
        return str(words), str(_("开放并排入"))
    if "slot" in fits_if:
        return str(_("%(time)s 加一张桌就能排入", time=time)), str(_("加桌并排入"))
    if "in_a_row" in fits_if:
        n = fits_if["in_a_row"]
        words = _("%(person)s 连续谈 %(n)d 场就能排入", person=person, n=n)
        return str(words), str(_("放宽并排入"))
    words = _("%(who)s的上限提到 %(n)d 场就能排入", who=team or person, n=fits_if["most"])
    return str(words), str(_("加一场并排入"))
