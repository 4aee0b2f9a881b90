"""What registration writes into the history."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

ACTIVITY: dict[str, Any] = {
    "team.registered": _l("为 %(team)s 报名参加“%(event)s”"),
    "team.registered_for": _l("代 %(team)s 报名参加“%(event)s”"),
    "team.changed": _l("修改了 %(team)s 在“%(event)s”的报名"),
    "team.withdrawn": _l("让 %(team)s 退出“%(event)s”"),
    "team.rejoined": _l("为 %(team)s 重新报名参加“%(event)s”"),
    "team.approved": _l("确认 %(team)s 参加“%(event)s”"),
    "team.promoted": _l("有了空位，%(team)s 从候补转为参加“%(event)s”"),
    "team.waiting": _l("把 %(team)s 放入“%(event)s”的候补"),
    "team.refused": _l("没有确认 %(team)s 参加“%(event)s”：%(reason)s"),
    "talk.proposed": _l("为 %(team)s 申报了“%(event)s”的报告“%(title)s”"),
    "talk.changed": _l("修改了“%(event)s”的报告“%(title)s”"),
    "talk.removed": _l("撤下了“%(event)s”的报告“%(title)s”"),
    "invitation.sent": _l("邀请 %(n)s 人参加“%(event)s”"),
}
