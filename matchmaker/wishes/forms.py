"""What is typed about wishes: what a partner should know, why two teams do not meet."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from matchmaker.forms import Choice, Form, Text
from matchmaker.wishes.service import EXPERTISE_LIMIT, REMARK_LIMIT


class ExpertiseForm(Form):
    expertise = Text(
        _l("希望对方来的人懂"), limit=EXPERTISE_LIMIT, optional=True, example=_l("例如：工艺放大")
    )


class ExclusionForm(Form):
    need_team = Choice(_l("需求方团队"))
    achievement_team = Choice(_l("成果方团队"))
    remark = Text(_l("备注"), limit=REMARK_LIMIT, optional=True, help=_l("只有组织方能看到。"))


class AgainForm(Form):
    remark = Text(
        _l("为什么再见一次"),
        limit=REMARK_LIMIT,
        help=_l("只有组织方能看到。"),
        example=_l("例如：上次约好带样品再谈"),
    )


class RemarkForm(Form):
    remark = Text(_l("解除的理由"), limit=REMARK_LIMIT)
