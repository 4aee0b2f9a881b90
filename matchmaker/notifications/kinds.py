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
