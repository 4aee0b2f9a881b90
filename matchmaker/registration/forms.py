"""What is typed about a team, its people, and talks."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, HiddenField

from matchmaker import validators
from matchmaker.errors import InvalidError
from matchmaker.forms import Check, Choice, Choices, Form, Items, LongText, Number, Text
from matchmaker.labels import choices
from matchmaker.registration.members import MEMBERS_AT_MOST
from models import Participant, Side, Team

MEETINGS_AT_MOST = 200


class MemberRow(Form):
    """One person; an empty row below the first is dropped."""

    number = HiddenField()
    """The id of the participant, for those who are written down already."""
    name = Text(_l("姓名"), limit=60)
    position = Text(_l("职务"), limit=60, optional=True)
    phone = Text(
        _l("电话"), limit=30, optional=True, check=validators.parse_phone,
        help=_l("只给组织方看，用来当天联系。"),
    )  # fmt: skip
    email = Text(
        _l("邮箱"), limit=254, optional=True, check=validators.parse_email,
        help=_l("与同事在平台的登录邮箱一致时，日程会出现在同事的账号里。"),
    )  # fmt: skip
    expertise = Items(
        _l("擅长"),
        most=5,
        limit=20,
        help=_l("用顿号隔开，最多 5 项；对方可以指定想见懂什么的人。"),
    )
    most = Number(_l("本人最多几场"), low=1, high=MEETINGS_AT_MOST)
    blocks = Choices(_l("不能来的时段"), optional=True)

    @property
    def is_empty(self) -> bool:
        fields = (self.name, self.position, self.phone, self.email, self.expertise, self.most)
        return not self.blocks.data and not any(as_typed(field).strip() for field in fields)

    def validate(self, extra_validators: Any = None) -> bool:
        self.draft = self.is_empty
        return bool(super().validate(extra_validators))


class TeamForm(Form):
    side = Choice(_l("为哪一方参加"), kind=Side, choices=choices(Side))
    name = Text(
        _l("团队名称"), limit=120, optional=True,
        help=_l("院系、实验室或部门；以整个单位参加可以不填。一个单位可以报几个团队。"),
    )  # fmt: skip
    postings = Choices(_l("带来的条目"), optional=True)
    members = FieldList(FormField(MemberRow), label=_l("参会人"), min_entries=1,
                        max_entries=MEMBERS_AT_MOST)  # fmt: skip
    opted_in = Check(
        _l("平台推荐的洽谈也可以直接安排"),
        help=_l("勾选以后，日程有空时会排入平台推荐而双方都没有谢绝的洽谈。"
                "不勾选，只安排您自己选择或答应的。"),
    )  # fmt: skip
    least = Number(
        _l("最少几场"), low=0, high=MEETINGS_AT_MOST, help=_l("排期时尽量做到，不填按活动的规定。")
    )
    most = Number(
        _l("最多几场"), low=1, high=MEETINGS_AT_MOST, help=_l("一定不会超过，不填按活动的规定。")
    )
    remark = LongText(
        _l("备注"),
        limit=500,
        rows=2,
        optional=True,
        help=_l("只给组织方看，例如需要翻译或无障碍座位。"),
    )

    whole = ""
    """What is wrong with the people as a whole."""

    def show(self, error: InvalidError) -> None:
        """Put what concerns one person at that person's row too."""
        for name, words in error.fields.items():
            part, _dot, rest = name.partition(".")
            number, _dot, field = rest.partition(".")
            if name == "members":
                self.whole = str(words)
            if part == "members" and number:
                row = [*self._filled(), self.members[0]][int(number)].form
                row[field].errors = [*row[field].errors, str(words)]
        super().show(error)

    def clean(self) -> dict[str, Any]:
        """Return the values, people as rows, without the empty ones."""
        values = super().clean()
        values["postings"] = [int(number) for number in values["postings"]]
        values["members"] = [_row(entry.form) for entry in self._filled()]
        return values

    def _filled(self) -> list[Any]:
        return [entry for entry in self.members if not entry.form.is_empty]


def _row(form: MemberRow) -> dict[str, Any]:
    number = form.number.data or ""
    return {
        "id": int(number) if number.isdecimal() and len(number) < 10 else 0,
        "name": form.name.data, "position": form.position.data, "phone": form.phone.data,
        "email": form.email.data, "expertise": form.expertise.data, "most": form.most.data,
        "blocks": [int(slot) for slot in form.blocks.data],
    }  # fmt: skip


def form_data(team: Team) -> dict[str, Any]:
    """Return a stored team as the data of its form."""
    return {
        "side": team.side.value, "name": team.name, "opted_in": team.opted_in,
        "least": team.least, "most": team.most, "remark": team.remark,
        "postings": [str(row.posting_id) for row in team.posting_rows],
        "members": [_member_data(member) for member in team.members],
    }  # fmt: skip


def _member_data(member: Participant) -> dict[str, Any]:
    return {
        "number": str(member.id), "name": member.name, "position": member.position,
        "phone": member.phone, "email": member.email, "expertise": member.expertise,
        "most": member.most, "blocks": [str(block.slot_id) for block in member.blocks],
    }  # fmt: skip


def change_rows(form: TeamForm, act: str) -> None:
    """Add or remove a person without script: `add`, `remove:2`."""
    verb, _colon, number = act[:20].partition(":")
    if verb == "add" and len(form.members) < MEMBERS_AT_MOST:
        form.members.append_entry()
    if verb == "remove" and number.isdecimal() and int(number) < len(form.members) > 1:
        kept = [_typed(entry.form) for i, entry in enumerate(form.members) if i != int(number)]
        while len(form.members):
            form.members.pop_entry()
        for typed in kept:
            form.members.append_entry()
            _retype(form.members.entries[-1].form, typed)


def _typed(form: MemberRow) -> dict[str, Any]:
    typed = {field.short_name: as_typed(field) for field in form if field is not form.blocks}
    return typed | {"blocks": form.blocks.data}


def as_typed(field: Any) -> str:
    """Return what stands in a field."""
    return str(field._value() or "")  # noqa: SLF001 - the name that WTForms gave it


def _retype(form: MemberRow, typed: dict[str, Any]) -> None:
    for name, value in typed.items():
        if isinstance(form[name], Items | Number):
            form[name].typed = value
        else:
            form[name].data = value


class RefuseForm(Form):
    reason = LongText(_l("原因"), limit=500, rows=3, help=_l("对方会看到这段话。"))


class TalkForm(Form):
    title = Text(_l("报告题目"), limit=120)
    abstract = LongText(_l("内容提要"), limit=1000, rows=4, optional=True)
    speaker = Choice(_l("报告人"), help=_l("从团队的参会人里选。报告期间不给报告人安排洽谈。"))
    posting = Choice(_l("对应的条目"), optional=True)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        values["speaker"] = int(values["speaker"])
        values["posting"] = int(values["posting"]) if values["posting"] else None
        return values


def parse_time(text: str) -> str:
    """Check a time of day: 09:40, 9：40.

    Raises:
        ValueError: it is none; the text is a sentence for the person.

    """
    hour, colon, minute = text.replace("：", ":").partition(":")
    try:
        if not colon or len(minute) != 2:
            raise ValueError(text)
        return f"{time(int(hour), int(minute)):%H:%M}"
    except ValueError:
        raise ValueError(_("请写成时:分，例如 09:40。")) from None


class PlaceForm(Form):
    day = Choice(_l("日期"))
    starts = Text(_l("开始时间"), limit=5, example="09:40", check=parse_time)
    minutes = Number(_l("时长"), low=5, high=240, optional=False, unit=_l("分钟"))
    room = Text(_l("会场"), limit=60, optional=True, help=_l("同一时间一个会场只有一个报告。"))
