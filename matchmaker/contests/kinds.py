"""Words for what happens at contests and at group tables."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

ACTIVITY: dict[str, Any] = {
    "entry.entered": _l("在“%(event)s”提交了参赛项目“%(title)s”"),
    "entry.edited": _l("修改了“%(event)s”的参赛项目“%(title)s”"),
    "entry.withdrawn": _l("从“%(event)s”撤回了参赛项目“%(title)s”"),
    "criteria.changed": _l("修改了“%(event)s”的评分标准：%(criteria)s"),
    "juror.added": _l("请 %(name)s 担任“%(event)s”的评委"),
    "juror.removed": _l("不再请 %(name)s 担任“%(event)s”的评委"),
    "ballot.submitted": _l("在“%(event)s”交了 %(number)s 号的评分"),
    "ballot.set_aside": _l("在“%(event)s”声明回避 %(number)s 号"),
    "ballot.taken_up": _l("在“%(event)s”取消回避 %(number)s 号"),
    "ballot.reopened": _l("把 %(name)s 对“%(event)s” %(number)s 号的评分退回重评"),
    "results.published": _l("公布了“%(event)s”的结果"),
    "seat.taken": _l("在“%(event)s”为 %(name)s 选了 %(table)s 的座位"),
    "seat.left": _l("在“%(event)s”退掉 %(name)s 的座位"),
}


class BallotState(StrEnum):
    """What a juror has done with an entry."""

    OPEN = "open"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASIDE = "aside"
    """The juror declared a conflict of interest."""
    BARRED = "barred"
    """The platform found one: the entry is the juror's own, or that of their organisation."""


STATES: dict[BallotState, tuple[Any, str, str]] = {
    BallotState.OPEN: (_l("未评"), "", "circle-dashed"),
    BallotState.DRAFT: (_l("有草稿"), "warn", "edit"),
    BallotState.SUBMITTED: (_l("已交"), "ok", "circle-check"),
    BallotState.ASIDE: (_l("已声明回避"), "info", "ban"),
    BallotState.BARRED: (_l("自动回避"), "info", "ban"),
}
"""Word, tone and icon."""
WIDE = 30
"""Points out of 100 between two jurors from which an organiser should look again."""
MOST_ENTRIES = 5
"""Entries of one team that stand at the same time."""
MOST_CRITERIA = 12
