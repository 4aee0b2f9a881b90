"""Words and measures of the day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

START_BEFORE = timedelta(minutes=15)
"""How long before its slot a meeting can begin."""
ABSENT_AFTER = timedelta(minutes=3)
"""How long one waits before the other counts as absent."""
MISSING_BEFORE = timedelta(minutes=15)
"""How long before the first meeting somebody who is not here is pointed out."""
LATE_MINUTES = (5, 10, 15)
DUE_AFTER = timedelta(days=7)
"""What the report proposes for the next step."""
WALL_ROWS = 8
"""Meetings of a slot on one picture of the wall."""
WALL_SECONDS = 15

INTEREST: dict[int, Any] = {
    0: _l("不合适"),
    1: _l("可了解"),
    2: _l("想深谈"),
    3: _l("要推进"),
}
"""What the numbers of a report mean."""

ACTIVITY: dict[str, Any] = {
    "participant.arrived": _l("在“%(event)s”签到：%(person)s（%(team)s）"),
    "participant.arrival_undone": _l("撤销了 %(person)s（%(team)s）在“%(event)s”的签到"),
    "meeting.started": _l("开始洽谈：%(pair)s"),
    "meeting.held": _l("谈完了：%(pair)s"),
    "meeting.missed": _l("记下没有见成：%(pair)s，%(absent)s没来"),
    "meeting.restored": _l("撤销了“没有见成”：%(pair)s"),
    "meeting.delayed": _l("告知 %(late)s 要晚到 %(minutes)s 分钟：%(pair)s"),
    "meeting.reported": _l("替 %(team)s 填了洽谈反馈：%(pair)s"),
}
