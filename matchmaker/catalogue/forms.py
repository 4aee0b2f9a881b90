"""The two forms: a need, an achievement. The first part takes under five minutes."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField

from matchmaker import validators
from matchmaker.catalogue.values import (
    KEYWORD_LIMIT,
    MAX_KEYWORDS,
    MAX_PEOPLE,
    MAX_POINTS,
    POINT_LIMIT,
)
from matchmaker.forms import (
    Check,
    Choice,
    Choices,
    Day,
    Form,
    Items,
    LongText,
    Number,
    Text,
    Wan,
)
from matchmaker.labels import choices
from models import (
    ACHIEVEMENT_MODES,
    NEED_MODES,
    TEXT_LIMIT,
    TITLE_LIMIT,
    Achievement,
    AchievementCategory,
    AchievementForm,
    AchievementLevel,
    AchievementStage,
    Attribute,
    Comparator,
    Evaluation,
    Mode,
    NameVisibility,
    NeedKind,
    Ownership,
    Pilot,
    Posting,
    PriceKind,
    PropertyKind,
    PropertyStatus,
    PropertyWish,
    Visibility,
)

ROWS_AT_FIRST = 3
ROWS_AT_MOST = 20


class IndicatorRow(Form):
    """One measurable line; empty rows are dropped, the rules are in `values`."""

    name = Text(_l("指标"), limit=200, optional=True)
    comparator = Choice(_l("要求"), optional=True, choices=choices(Comparator))
    value = Text(_l("数值"), limit=200, optional=True)
    value_to = Text(_l("到"), limit=200, optional=True)
    unit = Text(_l("单位"), limit=200, optional=True)
    reference = Text(_l("现状或基线"), limit=200, optional=True)
    method = Text(_l("测试方法"), limit=400, optional=True)


class PropertyRow(Form):
    """One line of intellectual property."""

    kind = Choice(_l("类型"), optional=True, choices=choices(PropertyKind))
    status = Choice(_l("状态"), optional=True, choices=choices(PropertyStatus))
    number = Text(_l("号码"), limit=60, optional=True)
    holder = Text(_l("权利人"), limit=120, optional=True)
    count = Text(_l("件数"), limit=8, optional=True)


class PostingForm(Form):
    """What both forms ask."""

    FIRST_PAGE: ClassVar[tuple[str, ...]] = ()
    """The fields outside the folded part, in the order of the page."""

    title = Text(
        _l("名称"), limit=TITLE_LIMIT, help=_l("写清对象和目标，不写“提升技术水平”这类空话。")
    )
    problem = LongText(_l("现状和难点"), limit=TEXT_LIMIT, rows=6)
    indicators = FieldList(FormField(IndicatorRow), label=_l("指标"), max_entries=ROWS_AT_MOST)
    chain = Choice(
        _l("产业链"), help=_l("选最接近的一条；标有“名称待核”的还没有官方名单可以对照。")
    )
    modes = Choices(_l("合作方式"), kind=Mode)
    name_visibility = Choice(
        _l("谁能看到单位名称"), optional=True, kind=NameVisibility, choices=choices(NameVisibility)
    )
    declared_open = Check(_l("我确认内容不涉及国家秘密，也不含不愿公开的商业秘密。"))
    summary = Text(_l("一句话亮点"), limit=200, optional=True, help=_l("最好带一个数字。"))
    keywords = Items(
        _l("关键词"), most=MAX_KEYWORDS, limit=KEYWORD_LIMIT, help=_l("最多 3 个，用顿号隔开。")
    )
    more_chains = Choices(_l("其他相关产业链"), optional=True)
    region_code = Choice(_l("所在地区"), optional=True)
    department = Text(_l("院系或部门"), limit=120, optional=True)
    visibility = Choice(
        _l("公开范围"), optional=True, kind=Visibility, choices=choices(Visibility)
    )
    export_controlled = Check(_l("可能涉及技术出口管制，请组织方人工复核"))
    contact_name = Text(_l("联系人"), limit=60, optional=True)
    contact_position = Text(_l("联系人职务"), limit=60, optional=True)
    contact_phone = Text(_l("联系电话"), limit=30, optional=True, check=validators.parse_phone)
    contact_email = Text(_l("联系邮箱"), limit=254, optional=True, check=validators.parse_email)
    recommended_by = Text(_l("推荐单位"), limit=120, optional=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """Name everything that is wanting at once, also what only submission asks for."""
        fine = bool(super().validate(extra_validators))
        if not fine and not self.draft and not self.declared_open.data:
            self.declared_open.errors = [_("请确认内容不涉密；涉密内容不能在本平台提交。")]
        return fine

    @property
    def failures(self) -> list[tuple[Any, str]]:
        """Return (field or None, sentence) from the top of the page to its end."""

        def place(failure: tuple[Any, str]) -> int:
            name = failure[0].name if failure[0] is not None else ""
            return self.FIRST_PAGE.index(name) if name in self.FIRST_PAGE else len(self.FIRST_PAGE)

        found = super().failures
        return [item for item in found if item[0] is None] + sorted(
            (item for item in found if item[0] is not None), key=place
        )

    @property
    def has_folded_failures(self) -> bool:
        """Tell whether something in the folded part needs a change."""
        return any(name not in self.FIRST_PAGE for name in self.errors if name)

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        found = self.clean()
        chain, more = found.pop("chain"), found.pop("more_chains")
        found["nodes"] = [int(node) for node in ([chain] if chain else []) + list(more or [])]
        for name in ("name_visibility", "visibility", "region_code"):
            if found[name] is None:
                del found[name]
        return found


class NeedForm(PostingForm):
    FIRST_PAGE = ("title", "problem", "indicators", "chain", "budget", "deadline", "modes",
                  "name_visibility", "declared_open")  # fmt: skip

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        rows = any(row["name"] and row["value"] for row in self.indicators.data)
        if not fine and not self.draft and not rows and not self.indicators.errors:
            self.indicators.errors = [_("请至少写一行量化指标，例如：合格率 ≥ 95 %。")]
        return fine

    title = Text(
        _l("需求名称"), limit=TITLE_LIMIT, help=_l("写清对象和目标，不写“提升技术水平”这类空话。"),
        example=_l("例如：大型一体化压铸件免热处理铝合金的流动性与延伸率提升"),
    )  # fmt: skip
    problem = LongText(
        _l("现状和难点"), limit=TEXT_LIMIT, rows=6,
        help=_l("现在怎么做、卡在哪里、试过什么。请勿填写涉密内容和不愿公开的工艺参数。"),
    )  # fmt: skip
    modes = Choices(_l("合作方式"), kind=Mode, choices=choices(Mode, NEED_MODES))
    budget = Wan(_l("预算上限"), help=_l("不填则显示为面议。"))
    deadline = Day(_l("希望完成"), help=_l("一般不超过 3 年。"))
    need_kind = Choice(_l("需求类型"), optional=True, kind=NeedKind, choices=choices(NeedKind))
    trl = Number(
        _l("至少要到哪一级成熟度"), low=1, high=9, unit="TRL", help=_l("1 到 9，不确定就不填。")
    )
    tried = LongText(_l("现有基础与已做工作"), limit=2000, rows=3, optional=True)
    why_not_alone = LongText(_l("为什么自己解决不了"), limit=2000, rows=3, optional=True)
    benchmark = LongText(_l("对标的国内外先进水平"), limit=2000, rows=3, optional=True)
    prospect = LongText(_l("应用场景和产业化前景"), limit=2000, rows=3, optional=True)
    partner_requirements = LongText(_l("对合作方的要求"), limit=2000, rows=3, optional=True)
    property_wish = Choice(
        _l("知识产权归属意向"), optional=True, kind=PropertyWish, choices=choices(PropertyWish)
    )
    solver_share = Number(_l("付给承担方的比例"), low=0, high=100, unit="%")
    visit_welcome = Check(_l("欢迎专家上门诊断"))


class AchievementForm_(PostingForm):  # noqa: N801 - AchievementForm is the code list 体现形式
    FIRST_PAGE = ("title", "summary", "problem", "approach", "indicators", "trl", "chain", "modes",
                  "price_kind", "price_from", "price_to", "name_visibility", "declared_open")  # fmt: skip

    title = Text(
        _l("成果名称"), limit=TITLE_LIMIT, help=_l("与立项或鉴定、验收时的名称一致。"),
        example=_l("例如：单晶高镍三元正极材料的梯度掺杂与快离子导体包覆技术"),
    )  # fmt: skip
    problem = LongText(
        _l("解决什么问题"), limit=TEXT_LIMIT, rows=4,
        help=_l("谁在什么场合遇到什么麻烦，现在的办法差在哪里。"),
    )  # fmt: skip
    approach = LongText(
        _l("怎么做到"), limit=TEXT_LIMIT, rows=6, help=_l("原理、关键步骤和做到的程度，请带数字。")
    )
    modes = Choices(_l("转化方式"), kind=Mode, choices=choices(Mode, ACHIEVEMENT_MODES))
    trl = Choice(_l("技术成熟度"), choices=[(str(n), f"TRL {n}") for n in range(1, 10)])
    price_kind = Choice(_l("意向价格"), optional=True, kind=PriceKind, choices=choices(PriceKind))
    price_from = Wan(_l("价格（从）"))
    price_to = Wan(_l("到"))
    application = LongText(_l("应用情况"), limit=TEXT_LIMIT, rows=3, optional=True)
    benefits = LongText(_l("经济和社会效益"), limit=2000, rows=3, optional=True)
    innovations = Items(
        _l("创新点"), most=MAX_POINTS, limit=POINT_LIMIT, multiline=True,
        help=_l("最多 3 条，每行一条，每条 50 字以内。"),
    )  # fmt: skip
    effects = Items(
        _l("成效"), most=MAX_POINTS, limit=POINT_LIMIT, multiline=True,
        help=_l("最多 3 条，每行一条，每条 50 字以内。"),
    )  # fmt: skip
    properties = FieldList(FormField(PropertyRow), label=_l("知识产权"), max_entries=ROWS_AT_MOST)
    ownership = Choice(_l("权属"), optional=True, kind=Ownership, choices=choices(Ownership))
    pilot = Choice(_l("中试情况"), optional=True, kind=Pilot, choices=choices(Pilot))
    transfer_scope = Text(_l("转让意愿与范围"), limit=500, optional=True)
    partner_wanted = LongText(
        _l("希望找到的合作方"), limit=500, rows=2, optional=True,
        help=_l("什么样的单位、需要对方有什么专长或条件、各自做什么。"),
    )  # fmt: skip
    markets = Text(
        _l("目标市场"), limit=200, optional=True, help=_l("面向的行业、应用场合或国家和地区。")
    )
    rights_comment = LongText(
        _l("知识产权说明"), limit=500, rows=2, optional=True,
        help=_l("上表没有说清的：已有的许可、共有人、保护的国家和地区。"),
    )  # fmt: skip
    open_to_interest = Choice(
        _l("合作意向"), optional=True, choices=[("y", _l("欢迎洽谈")), ("n", _l("暂不洽谈"))]
    )
    category = Choice(
        _l("成果类别"),
        optional=True,
        kind=AchievementCategory,
        choices=choices(AchievementCategory),
    )
    attribute = Choice(_l("成果属性"), optional=True, kind=Attribute, choices=choices(Attribute))
    form = Choice(
        _l("体现形式"), optional=True, kind=AchievementForm, choices=choices(AchievementForm)
    )
    level = Choice(
        _l("成果水平"), optional=True, kind=AchievementLevel, choices=choices(AchievementLevel),
        help=_l("按鉴定结论填写；没有结论请选“未评价”。"),
    )  # fmt: skip
    stage = Choice(
        _l("所处阶段"), optional=True, kind=AchievementStage, choices=choices(AchievementStage)
    )
    evaluation = Choice(
        _l("评价方式"), optional=True, kind=Evaluation, choices=choices(Evaluation)
    )
    registration_number = Text(
        _l("批准登记号"),
        limit=20,
        optional=True,
        help=_l("12 位：部门代码、年份、字母 Y、流水号。"),
    )
    registered_on = Day(_l("批准登记日期"))
    research_from = Text(_l("研究起始年月"), limit=7, optional=True, example="2023-04")
    research_to = Text(_l("研究终止年月"), limit=7, optional=True, example="2025-06")
    partners = Items(_l("合作完成单位"), most=10, limit=120, help=_l("用顿号隔开。"))
    contributors = Items(
        _l("主要完成人"), most=MAX_PEOPLE, limit=30, help=_l("按贡献排序，用顿号隔开。")
    )
    contributors_public = Check(_l("完成人同意公开姓名"))
    discipline_code = Choice(_l("学科分类"), optional=True)
    sector_code = Choice(_l("应用行业"), optional=True)
    clc_code = Text(_l("中图分类号"), limit=20, optional=True)
    high_tech_field = Text(_l("所属高新技术领域"), limit=60, optional=True)

    def values(self) -> dict[str, Any]:
        found = super().values()
        found["trl"] = int(found["trl"]) if found["trl"] else None
        for name in ("category", "level", "ownership", "price_kind"):
            if found[name] is None:
                del found[name]
        return found


FORMS: dict[str, type[PostingForm]] = {"need": NeedForm, "achievement": AchievementForm_}


def form_data(posting: Posting) -> dict[str, Any]:
    """Return a stored posting as the data of its form."""
    names = {column.key for column in type(posting).__mapper__.columns}
    data = {name: getattr(posting, name) for name in names}
    chains = [str(node.id) for node in posting.chains]
    data["chain"] = chains[0] if chains else None
    data["more_chains"] = chains[1:]
    data["modes"] = [mode.value for mode in posting.modes]
    data["indicators"] = [
        {
            "name": row.name, "comparator": row.comparator.value, "value": row.value,
            "value_to": row.value_to, "unit": row.unit, "reference": row.reference,
            "method": row.method,
        }
        for row in posting.indicators
    ]  # fmt: skip
    if isinstance(posting, Achievement):
        data["trl"] = str(posting.trl) if posting.trl else None
        data["open_to_interest"] = "y" if posting.open_to_interest else "n"
        data["properties"] = [
            {
                "kind": row.kind.value, "status": row.status.value, "number": row.number,
                "holder": row.holder, "count": str(row.count),
            }
            for row in posting.properties
        ]  # fmt: skip
    return data


def fill_rows(form: PostingForm) -> None:
    """Offer empty rows to type into."""
    while len(form.indicators) < ROWS_AT_FIRST:
        form.indicators.append_entry()
    properties = getattr(form, "properties", None)
    if properties is not None and len(properties) < 1:
        properties.append_entry()


def change_rows(form: PostingForm, act: str) -> None:
    """Add or remove a row without script: `indicators:add`, `properties:remove:2`."""
    name, _colon, rest = act.partition(":")
    field = getattr(form, name, None)
    if not isinstance(field, FieldList):
        return
    if rest == "add":
        if len(field) < ROWS_AT_MOST:
            field.append_entry()
        return
    _verb, _colon, number = rest.partition(":")
    if number.isdecimal() and int(number) < len(field):
        kept = [entry.data for i, entry in enumerate(field.entries) if i != int(number)]
        while len(field):
            field.pop_entry()
        for data in kept:
            field.append_entry(data)


def as_formdata(data: dict[str, list[str]]) -> MultiDict[str, str]:
    """Turn a stored draft back into what a browser would send."""
    return MultiDict((key, value) for key, values in data.items() for value in values)
