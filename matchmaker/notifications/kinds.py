"""Every kind of notification with its sentence; unknown kinds cannot be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from matchmaker.i18n import counted

KINDS: dict[str, Any] = {
    "organisation.waiting": _l("%(organisation)s 等待核验"),
    "organisation.verified": _l("%(organisation)s 已通过核验，可以发布了"),
    "organisation.refused": _l("%(organisation)s 未通过核验：%(reason)s"),
    "membership.requested": _l("%(name)s 申请加入您的单位，请确认是不是同事"),
    "membership.confirmed": _l("%(organisation)s 已确认您是本单位人员"),
    "membership.refused": _l("%(organisation)s 没有确认您是本单位人员"),
    "posting.submitted": _l("%(organisation)s 提交了“%(title)s”，等待审核"),
    "posting.published": _l("“%(title)s”已发布"),
    "posting.returned": _l("“%(title)s”需要修改：%(reason)s"),
    "posting.withdrawn": _l("“%(title)s”已被组织方撤回：%(reason)s"),
    "posting.expiring": _l("“%(title)s”还有 %(days)s 天到期，续期只要点一下"),
    "posting.archived": _l("“%(title)s”已到期归档"),
    "match.accepted": _l("“%(need)s”与“%(achievement)s”的对接已被接受"),
    "match.reopened": _l("“%(need)s”与“%(achievement)s”的对接已改为重新审核"),
    "job.failed": _l("后台任务失败：%(job)s"),
    "event.invited": _l("邀请您参加“%(event)s”，请在 %(until)s 以前报名"),
    "event.cancelled": _l("“%(event)s”已取消：%(reason)s"),
    "event.changed": _l("“%(event)s”的时间或地点有变化，请看活动页"),
    "team.registered": _l("%(team)s 报名参加“%(event)s”，等待确认"),
    "team.registered_for": _l("组织方已为 %(team)s 报名参加“%(event)s”"),
    "team.approved": _l("%(team)s 已确认参加“%(event)s”，请说说想见谁"),
    "team.waiting": _l("“%(event)s”已满，%(team)s 进入候补，有空位就通知您"),
    "team.refused": _l("%(team)s 没有获准参加“%(event)s”：%(reason)s"),
    "team.withdrawn": _l("%(team)s 退出了“%(event)s”"),
    "availability.changed": _l("组织方为您在“%(event)s”开放了 %(slot)s"),
    "wishes.waiting": _l("“%(event)s”里有 %(n)s 家想见您，请答复"),
    "wishes.closing": _l("“%(event)s”还有 %(n)s 家等您答复，%(until)s 截止"),
    "timetable.ready": _l("“%(event)s”的日程草案 v%(number)s 已排好"),
    "timetable.failed": _l("“%(event)s”没有排成：%(reason)s"),
    "timetable.published": _l("“%(event)s”的日程已发布，您有 %(n)s 场洽谈"),
    "timetable.changed": _l("“%(event)s”中您的日程有 %(n)s 处改动"),
    "meeting.booked": _l("%(slot)s 新增一场洽谈：%(partner)s，%(table)s"),
    "meeting.moved": _l("与%(partner)s的洽谈改到 %(slot)s，%(table)s"),
    "meeting.cancelled": _l("%(slot)s 与%(partner)s的洽谈取消了"),
    "meeting.late": _l("%(partner)s 要晚到 %(minutes)s 分钟，%(slot)s，%(table)s"),
    "report.waiting": _l("“%(event)s”还有 %(n)s 场洽谈等您填反馈，每场约 20 秒"),
    "juror.added": _l("请您担任“%(event)s”的评委"),
    "results.published": _l("“%(event)s”的结果已公布"),
}


SUMMARIES: dict[str, Callable[[int], str]] = {
    "organisation.waiting": lambda n: counted("%(n)d 家单位等待核验", n=n),
    "organisation.verified": lambda n: counted("%(n)d 家单位通过核验", n=n),
    "organisation.refused": lambda n: counted("%(n)d 家单位未通过核验", n=n),
    "membership.requested": lambda n: counted("%(n)d 人申请加入您的单位", n=n),
    "membership.confirmed": lambda n: counted("%(n)d 次确认您是本单位人员", n=n),
    "membership.refused": lambda n: counted("%(n)d 次没有确认您是本单位人员", n=n),
    "posting.submitted": lambda n: counted("%(n)d 条内容提交审核", n=n),
    "posting.published": lambda n: counted("%(n)d 条内容已发布", n=n),
    "posting.returned": lambda n: counted("%(n)d 条内容需要修改", n=n),
    "posting.withdrawn": lambda n: counted("%(n)d 条内容已被组织方撤回", n=n),
    "posting.expiring": lambda n: counted("%(n)d 条内容快要到期", n=n),
    "posting.archived": lambda n: counted("%(n)d 条内容已到期归档", n=n),
    "match.accepted": lambda n: counted("%(n)d 对对接已被接受", n=n),
    "match.reopened": lambda n: counted("%(n)d 对对接改为重新审核", n=n),
    "job.failed": lambda n: counted("%(n)d 项后台任务失败", n=n),
    "event.invited": lambda n: counted("%(n)d 个活动邀请您参加", n=n),
    "event.cancelled": lambda n: counted("%(n)d 个活动取消了", n=n),
    "event.changed": lambda n: counted("%(n)d 次活动变化", n=n),
    "team.registered": lambda n: counted("%(n)d 个团队报名，等待确认", n=n),
    "team.registered_for": lambda n: counted("组织方为您报名 %(n)d 次", n=n),
    "team.approved": lambda n: counted("%(n)d 次报名已确认", n=n),
    "team.waiting": lambda n: counted("%(n)d 次报名进入候补", n=n),
    "team.refused": lambda n: counted("%(n)d 次报名没有获准", n=n),
    "team.withdrawn": lambda n: counted("%(n)d 个团队退出", n=n),
    "availability.changed": lambda n: counted("%(n)d 个时段为您开放", n=n),
    "wishes.waiting": lambda n: counted("%(n)d 次有人想见您", n=n),
    "wishes.closing": lambda n: counted("%(n)d 次提醒您答复", n=n),
    "timetable.ready": lambda n: counted("%(n)d 份日程草案已排好", n=n),
    "timetable.failed": lambda n: counted("%(n)d 份日程没有排成", n=n),
    "timetable.published": lambda n: counted("%(n)d 份日程已发布", n=n),
    "timetable.changed": lambda n: counted("%(n)d 次日程改动", n=n),
    "meeting.booked": lambda n: counted("新增 %(n)d 场洽谈", n=n),
    "meeting.moved": lambda n: counted("%(n)d 场洽谈改了时间", n=n),
    "meeting.cancelled": lambda n: counted("%(n)d 场洽谈取消了", n=n),
    "meeting.late": lambda n: counted("%(n)d 次对方要晚到", n=n),
    "report.waiting": lambda n: counted("%(n)d 次提醒您填反馈", n=n),
    "juror.added": lambda n: counted("%(n)d 次请您担任评委", n=n),
    "results.published": lambda n: counted("%(n)d 个活动公布了结果", n=n),
}
"""What stands above several lines of one kind."""


def summary(kind: str, n: int) -> str:
    """Word several lines of one kind."""
    return SUMMARIES[kind](n)


def sentence(kind: str, values: dict[str, Any]) -> str:
    """Word a notification in the reader's language; `reason` and the like may be empty."""
    template = str(KINDS[kind])
    try:
        return template % values
    except KeyError:
        return template
